//! A shard: the part of a library that one of N machines renders.
//!
//! Which shard a track belongs to follows from its id alone, so that machines
//! share the work without talking, whatever their folders are called and in
//! whatever order they walk them: the first eight bytes of the id, as a
//! big-endian number, modulo N, counted from 1. An id is a hash, so shards come
//! out about equal; each track is in exactly one.
//!
//! The part decides only what is rendered. Every shard has to know all sources,
//! since an id is known by reading, and an album may have tracks in several.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::site::TrackId;

/// Shard `number` of `count`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: u32,
    count: u32,
}

/// What was asked for is no shard.
#[derive(Debug, thiserror::Error)]
#[error("a shard is K/N, the K-th of N from 1, as in 2/4")]
pub struct NotAShard;

impl Shard {
    /// All tracks.
    pub const WHOLE: Self = Self {
        number: 1,
        count: 1,
    };

    /// Whether the track is rendered here.
    #[must_use]
    pub fn has(self, track: &TrackId) -> bool {
        let [first, ..] = track.as_bytes().as_chunks::<8>().0 else {
            return false;
        };
        u64::from_be_bytes(*first) % u64::from(self.count) == u64::from(self.number - 1)
    }
}

impl Default for Shard {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.count)
    }
}

impl Serialize for Shard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Shard {
    type Err = NotAShard;

    fn from_str(text: &str) -> Result<Self, NotAShard> {
        let (number, count) = text.split_once('/').ok_or(NotAShard)?;
        let parse = |digits: &str| digits.parse::<u32>().map_err(|_| NotAShard);
        let (number, count) = (parse(number)?, parse(count)?);
        if (1..=count).contains(&number) {
            Ok(Self { number, count })
        } else {
            Err(NotAShard)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> TrackId {
        TrackId::from_hash(&blake3::hash(&number.to_le_bytes()))
    }

    #[test]
    fn every_track_is_in_exactly_one_shard_and_shards_are_about_equal() {
        for count in 1..=9 {
            let mut sizes = vec![0usize; count];
            for number in 0..900 {
                let mut owners = (1..=count).filter(|shard| {
                    let shard: Shard = format!("{shard}/{count}").parse().expect("a shard");
                    shard.has(&id(number))
                });
                sizes[owners.next().expect("an owner") - 1] += 1;
                assert_eq!(owners.next(), None);
            }
            let fair = 900 / count;
            assert!(sizes.iter().all(|size| size.abs_diff(fair) <= fair / 3));
        }
    }

    #[test]
    fn the_split_never_changes() {
        let track: TrackId = "00000000000000070123456789abcdef".parse().expect("an id");
        let shard = |text: &str| text.parse::<Shard>().expect("a shard").has(&track);
        // 7 modulo 4 is 3, the fourth from 0; modulo 7 it is 0.
        assert!(shard("4/4") && shard("1/7") && shard("2/2") && Shard::WHOLE.has(&track));
    }

    #[test]
    fn only_a_part_of_a_whole_is_a_shard() {
        for wrong in [
            "", "1", "0/4", "5/4", "0/0", "1/0", "-1/4", "a/b", "1/2/3", "1.5/2",
        ] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
        assert_eq!("2/4".parse::<Shard>().expect("a shard").to_string(), "2/4");
    }
}
