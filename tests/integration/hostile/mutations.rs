//! What is done to a valid file to make it hostile, from a fixed seed.
//!
//! The damage goes by the file's own structure, or most of it would be found by the first check: chunks, boxes, pages
//! and frames are swapped and doubled whole, counts and sizes are overwritten where heads have them, and of Ogg pages
//! the checksum is mended half of the time, so that what is behind it is reached.

use std::ops::Range;

/// Numbers from a seed (`SplitMix64`).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound`, which is not reached; 0 where nothing is below it.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).expect("below a length in memory")
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// A place in a file: half of the time in its head, where it counts most.
    fn place(&mut self, length: usize) -> usize {
        let reach = self.pick(&[length, length.min(600)]);
        self.below(reach)
    }

    /// A stretch of a file, at most `longest` bytes.
    fn stretch(&mut self, length: usize, longest: usize) -> Range<usize> {
        let start = self.place(length);
        start..(start + 1 + self.below(longest)).min(length)
    }
}

/// How files are damaged.
const KINDS: [fn(&mut Vec<u8>, &mut Random); 8] = [
    |bytes, random| flip_bits(bytes, random),
    cut,
    insert,
    swap_parts,
    double_part,
    |bytes, random| overwrite_count(bytes, random),
    |bytes, random| zero(bytes, random),
    double_head,
];

/// Damages a file in one to three ways.
pub(super) fn mutate(original: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=random.below(3) {
        random.pick(&KINDS)(&mut bytes, random);
    }
    if random.below(2) == 0 {
        mend_ogg_checksums(&mut bytes);
    }
    bytes
}

fn flip_bits(bytes: &mut [u8], random: &mut Random) {
    for _ in 0..=random.below(8) {
        let at = random.place(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << random.below(8);
        }
    }
}

/// Takes the end away, or a piece out of the middle.
fn cut(bytes: &mut Vec<u8>, random: &mut Random) {
    if random.below(2) == 0 {
        let length = random.place(bytes.len());
        bytes.truncate(length);
    } else {
        let stretch = random.stretch(bytes.len(), 4096);
        bytes.drain(stretch);
    }
}

fn insert(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.place(bytes.len());
    let count = 1 + random.below(64);
    let noise: Vec<u8> = (0..count).map(|_| random.byte()).collect();
    bytes.splice(at..at, noise);
}

fn swap_parts(bytes: &mut Vec<u8>, random: &mut Random) {
    let parts = parts(bytes);
    if parts.len() < 2 {
        return;
    }
    let one = random.below(parts.len() - 1);
    let other = one + 1 + random.below(parts.len() - one - 1);
    let (one, other) = (parts[one].clone(), parts[other].clone());
    let swapped = [
        &bytes[..one.start],
        &bytes[other.clone()],
        &bytes[one.end..other.start],
        &bytes[one],
        &bytes[other.end..],
    ]
    .concat();
    *bytes = swapped;
}

fn double_part(bytes: &mut Vec<u8>, random: &mut Random) {
    let parts = parts(bytes);
    if !parts.is_empty() {
        let part = parts[random.below(parts.len())].clone();
        let copy = bytes[part.clone()].to_vec();
        bytes.splice(part.end..part.end, copy);
    }
}

/// Puts an extreme number where a part's head has its sizes and counts.
fn overwrite_count(bytes: &mut [u8], random: &mut Random) {
    const EXTREMES: [u64; 6] = [
        0,
        1,
        0x7FFF_FFFF,
        0xFFFF_FFFF,
        0x7FFF_FFFF_FFFF_FFFF,
        u64::MAX,
    ];
    let parts = parts(bytes);
    let start = match parts.len() {
        0 => 0,
        count => parts[random.below(count)].start,
    };
    let anywhere = random.below(48);
    let at = start + random.pick(&[0, 4, 8, 12, 16, 20, 24, 28, 36, 40, anywhere]);
    let number = random.pick(&EXTREMES);
    let number = match random.below(5) {
        0 => number.to_be_bytes()[4..].to_vec(),
        1 => number.to_le_bytes()[..4].to_vec(),
        2 => number.to_be_bytes().to_vec(),
        3 => number.to_le_bytes().to_vec(),
        // As Matroska writes a size, in eight bytes.
        _ => [&[1], &number.to_be_bytes()[1..]].concat(),
    };
    let end = (at + number.len()).min(bytes.len());
    if at < end {
        bytes[at..end].copy_from_slice(&number[..end - at]);
    }
}

fn zero(bytes: &mut [u8], random: &mut Random) {
    let stretch = random.stretch(bytes.len(), 2048);
    bytes[stretch].fill(0);
}

/// Puts the file's first parts before it once more.
fn double_head(bytes: &mut Vec<u8>, random: &mut Random) {
    let parts = parts(bytes);
    let end = match parts.len() {
        0 => bytes.len().min(64),
        count => parts[random.below(count.min(6))].end,
    };
    let head = bytes[..end].to_vec();
    bytes.splice(0..0, head);
}

/// The chunks, boxes, pages, elements or frames of a file, in their order.
fn parts(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut starts = match bytes {
        [b'R', b'I', b'F', b'F', ..] => chunks(bytes, 12, 4, |size| {
            u64::from(u32::from_le_bytes(size.try_into().expect("its four bytes")))
        }),
        [b'F', b'O', b'R', b'M', ..] => chunks(bytes, 12, 4, big_endian),
        [b'c', b'a', b'f', b'f', ..] => chunks(bytes, 8, 8, big_endian),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => boxes(bytes, 0..bytes.len()),
        _ => (0..bytes.len())
            .filter(|at| begins_a_part(&bytes[*at..]))
            .collect(),
    };
    starts.push(bytes.len());
    starts
        .windows(2)
        .filter(|pair| pair[0] < pair[1])
        .map(|pair| pair[0]..pair[1])
        .collect()
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Where the chunks of RIFF, AIFF and CAF begin.
fn chunks(
    bytes: &[u8],
    first: usize,
    size_bytes: usize,
    read_size: impl Fn(&[u8]) -> u64,
) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = first;
    while let Some(size) = bytes.get(at + 4..at + 4 + size_bytes) {
        starts.push(at);
        let Some(next) = usize::try_from(read_size(size))
            .ok()
            .and_then(|size| at.checked_add(4 + size_bytes)?.checked_add(size))
        else {
            break;
        };
        at = next + if size_bytes == 4 { next % 2 } else { 0 };
    }
    starts
}

/// Where the boxes of MP4 begin, also those inside others.
fn boxes(bytes: &[u8], within: Range<usize>) -> Vec<usize> {
    const CONTAINERS: [&[u8]; 7] = [
        b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"edts",
    ];
    let mut starts = Vec::new();
    let mut at = within.start;
    while at + 8 <= within.end {
        let size = usize::try_from(big_endian(&bytes[at..at + 4])).expect("32 bits");
        starts.push(at);
        let end = (at + size.max(8)).min(within.end);
        if CONTAINERS.contains(&&bytes[at + 4..at + 8]) {
            starts.extend(boxes(bytes, at + 8..end));
        }
        at = end;
    }
    starts
}

/// Whether an Ogg page, a Matroska element, or a frame of FLAC, MP3 or ADTS seems to begin here.
fn begins_a_part(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [b'O', b'g', b'g', b'S', ..]
            | [0x1A, 0x45, 0xDF, 0xA3, ..]
            | [0x18, 0x53, 0x80, 0x67, ..]
            | [0x11, 0x4D, 0x9B, 0x74, ..]
            | [0x15, 0x49, 0xA9, 0x66, ..]
            | [0x16, 0x54, 0xAE, 0x6B, ..]
            | [0x12, 0x54, 0xC3, 0x67, ..]
            | [0x1C, 0x53, 0xBB, 0x6B, ..]
            | [0x1F, 0x43, 0xB6, 0x75, ..]
            | [0xA3, 0x40..0x80, _, 0x81, ..]
            | [b'f', b'L', b'a', b'C', ..]
            | [0xFF, 0xF0 | 0xF1 | 0xF8..=0xFB, ..]
    )
}

/// Writes the checksums of all Ogg pages as if nothing had been done to them (RFC 3533, section 6).
fn mend_ogg_checksums(bytes: &mut [u8]) {
    if !bytes.starts_with(b"OggS") {
        return;
    }
    for part in parts(bytes) {
        let page = &mut bytes[part];
        let Some(segments) = page.get(26).map(|count| usize::from(*count)) else {
            continue;
        };
        let Some(table) = page.get(27..27 + segments) else {
            continue;
        };
        let length = 27 + segments + table.iter().map(|size| usize::from(*size)).sum::<usize>();
        if let Some(page) = page.get_mut(..length) {
            page[22..26].fill(0);
            let checksum = ogg_checksum(page);
            page[22..26].copy_from_slice(&checksum.to_le_bytes());
        }
    }
}

/// The checksum of a page in which it is 0.
pub(super) fn ogg_checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |checksum, byte| {
        (0..8).fold(checksum ^ u32::from(*byte) << 24, |sum: u32, _| {
            let carry = if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 };
            sum << 1 ^ carry
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_mutation_again() {
        let original: Vec<u8> = (0..=255).collect();
        let mutate = |seed| mutate(&original, &mut Random::seeded(seed));
        assert_eq!(mutate(7), mutate(7));
        let changed = (0..100).filter(|seed| mutate(*seed) != original).count();
        assert!(changed > 70, "only {changed} of a hundred are changed");
    }
}
