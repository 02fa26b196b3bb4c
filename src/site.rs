//! Where everything stands in a published site, as pure functions.
//!
//! ```text
//! index.html  player/…  player.json          the page, and its settings
//! catalog.json                               all tracks
//! tracks/<id>/track.json                     tags, length, analysis, the cover's colour
//! tracks/<id>/cover.jpg                      at most 640 pixels
//! tracks/<id>/<variant>/manifest.json        one per preset and intensity
//! tracks/<id>/<variant>/<fingerprint>/       immutable:
//!     init.mp4  0.m4s  1.m4s …  index.m3u8  main.m3u8  index.mpd  [audio.mp4]
//!     b3sums                                 BLAKE3 of every other file here
//! .segue/                                    segue's own; not for publishing
//! ```
//!
//! Paths are relative to the site's root, with `/` between parts, so that they
//! serve as URL references as they stand.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The page's list of all tracks.
pub const CATALOG: &str = "catalog.json";
/// The folder of all tracks.
pub const TRACKS: &str = "tracks";
/// The description of one track, inside its folder.
pub const TRACK: &str = "track.json";
/// The cover of one track, inside its folder.
pub const COVER: &str = "cover.jpg";
/// The description of a rendition, inside its variant's folder.
pub const MANIFEST: &str = "manifest.json";
/// The initialisation segment, inside a fingerprint's folder.
pub const INIT: &str = "init.mp4";
/// The media playlist.
pub const MEDIA_PLAYLIST: &str = "index.m3u8";
/// The multivariant playlist.
pub const MULTIVARIANT_PLAYLIST: &str = "main.m3u8";
/// The DASH presentation.
pub const DASH: &str = "index.mpd";
/// Init and segments in one file.
pub const WHOLE_FILE: &str = "audio.mp4";
/// The hashes of a fingerprint's folder, as `b3sum --check` reads them.
pub const HASHES: &str = "b3sums";
/// What every rendition has beside its segments.
pub const RENDITION_FILES: [&str; 5] = [INIT, MEDIA_PLAYLIST, MULTIVARIANT_PLAYLIST, DASH, HASHES];
/// What is segue's own: not for publishing, safe to delete while nothing runs.
pub const PRIVATE: &str = ".segue";
/// What a process holds locked while the site is its own to write.
pub const LOCK: &str = ".segue/lock";
/// Where a rendition is put together before it is published: in the site, so
/// that it is on the same file system and a rename publishes it.
pub const STAGING: &str = ".segue/staging";
/// There as long as no run has come to the catalog.
pub const FIRST_RUN: &str = ".segue/first-run";
/// What the last scan of the library found.
pub const SCAN_INDEX: &str = ".segue/scan.json";
/// What was measured of each track, by its id.
pub const MEASUREMENTS: &str = ".segue/measurements";

/// Which renditions a server made because they were asked for.
pub const ON_DEMAND: &str = ".segue/on-demand";

/// What `segue verify` found damaged.
pub const DAMAGED: &str = ".segue/damaged.json";

/// What was measured of the segments of renditions that are not complete.
pub const LEVELS: &str = ".segue/levels";

/// Error of parsing an identifier.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not 32 lowercase hexadecimal digits")]
pub struct NotAnId(String);

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        impl $name {
            /// The first 16 bytes of a BLAKE3 hash.
            #[must_use]
            pub fn from_hash(hash: &blake3::Hash) -> Self {
                let mut bytes = [0; 16];
                bytes.copy_from_slice(&hash.as_bytes()[..16]);
                Self(bytes)
            }

            /// The bytes that the digits stand for.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                for byte in self.0 {
                    write!(formatter, "{byte:02x}")?;
                }
                Ok(())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let digits = text.as_bytes();
                let is_id = digits.len() == 32
                    && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
                if !is_id {
                    return Err(NotAnId(text.to_owned()));
                }
                let mut bytes = [0; 16];
                for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
                    let pair = std::str::from_utf8(pair).map_err(|_| NotAnId(text.to_owned()))?;
                    *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAnId(text.to_owned()))?;
                }
                Ok(Self(bytes))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

hex_id!(
    /// What a track is called: it follows from the encoded audio alone.
    TrackId
);
hex_id!(
    /// The hash of everything that decides a rendition's bytes.
    Fingerprint
);

/// `tracks/<id>`
#[must_use]
pub fn track_folder(id: &TrackId) -> String {
    format!("{TRACKS}/{id}")
}

/// `tracks/<id>/track.json`
#[must_use]
pub fn track_json(id: &TrackId) -> String {
    format!("{TRACKS}/{id}/{TRACK}")
}

/// `tracks/<id>/cover.jpg`
#[must_use]
pub fn cover(id: &TrackId) -> String {
    format!("{TRACKS}/{id}/{COVER}")
}

/// `tracks/<id>/<variant>`
#[must_use]
pub fn variant_folder(id: &TrackId, variant: &str) -> String {
    format!("{TRACKS}/{id}/{variant}")
}

/// `tracks/<id>/<variant>/manifest.json`
#[must_use]
pub fn manifest(id: &TrackId, variant: &str) -> String {
    format!("{TRACKS}/{id}/{variant}/{MANIFEST}")
}

/// `tracks/<id>/<variant>/<fingerprint>`
#[must_use]
pub fn rendition_folder(id: &TrackId, variant: &str, fingerprint: &Fingerprint) -> String {
    format!("{TRACKS}/{id}/{variant}/{fingerprint}")
}

/// `.segue/measurements/<id>.json`
#[must_use]
pub fn measurements(id: &TrackId) -> String {
    format!("{MEASUREMENTS}/{id}.json")
}

/// `.segue/levels/<fingerprint>`
#[must_use]
pub fn levels_folder(fingerprint: &Fingerprint) -> String {
    format!("{LEVELS}/{fingerprint}")
}

/// `.segue/levels/<fingerprint>/<index>.json`
#[must_use]
pub fn levels(fingerprint: &Fingerprint, index: usize) -> String {
    format!("{LEVELS}/{fingerprint}/{index}.json")
}

/// `<index>.m4s`
#[must_use]
pub fn segment(index: usize) -> String {
    format!("{index}.m4s")
}

/// Whether a fingerprint's folder has a file of this name.
#[must_use]
pub fn is_rendition_file(name: &str) -> bool {
    let is_segment = |digits: &str| {
        let index = digits.parse::<usize>();
        index.is_ok_and(|index| segment(index) == name)
    };
    RENDITION_FILES.contains(&name)
        || name == WHOLE_FILE
        || name.strip_suffix(".m4s").is_some_and(is_segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_writes() {
        let id = TrackId::from_hash(&blake3::hash(b"music"));
        assert_eq!(id.to_string().parse::<TrackId>().ok(), Some(id));
        assert_eq!(id.to_string().len(), 32);
    }

    #[test]
    fn a_renditions_files_are_known() {
        for known in ["0.m4s", "1234.m4s", "init.mp4", "b3sums", "audio.mp4"] {
            assert!(is_rendition_file(known), "{known}");
        }
        for unknown in [
            "",
            ".m4s",
            "00.m4s",
            "+1.m4s",
            "-1.m4s",
            "1.m4s~",
            "cover.jpg",
        ] {
            assert!(!is_rendition_file(unknown), "{unknown}");
        }
    }

    #[test]
    fn an_id_is_lowercase_hexadecimal_only() {
        for text in [
            "",
            "0123",
            "0123456789ABCDEF0123456789ABCDEF",
            "g123456789abcdef0123456789abcdef",
        ] {
            assert!(text.parse::<TrackId>().is_err(), "{text}");
        }
    }
}
