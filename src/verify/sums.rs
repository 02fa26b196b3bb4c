//! `b3sums`: the hashes of a folder's files, in the form that `b3sum --check`
//! reads.
//!
//! The list may be what is damaged, rather than a file that it names. A file
//! that has changed has a wholly different hash, so a hash that is right but
//! for some digits tells that it was the digits that changed.

use std::collections::BTreeMap;

/// A list that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    by_name: BTreeMap<String, String>,
    /// What is wrong with the list itself.
    pub(super) complaint: Option<String>,
}

/// What a list says of a file's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is this one.
    Same,
    /// It is another one.
    Other,
    /// It is this one, with some digits of it changed.
    Misspelt,
    /// Nothing.
    Unknown,
}

impl Sums {
    /// Reads as much as can be read.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut sums = Self::default();
        let text = String::from_utf8_lossy(bytes);
        let body = text.strip_suffix('\n');
        if body.is_none() {
            sums.complain("is cut off".to_owned());
        }
        for (index, line) in body.unwrap_or(&text).split('\n').enumerate() {
            match line.split_once("  ") {
                Some((hash, name)) if is_hash(hash) => {
                    let before = sums.by_name.insert(name.to_owned(), hash.to_owned());
                    if before.is_some() {
                        // Neither of the two is to be believed.
                        sums.by_name.remove(name);
                        sums.complain(format!("names {name} twice"));
                    }
                }
                _ => sums.complain(format!(
                    "was damaged: line {} is not as b3sum writes it",
                    index + 1
                )),
            }
        }
        sums
    }

    /// The files that it names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Whether it names a file.
    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Holds a file's hash against the list.
    pub(super) fn judge(&self, name: &str, hash: &blake3::Hash) -> Verdict {
        let hash = hash.to_hex();
        let Some(listed) = self.by_name.get(name) else {
            return Verdict::Unknown;
        };
        let same = listed
            .bytes()
            .zip(hash.bytes())
            .filter(|(listed, own)| listed == own)
            .count();
        // Of two hashes that have nothing to do with each other, 4 digits of
        // the 64 agree by chance.
        match same {
            64 => Verdict::Same,
            32.. => Verdict::Misspelt,
            _ => Verdict::Other,
        }
    }

    fn complain(&mut self, complaint: String) {
        self.complaint.get_or_insert(complaint);
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_digit_is_told_from_a_changed_file() {
        let hash = blake3::hash(b"music");
        let list = format!("{hash}  0.m4s\n");
        let sums = Sums::parse(list.as_bytes());
        assert_eq!(sums.complaint, None);
        assert_eq!(sums.judge("0.m4s", &hash), Verdict::Same);
        let other = blake3::hash(b"noise");
        assert_eq!(sums.judge("0.m4s", &other), Verdict::Other);
        assert_eq!(sums.judge("1.m4s", &hash), Verdict::Unknown);
        let first = list.as_bytes()[0];
        let digit = if first == b'0' { "1" } else { "0" };
        let changed = format!("{digit}{}", &list[1..]);
        let sums = Sums::parse(changed.as_bytes());
        assert_eq!(sums.judge("0.m4s", &hash), Verdict::Misspelt);
    }

    #[test]
    fn every_flipped_bit_is_seen_in_the_list_itself() {
        let hash = blake3::hash(b"music");
        let list = format!("{hash}  0.m4s\n{hash}  init.mp4\n");
        let whole = Sums::parse(list.as_bytes());
        for at in 0..list.len() {
            for bit in 0..8 {
                let mut bytes = list.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                assert_ne!(Sums::parse(&bytes), whole, "bit {bit} of byte {at}");
            }
        }
    }
}
