//! Percussion: filtered noise, falling sines and inharmonic metal.
//!
//! Drums take the same [`Touch`] as tuned instruments, so that one player can
//! strike both; most ignore the pitch. Each is normalised by ear to about ±1.

use std::f64::consts::TAU;

use crate::instruments::{Partial, ring};
use crate::mix::Touch;
use crate::sound::{OnePole, Random, Resonator, real, sample_count};

/// Renders a drum from what it does at each moment.
fn strike(touch: &Touch, seconds: f64, mut moment: impl FnMut(f64) -> f64) -> Vec<f64> {
    let rate_hz = f64::from(touch.rate_hz);
    (0..sample_count(seconds, touch.rate_hz))
        .map(|index| {
            let at_seconds = real(index) / rate_hz;
            // A last stretch down to zero, since an exponential never ends.
            let end = ((seconds - at_seconds) / (0.2 * seconds)).min(1.0);
            touch.strength * end * moment(at_seconds)
        })
        .collect()
}

/// An electronic bass drum: a sine that falls fast onto its deep tone.
pub(crate) fn kick(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let mut click = OnePole::new(3000.0, touch.rate_hz);
    strike(touch, 0.42, |at_seconds| {
        // The phase is the integral of 48 Hz plus a fall from 230 Hz.
        let cycles = 48.0 * at_seconds + 182.0 * 0.028 * (1.0 - (-at_seconds / 0.028).exp());
        let body = (TAU * cycles).sin() * (-at_seconds / 0.13).exp();
        let tick = click.low(random.noise()) * (-at_seconds / 0.003).exp();
        (1.5 * body + 0.4 * tick).tanh()
    })
}

/// A felt-covered bass drum, only felt rather than heard.
pub(crate) fn soft_kick(touch: &Touch, _: &mut Random) -> Vec<f64> {
    strike(touch, 0.3, |at_seconds| {
        let cycles = 56.0 * at_seconds + 40.0 * 0.02 * (1.0 - (-at_seconds / 0.02).exp());
        (TAU * cycles).sin() * (-at_seconds / 0.08).exp() * (at_seconds / 0.004).min(1.0)
    })
}

/// Several hands that clap a few milliseconds apart.
pub(crate) fn clap(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let mut filter = Resonator::new(1.8, touch.rate_hz);
    let tuning = filter.tuning(1350.0 * (1.0 + 0.08 * random.noise()));
    strike(touch, 0.3, |at_seconds| {
        let bursts = [0.0, 0.011, 0.023]
            .iter()
            .filter(|start| at_seconds >= **start)
            .map(|start| (-(at_seconds - start) / 0.006).exp())
            .sum::<f64>();
        let tail = 0.5 * (-at_seconds / 0.07).exp();
        filter.step(random.noise(), tuning).band * (bursts + tail)
    })
}

/// Noise above the voices, short or long: the cymbals of a drum machine.
fn hiss(touch: &Touch, random: &mut Random, cutoff_hz: f64, decay_seconds: f64) -> Vec<f64> {
    let mut filter = Resonator::new(0.9, touch.rate_hz);
    let tuning = filter.tuning(cutoff_hz);
    strike(touch, decay_seconds * 5.0, |at_seconds| {
        let start = (at_seconds / 0.001).min(1.0);
        start * filter.step(random.noise(), tuning).high * (-at_seconds / decay_seconds).exp()
    })
}

pub(crate) fn closed_hat(touch: &Touch, random: &mut Random) -> Vec<f64> {
    hiss(touch, random, 8200.0, 0.022)
}

pub(crate) fn open_hat(touch: &Touch, random: &mut Random) -> Vec<f64> {
    hiss(touch, random, 7400.0, 0.11)
}

/// Seeds in a shell: the noise comes as a short swell, not as a blow.
pub(crate) fn shaker(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let mut filter = Resonator::new(1.4, touch.rate_hz);
    let tuning = filter.tuning(6200.0);
    strike(touch, 0.14, |at_seconds| {
        let swell = (at_seconds / 0.03).min(1.0) * (-at_seconds / 0.035).exp();
        filter.step(random.noise(), tuning).band * swell
    })
}

/// A wire brush laid on the drum head and lifted.
pub(crate) fn brush_tap(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let mut filter = Resonator::new(0.8, touch.rate_hz);
    let tuning = filter.tuning(2700.0);
    strike(touch, 0.28, |at_seconds| {
        let swell = (at_seconds / 0.004).min(1.0) * (-at_seconds / 0.05).exp();
        let head = 0.35 * (TAU * 190.0 * at_seconds).sin() * (-at_seconds / 0.045).exp();
        filter.step(random.noise(), tuning).band * swell + head
    })
}

/// A brush drawn in a circle over the head, for about one beat.
pub(crate) fn brush_swirl(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let seconds = touch.held_seconds.max(0.1);
    let mut filter = Resonator::new(0.7, touch.rate_hz);
    let mut tuning = 0.0;
    strike(touch, seconds, |at_seconds| {
        let round = (std::f64::consts::PI * at_seconds / seconds).sin().max(0.0);
        if tuning == 0.0 || random.unit() < 0.02 {
            tuning = filter.tuning(2200.0 + 2400.0 * round);
        }
        0.5 * filter.step(random.noise(), tuning).band * round.powf(1.4)
    })
}

/// A ride cymbal: a cloud of metal modes and a wash of noise under a stick.
pub(crate) fn ride(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let mut modes = Vec::new();
    for frequency_hz in [3115.0, 3843.0, 4571.0, 5230.0, 6121.0, 7410.0] {
        let frequency_hz = frequency_hz * (1.0 + 0.01 * random.noise());
        // Each mode is loud for the blow of the stick, and then rings softly.
        for (amplitude, decay_seconds) in [(0.09, 0.14), (0.035, 1.7)] {
            modes.push(Partial {
                frequency_hz,
                amplitude,
                decay_seconds,
            });
        }
    }
    let mut metal = ring(touch, &modes, 0.9).into_iter();
    let mut filter = Resonator::new(0.8, touch.rate_hz);
    let tuning = filter.tuning(6800.0);
    strike(touch, 0.9, |at_seconds| {
        let level = 0.45 * (-at_seconds / 0.02).exp() + 0.14 * (-at_seconds / 0.24).exp();
        let wash = level * filter.step(random.noise(), tuning).high;
        metal.next().unwrap_or(0.0) + wash
    })
}

/// A cymbal that is struck once at the end of things.
pub(crate) fn crash(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let mut filter = Resonator::new(0.7, touch.rate_hz);
    let tuning = filter.tuning(4200.0);
    strike(touch, 3.6, |at_seconds| {
        let swell = (at_seconds / 0.02).min(1.0) * (-at_seconds / 0.85).exp();
        filter.step(random.noise(), tuning).high * swell
    })
}

/// Small jingles in a frame.
pub(crate) fn tambourine(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let mut filter = Resonator::new(2.5, touch.rate_hz);
    let tuning = filter.tuning(7900.0);
    strike(touch, 0.3, |at_seconds| {
        let jingle = 1.0 + 0.6 * (TAU * 47.0 * at_seconds).sin();
        let fall = (at_seconds / 0.003).min(1.0) * (-at_seconds / 0.055).exp();
        filter.step(random.noise(), tuning).band * jingle * fall
    })
}

/// A knuckle on the wood of a guitar.
pub(crate) fn wood_knock(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let mut filter = Resonator::new(5.0, touch.rate_hz);
    let tuning = filter.tuning(touch.frequency_hz);
    strike(touch, 0.25, |at_seconds| {
        let blow = random.noise() * (-at_seconds / 0.008).exp();
        9.0 * filter.step(blow, tuning).band
    })
}

/// One listener's clap in a large room; applause is a great many of them.
pub(crate) fn hand_clap(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let mut filter = Resonator::new(1.6, touch.rate_hz);
    let tuning = filter.tuning(900.0 + 900.0 * random.unit());
    strike(touch, 0.08, |at_seconds| {
        filter.step(random.noise(), tuning).band * (-at_seconds / 0.009).exp()
    })
}
