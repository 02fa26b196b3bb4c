//! Reads a site back, every published byte, and tells what is not as it was
//! written: damaged, cut off, gone, or of no use there.
//!
//! Each file is held against what is known of it elsewhere: JSON against the
//! checksum at its end, covers against the hash in `track.json`, the files of a
//! fingerprint against their `b3sums`, the page against the one that is
//! embedded. Then what they say is held together: boxes, playlists and sizes
//! against the manifest, the manifest against its fingerprint, the catalog
//! against the tracks. What a run that was killed leaves is no fault: what is
//! not named yet, old fingerprints, renditions that a server had only begun.
//!
//! Nothing is written here, and neither `.segue` nor a lock is needed: a copy
//! from a web host is checked as well as the original. Tracks are checked in
//! parallel, each on one thread, with one segment in memory at a time. A track in
//! which something is wrong is read once more, and so is the catalog: a run that
//! writes meanwhile puts another file there between two readings.

mod boxes;
mod catalog;
mod finding;
mod folder;
mod listing;
mod page;
mod rendition;
mod sums;
mod track;
mod whole_file;

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::Serialize;

use self::catalog::Listed;
use self::finding::{Found, Mend, is_users};
use self::listing::{Entry, Kind, list};
use crate::library::ScanIndex;
use crate::progress::{Event, Progress};
use crate::render::{DamagedList, NotASite, OnDemandList, check_site};
use crate::site::{FIRST_RUN, Fingerprint, SCAN_INDEX, TRACKS, TrackId, track_folder};

/// Why a site cannot be read back at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// What stands there is no site.
    #[error(transparent)]
    NotASite(#[from] NotASite),
    /// The folder cannot be listed.
    #[error("the site cannot be read: {0}")]
    Read(#[from] io::Error),
}

/// What was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Files that are not as they should be; each was told of by an event.
    pub findings: usize,
    /// Files that were read.
    pub files: usize,
    /// Bytes that were read.
    pub bytes: u64,
    /// Folders of tracks.
    pub tracks: usize,
    /// Renditions with a manifest.
    pub renditions: usize,
    /// Tracks that the catalog does not tell of as they are.
    pub not_listed: usize,
    /// Renditions that no manifest names, and covers that no track names.
    pub unnamed: usize,
    /// Renditions that a server has begun.
    pub begun: usize,
    /// Whether no run has ever come to its end here.
    pub unfinished: bool,
    /// Files beside the site's own, which are none of segue's.
    pub foreign: Vec<String>,
    /// Whether it was asked to stop before it was done.
    pub stopped: bool,
    /// What the next run has to publish again.
    #[serde(skip)]
    pub damaged: DamagedList,
}

/// What every check needs to know.
struct Ground<'a> {
    root: &'a Path,
    /// What a server made, or has begun to make.
    on_demand: HashSet<Fingerprint>,
    /// The scan index, where anything asks for it.
    index: OnceLock<ScanIndex>,
    run: Run,
}

impl Ground<'_> {
    /// Whether a track had no source at the last run, as far as is known.
    fn is_orphaned(&self, id: &TrackId) -> bool {
        let load = || ScanIndex::load(&self.root.join(SCAN_INDEX));
        self.index.get_or_init(load).orphans().contains_key(id)
    }
}

/// How far the runs that made the site have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    /// One came to the catalog, or nothing is known of any.
    Ended,
    /// There was one, and none came to the catalog: there need be none, and no
    /// page.
    Begun,
}

impl Run {
    fn of(root: &Path) -> Self {
        if root.join(FIRST_RUN).exists() {
            Self::Begun
        } else {
            Self::Ended
        }
    }
}

/// Reads all of a site, on the threads of the current pool. What is found is
/// reported as it is found, in no particular order.
pub fn verify(root: &Path, progress: &dyn Progress) -> Result<Report, VerifyError> {
    check_site(root)?;
    let on_demand = OnDemandList::load(root).renditions.into_iter();
    let ground = Ground {
        root,
        on_demand: on_demand.map(|rendition| rendition.fingerprint).collect(),
        index: OnceLock::new(),
        run: Run::of(root),
    };
    let mut all = Found::default();
    let foreign = page::check(&ground, &mut all)?;
    let (mut catalog, mut tracks, mut found) = list_tracks(&ground);
    if found.len() > 0 {
        (catalog, tracks, found) = list_tracks(&ground);
    }
    progress.report(Event::Listed {
        tracks: tracks.len(),
    });
    all = all.and(found);
    if catalog.is_none() && tracks.iter().any(|track| has_users_preset(root, track)) {
        all.lacks_presets();
    }
    all.tell(root, progress);
    let renewed = Renewed::default();
    let found = tracks
        .par_iter()
        .map(|id| {
            if progress.is_stopped() {
                return Found::default();
            }
            let mut found = check_track(&ground, id, catalog.as_ref(), &renewed);
            found.tell(root, progress);
            progress.report(Event::Checked {
                track: *id,
                bytes: found.bytes,
            });
            found
        })
        .reduce(Found::default, Found::and);
    all = all.and(found);
    Ok(Report {
        findings: all.told,
        files: all.files,
        bytes: all.bytes,
        tracks: tracks.len(),
        renditions: all.renditions,
        not_listed: all.not_listed,
        unnamed: all.unnamed,
        begun: all.begun,
        unfinished: ground.run == Run::Begun && catalog.is_none(),
        foreign,
        stopped: progress.is_stopped(),
        damaged: all.damaged,
    })
}

/// The catalog, the ids of all tracks that have a folder, and whether they fit.
fn list_tracks(ground: &Ground<'_>) -> (Option<Listed>, Vec<TrackId>, Found) {
    let mut found = Found::default();
    let catalog = catalog::read(ground, &mut found);
    let tracks = track_folders(ground.root, &mut found);
    if let Some(catalog) = &catalog {
        catalog.check_that_all_are_in(&tracks, &mut found);
    }
    (catalog, tracks, found)
}

/// The catalog that has taken the place of the one that was read first.
#[derive(Default)]
struct Renewed(Mutex<Option<Arc<Listed>>>);

impl Renewed {
    /// As it is now; read again only where it is another.
    fn catalog(&self, ground: &Ground<'_>) -> Option<Arc<Listed>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !held
            .as_ref()
            .is_some_and(|held| held.is_current(ground.root))
        {
            *held = catalog::read(ground, &mut Found::default()).map(Arc::new);
        }
        held.clone()
    }
}

/// Checks a track; once more where something is wrong, by what the catalog tells
/// by then. What could not be read the first time counts all the same.
fn check_track(
    ground: &Ground<'_>,
    id: &TrackId,
    catalog: Option<&Listed>,
    renewed: &Renewed,
) -> Found {
    let mut found = Found::default();
    track::check(ground, id, catalog, &mut found);
    if found.len() == 0 {
        return found;
    }
    let mut again = Found::default();
    let is_same = catalog.is_none_or(|catalog| catalog.is_current(ground.root));
    let now = if is_same {
        None
    } else {
        renewed.catalog(ground)
    };
    track::check(ground, id, now.as_deref().or(catalog), &mut again);
    again.take_unreadable(found);
    if ground.is_orphaned(id) {
        again.is_orphaned();
    }
    again
}

/// Whether a track has a variant of a preset of the user's own.
fn has_users_preset(root: &Path, id: &TrackId) -> bool {
    let variants = list(root, &track_folder(id), &mut Found::default());
    let mut variants = variants.iter().filter(|entry| entry.kind == Kind::Folder);
    variants.any(|variant| is_users(&variant.name))
}

/// The ids of all tracks that have a folder; what else stands beside them is
/// found.
fn track_folders(root: &Path, found: &mut Found) -> Vec<TrackId> {
    let mut ids = Vec::new();
    for Entry { name, kind } in list(root, TRACKS, found) {
        match name.parse() {
            Ok(id) if kind == Kind::Folder => ids.push(id),
            _ => found.add(
                format!("{TRACKS}/{name}"),
                "does not belong here",
                Mend::Delete,
            ),
        }
    }
    ids
}
