//! Measures a track on all threads: chunks of fixed length, put together in
//! their order.

use std::ops::Range;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::job::JobError;
use crate::analysis::{Measurements, Meter};
use crate::decode::{self, TrackAudio, TrackReader};
use crate::progress::{Event, Progress};
use crate::site::TrackId;

/// Chunks that one reader measures in a row at least: each reader begins with
/// a block that it may have to decode in vain.
const CHUNKS_IN_A_ROW: usize = 3;

/// Measures a whole track.
pub fn measure(
    audio: &TrackAudio,
    track: TrackId,
    progress: &dyn Progress,
) -> Result<Measurements, JobError> {
    let chunks = chunks(audio);
    let measured: Result<Vec<Measurements>, JobError> = (0..chunks)
        .into_par_iter()
        .with_min_len(CHUNKS_IN_A_ROW)
        .map_init(
            || Bench::new(audio),
            |bench, chunk| {
                if progress.is_stopped() {
                    return Err(JobError::Stopped);
                }
                let measured = bench.measure(chunk)?;
                progress.report(Event::ChunkMeasured {
                    track,
                    audio_seconds: audio.rate().seconds(measured.own_samples()),
                });
                Ok(measured)
            },
        )
        .collect();
    audio.check_unchanged()?;
    Ok(join(audio, &measured?))
}

/// The parts in which a track can be measured, on any threads in any order;
/// [`join`] puts them together.
#[must_use]
pub fn parts(audio: &TrackAudio) -> Vec<Range<usize>> {
    let chunks = chunks(audio);
    (0..chunks)
        .step_by(CHUNKS_IN_A_ROW)
        .map(|from| from..chunks.min(from + CHUNKS_IN_A_ROW))
        .collect()
}

/// Measures one part of a track: its chunks, one by one, since sums depend on
/// the order in which they are made.
pub fn measure_part(audio: &TrackAudio, part: Range<usize>) -> Result<Vec<Measurements>, JobError> {
    let mut bench = Bench::new(audio);
    part.map(|chunk| bench.measure(chunk)).collect()
}

/// Puts the chunks of a track together, which come in their order.
#[must_use]
pub fn join<'a>(
    audio: &TrackAudio,
    chunks: impl IntoIterator<Item = &'a Measurements>,
) -> Measurements {
    let mut whole = Measurements::new(audio.rate(), audio.channels(), audio.samples());
    for chunk in chunks {
        whole.append(chunk);
    }
    whole
}

fn chunks(audio: &TrackAudio) -> usize {
    Meter::new(audio.rate(), audio.channels(), audio.samples()).chunks() as usize
}

/// A reader and a meter.
struct Bench {
    reader: TrackReader,
    meter: Meter,
}

impl Bench {
    fn new(audio: &TrackAudio) -> Self {
        Self {
            reader: audio.reader(),
            meter: Meter::new(audio.rate(), audio.channels(), audio.samples()),
        }
    }

    fn measure(&mut self, chunk: usize) -> Result<Measurements, JobError> {
        let range = self.meter.input_range(chunk as u64);
        let planes = decode::guarded(|| self.reader.read(range))?;
        Ok(self.meter.measure(chunk as u64, &planes))
    }
}
