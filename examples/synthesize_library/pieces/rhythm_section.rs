//! What a rhythm section makes of chords by name: voicings for the left hand,
//! a walking bass, brushes.
//!
//! Chance decides between the habits of each player; it comes from the band,
//! whose seed is fixed, so that the same take is played on every run.

use crate::Failure;
use crate::drums::{brush_swirl, brush_tap, ride, soft_kick};
use crate::instruments::{grand_piano, upright_bass};
use crate::mix::{Band, Manner};
use crate::notation::{Note, read};
use crate::sound::{real, whole};

/// Chords of the left hand, in a rhythm that changes from bar to bar.
pub(super) fn left_hand(
    band: &mut Band,
    chords: &str,
    from_beats: f64,
    strength: f64,
) -> Result<(), Failure> {
    let how = Manner::new(0.23, -0.2, 0.2).strength(strength).spread(0.3);
    // Where in the bar a chord begins, and its length.
    let rhythms: [&[(f64, f64)]; 4] = [
        &[(0.0, 1.3), (1.5, 0.5)],
        &[(0.5, 0.6), (2.5, 1.2)],
        &[(0.0, 0.4), (2.5, 0.4)],
        &[(1.5, 1.8)],
    ];
    let mut bar_beats = from_beats;
    for name in chords.split_whitespace() {
        let (_, keys, _) = voicing(name)?;
        let choice = one_of_four(band);
        for (at_beats, beats) in rhythms[choice] {
            let note = Note::new(*at_beats, *beats, keys.clone());
            band.play(&[note], bar_beats, how, grand_piano);
        }
        bar_beats += 4.0;
    }
    Ok(())
}

/// A bass that walks: root, third, fifth, then a half step beside the next root.
pub(super) fn walk(
    band: &mut Band,
    chords: &str,
    from_beats: f64,
    level: f64,
) -> Result<(), Failure> {
    let how = Manner::new(0.62, 0.1, 0.06)
        .strength(0.6 * level)
        .held(0.98);
    let names: Vec<&str> = chords.split_whitespace().collect();
    let mut bar_beats = from_beats;
    for (bar, name) in names.iter().enumerate() {
        let (root, _, third) = voicing(name)?;
        let (next, _, _) = voicing(names[(bar + 1) % names.len()])?;
        let beside = if band.random.unit() < 0.5 {
            next - 1.0
        } else {
            next + 1.0
        };
        let middle = match one_of_four(band) {
            0 => [third, 7.0],
            1 => [7.0, third],
            2 => [-5.0, -2.0],
            _ => [7.0, 9.0],
        };
        for (beat, key) in [root, root + middle[0], root + middle[1], beside]
            .into_iter()
            .enumerate()
        {
            let at_beats = bar_beats + real(beat);
            let note = Note::new(0.0, 1.0, vec![key]);
            band.play(&[note], at_beats, how, upright_bass);
        }
        bar_beats += 4.0;
    }
    Ok(())
}

/// Brushes on the snare, a ride cymbal when it is loud, and a soft bass drum.
pub(super) fn brushes(band: &mut Band, from_beats: f64, bars: usize, level: f64) {
    let swirl = Manner::new(0.4, -0.25, 0.15)
        .strength(0.5 * level)
        .held(1.9);
    let tap = Manner::new(0.6, 0.15, 0.2).strength(0.6 * level);
    let cymbal = Manner::new(0.42, 0.5, 0.12).strength(0.5 * level);
    let drum = Manner::new(0.4, 0.0, 0.05).strength(0.4 * level);
    for bar in 0..bars {
        let start_beats = from_beats + real(bar) * 4.0;
        for beat in [0.0, 1.0, 2.0, 3.0] {
            band.strike(start_beats + beat, 60.0, swirl, brush_swirl);
            if level > 0.5 {
                band.strike(start_beats + beat, 60.0, cymbal, ride);
                band.strike(start_beats + beat, 36.0, drum, soft_kick);
            }
        }
        for beat in [1.0, 3.0] {
            band.strike(start_beats + beat, 60.0, tap, brush_tap);
            if level > 0.5 {
                let light = cymbal.strength(0.35 * level);
                band.strike(start_beats + beat + 0.5, 60.0, light, ride);
            }
        }
        if bar % 4 == 3 {
            band.strike(start_beats + 3.5, 60.0, tap, brush_tap);
        }
    }
}

/// The bass note, a voicing without it, and the third of a named chord.
fn voicing(name: &str) -> Result<(f64, Vec<f64>, f64), Failure> {
    let (root, keys, third) = match name {
        "Gm7" => ("G2", "F3+A3+Bb3+D4", 3.0),
        "C7" => ("C3", "E3+A3+Bb3+D4", 4.0),
        "Fmaj7" => ("F2", "E3+G3+A3+C4", 4.0),
        "Dm7" => ("D3", "F3+A3+C4+E4", 3.0),
        "D7" => ("D3", "F#3+A3+C4+Eb4", 4.0),
        "Cm7" => ("C3", "Eb3+G3+Bb3+D4", 3.0),
        "F7" => ("F2", "Eb3+G3+A3+D4", 4.0),
        "Bbmaj7" => ("Bb2", "D3+F3+A3+C4", 4.0),
        "Am7" => ("A2", "G3+B3+C4+E4", 3.0),
        _ => return Err(Failure::new(format!("the trio knows no chord `{name}`"))),
    };
    let notes = read(&format!("{root} {keys}"))?;
    Ok((notes[0].keys[0], notes[1].keys.clone(), third))
}

/// A throw of a die with four sides, from 0.
fn one_of_four(band: &mut Band) -> usize {
    whole((band.random.unit() * 4.0).floor()).min(3)
}
