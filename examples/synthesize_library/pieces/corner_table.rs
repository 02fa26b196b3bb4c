//! A jazz trio in a listening room; its one long take is cut into two tracks.
//!
//! It is written as a lead sheet: chords by name, a melody, solos. What the
//! left hand, the bass and the drums make of the chords is in
//! [`super::rhythm_section`].

use super::rhythm_section::{brushes, left_hand, walk};
use crate::Failure;
use crate::drums::{crash, hand_clap};
use crate::effects::{Room, finished};
use crate::instruments::{grand_piano, upright_bass};
use crate::mix::{Band, Manner, Mix, Place, Touch};
use crate::notation::{Clock, excerpt, read, transposed};

/// An odd number just before the first beat of the piano solo, while the notes
/// that lead there still sound; no block of any codec ends there.
const CUT_SAMPLE: usize = 2_210_117;

const CHORDS_A: &str = "Gm7 C7 Fmaj7 Dm7 Gm7 C7 Fmaj7 D7";

const CHORDS_B: &str = "Cm7 F7 Bbmaj7 Bbmaj7 Am7 D7 Gm7 C7";

const CHORDS_END: &str = "Gm7 C7 Am7 D7 Gm7 C7";

const MELODY: &str = "
    r:.5 D5 F5 A5 Bb5:1 A5:.5 G5 | A5:1.5 G5:.5 E5:1 r | r:.5 C5 E5 G5 A5:1 G5:.5 F5 |
    E5:1.5 C5:.5 A4:1 r |
    Bb4:.5 D5 F5 A5 G5 F5 D5 Bb4 | C5 E5 G5 Bb5 Ab5 G5 E5 Db5 | C5:1.5 D5:.5 C5:1 A4 |
    G4 r D5:.5 E5 F5 F#5";

const BRIDGE: &str = "
    Bb5:1 G5:.5 Eb5 r D5 Eb5 G5 | A5:1.5 G5:.5 Eb5:1 C5 | D5:.5 F5 A5 C6 Bb5:1 A5 | F5:2 r |
    r:.5 E5 G5 B5 C6:1 B5:.5 A5 | Eb5 F#5 A5 C6 Bb5 A5 F#5 Eb5 | D5:1.5 F5:.5 A5:1 Bb5 |
    G5 E5:.5 Bb4 Db5:2";

const PIANO_SOLO: &str = "
    D6:.5 Bb5 A5 F5 D5 F5 A5 C6 | Bb5 G5 E5 C5 Db5 E5 G5:1 | r:.5 A5 G5 E5 C5 E5 G5 A5 |
    C6:1 A5 r F5:.5 A5 |
    D6:1 C6:.5 Bb5 A5 G5 F5 D5 | E5 G5 Bb5 D6 Db6:1 Bb5:.5 Ab5 | G5 A5 C6:1 A5:.5 F5 D5 C5 |
    A4:1 r F#5:.5 A5 C6 Eb6";

const BASS_SOLO: &str = "
    D3:.5 F3 Bb2:1 r:.5 A2 G2:1 | C3:.5 E3 G3 E3 Bb2:1 r | A2:.5 C3 E3 G3 F3:1 C3 |
    D3:1.5 A2:.5 F2:1 r |
    Bb2:.5 D3 F3:1 D3:.5 Bb2 G2:1 | E2:.5 G2 Bb2 Db3 C3:1 G2 | F2 A2:.5 C3 D3:1 C3:.5 A2 |
    F2:2 F#2:1 r";

const ENDING: &str = "
    r:.5 D5 F5 A5 Bb5:1 A5:.5 G5 | A5:1.5 G5:.5 E5:1 r | r:.5 C5 E5 G5 A5:1 G5:.5 E5 |
    Eb5:1.5 C5:.5 A4:1 r |
    Bb4:.5 D5 F5 A5 C6 D6 C6 A5 | Bb5 G5 E5 Db5 C5:1 r";

/// The take in two parts, whose samples follow on each other.
pub(crate) fn corner_table_cut() -> Result<(Mix, Mix), Failure> {
    let mut first = corner_table()?;
    let second = Mix {
        rate_hz: first.rate_hz,
        left: first.left.split_off(CUT_SAMPLE),
        right: first.right.split_off(CUT_SAMPLE),
        send: first.send.split_off(CUT_SAMPLE),
    };
    Ok((first, second))
}

/// A jazz trio with a listening room: intro, tune, solos, tune, applause.
fn corner_table() -> Result<Mix, Failure> {
    let clock = Clock {
        swing: 0.63,
        slowing_from_beats: 220.0,
        slowing_seconds: 0.012,
        ..Clock::steady(134.0)
    };
    let mut band = Band::new(44_100, 113.5, clock, 67);
    let melody = read(MELODY)?;
    let sing = Manner::new(0.42, -0.15, 0.22)
        .strength(0.66)
        .held(0.9)
        .spread(0.3);
    let softly = sing.strength(0.42);
    band.play(&excerpt(&melody, 16.0, 32.0), 0.0, softly, grand_piano);
    left_hand(&mut band, "Gm7 C7 Fmaj7 D7", 0.0, 0.3)?;
    // Each chorus: chords, first beat, level; the bass solo is the quiet one.
    let choruses = [
        (CHORDS_A, 16.0, 0.75),
        (CHORDS_A, 48.0, 0.85),
        (CHORDS_B, 80.0, 1.0),
        (CHORDS_A, 112.0, 1.0),
        (CHORDS_A, 144.0, 0.45),
        (CHORDS_B, 176.0, 1.0),
        (CHORDS_END, 208.0, 1.0),
    ];
    for (chords, from_beats, level) in choruses {
        left_hand(&mut band, chords, from_beats, 0.5 * level)?;
        brushes(
            &mut band,
            from_beats,
            chords.split_whitespace().count(),
            level,
        );
        if level > 0.5 {
            walk(&mut band, chords, from_beats, level)?;
        }
    }
    band.play(&melody, 16.0, sing.strength(0.55), grand_piano);
    band.play(&melody, 48.0, sing, grand_piano);
    band.play(&read(BRIDGE)?, 80.0, sing, grand_piano);
    band.play(&read(PIANO_SOLO)?, 112.0, sing.strength(0.75), grand_piano);
    let bass_solo = Manner::new(0.58, 0.1, 0.12).strength(0.8);
    band.play(&read(BASS_SOLO)?, 144.0, bass_solo, upright_bass);
    for (score, from_beats) in [(BRIDGE, 176.0), (ENDING, 208.0)] {
        let tune = read(score)?;
        band.play(&tune, from_beats, sing.strength(0.78), grand_piano);
        band.play(&transposed(&tune, 12.0), from_beats, softly, grand_piano);
    }
    last_chord(&mut band)?;
    Ok(finished(
        band.mix,
        &Room::new(1.5, 4200.0, 0.02, 0.17),
        3.0,
        3.0,
    ))
}

/// The final chord rolled upwards, a cymbal, and the room that applauds.
fn last_chord(band: &mut Band) -> Result<(), Failure> {
    let roll = Manner::new(0.27, -0.1, 0.25).strength(0.7).strum(0.06);
    band.play(
        &read("F2+C3+E3+A3+D4+G4+C5+E5+A5:7")?,
        232.0,
        roll,
        grand_piano,
    );
    band.play(
        &read("F1:6")?,
        232.0,
        Manner::new(0.8, 0.1, 0.1),
        upright_bass,
    );
    band.strike(232.0, 60.0, Manner::new(0.3, 0.4, 0.3).strength(0.4), crash);
    let begin_seconds = band.clock.seconds(232.0) + 1.7;
    for _ in 0..900 {
        // One listener begins, the others join within a second, and it thins out.
        let late = band.random.unit();
        let at_seconds = begin_seconds + 1.1 * band.random.unit() + 3.8 * late * late;
        let touch = Touch {
            rate_hz: band.mix.rate_hz,
            frequency_hz: 0.0,
            held_seconds: 0.0,
            strength: 0.2 + 0.8 * band.random.unit(),
        };
        let pan = band.random.noise();
        let samples = hand_clap(&touch, &mut band.random);
        band.mix.add(
            &samples,
            at_seconds,
            Place {
                gain: 0.28,
                pan,
                send: 0.5,
            },
        );
    }
    Ok(())
}
