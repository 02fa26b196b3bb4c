//! A small musette orchestra: a waltz that starts alone in minor, turns to
//! major, and dances.
//!
//! The tunes are written out; bass and offbeat chords follow from the names of
//! the chords, one for each bar.

use crate::Failure;
use crate::drums::{brush_tap, tambourine};
use crate::effects::{Room, finished};
use crate::instruments::{accordion, bell, small_guitar, upright_bass};
use crate::mix::{Band, Manner, Mix};
use crate::notation::{C_MAJOR, Clock, harmonised, read, transposed};

const MINOR: &str = "
    E5:2 A5:1 | C6:2 B5:1 | A5 F5 D5 | F5:3 | E5:1 G#5 B5 | D6:2 B5:1 | C6 B5 A5 | E5:3 |
    A5:1 C6 F6 | E6:2 C6:1 | G5 C6 E6 | D6:2 C6:1 | D6 A5 F5 | E5 G#5 D6 | C6 B5 G#5 | A5:3";

const MAJOR: &str = "
    G5:1 E6:1.5 D6:.5 | C6:2 G5:1 | F5 D6:1.5 C6:.5 | B5:3 |
    B5:1 F6:1.5 E6:.5 | D6:2 B5:1 | C6 E6 G6 | E6:3 |
    A6:1.5 G6:.5 F6:1 | C6:2 A5:1 | G6:1.5 F6:.5 E6:1 | C#6:2 A5:1 |
    D6 F6 A6 | G6 F6 B5 | C6:3 | B5:1 G#5 E5";

/// One bar for each word: the first bass, the chord, by the names of the chords.
const MINOR_CHORDS: &str = "Am Am Dm Dm E7 E7 Am Am F F C G7 Dm E7 Am Am";
const MAJOR_CHORDS: &str = "C C G7 G7 G7 G7 C C F F C A7 Dm G7 C E7";

/// Four bars of introduction, three times sixteen, and an ending.
pub(crate) fn paper_boat() -> Result<Mix, Failure> {
    let clock = Clock {
        rubato_seconds: 0.12,
        phrase_beats: 24.0,
        slowing_from_beats: 162.0,
        slowing_seconds: 0.03,
        ..Clock::steady(172.0)
    };
    let mut band = Band::new(44_100, 62.0, clock, 23);
    let (minor, major) = (read(MINOR)?, read(MAJOR)?);
    oom_pah_pah(&mut band, "Am Am E7 E7", 0.0, 0.5)?;
    oom_pah_pah(&mut band, MINOR_CHORDS, 12.0, 0.6)?;
    oom_pah_pah(&mut band, MAJOR_CHORDS, 60.0, 0.9)?;
    oom_pah_pah(&mut band, MINOR_CHORDS, 108.0, 1.15)?;
    oom_pah_pah(&mut band, "Dm E7 Am", 156.0, 0.6)?;
    let bells = Manner::new(0.26, 0.25, 0.5).strength(0.55);
    let reeds = Manner::new(0.45, -0.12, 0.28).strength(0.7).held(0.93);
    band.play(&minor, 12.0, bells, bell);
    band.play(&major, 60.0, reeds, accordion);
    band.play(&minor, 108.0, reeds.strength(0.8), accordion);
    let sixth_below = harmonised(&minor, &C_MAJOR, -5);
    band.play(&sixth_below, 108.0, reeds.strength(0.5), accordion);
    band.play(&transposed(&minor, 12.0), 108.0, bells.gain(0.17), bell);
    let ending = read("D5:1 F5 A5 | G#5 B5 E6 | A4+E5+A5+C6:5")?;
    band.play(&ending, 156.0, bells.strength(0.45), bell);
    band.play(&read("A4+C5+E5:5")?, 162.0, reeds.strength(0.35), accordion);
    offbeats(&mut band);
    Ok(finished(
        band.mix,
        &Room::new(1.7, 5200.0, 0.018, 0.2),
        3.0,
        2.5,
    ))
}

/// Brushes from the major part on, and a tambourine for the last dance.
fn offbeats(band: &mut Band) {
    for bar in 20..52_u32 {
        let at_beats = f64::from(bar) * 3.0;
        let brush = Manner::new(0.4, -0.3, 0.2).strength(if bar < 36 { 0.35 } else { 0.6 });
        band.strike(at_beats + 1.0, 60.0, brush, brush_tap);
        band.strike(at_beats + 2.0, 60.0, brush, brush_tap);
        if bar >= 36 {
            let jingle = Manner::new(0.2, 0.45, 0.3);
            band.strike(at_beats, 60.0, jingle, tambourine);
            band.strike(at_beats + 1.5, 60.0, jingle.strength(0.3), tambourine);
        }
    }
}

/// Bass on the first beat, a chord on the second and third, for every bar.
fn oom_pah_pah(band: &mut Band, chords: &str, from_beats: f64, level: f64) -> Result<(), Failure> {
    let bass = Manner::new(0.62, -0.1, 0.12).strength(0.6 * level);
    let strum = Manner::new(0.24, 0.35, 0.3)
        .strength(0.45 * level)
        .strum(0.012);
    let mut start_beats = from_beats;
    for (bar, name) in chords.split_whitespace().enumerate() {
        let (root, fifth, chord) = match name {
            "Am" => ("A2", "E2", "A3+C4+E4"),
            "Dm" => ("D3", "A2", "A3+D4+F4"),
            "E7" => ("E2", "B2", "G#3+D4+E4"),
            "F" => ("F2", "C3", "A3+C4+F4"),
            "C" => ("C3", "G2", "G3+C4+E4"),
            "G7" => ("G2", "D3", "G3+B3+F4"),
            "A7" => ("A2", "E3", "G3+C#4+E4"),
            _ => return Err(Failure::new(format!("the waltz knows no chord `{name}`"))),
        };
        let low = if bar % 2 == 0 { root } else { fifth };
        band.play(&read(&format!("{low}:1"))?, start_beats, bass, upright_bass);
        let offbeats = read(&format!("r:1 {chord}:.8 r:.2 {chord}:.7"))?;
        band.play(&offbeats, start_beats, strum, small_guitar);
        start_beats += 3.0;
    }
    Ok(())
}
