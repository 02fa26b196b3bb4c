//! A reader of ISO base media boxes that knows nothing of segue: `FourCC`, payload, nesting. It sees the boxes that the
//! `mp4` crate skips (styp, sgpd, sbgp).

/// A box: its `FourCC`, where it starts and its payload (after the 8-byte header).
pub(crate) struct Box<'a> {
    /// The `FourCC` as text.
    pub(crate) kind: String,
    /// Offset of the box's header in the bytes that were walked.
    pub(crate) start: usize,
    /// What comes after the header.
    pub(crate) payload: &'a [u8],
}

/// The boxes that lie side by side in `bytes`; they have to fill it exactly.
pub(crate) fn walk(bytes: &[u8]) -> Vec<Box<'_>> {
    let mut boxes = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let size = number(bytes, start) as usize;
        assert!(
            size >= 8 && start + size <= bytes.len(),
            "a box at {start} claims {size} bytes"
        );
        boxes.push(Box {
            kind: String::from_utf8_lossy(&bytes[start + 4..start + 8]).into_owned(),
            start,
            payload: &bytes[start + 8..start + size],
        });
        start += size;
    }
    boxes
}

/// The one box reached by this path of `FourCC`s, if it is there.
pub(crate) fn find<'a>(bytes: &'a [u8], path: &[&str]) -> Option<Box<'a>> {
    let (first, rest) = path.split_first()?;
    let found = walk(bytes).into_iter().find(|inner| inner.kind == *first)?;
    if rest.is_empty() {
        Some(found)
    } else {
        find(found.payload, rest)
    }
}

/// The `FourCC`s in order.
pub(crate) fn kinds(bytes: &[u8]) -> Vec<String> {
    walk(bytes).into_iter().map(|found| found.kind).collect()
}

/// A big-endian 32-bit number at an offset.
pub(crate) fn number(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes[at..at + 4].try_into().expect("four bytes were taken");
    u32::from_be_bytes(bytes)
}
