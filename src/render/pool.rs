//! A run: all planned tracks in parallel, each outcome on its own.
//!
//! Tracks and the segments inside them share one pool of threads: rayon splits
//! the tracks among them, and a thread that has none left helps with another's
//! segments, so that an album and a single long mix keep all cores equally busy.

use std::path::PathBuf;
use std::time::Instant;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::Serialize;

use super::job::{Job, JobError, Noticed};
use super::plan::{Plan, PlannedTrack};
use super::publish::{PublishError, Site};
use crate::decode::TrackAudio;
use crate::library::{CoverCache, Identified, identify};
use crate::manifest::{SiteSettings, TrackDescription, VERSION};
use crate::progress::{Event, Progress, as_text};
use crate::site::COVER;

/// How to render.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// The settings that decide bytes.
    pub settings: SiteSettings,
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
    let outcomes: Vec<Outcome> = plan
        .tracks
        .par_iter()
        .map(|track| render_track(track, site, options, progress))
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
    for (outcome, track) in outcomes.into_iter().zip(&plan.tracks) {
        summary.rendered += outcome.rendered;
        audio_seconds += track.seconds * outcome.rendered as f64;
        summary.failures.extend(outcome.failure);
        summary.warnings.extend(outcome.warning);
        if let Some(error) = outcome.site_error {
            return Err(error);
        }
    }
    site.publish_page()?;
    site.publish_catalog(options.settings)?;
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
    failure: Option<Failure>,
    warning: Option<TrackWarning>,
    /// What concerns the site concerns all tracks.
    site_error: Option<PublishError>,
}

fn render_track(
    track: &PlannedTrack,
    site: &Site,
    options: &RunOptions,
    progress: &dyn Progress,
) -> Outcome {
    let mut outcome = Outcome::default();
    match try_render_track(track, site, options, progress, &mut outcome) {
        Ok(()) | Err(JobError::Stopped) => {}
        Err(JobError::Publish(error)) => outcome.site_error = Some(error),
        Err(error) => {
            let failure = Failure {
                source: track.source.name.clone(),
                reason: error.to_string(),
            };
            progress.report(Event::Failed {
                source: failure.source.clone(),
                reason: failure.reason.clone(),
            });
            outcome.failure = Some(failure);
        }
    }
    outcome
}

fn try_render_track(
    track: &PlannedTrack,
    site: &Site,
    options: &RunOptions,
    progress: &dyn Progress,
    outcome: &mut Outcome,
) -> Result<(), JobError> {
    if progress.is_stopped() {
        return Err(JobError::Stopped);
    }
    let identified = match &track.identified {
        Some(identified) => identified.clone(),
        None if track.missing.is_empty() => return Ok(()),
        None => identify(&track.source.path, &CoverCache::default())?,
    };
    let audio = TrackAudio::new(&track.source.path, identified.survey.clone());
    for variant in &track.missing {
        let name = variant.to_string();
        progress.report(Event::Started {
            source: track.source.name.clone(),
            track: track.id,
            variant: name.clone(),
        });
        let job = Job {
            audio: &audio,
            track: track.id,
            variant,
            settings: options.settings,
            whole_file: options.whole_file,
        };
        let noticed = job.run(site, progress)?;
        outcome.rendered += 1;
        outcome.warning = warning(track, noticed).or(outcome.warning.take());
        progress.report(Event::Rendered {
            source: track.source.name.clone(),
            track: track.id,
            variant: name,
            audio_seconds: track.seconds,
        });
    }
    site.publish_track(
        &describe(track, &identified, &audio),
        identified.cover.as_ref(),
    )?;
    Ok(())
}

fn warning(track: &PlannedTrack, noticed: Noticed) -> Option<TrackWarning> {
    (noticed != Noticed::default()).then(|| TrackWarning {
        source: track.source.name.clone(),
        clipped_samples: noticed.clipped,
        silenced_samples: noticed.silenced,
    })
}

fn describe(track: &PlannedTrack, identified: &Identified, audio: &TrackAudio) -> TrackDescription {
    let cover = identified.cover.as_ref();
    TrackDescription {
        version: VERSION,
        id: track.id,
        tags: identified.tags.clone(),
        duration: audio.rate().seconds(audio.samples()),
        samples: audio.samples(),
        sample_rate: audio.rate(),
        channels: audio.channels(),
        codec: identified.survey.codec.to_owned(),
        cover: cover.map(|_| COVER.to_owned()),
        cover_blake3: cover.map(|cover| cover.blake3.clone()),
    }
}
