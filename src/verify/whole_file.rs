//! `audio.mp4`: a header of its own, and behind it the segments, unchanged. It
//! can be as long as a day, and is never in memory whole.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use fs_err as fs;
use mp4::Mp4Reader;

use super::boxes::{Complaint, check_header, guarded_reading, unparsed};
use crate::manifest::Stream;
use crate::timeline::PRE_ROLL_SAMPLES;

/// What was read of a whole file.
pub(super) struct WholeFile {
    /// Its size.
    pub(super) bytes: u64,
    /// Its hash.
    pub(super) hash: blake3::Hash,
}

impl WholeFile {
    /// Reads all of it, once.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(fs::File::open(path)?)?;
        Ok(Self {
            bytes: hasher.count(),
            hash: hasher.finalize(),
        })
    }

    /// Holds it against a manifest and the segments, which are all there:
    /// files of `lengths` bytes together.
    pub(super) fn check(
        &self,
        path: &Path,
        stream: &Stream,
        segments: impl Iterator<Item = std::path::PathBuf>,
        lengths: u64,
    ) -> Result<(), Complaint> {
        let other = || "is not the segments behind a header".to_owned();
        let header_bytes = self.bytes.checked_sub(lengths).ok_or_else(other)?;
        let put_together = || -> io::Result<blake3::Hash> {
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(fs::File::open(path)?.take(header_bytes))?;
            for segment in segments {
                hasher.update_reader(fs::File::open(segment)?)?;
            }
            Ok(hasher.finalize())
        };
        if put_together().map_err(|error| format!("cannot be read: {error}"))? != self.hash {
            return Err(other());
        }
        check_boxes(path, header_bytes, stream)
    }
}

fn check_boxes(path: &Path, header_bytes: u64, stream: &Stream) -> Result<(), Complaint> {
    let reader = guarded_reading(|| {
        let read = |error: io::Error| format!("cannot be read: {error}");
        let mut file = BufReader::new(fs::File::open(path).map_err(read)?);
        file.seek(SeekFrom::Start(0)).map_err(read)?;
        Mp4Reader::read_header(file, header_bytes).map_err(unparsed)
    })?;
    check_header(&reader.moov, Some(stream))?;
    let samples = stream.timeline.samples();
    let length = reader
        .moov
        .mvex
        .as_ref()
        .and_then(|mvex| mvex.mehd.as_ref());
    if length.map(|mehd| mehd.fragment_duration) != Some(samples) {
        return Err(format!("does not say that it lasts {samples} samples"));
    }
    let edits = reader.moov.traks[0].edts.as_ref();
    let edits = edits.and_then(|edits| edits.elst.as_ref());
    let begins = edits.and_then(|edits| edits.entries.first());
    if begins.map(|edit| edit.media_time) != Some(PRE_ROLL_SAMPLES) {
        return Err("does not say that it begins behind the pre-roll".to_owned());
    }
    Ok(())
}
