//! The scan index: which track a file was when it was last read, so that an
//! unchanged file need not be read again. It saves reading and decides
//! nothing: without it, the same site comes out.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::cover::beside;
use super::identity::Identified;
use crate::manifest::{Tags, from_json, to_json};
use crate::site::TrackId;

/// Raised when what is kept, or how ids are made, changes.
const VERSION: u32 = 2;

/// By which a file is known to be unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    bytes: u64,
    modified_ns: u128,
    /// The picture beside it, which would be its cover.
    picture: Option<(String, u64, u128)>,
}

impl Stamp {
    /// Of a file as it is now; `None` where it is gone.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let (bytes, modified_ns) = size_and_time(path)?;
        let picture = beside(path).and_then(|picture| {
            let (bytes, modified_ns) = size_and_time(&picture)?;
            Some((
                picture.file_name()?.to_string_lossy().into_owned(),
                bytes,
                modified_ns,
            ))
        });
        Some(Self {
            bytes,
            modified_ns,
            picture,
        })
    }
}

fn size_and_time(path: &Path) -> Option<(u64, u128)> {
    let metadata = std::fs::metadata(path).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((metadata.len(), modified.as_nanos()))
}

/// What is kept of a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// The file as it was.
    pub stamp: Stamp,
    /// The track it was.
    pub track: TrackId,
    /// How long that is.
    pub seconds: f64,
    /// What its tags said.
    pub tags: Tags,
    /// Whether it has a cover.
    pub has_cover: bool,
}

/// All sources that were read, by path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScanIndex {
    version: u32,
    sources: BTreeMap<String, IndexEntry>,
}

impl IndexEntry {
    /// What is kept of a source that was read while it was as `stamp` says.
    #[must_use]
    pub fn new(stamp: Stamp, identified: &Identified) -> Self {
        let survey = &identified.survey;
        Self {
            stamp,
            track: identified.id,
            seconds: survey.rate.seconds(survey.samples),
            tags: identified.tags.clone(),
            has_cover: identified.cover.is_some(),
        }
    }
}

impl Default for ScanIndex {
    fn default() -> Self {
        Self {
            version: VERSION,
            sources: BTreeMap::new(),
        }
    }
}

impl ScanIndex {
    /// Reads an index; one that is missing, damaged or of another version is
    /// as good as none.
    #[must_use]
    pub fn load(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_default();
        from_json::<Self>(&bytes)
            .ok()
            .filter(|index| index.version == VERSION)
            .unwrap_or_default()
    }

    /// The index as a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        to_json(self)
    }

    /// What is known of a source, if its stamp is still the same.
    #[must_use]
    pub fn get(&self, path: &Path, stamp: &Stamp) -> Option<&IndexEntry> {
        self.sources
            .get(&key(path))
            .filter(|entry| entry.stamp == *stamp)
    }

    /// How many sources are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Keeps what was found.
    pub fn insert(&mut self, path: &Path, entry: IndexEntry) {
        self.sources.insert(key(path), entry);
    }
}

/// A path as text, whatever bytes it has: what is no UTF-8 is written as
/// hexadecimal digits.
fn key(path: &Path) -> String {
    match path.to_str() {
        Some(text) => format!("/{text}"),
        None => hexadecimal(path.as_os_str().as_encoded_bytes()),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(digits, "{byte:02x}").expect("text can always grow");
    }
    digits
}
