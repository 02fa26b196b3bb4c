//! A rendition that is being made on demand, and the sources that it is made
//! from.

use std::collections::{BTreeSet, VecDeque};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::failed;
use super::once::{Flight, MakeError};
use super::queue::lock;
use crate::decode::{self, DecodeError, TrackAudio, survey};
use crate::library::{CoverCache, Identified, Pictures};
use crate::render::{
    PartialRendition, PlacedReader, PlacedTrack, SegmentBytes, Site, render_segment,
};
use crate::site::TrackId;

/// A source whose packets were read.
pub(super) struct Opened {
    path: PathBuf,
    pub(super) audio: TrackAudio,
}

impl Opened {
    /// Reads a source's packets, and makes sure that it is still the track that
    /// it is taken for.
    pub(super) fn open(path: PathBuf, track: TrackId) -> Result<Self, MakeError> {
        let survey = decode::guarded(|| survey(&path)).map_err(|error| match error {
            DecodeError::Changed => MakeError::Gone,
            DecodeError::Read(error) if error.kind() == ErrorKind::NotFound => MakeError::Gone,
            error => failed(error),
        })?;
        if TrackId::from_hash(&survey.encoded_audio) != track {
            return Err(MakeError::Gone);
        }
        Ok(Self {
            audio: TrackAudio::new(&path, survey),
            path,
        })
    }

    /// Fails where the file has changed since it was read: what is made of it
    /// then is no part of this track.
    pub(super) fn check(&self) -> Result<(), MakeError> {
        self.audio.check_unchanged().map_err(|_| MakeError::Gone)
    }

    /// Reads its tags and its cover, too.
    pub(super) fn identified(&self, covers: &CoverCache) -> Result<Identified, MakeError> {
        let survey = Arc::clone(self.audio.survey());
        let identified = Identified::of(&self.path, survey, &Pictures::default(), covers);
        self.check()?;
        identified.map_err(failed)
    }
}

/// A rendition that is being made.
pub(super) struct Live {
    pub(super) rendition: PartialRendition,
    placed: PlacedTrack,
    /// All that its samples come from: an album's tracks, or one.
    sources: Vec<Arc<Opened>>,
    missing: Mutex<BTreeSet<usize>>,
    /// Tells its readers from those of another time.
    serial: u64,
    /// What is rendered ahead: held so that it is done.
    ahead: Mutex<Vec<Arc<Flight<Bytes>>>>,
}

impl Live {
    pub(super) fn new(
        rendition: PartialRendition,
        placed: PlacedTrack,
        sources: Vec<Arc<Opened>>,
        site: &Site,
        serial: u64,
    ) -> Self {
        let present = rendition.present(site);
        let missing = (0..present.len()).filter(|index| !present[*index]);
        Self {
            missing: Mutex::new(missing.collect()),
            rendition,
            placed,
            sources,
            serial,
            ahead: Mutex::default(),
        }
    }

    /// Whether all that it is made from is as it was.
    pub(super) fn is_current(&self) -> bool {
        self.sources.iter().all(|source| source.check().is_ok())
    }

    /// How many segments it will have.
    pub(super) fn segments(&self) -> usize {
        self.rendition.recipe().stream().timeline.segment_count()
    }

    /// Whether a segment is not there yet.
    pub(super) fn is_missing(&self, index: usize) -> bool {
        lock(&self.missing).contains(&index)
    }

    /// The segments that are not there yet.
    pub(super) fn missing(&self) -> Vec<usize> {
        lock(&self.missing).iter().copied().collect()
    }

    /// A segment was published. Tells whether it was the last one missing.
    pub(super) fn is_completed_by(&self, index: usize) -> bool {
        let mut missing = lock(&self.missing);
        missing.remove(&index) && missing.is_empty()
    }

    /// Takes the place of what was rendered ahead before: a listener who seeks
    /// wants something else now.
    pub(super) fn hold_ahead(&self, flights: Vec<Arc<Flight<Bytes>>>) {
        *lock(&self.ahead) = flights;
    }

    /// Makes a segment.
    pub(super) fn make(&self, readers: &Readers, index: usize) -> Result<SegmentBytes, MakeError> {
        let recipe = self.rendition.recipe();
        let segment = recipe.stream().timeline.segment(index);
        let start = recipe.input_range(&segment).start;
        let mut reader = readers.take(self.serial, start, &self.placed);
        let made = render_segment(&mut reader, recipe, &segment);
        // A file that changed under a reader gives what is neither one nor the other.
        for source in &self.sources {
            source.check()?;
        }
        let made = made.map_err(|error| MakeError::Failed(error.to_string()))?;
        let end = recipe.input_range(&segment).end;
        readers.put_back(self.serial, end, reader);
        Ok(made)
    }
}

/// Readers that stand where somebody may go on: what comes next costs them
/// least.
#[derive(Default)]
pub(super) struct Readers(Mutex<VecDeque<(u64, i64, PlacedReader)>>);

impl Readers {
    /// How many are kept: each holds some seconds of samples and a file.
    const KEPT: usize = 16;

    /// One of this rendition that stands a little before `start`, or a new one.
    fn take(&self, serial: u64, start: i64, placed: &PlacedTrack) -> PlacedReader {
        let mut kept = lock(&self.0);
        // Windows overlap by their run-in; further back nothing is kept.
        let near = |at: i64| (-200_000..=200_000).contains(&(start - at));
        let found = kept
            .iter()
            .position(|(of, at, _)| *of == serial && near(*at));
        match found.and_then(|place| kept.remove(place)) {
            Some((_, _, reader)) => reader,
            None => placed.reader(),
        }
    }

    fn put_back(&self, serial: u64, end: i64, reader: PlacedReader) {
        let mut kept = lock(&self.0);
        kept.push_back((serial, end, reader));
        if kept.len() > Self::KEPT {
            kept.pop_front();
        }
    }
}
