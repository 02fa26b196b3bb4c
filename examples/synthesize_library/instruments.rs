//! The tuned instruments.
//!
//! Most are modal: a sum of partials that each ring and fade on their own, as
//! the modes of a string, a bar or a pipe do. The guitars and the upright bass
//! are plucked delay lines (Karplus and Strong), the pad, the lead and the
//! synthetic bass are sawtooth waves through a filter that moves.
//! Every instrument returns the samples of one note, around ±1 at full strength.

use std::f64::consts::TAU;

use crate::mix::Touch;
use crate::sound::{Envelope, OnePole, Random, Resonator, real, sample_count, whole};

/// Partials above this are left out: few people hear them, all cost time.
const HIGHEST_PARTIAL_HZ: f64 = 11_000.0;

/// One mode of a vibrating body.
pub(crate) struct Partial {
    pub frequency_hz: f64,
    pub amplitude: f64,
    /// The time until it has lost 60 dB.
    pub decay_seconds: f64,
}

/// Partials are advanced eight at a time, which the compiler can do at once.
const LANES: usize = 8;

/// Lets partials ring together; each is a two-term recurrence, free of sines.
pub(crate) fn ring(touch: &Touch, partials: &[Partial], seconds: f64) -> Vec<f64> {
    let rate_hz = f64::from(touch.rate_hz);
    let mut samples = vec![0.0; sample_count(seconds, touch.rate_hz)];
    let heard: Vec<&Partial> = partials
        .iter()
        .filter(|partial| partial.frequency_hz < HIGHEST_PARTIAL_HZ)
        .collect();
    for group in heard.chunks(LANES) {
        let (mut turn, mut loss) = ([0.0; LANES], [0.0; LANES]);
        let (mut last, mut before) = ([0.0; LANES], [0.0; LANES]);
        for (lane, partial) in group.iter().enumerate() {
            let angle = TAU * partial.frequency_hz / rate_hz;
            let keep = (-6.907_755 / (partial.decay_seconds * rate_hz)).exp();
            turn[lane] = 2.0 * keep * angle.cos();
            loss[lane] = keep * keep;
            // As if it had swung before the start, so that it starts at zero.
            last[lane] = -partial.amplitude * angle.sin() / keep;
            before[lane] = -partial.amplitude * (2.0 * angle).sin() / (keep * keep);
        }
        for sample in &mut samples {
            let mut sum = 0.0;
            for lane in 0..LANES {
                let next = turn[lane] * last[lane] - loss[lane] * before[lane];
                before[lane] = last[lane];
                last[lane] = next;
                sum += next;
            }
            *sample += sum;
        }
    }
    samples
}

fn shape(samples: &mut [f64], touch: &Touch, envelope: &Envelope) {
    for (index, sample) in samples.iter_mut().enumerate() {
        let at_seconds = real(index) / f64::from(touch.rate_hz);
        *sample *= envelope.level(at_seconds, touch.held_seconds);
    }
}

/// An envelope that only softens the ends of a sound that decays by itself.
fn damper(attack_seconds: f64, release_seconds: f64) -> Envelope {
    Envelope {
        attack_seconds,
        decay_seconds: 1.0,
        sustain: 1.0,
        release_seconds,
    }
}

/// Two strings per key, stiff as steel is, struck an eighth of the way along.
fn piano(touch: &Touch, random: &mut Random, dullness: f64, knock: f64) -> Vec<f64> {
    let octaves = (touch.frequency_hz / 261.6).log2();
    let base_decay_seconds = 9.0 * (-0.62 * octaves).exp2();
    let stiffness = 0.000_35 * (0.9 * octaves).exp2();
    let softness = dullness * (0.45 * octaves).exp2() / (0.35 + touch.strength);
    let mut partials = Vec::new();
    for number in (1..=14).map(f64::from) {
        let stretched = number * (1.0 + stiffness * number * number).sqrt();
        let strike = (number * std::f64::consts::PI / 8.0).sin().abs();
        let amplitude = strike * (-softness * number).exp();
        for (cents, level, slowness) in [(-0.6, 0.7, 0.35), (0.9, 0.4, 1.0)] {
            let detune = ((cents + 0.2 * random.noise()) / 1200.0_f64).exp2();
            partials.push(Partial {
                frequency_hz: touch.frequency_hz * stretched * detune,
                amplitude: amplitude * level,
                decay_seconds: base_decay_seconds * slowness / (1.0 + 0.28 * number),
            });
        }
    }
    let mut samples = ring(touch, &partials, touch.held_seconds + 0.45);
    let mut felt = OnePole::new(420.0, touch.rate_hz);
    for (index, sample) in samples.iter_mut().enumerate() {
        let at_seconds = real(index) / f64::from(touch.rate_hz);
        if at_seconds > 0.12 {
            break;
        }
        *sample += knock * felt.low(random.noise()) * (-at_seconds / 0.018).exp();
    }
    shape(&mut samples, touch, &damper(0.003, 0.45));
    let level = 1.5 * touch.strength * (0.6 + softness);
    for sample in &mut samples {
        *sample *= level;
    }
    samples
}

/// A piano with a strip of felt before the strings, close to the ear.
pub(crate) fn felt_piano(touch: &Touch, random: &mut Random) -> Vec<f64> {
    piano(touch, random, 0.75, 0.5)
}

/// A piano with its lid open.
pub(crate) fn grand_piano(touch: &Touch, random: &mut Random) -> Vec<f64> {
    piano(touch, random, 0.38, 0.25)
}

/// Struck metal bars, each mode far from the harmonic series.
pub(crate) fn bell(touch: &Touch, _: &mut Random) -> Vec<f64> {
    let modes = [
        (1.0, 0.8, 2.6),
        (2.0, 0.12, 1.4),
        (2.756, 0.22, 0.9),
        (5.404, 0.12, 0.35),
    ];
    let partials = modes.map(|(ratio, amplitude, decay_seconds)| Partial {
        frequency_hz: touch.frequency_hz * ratio,
        amplitude: amplitude * touch.strength,
        decay_seconds,
    });
    let mut samples = ring(touch, &partials, 2.2);
    let whole = Touch {
        held_seconds: 1.2,
        ..*touch
    };
    shape(&mut samples, &whole, &damper(0.002, 1.0));
    samples
}

/// Organ pipes: stops as (multiple of the pitch, level), two ranks apart by
/// little enough to shimmer, and some wind before the pipe speaks.
fn organ(touch: &Touch, random: &mut Random, stops: &[(f64, f64)]) -> Vec<f64> {
    let mut partials = Vec::new();
    for (ratio, level) in stops {
        for cents in [-1.3, 1.5] {
            partials.push(Partial {
                frequency_hz: touch.frequency_hz * ratio * (cents / 1200.0_f64).exp2(),
                amplitude: 0.2 * level,
                decay_seconds: 1e6,
            });
        }
    }
    let mut samples = ring(touch, &partials, touch.held_seconds + 0.22);
    let mut wind = Resonator::new(3.0, touch.rate_hz);
    let tuning = wind.tuning(touch.frequency_hz * 2.0);
    for (index, sample) in samples.iter_mut().enumerate() {
        let at_seconds = real(index) / f64::from(touch.rate_hz);
        let breath = 0.012 + 0.1 * (-at_seconds / 0.04).exp();
        *sample += 0.25 * breath * wind.step(random.noise(), tuning).band;
    }
    shape(&mut samples, touch, &damper(0.06, 0.22));
    samples
}

/// Flutes of eight and four feet, for the soft verses.
pub(crate) fn soft_organ(touch: &Touch, random: &mut Random) -> Vec<f64> {
    organ(
        touch,
        random,
        &[
            (1.0, 1.0),
            (2.0, 0.4),
            (3.0, 0.16),
            (4.0, 0.1),
            (6.0, 0.03),
            (8.0, 0.02),
        ],
    )
}

/// Principals up to two feet and a quint, for the last verse.
pub(crate) fn full_organ(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let low = [(0.5, 0.25), (1.0, 1.0), (2.0, 0.8), (3.0, 0.4), (4.0, 0.5)];
    let high = [
        (5.0, 0.12),
        (6.0, 0.25),
        (8.0, 0.3),
        (10.0, 0.06),
        (12.0, 0.1),
    ];
    organ(touch, random, &[low, high].concat())
}

/// Metal reeds, three of them wide apart: the tremolo of a musette accordion.
pub(crate) fn accordion(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let mut partials = Vec::new();
    for number in (1..=16).map(f64::from) {
        for cents in [-9.0, 0.0, 10.0] {
            let amplitude = 0.16 * number.powf(-1.15) * (-number / 14.0).exp();
            let exact_cents: f64 = cents + 0.4 * random.noise();
            partials.push(Partial {
                frequency_hz: touch.frequency_hz * number * (exact_cents / 1200.0).exp2(),
                amplitude: amplitude * touch.strength,
                decay_seconds: 1e6,
            });
        }
    }
    let mut samples = ring(touch, &partials, touch.held_seconds + 0.1);
    let bellows = Envelope {
        attack_seconds: 0.035,
        decay_seconds: 0.4,
        sustain: 0.78,
        release_seconds: 0.1,
    };
    shape(&mut samples, touch, &bellows);
    samples
}

/// What a plucked string is made of and how it is plucked.
struct Pluck {
    decay_seconds: f64,
    /// The loss of the thickest string for high tones.
    string_hz: f64,
    /// The hardness of the finger or pick.
    finger_hz: f64,
    /// Where along the string it is plucked.
    position: f64,
    /// Longer than nothing, or every note begins with a click.
    attack_seconds: f64,
    release_seconds: f64,
}

/// A burst of noise that runs round a delay line as a wave runs along a string.
fn pluck(touch: &Touch, random: &mut Random, how: &Pluck) -> Vec<f64> {
    let rate_hz = f64::from(touch.rate_hz);
    let angle = TAU * touch.frequency_hz / rate_hz;
    // Thin strings lose less of their high tones, or high notes would not sing.
    let cutoff_hz = how.string_hz + 7.0 * touch.frequency_hz;
    let keep = (-TAU * cutoff_hz / rate_hz).exp();
    // The filter in the loop delays the wave too; the line is so much shorter.
    let filter_samples = (keep * angle.sin()).atan2(1.0 - keep * angle.cos()) / angle;
    let filter_gain = (1.0 - keep) / (1.0 - 2.0 * keep * angle.cos() + keep * keep).sqrt();
    let wanted_gain = (-6.907_755 / (how.decay_seconds * touch.frequency_hz)).exp();
    let loop_gain = (wanted_gain / filter_gain).min(0.9998);
    let period = rate_hz / touch.frequency_hz - filter_samples;
    let length = whole(period.floor());
    let part = period.fract();
    let mut line = excitation(touch, random, how, length);
    let (mut place, mut previous, mut smooth) = (0, 0.0, 0.0);
    let count = sample_count(touch.held_seconds + how.release_seconds, touch.rate_hz);
    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        let out = line[place];
        // Between two samples of the line lies the true length of the string.
        let between = out + part * (previous - out);
        previous = out;
        smooth += (1.0 - keep) * (between - smooth);
        line[place] = loop_gain * smooth;
        place = (place + 1) % length;
        samples.push(out);
    }
    shape(
        &mut samples,
        touch,
        &damper(how.attack_seconds, how.release_seconds),
    );
    samples
}

/// The shape of the string at the moment it is let go.
fn excitation(touch: &Touch, random: &mut Random, how: &Pluck, length: usize) -> Vec<f64> {
    let mut finger = OnePole::new(how.finger_hz * (0.4 + touch.strength), touch.rate_hz);
    let burst: Vec<f64> = (0..length).map(|_| finger.low(random.noise())).collect();
    let shift = whole(real(length) * how.position);
    let mut line: Vec<f64> = (0..length)
        .map(|index| burst[index] - burst[(index + shift) % length])
        .collect();
    // Equal energy for every pitch, and no constant part that would linger.
    let mean = line.iter().sum::<f64>() / real(length);
    for sample in &mut line {
        *sample -= mean;
    }
    let power = line.iter().map(|sample| sample * sample).sum::<f64>() / real(length);
    let level = 0.32 * (0.3 + touch.strength) / power.sqrt().max(1e-9);
    for sample in &mut line {
        *sample *= level;
    }
    line
}

/// A guitar with nylon or steel strings, and the hollow of its body.
pub(crate) fn guitar(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let how = Pluck {
        decay_seconds: 4.5,
        string_hz: 4600.0,
        finger_hz: 3600.0,
        position: 0.21,
        attack_seconds: 0.0015,
        release_seconds: 0.3,
    };
    let mut samples = pluck(touch, random, &how);
    let mut body = Resonator::new(4.0, touch.rate_hz);
    let tuning = body.tuning(108.0);
    for sample in &mut samples {
        *sample += 0.35 * body.step(*sample, tuning).band;
    }
    samples
}

/// A small, short-ringing relative of the guitar, for offbeat chords.
pub(crate) fn small_guitar(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let how = Pluck {
        decay_seconds: 0.9,
        string_hz: 2800.0,
        finger_hz: 2600.0,
        position: 0.3,
        attack_seconds: 0.0015,
        release_seconds: 0.12,
    };
    pluck(touch, random, &how)
}

/// An upright bass: dark, round, with the thump of the finger.
pub(crate) fn upright_bass(touch: &Touch, random: &mut Random) -> Vec<f64> {
    let how = Pluck {
        decay_seconds: 2.2,
        string_hz: 1000.0,
        finger_hz: 420.0,
        position: 0.24,
        attack_seconds: 0.005,
        release_seconds: 0.14,
    };
    let mut samples = pluck(touch, random, &how);
    let mut body = Resonator::new(2.0, touch.rate_hz);
    let tuning = body.tuning(95.0);
    for (index, sample) in samples.iter_mut().enumerate() {
        let at_seconds = real(index) / f64::from(touch.rate_hz);
        let thump = random.noise() * (-at_seconds / 0.012).exp();
        *sample += 0.5 * body.step(*sample + 0.6 * thump, tuning).band;
    }
    samples
}
