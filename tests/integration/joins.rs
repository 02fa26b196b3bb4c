//! The joins between segments: no worse than the same moments of one continuous encode.
//!
//! Both encodes are compared with the PCM before encoding (`segue export -o OUT.wav`), in windows of 512 samples from 4
//! before to 6 after each join. Two encodes at a constant bit rate never agree unit by unit: their bit reservoirs differ,
//! and with them single windows by 10 dB and more in either direction, whatever the run-in. What holds, measured on 527
//! joins made right (run-in of 4, 6, 8 and 16 units) and wrong:
//! - in each of the ten places around a join, the segments are within 1.5 dB of the continuous encode on the average of
//!   all joins (right: at most 1.4; a run-in of 0 or 1 unit, or 1024 samples too little look-ahead: 17 and more);
//! - no window is far worse than the worst that the continuous encode has within 0.7 s (right: at most 4.9 dB; wrong: 18
//!   and more). This is what finds a click at a single join.
//!
//! The measure is tested itself: it passes segments made as they should be, and rejects the others.

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
/// By how many dB a window may be worse than the worst of the continuous encode near it.
const FLOOR_ALLOWANCE: f64 = 8.0;
/// How many windows before and after a join are near it.
const NEAR: usize = 64;
/// Windows quieter than this (dB of full scale) hold nothing but rounding.
const QUIET: f64 = -60.0;
const BITRATE: u32 = 192_000;
/// Access units in a segment by default: 6 s at 44.1 kHz, down to a multiple of 16.
const SEGMENT_UNITS: usize = 256;

/// A window at a join.
struct Window {
    join: usize,
    place: usize,
    /// By how many dB the segments are worse than the continuous encode here.
    loss: f64,
    /// By how many dB they are worse than the worst window of the continuous encode nearby.
    below_floor: f64,
}

/// The three signals that are compared: interleaved, aligned, of one length.
struct Signals<'a> {
    reference: &'a [f32],
    segmented: &'a [f32],
    continuous: &'a [f32],
    channels: usize,
}

impl Signals<'_> {
    /// The SNR of a result in the window that starts `offset` windows from a join; `None` where there is no such window
    /// or nothing to hear in it.
    fn snr(&self, result: &[f32], join: usize, offset: isize) -> Option<f64> {
        let start = join.checked_add_signed(offset * WINDOW.cast_signed())? * self.channels;
        let window = start..start + WINDOW * self.channels;
        let mut comparison = Comparison::default();
        comparison.add(
            self.reference.get(window.clone())?,
            result.get(window.clone())?,
        );
        (comparison.level(window.len()) >= QUIET).then(|| comparison.snr())
    }

    /// The windows around a join.
    fn windows(&self, join: usize) -> Vec<Window> {
        let near = -NEAR.cast_signed()..NEAR.cast_signed();
        let floor = near
            .filter_map(|offset| self.snr(self.continuous, join, offset))
            .fold(f64::INFINITY, f64::min);
        (0..BEFORE + AFTER)
            .filter_map(|place| {
                let offset = place.cast_signed() - BEFORE.cast_signed();
                let segmented = self.snr(self.segmented, join, offset)?;
                let continuous = self.snr(self.continuous, join, offset)?;
                Some(Window {
                    join,
                    place,
                    loss: continuous - segmented,
                    below_floor: floor - segmented,
                })
            })
            .collect()
    }

    /// The windows around all joins.
    fn all_windows(&self, joins: &[usize]) -> Vec<Window> {
        joins.iter().flat_map(|&join| self.windows(join)).collect()
    }
}

/// The mean loss in each place around the joins; 0 where no window is loud enough.
fn mean_losses(windows: &[Window]) -> [f64; BEFORE + AFTER] {
    std::array::from_fn(|place| {
        let chosen = windows.iter().filter(|window| window.place == place);
        let losses: Vec<f64> = chosen.map(|window| window.loss).collect();
        losses.iter().sum::<f64>() / sound::count(losses.len().max(1))
    })
}

/// What is wrong with the joins; empty when they are as good as no join.
fn faults(windows: &[Window]) -> Vec<String> {
    let places = mean_losses(windows).into_iter().enumerate();
    let worse = places
        .filter(|(_, loss)| *loss > MEAN_ALLOWANCE)
        .map(|(place, loss)| {
            format!("window {place} of {BEFORE}+{AFTER} is {loss:.1} dB worse on average")
        });
    let clicks = windows
        .iter()
        .filter(|window| window.below_floor > FLOOR_ALLOWANCE)
        .map(|window| {
            format!(
                "join {} window {} is {:.1} dB below all near it",
                window.join, window.place, window.below_floor
            )
        });
    worse.chain(clicks).collect()
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
    let judge = |segmented: &[f32]| {
        let signals = Signals {
            reference: &reference,
            segmented,
            continuous: &continuous,
            channels: 2,
        };
        faults(&signals.all_windows(&joins))
    };
    let made = |run_in, look_ahead| {
        segmented_encode(&pcm, BITRATE, 43, run_in, look_ahead, scratch.path())
    };
    assert_eq!(
        judge(&made(8, DELAY)),
        Vec::<String>::new(),
        "segments made right pass"
    );
    assert!(
        !judge(&made(1, DELAY)).is_empty(),
        "a run-in of one unit is heard"
    );
    assert!(!judge(&made(0, DELAY)).is_empty(), "no run-in is heard");
    assert!(
        !judge(&made(8, DELAY - UNIT)).is_empty(),
        "too little look-ahead is heard"
    );

    let mut damaged = made(8, DELAY);
    damaged[(joins[3] - 512) * 2..(joins[3] + 512) * 2].fill(0.0);
    assert!(
        !judge(&damaged).is_empty(),
        "one lost unit at one join is heard"
    );
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
    let mut all = Vec::new();
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
        let on_grid = joins
            .iter()
            .zip(1..)
            .all(|(&join, n)| join == n * SEGMENT_UNITS * UNIT);
        assert!(on_grid, "{name} is cut on the grid");
        let reference = pcm.floats();
        let continuous = continuous_encode(&pcm, BITRATE, scratch.path());
        let whole = sound::snr(&reference, &continuous) - sound::snr(&reference, &segmented);
        assert!(
            whole < 1.0,
            "{name} as a whole is {whole:.2} dB worse than the continuous encode"
        );
        let signals = Signals {
            reference: &reference,
            segmented: &segmented,
            continuous: &continuous,
            channels: pcm.channels,
        };
        let windows = signals.all_windows(&joins);
        let deepest = windows
            .iter()
            .map(|window| window.below_floor)
            .fold(f64::NEG_INFINITY, f64::max);
        say(&format!(
            "{name}: {} joins, {whole:.2} dB as a whole, deepest {deepest:.1} dB",
            joins.len()
        ));
        all.extend(windows);
    }
    say(&format!(
        "joins: mean losses by place {:.1?} dB",
        mean_losses(&all)
    ));
    assert_eq!(faults(&all), Vec::<String>::new());
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
