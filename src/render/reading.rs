//! Reading the library: which track each source is.
//!
//! What the scan index knows is not read again; the rest is, in parallel, until
//! the run is stopped or its time is over. What was read is entered in the
//! ledger at once, so that it is kept whatever becomes of the run. But where
//! the site tells the same of a track, its cover may have changed, and the
//! index must not say that it is known before it is published.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::ledger::Ledger;
use super::plan::{PlanOptions, PlannedTrack};
use super::published::read_heading;
use super::shard::Shard;
use super::standing::Reason;
use super::time_limit::TimeLimit;
use crate::analysis;
use crate::decode::{DecodeError, Survey};
use crate::library::{
    CoverCache, Identified, IndexEntry, Pass, Pictures, Scan, ScanIndex, Source, Stamp, identify,
};
use crate::manifest::{Tags, TrackHeading};
use crate::progress::{Event, Progress};
use crate::site::{TRACK, TrackId};

/// What is known of a source.
pub(super) struct Known {
    pub(super) id: TrackId,
    seconds: f64,
    tags: Tags,
    has_cover: bool,
    is_own: bool,
    pub(super) entry: Option<IndexEntry>,
    read: Option<ReadSource>,
}

/// What a run keeps of a source that it has read, beside its tags, until it is
/// rendered. Covers are not among it: those of a large library fill the memory.
#[derive(Clone, Debug)]
pub struct ReadSource {
    /// What its packets told.
    pub survey: Arc<Survey>,
    /// The BLAKE3 of its cover.
    cover_blake3: Option<String>,
}

impl ReadSource {
    /// The BLAKE3 of its cover, where it has one.
    pub(super) fn cover_blake3(&self) -> Option<&str> {
        self.cover_blake3.as_deref()
    }
}

/// Why nothing is known of a source.
pub(super) enum Unread {
    /// It cannot be used.
    Failed(String),
    /// The run was stopped, or its time was over.
    NotReached,
}

impl Known {
    pub(super) fn into_track(self, source: &Source, place: usize) -> PlannedTrack {
        PlannedTrack {
            id: self.id,
            source: source.clone(),
            place,
            is_own: self.is_own,
            read: self.read,
            seconds: self.seconds,
            tags: self.tags,
            has_cover: self.has_cover,
            album: None,
            renditions: Vec::new(),
            missing: Vec::new(),
            up_to_date: 0,
            is_described: false,
            told_seconds: None,
            untold: None,
        }
    }
}

impl PlannedTrack {
    /// What its source tells. Where the packets were read for the plan, only tags
    /// and cover are.
    pub(super) fn identify(
        &self,
        pictures: &Pictures,
        covers: &CoverCache,
    ) -> Result<Identified, DecodeError> {
        let path = &self.source.path;
        match &self.read {
            Some(read) => Identified::of(path, read.survey.clone(), pictures, covers),
            None => identify(path, pictures, covers),
        }
    }
}

/// Why what a site has `told` of a track is not what its source tells now; `None`
/// where it is. The bytes of the cover are held against where they are known.
pub(super) fn untold(
    told: Option<&TrackHeading>,
    tags: &Tags,
    has_cover: bool,
    cover_blake3: Option<&str>,
) -> Option<Reason> {
    let Some(told) = told else {
        return Some(Reason::Gone(TRACK.to_owned()));
    };
    let is_other = |cover| told.cover_blake3.as_deref() != Some(cover);
    let has_other = told.cover.is_some() != has_cover || cover_blake3.is_some_and(is_other);
    if told.tags() != *tags || has_other {
        return Some(Reason::Told);
    }
    (told.analysis.stage != analysis::STAGE).then_some(Reason::Measured)
}

/// The circumstances under which sources are read.
pub(super) struct Reading<'a> {
    site: &'a Path,
    shard: Shard,
    limit: TimeLimit,
    /// What was known before.
    pub(super) index: ScanIndex,
    pass: Pass,
    ledger: &'a Ledger,
    progress: &'a dyn Progress,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        site: &'a Path,
        options: &PlanOptions,
        index: ScanIndex,
        ledger: &'a Ledger,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            site,
            shard: options.shard,
            limit: options.limit,
            index,
            pass: Pass::default(),
            ledger,
            progress,
        }
    }

    /// The covers that were made last of what was read.
    pub(super) fn covers(&self) -> CoverCache {
        self.pass.covers().clone()
    }

    /// Reads all sources that are not known, in parallel.
    pub(super) fn read_all(&self, found: &Scan) -> Vec<Result<Known, Unread>> {
        let sources = &found.sources;
        self.ledger.begin(found, self.index.clone());
        let mut read: Vec<_> = sources
            .par_iter()
            .map(|source| self.read(source, self.limit))
            .collect();
        // Each run reads something, or else a short limit would never do.
        let is_new =
            |known: &Result<Known, Unread>| known.as_ref().is_ok_and(|known| known.read.is_some());
        if !read.iter().any(is_new) {
            for (source, known) in sources.iter().zip(&mut read) {
                if matches!(known, Err(Unread::NotReached)) {
                    *known = self.read(source, TimeLimit::default());
                    if is_new(known) {
                        break;
                    }
                }
            }
        }
        read
    }

    /// Reads a source, unless the index knows it.
    fn read(&self, source: &Source, limit: TimeLimit) -> Result<Known, Unread> {
        if self.progress.is_stopped() {
            return Err(Unread::NotReached);
        }
        let stamp = self.pass.stamp(&source.path);
        let entry = stamp
            .as_ref()
            .and_then(|stamp| self.index.get(&source.path, stamp));
        let known = match entry {
            Some(entry) => self.known(entry),
            None if limit.is_passed() => return Err(Unread::NotReached),
            None => self.identify(source, stamp)?,
        };
        self.progress.report(Event::Identified {
            source: source.name.clone(),
            track: known.id,
        });
        Ok(known)
    }

    fn known(&self, entry: &IndexEntry) -> Known {
        Known {
            id: entry.track,
            seconds: entry.seconds,
            tags: entry.tags.clone(),
            has_cover: entry.has_cover,
            is_own: self.shard.has(&entry.track),
            entry: Some(entry.clone()),
            read: None,
        }
    }

    fn identify(&self, source: &Source, stamp: Option<Stamp>) -> Result<Known, Unread> {
        self.progress.report(Event::Reading {
            source: source.name.clone(),
        });
        let identified = self
            .pass
            .identify(&source.path)
            .map_err(|error| Unread::Failed(error.to_string()))?;
        let (id, has_cover) = (identified.id, identified.cover.is_some());
        let entry = stamp.map(|stamp| IndexEntry::new(stamp, &identified));
        if let Some(entry) = &entry
            && let told = read_heading(self.site, &id)
            && untold(told.as_ref(), &identified.tags, has_cover, None).is_some()
        {
            self.ledger
                .keep(|index| index.insert(&source.path, entry.clone()));
        }
        Ok(Known {
            id,
            seconds: identified.survey.rate.seconds(identified.survey.samples),
            tags: identified.tags,
            has_cover,
            is_own: self.shard.has(&id),
            entry,
            read: Some(ReadSource {
                survey: identified.survey,
                cover_blake3: identified.cover.map(|cover| cover.blake3),
            }),
        })
    }
}

/// What the scan index keeps of what was read.
pub(super) fn entries<'a>(
    read: impl Iterator<Item = (&'a Source, &'a Result<Known, Unread>)>,
) -> impl Iterator<Item = (PathBuf, IndexEntry)> {
    read.filter_map(|(source, known)| {
        let entry = known.as_ref().ok()?.entry.clone()?;
        Some((source.path.clone(), entry))
    })
}
