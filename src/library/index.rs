//! The scan index: which track a file was when it was last read, so that an
//! unchanged file need not be read again, and which tracks have lost their last
//! source. It saves reading and decides nothing of what is rendered: without
//! it, the same site comes out, and no track is known to be an orphan.
//!
//! Sources are known by their paths, absolute and without links, so that it does
//! not matter from where, or as a part of which root, they were found. A look
//! at the library settles what lies below its roots; whatever else is known is
//! kept as it was. Where a library was moved, its tracks are seen at other
//! places, and what was known of the old ones is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::cover::Pictures;
use super::identity::Identified;
use super::scan::{Coverage, Root, Scan, ScanError};
use crate::manifest::{Tags, from_json, to_json};
use crate::site::TrackId;

/// Raised when what is kept, how ids are made, or what a site tells of a source
/// changes: then every source is read again, once.
const VERSION: u32 = 4;

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

/// The source that a track had last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSource {
    path: SourcePath,
    file: FileStamp,
}

/// All sources that were read, and the tracks that have none any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScanIndex {
    version: u32,
    sources: BTreeMap<SourcePath, IndexEntry>,
    /// Tracks without a source of which no look at the whole has said so yet.
    lost: BTreeMap<TrackId, LastSource>,
    orphans: BTreeMap<TrackId, LastSource>,
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

impl LastSource {
    /// Where it was.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path.0
    }

    /// Whether the file stands there again as it was.
    #[must_use]
    pub fn is_back(&self) -> bool {
        FileStamp::of(self.path()) == Some(self.file)
    }
}

impl Default for ScanIndex {
    fn default() -> Self {
        Self {
            version: VERSION,
            sources: BTreeMap::new(),
            lost: BTreeMap::new(),
            orphans: BTreeMap::new(),
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
        self.sources.get(path).filter(|entry| entry.stamp == *stamp)
    }

    /// The tracks that have a source.
    #[must_use]
    pub fn tracks(&self) -> BTreeSet<TrackId> {
        self.sources.values().map(|entry| entry.track).collect()
    }

    /// The tracks that lost their last source, and which that was.
    #[must_use]
    pub fn orphans(&self) -> &BTreeMap<TrackId, LastSource> {
        &self.orphans
    }

    /// Forgets orphans that are gone.
    pub fn forget(&mut self, gone: &BTreeSet<TrackId>) {
        self.orphans.retain(|track, _| !gone.contains(track));
    }

    /// Fails where there is no audio left below a root that had some: that is
    /// what a disk looks like that is not mounted. One that cannot be read is
    /// told as a problem, and nothing below it is settled.
    pub fn check_emptied(&self, scan: &Scan) -> Result<(), ScanError> {
        let could_be = |root: &&Root| root.audio == 0 && scan.settles(&root.path);
        for root in scan.roots.iter().filter(could_be) {
            let is_below = |path: &&SourcePath| path.0.starts_with(&root.path);
            let known = self.sources.keys().filter(is_below).count();
            if known > 0 {
                return Err(ScanError::Emptied {
                    root: root.path.clone(),
                    known,
                });
            }
        }
        Ok(())
    }

    /// What is known after a look at the library, which found `scan` and read
    /// the sources `read`. A source is gone where the look settles that; a track
    /// whose last source is gone is an orphan, until it is seen again.
    #[must_use]
    pub fn after(
        &self,
        scan: &Scan,
        coverage: Coverage,
        read: impl IntoIterator<Item = (PathBuf, IndexEntry)>,
    ) -> Self {
        let mut next = Self {
            sources: read
                .into_iter()
                .map(|(path, entry)| (SourcePath(path), entry))
                .collect(),
            lost: self.lost.clone(),
            orphans: self.orphans.clone(),
            ..Self::default()
        };
        let seen = next.tracks();
        let found: BTreeSet<&Path> = scan.sources.iter().map(|s| s.path.as_path()).collect();
        let settles = |path: &Path| coverage == Coverage::Whole && scan.settles(path);
        for (path, entry) in &self.sources {
            let is_gone = match next.sources.get(path) {
                Some(now) => now.track != entry.track,
                // It is there, and could not be read this time.
                None if found.contains(path.0.as_path()) => false,
                None => settles(&path.0),
            };
            // Elsewhere, as after a library was moved.
            let is_moved =
                || seen.contains(&entry.track) && matches!(path.0.try_exists(), Ok(false));
            if is_gone {
                let last = LastSource {
                    path: path.clone(),
                    file: entry.stamp.file,
                };
                next.lost.insert(entry.track, last);
            } else if !next.sources.contains_key(path) && !is_moved() {
                next.sources.insert(path.clone(), entry.clone());
            }
        }
        let with_source = next.tracks();
        let lost = std::mem::take(&mut next.lost);
        for (track, last) in lost {
            if settles(&last.path.0) {
                next.orphans.insert(track, last);
            } else {
                next.lost.insert(track, last);
            }
        }
        next.lost.retain(|track, _| !with_source.contains(track));
        next.orphans.retain(|track, _| !with_source.contains(track));
        next
    }

    /// Has the sources of tracks read again by the next run.
    pub fn read_again(&mut self, is_meant: impl Fn(&TrackId) -> bool) {
        for entry in self.sources.values_mut() {
            if is_meant(&entry.track) {
                // No file was last changed in 1970.
                entry.stamp.file.modified_ns = 0;
            }
        }
    }

    /// Keeps what was found.
    pub fn insert(&mut self, path: &Path, entry: IndexEntry) {
        self.sources.insert(SourcePath(path.to_owned()), entry);
    }
}

/// A path as text, whatever bytes it has: it begins with `/`; one that is no
/// UTF-8 is written as hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct SourcePath(PathBuf);

/// So that a map can be asked for a path.
impl std::borrow::Borrow<Path> for SourcePath {
    fn borrow(&self) -> &Path {
        &self.0
    }
}

impl From<SourcePath> for String {
    fn from(path: SourcePath) -> Self {
        use std::fmt::Write;
        match path.0.into_os_string().into_string() {
            Ok(text) => text,
            Err(bytes) => bytes.as_bytes().iter().fold(Self::new(), |mut text, byte| {
                write!(text, "{byte:02x}").expect("text can always grow");
                text
            }),
        }
    }
}

impl TryFrom<String> for SourcePath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with('/') {
            return Ok(Self(text.into()));
        }
        let byte = |pair: &[u8]| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(byte).collect();
        let path = bytes.map(|bytes| Self(OsString::from_vec(bytes).into()));
        path.ok_or_else(|| format!("`{text}` is no path"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_any_bytes_reads_back() {
        for bytes in [
            &b"/music/a.flac"[..],
            b"/S\xe9gue/\xff.mp3",
            "/Ségue/ä.mp3".as_bytes(),
        ] {
            let path = SourcePath(OsString::from_vec(bytes.to_vec()).into());
            let text = serde_json::to_string(&path).expect("text");
            let read: SourcePath = serde_json::from_str(&text).expect("it reads back");
            assert_eq!(read, path, "{text}");
        }
        for wrong in ["\"music/a.flac\"", "\"2é2f\"", "3"] {
            assert!(
                serde_json::from_str::<SourcePath>(wrong).is_err(),
                "{wrong}"
            );
        }
    }
}
