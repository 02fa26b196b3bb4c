//! An evening hymn on a small organ, for one microphone.
//!
//! Four voices written out, in F; the same two lines are sung twice, the third
//! and fourth with all stops, and the last chord dies away in the church.

use crate::Failure;
use crate::effects::{Room, finished};
use crate::instruments::{full_organ, soft_organ};
use crate::mix::{Band, Manner, Mix};
use crate::notation::{Clock, read, transposed};

/// Soprano, alto, tenor, bass of each phrase; the last beat of each is held.
const CHORALE: [[&str; 4]; 5] = [
    [
        "A4:1 A4 Bb4 C5 Bb4 A4 G4:2",
        "F4:1 F4 F4 F4 G4 F4 E4:2",
        "C4:1 D4 D4 C4 D4 C4 C4:2",
        "F3:1 D3 Bb2 A2 Bb2 C3 C3:2",
    ],
    [
        "C5:1 D5 C5 Bb4 A4 G4 F4:2",
        "F4:1 F4 F4 F4 F4 E4 C4:2",
        "A3:1 Bb3 C4 D4 C4 Bb3 A3:2",
        "F3:1 Bb2 A2 G2 C3 C3 F2:2",
    ],
    [
        "A4:1 D5 C#5 D5 E5 F5 E5:2",
        "F4:1 F4 E4 F4 G4 A4 G4:2",
        "D4:1 D4 A3 A3 C4 C4 C4:2",
        "D3:1 Bb2 A2 D3 C3 F3 C3:2",
    ],
    [
        "F5:1 E5 D5 C5 Bb4 A4 G4 F4:3",
        "A4:1 A4 F4 F4 G4 F4 E4 C4:3",
        "C4:1 C4 Bb3 C4 D4 C4 Bb3 A3:3",
        "F3:1 A2 Bb2 A2 G2 C3 C3 F2:3",
    ],
    ["F4:2 F4:5", "D4:2 C4:5", "Bb3:2 A3:5", "Bb2:2 F2:5"],
];

/// Two verses of soft stops, one with all of them, and an amen.
pub(crate) fn evening_chorale() -> Result<Mix, Failure> {
    let clock = Clock {
        slowing_from_beats: 46.0,
        slowing_seconds: 0.012,
        ..Clock::steady(63.0)
    };
    let mut band = Band::new(44_100, 66.0, clock, 41);
    // Each line: phrase, first beat, level, whether all stops are drawn.
    let lines = [
        (0, 0.0, 0.4, false),
        (1, 8.25, 0.4, false),
        (0, 17.0, 0.52, false),
        (1, 25.25, 0.52, false),
        (2, 34.0, 0.5, true),
        (3, 42.5, 0.58, true),
        (4, 54.5, 0.34, false),
    ];
    for (phrase, from_beats, level, all_stops) in lines {
        let instrument = if all_stops { full_organ } else { soft_organ };
        for (voice, score) in CHORALE[phrase].iter().enumerate() {
            let gain = level * if voice == 0 { 0.62 } else { 0.5 };
            let how = Manner::new(gain, 0.0, 0.9).held(0.985).loose(0.008);
            let notes = read(score)?;
            band.play(&notes, from_beats, how, instrument);
            if voice == 3 && level > 0.45 {
                // The pedal doubles the bass an octave lower.
                band.play(&transposed(&notes, -12.0), from_beats, how, soft_organ);
            }
        }
    }
    Ok(finished(
        band.mix,
        &Room::new(3.6, 2800.0, 0.025, 0.14),
        2.5,
        3.0,
    ))
}
