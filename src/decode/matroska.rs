//! What Matroska says of delay and padding, which Symphonia does not pass on:
//! a track's `CodecDelay`, and the `DiscardPadding` of its last block
//! (RFC 9559, sections 5.1.4.1.28 and 5.1.3.5.7), both in nanoseconds.
//!
//! The walk reads element headers only and seeks over everything else.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::bounded_file::BoundedFile;

mod id {
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const TRACKS: u32 = 0x1654_AE6B;
    pub(super) const TRACK_ENTRY: u32 = 0xAE;
    pub(super) const TRACK_NUMBER: u32 = 0xD7;
    pub(super) const CODEC_DELAY: u32 = 0x56AA;
    pub(super) const CLUSTER: u32 = 0x1F43_B675;
    pub(super) const BLOCK_GROUP: u32 = 0xA0;
    pub(super) const BLOCK: u32 = 0xA1;
    pub(super) const DISCARD_PADDING: u32 = 0x75A2;
}

/// What is to be cut from a track, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trim {
    /// From its start.
    pub(super) delay: u64,
    /// From its end.
    pub(super) padding: u64,
}

/// Reads the trim of the track with this number.
pub(super) fn trim(path: &Path, track_number: u64) -> io::Result<Trim> {
    let mut walk = Walk {
        file: BufReader::new(BoundedFile::open(path)?),
        track_number,
        trim: Trim::default(),
        entry: (0, 0),
    };
    let end = walk.file.seek(SeekFrom::End(0))?;
    walk.file.rewind()?;
    // What cannot be followed any more ends the walk: the demuxer reports
    // damage better than this reader could.
    match walk.children(0, end, 0) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(walk.trim),
    }
}

/// A variable-size integer; all ones stand for "not known yet".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Known(u64),
    Unknown,
}

struct Walk<R> {
    file: BufReader<R>,
    track_number: u64,
    trim: Trim,
    /// Number and delay of the track entry being read.
    entry: (u64, u64),
}

impl<R: Read + Seek> Walk<R> {
    fn children(&mut self, mut position: u64, end: u64, depth: usize) -> io::Result<()> {
        const DEEPEST: usize = 4;
        let mut block_track = 0;
        while position < end && depth < DEEPEST {
            self.go_to(position)?;
            let (Some(id), Some(size)) = (self.element_id()?, self.element_size()?) else {
                return Ok(());
            };
            // The end may come within a size that no file should have.
            let start = self.file.stream_position()?.min(end);
            // An unknown size reaches to the end of the parent.
            let stop = match size {
                Size::Known(size) => start.saturating_add(size).min(end),
                Size::Unknown => end,
            };
            match id {
                id::SEGMENT | id::TRACKS | id::CLUSTER | id::BLOCK_GROUP => {
                    self.children(start, stop, depth + 1)?;
                }
                id::TRACK_ENTRY => {
                    self.entry = (0, 0);
                    self.children(start, stop, depth + 1)?;
                    if self.entry.0 == self.track_number {
                        self.trim.delay = self.entry.1;
                    }
                }
                id::TRACK_NUMBER => self.entry.0 = self.unsigned(stop - start)?,
                id::CODEC_DELAY => self.entry.1 = self.unsigned(stop - start)?,
                id::BLOCK => {
                    block_track = match self.element_size()? {
                        Some(Size::Known(track)) => track,
                        _ => 0,
                    }
                }
                id::DISCARD_PADDING if block_track == self.track_number => {
                    let bytes = stop - start;
                    let value = self.unsigned(bytes)?;
                    // Signed: a negative value would cut the block's start.
                    let is_negative = bytes > 0 && bytes <= 8 && value >> (bytes * 8 - 1) & 1 == 1;
                    self.trim.padding = if is_negative { 0 } else { value };
                }
                _ => {}
            }
            position = stop;
        }
        Ok(())
    }

    /// An element's id: its length is told by the leading zeros of the first
    /// byte, which stay part of it (RFC 8794, section 5).
    fn element_id(&mut self) -> io::Result<Option<u32>> {
        let first = self.byte()?;
        let more = first.leading_zeros();
        if more > 3 {
            return Ok(None);
        }
        let mut id = u32::from(first);
        for _ in 0..more {
            id = id << 8 | u32::from(self.byte()?);
        }
        Ok(Some(id))
    }

    /// An element's size (RFC 8794, section 6), or a track number, which is
    /// written alike.
    fn element_size(&mut self) -> io::Result<Option<Size>> {
        let first = self.byte()?;
        let more = first.leading_zeros();
        if more > 7 {
            return Ok(None);
        }
        let mut value = u64::from(first) & ((1 << (7 - more)) - 1);
        for _ in 0..more {
            value = value << 8 | u64::from(self.byte()?);
        }
        let all_ones = (1 << (7 * (more + 1))) - 1;
        Ok(Some(if value == all_ones {
            Size::Unknown
        } else {
            Size::Known(value)
        }))
    }

    /// Goes to a byte; within what was read ahead, nothing is read again.
    fn go_to(&mut self, position: u64) -> io::Result<()> {
        let current = self.file.stream_position()?;
        self.file
            .seek_relative(position.wrapping_sub(current).cast_signed())
    }

    fn unsigned(&mut self, bytes: u64) -> io::Result<u64> {
        let mut value = 0;
        for _ in 0..bytes.min(8) {
            value = value << 8 | u64::from(self.byte()?);
        }
        Ok(value)
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.file.read_exact(&mut byte)?;
        Ok(byte[0])
    }
}
