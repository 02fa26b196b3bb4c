//! Hostile sources: whatever a file holds, it harms nothing but itself.
//!
//! Two thousand mutations of valid files go through the program as a user would send them: a folder of some hundred,
//! one `segue render --json`, judged by its events. Memory is bounded by the kernel: an allocation that follows a
//! header's promise ends the program, and the test with it. Time is bounded for each file, in proportion to its size.
//! `make soak` goes on with other seeds.

mod crafted;
mod mutations;
mod sources;
mod watched;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use segue::library::{CoverCache, Pictures};
use serde_json::Value;

use crate::support::library::Library;
use crate::support::run::{Cost, Outcome, Segue, folder, say};
use crate::support::tools;
use mutations::{Random, mutate};
use sources::{Original, originals};
use watched::{Watched, render_bounded};

/// Files in a batch.
const BATCH: usize = 250;

/// What came of a batch.
#[derive(Default)]
struct Tally {
    rendered: usize,
    failed: usize,
    /// What was said of those at which a decoder broke.
    broken: Vec<String>,
    /// What took longest, and how long.
    slowest: Option<(String, Duration)>,
}

impl Tally {
    /// Keeps the slowest of all.
    fn take_time(&mut self, slowest: Option<(String, Duration)>) {
        let longest = |one: &(String, Duration), other: &(String, Duration)| one.1.cmp(&other.1);
        self.slowest = self
            .slowest
            .take()
            .into_iter()
            .chain(slowest)
            .max_by(longest);
    }
}

/// Sends mutations through the program.
fn check_mutations(test: &'static str, seed: u64, count: usize) {
    let _cost = Cost::of(test);
    if !tools::ffmpeg_or_skip(test) {
        return;
    }
    let scratch = folder();
    let originals = originals(scratch.path());
    let mut tally = Tally::default();
    for first in (0..count).step_by(BATCH) {
        let folder = scratch.path().join(format!("batch-{first}"));
        let library = Library::at(&folder.join("library"));
        let numbers = first..count.min(first + BATCH);
        let names = write_mutations(&library, &originals, seed, numbers);
        let Watched { outcome, slowest } = render_bounded(&library, &folder.join("site"));
        judge(&names, &outcome, &mut tally);
        tally.take_time(slowest);
        // A batch that failed stays where it is, to be looked at.
        fs::remove_dir_all(&folder).expect("the batch can be removed");
    }
    say(&format!(
        "{test}: {} rendered, {} failed with a reason, since a decoder broke: {:?}; took longest: {:?}",
        tally.rendered, tally.failed, tally.broken, tally.slowest
    ));
    assert!(
        tally.rendered > count / 20 && tally.failed > count / 20,
        "the damage is neither harmless nor fatal throughout"
    );
}

/// Writes some of the mutations, and gives their names.
fn write_mutations(
    library: &Library,
    originals: &[Original],
    seed: u64,
    numbers: std::ops::Range<usize>,
) -> BTreeSet<String> {
    library.add_wav("zz good.wav", 1, 1);
    numbers
        .map(|number| {
            let original = &originals[number % originals.len()];
            let mut random = Random::seeded(seed.wrapping_add(number as u64));
            let name = format!("{number}-{}.{}", original.name, original.extension);
            fs::write(library.file(&name), mutate(&original.bytes, &mut random))
                .expect("the file can be written");
            name
        })
        .collect()
}

/// Each file is a track or has failed with its reason, and the good one is rendered.
fn judge(names: &BTreeSet<String>, outcome: &Outcome, tally: &mut Tally) {
    assert!(
        !outcome.stderr.contains("panicked at"),
        "no noise of a panic: {}",
        outcome.stderr
    );
    assert_eq!(
        outcome.code,
        Some(1),
        "the rest was done: {}",
        outcome.stderr
    );
    let events = outcome.events();
    let of = |kind: &str, field: &str| -> BTreeSet<String> {
        let events = events.iter().filter(|event| event["event"] == kind);
        events
            .filter_map(|event| Some(event[field].as_str()?.to_owned()))
            .collect()
    };
    let (identified, failed) = (of("identified", "source"), of("failed", "source"));
    let rendered = of("rendered", "source");
    let known: BTreeSet<String> = identified.union(&failed).cloned().collect();
    let all = names
        .iter()
        .cloned()
        .chain(["zz good.wav".to_owned()])
        .collect();
    assert_eq!(known, all, "each file is a track or has failed");
    assert!(
        rendered.contains("zz good.wav"),
        "the good file is rendered"
    );
    assert!(
        rendered.is_disjoint(&failed),
        "what has failed is not published"
    );
    let summary = events.last().expect("--json ends with a summary");
    assert_eq!(summary["event"], "summary");
    assert_eq!(summary["failed"], failed.len(), "each failure is counted");
    for event in events.iter().filter(|event| event["event"] == "failed") {
        check_reason(event, tally);
    }
    tally.rendered += rendered.len();
    tally.failed += failed.len();
}

/// The reason tells of the file. Nothing changed while it was read, and nothing is wrong with the site.
fn check_reason(failed: &Value, tally: &mut Tally) {
    let reason = failed["reason"].as_str().expect("a reason is text");
    assert!(reason.split_whitespace().count() > 3, "a reason: {failed}");
    assert!(
        !reason.contains("changed while"),
        "a wrong reason: {failed}"
    );
    if reason.contains("the decoder broke") {
        tally.broken.push(failed.to_string());
    }
}

#[test]
fn two_thousand_mutations_harm_nothing_but_themselves() {
    check_mutations(
        "hostile::two_thousand_mutations_harm_nothing_but_themselves",
        20_261_123,
        2000,
    );
}

#[test]
#[ignore = "soak: ten times as many, from another seed"]
fn twenty_thousand_mutations_harm_nothing_but_themselves() {
    check_mutations(
        "hostile::twenty_thousand_mutations_harm_nothing_but_themselves",
        987_654_321,
        20_000,
    );
}

#[test]
fn crafted_files_ask_in_vain() {
    let test = "hostile::crafted_files_ask_in_vain";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("zz good.wav", 1, 1);
    let files = crafted::crafted();
    for file in &files {
        fs::write(library.file(&file.name), &file.bytes).expect("the file can be written");
    }
    let Watched { outcome, slowest } = render_bounded(&library, &scratch.path().join("site"));
    say(&format!("{test}: took longest: {slowest:?}"));
    let names = files.iter().map(|file| file.name.clone()).collect();
    let mut tally = Tally::default();
    judge(&names, &outcome, &mut tally);
    assert_eq!(tally.failed, names.len(), "none of them is a track");
    assert!(
        tally.broken.is_empty(),
        "none of them gets to a decoder that it breaks: {:?}",
        tally.broken
    );
    for file in &files {
        let told = outcome
            .events()
            .into_iter()
            .find(|event| event["event"] == "failed" && event["source"] == file.name.as_str());
        let told = told.expect("it is told of").to_string();
        assert!(told.contains(file.reason), "{:?} in {told}", file.reason);
    }
}

#[test]
fn silence_costs_what_its_size_allows() {
    let test = "hostile::silence_costs_what_its_size_allows";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let frames = 121;
    let samples = u64::from(frames) * u64::from(crafted::DENSEST);
    let bytes = crafted::silence(frames, samples);
    assert!(bytes.len() < 2000, "three minutes in {} bytes", bytes.len());
    fs::write(library.file("dense.flac"), bytes).expect("the file can be written");
    let site = scratch.path().join("site");
    let Watched { outcome, slowest } = render_bounded(&library, &site);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    say(&format!("{test}: {samples} samples: {slowest:?}"));
    let events = outcome.events();
    let hours = events.last().expect("a summary")["audio_hours"].as_f64();
    let expected = 2.0 * samples as f64 / 44_100.0 / 3600.0;
    assert!(
        (hours.expect("a number") - expected).abs() < 1e-6,
        "two variants: {hours:?}"
    );
}

#[test]
fn deep_nesting_needs_no_deep_stack() {
    let scratch = folder();
    for file in crafted::crafted() {
        let path = scratch.path().join(file.name);
        fs::write(&path, file.bytes).expect("the file can be written");
        // What overflows its stack ends the whole program.
        let small = std::thread::Builder::new().stack_size(512 << 10);
        let thread = small.spawn(move || {
            segue::library::identify(&path, &Pictures::default(), &CoverCache::default()).is_err()
        });
        let is_refused = thread
            .expect("a thread")
            .join()
            .expect("no panic leaves it");
        assert!(is_refused);
    }
}

/// What is no sound in a file of floats, one in each of four frames.
const STRANGE: [f32; 4] = [f32::NAN, f32::INFINITY, -1e38, 3e7];

/// A second of stereo in floats, at half of full scale, with strange samples in the left channel.
fn write_strange(path: &Path, sample_rate: u32) {
    let specification = hound::WavSpec {
        channels: 2,
        sample_rate,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(path, specification).expect("the WAV can be made");
    for frame in 0..sample_rate as usize {
        let strange = frame.checked_sub(1000).and_then(|at| STRANGE.get(at));
        for sample in [*strange.unwrap_or(&0.5), 0.5] {
            writer.write_sample(sample).expect("the WAV can be written");
        }
    }
    writer.finalize().expect("the WAV can be closed");
}

#[test]
fn the_encoder_gets_sound_whatever_a_file_of_floats_holds() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let source = library.file("strange.wav");
    write_strange(&source, 44_100);
    let out = scratch.path().join("out.wav");
    Segue::export(&source, &out).run_well();
    let mut exported = hound::WavReader::open(&out).expect("a WAV");
    let samples: Vec<i16> = exported
        .samples()
        .map(|sample| sample.expect("a sample"))
        .collect();
    for (at, frame) in samples.chunks(2).enumerate() {
        let is_strange = (1000..1004).contains(&at);
        // The dither is at most one step.
        let is_kept = |sample: i16| (16_383..=16_385).contains(&sample);
        assert!(
            if is_strange {
                frame[0] == 0
            } else {
                is_kept(frame[0])
            },
            "{at}: {frame:?}"
        );
        assert!(is_kept(frame[1]), "{at}: {frame:?}");
    }
    // Through the conversion of the rate and the whole of mastering.
    write_strange(&source, 96_000);
    let outcome = render_bounded(&library, &scratch.path().join("site")).outcome;
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let events = outcome.events();
    let summary = events.last().expect("--json ends with a summary");
    assert_eq!(summary["warnings"][0]["silenced_samples"], STRANGE.len());
}
