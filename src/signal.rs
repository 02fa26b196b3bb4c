//! Mathematics that gives the same bits on every machine.
//!
//! What decides bytes uses these and neither the system's mathematics library
//! (whose last bits differ with the processor) nor a Fourier transform that
//! picks its instructions at run time: the planner is named, SSE on x86-64 and
//! NEON on ARM.

use std::sync::Arc;

pub use rustfft::num_complex::Complex;
use rustfft::{Fft, FftNum};

/// The level of a power in decibels; what is no more than -200 dB is -200 dB.
#[must_use]
pub fn decibels(power: f64) -> f64 {
    10.0 * libm::log10(power.max(1e-20))
}

/// The power ratio of a level in decibels.
#[must_use]
pub fn power(decibels: f64) -> f64 {
    libm::exp10(decibels / 10.0)
}

/// The amplitude ratio of a level in decibels.
#[must_use]
pub fn amplitude(decibels: f64) -> f64 {
    libm::exp10(decibels / 20.0)
}

/// Rounded to hundredths: what is decided from measurements is decided in
/// these steps, so that a measurement's last bit changes nothing.
#[must_use]
pub fn hundredths(value: f64) -> f64 {
    // No negative zero.
    libm::round(value * 100.0) / 100.0 + 0.0
}

/// The sum of the products of samples, always in the same order.
#[must_use]
pub fn dot(left: &[f32], right: &[f32]) -> f64 {
    const LANES: usize = 8;
    let mut lanes = [0.0f32; LANES];
    let (ones, others) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let rest: f32 = ones
        .remainder()
        .iter()
        .zip(others.remainder())
        .map(|(one, other)| one * other)
        .sum();
    for (ones, others) in ones.zip(others) {
        for lane in 0..LANES {
            lanes[lane] += ones[lane] * others[lane];
        }
    }
    lanes.iter().map(|lane| f64::from(*lane)).sum::<f64>() + f64::from(rest)
}

/// The value at `place`, between -1 and 1, of a Kaiser window (J. F. Kaiser,
/// "Nonrecursive digital filter design using the I0-sinh window function",
/// 1974).
#[must_use]
pub fn kaiser(place: f64, beta: f64) -> f64 {
    bessel_i0(beta * libm::sqrt((1.0 - place * place).max(0.0))) / bessel_i0(beta)
}

/// sin(πx) / πx.
#[must_use]
pub fn sinc(x: f64) -> f64 {
    let angle = std::f64::consts::PI * x;
    if angle == 0.0 {
        1.0
    } else {
        libm::sin(angle) / angle
    }
}

/// The modified Bessel function of the first kind and order zero, by its power
/// series (Abramowitz and Stegun, 9.6.12).
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term, mut index) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= quarter / (index * index);
        sum += term;
        index += 1.0;
    }
    sum
}

/// Fourier transforms of one length, in place, not scaled.
pub struct Fourier<T> {
    forward: Arc<dyn Fft<T>>,
    inverse: Arc<dyn Fft<T>>,
}

impl<T: FftNum> Fourier<T> {
    /// Transforms of `length` points.
    #[must_use]
    pub fn new(length: usize) -> Self {
        let (forward, inverse) = plan(length);
        Self { forward, inverse }
    }

    /// To frequencies.
    pub fn forward(&self, points: &mut [Complex<T>], scratch: &mut Vec<Complex<T>>) {
        run(self.forward.as_ref(), points, scratch);
    }

    /// Back to samples, times the length.
    pub fn inverse(&self, points: &mut [Complex<T>], scratch: &mut Vec<Complex<T>>) {
        run(self.inverse.as_ref(), points, scratch);
    }
}

fn run<T: FftNum>(
    transform: &dyn Fft<T>,
    points: &mut [Complex<T>],
    scratch: &mut Vec<Complex<T>>,
) {
    scratch.resize(
        transform.get_inplace_scratch_len(),
        Complex::new(T::zero(), T::zero()),
    );
    transform.process_with_scratch(points, scratch);
}

type Plans<T> = (Arc<dyn Fft<T>>, Arc<dyn Fft<T>>);

/// Every x86-64 processor since 2008 has SSE 4.1, and all of them give the
/// same bits by it.
#[cfg(target_arch = "x86_64")]
fn plan<T: FftNum>(length: usize) -> Plans<T> {
    let mut planner = rustfft::FftPlannerSse::new().expect("segue needs a processor with SSE 4.1");
    (
        planner.plan_fft_forward(length),
        planner.plan_fft_inverse(length),
    )
}

#[cfg(target_arch = "aarch64")]
fn plan<T: FftNum>(length: usize) -> Plans<T> {
    let mut planner = rustfft::FftPlannerNeon::new().expect("every 64-bit ARM has NEON");
    (
        planner.plan_fft_forward(length),
        planner.plan_fft_inverse(length),
    )
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn plan<T: FftNum>(length: usize) -> Plans<T> {
    let mut planner = rustfft::FftPlannerScalar::new();
    (
        planner.plan_fft_forward(length),
        planner.plan_fft_inverse(length),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_ratios_are_inverse() {
        assert!((decibels(power(-23.0)) + 23.0).abs() < 1e-9);
        assert!((amplitude(6.020_599_913_279_624) - 2.0).abs() < 1e-12);
        assert!((decibels(0.0) + 200.0).abs() < 1e-9);
    }

    #[test]
    fn a_transform_and_back_is_the_length() {
        let fourier = Fourier::<f32>::new(8192);
        let mut scratch = Vec::new();
        let signal: Vec<Complex<f32>> = (0..8192u32)
            .map(|n| {
                Complex::new(
                    (n.wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0 - 0.5,
                    0.25,
                )
            })
            .collect();
        let mut points = signal.clone();
        fourier.forward(&mut points, &mut scratch);
        fourier.inverse(&mut points, &mut scratch);
        let worst = points
            .iter()
            .zip(&signal)
            .map(|(a, b)| (a / 8192.0 - b).norm())
            .fold(0.0, f32::max);
        assert!(worst < 1e-6, "off by {worst}");
    }
}
