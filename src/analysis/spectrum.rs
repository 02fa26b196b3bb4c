//! The long-term spectrum in third octaves, and the energy in five bands as
//! the ear weighs it.
//!
//! One transform a block: 8192 points around its middle under a Hann window,
//! left channel as the real part and right as the imaginary, which gives the
//! sum of both powers at once.

use std::ops::Range;

use super::bands::{BANDS, band_weights};
use crate::signal::{Complex, Fourier};
use crate::units::SampleRate;

/// How many third octaves are told: 20 Hz to 20 kHz.
pub const THIRD_OCTAVES: usize = 31;
/// Points of a transform.
const POINTS: usize = 8192;

/// The middle of a third octave in hertz (IEC 61260-1, 5.4, base ten).
#[must_use]
pub fn third_octave_hz(index: usize) -> f64 {
    1000.0 * libm::exp10((index as f64 - 17.0) / 10.0)
}

/// Measures spectra.
pub(super) struct SpectrumMeter {
    fourier: Fourier<f32>,
    window: Vec<f32>,
    points: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// For each third octave, its points and how much of each is in it.
    thirds: Vec<Vec<(usize, f64)>>,
    /// For each point, the share of each band, weighed as the K filter does.
    bands: Vec<[f64; BANDS]>,
    /// From squared magnitudes to a mean square.
    scale: f64,
}

/// The spectrum of one block.
pub(super) struct BlockSpectrum {
    /// The mean square in each third octave, averaged over channels, where a
    /// full-scale sine is 1.
    pub(super) thirds: [f64; THIRD_OCTAVES],
    /// The weighed energy of each band, in a unit of its own.
    pub(super) bands: [f64; BANDS],
}

impl SpectrumMeter {
    /// Samples before and behind the middle of a block that are looked at.
    pub(super) const REACH: usize = POINTS / 2;

    pub(super) fn new(rate: SampleRate) -> Self {
        let window: Vec<f32> = (0..POINTS)
            .map(|n| {
                let angle = std::f64::consts::TAU * (n as f64 + 0.5) / POINTS as f64;
                (0.5 - 0.5 * libm::cos(angle)) as f32
            })
            .collect();
        let power: f64 = window.iter().map(|w| f64::from(*w) * f64::from(*w)).sum();
        let step_hz = f64::from(rate.0) / POINTS as f64;
        Self {
            fourier: Fourier::new(POINTS),
            points: vec![Complex::default(); POINTS],
            scratch: Vec::new(),
            thirds: (0..THIRD_OCTAVES)
                .map(|index| points_in(&third_octave(index), step_hz))
                .collect(),
            bands: (0..POINTS / 2)
                .map(|point| {
                    let frequency = point as f64 * step_hz;
                    band_weights(frequency).map(|weight| weight * k_weight(frequency))
                })
                .collect(),
            // Both halves of the spectrum; a full-scale sine is 1, not 1/2.
            scale: 4.0 / (POINTS as f64 * power),
            window,
        }
    }

    /// The spectrum of the 8192 samples of each plane.
    pub(super) fn measure(&mut self, planes: &[&[f32]]) -> BlockSpectrum {
        let right = planes.get(1);
        for (index, point) in self.points.iter_mut().enumerate() {
            let window = self.window[index];
            let right = right.map_or(0.0, |plane| plane[index]);
            *point = Complex::new(planes[0][index] * window, right * window);
        }
        self.fourier.forward(&mut self.points, &mut self.scratch);
        let scale = self.scale / planes.len() as f64;
        let mut bands = [0.0; BANDS];
        let mut powers = vec![0.0f64; POINTS / 2];
        for (index, power_here) in powers.iter_mut().enumerate().skip(1) {
            let (one, other) = (self.points[index], self.points[POINTS - index]);
            let power = f64::from(one.norm_sqr() + other.norm_sqr()) / 2.0 * scale;
            *power_here = power;
            for (band, weight) in bands.iter_mut().zip(&self.bands[index]) {
                *band += weight * power;
            }
        }
        BlockSpectrum {
            thirds: std::array::from_fn(|third| {
                let points = self.thirds[third].iter();
                points.map(|(point, share)| powers[*point] * share).sum()
            }),
            bands,
        }
    }
}

/// The edges of a third octave in hertz.
fn third_octave(index: usize) -> Range<f64> {
    let middle = third_octave_hz(index);
    middle * libm::exp10(-0.05)..middle * libm::exp10(0.05)
}

/// Which points of a transform are in a range of frequencies, and how much of
/// each: a point stands for half a step on either side.
fn points_in(range: &Range<f64>, step_hz: f64) -> Vec<(usize, f64)> {
    let (from, to) = (range.start / step_hz, range.end / step_hz);
    let last = POINTS / 2 - 1;
    let first = libm::round(from) as usize;
    (first..=(libm::round(to) as usize).min(last))
        .filter_map(|point| {
            let middle = point as f64;
            let share = to.min(middle + 0.5) - from.max(middle - 0.5);
            (share > 0.0).then_some((point, share))
        })
        .collect()
}

/// The power response of the K filter (ITU-R BS.1770-4, annex 1, tables 1 and
/// 2), at the rate for which its coefficients are given.
fn k_weight(frequency_hz: f64) -> f64 {
    const RATE_HZ: f64 = 48_000.0;
    let angle = std::f64::consts::TAU * frequency_hz / RATE_HZ;
    let response = |b: [f64; 3], a: [f64; 3]| {
        let at = |c: [f64; 3]| {
            let real = c[0] + c[1] * libm::cos(angle) + c[2] * libm::cos(2.0 * angle);
            let imaginary = c[1] * libm::sin(angle) + c[2] * libm::sin(2.0 * angle);
            real * real + imaginary * imaginary
        };
        at(b) / at(a).max(1e-30)
    };
    response(
        [
            1.535_124_859_586_97,
            -2.691_696_189_406_38,
            1.198_392_810_852_85,
        ],
        [1.0, -1.690_659_293_182_41, 0.732_480_774_215_85],
    ) * response(
        [1.0, -2.0, 1.0],
        [1.0, -1.990_047_454_833_98, 0.990_072_250_366_21],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::decibels;

    #[test]
    fn a_sine_is_in_its_third_octave_at_its_level() {
        for (third, channels) in [(10, 1), (17, 2), (27, 2)] {
            let frequency = third_octave_hz(third);
            let plane: Vec<f32> = (0..POINTS)
                .map(|n| {
                    (std::f64::consts::TAU * frequency * n as f64 / 44_100.0).sin() as f32 * 0.1
                })
                .collect();
            let planes: Vec<&[f32]> = vec![plane.as_slice(); channels];
            let spectrum = SpectrumMeter::new(SampleRate(44_100)).measure(&planes);
            let level = decibels(spectrum.thirds[third]);
            assert!((level + 20.0).abs() < 0.2, "{frequency} Hz: {level} dBFS");
        }
    }

    #[test]
    fn the_k_filter_weighs_as_the_standard_draws_it() {
        // Flat in the middle, 4 dB up above, falling below 60 Hz.
        for (frequency, expected) in [(1000.0, 0.7), (10_000.0, 4.0), (30.0, -8.6)] {
            let level = decibels(k_weight(frequency));
            assert!((level - expected).abs() < 1.0, "{frequency} Hz: {level} dB");
        }
    }
}
