//! Files that no accident makes: each asks for more than it has in the fewest bytes.

/// How deep things are nested: far beyond what any stack of calls holds.
const DEPTH: usize = 100_000;

/// A hostile file.
pub(super) struct Crafted {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    /// Words of the reason with which it fails.
    pub(super) reason: &'static str,
}

/// All of them.
pub(super) fn crafted() -> Vec<Crafted> {
    let one = |name: &str, bytes, reason| Crafted {
        name: name.to_owned(),
        bytes,
        reason,
    };
    let mut files = vec![
        one("chapters.mp3", nested_chapters(), "not an audio file"),
        one("lists.wav", nested_lists(), "missing data"),
        one(
            "year.caf",
            long_packets(u32::MAX),
            "packets of 4294967295 samples",
        ),
        one("hour.caf", long_packets(60_000), "impossible"),
        one("codebooks.ogg", codebooks_of_gigabytes(), "codebooks"),
        one("hours.wav", hours_in_a_header(), "cut off"),
        one("hours.flac", silence(3, 36_000 * 44_100), "cut off"),
    ];
    files.extend(nested_boxes());
    files.extend(nested_elements());
    files
}

/// Boxes inside each other, of each kind that holds others.
fn nested_boxes() -> Vec<Crafted> {
    let kinds: [&[u8; 4]; 8] = [
        b"moov", b"trak", b"mdia", b"udta", b"meta", b"ilst", b"moof", b"wave",
    ];
    let nested = |kind: &[u8; 4]| {
        let mut bytes = b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42".to_vec();
        for level in 0..DEPTH {
            let size = 8 * (DEPTH - level);
            bytes.extend(u32::try_from(size).expect("far below 4 GiB").to_be_bytes());
            let is_first = level == 0;
            bytes.extend(if is_first { b"moov" } else { kind });
        }
        bytes
    };
    let boxes = |kind: &[u8; 4]| Crafted {
        name: format!("boxes-{}.m4a", String::from_utf8_lossy(kind)),
        bytes: nested(kind),
        reason: "the header is damaged",
    };
    kinds.into_iter().map(boxes).collect()
}

/// A name, the elements outside, and the one that holds itself.
type Nested = (&'static str, &'static [&'static [u8]], &'static [u8]);

/// Matroska elements inside each other; tags and chapters may be nested by the standard.
fn nested_elements() -> Vec<Crafted> {
    const SEGMENT: &[u8] = &[0x18, 0x53, 0x80, 0x67];
    let cases: [Nested; 4] = [
        (
            "tags",
            &[SEGMENT, &[0x12, 0x54, 0xC3, 0x67], &[0x73, 0x73]],
            &[0x67, 0xC8],
        ),
        (
            "chapters",
            &[SEGMENT, &[0x10, 0x43, 0xA7, 0x70], &[0x45, 0xB9]],
            &[0xB6],
        ),
        ("segments", &[SEGMENT], SEGMENT),
        ("groups", &[SEGMENT, &[0x1F, 0x43, 0xB6, 0x75]], &[0xA0]),
    ];
    let nested = |outer: &[&[u8]], inner: &[u8]| {
        let mut bytes = vec![];
        let ids = std::iter::repeat_n(inner, DEPTH).chain(outer.iter().rev().copied());
        // From the inside out, written backwards: a size is known when what it holds is.
        for id in ids {
            let size = 1_u64 << 56 | bytes.len() as u64;
            bytes.extend(size.to_be_bytes().iter().rev());
            bytes.extend(id.iter().rev());
        }
        bytes.reverse();
        // EBML, with the document type.
        [
            b"\x1A\x45\xDF\xA3\x8B\x42\x82\x88matroska".as_slice(),
            &bytes,
        ]
        .concat()
    };
    cases
        .iter()
        .map(|(name, outer, inner)| Crafted {
            name: format!("elements-{name}.mka"),
            bytes: nested(outer, inner),
            reason: "the header is damaged",
        })
        .collect()
}

/// ID3 chapters, each inside the one before: a frame may hold frames.
fn nested_chapters() -> Vec<u8> {
    const HEAD: usize = 10;
    // An empty element id, four times.
    const FIELDS: usize = 17;
    let depth = 60_000;
    let synchsafe = |size: usize| [21, 14, 7, 0].map(|shift| (size >> shift & 0x7F) as u8);
    let mut bytes = b"ID3\x04\0\0".to_vec();
    bytes.extend(synchsafe(depth * (HEAD + FIELDS)));
    for level in (0..depth).rev() {
        bytes.extend(b"CHAP");
        bytes.extend(synchsafe(FIELDS + level * (HEAD + FIELDS)));
        bytes.extend([0; 2 + FIELDS]);
    }
    bytes
}

/// RIFF lists inside each other.
fn nested_lists() -> Vec<u8> {
    let size = |size: usize| u32::try_from(size).expect("far below 4 GiB").to_le_bytes();
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(size(12 * DEPTH + 4));
    bytes.extend(b"WAVE");
    for level in (0..DEPTH).rev() {
        bytes.extend(b"LIST");
        bytes.extend(size(12 * level + 4));
        bytes.extend(b"INFO");
    }
    bytes
}

/// A CAF of a kilobyte whose packets, of one sample each, are said to hold so many.
fn long_packets(samples: u32) -> Vec<u8> {
    let mut bytes = b"caff\0\x01\0\0desc".to_vec();
    bytes.extend(32_u64.to_be_bytes());
    bytes.extend(44_100_f64.to_be_bytes());
    bytes.extend(b"lpcm");
    for field in [0, 2, samples, 1, 16] {
        bytes.extend(field.to_be_bytes());
    }
    bytes.extend(b"data");
    bytes.extend(1004_u64.to_be_bytes());
    bytes.extend([0; 1004]);
    bytes
}

/// A WAV of a kilobyte that announces six hours of stereo.
fn hours_in_a_header() -> Vec<u8> {
    let mut bytes = b"RIFF\xFF\xFF\xFF\xFFWAVEfmt \x10\0\0\0\x01\0\x02\0".to_vec();
    bytes.extend(44_100_u32.to_le_bytes());
    bytes.extend(176_400_u32.to_le_bytes());
    bytes.extend([4, 0, 16, 0]);
    bytes.extend(b"data");
    bytes.extend((6 * 3600 * 176_400_u32).to_le_bytes());
    bytes.extend([0; 1000]);
    bytes
}

/// Samples of a frame of [`silence`], the most that FLAC knows.
pub(super) const DENSEST: u16 = 65_535;

/// Silence as FLAC, as dense as it can be: frames of one constant in 14 to 16 bytes (RFC 9639). Its header announces
/// so many samples.
pub(super) fn silence(frames: u32, announced: u64) -> Vec<u8> {
    let mut bytes = b"fLaC\x80\0\0\x22".to_vec();
    // Sizes of blocks, and of frames, which are not told; then 20 bits of rate, 3 of channels less one, 5 of bits less
    // one, 36 of samples; and no hash.
    bytes.extend([DENSEST.to_be_bytes(), DENSEST.to_be_bytes()].concat());
    bytes.extend([0; 6]);
    bytes.extend((44_100_u64 << 44 | 15 << 36 | announced).to_be_bytes());
    bytes.extend([0; 16]);
    for number in 0..frames {
        // A fixed size of block, which 16 bits behind the number tell; 44.1 kHz, one channel, 16 bits.
        let mut frame = vec![0xFF, 0xF8, 0b0111_1001, 0b0000_1000];
        let coded = char::from_u32(number).expect("few frames");
        frame.extend(coded.encode_utf8(&mut [0; 4]).bytes());
        frame.extend((DENSEST - 1).to_be_bytes());
        frame.push(redundancy(&frame, 8, 0x07) as u8);
        // A subframe of one constant: 0.
        frame.extend([0, 0, 0]);
        frame.extend(redundancy(&frame, 16, 0x8005).to_be_bytes());
        bytes.extend(frame);
    }
    bytes
}

/// A cyclic redundancy check of so many bits, from the highest bit on.
fn redundancy(bytes: &[u8], width: u32, polynomial: u16) -> u16 {
    let highest = 1 << (width - 1);
    bytes.iter().fold(0, |sum, byte| {
        let sum = sum ^ u16::from(*byte) << (width - 8);
        (0..8).fold(sum, |sum, _| {
            let shifted = sum << 1;
            if sum & highest == 0 {
                shifted
            } else {
                shifted ^ polynomial
            }
        })
    })
}

/// A Vorbis setup header of some kilobytes whose codebooks unpack to two gigabytes.
fn codebooks_of_gigabytes() -> Vec<u8> {
    // Of 131,072 entries in an ordered tree, in 16 dimensions, with two values.
    let fields: [(u32, u32); 12] = [
        (0x56_4342, 24),
        (16, 16),
        (131_072, 24),
        (1, 1),
        (16, 5),
        (131_072, 18),
        (1, 4),
        (0, 32),
        (0, 32),
        (3, 4),
        (0, 1),
        (0, 8),
    ];
    let mut bits: Vec<bool> = Vec::new();
    for (value, width) in std::iter::once((255, 8)).chain(fields.repeat(256)) {
        bits.extend((0..width).map(|bit| value >> bit & 1 == 1));
    }
    let packed = bits.chunks(8).map(|bits| {
        let bits = bits.iter().enumerate();
        bits.fold(0, |byte, (place, bit)| byte | u8::from(*bit) << place)
    });
    let setup: Vec<u8> = b"\x05vorbis".iter().copied().chain(packed).collect();
    let mut head = b"\x01vorbis\0\0\0\0\x02".to_vec();
    head.extend(44_100_u32.to_le_bytes());
    head.extend([0; 12]);
    head.extend([0xB8, 1]);
    let comment = b"\x03vorbis\0\0\0\0\0\0\0\0\x01";
    [
        ogg_page(2, 0, &head),
        ogg_page(0, 1, comment),
        ogg_page(0, 2, &setup),
        ogg_page(4, 3, &[0; 9]),
    ]
    .concat()
}

/// A page with one packet (RFC 3533, section 6).
fn ogg_page(flags: u8, number: u32, packet: &[u8]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend(0_u64.to_le_bytes());
    page.extend(7_u32.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    let full = packet.len() / 255;
    page.push(u8::try_from(full + 1).expect("one page holds it"));
    page.extend(std::iter::repeat_n(255, full));
    page.push((packet.len() % 255) as u8);
    page.extend(packet);
    let checksum = super::mutations::ogg_checksum(&page);
    page[22..26].copy_from_slice(&checksum.to_le_bytes());
    page
}
