//! Measures a track on all threads: chunks of fixed length, put together in
//! their order.

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::job::JobError;
use crate::analysis::{Measurements, Meter};
use crate::decode::{self, TrackAudio};
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
    let (rate, channels, samples) = (audio.rate(), audio.channels(), audio.samples());
    let meter = || Meter::new(rate, channels, samples);
    let chunks = meter().chunks() as usize;
    let measured: Vec<Measurements> = (0..chunks)
        .into_par_iter()
        .with_min_len(CHUNKS_IN_A_ROW)
        .map_init(
            || (audio.reader(), meter()),
            |(reader, meter), chunk| {
                if progress.is_stopped() {
                    return Err(JobError::Stopped);
                }
                let range = meter.input_range(chunk as u64);
                let planes = decode::guarded(|| reader.read(range))?;
                let measured = meter.measure(chunk as u64, &planes);
                progress.report(Event::ChunkMeasured {
                    track,
                    audio_seconds: rate.seconds(measured.own_samples()),
                });
                Ok(measured)
            },
        )
        .collect::<Result<_, JobError>>()?;
    let mut whole = Measurements::new(rate, channels, samples);
    for part in &measured {
        whole.append(part);
    }
    Ok(whole)
}
