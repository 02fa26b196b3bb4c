//! The electronic instruments: sawtooth waves through moving filters, and a
//! bell-like piano made by frequency modulation.
//!
//! They follow the same rules as the acoustic ones: one touch in, the samples
//! of one note out. The pad is the only one that returns two channels, because
//! its width comes from different detuning on either side.

use std::f64::consts::TAU;

use crate::mix::Touch;
use crate::sound::{Envelope, OnePole, Random, Resonator, Saw, real, sample_count};

fn moment(index: usize, touch: &Touch) -> f64 {
    real(index) / f64::from(touch.rate_hz)
}

/// Slow strings of a synthesizer: five detuned waves behind a soft filter.
pub(crate) fn pad(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let envelope = Envelope {
        attack_seconds: 0.9,
        decay_seconds: 2.0,
        sustain: 0.8,
        release_seconds: 1.8,
    };
    let mut waves: Vec<(Saw, f64)> = [-9.0, -4.0, 1.0, 5.0, 10.0]
        .into_iter()
        .map(|cents: f64| (Saw::new(random.unit()), (cents / 1200.0).exp2()))
        .collect();
    let mut filter = Resonator::new(0.6, touch.rate_hz);
    let step = touch.frequency_hz / f64::from(touch.rate_hz);
    let drift = random.unit() * TAU;
    let count = sample_count(touch.held_seconds + envelope.release_seconds, touch.rate_hz);
    let mut tuning = 0.0;
    (0..count)
        .map(|index| {
            let at_seconds = moment(index, touch);
            if index % 32 == 0 {
                let sway = 1.0 + 0.25 * (at_seconds * 0.9 + drift).sin();
                tuning = filter.tuning((350.0 + 2200.0 * touch.strength) * sway);
            }
            let sum: f64 = waves
                .iter_mut()
                .map(|(wave, ratio)| wave.step(step * *ratio))
                .sum();
            let level = envelope.level(at_seconds, touch.held_seconds);
            0.25 * level * filter.step(sum, tuning).low
        })
        .collect()
}

/// A round bass whose filter closes after each note.
pub(crate) fn synth_bass(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let envelope = Envelope {
        attack_seconds: 0.004,
        decay_seconds: 0.25,
        sustain: 0.6,
        release_seconds: 0.06,
    };
    let mut wave = Saw::new(random.unit());
    let mut filter = Resonator::new(1.6, touch.rate_hz);
    let step = touch.frequency_hz / f64::from(touch.rate_hz);
    let count = sample_count(touch.held_seconds + envelope.release_seconds, touch.rate_hz);
    let mut tuning = 0.0;
    (0..count)
        .map(|index| {
            let at_seconds = moment(index, touch);
            if index % 16 == 0 {
                let open = (-at_seconds / 0.11).exp();
                tuning = filter.tuning(160.0 + 1500.0 * touch.strength * open);
            }
            let deep = (TAU * touch.frequency_hz * at_seconds).sin();
            let bright = filter.step(wave.step(step), tuning).low;
            let level = envelope.level(at_seconds, touch.held_seconds);
            // The saturation adds the overtones that small speakers need.
            level * (0.7 * deep + 0.9 * bright).tanh()
        })
        .collect()
}

/// A singing lead: two waves, a late vibrato, a filter that opens with strength.
pub(crate) fn lead(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let envelope = Envelope {
        attack_seconds: 0.02,
        decay_seconds: 0.5,
        sustain: 0.7,
        release_seconds: 0.18,
    };
    let (mut first, mut second) = (Saw::new(random.unit()), Saw::new(random.unit()));
    let mut filter = Resonator::new(1.1, touch.rate_hz);
    let count = sample_count(touch.held_seconds + envelope.release_seconds, touch.rate_hz);
    let mut tuning = 0.0;
    let mut vibrato = 1.0;
    (0..count)
        .map(|index| {
            let at_seconds = moment(index, touch);
            if index % 16 == 0 {
                let depth = 0.005 * ((at_seconds - 0.15) / 0.4).clamp(0.0, 1.0);
                vibrato = 1.0 + depth * (TAU * 5.2 * at_seconds).sin();
                let open = 1.0 + 1.4 * (-at_seconds / 0.2).exp();
                tuning = filter.tuning((900.0 + 1100.0 * touch.strength) * open);
            }
            let step = vibrato * touch.frequency_hz / f64::from(touch.rate_hz);
            let sum = first.step(step * 0.998) + second.step(step * 1.002);
            let level = envelope.level(at_seconds, touch.held_seconds);
            0.3 * level * filter.step(sum, tuning).low
        })
        .collect()
}

/// A short bright drop of a note, for arpeggios.
pub(crate) fn drop(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let mut wave = Saw::new(random.unit());
    let mut filter = Resonator::new(2.2, touch.rate_hz);
    let step = touch.frequency_hz / f64::from(touch.rate_hz);
    let mut tuning = 0.0;
    (0..sample_count(0.5, touch.rate_hz))
        .map(|index| {
            let at_seconds = moment(index, touch);
            let fall = (-at_seconds / 0.09).exp();
            if index % 16 == 0 {
                tuning = filter.tuning(300.0 + 4200.0 * touch.strength * fall);
            }
            let soft_start = (at_seconds / 0.002).min(1.0);
            0.5 * soft_start * fall * filter.step(wave.step(step), tuning).low
        })
        .collect()
}

/// An electric piano: a sine bent by another, less and less while it rings.
pub(crate) fn electric_piano(touch: &Touch, _: &mut Random) -> Vec<f64> {
    let envelope = Envelope {
        attack_seconds: 0.003,
        decay_seconds: 0.9,
        sustain: 0.12,
        release_seconds: 0.25,
    };
    let count = sample_count(touch.held_seconds + envelope.release_seconds, touch.rate_hz);
    let (mut bend, mut tine) = (0.3 + 1.5 * touch.strength, 0.25 * touch.strength);
    // A step of each decay; to multiply is much faster than an exponential.
    let rate_hz = f64::from(touch.rate_hz);
    let (bend_step, tine_step) = ((-2.0 / rate_hz).exp(), (-16.0 / rate_hz).exp());
    (0..count)
        .map(|index| {
            let at_seconds = moment(index, touch);
            let phase = TAU * touch.frequency_hz * at_seconds;
            bend *= bend_step;
            tine *= tine_step;
            let struck = tine * (phase * 14.0).sin();
            let body = (phase + bend * (phase + struck).sin()).sin();
            0.5 * envelope.level(at_seconds, touch.held_seconds) * (body + 0.3 * struck)
        })
        .collect()
}

/// A deep sine that only supports, without a place of its own.
pub(crate) fn deep_sine(touch: &Touch, _: &mut Random) -> Vec<f64> {
    let envelope = Envelope {
        attack_seconds: 0.12,
        decay_seconds: 1.0,
        sustain: 0.9,
        release_seconds: 0.5,
    };
    let count = sample_count(touch.held_seconds + envelope.release_seconds, touch.rate_hz);
    (0..count)
        .map(|index| {
            let at_seconds = moment(index, touch);
            let phase = TAU * touch.frequency_hz * at_seconds;
            let level = envelope.level(at_seconds, touch.held_seconds);
            level * (phase.sin() + 0.15 * (2.0 * phase).sin())
        })
        .collect()
}

/// Waves that roll up a beach: noise whose level and colour swell together.
pub(crate) fn surf(
    rate_hz: u32,
    seconds: f64,
    period_seconds: f64,
    random: &mut Random,
) -> Vec<f64> {
    let mut filter = Resonator::new(0.6, rate_hz);
    let mut rumble = OnePole::new(120.0, rate_hz);
    let mut tuning = 0.0;
    let mut swell = 0.0;
    (0..sample_count(seconds, rate_hz))
        .map(|index| {
            let at_seconds = real(index) / f64::from(rate_hz);
            if index % 64 == 0 {
                let phase = TAU * at_seconds / period_seconds;
                swell = (0.5 - 0.5 * (phase - 0.6 * phase.sin()).cos()).powi(2);
                tuning = filter.tuning(300.0 + 2600.0 * swell);
            }
            let noise = random.noise();
            (0.12 + 0.88 * swell) * rumble.high(filter.step(noise, tuning).low)
        })
        .collect()
}
