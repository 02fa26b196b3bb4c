//! The scan index: which track a file was when it was last read, so that an
//! unchanged file need not be read again. It saves reading and decides
//! nothing: without it, the same site comes out.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::cover::Pictures;
use super::identity::Identified;
use crate::manifest::{Tags, from_json, to_json};
use crate::site::TrackId;

/// Raised when what is kept, how ids are made, or what a site tells of a source
/// changes: then every source is read again, once.
const VERSION: u32 = 3;

/// By which a file is known to be unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStamp {
    bytes: u64,
    modified_ns: u128,
}

/// By which a source is known to tell what it told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    file: FileStamp,
    /// The picture beside it, by its name, which would be its cover.
    picture: Option<(String, FileStamp)>,
}

impl FileStamp {
    /// Of a file as it is now; `None` where it is gone.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self {
            bytes: metadata.len(),
            modified_ns: modified.as_nanos(),
        })
    }
}

impl Stamp {
    /// Of a source as it is now; `None` where it is gone.
    #[must_use]
    pub fn of(path: &Path, pictures: &Pictures) -> Option<Self> {
        let picture = pictures.beside(path).and_then(|picture| {
            let name = picture.file_name()?.to_string_lossy().into_owned();
            Some((name, FileStamp::of(&picture)?))
        });
        Some(Self {
            file: FileStamp::of(path)?,
            picture,
        })
    }
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
