//! The smallest building blocks of sound: units, noise, envelopes, filters.
//!
//! Everything works on `f64` samples around ±1 and takes the sample rate as an
//! argument, because the pieces of the demo library have different rates.
//! All randomness comes from [`Random`], which has a fixed seed per piece, so
//! that two runs write the same bytes.

use std::f64::consts::{PI, TAU};

/// A whole number as a real one; the counts here stay far below 2^52.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of samples fit in 52 bits"
)]
pub(crate) fn real(count: usize) -> f64 {
    count as f64
}

/// The nearest whole number that is not negative, as a count or a place.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped to a small non-negative range first"
)]
pub(crate) fn whole(value: f64) -> usize {
    value.round().clamp(0.0, 1e9) as usize
}

/// The number of samples in a stretch of time, never negative.
pub(crate) fn sample_count(seconds: f64, rate_hz: u32) -> usize {
    whole(seconds * f64::from(rate_hz))
}

/// The frequency of a key counted in semitones, where 69 is the A of 440 Hz.
pub(crate) fn frequency_hz(key: f64) -> f64 {
    440.0 * ((key - 69.0) / 12.0).exp2()
}

/// The factor on the amplitude that a level in decibels stands for.
pub(crate) fn gain_of_decibels(decibels: f64) -> f64 {
    10_f64.powf(decibels / 20.0)
}

/// A small generator of pseudo-random numbers (the splitmix64 sequence).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Evenly spread between 0 and 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        f64::from(u32::try_from(bits >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }

    /// Evenly spread between -1 and 1: white noise when taken as samples.
    pub(crate) fn noise(&mut self) -> f64 {
        self.unit() * 2.0 - 1.0
    }

    /// Mostly near 0, seldom near ±1, as the small errors of a player are.
    pub(crate) fn wobble(&mut self) -> f64 {
        (self.noise() + self.noise() + self.noise()) / 3.0
    }
}

/// Attack, decay, sustain and release of a held note.
pub(crate) struct Envelope {
    pub attack_seconds: f64,
    pub decay_seconds: f64,
    pub sustain: f64,
    pub release_seconds: f64,
}

impl Envelope {
    /// The level at a moment of a note that is held for a while.
    pub(crate) fn level(&self, at_seconds: f64, held_seconds: f64) -> f64 {
        let held = self.held_level(at_seconds.min(held_seconds));
        let released = (at_seconds - held_seconds).max(0.0);
        // A release that falls along a square curve sounds rounder than a straight one.
        let left = (1.0 - released / self.release_seconds).max(0.0);
        held * left * left
    }

    fn held_level(&self, at_seconds: f64) -> f64 {
        if at_seconds < self.attack_seconds {
            return at_seconds / self.attack_seconds;
        }
        if self.sustain >= 1.0 {
            return 1.0;
        }
        let decayed = (-(at_seconds - self.attack_seconds) / self.decay_seconds).exp();
        self.sustain + (1.0 - self.sustain) * decayed
    }
}

/// A low-pass filter of 6 dB per octave: cheap, and it never rings.
pub(crate) struct OnePole {
    follow: f64,
    level: f64,
}

impl OnePole {
    pub(crate) fn new(cutoff_hz: f64, rate_hz: u32) -> Self {
        let follow = 1.0 - (-TAU * cutoff_hz / f64::from(rate_hz)).exp();
        Self { follow, level: 0.0 }
    }

    pub(crate) fn low(&mut self, input: f64) -> f64 {
        self.level += self.follow * (input - self.level);
        self.level
    }

    pub(crate) fn high(&mut self, input: f64) -> f64 {
        input - self.low(input)
    }
}

/// What a [`Resonator`] lets through, split in three.
pub(crate) struct Bands {
    pub low: f64,
    pub band: f64,
    pub high: f64,
}

/// A state-variable filter of 12 dB per octave, steady at every cutoff.
pub(crate) struct Resonator {
    rate_hz: f64,
    damping: f64,
    first: f64,
    second: f64,
}

impl Resonator {
    /// A `sharpness` of 0.7 is flat; more rings at the cutoff.
    pub(crate) fn new(sharpness: f64, rate_hz: u32) -> Self {
        Self {
            rate_hz: f64::from(rate_hz),
            damping: 1.0 / sharpness,
            first: 0.0,
            second: 0.0,
        }
    }

    /// The constant that [`Resonator::step`] needs for a cutoff; it costs a tangent.
    pub(crate) fn tuning(&self, cutoff_hz: f64) -> f64 {
        (PI * (cutoff_hz / self.rate_hz).min(0.45)).tan()
    }

    pub(crate) fn step(&mut self, input: f64, tuning: f64) -> Bands {
        let scale = 1.0 / (1.0 + tuning * (tuning + self.damping));
        let high = (input - self.first * (tuning + self.damping) - self.second) * scale;
        let band = high * tuning + self.first;
        let low = band * tuning + self.second;
        self.first = high * tuning + band;
        self.second = band * tuning + low;
        Bands { low, band, high }
    }
}

/// A sawtooth whose jump is rounded over two samples, against aliasing.
pub(crate) struct Saw {
    phase: f64,
}

impl Saw {
    /// Starting each one elsewhere keeps stacked oscillators from clicking together.
    pub(crate) fn new(phase: f64) -> Self {
        Self { phase }
    }

    pub(crate) fn step(&mut self, cycles_per_sample: f64) -> f64 {
        self.phase += cycles_per_sample;
        if self.phase >= 1.0 {
            self.phase -= 1.0;
        }
        let straight = self.phase * 2.0 - 1.0;
        straight - rounded_step(self.phase, cycles_per_sample)
    }
}

/// The difference between a sudden jump and one that is limited in its band.
fn rounded_step(phase: f64, width: f64) -> f64 {
    if phase < width {
        let inside = phase / width;
        2.0 * inside - inside * inside - 1.0
    } else if phase > 1.0 - width {
        let inside = (phase - 1.0) / width;
        inside * inside + 2.0 * inside + 1.0
    } else {
        0.0
    }
}
