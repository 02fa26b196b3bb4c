//! An electronic groove: introduction, groove, breakdown, all together.
//!
//! Four chords go round seven times; the form comes from who plays. Bass and
//! melody are written out, stabs, arpeggio and drums are patterns.

use crate::Failure;
use crate::drums::{clap, closed_hat, crash, kick, open_hat};
use crate::effects::{Room, echo, finished};
use crate::mix::{Band, Manner, Mix};
use crate::notation::{Clock, Note, read};
use crate::sound::real;
use crate::synthesizers::{drop, electric_piano, lead, pad, synth_bass};

const CHORDS: &str = "F3+A3+C4+E4+G4:4 G3+B3+D4+E4 A3+C4+E4+G4+B4 E3+G3+B3+D4";

const BASS: &str = "
    F2:.75 F2 F3:.5 r F2 C3 E2 | G2:.75 G2 G3:.5 r G2 D3 G2 |
    A2:.75 A2 A3:.5 r A2 E3 G2 | E2:.75 E2 E3:.5 r E2 B2 E2";

const LEAD: &str = "
    r:.5 E5 G5 A5:1 G5:.5 E5:1 | D5:.5 E5 G5:1 r:.5 B5 A5:1 |
    C6:1.5 B5:.5 A5:1 E5 | G5:2 r:.5 D5 E5 G5 |
    A5 C6 A5 G5:1 E5:.5 C5:1 | D5 B5:1.5 A5:.5 G5:1 |
    E6 D6:.5 C6 A5:1 G5 | B5 G5 E5:2";

/// For each round of four bars: whether the rhythm plays, and how bright the
/// arpeggio is.
const ROUNDS: [(bool, f64); 7] = [
    (false, 0.4),
    (true, 0.5),
    (true, 0.65),
    (false, 0.35),
    (true, 0.8),
    (true, 0.9),
    (false, 0.4),
];

/// Seven rounds of the four chords, at 48 kHz.
pub(crate) fn night_bus() -> Result<Mix, Failure> {
    let clock = Clock {
        swing: 0.53,
        ..Clock::steady(110.0)
    };
    let mut band = Band::new(48_000, 65.5, clock, 53);
    let (chords, bass) = (read(CHORDS)?, read(BASS)?);
    let (stabs, arpeggio) = (stabs(&chords), sixteenths(&chords));
    let low = Manner::new(0.26, 0.0, 0.0).held(0.85).loose(0.004);
    let keys = Manner::new(0.15, -0.15, 0.3).strength(0.5).spread(0.4);
    let mut from_beats = 0.0;
    for (round, (loud, bright)) in ROUNDS.into_iter().enumerate() {
        let (wide, spark_gain) = if loud {
            (Manner::new(0.05, 0.0, 0.3).strength(0.3), 0.2)
        } else {
            (Manner::new(0.085, 0.0, 0.3).strength(0.6), 0.28)
        };
        band.play(&chords, from_beats, wide.spread(1.2), pad);
        let spark = Manner::new(spark_gain, 0.0, 0.45).strength(bright);
        band.play(&arpeggio, from_beats, spark.spread(1.0).loose(0.003), drop);
        if loud {
            band.play(&bass, from_beats, low, synth_bass);
            band.play(&stabs, from_beats, keys, electric_piano);
            beat(&mut band, from_beats, round > 3);
        }
        from_beats += 16.0;
    }
    band.play(&chords, 48.0, keys.strength(0.35), electric_piano);
    let song = Manner::new(0.3, 0.1, 0.4).strength(0.6);
    band.play(&read(LEAD)?, 64.0, song, lead);
    band.strike(64.0, 60.0, Manner::new(0.2, 0.2, 0.3), crash);
    band.play(&read("F3+A3+C4+E4+G4:4")?, 112.0, keys, electric_piano);
    band.play(&read("F1:4")?, 112.0, low.gain(0.14), synth_bass);
    echo(&mut band.mix, 0.409_09, 0.42, 0.45);
    Ok(finished(
        band.mix,
        &Room::new(2.0, 5000.0, 0.02, 0.13),
        3.5,
        2.5,
    ))
}

/// Short chords against the beat.
fn stabs(chords: &[Note]) -> Vec<Note> {
    let mut short = Vec::new();
    for chord in chords {
        for (at_beats, beats) in [(0.0, 0.4), (0.75, 0.3), (2.5, 0.9)] {
            let start_beats = chord.start_beats + at_beats;
            short.push(Note::new(start_beats, beats, chord.keys.clone()));
        }
    }
    short
}

/// The upper keys of the chords in sixteenths, over two octaves.
fn sixteenths(chords: &[Note]) -> Vec<Note> {
    let mut run = Vec::new();
    for chord in chords {
        for (index, step) in [0, 2, 1, 3, 2, 0, 3, 1, 0, 2, 3, 1, 2, 3, 0, 2]
            .into_iter()
            .enumerate()
        {
            let octave = if index % 5 == 3 { 24.0 } else { 12.0 };
            let start_beats = chord.start_beats + real(index) / 4.0;
            run.push(Note::new(
                start_beats,
                0.25,
                vec![chord.keys[step] + octave],
            ));
        }
    }
    run
}

/// Four bars of the drum machine.
fn beat(band: &mut Band, from_beats: f64, busy: bool) {
    let tight = Manner::new(0.56, 0.0, 0.0).loose(0.002);
    let hat = Manner::new(0.3, 0.3, 0.06).loose(0.004);
    for bar in 0..4_u32 {
        let start_beats = from_beats + f64::from(bar) * 4.0;
        for at_beats in [0.0, 1.0, 2.0, 2.75, 3.0] {
            if f64::fract(at_beats) < 0.1 || bar % 2 == 1 {
                band.strike(start_beats + at_beats, 36.0, tight.strength(0.9), kick);
            }
        }
        for at_beats in [1.0, 3.0] {
            let hands = Manner::new(0.8, -0.05, 0.25).strength(0.8);
            band.strike(start_beats + at_beats, 60.0, hands, clap);
        }
        for sixteenth in 0..16_u32 {
            let at_beats = start_beats + f64::from(sixteenth) / 4.0;
            let strength = [0.5, 0.25, 0.9, 0.3][(sixteenth % 4) as usize];
            if sixteenth % 4 == 2 {
                band.strike(at_beats, 60.0, hat.strength(0.42), open_hat);
            } else if busy || sixteenth % 2 == 0 {
                band.strike(at_beats, 60.0, hat.strength(strength), closed_hat);
            }
        }
    }
}
