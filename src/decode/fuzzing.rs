//! This module's own readers, each by itself, for the targets in `tests/fuzz`; only
//! `cargo fuzz` compiles it.

use std::path::Path;

use super::{edit_list, matroska, mpeg, opus, packet, vorbis_setup};

/// Everything that looks into a container beside Symphonia.
pub fn containers(path: &Path) {
    for track in 0..3 {
        let _trim = matroska::trim(path, track);
        let _edit = edit_list::edit(path, track as u32);
    }
    let _end = mpeg::audio_end(path);
    let _cut = mpeg::ends_in_a_frame(path, &[0xFF, 0xFB, 0x90, 0]);
}

/// Everything that looks into a packet or a codec's header.
pub fn packets(bytes: &[u8]) {
    let (packet, header) = bytes.split_at(bytes.len() / 2);
    packet::fuzz(packet, header);
    opus::fuzz(bytes);
    let _header = mpeg::StreamHeader::of(bytes).map(mpeg::StreamHeader::samples_per_frame);
    let _bounds = vorbis_setup::is_within_bounds(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _gapless = edit_list::itunes_gapless(text);
    }
}
