//! A tiny text notation for melodies and chords, and the clock that plays it.
//!
//! A score is words between blanks: `D5:1.5` is a key with its length in
//! beats, `C4+E4+G4:2` a chord, `r:1` a rest. A word without a length takes
//! that of the word before it, and a lone `|` is a bar line that is only there
//! for the reader. Text keeps the music readable as music in the source.

use crate::Failure;

/// Steps of scales above the tone C, for [`harmonised`].
pub(crate) const C_MAJOR: [f64; 7] = [0.0, 2.0, 4.0, 5.0, 7.0, 9.0, 11.0];
pub(crate) const G_MAJOR: [f64; 7] = [0.0, 2.0, 4.0, 6.0, 7.0, 9.0, 11.0];

/// Keys that sound together, at a place in the score.
#[derive(Clone)]
pub(crate) struct Note {
    pub start_beats: f64,
    pub beats: f64,
    pub keys: Vec<f64>,
}

impl Note {
    pub(crate) fn new(start_beats: f64, beats: f64, keys: Vec<f64>) -> Self {
        Self {
            start_beats,
            beats,
            keys,
        }
    }
}

/// Reads a score, or says which word of it is wrong.
pub(crate) fn read(text: &str) -> Result<Vec<Note>, Failure> {
    let mut notes = Vec::new();
    let mut start_beats = 0.0;
    let mut beats = 1.0;
    for word in text.split_whitespace().filter(|word| *word != "|") {
        let (names, length) = word.split_once(':').unwrap_or((word, ""));
        if !length.is_empty() {
            beats = length.parse().map_err(|_| bad_word(word))?;
        }
        if names != "r" {
            let keys: Option<Vec<f64>> = names.split('+').map(key_of_name).collect();
            let keys = keys.ok_or_else(|| bad_word(word))?;
            notes.push(Note::new(start_beats, beats, keys));
        }
        start_beats += beats;
    }
    Ok(notes)
}

fn bad_word(word: &str) -> Failure {
    Failure::new(format!("the score has the word `{word}`, which is no note"))
}

/// The key of a name such as `F#4` or `Bb3`; 60 is the middle C, `C4`.
fn key_of_name(name: &str) -> Option<f64> {
    let mut letters = name.chars();
    let step = match letters.next()? {
        'C' => 0.0,
        'D' => 2.0,
        'E' => 4.0,
        'F' => 5.0,
        'G' => 7.0,
        'A' => 9.0,
        'B' => 11.0,
        _ => return None,
    };
    let rest = letters.as_str();
    let (shift, octave) = match rest.chars().next()? {
        '#' => (1.0, &rest[1..]),
        'b' => (-1.0, &rest[1..]),
        _ => (0.0, rest),
    };
    let octave: f64 = octave.parse().ok()?;
    Some((octave + 1.0) * 12.0 + step + shift)
}

/// The same notes, so many semitones higher or lower.
pub(crate) fn transposed(notes: &[Note], semitones: f64) -> Vec<Note> {
    let mut shifted = notes.to_vec();
    for key in shifted.iter_mut().flat_map(|note| &mut note.keys) {
        *key += semitones;
    }
    shifted
}

/// The notes from one beat up to another, moved so that the first is beat 0.
pub(crate) fn excerpt(notes: &[Note], from_beats: f64, to_beats: f64) -> Vec<Note> {
    let inside = |note: &&Note| note.start_beats >= from_beats && note.start_beats < to_beats;
    let mut part: Vec<Note> = notes.iter().filter(inside).cloned().collect();
    for note in &mut part {
        note.start_beats -= from_beats;
    }
    part
}

/// Only the bass of every chord.
pub(crate) fn lowest(chords: &[Note]) -> Vec<Note> {
    let mut bass = chords.to_vec();
    for note in &mut bass {
        note.keys.truncate(1);
    }
    bass
}

/// A second voice some steps of the scale away, as two singers harmonise.
pub(crate) fn harmonised(notes: &[Note], scale: &[f64], steps: isize) -> Vec<Note> {
    // The keys of the scale in every octave, from the lowest to the highest.
    let ladder: Vec<f64> = (0..11)
        .flat_map(|octave| {
            scale
                .iter()
                .map(move |step| f64::from(octave) * 12.0 + step)
        })
        .collect();
    let mut second = notes.to_vec();
    for key in second.iter_mut().flat_map(|note| &mut note.keys) {
        let place = ladder.iter().position(|rung| (rung - *key).abs() < 0.5);
        let moved = place.and_then(|place| place.checked_add_signed(steps));
        if let Some(rung) = moved.and_then(|place| ladder.get(place)) {
            *key = *rung;
        }
    }
    second
}

/// When each beat falls: tempo, swing, a breathing tempo and a slowing end.
#[derive(Clone)]
pub(crate) struct Clock {
    pub beats_per_minute: f64,
    /// Where the second eighth falls within its beat: 0.5 is straight.
    pub swing: f64,
    /// How far the pulse leans forward and back over a phrase.
    pub rubato_seconds: f64,
    pub phrase_beats: f64,
    /// From here on every beat is a little longer than the one before.
    pub slowing_from_beats: f64,
    pub slowing_seconds: f64,
}

impl Clock {
    /// A strict pulse, to be varied by struct update.
    pub(crate) fn steady(beats_per_minute: f64) -> Self {
        Self {
            beats_per_minute,
            swing: 0.5,
            rubato_seconds: 0.0,
            phrase_beats: 8.0,
            slowing_from_beats: f64::MAX,
            slowing_seconds: 0.0,
        }
    }

    /// The moment of a beat.
    pub(crate) fn seconds(&self, beats: f64) -> f64 {
        let inside = beats - beats.floor();
        let swung = if inside < 0.5 {
            inside * 2.0 * self.swing
        } else {
            self.swing + (inside - 0.5) * 2.0 * (1.0 - self.swing)
        };
        let even = (beats.floor() + swung) * 60.0 / self.beats_per_minute;
        let phase = beats / self.phrase_beats * std::f64::consts::TAU;
        let late_beats = (beats - self.slowing_from_beats).max(0.0);
        // The cosine starts at its edge, so that the first beat falls at 0.
        even + self.rubato_seconds * (1.0 - phase.cos()) / 2.0
            + self.slowing_seconds * late_beats * late_beats
    }
}
