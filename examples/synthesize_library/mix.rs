//! The mixing desk: where instruments are placed, and who plays the notes.
//!
//! A [`Mix`] has a left and a right channel and one send to the reverberation.
//! A [`Band`] plays notes of a score on instruments into a mix, each a little
//! early or late and a little louder or softer, since a sequence that is exact
//! to the sample sounds like a machine.

use crate::notation::{Clock, Note};
use crate::sound::{Random, frequency_hz, sample_count};

/// How one key is struck; what an instrument needs to know of a note.
pub(crate) struct Touch {
    pub rate_hz: u32,
    pub frequency_hz: f64,
    pub held_seconds: f64,
    /// From 0 (barely) to 1 (hard); it changes the colour, not only the level.
    pub strength: f64,
}

/// An instrument renders one touch as samples of one channel.
pub(crate) type Instrument = fn(&Touch, &mut Random) -> Vec<f64>;

/// Level and place of a sound in the room.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub gain: f64,
    /// From -1 (left) to 1 (right).
    pub pan: f64,
    /// How much of it goes to the reverberation.
    pub send: f64,
}

/// The sum of all that sounds.
pub(crate) struct Mix {
    pub rate_hz: u32,
    pub left: Vec<f64>,
    pub right: Vec<f64>,
    pub send: Vec<f64>,
}

impl Mix {
    pub(crate) fn new(rate_hz: u32, seconds: f64) -> Self {
        let silence = vec![0.0; sample_count(seconds, rate_hz)];
        Self {
            rate_hz,
            left: silence.clone(),
            right: silence.clone(),
            send: silence,
        }
    }

    /// Adds a sound; what would start before or end after the mix is left out.
    pub(crate) fn add(&mut self, samples: &[f64], start_seconds: f64, place: Place) {
        let start = sample_count(start_seconds, self.rate_hz);
        let angle = (place.pan.clamp(-1.0, 1.0) + 1.0) * std::f64::consts::FRAC_PI_4;
        // The far ear hears a sound up to a third of a millisecond later.
        let far_late = sample_count(place.pan.abs() * 0.000_33, self.rate_hz);
        let (left_late, right_late) = if place.pan > 0.0 {
            (far_late, 0)
        } else {
            (0, far_late)
        };
        add_scaled(
            &mut self.left,
            samples,
            start + left_late,
            place.gain * angle.cos(),
        );
        add_scaled(
            &mut self.right,
            samples,
            start + right_late,
            place.gain * angle.sin(),
        );
        add_scaled(&mut self.send, samples, start, place.gain * place.send);
    }
}

fn add_scaled(channel: &mut [f64], samples: &[f64], start: usize, gain: f64) {
    for (sum, sample) in channel.iter_mut().skip(start).zip(samples) {
        *sum += sample * gain;
    }
}

/// How a part is played.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    pub place: Place,
    pub strength: f64,
    /// The part of its written length that a note is held.
    pub held: f64,
    /// The time between the keys of a chord, from the lowest to the highest.
    pub strum_seconds: f64,
    /// The largest error in time.
    pub loose_seconds: f64,
    /// How far low keys stand to the left and high ones to the right.
    pub spread: f64,
}

impl Manner {
    /// A plain manner, to be varied by the methods below.
    pub(crate) fn new(gain: f64, pan: f64, send: f64) -> Self {
        Self {
            place: Place { gain, pan, send },
            strength: 0.6,
            held: 0.95,
            strum_seconds: 0.0,
            loose_seconds: 0.012,
            spread: 0.0,
        }
    }

    pub(crate) fn gain(mut self, gain: f64) -> Self {
        self.place.gain = gain;
        self
    }

    pub(crate) fn strength(mut self, strength: f64) -> Self {
        self.strength = strength;
        self
    }

    pub(crate) fn held(mut self, held: f64) -> Self {
        self.held = held;
        self
    }

    pub(crate) fn strum(mut self, strum_seconds: f64) -> Self {
        self.strum_seconds = strum_seconds;
        self
    }

    pub(crate) fn loose(mut self, loose_seconds: f64) -> Self {
        self.loose_seconds = loose_seconds;
        self
    }

    pub(crate) fn spread(mut self, spread: f64) -> Self {
        self.spread = spread;
        self
    }
}

/// Players with a common clock, playing into a mix.
pub(crate) struct Band {
    pub mix: Mix,
    pub clock: Clock,
    pub random: Random,
}

impl Band {
    pub(crate) fn new(rate_hz: u32, seconds: f64, clock: Clock, seed: u64) -> Self {
        Self {
            mix: Mix::new(rate_hz, seconds),
            clock,
            random: Random::new(seed),
        }
    }

    /// Plays notes from a beat on.
    pub(crate) fn play(
        &mut self,
        notes: &[Note],
        from_beats: f64,
        how: Manner,
        instrument: Instrument,
    ) {
        for note in notes {
            let start_beats = from_beats + note.start_beats;
            let begin_seconds = self.clock.seconds(start_beats);
            let written_seconds = self.clock.seconds(start_beats + note.beats) - begin_seconds;
            let mut late_seconds = self.random.wobble() * how.loose_seconds;
            for key in &note.keys {
                let touch = Touch {
                    rate_hz: self.mix.rate_hz,
                    frequency_hz: frequency_hz(*key),
                    held_seconds: written_seconds * how.held,
                    strength: (how.strength * (1.0 + 0.15 * self.random.wobble())).min(1.0),
                };
                let samples = instrument(&touch, &mut self.random);
                let place = Place {
                    pan: how.place.pan + how.spread * (key - 64.0) / 24.0,
                    ..how.place
                };
                self.mix
                    .add(&samples, (begin_seconds + late_seconds).max(0.0), place);
                late_seconds += how.strum_seconds;
            }
        }
    }

    /// Strikes one key: a drum, or a note of a pattern.
    pub(crate) fn strike(&mut self, at_beats: f64, key: f64, how: Manner, instrument: Instrument) {
        let note = Note::new(0.0, 0.5, vec![key]);
        self.play(&[note], at_beats, how, instrument);
    }
}
