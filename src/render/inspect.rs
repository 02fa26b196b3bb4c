//! One file as it is, and as a preset would make it: measured whole, before and
//! behind the chain, by the same meter in the same chunks.
//!
//! Nothing is written. What the chain took away is kept over time, in blocks of
//! 100 ms, the step in which loudness is measured too.

use std::ops::Range;
use std::path::Path;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::job::JobError;
use super::measure::measure;
use crate::analysis::{Analysis, Measurements, Meter, short_term};
use crate::decode::{TrackAudio, TrackReader, guarded, survey};
use crate::mastering::{Chain, Decision, LeastGains, Preset, Variant, decide};
use crate::progress::{Event, Progress};
use crate::signal::{decibels, hundredths};
use crate::site::TrackId;
use crate::units::SampleRate;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The codec's short name.
    pub codec: &'static str,
    /// The rate of the source.
    pub rate: SampleRate,
    /// The channels of the source.
    pub channels: u16,
    /// How long it plays.
    pub seconds: f64,
    /// The track as it is.
    pub before: Side,
    /// What the preset makes of it; none for `original`.
    pub after: Option<After>,
}

/// One side of the comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// The measurements.
    pub analysis: Analysis,
    /// Short-term loudness in LUFS of the 3 s that begin at each 100 ms; none
    /// where there is silence.
    pub short_term_lufs: Vec<Option<f64>>,
}

/// What a preset makes of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct After {
    /// The mastered track.
    pub side: Side,
    /// What was decided.
    pub decision: Decision,
    /// The most that was taken away in each block of 100 ms.
    pub reductions: Vec<Reduction>,
}

/// What was taken away, in decibels above 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reduction {
    /// By the compressor.
    pub compressor_db: f64,
    /// By the limiter.
    pub limiter_db: f64,
}

impl Side {
    fn of(measured: &Measurements) -> Self {
        Self {
            analysis: Analysis::of(measured),
            short_term_lufs: short_term(&measured.energies()),
        }
    }
}

impl After {
    /// The most that was taken away anywhere in the track.
    #[must_use]
    pub fn most(&self) -> Reduction {
        self.reductions
            .iter()
            .fold(Reduction::default(), |most, here| Reduction {
                compressor_db: most.compressor_db.max(here.compressor_db),
                limiter_db: most.limiter_db.max(here.limiter_db),
            })
    }
}

impl From<LeastGains> for Reduction {
    fn from(gains: LeastGains) -> Self {
        // Adding zero makes the -0 of a gain of one 0.
        let taken = |gain: f32| hundredths(-decibels(f64::from(gain) * f64::from(gain))) + 0.0;
        Self {
            compressor_db: taken(gains.compressor),
            limiter_db: taken(gains.limiter),
        }
    }
}

/// Measures a file, and what a variant of a preset makes of it.
pub fn inspect(
    source: &Path,
    mastering: Option<(&Variant, &Preset)>,
    progress: &dyn Progress,
) -> Result<Inspection, JobError> {
    let survey = guarded(|| survey(source))?;
    let track = TrackId::from_hash(&survey.encoded_audio);
    let (codec, rate, channels) = (survey.codec, survey.rate, survey.channels);
    let audio = TrackAudio::new(source, survey);
    let measured = measure(&audio, track, progress)?;
    let decision =
        mastering.and_then(|(variant, preset)| decide(preset, variant.intensity(), &measured));
    let after = match decision {
        Some(decision) => Some(master(&audio, track, decision, progress)?),
        None => None,
    };
    Ok(Inspection {
        codec,
        rate,
        channels,
        seconds: audio.rate().seconds(audio.samples()),
        before: Side::of(&measured),
        after,
    })
}

/// Masters the whole track, chunk by chunk, and measures what comes out.
fn master(
    audio: &TrackAudio,
    track: TrackId,
    decision: Decision,
    progress: &dyn Progress,
) -> Result<After, JobError> {
    let (rate, channels, samples) = (audio.rate(), audio.channels(), audio.samples());
    let chain = Chain::new(&decision.settings, rate);
    let meter = || Meter::new(rate, channels, samples);
    let chunks: Vec<(Measurements, Vec<Reduction>)> = (0..meter().chunks())
        .into_par_iter()
        .map_init(
            || (audio.reader(), meter()),
            |(reader, meter), chunk| {
                if progress.is_stopped() {
                    return Err(JobError::Stopped);
                }
                let made = master_chunk(&chain, reader, meter, chunk, samples)?;
                progress.report(Event::ChunkMeasured {
                    track,
                    audio_seconds: rate.seconds(made.0.own_samples()),
                });
                Ok(made)
            },
        )
        .collect::<Result<_, JobError>>()?;
    let mut whole = Measurements::new(rate, channels, samples);
    let mut reductions = Vec::new();
    for (measured, own) in chunks {
        whole.append(&measured);
        reductions.extend(own);
    }
    Ok(After {
        side: Side::of(&whole),
        decision,
        reductions,
    })
}

/// One chunk, mastered and measured, and what was taken away in each of its
/// blocks.
fn master_chunk(
    chain: &Chain,
    reader: &mut TrackReader,
    meter: &mut Meter,
    chunk: u64,
    samples: u64,
) -> Result<(Measurements, Vec<Reduction>), JobError> {
    let range = meter.input_range(chunk);
    let needed = chain.input_range(&range);
    let planes = guarded(|| reader.read(needed.clone()))?;
    let mut mastered = chain.run(&planes, needed.start, &range);
    silence_outside(&mut mastered.planes, &range, samples);
    let measured = meter.measure(chunk, &mastered.planes);
    let reductions = meter
        .blocks(chunk)
        .map(|block| Reduction::from(mastered.least_gains(&block)))
        .collect();
    Ok((measured, reductions))
}

/// The equaliser rings beyond the track's ends, where nothing is published:
/// the meter finds silence there, as it does around the source.
fn silence_outside(planes: &mut [Vec<f32>], range: &Range<i64>, samples: u64) {
    let length = range.end - range.start;
    let begin = (-range.start).clamp(0, length) as usize;
    let end = (samples as i64 - range.start).clamp(0, length) as usize;
    for plane in planes {
        plane[..begin].fill(0.0);
        plane[end..].fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_track_is_left() {
        let mut planes = vec![vec![1.0; 10]];
        silence_outside(&mut planes, &(-3..7), 5);
        let expected = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0];
        assert_eq!(planes, [expected.to_vec()]);
    }

    #[test]
    fn a_gain_of_a_half_takes_six_decibels() {
        let gains = LeastGains {
            compressor: 1.0,
            limiter: 0.5,
        };
        let reduction = Reduction::from(gains);
        assert_eq!(reduction.compressor_db.to_bits(), 0.0f64.to_bits());
        assert!((reduction.limiter_db - 6.02).abs() < 1e-9);
    }
}
