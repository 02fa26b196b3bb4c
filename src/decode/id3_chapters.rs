//! Chapters in ID3 tags, which no reader of tags may see.
//!
//! A `CHAP` or `CTOC` frame holds frames, and so other chapters, without end
//! (`ID3v2` Chapter Frame Addendum, 3.1). Symphonia and lofty both follow them
//! by recursion and copy what is inside each: a megabyte overflows a stack, or
//! fills the memory. segue has no use for chapters. So what is read of the tag
//! at a file's start, and everything that only tags are read from, shows these
//! frames under a name that stands for nothing; elsewhere, where the same bytes
//! may be audio, they are counted, and too many end the reading.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::memchr_iter;

/// How many may stand outside the tag at the start: a handful of chapters in
/// an AIFF, and far too few for a stack.
const MOST_ELSEWHERE: u32 = 128;

/// Watches what is read of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChapterWatch {
    hidden_until: u64,
    left: u32,
    /// The last bytes that were read, and the place behind them.
    last: [u8; 3],
    place: u64,
}

impl ChapterWatch {
    /// For a file whose chapters are hidden up to this byte.
    pub(super) fn hiding_until(hidden_until: u64) -> Self {
        Self {
            hidden_until,
            left: MOST_ELSEWHERE,
            last: [0; 3],
            place: 0,
        }
    }

    /// Takes note of bytes that were read at `position`, and hides chapters in
    /// them. A name that two reads share is found by its end.
    pub(super) fn pass(&mut self, position: u64, bytes: &mut [u8]) -> io::Result<()> {
        if position != self.place {
            self.last = [0; 3];
        }
        let seam = [&self.last, &bytes[..bytes.len().min(3)]].concat();
        let across = (0..seam.len()).filter(|at| is_chapter(&seam[*at..]));
        let inside = memchr_iter(b'C', bytes).filter(|at| is_chapter(&bytes[*at..]));
        let ends: Vec<usize> = across.chain(inside.map(|at| at + 3)).collect();
        for end in ends {
            if position + (end as u64) < self.hidden_until {
                bytes[end] = b'X';
            } else {
                self.left = self.left.checked_sub(1).ok_or_else(|| {
                    io::Error::other(
                        "there are chapters within chapters in its tags: remove the tags, or restore the file",
                    )
                })?;
            }
        }
        let tail = &bytes[bytes.len().saturating_sub(3)..];
        self.last.rotate_left(tail.len());
        self.last[3 - tail.len()..].copy_from_slice(tail);
        self.place = position + bytes.len() as u64;
        Ok(())
    }
}

/// Whether the name of a frame that holds others begins here.
fn is_chapter(bytes: &[u8]) -> bool {
    bytes.starts_with(b"CHAP") || bytes.starts_with(b"CTOC")
}

/// Where the `ID3v2` tags at the start of a file end: ten bytes of header, of
/// which the last four tell the length in seven bits each.
pub(super) fn leading_tags_end(file: &mut (impl Read + Seek)) -> io::Result<u64> {
    const HEADER: u64 = 10;
    let mut end = 0;
    let mut header = [0; HEADER as usize];
    loop {
        file.seek(SeekFrom::Start(end))?;
        match file.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(end),
            read => read?,
        }
        if !header.starts_with(b"ID3") {
            return Ok(end);
        }
        let size = header[6..]
            .iter()
            .fold(0, |size, byte| size << 7 | u64::from(byte & 0x7F));
        end += HEADER + size;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn chapters_are_hidden_also_where_two_reads_meet() {
        let mut bytes = *b"..CHAP..CTOC..CHAP..";
        let mut watch = ChapterWatch::hiding_until(12);
        let (one, rest) = bytes.split_at_mut(4);
        let (other, rest) = rest.split_at_mut(1);
        watch.pass(0, one).expect("within bounds");
        watch.pass(4, other).expect("within bounds");
        watch.pass(5, rest).expect("within bounds");
        assert_eq!(&bytes, b"..CHAX..CTOX..CHAP..");
        assert_eq!(watch.left, MOST_ELSEWHERE - 1);
    }

    #[test]
    fn too_many_elsewhere_end_the_reading() {
        let mut watch = ChapterWatch::hiding_until(0);
        let mut chapters = b"CHAP".repeat(MOST_ELSEWHERE as usize);
        watch.pass(0, &mut chapters).expect("as many as allowed");
        assert!(watch.pass(9000, &mut chapters).is_err());
    }

    #[test]
    fn tags_at_the_start_follow_each_other() {
        let tag = |size: u8| {
            [
                b"ID3\x04\0\0\0\0\x01".as_slice(),
                &[size],
                &vec![0; 128 + usize::from(size)],
            ]
            .concat()
        };
        let file = [tag(3), tag(5), vec![1; 50]].concat();
        let end = leading_tags_end(&mut Cursor::new(file)).expect("read");
        assert_eq!(end, 10 + 131 + 10 + 133);
    }
}
