//! The joins between segments: no worse than the same moments of one continuous encode.
//!
//! Both encodes are compared with the PCM before encoding (`segue export -o OUT.wav`), in windows of 512 samples from 4
//! before to 6 after each join. Two encodes at a constant bit rate never agree unit by unit: their bit reservoirs differ,
//! and with them single windows by some dB in either direction (measured with a run-in of 4, 8 and 16 units alike: a
//! sixth of the windows is more than 1.5 dB worse, as many are better, the mean is 0). So the 1.5 dB hold for each of
//! the ten places around a join on the average of all joins; each join by itself and each window by itself have wider
//! bounds, which a click still breaks (it costs a window 19 dB and more).
//! The measure is tested itself: it passes segments made as they should be, and rejects too little run-in or look-ahead.

use std::path::Path;

use crate::support::continuous::{DELAY, Pcm, UNIT, continuous_encode, segmented_encode};
use crate::support::run::{Cost, Segue, folder, say};
use crate::support::site::Site;
use crate::support::sound::{self, Comparison, Sound};
use crate::support::{music, tools};

/// Samples in a window.
const WINDOW: usize = 512;
/// Windows before and after a join.
const BEFORE: usize = 4;
const AFTER: usize = 6;
/// By how many dB the segments may be worse on the average of all joins, in each of the ten places.
const MEAN_ALLOWANCE: f64 = 1.5;
/// The same for one join on the average of its windows: 2.1 was the worst of 130 joins made right.
const JOIN_ALLOWANCE: f64 = 3.0;
/// The same for a single window: 8.6 was the worst of 1600 made right.
const WINDOW_ALLOWANCE: f64 = 12.0;
/// Windows quieter than this (dB of full scale) hold nothing but rounding.
const QUIET: f64 = -60.0;
const BITRATE: u32 = 192_000;
/// Access units in a segment by default: 6 s at 44.1 kHz, down to a multiple of 16.
const SEGMENT_UNITS: usize = 256;

/// A window at a join and how much worse it is than the continuous encode's.
struct Window {
    join: usize,
    place: usize,
    loss: f64,
}

/// Measures all windows around the joins. All three signals are interleaved and aligned.
fn windows(
    reference: &[f32],
    segmented: &[f32],
    continuous: &[f32],
    channels: usize,
    joins: &[usize],
) -> Vec<Window> {
    let mut windows = Vec::new();
    for &join in joins {
        for place in 0..BEFORE + AFTER {
            let from = (join + place * WINDOW - BEFORE * WINDOW) * channels;
            let to = from + WINDOW * channels;
            if to > reference.len() {
                continue;
            }
            let measure = |result: &[f32]| {
                let mut comparison = Comparison::default();
                comparison.add(&reference[from..to], &result[from..to]);
                comparison
            };
            let (segmented, continuous) = (measure(segmented), measure(continuous));
            if segmented.level(to - from) >= QUIET {
                let loss = continuous.snr() - segmented.snr();
                windows.push(Window { join, place, loss });
            }
        }
    }
    windows
}

/// The mean loss of the windows that `chosen` picks; 0 if none is loud enough.
fn mean_loss(windows: &[Window], chosen: impl Fn(&Window) -> bool) -> f64 {
    let losses: Vec<f64> = windows
        .iter()
        .filter(|window| chosen(window))
        .map(|window| window.loss)
        .collect();
    losses.iter().sum::<f64>() / sound::count(losses.len().max(1))
}

/// What is wrong with the joins; empty when they are as good as no join.
fn faults(windows: &[Window]) -> Vec<String> {
    let mut faults = Vec::new();
    for place in 0..BEFORE + AFTER {
        let loss = mean_loss(windows, |window| window.place == place);
        if loss > MEAN_ALLOWANCE {
            faults.push(format!(
                "window {place} of {BEFORE}+{AFTER} is {loss:.1} dB worse on average"
            ));
        }
    }
    let mut joins: Vec<usize> = windows.iter().map(|window| window.join).collect();
    joins.dedup();
    for join in joins {
        let loss = mean_loss(windows, |window| window.join == join);
        if loss > JOIN_ALLOWANCE {
            faults.push(format!("the join at {join} is {loss:.1} dB worse"));
        }
    }
    for window in windows
        .iter()
        .filter(|window| window.loss > WINDOW_ALLOWANCE)
    {
        faults.push(format!(
            "join {} window {} is {:.1} dB worse",
            window.join, window.place, window.loss
        ));
    }
    faults
}

/// Windows of a steady tone at the joins whose SNR is below all the rest's by more than 1.5 dB. The first and last four
/// units are left out: the tone starts and stops there.
fn tone_faults(reference: &[f32], result: &[f32], joins: &[usize]) -> Vec<String> {
    let ends = 4 * UNIT;
    let near = |at: usize| {
        joins
            .iter()
            .any(|&join| at + BEFORE * WINDOW >= join && at < join + AFTER * WINDOW)
    };
    let measured: Vec<(usize, f64)> = (ends..reference.len() - ends - WINDOW)
        .step_by(WINDOW)
        .map(|at| {
            (
                at,
                sound::snr(&reference[at..at + WINDOW], &result[at..at + WINDOW]),
            )
        })
        .collect();
    let rest = measured
        .iter()
        .filter(|(at, _)| !near(*at))
        .map(|(_, snr)| *snr)
        .fold(f64::INFINITY, f64::min);
    assert!(
        rest > 30.0,
        "a tone should come through well everywhere, not at {rest:.1} dB"
    );
    measured
        .iter()
        .filter(|(at, snr)| near(*at) && *snr < rest - 1.5)
        .map(|(at, snr)| format!("{snr:.1} dB at {at}, {rest:.1} dB away from joins"))
        .collect()
}

/// Sixty seconds of music as a WAV, or nothing, said loudly.
fn minute_of_music(test: &str, wav: &Path) -> Option<()> {
    if !tools::ffmpeg_or_skip(test) {
        return None;
    }
    let source = music::excerpt_source(test)?;
    tools::ffmpeg([
        "-ss",
        "300",
        "-i",
        &source.to_string_lossy(),
        "-t",
        "60",
        "-c:a",
        "pcm_s16le",
        &wav.to_string_lossy(),
    ]);
    Some(())
}

#[test]
fn the_measure_knows_good_joins_from_bad_ones() {
    let test = "joins::the_measure_knows_good_joins_from_bad_ones";
    let _cost = Cost::of(test);
    let scratch = folder();
    let wav = scratch.path().join("source.wav");
    if minute_of_music(test, &wav).is_none() {
        return;
    }
    let pcm = Pcm::read(&wav);
    let reference = pcm.floats();
    let continuous = continuous_encode(&pcm, BITRATE, scratch.path());
    let lag = sound::lag(
        &sound::channel(&reference, 2, 0),
        &sound::channel(&continuous, 2, 0),
        44_100,
        44_100,
        2 * UNIT,
    );
    assert_eq!(lag, 0, "the continuous encode is aligned with its source");
    // One every 43 units: coprime to what a segment has, and enough joins for an average in a minute.
    let joins: Vec<usize> = (1..pcm.frames() / (43 * UNIT))
        .map(|n| n * 43 * UNIT)
        .collect();
    let judged = |run_in, look_ahead| {
        let segmented = segmented_encode(&pcm, BITRATE, 43, run_in, look_ahead, scratch.path());
        faults(&windows(&reference, &segmented, &continuous, 2, &joins))
    };
    assert_eq!(
        judged(8, DELAY),
        Vec::<String>::new(),
        "segments made right pass"
    );
    assert!(
        !judged(1, DELAY).is_empty(),
        "a run-in of one unit is heard"
    );
    assert!(!judged(0, DELAY).is_empty(), "no run-in is heard");
    assert!(
        !judged(8, DELAY - UNIT).is_empty(),
        "too little look-ahead is heard"
    );

    let mut damaged = segmented_encode(&pcm, BITRATE, 43, 8, DELAY, scratch.path());
    for sample in &mut damaged[(joins[3] - 512) * 2..(joins[3] + 512) * 2] {
        *sample = 0.0;
    }
    let found = faults(&windows(&reference, &damaged, &continuous, 2, &joins));
    assert!(!found.is_empty(), "one lost unit at one join is heard");
}

#[test]
fn the_tone_measure_knows_good_joins_from_bad_ones() {
    let test = "joins::the_tone_measure_knows_good_joins_from_bad_ones";
    let _cost = Cost::of(test);
    if !tools::ffmpeg_or_skip(test) {
        return;
    }
    let scratch = folder();
    let pcm = Pcm {
        samples: sound::synthesise(Sound::Sine(440.0), 44_100, 1, 44_100 * 20),
        channels: 1,
        sample_rate: 44_100,
    };
    let joins: Vec<usize> = (1..=13).map(|n| n * 64 * UNIT).collect();
    let judged = |run_in| {
        let segmented = segmented_encode(&pcm, BITRATE / 2, 64, run_in, DELAY, scratch.path());
        tone_faults(&pcm.floats(), &segmented, &joins)
    };
    assert_eq!(judged(8), Vec::<String>::new(), "segments made right pass");
    assert!(!judged(1).is_empty(), "a run-in of one unit is heard");
}

/// Renders one file, and returns its rendition decoded (pre-roll taken away) with the reference PCM and the joins.
fn render_and_decode(wav: &Path, scratch: &Path) -> (Pcm, Vec<f32>, Vec<usize>) {
    let library = scratch.join("library");
    std::fs::create_dir_all(&library).expect("the folder can be made");
    std::fs::rename(wav, library.join("piece.wav")).expect("the source can be moved");
    let site = Site::at(&scratch.join("site"));
    Segue::render(&library, site.path()).run_well();
    let exported = scratch.join("reference.wav");
    Segue::export(&library.join("piece.wav"), &exported).run_well();
    let pcm = Pcm::read(&exported);
    let rendition = site.only_rendition();
    assert_eq!(
        pcm.frames() as u64,
        rendition.samples(),
        "export gives what is encoded"
    );
    let decoded =
        tools::decode(&rendition.join_segments(scratch), pcm.channels, None).without_warning();
    let from = UNIT * pcm.channels;
    let aligned = decoded.samples[from..from + pcm.samples.len()].to_vec();
    let joins = rendition
        .segments()
        .iter()
        .skip(1)
        .map(|segment| usize::try_from(segment.start).expect("a start fits"))
        .collect();
    (pcm, aligned, joins)
}

#[test]
fn joins_are_as_good_as_a_continuous_encode() {
    let test = "joins::joins_are_as_good_as_a_continuous_encode";
    let _cost = Cost::of(test);
    let Some(pieces) = music::pieces(test).filter(|_| tools::ffmpeg_or_skip(test)) else {
        return;
    };
    for name in ["music000", "music003", "music005", "track2", "track10"] {
        let scratch = folder();
        let piece = pieces
            .iter()
            .find(|piece| piece.name == name)
            .expect("the piece is in its package");
        let wav = scratch.path().join("cut.wav");
        tools::ffmpeg([
            "-i",
            &piece.path.to_string_lossy(),
            "-t",
            "180",
            "-c:a",
            "pcm_s16le",
            &wav.to_string_lossy(),
        ]);
        let (pcm, segmented, joins) = render_and_decode(&wav, scratch.path());
        assert!(joins.len() >= 11, "{name} has joins to look at");
        assert!(
            joins
                .iter()
                .zip(1..)
                .all(|(&join, n)| join == n * SEGMENT_UNITS * UNIT),
            "{name} is cut on the grid"
        );
        let reference = pcm.floats();
        let continuous = continuous_encode(&pcm, BITRATE, scratch.path());
        let measured = windows(&reference, &segmented, &continuous, pcm.channels, &joins);
        let whole = sound::snr(&reference, &continuous) - sound::snr(&reference, &segmented);
        say(&format!(
            "{name}: {} joins, {:.2} dB worse at joins on average, {whole:.2} dB as a whole",
            joins.len(),
            mean_loss(&measured, |_| true)
        ));
        assert_eq!(faults(&measured), Vec::<String>::new(), "{name}");
        assert!(
            whole < 1.0,
            "{name} is as good as the continuous encode as a whole, not {whole:.2} dB worse"
        );
    }
}

#[test]
fn a_sine_shows_no_join() {
    let test = "joins::a_sine_shows_no_join";
    let _cost = Cost::of(test);
    if !tools::ffmpeg_or_skip(test) {
        return;
    }
    for channels in [1, 2] {
        let scratch = folder();
        let wav = scratch.path().join("cut.wav");
        sound::write_wav(&wav, Sound::Sine(440.0), 44_100, channels, 44_100 * 60);
        let (pcm, segmented, joins) = render_and_decode(&wav, scratch.path());
        assert_eq!(joins.len(), 9, "a minute has ten segments");
        for channel in 0..pcm.channels {
            let reference = sound::channel(&pcm.floats(), pcm.channels, channel);
            let result = sound::channel(&segmented, pcm.channels, channel);
            assert_eq!(
                tone_faults(&reference, &result, &joins),
                Vec::<String>::new(),
                "channel {channel} of {channels}"
            );
        }
    }
}
