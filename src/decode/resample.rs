//! Rate conversion by a polyphase FIR whose phases follow from the absolute
//! index of the output sample, so that any window of the output is the same
//! however one came to it.
//!
//! Output sample m stands at the source position m * M / L, where L / M is the
//! ratio of the rates in lowest terms; its phase is the remainder. The kernel
//! is a sinc under a Kaiser window. Upwards, the stop band
//! begins at the source's Nyquist frequency. Downwards, what folds back may
//! fall between 20 kHz and the new Nyquist frequency, where it is not heard
//! and the encoder keeps nothing.

use std::ops::Range;

use crate::signal::{kaiser, sinc};
use crate::units::SampleRate;

/// Attenuation of the stop band.
const STOP_BAND_DB: f64 = 120.0;
/// Where the pass band ends, as a part of the lower Nyquist frequency.
const PASS_BAND: f64 = 0.907;
/// Where hearing ends, in hertz.
const AUDIBLE_HZ: f64 = 20_000.0;
/// The products are summed in this many lanes, in an order that is fixed.
const LANES: usize = 8;

/// The rate at which a source is encoded: 32, 44.1 and 48 kHz stay, the family
/// of 44.1 kHz goes there, all others to 48 kHz.
#[must_use]
pub fn encoded_rate(source: SampleRate) -> SampleRate {
    match source.0 {
        32_000 | 44_100 | 48_000 => source,
        rate if rate % 11_025 == 0 => SampleRate(44_100),
        _ => SampleRate(48_000),
    }
}

/// A converter between two rates. It keeps no state.
#[derive(Debug)]
pub struct Resampler {
    up: u64,
    down: u64,
    taps: usize,
    /// `up` phases of `taps` coefficients each.
    kernel: Vec<f32>,
}

impl Resampler {
    /// A converter from one rate to another, in hertz.
    #[must_use]
    pub fn new(from: SampleRate, to: SampleRate) -> Self {
        let divisor = greatest_common_divisor(from.0, to.0);
        let (up, down) = (u64::from(to.0 / divisor), u64::from(from.0 / divisor));
        let (pass_hz, stop_hz) = band_edges(f64::from(from.0), f64::from(to.0));
        let width = (stop_hz - pass_hz) / f64::from(from.0);
        // Kaiser's estimate of the length, in samples of the source.
        let length = (STOP_BAND_DB - 7.95) / (14.36 * width);
        let taps = (length.ceil() as usize).next_multiple_of(LANES);
        let cutoff = (pass_hz + stop_hz) / f64::from(from.0);
        let kernel = (0..up)
            .flat_map(|phase| phase_kernel(phase as f64 / up as f64, taps, cutoff))
            .collect();
        Self {
            up,
            down,
            taps,
            kernel,
        }
    }

    /// How many samples come out of `samples`: all that begin before the end.
    #[must_use]
    pub fn output_samples(&self, samples: u64) -> u64 {
        (u128::from(samples) * u128::from(self.up)).div_ceil(u128::from(self.down)) as u64
    }

    /// The source samples that the output samples `output` are made from; it
    /// begins before sample 0 and ends behind the last where they do.
    #[must_use]
    pub fn source_range(&self, output: &Range<i64>) -> Range<i64> {
        let half = (self.taps / 2) as i64;
        self.position(output.start).0 - half + 1..self.position(output.end - 1).0 + half + 1
    }

    /// Makes the output samples `output` from `source`, which holds exactly
    /// [`Self::source_range`] of one channel.
    #[must_use]
    pub fn convert(&self, source: &[f32], output: Range<i64>) -> Vec<f32> {
        let first = self.source_range(&output).start;
        output
            .map(|index| {
                let (base, phase) = self.position(index);
                let from = (base - (self.taps / 2) as i64 + 1 - first) as usize;
                let coefficients = &self.kernel[phase * self.taps..][..self.taps];
                dot(&source[from..from + self.taps], coefficients)
            })
            .collect()
    }

    /// The source sample at or before an output sample, and the phase between.
    fn position(&self, output: i64) -> (i64, usize) {
        let at = i128::from(output) * i128::from(self.down);
        let up = i128::from(self.up);
        (at.div_euclid(up) as i64, at.rem_euclid(up) as usize)
    }
}

/// The end of the pass band and the begin of the stop band, in hertz.
fn band_edges(from_hz: f64, to_hz: f64) -> (f64, f64) {
    let nyquist = from_hz.min(to_hz) / 2.0;
    if to_hz < from_hz {
        (AUDIBLE_HZ, to_hz - AUDIBLE_HZ)
    } else {
        (PASS_BAND * nyquist, nyquist)
    }
}

/// The coefficients for output samples that stand `fraction` of a sample behind
/// a source sample; `cutoff` is a part of the source's Nyquist frequency. They
/// sum to one, so that a constant comes out as it went in.
fn phase_kernel(fraction: f64, taps: usize, cutoff: f64) -> Vec<f32> {
    let half = taps as f64 / 2.0;
    let beta = 0.1102 * (STOP_BAND_DB - 8.7);
    let coefficients: Vec<f64> = (0..taps)
        .map(|tap| {
            let distance = tap as f64 - (half - 1.0) - fraction;
            let place = distance / half;
            kaiser(place, beta) * cutoff * sinc(cutoff * distance)
        })
        .collect();
    let sum: f64 = coefficients.iter().sum();
    coefficients
        .iter()
        .map(|coefficient| (coefficient / sum) as f32)
        .collect()
}

fn dot(samples: &[f32], coefficients: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    for (samples, coefficients) in samples
        .chunks_exact(LANES)
        .zip(coefficients.chunks_exact(LANES))
    {
        for lane in 0..LANES {
            lanes[lane] += samples[lane] * coefficients[lane];
        }
    }
    lanes.iter().sum()
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All of the output, from a source that is silent outside itself.
    fn convert_all(resampler: &Resampler, source: &[f32]) -> Vec<f32> {
        window(
            resampler,
            source,
            0..resampler.output_samples(source.len() as u64) as i64,
        )
    }

    fn window(resampler: &Resampler, source: &[f32], output: Range<i64>) -> Vec<f32> {
        let padded: Vec<f32> = resampler
            .source_range(&output)
            .map(|index| {
                usize::try_from(index)
                    .ok()
                    .and_then(|index| source.get(index))
                    .copied()
                    .unwrap_or(0.0)
            })
            .collect();
        resampler.convert(&padded, output)
    }

    fn sine(rate: u32, frequency: f64, samples: usize) -> Vec<f32> {
        (0..samples)
            .map(|n| {
                (std::f64::consts::TAU * frequency * n as f64 / f64::from(rate)).sin() as f32 * 0.5
            })
            .collect()
    }

    #[test]
    fn a_sine_stays_where_and_what_it_was() {
        for (from, to) in [
            (8_000, 48_000),
            (22_050, 44_100),
            (96_000, 48_000),
            (88_200, 44_100),
            (192_000, 48_000),
            (37_800, 48_000),
        ] {
            let resampler = Resampler::new(SampleRate(from), SampleRate(to));
            let converted = convert_all(&resampler, &sine(from, 997.0, from as usize));
            let expected = sine(to, 997.0, to as usize);
            let middle = to as usize / 4..to as usize * 3 / 4;
            let worst = converted[middle.clone()]
                .iter()
                .zip(&expected[middle])
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            assert!(worst < 2e-6, "{from} to {to}: off by {worst}");
        }
    }

    #[test]
    fn what_would_fold_into_hearing_is_gone() {
        let resampler = Resampler::new(SampleRate(96_000), SampleRate(48_000));
        let converted = convert_all(&resampler, &sine(96_000, 30_000.0, 96_000));
        let worst = converted[12_000..36_000]
            .iter()
            .map(|sample| sample.abs())
            .fold(0.0, f32::max);
        assert!(worst < 2e-6, "30 kHz leaks with {worst}");
    }

    #[test]
    fn rates_go_to_their_family() {
        for (source, encoded) in [
            (8_000, 48_000),
            (11_025, 44_100),
            (22_050, 44_100),
            (32_000, 32_000),
            (44_100, 44_100),
            (48_000, 48_000),
            (88_200, 44_100),
            (96_000, 48_000),
            (176_400, 44_100),
            (37_800, 48_000),
        ] {
            assert_eq!(encoded_rate(SampleRate(source)), SampleRate(encoded));
        }
    }

    proptest! {
        #[test]
        fn any_window_has_the_bits_of_the_whole(start in 0i64..4000, length in 1i64..2000) {
            let source: Vec<f32> = (0..10_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0 - 0.5).collect();
            for (from, to) in [(96_000, 48_000), (22_050, 44_100), (37_800, 48_000)] {
                let resampler = Resampler::new(SampleRate(from), SampleRate(to));
                let whole = convert_all(&resampler, &source);
                let end = (start + length).min(whole.len() as i64);
                let start = start.min(end - 1);
                prop_assert_eq!(&window(&resampler, &source, start..end), &whole[start as usize..end as usize]);
            }
        }
    }
}
