//! A run: all planned tracks in parallel, each outcome on its own.
//!
//! Tracks and the chunks and segments inside them share one pool of threads:
//! rayon splits the tracks among them, and a thread that has none left helps
//! with another's segments, so that an album and a single long mix keep all
//! cores equally busy. Where an album is one piece, its tracks are measured
//! together, since one decision is made for all of them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::albums::pieces;
use super::damaged::DamagedList;
use super::describe::describe;
use super::job::{Job, JobError, Noticed, PlannedRendition};
use super::ledger::{Ledger, Outcome, TrackWarning};
use super::listing::Listing;
use super::measure::measure;
use super::placed::PlacedTrack;
use super::plan::{Plan, PlannedTrack};
use super::publish::{PublishError, Site};
use super::published::is_published;
use super::recipe::Recipe;
use super::time_limit::TimeLimit;
use crate::analysis::{Analysis, Measurements};
use crate::decode::{DecodeError, TrackAudio};
use crate::library::{CoverCache, Identified, Pictures};
use crate::manifest::SiteSettings;
use crate::mastering::{Presets, decide};
use crate::progress::{Event, Progress};
use crate::site::TrackId;

/// How to render.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The settings that decide bytes.
    pub settings: SiteSettings,
    /// The presets that the plan's variants are of.
    pub presets: Presets,
    /// Whether init and segments are published in one file, too.
    pub whole_file: bool,
    /// When no more tracks are begun.
    pub limit: TimeLimit,
    /// How often the catalog takes in what was rendered, before all is.
    pub list_every: Duration,
}

/// Renders what a plan lacks and publishes it, on the threads of the current
/// pool; what becomes of each source stands in the ledger.
pub fn run(
    plan: &Plan,
    site: &Site,
    options: &RunOptions,
    ledger: &Ledger,
    progress: &dyn Progress,
) -> Result<(), PublishError> {
    keep_index(plan, site, ledger, &BTreeSet::new())?;
    let run = Run {
        site,
        options,
        pictures: Pictures::default(),
        covers: plan.covers.clone(),
        is_lost: AtomicBool::new(false),
        has_measured: AtomicBool::new(false),
        ledger,
        progress,
        told: Mutex::default(),
        listing: Listing::new(site, options, plan),
    };
    if plan.unread == 0 {
        run.render_all(&pieces(&plan.tracks))?;
    }
    let told = run.told();
    DamagedList::take_off(site.root(), &DamagedList::of_told(plan, &told))
        .map_err(PublishError::from)?;
    site.adopt(|rendition| {
        plan.variants.contains(&rendition.variant)
            && plan.tracks.iter().any(|track| track.id == rendition.track)
            && is_published(
                site.root(),
                &rendition.track,
                &rendition.variant,
                &rendition.fingerprint,
            )
    })?;
    run.listing.publish()?;
    if told.is_empty() {
        return Ok(());
    }
    keep_index(plan, site, ledger, &told)
}

/// Keeps what was read, but of tracks whose tags or cover may have changed only
/// where the site tells of them as they are now.
fn keep_index(
    plan: &Plan,
    site: &Site,
    ledger: &Ledger,
    told: &BTreeSet<TrackId>,
) -> Result<(), PublishError> {
    let untold: BTreeSet<TrackId> = plan
        .tracks
        .iter()
        .filter(|track| track.read.is_some() && track.is_described)
        .map(|track| track.id)
        .filter(|track| !told.contains(track))
        .collect();
    let mut index = plan.index.clone();
    index.read_again(|track| untold.contains(track));
    site.write_scan_index(&index)?;
    ledger.keep(|kept| *kept = index);
    Ok(())
}

/// A run's circumstances.
struct Run<'a> {
    site: &'a Site,
    options: &'a RunOptions,
    pictures: Pictures,
    covers: CoverCache,
    /// Whether the site cannot be written: nothing more is begun then.
    is_lost: AtomicBool,
    /// Whether a track of an album was measured: that is kept, and done when the
    /// next run comes to the album.
    has_measured: AtomicBool,
    ledger: &'a Ledger,
    progress: &'a dyn Progress,
    /// Tracks of which the site tells as they are now.
    told: Mutex<BTreeSet<TrackId>>,
    listing: Listing<'a>,
}

/// A track whose source was read, and measured where something is decided by it.
struct Prepared {
    identified: Identified,
    audio: TrackAudio,
    analysis: Analysis,
    measured: Option<Measurements>,
}

/// Whether tracks are begun when the time is over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overtime {
    No,
    /// Until one is rendered, or one of an album measured, however long it takes.
    One,
}

impl Run<'_> {
    fn render_all(&self, pieces: &[Vec<&PlannedTrack>]) -> Result<(), PublishError> {
        let rendered = pieces.par_iter();
        rendered.try_for_each(|piece| self.render_piece(piece, Overtime::No))?;
        // Each run gets somewhere, or else a short limit would never do.
        let is_over = self.options.limit.is_passed() && !self.progress.is_stopped();
        let mut pieces = pieces.iter();
        while is_over
            && !self.has_got_on()
            && let Some(piece) = pieces.next()
        {
            self.render_piece(piece, Overtime::One)?;
        }
        Ok(())
    }

    fn told(&self) -> MutexGuard<'_, BTreeSet<TrackId>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether something was done that the next run need not do.
    fn has_got_on(&self) -> bool {
        self.ledger.has_rendered() || self.has_measured.load(Ordering::Relaxed)
    }

    /// Whether no other track may be begun.
    fn is_over(&self, overtime: Overtime) -> bool {
        let is_late = self.options.limit.is_passed();
        let is_one_short = overtime == Overtime::One && !self.has_got_on();
        self.progress.is_stopped() || is_late && !is_one_short
    }

    /// Renders what is missing of an album or a track. An error concerns the
    /// site, and so all tracks.
    fn render_piece(
        &self,
        piece: &[&PlannedTrack],
        overtime: Overtime,
    ) -> Result<(), PublishError> {
        if !piece.iter().any(|track| track.has_work()) || self.is_over(overtime) {
            return Ok(());
        }
        let began = Instant::now();
        // Of an album all tracks are needed, whichever is missing.
        let prepared: Vec<Result<Prepared, JobError>> = piece
            .par_iter()
            .map(|track| self.prepare(track, piece, overtime))
            .collect();
        let unusable = prepared
            .iter()
            .zip(piece)
            .find_map(|(prepared, track)| Some((track, prepared.as_ref().err()?.to_string())));
        let usable = || {
            prepared
                .iter()
                .filter_map(|prepared| prepared.as_ref().ok())
        };
        let audio: Vec<TrackAudio> = usable().map(|track| track.audio.clone()).collect();
        let measured: Option<Vec<&Measurements>> =
            usable().map(|track| track.measured.as_ref()).collect();
        let measured = measured.and_then(Measurements::of_album);
        let render = |index: usize, track: &PlannedTrack, prepared: Result<Prepared, _>| {
            let prepared: Prepared = prepared?;
            if !track.has_work() || self.is_over(overtime) {
                return Err(JobError::Stopped);
            }
            if let Some((other, reason)) = &unusable {
                return Err(JobError::Album {
                    source_name: other.source.name.display().to_string(),
                    reason: reason.clone(),
                });
            }
            let placed = PlacedTrack::among(&audio, index);
            self.render(track, &prepared, &placed, measured.as_ref())
        };
        let finish = |(index, (track, prepared)): (usize, (&&PlannedTrack, _))| {
            self.conclude(track, began, render(index, track, prepared))
        };
        match overtime {
            Overtime::No => piece
                .par_iter()
                .zip(prepared)
                .enumerate()
                .try_for_each(finish),
            Overtime::One => piece.iter().zip(prepared).enumerate().try_for_each(finish),
        }
    }

    /// Enters what became of a track.
    fn conclude(
        &self,
        track: &PlannedTrack,
        began: Instant,
        outcome: Result<Noticed, JobError>,
    ) -> Result<(), PublishError> {
        match outcome {
            Ok(noticed) => {
                self.ledger.enter(track.place, |source| {
                    source.rendered = track.missing.len();
                    source.outcome = match source.rendered {
                        0 => Outcome::UpToDate,
                        _ => Outcome::Rendered,
                    };
                    source.seconds = began.elapsed().as_secs_f64();
                });
                if let Some(warning) = TrackWarning::of(track, noticed) {
                    self.ledger.warn(warning);
                }
                self.told().insert(track.id);
                self.listing.publish_if_due()?;
            }
            Err(JobError::Publish(error)) => {
                self.is_lost.store(true, Ordering::Relaxed);
                return Err(error);
            }
            Err(error) if track.is_own && !matches!(error, JobError::Stopped) => {
                let reason = error.to_string();
                self.ledger.fail(track.place, &reason);
                self.progress.report(Event::Failed {
                    source: track.source.name.clone(),
                    reason,
                });
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// Reads a track's source, and measures it where that is not known and
    /// something is decided by it for the track or its album.
    fn prepare(
        &self,
        track: &PlannedTrack,
        piece: &[&PlannedTrack],
        overtime: Overtime,
    ) -> Result<Prepared, JobError> {
        if self.is_over(overtime) || self.is_lost.load(Ordering::Relaxed) {
            return Err(JobError::Stopped);
        }
        let identified = track.identify(&self.pictures, &self.covers)?;
        // The scan index may have known a file that has been replaced since.
        if identified.id != track.id {
            return Err(DecodeError::Changed.into());
        }
        let audio = TrackAudio::new(&track.source.path, identified.survey.clone());
        let mut missing = piece.iter().flat_map(|track| &track.missing);
        let decides = missing.any(|(variant, _)| !variant.is_original());
        if !decides && let Some(analysis) = self.site.analysis(&track.id) {
            return Ok(Prepared {
                identified,
                audio,
                analysis,
                measured: None,
            });
        }
        let measured = if let Some(measured) = self.site.measurements(&track.id) {
            measured
        } else {
            let (source, id) = (&track.source.name, track.id);
            self.progress.report(Event::Measuring {
                source: source.clone(),
                track: id,
            });
            let measured = measure(&audio, id, self.progress)?;
            self.progress.report(Event::Measured {
                source: source.clone(),
                track: id,
            });
            self.site.write_measurements(&track.id, &measured)?;
            if piece.len() > 1 {
                self.has_measured.store(true, Ordering::Relaxed);
            }
            measured
        };
        Ok(Prepared {
            identified,
            audio,
            analysis: Analysis::of(&measured),
            measured: Some(measured),
        })
    }

    fn render(
        &self,
        track: &PlannedTrack,
        prepared: &Prepared,
        placed: &PlacedTrack,
        measured: Option<&Measurements>,
    ) -> Result<Noticed, JobError> {
        for (variant, _) in &track.missing {
            self.progress.report(Event::Started {
                source: track.source.name.clone(),
                track: track.id,
                variant: variant.to_string(),
            });
        }
        let job = Job {
            placed,
            track: track.id,
            analysis: &prepared.analysis,
            renditions: self.renditions(track, placed, measured),
            whole_file: self.options.whole_file,
        };
        let noticed = job.run(self.site, self.progress)?;
        for (variant, _) in &track.missing {
            self.progress.report(Event::Rendered {
                source: track.source.name.clone(),
                track: track.id,
                variant: variant.to_string(),
                audio_seconds: track.seconds,
            });
        }
        self.site.publish_track(
            &describe(&prepared.identified, &prepared.audio, &prepared.analysis),
            prepared.identified.cover.as_ref(),
        )?;
        Ok(noticed)
    }

    /// What is missing of a track, with what each variant is made by.
    fn renditions(
        &self,
        track: &PlannedTrack,
        placed: &PlacedTrack,
        measured: Option<&Measurements>,
    ) -> Vec<PlannedRendition> {
        let missing = track.missing.iter();
        missing
            .map(|(variant, settings)| {
                let preset = self.options.presets.of(variant).ok();
                let decision = preset
                    .zip(measured)
                    .and_then(|(preset, measured)| decide(preset, variant.intensity(), measured));
                let mastering = decision.map(|decision| decision.settings);
                PlannedRendition {
                    variant: variant.clone(),
                    settings: settings.clone(),
                    recipe: Recipe::new(placed, &self.options.settings, mastering.as_ref()),
                }
            })
            .collect()
    }
}
