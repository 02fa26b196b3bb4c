//! What happens to the whole mix: reverberation, echo, and the mastering.
//!
//! The reverberation is a network of eight delay lines that feed one another
//! through a Householder matrix, which loses no energy by itself, so that only
//! the chosen decay time makes it fade. The mastering takes out what lies
//! below hearing, sets the level, and limits the peaks softly by looking ahead.

use std::collections::VecDeque;

use crate::mix::Mix;
use crate::sound::{OnePole, gain_of_decibels, real, sample_count};

/// The peak that every piece reaches; lossy codecs may overshoot it a little.
const CEILING_DECIBELS: f64 = -1.5;

/// Lengths with no common rhythm, or the room would flutter.
const LINE_SECONDS: [f64; 8] = [
    0.0297, 0.0371, 0.0411, 0.0437, 0.0531, 0.0599, 0.0673, 0.0731,
];

/// The size and the surface of a room.
pub(crate) struct Room {
    pub decay_seconds: f64,
    /// Above this the walls swallow the sound.
    pub bright_hz: f64,
    /// The time before the first echo of the room.
    pub before_seconds: f64,
    pub gain: f64,
}

impl Room {
    /// The fields in their order.
    pub(crate) fn new(decay_seconds: f64, bright_hz: f64, before_seconds: f64, gain: f64) -> Self {
        Self {
            decay_seconds,
            bright_hz,
            before_seconds,
            gain,
        }
    }
}

/// The last steps of every piece: its room and its mastering.
pub(crate) fn finished(mut mix: Mix, room: &Room, drive_decibels: f64, fade_seconds: f64) -> Mix {
    reverberate(&mut mix, room);
    master(&mut mix, drive_decibels, fade_seconds);
    mix
}

/// A line that gives back what was put in a fixed time ago.
struct Delay {
    samples: Vec<f64>,
    place: usize,
}

impl Delay {
    fn new(seconds: f64, rate_hz: u32) -> Self {
        let samples = vec![0.0; sample_count(seconds, rate_hz).max(1)];
        Self { samples, place: 0 }
    }

    fn oldest(&self) -> f64 {
        self.samples[self.place]
    }

    fn replace(&mut self, sample: f64) {
        self.samples[self.place] = sample;
        self.place += 1;
        if self.place == self.samples.len() {
            self.place = 0;
        }
    }

    /// An all-pass step: it smears a click into a cloud and colours nothing.
    fn smear(&mut self, input: f64) -> f64 {
        let old = self.oldest();
        let inner = input - 0.6 * old;
        self.replace(inner);
        old + 0.6 * inner
    }
}

/// Adds the room to the mix, from what was sent to it.
fn reverberate(mix: &mut Mix, room: &Room) {
    let rate_hz = mix.rate_hz;
    let mut before = Delay::new(room.before_seconds, rate_hz);
    let mut clouds = [0.0047, 0.0073, 0.0113].map(|seconds| Delay::new(seconds, rate_hz));
    let mut lines = LINE_SECONDS.map(|seconds| Delay::new(seconds, rate_hz));
    let mut walls = LINE_SECONDS.map(|_| OnePole::new(room.bright_hz, rate_hz));
    // After the decay time a line has lost 60 dB in all its rounds together.
    let losses = LINE_SECONDS.map(|seconds| gain_of_decibels(-60.0 * seconds / room.decay_seconds));
    let channels = mix.left.iter_mut().zip(&mut mix.right);
    for (sent, (left, right)) in mix.send.iter().zip(channels) {
        let mut input = before.oldest();
        before.replace(*sent);
        for cloud in &mut clouds {
            input = cloud.smear(input);
        }
        let mut returned = [0.0; 8];
        for (index, value) in returned.iter_mut().enumerate() {
            *value = walls[index].low(lines[index].oldest()) * losses[index];
        }
        let shared = returned.iter().sum::<f64>() / 4.0;
        for (line, value) in lines.iter_mut().zip(&returned) {
            line.replace(input + value - shared);
        }
        // Different lines on either side make the room wide.
        *left += room.gain * (returned[0] - returned[2] + returned[4] - returned[6]);
        *right += room.gain * (returned[1] - returned[3] + returned[5] - returned[7]);
    }
}

/// Adds echoes of the send that jump between the sides, ever softer.
pub(crate) fn echo(mix: &mut Mix, delay_seconds: f64, again: f64, gain: f64) {
    let mut near = Delay::new(delay_seconds, mix.rate_hz);
    let mut far = Delay::new(delay_seconds, mix.rate_hz);
    let mut dull = OnePole::new(2600.0, mix.rate_hz);
    let channels = mix.left.iter_mut().zip(&mut mix.right);
    for (sent, (left, right)) in mix.send.iter_mut().zip(channels) {
        let (on_left, on_right) = (near.oldest(), far.oldest());
        near.replace(*sent + dull.low(on_right) * again);
        far.replace(on_left);
        *left += gain * on_left;
        *right += gain * on_right;
        // The echoes go to the room too, or they would sound nearer than the notes.
        *sent += gain * 0.5 * (on_left + on_right);
    }
}

/// Sets level and peaks of the finished mix; `drive_decibels` is how far the
/// loudest peak is pressed down, which makes all the rest so much louder.
fn master(mix: &mut Mix, drive_decibels: f64, fade_seconds: f64) {
    let rate_hz = mix.rate_hz;
    for channel in [&mut mix.left, &mut mix.right] {
        let mut first = OnePole::new(18.0, rate_hz);
        let mut second = OnePole::new(18.0, rate_hz);
        for sample in channel.iter_mut() {
            *sample = second.high(first.high(*sample));
        }
        fade_out(channel, sample_count(fade_seconds, rate_hz));
    }
    scale_to_peak(mix, gain_of_decibels(CEILING_DECIBELS + drive_decibels));
    limit(mix, gain_of_decibels(CEILING_DECIBELS));
    scale_to_peak(mix, gain_of_decibels(CEILING_DECIBELS));
}

/// Lets the end run to silence, so that no tail is cut off with a click.
fn fade_out(channel: &mut [f64], count: usize) {
    for (index, sample) in channel.iter_mut().rev().take(count).enumerate() {
        let left = real(index) / real(count);
        *sample *= left * left * (3.0 - 2.0 * left);
    }
}

fn scale_to_peak(mix: &mut Mix, wanted: f64) {
    let samples = mix.left.iter().chain(&mix.right);
    let peak = samples.fold(1e-9_f64, |peak, sample| peak.max(sample.abs()));
    for sample in mix.left.iter_mut().chain(&mut mix.right) {
        *sample *= wanted / peak;
    }
}

/// Turns the level down around every peak above the ceiling.
fn limit(mix: &mut Mix, ceiling: f64) {
    let reach = sample_count(0.015, mix.rate_hz);
    let wanted: Vec<f64> = mix
        .left
        .iter()
        .zip(&mix.right)
        .map(|(left, right)| (ceiling / left.abs().max(right.abs()).max(1e-9)).min(1.0))
        .collect();
    let lowest = lowest_around(&wanted, reach);
    // The mean over the same reach turns steps into slopes and never lies
    // above what the peak in its middle needs.
    let mut sum = real(2 * reach + 1);
    let mut recent: VecDeque<f64> = vec![1.0; 2 * reach + 1].into();
    let ahead = lowest.iter().chain(std::iter::repeat(&1.0)).skip(reach);
    // Before the first sample the window has seen only what lies ahead of it.
    for gain in lowest.iter().take(reach) {
        sum += gain - recent.pop_front().unwrap_or(1.0);
        recent.push_back(*gain);
    }
    for ((left, right), gain) in mix.left.iter_mut().zip(&mut mix.right).zip(ahead) {
        sum += gain - recent.pop_front().unwrap_or(1.0);
        recent.push_back(*gain);
        let mean = sum / real(2 * reach + 1);
        *left *= mean;
        *right *= mean;
    }
}

/// For each place the least value within the reach on both sides of it.
fn lowest_around(values: &[f64], reach: usize) -> Vec<f64> {
    let mut lowest = Vec::with_capacity(values.len());
    // Places whose values rise: the front is always the least of the window.
    let mut rising: VecDeque<usize> = VecDeque::new();
    for end in 0..values.len() + reach {
        if let Some(value) = values.get(end) {
            while rising.back().is_some_and(|place| values[*place] >= *value) {
                rising.pop_back();
            }
            rising.push_back(end);
        }
        if let Some(middle) = end.checked_sub(reach) {
            while rising.front().is_some_and(|place| place + reach < middle) {
                rising.pop_front();
            }
            lowest.push(rising.front().map_or(1.0, |place| values[*place]));
        }
    }
    lowest
}
