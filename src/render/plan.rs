//! What a run has to do: read the library, hold it against the site.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Add;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};

use super::albums::albums;
use super::damaged::DamagedList;
use super::fingerprint::{AlbumPlace, RenditionSettings, fingerprint};
use super::ledger::{Failure, Ledger, Outcome};
use super::plan_error::{PlanError, check_sources};
use super::published::{has_measurements, read_heading};
use super::reading::{Known, ReadSource, Reading, Unread, entries, untold};
use super::shard::Shard;
use super::standing::{Reason, Standing, WholeFile, standing};
use super::time_limit::TimeLimit;
use crate::library::{CoverCache, LastSource, Scan, ScanIndex, ScanOptions, Source, Weight, scan};
use crate::manifest::{Normalize, SiteSettings, Tags};
use crate::mastering::{Presets, UnknownPreset, Variant};
use crate::progress::{Event, Progress};
use crate::site::{Fingerprint, SCAN_INDEX, TrackId, track_folder};

/// What to render, and how.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The library's folders, or single files.
    pub roots: Vec<PathBuf>,
    /// What to look at in them.
    pub scan: ScanOptions,
    /// The variants wanted of each track.
    pub variants: Vec<Variant>,
    /// The presets that they are of.
    pub presets: Presets,
    /// The settings that decide bytes.
    pub settings: SiteSettings,
    /// Whether a rendition needs its whole file to be up to date.
    pub whole_file: WholeFile,
    /// Whether what is up to date is rendered again.
    pub force: bool,
    /// What it means that there is no audio left in a root.
    pub emptied: EmptiedRoots,
    /// Which tracks are rendered here.
    pub shard: Shard,
    /// When no more is read.
    pub limit: TimeLimit,
}

/// What it means that a root has no audio left that had some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmptiedRoots {
    /// Its disk is not mounted: there is no plan.
    #[default]
    NotMounted,
    /// Somebody has emptied it.
    Meant,
}

/// A rendition that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedRendition {
    /// The variant.
    pub variant: Variant,
    /// What names its folder.
    pub fingerprint: Fingerprint,
    /// How it stands in the site.
    pub standing: Standing,
}

/// A track, and what the site lacks of it.
#[derive(Clone, Debug)]
pub struct PlannedTrack {
    /// The track.
    pub id: TrackId,
    /// The source that gives its tags: the first in scan order.
    pub source: Source,
    /// Which of all sources that is, from 0.
    pub(super) place: usize,
    /// Whether it is this shard's. What is not is here for its album's sake.
    pub is_own: bool,
    /// What reading it told; `None` where the scan index knew the file.
    pub read: Option<ReadSource>,
    /// How long it is.
    pub seconds: f64,
    /// What its tags say.
    pub tags: Tags,
    /// Whether it has a cover.
    pub has_cover: bool,
    /// The album that it is treated as a part of.
    pub album: Option<AlbumPlace>,
    /// All that is wanted of it.
    pub renditions: Vec<WantedRendition>,
    /// The variants to render, and what each is made from.
    pub missing: Vec<(Variant, RenditionSettings)>,
    /// How many are there already.
    pub up_to_date: usize,
    /// Whether the site tells of it what its source tells now.
    pub(super) is_described: bool,
    /// How long the site tells that it is.
    pub(super) told_seconds: Option<f64>,
    /// Why it does not, where that is known.
    pub untold: Option<Reason>,
}

/// What a run has to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every track once, in scan order.
    pub tracks: Vec<PlannedTrack>,
    /// Sources that cannot be used.
    pub failures: Vec<Failure>,
    /// Sources whose audio another source has too.
    pub duplicates: usize,
    /// Audio that segue cannot read.
    pub unsupported: Vec<PathBuf>,
    /// Sources that the time limit left unread. Then nothing is to be rendered.
    pub unread: usize,
    /// The names of the variants that are wanted of each track.
    pub(super) variants: Vec<String>,
    /// Whether each is wanted in one file, too.
    pub(super) whole_file: WholeFile,
    /// What to keep for the next run.
    pub(super) index: ScanIndex,
    /// The covers that reading made last.
    pub(super) covers: CoverCache,
}

impl Plan {
    /// Reads the library and the site. It writes nothing; what it finds stands
    /// in the ledger at any moment.
    pub fn make(
        options: &PlanOptions,
        site: &Path,
        ledger: &Ledger,
        progress: &dyn Progress,
    ) -> Result<Self, PlanError> {
        let found = scan(&options.roots, &options.scan)?;
        for variant in &options.variants {
            options.presets.of(variant)?;
        }
        let old_index = ScanIndex::load(&site.join(SCAN_INDEX));
        if options.emptied == EmptiedRoots::NotMounted {
            old_index.check_emptied(&found)?;
            check_sources(&found)?;
        }
        progress.report(Event::Scanned {
            sources: found.sources.len(),
        });
        let reading = Reading::new(site, options, old_index, ledger, progress);
        let read = reading.read_all(&found);
        if progress.is_stopped() {
            return Err(PlanError::Stopped);
        }
        let mut plan = Self::without_tracks(&found, options, progress);
        let sources = || found.sources.iter();
        let entries = entries(sources().zip(&read));
        plan.covers = reading.covers();
        plan.index = reading.index.after(&found, found.coverage, entries);
        plan.take_sources(sources().zip(read), ledger, progress);
        if plan.unread > 0 {
            return Ok(plan);
        }
        if options.settings.normalize == Normalize::Album {
            let places = albums(&found_places(&plan.tracks));
            for (track, place) in plan.tracks.iter_mut().zip(places) {
                track.album = place;
            }
        }
        let tracks = plan.tracks.par_iter_mut();
        let damaged = DamagedList::load(site);
        tracks.try_for_each(|track| track.hold_against(site, options, &damaged))?;
        plan.tracks.iter().for_each(|track| track.enter_in(ledger));
        plan.tell(site, progress);
        Ok(plan)
    }

    /// The tracks of a site that have no source any more, each with its last;
    /// they stay published until they are pruned.
    pub fn published_orphans(&self, site: &Path) -> impl Iterator<Item = (&TrackId, &LastSource)> {
        let orphans = self.index.orphans().iter();
        orphans.filter(move |(track, _)| site.join(track_folder(track)).is_dir())
    }

    /// Says how much there is to do.
    fn tell(&self, site: &Path, progress: &dyn Progress) {
        let tracks = &self.tracks;
        let unmeasured = tracks
            .iter()
            .filter(|track| track.has_work() && !has_measurements(site, &track.id));
        progress.report(Event::Planned {
            renditions: tracks.iter().map(|track| track.missing.len()).sum(),
            up_to_date: tracks.iter().map(|track| track.up_to_date).sum(),
            // `sum` would make -0.0 of none.
            audio_seconds: tracks
                .iter()
                .map(|track| track.seconds * track.missing.len() as f64)
                .fold(0.0, f64::add),
            measured_seconds: unmeasured.map(|track| track.seconds).fold(0.0, f64::add),
        });
    }

    fn without_tracks(found: &Scan, options: &PlanOptions, progress: &dyn Progress) -> Self {
        let warn = |source: &Path, message: String| {
            progress.report(Event::Warning {
                source: Some(source.to_owned()),
                message,
            });
        };
        for problem in &found.problems {
            if problem.weight == Weight::PassedOver {
                warn(&problem.path, problem.reason.clone());
            }
        }
        for source in &found.unsupported {
            warn(
                source,
                "segue cannot read this kind of audio: convert it to FLAC to have it on the site"
                    .to_owned(),
            );
        }
        Self {
            tracks: Vec::new(),
            failures: unread_places(found, progress),
            duplicates: 0,
            unsupported: found.unsupported.clone(),
            unread: 0,
            variants: options.variants.iter().map(Variant::to_string).collect(),
            whole_file: options.whole_file,
            index: ScanIndex::default(),
            covers: CoverCache::default(),
        }
    }

    /// Puts sources with the same audio together, in scan order.
    fn take_sources<'a>(
        &mut self,
        read: impl Iterator<Item = (&'a Source, Result<Known, Unread>)>,
        ledger: &Ledger,
        progress: &dyn Progress,
    ) {
        let mut tracks: BTreeMap<TrackId, usize> = BTreeMap::new();
        for (place, (source, known)) in read.enumerate() {
            let known = match known {
                Ok(known) => known,
                Err(Unread::NotReached) => {
                    self.unread += 1;
                    continue;
                }
                Err(Unread::Failed(reason)) => {
                    ledger.fail(place, &reason);
                    let source = source.name.clone();
                    progress.report(Event::Failed {
                        source: source.clone(),
                        reason: reason.clone(),
                    });
                    self.failures.push(Failure { source, reason });
                    continue;
                }
            };
            ledger.enter(place, |source| source.track = Some(known.id));
            match tracks.entry(known.id) {
                Entry::Vacant(new) => {
                    new.insert(self.tracks.len());
                    self.tracks.push(known.into_track(source, place));
                }
                Entry::Occupied(_) => {
                    self.duplicates += 1;
                    ledger.enter(place, |source| source.outcome = Outcome::Duplicate);
                }
            }
        }
    }
}

impl PlannedTrack {
    /// Whether a run has something to do for it.
    pub(super) fn has_work(&self) -> bool {
        let is_told_anew = self.read.is_some() || !self.is_described;
        self.is_own && (is_told_anew || !self.missing.is_empty())
    }

    /// Enters what there is to do for it.
    fn enter_in(&self, ledger: &Ledger) {
        ledger.enter(self.place, |source| {
            source.audio_seconds = self.seconds;
            source.up_to_date = self.up_to_date;
            source.outcome = match (self.is_own, self.has_work()) {
                (false, _) => Outcome::OtherShard,
                (true, false) => Outcome::UpToDate,
                (true, true) => Outcome::NotReached,
            };
        });
    }

    fn hold_against(
        &mut self,
        site: &Path,
        options: &PlanOptions,
        damaged: &DamagedList,
    ) -> Result<(), UnknownPreset> {
        if !self.is_own {
            return Ok(());
        }
        for variant in &options.variants {
            let preset = options.presets.of(variant)?;
            let album = self.album.clone();
            let settings =
                RenditionSettings::new(self.id, variant, preset, album, &options.settings);
            let fingerprint = fingerprint(&settings);
            let mut standing = standing(site, variant, &settings, options.whole_file);
            if standing == Standing::UpToDate && damaged.renditions.contains(&fingerprint) {
                standing = Standing::Stale(Reason::FoundDamaged);
            }
            let is_there = standing == Standing::UpToDate;
            self.renditions.push(WantedRendition {
                variant: variant.clone(),
                fingerprint,
                standing,
            });
            if is_there && !options.force {
                self.up_to_date += 1;
            } else {
                self.missing.push((variant.clone(), settings));
            }
        }
        let told = read_heading(site, &self.id);
        self.told_seconds = told.as_ref().map(|told| told.duration);
        let untold = |cover| untold(told.as_ref(), &self.tags, self.has_cover, cover);
        let found_damaged = damaged.tracks.contains(&self.id);
        self.is_described = !found_damaged && untold(None).is_none();
        self.untold = if found_damaged {
            Some(Reason::FoundDamaged)
        } else {
            untold(self.read.as_ref().and_then(ReadSource::cover_blake3))
        };
        Ok(())
    }
}

/// Places that may have music in them and could not be walked.
fn unread_places(found: &Scan, progress: &dyn Progress) -> Vec<Failure> {
    let unread = found.unread().map(|problem| Failure {
        source: problem.path.clone(),
        reason: problem.reason.clone(),
    });
    unread
        .inspect(|failure| {
            progress.report(Event::Failed {
                source: failure.source.clone(),
                reason: failure.reason.clone(),
            });
        })
        .collect()
}

/// What decides which tracks are one album.
fn found_places(tracks: &[PlannedTrack]) -> Vec<(TrackId, &Path, &Tags)> {
    tracks
        .iter()
        .map(|track| {
            let folder = track.source.path.parent().unwrap_or(Path::new(""));
            (track.id, folder, &track.tags)
        })
        .collect()
}
