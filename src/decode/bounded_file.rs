//! A file as parsers see it: up to a byte, and not read over and over.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use symphonia::core::io::MediaSource;

use super::bounds::{Bounds, Reads};
use super::id3_chapters::{ChapterWatch, leading_tags_end};
use crate::files::open_regular;

/// An open file. A parser that goes round in circles in it is stopped by an
/// error: it may read each byte some times over, and no more.
#[derive(Debug)]
pub struct BoundedFile {
    file: fs_err::File,
    end: u64,
    position: u64,
    reads: Reads,
    chapters: ChapterWatch,
}

impl BoundedFile {
    /// Opens a file for its audio.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = open_regular(path)?;
        let tags_end = leading_tags_end(&mut file)?;
        file.rewind()?;
        let end = file.metadata()?.len();
        Ok(Self {
            file,
            end,
            position: 0,
            reads: Bounds::of(end).reads(),
            chapters: ChapterWatch::hiding_until(tags_end),
        })
    }

    /// Opens a file for its tags alone.
    pub fn open_for_tags(path: &Path) -> io::Result<Self> {
        Ok(Self {
            chapters: ChapterWatch::hiding_until(u64::MAX),
            ..Self::open(path)?
        })
    }

    /// The same file up to a byte, so that tags behind the audio are not taken
    /// for it.
    #[must_use]
    pub(super) fn until(self, end: u64) -> Self {
        Self {
            end: self.end.min(end),
            ..self
        }
    }

    /// The bytes that it has.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.end
    }
}

impl Read for BoundedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.end.saturating_sub(self.position);
        let take = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        self.reads.spend(take)?;
        let read = self.file.read(&mut buffer[..take])?;
        self.chapters.pass(self.position, &mut buffer[..read])?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for BoundedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::End(offset) => SeekFrom::Start(self.end.saturating_add_signed(offset)),
            other => other,
        };
        self.reads.spend(0)?;
        self.position = self.file.seek(to)?;
        Ok(self.position)
    }
}

impl MediaSource for BoundedFile {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.end)
    }
}

/// Bytes in memory, under the same bounds.
pub(super) struct BoundedBytes<'a> {
    bytes: Cursor<&'a [u8]>,
    reads: Reads,
}

impl<'a> BoundedBytes<'a> {
    /// Reads these.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes: Cursor::new(bytes),
            reads: Bounds::of(bytes.len() as u64).reads(),
        }
    }
}

impl Read for BoundedBytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads.spend(buffer.len())?;
        self.bytes.read(buffer)
    }
}

impl Seek for BoundedBytes<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reads.spend(0)?;
        self.bytes.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_in_circles_is_stopped() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        fs_err::write(&path, [7; 5000]).expect("a file");
        let mut file = BoundedFile::open(&path).expect("open").until(4000);
        let mut whole = Vec::new();
        file.read_to_end(&mut whole).expect("read");
        assert_eq!(whole.len(), 4000);
        let circles = (0..u64::MAX).find(|_| file.rewind().is_err());
        assert!(circles.expect("an end") > 1_000_000, "and not too soon");
    }
}
