//! What a run has come to so far, source by source.
//!
//! Every source is entered as not reached when it is found, and again when
//! something has become of it. So the account is whole at any moment: another
//! thread can tell, and keep, what was done by a run that was stopped, that
//! failed, or that hangs on a file.

use std::ops::Add;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Serialize;

use super::job::Noticed;
use super::plan::PlannedTrack;
use super::shard::Shard;
use crate::library::{Scan, ScanIndex};
use crate::progress::as_text;
use crate::site::TrackId;

/// The account of a run.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    sources: Vec<SourceOutcome>,
    warnings: Vec<TrackWarning>,
    unsupported: usize,
    /// None before the library was walked.
    index: Option<ScanIndex>,
}

/// What became of a source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceOutcome {
    /// Its path below its root.
    #[serde(serialize_with = "as_text")]
    pub source: PathBuf,
    /// What became of it.
    pub outcome: Outcome,
    /// Its track, once it was read.
    pub track: Option<TrackId>,
    /// How long that is, in seconds.
    pub audio_seconds: f64,
    /// Renditions rendered.
    pub rendered: usize,
    /// Renditions that were there already.
    pub up_to_date: usize,
    /// How long it took from its first measurement to its last file, in
    /// seconds; other tracks may have been rendered meanwhile.
    pub seconds: f64,
    /// Why it could not be used, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl SourceOutcome {
    fn new(source: &Path, outcome: Outcome) -> Self {
        Self {
            source: source.to_owned(),
            outcome,
            track: None,
            audio_seconds: 0.0,
            rendered: 0,
            up_to_date: 0,
            seconds: 0.0,
            reason: None,
        }
    }
}

/// What can become of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All that was missing of it was rendered.
    Rendered,
    /// Nothing of it was missing.
    UpToDate,
    /// It could not be used.
    Failed,
    /// The run ended before.
    NotReached,
    /// Its audio is another source's, too, which comes before it.
    Duplicate,
    /// It is another shard's.
    OtherShard,
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

impl TrackWarning {
    /// What was noticed of a track, if anything.
    pub(super) fn of(track: &PlannedTrack, noticed: Noticed) -> Option<Self> {
        (noticed != Noticed::default()).then(|| Self {
            source: track.source.name.clone(),
            clipped_samples: noticed.clipped,
            silenced_samples: noticed.silenced,
        })
    }
}

/// What ended a run before it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoppedBy {
    /// Ctrl-C.
    Sigint,
    /// A request to end.
    Sigterm,
    /// `--time-limit`.
    TimeLimit,
    /// Something that concerns the whole run, such as a full disk.
    Error,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Which part of the library it was.
    pub shard: Shard,
    /// What ended the run before it was done.
    pub stopped_by: Option<StoppedBy>,
    /// What went wrong with the whole run.
    pub error: Option<String>,
    /// Renditions rendered.
    pub rendered: usize,
    /// Renditions that were there already.
    pub up_to_date: usize,
    /// Sources that could not be used.
    pub failed: usize,
    /// Sources that the run did not come to, or did not finish.
    pub not_reached: usize,
    /// Sources that are another shard's.
    pub other_shards: usize,
    /// Sources whose audio another source has too.
    pub duplicates: usize,
    /// Files that are audio, but of a kind that segue cannot read.
    pub unsupported: usize,
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
    /// What became of each source, in scan order, and of each place that could
    /// not be looked into.
    pub sources: Vec<SourceOutcome>,
}

impl Ledger {
    /// Enters what was found, and what was known before: first the sources, in
    /// their order, then the places that could not be looked into.
    pub(super) fn begin(&self, found: &Scan, index: ScanIndex) {
        let mut state = self.state();
        state.unsupported = found.unsupported.len();
        state.index = Some(index);
        let sources = found.sources.iter();
        let sources = sources.map(|source| SourceOutcome::new(&source.name, Outcome::NotReached));
        let unread = found.unread().map(|problem| SourceOutcome {
            reason: Some(problem.reason.clone()),
            ..SourceOutcome::new(&problem.path, Outcome::Failed)
        });
        state.sources = sources.chain(unread).collect();
    }

    /// Changes the entry of the source at this place in scan order.
    pub(super) fn enter(&self, place: usize, change: impl FnOnce(&mut SourceOutcome)) {
        if let Some(source) = self.state().sources.get_mut(place) {
            change(source);
        }
    }

    /// Enters that a source cannot be used.
    pub(super) fn fail(&self, place: usize, reason: &str) {
        self.enter(place, |source| {
            source.outcome = Outcome::Failed;
            source.reason = Some(reason.to_owned());
        });
    }

    /// Enters something that was mended.
    pub(super) fn warn(&self, warning: TrackWarning) {
        self.state().warnings.push(warning);
    }

    /// Changes what is to be kept of the reading so far.
    pub(super) fn keep(&self, change: impl FnOnce(&mut ScanIndex)) {
        if let Some(index) = &mut self.state().index {
            change(index);
        }
    }

    /// What is to be kept of the reading so far, whatever becomes of the run.
    #[must_use]
    pub fn index(&self) -> Option<ScanIndex> {
        self.state().index.clone()
    }

    /// Whether anything was rendered.
    pub(super) fn has_rendered(&self) -> bool {
        let state = self.state();
        let mut sources = state.sources.iter();
        sources.any(|source| source.outcome == Outcome::Rendered)
    }

    /// The run up to now, which began at `began`.
    #[must_use]
    pub fn summary(&self, shard: Shard, began: Instant) -> Summary {
        let state = self.state();
        let count = |outcome| {
            let sources = state.sources.iter();
            sources.filter(|source| source.outcome == outcome).count()
        };
        let audio = state.sources.iter();
        // `sum` would make -0.0 of none.
        let audio_seconds = audio
            .map(|source| source.audio_seconds * source.rendered as f64)
            .fold(0.0, f64::add);
        let seconds = began.elapsed().as_secs_f64();
        let failures = state.sources.iter().filter_map(|source| {
            Some(Failure {
                source: source.source.clone(),
                reason: source.reason.clone()?,
            })
        });
        let mut warnings = state.warnings.clone();
        warnings.sort_by(|one, other| one.source.cmp(&other.source));
        Summary {
            shard,
            stopped_by: None,
            error: None,
            rendered: state.sources.iter().map(|source| source.rendered).sum(),
            up_to_date: state.sources.iter().map(|source| source.up_to_date).sum(),
            failed: count(Outcome::Failed),
            not_reached: count(Outcome::NotReached),
            other_shards: count(Outcome::OtherShard),
            duplicates: count(Outcome::Duplicate),
            unsupported: state.unsupported,
            audio_hours: audio_seconds / 3600.0,
            seconds,
            times_real_time: audio_seconds / seconds.max(f64::EPSILON),
            failures: failures.collect(),
            warnings,
            sources: state.sources.clone(),
        }
    }

    /// An account is as good after a panic elsewhere as before.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
