//! True peak: the greatest value of the signal between its samples, too, by
//! fourfold oversampling (ITU-R BS.1770-4, annex 2).
//!
//! The interpolating filter is longer than the one that the standard gives as
//! an example: 16 taps for each of the three phases between two samples, a sinc
//! under a Kaiser window. Samples that cannot be the peak are not oversampled:
//! no phase can give more than the sum of its coefficients' magnitudes.

use crate::signal::{kaiser, sinc};

/// Coefficients of each phase.
const TAPS: usize = 16;
/// Phases between two samples.
const PHASES: usize = 3;
/// The shape of the Kaiser window.
const BETA: f64 = 5.0;

/// Finds peaks.
#[derive(Clone, Debug)]
pub struct TruePeak {
    phases: [[f32; TAPS]; PHASES],
    /// No value between samples is greater than this times the greatest sample.
    bound: f32,
}

impl Default for TruePeak {
    fn default() -> Self {
        Self::new()
    }
}

impl TruePeak {
    /// Samples that have to stand before the first, and behind the last.
    pub const MARGIN: usize = TAPS / 2;

    /// A detector.
    #[must_use]
    pub fn new() -> Self {
        let phases: [[f32; TAPS]; PHASES] = std::array::from_fn(|phase| {
            let fraction = (phase + 1) as f64 / (PHASES + 1) as f64;
            let half = TAPS as f64 / 2.0;
            let coefficients: [f64; TAPS] = std::array::from_fn(|tap| {
                let distance = tap as f64 - (half - 1.0) - fraction;
                sinc(distance) * kaiser(distance / half, BETA)
            });
            let sum: f64 = coefficients.iter().sum();
            coefficients.map(|coefficient| (coefficient / sum) as f32)
        });
        let bound = phases
            .iter()
            .map(|phase| phase.iter().map(|tap| tap.abs()).sum::<f32>())
            .fold(1.0, f32::max);
        Self { phases, bound }
    }

    /// The greatest value at or between the samples of each `length` samples,
    /// over all planes, which begin and end with [`Self::MARGIN`] samples that
    /// are not looked at themselves. Where nothing can be greater than
    /// `threshold`, what is given is the greatest sample.
    ///
    /// The planes' length without margins must be a multiple of `length`.
    pub fn peaks(&self, planes: &[&[f32]], length: usize, threshold: f32, peaks: &mut Vec<f32>) {
        let inner = planes[0].len() - 2 * Self::MARGIN;
        debug_assert_eq!(inner % length, 0);
        peaks.clear();
        peaks.resize(inner / length, 0.0);
        for plane in planes {
            for (index, peak) in peaks.iter_mut().enumerate() {
                let from = index * length;
                let near = &plane[from..from + length + 2 * Self::MARGIN];
                *peak = peak.max(greatest(&near[Self::MARGIN..Self::MARGIN + length]));
                if greatest(near) * self.bound > threshold {
                    *peak = peak.max(self.between(near));
                }
            }
        }
    }

    /// The greatest value between samples.
    fn between(&self, near: &[f32]) -> f32 {
        const LANES: usize = 8;
        let length = near.len() - 2 * Self::MARGIN;
        let mut peak = 0.0f32;
        let mut from = 0;
        while from < length {
            // The last lanes may look again at what was looked at before.
            let at = from.min(length.saturating_sub(LANES));
            let lanes = LANES.min(length);
            for phase in &self.phases {
                let mut values = [0.0f32; LANES];
                for (tap, coefficient) in phase.iter().enumerate() {
                    let samples = &near[at + tap + 1..at + tap + 1 + lanes];
                    for (value, sample) in values.iter_mut().zip(samples) {
                        *value += coefficient * sample;
                    }
                }
                peak = values
                    .iter()
                    .fold(peak, |peak, value| peak.max(value.abs()));
            }
            from += LANES;
        }
        peak
    }
}

fn greatest(samples: &[f32]) -> f32 {
    samples
        .iter()
        .fold(0.0, |peak, sample| peak.max(sample.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::decibels;

    fn peak_db(samples: impl Fn(f64) -> f64) -> f64 {
        // Faded in and out, as Tech 3341 has it, so that the edges are none.
        let length = 4096;
        let plane: Vec<f32> = (0..length + 2 * TruePeak::MARGIN)
            .map(|n| {
                let place = n as f64 / (length + 2 * TruePeak::MARGIN) as f64;
                (samples(n as f64) * (std::f64::consts::PI * place).sin().min(0.5) * 2.0) as f32
            })
            .collect();
        let mut peaks = Vec::new();
        TruePeak::new().peaks(&[&plane], 32, 0.0, &mut peaks);
        let peak = f64::from(peaks.iter().copied().fold(0.0, f32::max));
        decibels(peak * peak)
    }

    #[test]
    fn true_peaks_are_as_ebu_tech_3341_asks() {
        // Cases 15 to 19: (period in samples, amplitude, phase in degrees, dBTP).
        for (case, period, amplitude, degrees, expected) in [
            (15, 4.0, 0.50, 0.0, -6.0),
            (16, 4.0, 0.50, 45.0, -6.0),
            (17, 6.0, 0.50, 60.0, -6.0),
            (18, 8.0, 0.50, 67.5, -6.0),
            (19, 4.0, 1.41, 45.0, 3.0),
        ] {
            let phase = f64::to_radians(degrees);
            let measured =
                peak_db(|n| amplitude * (std::f64::consts::TAU * n / period + phase).sin());
            let off = measured - expected;
            assert!((-0.4..=0.2).contains(&off), "case {case}: {measured} dBTP");
        }
    }

    #[test]
    fn what_cannot_reach_the_threshold_is_not_looked_at_and_nothing_else() {
        let plane: Vec<f32> = (0..32 * 64 + 2 * TruePeak::MARGIN)
            .map(|n| ((n * n) as f32 * 0.37).sin() * 0.4)
            .collect();
        let planes = [plane.as_slice()];
        let detector = TruePeak::new();
        let (mut all, mut some) = (Vec::new(), Vec::new());
        detector.peaks(&planes, 32, 0.0, &mut all);
        detector.peaks(&planes, 32, 0.45, &mut some);
        for (all, some) in all.iter().zip(&some) {
            assert!((all - some).abs() < 1e-9 || *all <= 0.45, "{all} {some}");
        }
    }
}
