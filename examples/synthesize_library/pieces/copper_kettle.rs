//! Two guitars by a fire: one picks patterns, the other sings.
//!
//! The chords name five strings each, from the lowest, so that the picking
//! hand can find them by number. The tune comes a second time in two voices.

use crate::Failure;
use crate::drums::{shaker, wood_knock};
use crate::effects::{Room, finished};
use crate::instruments::{guitar, upright_bass};
use crate::mix::{Band, Manner, Mix};
use crate::notation::{Clock, G_MAJOR, Note, excerpt, harmonised, lowest, read};

const FIRST: &str = "
    B4:1 D5 G5:1.5 F#5:.5 | F#5:1 E5:.5 D5 A4:2 | G4:1 B4 E5:1.5 D5:.5 | D5:1 C5:.5 B4 G4:2 |
    B4:1 D5 G5 A5 | A5 G5:.5 E5 C5:2 | D5:.5 E5 F#5:1 G5 A5 | F#5:1.5 E5:.5 D5:2";

const SECOND: &str = "
    G5:1.5 F#5:.5 E5:1 B4 | C5 E5 G5:2 | B5:1.5 A5:.5 G5:1 D5 | F#5 A5:2 r:1 |
    B5:1 G5:.5 A5 B5:1 E5 | G5 E5 C5 E5 | A5:1.5 G5:.5 E5:1 C5 | D5 E5:.5 F#5 A5:2";

const FIRST_CHORDS: &str = "
    G2+D3+G3+B3+D4:4 F#2+D3+A3+D4+F#4 E2+E3+G3+B3+D4 C3+G3+C4+D4+G4
    B2+D3+G3+B3+D4 A2+E3+G3+C4+E4 D3+A3+C4+D4+G4 D3+A3+D4+F#4+A4";

const SECOND_CHORDS: &str = "
    E2+B2+G3+B3+E4:4 C3+G3+C4+E4+G4 G2+D3+G3+B3+D4 D3+A3+D4+F#4+A4
    E2+B2+G3+B3+E4 C3+G3+C4+E4+G4 A2+E3+G3+C4+E4 D3+A3+D4+F#4+A4";

/// Two bars of picking, the first tune, the second, the first in two voices.
pub(crate) fn copper_kettle() -> Result<Mix, Failure> {
    let clock = Clock {
        swing: 0.54,
        slowing_from_beats: 102.0,
        slowing_seconds: 0.02,
        ..Clock::steady(116.0)
    };
    // The high rate is there to be tested; a guitar has little above 15 kHz.
    let mut band = Band::new(96_000, 59.5, clock, 37);
    let (first, second) = (read(FIRST)?, read(SECOND)?);
    let (first_chords, second_chords) = (read(FIRST_CHORDS)?, read(SECOND_CHORDS)?);
    let picking = Manner::new(0.36, -0.38, 0.25).strength(0.45);
    let singing = Manner::new(0.85, 0.34, 0.32).strength(0.7);
    let parts = [
        (0.0, travis(&excerpt(&first_chords, 0.0, 8.0)), 0.2),
        (8.0, travis(&first_chords), 0.25),
        (40.0, travis(&second_chords), 0.45),
        (72.0, travis(&first_chords), 0.55),
    ];
    for (from_beats, notes, strength) in parts {
        band.play(&notes, from_beats, picking.strength(strength), guitar);
    }
    band.play(&first, 8.0, singing.strength(0.35), guitar);
    band.play(&second, 40.0, singing.strength(0.65), guitar);
    band.play(&first, 72.0, singing.strength(0.8), guitar);
    let answering = Manner::new(0.6, 0.05, 0.35).strength(0.6);
    band.play(&harmonised(&first, &G_MAJOR, -2), 72.0, answering, guitar);
    let bass = Manner::new(0.45, 0.0, 0.08).strength(0.55);
    band.play(&lowest(&second_chords), 40.0, bass, upright_bass);
    band.play(&lowest(&first_chords), 72.0, bass, upright_bass);
    hands(&mut band);
    let last = picking.gain(0.26).strum(0.055);
    band.play(&read("G2+D3+G3+B3+D4+G4:4")?, 104.0, last, guitar);
    band.play(
        &read("r:.5 B4:.5 D5 G5:3")?,
        104.0,
        singing.strength(0.3),
        guitar,
    );
    Ok(finished(
        band.mix,
        &Room::new(1.3, 6000.0, 0.012, 0.2),
        3.5,
        2.5,
    ))
}

/// A shaker, and knocks on the wood, under the last sixteen bars.
fn hands(band: &mut Band) {
    for eighth in 0..128_u32 {
        let at_beats = 40.0 + f64::from(eighth) / 2.0;
        let accent = if eighth % 4 == 2 { 0.6 } else { 0.3 };
        band.strike(
            at_beats,
            60.0,
            Manner::new(0.5, 0.6, 0.2).strength(accent),
            shaker,
        );
        if eighth % 8 == 0 || eighth % 8 == 3 {
            band.strike(at_beats, 45.0, Manner::new(0.45, -0.2, 0.2), wood_knock);
        } else if eighth % 8 == 4 {
            band.strike(at_beats, 57.0, Manner::new(0.35, -0.2, 0.3), wood_knock);
        }
    }
}

/// Picking as Merle Travis did: the thumb walks the low strings on the beats,
/// the fingers answer between them.
fn travis(chords: &[Note]) -> Vec<Note> {
    let mut picked = Vec::new();
    for chord in chords {
        for (eighth, string) in [
            (0, 0),
            (1, 3),
            (2, 1),
            (3, 4),
            (4, 0),
            (5, 3),
            (6, 2),
            (7, 4),
        ] {
            let keys = vec![chord.keys[string]];
            let start_beats = chord.start_beats + f64::from(eighth) / 2.0;
            picked.push(Note::new(start_beats, 1.4, keys));
        }
    }
    picked
}
