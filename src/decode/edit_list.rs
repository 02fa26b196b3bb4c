//! What an MP4 file says of the samples to be cut from a track: the edit list
//! (ISO/IEC 14496-12, 8.6.6), read by the `mp4` crate, and Apple's `iTunSMPB`.
//!
//! The crate reads a whole `moov` or nothing: so that unusual tags in a file
//! cannot keep its edit list from being found, it is given the movie's header
//! and its tracks only.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use mp4::{BoxHeader, BoxType, MoovBox, ReadBox};

use super::bounded_file::{BoundedBytes, BoundedFile};

/// The most bytes of headers that are looked at: those of a day of audio have
/// a tenth of it.
const MOST_HEADERS: u64 = 64 << 20;
/// The most boxes side by side that are looked at.
const MOST_BOXES: usize = 1 << 20;

/// The first edit of a track that plays media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// Where the edit begins in the media, in the track's timescale.
    pub(super) media_time: u64,
    /// How long it plays, in the movie's timescale; 0 for all the rest.
    pub(super) duration: u64,
    /// The movie's units per second.
    pub(super) movie_timescale: u32,
    /// The track's units per second.
    pub(super) media_timescale: u32,
}

/// Reads the edit of the track with this id; `None` where there is none.
pub(super) fn edit(path: &Path, track_id: u32) -> Option<Edit> {
    let mut file = BufReader::new(BoundedFile::open(path).ok()?);
    let end = file.seek(SeekFrom::End(0)).ok()?;
    let moov = reduced_moov(&mut file, end)?;
    let mut reader = BoundedBytes::new(&moov);
    let header = BoxHeader::read(&mut reader).ok()?;
    let moov = MoovBox::read_box(&mut reader, header.size).ok()?;
    let track = moov
        .traks
        .iter()
        .find(|track| track.tkhd.track_id == track_id)?;
    let entries = &track.edts.as_ref()?.elst.as_ref()?.entries;
    let first = entries
        .iter()
        .find(|entry| !is_empty_edit(entry.media_time))?;
    Some(Edit {
        media_time: first.media_time,
        duration: first.segment_duration,
        movie_timescale: moov.mvhd.timescale,
        media_timescale: track.mdia.mdhd.timescale,
    })
}

/// `iTunSMPB`: hexadecimal words, of which the second is the delay, the third
/// the padding and the fourth the length, all in samples.
pub(super) fn itunes_gapless(text: &str) -> Option<(u64, u64)> {
    let mut words = text
        .split_whitespace()
        .map(|word| u64::from_str_radix(word, 16));
    let (_, delay, _padding, samples) = (
        words.next()?,
        words.next()?.ok()?,
        words.next()?.ok()?,
        words.next()?.ok()?,
    );
    (samples > 0).then_some((delay, samples))
}

/// The value that stands for "nothing plays": -1, which the `mp4` crate reads
/// as unsigned, in either version of the box.
fn is_empty_edit(media_time: u64) -> bool {
    media_time == u64::from(u32::MAX) || media_time == u64::MAX
}

/// A `moov` box with nothing but `mvhd` and `trak` boxes of the file's.
fn reduced_moov(file: &mut (impl Read + Seek), end: u64) -> Option<Vec<u8>> {
    let (_, start, stop) = children(file, 0, end)
        .into_iter()
        .find(|(name, ..)| *name == BoxType::MoovBox)?;
    let mut moov = vec![0; 8];
    for (name, start, stop) in children(file, start + 8, stop) {
        if matches!(name, BoxType::MvhdBox | BoxType::TrakBox) {
            file.seek(SeekFrom::Start(start)).ok()?;
            if moov.len() as u64 + (stop - start) > MOST_HEADERS {
                return None;
            }
            file.take(stop - start).read_to_end(&mut moov).ok()?;
        }
    }
    let size = u32::try_from(moov.len()).ok()?;
    moov[..4].copy_from_slice(&size.to_be_bytes());
    moov[4..8].copy_from_slice(b"moov");
    Some(moov)
}

/// The boxes between two places: name, first byte, byte behind the last.
fn children(
    file: &mut (impl Read + Seek),
    mut position: u64,
    end: u64,
) -> Vec<(BoxType, u64, u64)> {
    let mut boxes = Vec::new();
    while boxes.len() < MOST_BOXES
        && position + 8 <= end
        && file.seek(SeekFrom::Start(position)).is_ok()
    {
        let Ok(header) = BoxHeader::read(file) else {
            break;
        };
        let stop = if header.size == 0 {
            end
        } else {
            position.saturating_add(header.size).min(end)
        };
        if stop < position + 8 {
            break;
        }
        boxes.push((header.name, position, stop));
        position = stop;
    }
    boxes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn itunes_words_are_hexadecimal() {
        let text = " 00000000 00000840 000001CA 00000000003F31F6 00000000 00000000";
        assert_eq!(itunes_gapless(text), Some((0x840, 0x3F_31F6)));
        assert_eq!(itunes_gapless(" 00000000 nonsense"), None);
        assert_eq!(itunes_gapless(""), None);
    }

    #[test]
    fn a_box_of_no_size_does_not_hold_up() {
        // The mp4 crate stays where it is at a box that tells 0 for its size.
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("circles.m4a");
        let file = b"\0\0\0\x20moov\0\0\0\x18trak\0\0\0\0free\0\0\0\0\0\0\0\0";
        fs_err::write(&path, file).expect("a file");
        assert_eq!(edit(&path, 1), None);
    }
}
