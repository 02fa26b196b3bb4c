//! MPEG audio frame headers, and what stands behind the last frame of a file.
//!
//! An MP3 or ADTS file has no container: it ends where the bytes end. Tags are
//! appended to it (`ID3v1`, `APEv2`, Lyrics3), and must not be searched for frames;
//! a frame that the end cuts off must be told from such a tag.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known as codec;

use crate::files::open_regular;

/// Whether packets of this codec begin with an MPEG audio frame header.
pub(super) fn is_mpeg_audio(id: AudioCodecId) -> bool {
    matches!(
        id,
        codec::CODEC_ID_MP1 | codec::CODEC_ID_MP2 | codec::CODEC_ID_MP3
    )
}

/// What all frames of a stream share: version, layer, rate, mono or not
/// (ISO/IEC 11172-3, 2.4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StreamHeader {
    version_and_layer: u8,
    rate_index: u8,
    is_mono: bool,
}

impl StreamHeader {
    /// Of a frame, if it begins with a header.
    pub(super) fn of(frame: &[u8]) -> Option<Self> {
        let header: [u8; 4] = frame.get(..4)?.try_into().ok()?;
        let is_synced = header[0] == 0xFF && header[1] & 0xE0 == 0xE0;
        is_synced.then_some(Self {
            version_and_layer: header[1] & 0x1E,
            rate_index: header[2] & 0x0C,
            is_mono: header[3] >> 6 == 0b11,
        })
    }

    /// Samples per channel: 384 in layer I, 1152 in II, and in III 1152 in
    /// MPEG-1 but 576 at the low rates of MPEG-2 (ISO/IEC 13818-3) and 2.5.
    pub(super) fn samples_per_frame(self) -> u64 {
        let is_mpeg_1 = self.version_and_layer & 0x18 == 0x18;
        match (self.version_and_layer >> 1) & 0b11 {
            0b11 => 384,
            0b10 => 1152,
            _ if is_mpeg_1 => 1152,
            _ => 576,
        }
    }
}

/// Where the audio of a file without container ends: before its trailing tags.
pub(super) fn audio_end(path: &Path) -> io::Result<u64> {
    let mut file = open_regular(path)?;
    let mut end = file.seek(SeekFrom::End(0))?;
    // Tags are stacked, each at the end of what the ones behind it left.
    while let Some(length) = trailing_tag(&mut file, end)? {
        end -= length;
    }
    Ok(end)
}

/// The length of the tag that ends at `end`, if one does.
fn trailing_tag(file: &mut (impl Read + Seek), end: u64) -> io::Result<Option<u64>> {
    const ID3V1: u64 = 128;
    const APE_FOOTER: u64 = 32;
    const LYRICS_FOOTER: u64 = 15;
    let mut footer = [0; 32];
    if end >= ID3V1 {
        read_at(file, end - ID3V1, &mut footer[..3])?;
        if &footer[..3] == b"TAG" {
            return Ok(Some(ID3V1));
        }
    }
    if end >= APE_FOOTER {
        read_at(file, end - APE_FOOTER, &mut footer)?;
        if &footer[..8] == b"APETAGEX" {
            let size = u64::from(u32::from_le_bytes([
                footer[12], footer[13], footer[14], footer[15],
            ]));
            let has_header = footer[23] & 0x80 != 0;
            let length = size + if has_header { APE_FOOTER } else { 0 };
            return Ok((length >= APE_FOOTER && length <= end).then_some(length));
        }
        let lyrics = &footer[APE_FOOTER as usize - LYRICS_FOOTER as usize..];
        if &lyrics[6..] == b"LYRICS200" {
            let size = std::str::from_utf8(&lyrics[..6])
                .ok()
                .and_then(|digits| digits.parse::<u64>().ok());
            return Ok(size
                .map(|size| size + LYRICS_FOOTER)
                .filter(|length| *length <= end));
        }
    }
    Ok(None)
}

/// Whether a frame of the stream begins behind `last_packet` and is cut off by
/// the end of the file.
pub(super) fn ends_in_a_frame(path: &Path, last_packet: &[u8]) -> io::Result<bool> {
    const WINDOW: u64 = 64 * 1024;
    let end = audio_end(path)?;
    let mut tail = vec![0; end.min(WINDOW) as usize];
    read_at(&mut open_regular(path)?, end - tail.len() as u64, &mut tail)?;
    let Some(at) = tail
        .windows(last_packet.len().max(1))
        .rposition(|window| window == last_packet)
    else {
        return Ok(false);
    };
    let rest = &tail[at + last_packet.len()..];
    // Both an MPEG frame and an ADTS header begin with at least eleven ones.
    Ok(rest.len() > 1 && rest[0] == 0xFF && rest[1] & 0xE0 == 0xE0)
}

fn read_at(file: &mut (impl Read + Seek), position: u64, buffer: &mut [u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(position))?;
    file.read_exact(buffer)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn frame_lengths_by_version_and_layer() {
        let samples = |second: u8| {
            StreamHeader::of(&[0xFF, second, 0x90, 0]).map(StreamHeader::samples_per_frame)
        };
        assert_eq!(samples(0xFB), Some(1152));
        assert_eq!(samples(0xF3), Some(576));
        assert_eq!(samples(0xFD), Some(1152));
        assert_eq!(samples(0xFF), Some(384));
        assert_eq!(samples(0x00), None);
    }

    #[test]
    fn stacked_tags_are_found_from_the_end() {
        let mut file = vec![1; 1000];
        let mut ape = b"APETAGEX".to_vec();
        ape.extend([
            0xD0, 7, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ]);
        file.extend(&ape);
        let mut id3 = b"TAG".to_vec();
        id3.resize(128, 0);
        file.extend(&id3);
        let end = file.len() as u64;
        let mut file = Cursor::new(file);
        assert_eq!(trailing_tag(&mut file, end).expect("read"), Some(128));
        assert_eq!(trailing_tag(&mut file, end - 128).expect("read"), Some(32));
        assert_eq!(trailing_tag(&mut file, 1000).expect("read"), None);
    }
}
