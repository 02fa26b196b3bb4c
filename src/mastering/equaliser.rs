//! The equaliser: a linear-phase FIR by overlap-save on an absolute grid.
//!
//! Its response is the bands' gains in decibels, weighted by the bands' shares
//! at each frequency ([`crate::analysis::band_weights`]). It has no delay: the
//! filter is symmetrical around the sample that it makes. Both channels go
//! through one complex transform, left as the real part and right as the
//! imaginary, since a real filter keeps them apart.

use std::ops::Range;

use crate::analysis::{BANDS, band_weights};
use crate::signal::{Complex, Fourier, amplitude};
use crate::units::SampleRate;

/// Points of a transform.
const POINTS: usize = 8192;
/// Coefficients on either side of the middle one.
const HALF: usize = 1023;
/// Samples that one transform makes: the grid.
const BLOCK: i64 = 6144;
/// Samples that it takes before them and behind them.
const MARGIN: i64 = (POINTS as i64 - BLOCK) / 2;

/// An equaliser for one rate.
pub struct Equaliser {
    fourier: Fourier<f32>,
    /// The response at each point, with the transforms' scale taken out; it is
    /// real, since the filter is symmetrical.
    response: Vec<f32>,
}

/// The gain in decibels at a frequency, of these gains of bands.
#[must_use]
pub fn response_db(gains_db: &[f64; BANDS], frequency_hz: f64) -> f64 {
    band_weights(frequency_hz)
        .iter()
        .zip(gains_db)
        .map(|(weight, gain)| weight * gain)
        .sum()
}

impl Equaliser {
    /// An equaliser with these gains of bands in decibels.
    #[must_use]
    pub fn new(gains_db: &[f64; BANDS], rate: SampleRate) -> Self {
        Self {
            fourier: Fourier::new(POINTS),
            response: design(gains_db, rate),
        }
    }

    /// The samples of the track that `output` is made from.
    #[must_use]
    pub fn input_range(output: &Range<i64>) -> Range<i64> {
        let first = output.start.div_euclid(BLOCK);
        let end = (output.end - 1).div_euclid(BLOCK) + 1;
        first * BLOCK - MARGIN..end * BLOCK + MARGIN
    }

    /// Makes `output` from planar samples of which the first is sample
    /// `start`; they hold [`Self::input_range`].
    #[must_use]
    pub fn run(&self, planes: &[&[f32]], start: i64, output: &Range<i64>) -> Vec<Vec<f32>> {
        let length = (output.end - output.start) as usize;
        let mut made = vec![vec![0.0; length]; planes.len()];
        let mut points = vec![Complex::default(); POINTS];
        let mut scratch = Vec::new();
        let first = output.start.div_euclid(BLOCK);
        let end = (output.end - 1).div_euclid(BLOCK) + 1;
        for block in first..end {
            let from = (block * BLOCK - MARGIN - start) as usize;
            let left = &planes[0][from..from + POINTS];
            match planes.get(1) {
                Some(right) => {
                    let right = &right[from..from + POINTS];
                    for (point, (left, right)) in points.iter_mut().zip(left.iter().zip(right)) {
                        *point = Complex::new(*left, *right);
                    }
                }
                None => {
                    for (point, left) in points.iter_mut().zip(left) {
                        *point = Complex::new(*left, 0.0);
                    }
                }
            }
            self.fourier.forward(&mut points, &mut scratch);
            for (point, response) in points.iter_mut().zip(&self.response) {
                *point *= *response;
            }
            self.fourier.inverse(&mut points, &mut scratch);
            let own = output.start.max(block * BLOCK)..output.end.min((block + 1) * BLOCK);
            let to = (own.start - output.start) as usize;
            let at = (own.start - block * BLOCK + MARGIN) as usize;
            let points = &points[at..at + (own.end - own.start) as usize];
            for (offset, point) in points.iter().enumerate() {
                made[0][to + offset] = point.re;
            }
            if let Some(right) = made.get_mut(1) {
                for (offset, point) in points.iter().enumerate() {
                    right[to + offset] = point.im;
                }
            }
        }
        made
    }
}

/// By the window method: the wanted response, back in time, cut to length
/// under a Hann window, and to frequencies again.
fn design(gains_db: &[f64; BANDS], rate: SampleRate) -> Vec<f32> {
    let fourier = Fourier::<f64>::new(POINTS);
    let mut scratch = Vec::new();
    let mut points: Vec<Complex<f64>> = (0..POINTS)
        .map(|point| {
            let step = point.min(POINTS - point) as f64 * f64::from(rate.0) / POINTS as f64;
            Complex::new(amplitude(response_db(gains_db, step)), 0.0)
        })
        .collect();
    fourier.inverse(&mut points, &mut scratch);
    for (index, point) in points.iter_mut().enumerate() {
        let distance = index.min(POINTS - index);
        let window = if distance <= HALF {
            let angle = std::f64::consts::PI * distance as f64 / (HALF + 1) as f64;
            0.5 + 0.5 * libm::cos(angle)
        } else {
            0.0
        };
        *point = Complex::new(point.re * window, 0.0);
    }
    fourier.forward(&mut points, &mut scratch);
    // Once for the way there and back here, once for the way of the samples.
    let scale = 1.0 / (POINTS as f64 * POINTS as f64);
    points
        .iter()
        .map(|point| (point.re * scale) as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::decibels;

    const RATE: SampleRate = SampleRate(48_000);
    const GAINS: [f64; BANDS] = [3.0, -2.0, 0.5, 2.0, -3.0];

    fn run(planes: &[Vec<f32>], start: i64, output: Range<i64>) -> Vec<Vec<f32>> {
        let needed = Equaliser::input_range(&output);
        let cut: Vec<&[f32]> = planes
            .iter()
            .map(|plane| &plane[(needed.start - start) as usize..(needed.end - start) as usize])
            .collect();
        Equaliser::new(&GAINS, RATE).run(&cut, needed.start, &output)
    }

    #[test]
    fn sines_get_the_gain_of_the_curve_and_stay_where_they_are() {
        for frequency in [
            40.0, 150.0, 250.0, 500.0, 900.0, 1800.0, 4000.0, 8500.0, 15_000.0,
        ] {
            let sine: Vec<f32> = (-20_000..40_000)
                .map(|n| (std::f64::consts::TAU * frequency * f64::from(n) / 48_000.0).sin() as f32)
                .collect();
            let made = run(std::slice::from_ref(&sine), -20_000, 0..20_000);
            let (mut in_phase, mut power) = (0.0, 0.0);
            for (out, original) in made[0].iter().zip(&sine[20_000..]) {
                in_phase += f64::from(out * original);
                power += f64::from(original * original);
            }
            let gain = decibels((in_phase / power) * (in_phase / power));
            let wanted = response_db(&GAINS, frequency);
            // Around the lowest border of bands the curve falls faster than a
            // filter of this length can.
            let is_steep = (150.0..=250.0).contains(&frequency);
            let tolerance = if is_steep { 0.3 } else { 0.1 };
            assert!(
                (gain - wanted).abs() < tolerance,
                "{frequency} Hz: {gain} dB, not {wanted}"
            );
        }
    }

    #[test]
    fn an_impulse_comes_out_where_it_went_in_and_channels_stay_apart() {
        let mut left = vec![0.0; 60_000];
        left[30_000] = 1.0;
        let right = vec![0.0; 60_000];
        let made = run(&[left, right], -20_000, 0..20_000);
        let peak = (0..20_000).max_by(|a, b| made[0][*a].abs().total_cmp(&made[0][*b].abs()));
        assert_eq!(peak, Some(10_000));
        let leak = made[1]
            .iter()
            .map(|sample| sample.abs())
            .fold(0.0, f32::max);
        assert!(leak < 1e-6, "{leak}");
    }

    #[test]
    fn any_window_has_the_bits_of_the_whole() {
        let noise: Vec<f32> = (0..120_000u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0 - 0.5)
            .collect();
        let planes = [noise.clone(), noise.iter().rev().copied().collect()];
        let whole = run(&planes, -30_000, 0..60_000);
        for window in [0..1, 6143..6145, 12_345..45_678, 59_999..60_000] {
            let part = run(&planes, -30_000, window.clone());
            let own = window.start as usize..window.end as usize;
            assert_eq!(part[0], whole[0][own.clone()]);
            assert_eq!(part[1], whole[1][own]);
        }
    }
}
