//! A slow piano over a pad, while the tide comes in and goes.
//!
//! Melody and chords have the same bars. The left hand rolls the chords in the
//! quiet parts and breaks them into eighths in the loud one.

use crate::Failure;
use crate::effects::{Room, finished};
use crate::instruments::{bell, felt_piano};
use crate::mix::{Band, Manner, Mix, Place};
use crate::notation::{Clock, Note, excerpt, lowest, read, transposed};
use crate::synthesizers::{deep_sine, pad, surf};

const RATE_HZ: u32 = 44_100;
const SECONDS: f64 = 77.0;

const MELODY: &str = "
    r:1 F#5:1.5 E5:.5 A5:1 | F#5:2 D5:1 B4 | r C#5 D5 F#5 | E5:3 r:1 |
    r A5 C#6 A5 | B5:2 A5:1 F#5 | r G5 F#5 D5 | E5:4 |
    D6:2 B5:1 A5 | A5:2 F#5 | F#5:1 A5 D6:2 | C#6:3 B5:1 |
    B5:2 D6:1 F#6 | E6 D6 A5:2 | B5:1 G5 F#5:2 | E5:4 |
    r:1 F#5:1.5 E5:.5 A5:1 | F#5:2 D5 | r:1 C#5 D5:2 | A4:4";

const CHORDS: &str = "
    D2+A2+F#3+C#4+E4:4 G2+D3+B3+F#4 B1+F#2+A3+C#4+D4 A2+E3+A3+D4+E4
    F#2+C#3+A3+C#4+E4 G2+D3+A3+B3+F#4 E2+B2+G3+D4+F#4 A2+E3+G3+C#4
    G2+D3+A3+B3+D4 F#2+D3+A3+D4 B1+F#2+A3+D4 A1+E3+A3+C#4+E4
    G2+D3+B3+D4+F#4 F#2+D3+A3+D4 E2+B2+G3+D4+F#4 A1+E3+A3+D4
    D2+A2+F#3+C#4+E4 G2+D3+B3+F#4 G1+D3+B3+E4 D2+A2+F#3+A3";

/// Four phrases of four bars, the middle two of them full, and a farewell.
pub(crate) fn first_light() -> Result<Mix, Failure> {
    let clock = Clock {
        rubato_seconds: 0.25,
        slowing_from_beats: 72.0,
        slowing_seconds: 0.012,
        ..Clock::steady(69.0)
    };
    let mut band = Band::new(RATE_HZ, SECONDS, clock, 11);
    let (melody, chords) = (read(MELODY)?, read(CHORDS)?);
    let right = Manner::new(0.78, 0.0, 0.4)
        .spread(0.35)
        .loose(0.03)
        .held(1.05);
    let left = Manner::new(0.25, 0.0, 0.4)
        .spread(0.35)
        .loose(0.03)
        .strength(0.42)
        .strum(0.05);
    for (from_beats, to_beats, strength) in
        [(0.0, 32.0, 0.5), (32.0, 64.0, 0.72), (64.0, 80.0, 0.42)]
    {
        let phrase = excerpt(&melody, from_beats, to_beats);
        band.play(&phrase, from_beats, right.strength(strength), felt_piano);
        let below = excerpt(&chords, from_beats, to_beats);
        let below = if strength > 0.6 {
            broken(&below)
        } else {
            below
        };
        band.play(&below, from_beats, left, felt_piano);
    }
    lift(
        &mut band,
        &excerpt(&melody, 32.0, 64.0),
        &excerpt(&chords, 32.0, 64.0),
    );
    // Before and after, the pad is only a shimmer behind the piano.
    let shimmer = Manner::new(0.035, 0.0, 0.4).strength(0.18).spread(0.8);
    band.play(&excerpt(&chords, 16.0, 32.0), 16.0, shimmer, pad);
    band.play(&excerpt(&chords, 64.0, 76.0), 64.0, shimmer, pad);
    for (pan, period_seconds) in [(-0.7, 11.3), (0.7, 13.9)] {
        let waves = surf(RATE_HZ, SECONDS, period_seconds, &mut band.random);
        let far = Place {
            gain: 0.03,
            pan,
            send: 0.2,
        };
        band.mix.add(&waves, 0.0, far);
    }
    Ok(finished(
        band.mix,
        &Room::new(4.5, 3200.0, 0.03, 0.22),
        3.0,
        5.0,
    ))
}

/// What lifts the middle part: bells an octave up, a pad, and a deep tone.
fn lift(band: &mut Band, melody: &[Note], chords: &[Note]) {
    let bells = Manner::new(0.2, 0.3, 0.7).strength(0.4);
    band.play(&transposed(melody, 12.0), 32.0, bells, bell);
    let wide = Manner::new(0.05, 0.0, 0.4)
        .strength(0.55)
        .spread(0.8)
        .held(1.1);
    band.play(chords, 32.0, wide, pad);
    band.play(
        &lowest(chords),
        32.0,
        Manner::new(0.085, 0.0, 0.0),
        deep_sine,
    );
}

/// The keys of every chord one after the other, as eighths up and down.
fn broken(chords: &[Note]) -> Vec<Note> {
    let mut eighths = Vec::new();
    for chord in chords {
        let top = chord.keys.len() - 1;
        let mut start_beats = chord.start_beats;
        for step in [0, 1, 2, 3, 4, 3, 2, 1] {
            // A chord of four keys turns back one step earlier.
            let key = chord.keys[if step > top { top - 1 } else { step }];
            eighths.push(Note::new(start_beats, 1.5, vec![key]));
            start_beats += 0.5;
        }
    }
    eighths
}
