//! A track on an axis: its own, or that of the album that it is a part of.
//!
//! On its own axis a track begins at 0, with silence before it and behind it.
//! Where an album is treated as one piece, its tracks stand one behind the
//! other, and what a stage needs before the begin of one comes from the one
//! before it.

use std::ops::Range;
use std::sync::Arc;

use crate::decode::{DecodeError, TrackAudio, TrackReader};

/// A track in its place.
#[derive(Clone, Debug)]
pub struct PlacedTrack {
    /// All tracks on the axis that join each other, in order.
    tracks: Arc<[TrackAudio]>,
    index: usize,
    origin: i64,
}

impl PlacedTrack {
    /// A track by itself.
    #[must_use]
    pub fn alone(track: TrackAudio) -> Self {
        Self {
            tracks: Arc::new([track]),
            index: 0,
            origin: 0,
        }
    }

    /// A track among others. Only neighbours of the same rate and channels
    /// join it: others are silence to it.
    ///
    /// # Panics
    /// Where there is no track `index`.
    #[must_use]
    pub fn among(tracks: &[TrackAudio], index: usize) -> Self {
        let own = &tracks[index];
        let joins =
            |other: &&TrackAudio| other.rate() == own.rate() && other.channels() == own.channels();
        let before = tracks[..index].iter().rev().take_while(joins).count();
        let behind = tracks[index..].iter().take_while(joins).count();
        let tracks: Arc<[TrackAudio]> = tracks[index - before..index + behind].into();
        let lengths = tracks[..before].iter().map(TrackAudio::samples);
        Self {
            origin: lengths.sum::<u64>() as i64,
            index: before,
            tracks,
        }
    }

    /// The track.
    #[must_use]
    pub fn audio(&self) -> &TrackAudio {
        &self.tracks[self.index]
    }

    /// All tracks on the axis: what its segments are made from.
    #[must_use]
    pub fn tracks(&self) -> &[TrackAudio] {
        &self.tracks
    }

    /// Where its first sample stands on the axis.
    #[must_use]
    pub fn origin(&self) -> i64 {
        self.origin
    }

    /// A reader, which opens files when it is first asked for their samples.
    #[must_use]
    pub fn reader(&self) -> PlacedReader {
        PlacedReader {
            readers: self.tracks.iter().map(|_| None).collect(),
            placed: self.clone(),
        }
    }
}

/// Reads windows of the axis around a track. Windows in rising order cost
/// least.
pub struct PlacedReader {
    placed: PlacedTrack,
    readers: Vec<Option<TrackReader>>,
}

impl PlacedReader {
    /// The track that is read, in its place.
    #[must_use]
    pub fn placed(&self) -> &PlacedTrack {
        &self.placed
    }

    /// The samples of `range` of the axis, planar, full scale at 1.0.
    pub fn read(&mut self, range: &Range<i64>) -> Result<Vec<Vec<f32>>, DecodeError> {
        let tracks = Arc::clone(&self.placed.tracks);
        if let [only] = tracks.as_ref() {
            return self.reader(0, only).read(range.clone());
        }
        let length = (range.end - range.start) as usize;
        let mut planes = vec![vec![0.0; length]; usize::from(tracks[0].channels())];
        let mut start = 0i64;
        for (index, track) in tracks.iter().enumerate() {
            let end = start + track.samples() as i64;
            let part = range.start.max(start)..range.end.min(end);
            if part.start < part.end {
                let read = self
                    .reader(index, track)
                    .read(part.start - start..part.end - start)?;
                let at = (part.start - range.start) as usize;
                for (plane, read) in planes.iter_mut().zip(read) {
                    plane[at..at + read.len()].copy_from_slice(&read);
                }
            }
            start = end;
        }
        Ok(planes)
    }

    /// How many samples of the track's own `range`, which was read last, were
    /// no numbers in the source and became silence; over all channels.
    #[must_use]
    pub fn silenced(&self, range: &Range<u64>) -> u64 {
        let reader = self.readers[self.placed.index].as_ref();
        reader.map_or(0, |reader| reader.silenced(range))
    }

    fn reader(&mut self, index: usize, track: &TrackAudio) -> &mut TrackReader {
        self.readers[index].get_or_insert_with(|| track.reader())
    }
}
