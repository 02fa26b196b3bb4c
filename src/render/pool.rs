//! A run: all planned tracks in parallel, each outcome on its own.
//!
//! Tracks and the chunks and segments inside them share one pool of threads:
//! rayon splits the tracks among them, and a thread that has none left helps
//! with another's segments, so that an album and a single long mix keep all
//! cores equally busy. Where an album is one piece, its tracks are measured
//! together, since one decision is made for all of them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use serde::Serialize;

use super::albums::pieces;
use super::damaged::DamagedList;
use super::describe::describe;
use super::fingerprint::fingerprint;
use super::job::{Job, JobError, Noticed, PlannedRendition};
use super::measure::measure;
use super::placed::PlacedTrack;
use super::plan::{Plan, PlannedTrack};
use super::publish::{PublishError, Site, is_published};
use super::recipe::Recipe;
use crate::analysis::{Analysis, Measurements};
use crate::decode::{DecodeError, TrackAudio};
use crate::library::{CoverCache, Identified, Pictures, identify};
use crate::manifest::SiteSettings;
use crate::mastering::{Presets, decide};
use crate::progress::{Event, Progress, as_text};

/// How to render.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The settings that decide bytes.
    pub settings: SiteSettings,
    /// The presets that the plan's variants are of.
    pub presets: Presets,
    /// Whether init and segments are published in one file, too.
    pub whole_file: bool,
}

/// A source that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its path below its root.
    #[serde(serialize_with = "as_text")]
    pub source: PathBuf,
    /// Why, and what to do.
    pub reason: String,
}

/// Something in a track that was mended on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackWarning {
    /// Its path below its root.
    #[serde(serialize_with = "as_text")]
    pub source: PathBuf,
    /// Samples beyond full scale that were clipped.
    pub clipped_samples: u64,
    /// Samples that were no numbers and became silence.
    pub silenced_samples: u64,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Renditions rendered.
    pub rendered: usize,
    /// Renditions that were there already.
    pub up_to_date: usize,
    /// Sources that could not be used.
    pub failed: usize,
    /// Sources whose audio another source has too.
    pub duplicates: usize,
    /// Files that are audio, but of a kind that segue cannot read.
    pub unsupported: usize,
    /// Whether the run was asked to stop before it was done.
    pub stopped: bool,
    /// Hours of audio rendered.
    pub audio_hours: f64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How much faster than it plays.
    pub times_real_time: f64,
    /// Which sources could not be used, and why.
    pub failures: Vec<Failure>,
    /// What was mended on the way.
    pub warnings: Vec<TrackWarning>,
}

/// Renders what a plan lacks and publishes it, on the threads of the current
/// pool. `began` is when the run's time began to count.
pub fn run(
    plan: Plan,
    site: &Site,
    options: &RunOptions,
    began: Instant,
    progress: &dyn Progress,
) -> Result<Summary, PublishError> {
    let run = Run {
        site,
        options,
        pictures: Pictures::default(),
        covers: CoverCache::default(),
        is_lost: AtomicBool::new(false),
        progress,
    };
    let outcomes: Vec<Outcome> = pieces(&plan.tracks)
        .par_iter()
        .flat_map(|piece| run.render_piece(piece))
        .collect();
    let mut summary = Summary {
        up_to_date: plan.tracks.iter().map(|track| track.up_to_date).sum(),
        duplicates: plan.duplicates,
        unsupported: plan.unsupported.len(),
        stopped: progress.is_stopped(),
        failures: plan.failures,
        ..Summary::default()
    };
    let mut audio_seconds = 0.0;
    let mut published = DamagedList::default();
    for outcome in outcomes {
        published.append(outcome.published);
        summary.rendered += outcome.rendered;
        audio_seconds += outcome.audio_seconds;
        summary.failures.extend(outcome.failure);
        summary.warnings.extend(outcome.warning);
        if let Some(error) = outcome.site_error {
            return Err(error);
        }
    }
    DamagedList::take_off(site.root(), &published)?;
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
    site.publish_page()?;
    site.publish_catalog(options.settings, &options.presets)?;
    site.write_scan_index(&plan.index)?;
    summary.failed = summary.failures.len();
    summary.audio_hours = audio_seconds / 3600.0;
    summary.seconds = began.elapsed().as_secs_f64();
    summary.times_real_time = if summary.seconds > 0.0 {
        audio_seconds / summary.seconds
    } else {
        0.0
    };
    Ok(summary)
}

/// What became of a track.
#[derive(Default)]
struct Outcome {
    rendered: usize,
    audio_seconds: f64,
    /// What need not be mended any more, should it have been damaged.
    published: DamagedList,
    failure: Option<Failure>,
    warning: Option<TrackWarning>,
    /// What concerns the site concerns all tracks.
    site_error: Option<PublishError>,
}

/// A run's circumstances.
struct Run<'a> {
    site: &'a Site,
    options: &'a RunOptions,
    pictures: Pictures,
    covers: CoverCache,
    /// Whether the site cannot be written: nothing more is begun then.
    is_lost: AtomicBool,
    progress: &'a dyn Progress,
}

/// A track whose source was read, and measured where something is decided by it.
struct Prepared {
    identified: Identified,
    audio: TrackAudio,
    analysis: Analysis,
    measured: Option<Measurements>,
}

impl Run<'_> {
    /// Renders what is missing of an album or a track.
    fn render_piece(&self, piece: &[&PlannedTrack]) -> Vec<Outcome> {
        if !piece.iter().any(|track| track.has_work()) {
            return Vec::new();
        }
        // Of an album all tracks are needed, whichever is missing.
        let prepared: Vec<Result<Prepared, JobError>> = piece
            .par_iter()
            .map(|track| self.prepare(track, piece))
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
        let render = |(index, (track, prepared)): (usize, (&&PlannedTrack, _))| {
            self.conclude(track, |outcome| {
                let prepared: Prepared = prepared?;
                if self.progress.is_stopped() {
                    return Err(JobError::Stopped);
                }
                if let Some((other, reason)) = &unusable {
                    return Err(JobError::Album {
                        source_name: other.source.name.display().to_string(),
                        reason: reason.clone(),
                    });
                }
                let placed = PlacedTrack::among(&audio, index);
                self.render(track, &prepared, &placed, measured.as_ref(), outcome)
            })
        };
        let tracks = piece.par_iter().zip(prepared).enumerate();
        tracks.map(render).collect()
    }

    /// Does something for a track and tells what became of it.
    fn conclude(
        &self,
        track: &PlannedTrack,
        work: impl FnOnce(&mut Outcome) -> Result<(), JobError>,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        match work(&mut outcome) {
            Ok(()) | Err(JobError::Stopped) => {}
            Err(JobError::Publish(error)) => {
                self.is_lost.store(true, Ordering::Relaxed);
                outcome.site_error = Some(error);
            }
            Err(error) => {
                let failure = Failure {
                    source: track.source.name.clone(),
                    reason: error.to_string(),
                };
                self.progress.report(Event::Failed {
                    source: failure.source.clone(),
                    reason: failure.reason.clone(),
                });
                outcome.failure = Some(failure);
            }
        }
        outcome
    }

    /// Reads a track's source, and measures it where that is not known and
    /// something is decided by it for the track or its album.
    fn prepare(&self, track: &PlannedTrack, piece: &[&PlannedTrack]) -> Result<Prepared, JobError> {
        if self.progress.is_stopped() || self.is_lost.load(Ordering::Relaxed) {
            return Err(JobError::Stopped);
        }
        let identified = match &track.identified {
            Some(identified) => identified.clone(),
            None => identify(&track.source.path, &self.pictures, &self.covers)?,
        };
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
            let measured = measure(&audio, track.id, self.progress)?;
            self.site.write_measurements(&track.id, &measured)?;
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
        outcome: &mut Outcome,
    ) -> Result<(), JobError> {
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
        outcome.warning = warning(track, noticed);
        for (variant, _) in &track.missing {
            outcome.rendered += 1;
            outcome.audio_seconds += track.seconds;
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
        let renditions = track
            .missing
            .iter()
            .map(|(_, settings)| fingerprint(settings));
        outcome.published = DamagedList {
            renditions: renditions.collect(),
            tracks: [track.id].into(),
        };
        Ok(())
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

fn warning(track: &PlannedTrack, noticed: Noticed) -> Option<TrackWarning> {
    (noticed != Noticed::default()).then(|| TrackWarning {
        source: track.source.name.clone(),
        clipped_samples: noticed.clipped,
        silenced_samples: noticed.silenced,
    })
}
