//! A name for what a library and settings come to, for caches that are kept by
//! name, such as those of CI services.
//!
//! It follows from the tracks and the fingerprints of all that is wanted of
//! them, and from what makes it: the same on every machine, wherever the library
//! lies, whatever dates its files have, and in whichever order its folders are
//! given (but with `--normalize album` a track that lies in several of them is of
//! the album where it lies first). New tags or covers change no rendition, and not
//! the key.

use std::collections::BTreeSet;

use super::plan::Plan;
use super::standing::WholeFile;
use crate::manifest::GENERATOR;
use crate::site::WHOLE_FILE;

impl Plan {
    /// The key: 64 hexadecimal digits.
    #[must_use]
    pub fn cache_key(&self) -> String {
        let mut wanted = BTreeSet::new();
        for track in &self.tracks {
            for rendition in &track.renditions {
                wanted.insert((track.id, rendition.fingerprint));
            }
        }
        let mut hash = blake3::Hasher::new();
        hash.update(GENERATOR.as_bytes());
        if self.whole_file == WholeFile::Wanted {
            hash.update(WHOLE_FILE.as_bytes());
        }
        for (track, fingerprint) in wanted {
            hash.update(track.as_bytes());
            hash.update(fingerprint.as_bytes());
        }
        hash.finalize().to_string()
    }
}
