//! What stands in a site and nothing refers to: what `segue prune` removes.
//!
//! It is found by reading names, manifests and the scan index, and nothing is
//! changed. Kept is, in doubt, what is there: whatever a sound or a damaged
//! manifest stands for, what a server is making on demand, and what is known of
//! tracks whose source is there. Without a scan index there are no orphans. A
//! file that segue does not know is nobody's leftover.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::on_demand::OnDemandList;
use super::publish::PublishError;
use super::published::{check_site, read_heading, read_rendition};
use crate::library::ScanIndex;
use crate::mastering::Variant;
use crate::site::{self, Fingerprint, TrackId};
use crate::web_player;

/// Something that nothing refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Where it stands below the site.
    pub path: String,
    /// What it is.
    pub what: What,
    /// The bytes of its files, of those that segue knows.
    pub bytes: u64,
}

/// What is left over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A track whose last source is gone.
    Orphan {
        /// Which.
        track: TrackId,
        /// Where that source was.
        source: PathBuf,
    },
    /// A track without a rendition, of which no source is known.
    Track {
        /// Which.
        track: TrackId,
    },
    /// A variant's folder without a manifest.
    Variant,
    /// A rendition that no manifest names.
    Rendition,
    /// A cover that its track does not name.
    Cover,
    /// What was measured of a track that is gone.
    Measurements,
    /// What was measured of the segments of a rendition that nobody makes.
    Levels,
    /// What an interrupted run left.
    Staging,
}

impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Orphan { source, .. } => {
                return write!(formatter, "orphaned: {} is gone", source.display());
            }
            Self::Track { .. } => "no rendition, and no source is known",
            Self::Variant => "no manifest",
            Self::Rendition => "no manifest names it",
            Self::Cover => "its track names no cover",
            Self::Measurements => "its track is gone",
            Self::Levels => "nobody makes its rendition",
            Self::Staging => "left by an interrupted run",
        })
    }
}

/// Something that stays although nothing good can be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftAlone {
    /// Where it stands below the site.
    pub path: String,
    /// Why.
    pub reason: &'static str,
}

/// What is left over in a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// What can go.
    pub items: Vec<Leftover>,
    /// What was noticed, and stays.
    pub left_alone: Vec<LeftAlone>,
}

impl Leftovers {
    /// Looks through a site.
    pub fn find(root: &Path) -> Result<Self, PublishError> {
        check_site(root)?;
        let index = ScanIndex::load(&root.join(site::SCAN_INDEX));
        let on_demand = OnDemandList::load(root).renditions;
        let mut search = Search {
            root,
            with_source: index.tracks(),
            listed: on_demand.iter().map(|made| made.fingerprint).collect(),
            index,
            kept: BTreeSet::new(),
            kept_levels: BTreeSet::new(),
            found: Self::default(),
        };
        search.page("")?;
        search.tracks()?;
        search.private()?;
        Ok(search.found)
    }

    /// The tracks that go.
    #[must_use]
    pub fn tracks(&self) -> BTreeSet<TrackId> {
        let tracks = self.items.iter().filter_map(|item| match &item.what {
            What::Orphan { track, .. } | What::Track { track } => Some(*track),
            _ => None,
        });
        tracks.collect()
    }

    /// Bytes of all that can go.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.items.iter().map(|item| item.bytes).sum()
    }

    fn leave(&mut self, path: String, reason: &'static str) {
        self.left_alone.push(LeftAlone { path, reason });
    }
}

/// What a search knows, and has found so far.
struct Search<'a> {
    root: &'a Path,
    index: ScanIndex,
    with_source: BTreeSet<TrackId>,
    /// Made on demand, complete or not.
    listed: BTreeSet<Fingerprint>,
    /// Tracks that stay.
    kept: BTreeSet<TrackId>,
    /// Renditions on demand that stay.
    kept_levels: BTreeSet<Fingerprint>,
    found: Leftovers,
}

const UNKNOWN: &str = "segue does not know it";
const BROKEN: &str = "its manifest is damaged or names what is gone: `segue render` mends it";

impl Search<'_> {
    /// Names what is not the page's in a folder of it.
    fn page(&mut self, folder: &str) -> Result<(), PublishError> {
        for entry in entries(&self.root.join(folder))? {
            let path = below(folder, &entry.name);
            let is_known = [site::CATALOG, site::TRACKS, site::PRIVATE].contains(&path.as_str())
                || web_player::FILES.iter().any(|file| file.path == path);
            let inside = format!("{path}/");
            if is_known {
                continue;
            }
            let mut page = web_player::FILES.iter();
            if entry.is_folder && page.any(|file| file.path.starts_with(&inside)) {
                self.page(&path)?;
            } else {
                self.found.leave(path, UNKNOWN);
            }
        }
        Ok(())
    }

    fn tracks(&mut self) -> Result<(), PublishError> {
        for entry in entries(&self.root.join(site::TRACKS))? {
            match entry.name.parse() {
                Ok(id) if entry.is_folder => self.track(&id)?,
                _ => self.found.leave(below(site::TRACKS, &entry.name), UNKNOWN),
            }
        }
        Ok(())
    }

    fn track(&mut self, id: &TrackId) -> Result<(), PublishError> {
        let folder = site::track_folder(id);
        let (mut bytes, mut has_description, mut has_cover) = (0, false, false);
        let mut variants = Vec::new();
        for entry in entries(&self.root.join(&folder))? {
            let path = below(&folder, &entry.name);
            match entry.name.as_str() {
                _ if entry.is_folder && entry.name.parse::<Variant>().is_ok() => {
                    let variant = self.variant(id, &entry.name)?;
                    bytes += variant.bytes;
                    variants.push(variant);
                }
                site::TRACK => has_description = true,
                site::COVER => has_cover = true,
                _ => {
                    self.found.leave(path, UNKNOWN);
                    continue;
                }
            }
            bytes += entry.bytes;
        }
        let last = self.index.orphans().get(id);
        let what = if let Some(last) = last.filter(|last| !last.is_back()) {
            let source = last.path().to_owned();
            Some(What::Orphan { track: *id, source })
        } else {
            let is_named = has_description && variants.iter().any(|variant| variant.has_manifest);
            let is_made = variants.iter().any(|variant| !variant.listed.is_empty());
            let stays = is_named || is_made || self.with_source.contains(id);
            (!stays).then_some(What::Track { track: *id })
        };
        if let Some(what) = what {
            self.found.items.push(Leftover {
                path: folder,
                what,
                bytes,
            });
            return Ok(());
        }
        self.kept.insert(*id);
        for variant in variants {
            self.kept_levels.extend(variant.listed);
            self.found.items.extend(variant.leftovers);
            self.found.left_alone.extend(variant.broken);
        }
        let names_none = || read_heading(self.root, id).is_some_and(|track| track.cover.is_none());
        if has_cover && names_none() {
            self.leftover(site::cover(id), What::Cover)?;
        }
        Ok(())
    }

    fn variant(&mut self, id: &TrackId, name: &str) -> Result<VariantFound, PublishError> {
        let folder = site::variant_folder(id, name);
        let mut found = VariantFound::default();
        let mut renditions: Vec<(Fingerprint, u64)> = Vec::new();
        for entry in entries(&self.root.join(&folder))? {
            let path = below(&folder, &entry.name);
            match entry.name.parse::<Fingerprint>() {
                Ok(fingerprint) if entry.is_folder => {
                    let bytes = self.rendition(&path)?;
                    renditions.push((fingerprint, bytes));
                    found.bytes += bytes;
                }
                _ if entry.name == site::MANIFEST => {
                    found.has_manifest = true;
                    found.bytes += entry.bytes;
                }
                _ => self.found.leave(path, UNKNOWN),
            }
        }
        let current = read_rendition(self.root, id, name).map(|manifest| manifest.fingerprint);
        if found.has_manifest && current.is_none() {
            let path = site::manifest(id, name);
            let reason = BROKEN;
            found.broken = Some(LeftAlone { path, reason });
            return Ok(found);
        }
        for (fingerprint, bytes) in renditions {
            if self.listed.contains(&fingerprint) {
                found.listed.push(fingerprint);
            } else if current != Some(fingerprint) {
                let path = site::rendition_folder(id, name, &fingerprint);
                let what = What::Rendition;
                found.leftovers.push(Leftover { path, what, bytes });
            }
        }
        if !found.has_manifest && found.listed.is_empty() {
            found.leftovers = vec![Leftover {
                path: folder,
                what: What::Variant,
                bytes: found.bytes,
            }];
        }
        Ok(found)
    }

    /// Names what does not belong into a fingerprint's folder; gives the bytes
    /// of what does.
    fn rendition(&mut self, folder: &str) -> Result<u64, PublishError> {
        let mut bytes = 0;
        for entry in entries(&self.root.join(folder))? {
            if !entry.is_folder && site::is_rendition_file(&entry.name) {
                bytes += entry.bytes;
            } else {
                self.found.leave(below(folder, &entry.name), UNKNOWN);
            }
        }
        Ok(bytes)
    }

    /// What is kept in segue's own folder of what is not in the site.
    fn private(&mut self) -> Result<(), PublishError> {
        for entry in entries(&self.root.join(site::MEASUREMENTS))? {
            let track = entry.name.strip_suffix(".json").map(str::parse::<TrackId>);
            if let Some(Ok(track)) = track
                && !self.kept.contains(&track)
                && !self.with_source.contains(&track)
            {
                self.leftover(site::measurements(&track), What::Measurements)?;
            }
        }
        for entry in entries(&self.root.join(site::LEVELS))? {
            let fingerprint = entry.name.parse::<Fingerprint>();
            let is_kept = |levels: &Fingerprint| self.kept_levels.contains(levels);
            if fingerprint.is_ok_and(|levels| !is_kept(&levels)) {
                self.leftover(below(site::LEVELS, &entry.name), What::Levels)?;
            }
        }
        if !entries(&self.root.join(site::STAGING))?.is_empty() {
            self.leftover(site::STAGING.to_owned(), What::Staging)?;
        }
        Ok(())
    }

    fn leftover(&mut self, path: String, what: What) -> Result<(), PublishError> {
        let bytes = bytes_below(&self.root.join(&path))?;
        self.found.items.push(Leftover { path, what, bytes });
        Ok(())
    }
}

/// A variant's folder.
#[derive(Default)]
struct VariantFound {
    has_manifest: bool,
    bytes: u64,
    /// Renditions that are made on demand.
    listed: Vec<Fingerprint>,
    leftovers: Vec<Leftover>,
    broken: Option<LeftAlone>,
}

/// What stands in a folder.
struct Entry {
    name: String,
    is_folder: bool,
    /// Of a file.
    bytes: u64,
}

/// A folder's contents in order; none where it is not there.
fn entries(folder: &Path) -> Result<Vec<Entry>, PublishError> {
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed?,
    };
    let mut entries = Vec::new();
    for entry in listed {
        let entry = entry?;
        let metadata = entry.metadata()?;
        entries.push(Entry {
            name: entry.file_name().to_string_lossy().into_owned(),
            is_folder: metadata.is_dir(),
            bytes: if metadata.is_file() {
                metadata.len()
            } else {
                0
            },
        });
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

fn bytes_below(path: &Path) -> Result<u64, PublishError> {
    if !path.is_dir() {
        return Ok(fs::metadata(path)?.len());
    }
    let mut bytes = 0;
    for entry in entries(path)? {
        bytes += if entry.is_folder {
            bytes_below(&path.join(&entry.name))?
        } else {
            entry.bytes
        };
    }
    Ok(bytes)
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}
