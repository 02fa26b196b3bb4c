//! What `adaptive` decides: balance and compression from a track's analysis.
//!
//! The balance is held against the long-term average of popular recordings:
//! P. D. Pestana, Z. Ma, J. D. Reiss, A. Barbosa, D. A. A. Black, "Spectral
//! characteristics of popular commercial recordings 1950-2010", AES 135th
//! Convention, 2013, paper 8960: falling by about 5 dB an octave from 100 Hz to
//! 4 kHz and more steeply above. In third octaves, which widen by 3 dB an
//! octave, that is 2 dB an octave; above 4 kHz, 5 are taken. Music differs from
//! that average for good reasons: only what goes beyond the usual spread is
//! moved, and only half the way.

use super::prediction::band_levels_db;
use super::preset::{AdaptiveValues, Compression};
use crate::analysis::{BANDS, Measurements, THIRD_OCTAVES, band_weights, range, third_octave_hz};
use crate::signal::decibels;

/// What a band may differ from the reference without being moved.
const SPREAD_DB: f64 = 2.0;
/// How much of what goes beyond is moved.
const SHARE: f64 = 0.5;
/// A band so far below the reference has nothing to raise but noise.
const EMPTY_DB: f64 = 18.0;
/// A band whose mean level is lower is not raised either.
const SILENT_DBFS: f64 = -75.0;

/// From this range on a track is compressed, from the second on fully.
const RANGE_LU: [f64; 2] = [4.0, 12.0];
/// The same for its crest.
const CREST_DB: [f64; 2] = [10.0, 16.0];

/// The gain of each band.
pub(super) fn equaliser_db(values: &AdaptiveValues, measured: &Measurements) -> [f64; BANDS] {
    let levels = band_levels_db(measured);
    let reference = reference_db();
    let differences: [f64; BANDS] = std::array::from_fn(|band| levels[band] - reference[band]);
    // The middle one of the five is where the track as a whole stands.
    let mut sorted = differences;
    sorted.sort_by(f64::total_cmp);
    let whole = sorted[BANDS / 2];
    std::array::from_fn(|band| {
        let off = differences[band] - whole;
        let beyond = if off > SPREAD_DB {
            off - SPREAD_DB
        } else if off < -SPREAD_DB {
            off + SPREAD_DB
        } else {
            0.0
        };
        let gain = (-SHARE * beyond).clamp(-values.most_db, values.most_db);
        let is_empty = off < -EMPTY_DB || levels[band] < SILENT_DBFS;
        if is_empty { gain.min(0.0) } else { gain }
    })
}

/// The compressor: none for a track that is even or dense already.
pub(super) fn compression(values: &AdaptiveValues, measured: &Measurements) -> Compression {
    let share = |value: f64, [from, to]: [f64; 2]| ((value - from) / (to - from)).clamp(0.0, 1.0);
    let peak = f64::from(measured.sample_peak());
    let crest = decibels(peak * peak) - decibels(measured.mean_square());
    let much = share(range(&measured.energies()), RANGE_LU) * share(crest, CREST_DB);
    Compression {
        ratio: 1.0 + much * (values.compressor.ratio - 1.0),
        ..values.compressor
    }
}

/// The levels of the reference in each band, up to a constant.
fn reference_db() -> [f64; BANDS] {
    let mut powers = [0.0; BANDS];
    for index in 0..THIRD_OCTAVES {
        let frequency = third_octave_hz(index);
        let octaves = |from: f64, to: f64| libm::log2(frequency.clamp(from, to) / from);
        let level = -2.0 * octaves(100.0, 4000.0) - 5.0 * octaves(4000.0, 20_000.0);
        // Below 60 Hz the average recording falls off.
        let level = level - 6.0 * libm::log2(60.0 / frequency.min(60.0));
        for (power, weight) in powers.iter_mut().zip(band_weights(frequency)) {
            *power += weight * crate::signal::power(level);
        }
    }
    powers.map(decibels)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::super::preset::{Style, built_in};
    use super::*;
    use crate::analysis::{Meter, integrated};
    use crate::units::SampleRate;

    const RATE: SampleRate = SampleRate(44_100);

    fn values() -> AdaptiveValues {
        let style = built_in()
            .into_iter()
            .find_map(|preset| match preset.style {
                Style::Adaptive(values) => Some(values),
                _ => None,
            });
        style.expect("it is built in")
    }

    /// Ten seconds of sines, one in each third octave, as loud as `level_db`
    /// says; `shape` is the loudness over time.
    fn measured(level_db: impl Fn(f64) -> f64, shape: impl Fn(f64) -> f64) -> Measurements {
        let samples = 10 * u64::from(RATE.0);
        let sines: Vec<(f64, f64)> = (0..THIRD_OCTAVES)
            .map(third_octave_hz)
            .filter(|hz| (20.0..20_000.0).contains(hz))
            .map(|hz| (hz, libm::pow(10.0, level_db(hz) / 20.0)))
            .collect();
        let at = |sample: i64| {
            let seconds = sample as f64 / f64::from(RATE.0);
            let tone = |(hz, level): &(f64, f64)| level * libm::sin(TAU * hz * seconds);
            let sum: f64 = sines.iter().map(tone).sum();
            (shape(seconds) * sum) as f32
        };
        let plane: Vec<f32> = (0..samples as i64).map(at).collect();
        let mut meter = Meter::new(RATE, 1, samples);
        let mut whole = Measurements::new(RATE, 1, samples);
        for chunk in 0..meter.chunks() {
            let window = meter.input_range(chunk);
            let of = |sample: i64| usize::try_from(sample).ok().and_then(|at| plane.get(at));
            let samples = window.map(|sample| of(sample).copied().unwrap_or(0.0));
            whole.append(&meter.measure(chunk, &[samples.collect()]));
        }
        whole
    }

    /// The reference as levels of sines.
    fn balanced(hz: f64) -> f64 {
        let octaves = |from: f64, to: f64| libm::log2(hz.clamp(from, to) / from);
        let low = 6.0 * libm::log2(60.0 / hz.min(60.0));
        -30.0 - 2.0 * octaves(100.0, 4000.0) - 5.0 * octaves(4000.0, 20_000.0) - low
    }

    #[test]
    fn what_is_balanced_stays() {
        let gains = equaliser_db(&values(), &measured(balanced, |_| 1.0));
        assert!(gains.iter().all(|gain| gain.abs() < 0.1), "{gains:?}");
    }

    #[test]
    fn what_is_off_is_moved_towards_the_reference_by_three_decibels_at_most() {
        for off in [-14.0, -6.0, 6.0, 12.0] {
            let tilted = |hz: f64| balanced(hz) + if hz > 8000.0 { off } else { 0.0 };
            let [others @ .., high] = equaliser_db(&values(), &measured(tilted, |_| 1.0));
            assert!(others.iter().all(|gain| gain.abs() < 0.5), "{others:?}");
            assert!(high.abs() <= 3.0, "{off}: {high}");
            assert!(high * off < 0.0, "{off}: {high}");
            assert!(high.abs() <= off.abs() / 2.0, "{off}: {high}");
        }
    }

    #[test]
    fn an_empty_band_is_not_raised() {
        // Bands overlap: nothing of the one below reaches in from so far.
        let cut = |hz: f64| balanced(hz) - if hz > 4500.0 { 50.0 } else { 0.0 };
        let [.., high] = equaliser_db(&values(), &measured(cut, |_| 1.0));
        assert!(high <= 0.0, "{high}");
    }

    #[test]
    fn noise_in_near_silence_is_not_raised() {
        let soft = |hz: f64| balanced(hz) - 60.0 - if hz > 8000.0 { 10.0 } else { 0.0 };
        let gains = equaliser_db(&values(), &measured(soft, |_| 1.0));
        assert!(gains.iter().all(|gain| *gain <= 0.0), "{gains:?}");
    }

    #[test]
    fn compression_follows_range_and_crest() {
        let ratio = |shape: &dyn Fn(f64) -> f64| {
            let measured = measured(
                |hz| {
                    if hz > 900.0 && hz < 1100.0 {
                        -3.0
                    } else {
                        -90.0
                    }
                },
                shape,
            );
            assert!(integrated(&measured.energies()).is_some());
            compression(&values(), &measured).ratio
        };
        let dense = ratio(&|_| 1.0);
        assert!(
            (dense - 1.0).abs() < 0.01,
            "what is dense is left alone: {dense}"
        );
        // Soft for most of the time, loud for some: a wide range, a high crest.
        let wide = ratio(&|seconds| if seconds > 8.5 { 1.0 } else { 0.1 });
        let wider = ratio(&|seconds| if seconds > 9.5 { 1.0 } else { 0.05 });
        let most = values().compressor.ratio;
        assert!(
            wider >= wide && wider > 1.1 && wider <= most,
            "{wide} {wider}"
        );
    }
}
