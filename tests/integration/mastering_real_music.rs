//! Mastered real music, measured by ffmpeg: an excerpt of each of the 41 pieces in every preset; the whole pieces in
//! `make soak`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use segue::analysis::Analysis;
use segue::decode::{TrackAudio, survey};
use segue::mastering::Presets;
use segue::progress::Silent;
use segue::render::measure;
use segue::site::TrackId;

use crate::support::music;
use crate::support::run::{Cost, Segue, folder, say};
use crate::support::site::{Rendition, Site, text};
use crate::support::tools;

/// By how many decibels two presets differ at least, in some octave or in loudness.
const LEAST_DIFFERENCE: f64 = 0.5;

/// What no true peak of what is mastered passes behind AAC, in dBTP.
const HIGHEST: f64 = -0.3;

/// Over hours of music the encoder errs by more now and then, at the loudest of drum hits: it may in one of so many
/// renditions, and to this true peak.
const RARELY: (usize, f64) = (50, 1.5);

/// What ffmpeg's ebur128 filter measures.
pub(crate) struct Measured {
    pub(crate) integrated: f64,
    pub(crate) range: f64,
    pub(crate) true_peak: f64,
}

pub(crate) fn by_ffmpeg(file: &Path) -> Measured {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-nostats", "-i"])
        .arg(file)
        .args([
            "-af",
            "ebur128=peak=true:framelog=verbose",
            "-f",
            "null",
            "-",
        ])
        .output()
        .expect("ffmpeg runs");
    assert!(
        output.status.success(),
        "ffmpeg measures {}",
        file.display()
    );
    let said = String::from_utf8_lossy(&output.stderr);
    let summary = said.split("Summary:").nth(1).expect("ebur128 sums up");
    let number = |key: &str| {
        let line = summary
            .lines()
            .find_map(|line| line.trim().strip_prefix(key));
        let word = line.and_then(|line| line.split_whitespace().next());
        word.and_then(|word| word.parse().ok()).expect("a number")
    };
    Measured {
        integrated: number("I:"),
        range: number("LRA:"),
        true_peak: number("Peak:"),
    }
}

/// Runs work on two threads, since ffmpeg's filter takes one.
fn in_pairs<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = Mutex::new(items.iter());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let item = next.lock().expect("no panic holds it").next();
                    let Some(item) = item else { break };
                    work(item);
                }
            });
        }
    });
}

#[test]
fn excerpts_have_the_loudness_that_is_told() {
    let test = "mastering_real_music::excerpts_have_the_loudness_that_is_told";
    let _cost = Cost::of(test);
    hold_against_ffmpeg(test, Some(30));
}

#[test]
#[ignore = "takes long: make soak"]
fn whole_pieces_have_the_loudness_that_is_told() {
    hold_against_ffmpeg("mastering_real_music::whole_pieces", None);
}

/// Renders all pieces in all presets and holds each rendition against ffmpeg.
fn hold_against_ffmpeg(test: &str, excerpt_seconds: Option<u32>) {
    let Some(pieces) = music::pieces(test).filter(|_| tools::ffmpeg_or_skip(test)) else {
        return;
    };
    let scratch = folder();
    let library = scratch.path().join("library");
    std::fs::create_dir(&library).expect("a folder");
    for piece in &pieces {
        let out = library.join(&piece.name).with_extension("flac");
        let mut arguments: Vec<String> = Vec::new();
        if let Some(seconds) = excerpt_seconds {
            // Some pieces are shorter than a minute: those begin at their begin.
            let survey = survey(&piece.path).expect("the piece can be read");
            let duration = survey.rate.seconds(survey.samples);
            let from = ((duration - f64::from(seconds)) / 2.0).max(0.0);
            arguments.extend([
                "-ss".into(),
                from.to_string(),
                "-t".into(),
                seconds.to_string(),
            ]);
        }
        arguments.extend([
            "-i".into(),
            piece.path.to_string_lossy().into_owned(),
            "-sample_fmt".into(),
            "s16".into(),
        ]);
        arguments.push(out.to_string_lossy().into_owned());
        tools::ffmpeg(arguments);
    }
    let site = Site::at(&scratch.path().join("site"));
    Segue::render_presets(&library, site.path(), "all").run_well();
    let renditions = site.all_renditions();
    assert_eq!(
        renditions.len(),
        pieces.len() * Presets::default().all().len()
    );
    let failures = Mutex::new(Vec::new());
    let (rows, peaks) = (Mutex::new(BTreeSet::new()), Mutex::new(Vec::new()));
    in_pairs(&renditions, |rendition| {
        match hold(rendition, scratch.path()) {
            Ok((row, peak)) => {
                peaks.lock().expect("no panic holds it").extend(peak);
                rows.lock().expect("no panic holds it").insert(row);
            }
            Err(failure) => failures.lock().expect("no panic holds it").push(failure),
        }
    });
    let failures = failures.into_inner().expect("no panic holds it");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    for row in rows.into_inner().expect("no panic holds it") {
        say(&row);
    }
    check_peaks(
        &peaks.into_inner().expect("no panic holds it"),
        excerpt_seconds.is_none(),
    );
    // Whole pieces would show the same, in half an hour.
    if excerpt_seconds.is_some() {
        presets_differ(&library, &pieces, scratch.path());
    }
}

/// Holds the true peaks behind AAC of all that was mastered against what they may be.
fn check_peaks(peaks: &[f64], are_whole: bool) {
    let over: Vec<&f64> = peaks.iter().filter(|peak| **peak > HIGHEST).collect();
    let count = peaks.len();
    say(&format!(
        "true peaks above {HIGHEST} dBTP behind AAC, of {count}: {over:?}"
    ));
    let (one_of, highest) = RARELY;
    let is_rare = over.len() * one_of <= count && over.iter().all(|peak| **peak <= highest);
    assert!(over.is_empty() || are_whole && is_rare, "{over:?}");
}

/// Holds a rendition's loudness against what ffmpeg measures. Gives the true peak that is left behind AAC, too, where it
/// is mastered.
fn hold(rendition: &Rendition, scratch: &Path) -> Result<(String, Option<f64>), String> {
    let variant = text(&rendition.manifest["variant"]);
    let name = format!("{} {variant}", text(&rendition.manifest["track"]));
    let told = |key: &str| rendition.manifest["loudness"][key].as_f64();
    let Some(integrated) = told("integrated_lufs") else {
        return Ok((format!("{name}: silence"), None));
    };
    let folder = scratch.join(name.replace(' ', "-"));
    std::fs::create_dir(&folder).expect("a folder");
    let file = rendition.join_segments(&folder);
    let heard = by_ffmpeg(&file);
    std::fs::remove_dir_all(&folder).expect("the folder can be removed");
    let row = format!(
        "{name}: told {integrated:.2} LUFS {:.2} dBTP, ffmpeg hears {:.1} LUFS {:.1} dBTP behind AAC",
        told("true_peak_dbtp").unwrap_or(f64::NAN),
        heard.integrated,
        heard.true_peak
    );
    if (integrated - heard.integrated).abs() > 0.3 {
        return Err(format!("{row}: the loudness is off"));
    }
    let range = told("range_lu").unwrap_or(f64::INFINITY);
    // ffmpeg counts the first three seconds before they are full, too, which tells in half a minute: EBU Tech 3341
    // calls a range that is taken of less than a minute unstable.
    if (range - heard.range).abs() > 1.0 {
        return Err(format!(
            "{row}: the range is {range} LU, ffmpeg hears {} LU",
            heard.range
        ));
    }
    Ok((row, (variant != "original").then_some(heard.true_peak)))
}

/// What the limiter does to a piece, and where its loudness was to be.
struct Limited {
    most_db: f64,
    target: f64,
}

impl Limited {
    fn of(source: &Path, preset: &str) -> Self {
        let analyze = Segue::new("analyze")
            .with(source)
            .with("--json")
            .with("-p")
            .with(preset);
        let told: serde_json::Value =
            serde_json::from_str(&analyze.run_well().stdout).expect("JSON");
        let number = |key: &str| told["decision"][key].as_f64().expect("a number");
        Self {
            most_db: number("most_limited_db"),
            target: number("target_lufs"),
        }
    }

    fn hold(&self, heard: &Measured) -> Result<(), String> {
        if heard.true_peak > -1.0 {
            return Err(format!("{} dBTP before encoding", heard.true_peak));
        }
        if self.most_db > 6.0 {
            return Err(format!("the limiter takes {} dB", self.most_db));
        }
        let off = heard.integrated - self.target;
        // ffmpeg tells tenths.
        if self.most_db < 2.0 && off.abs() > 0.35 {
            return Err(format!(
                "{off:.1} LU from its target, though the limiter takes {} dB",
                self.most_db
            ));
        }
        Ok(())
    }
}

/// Holds limiter, target, and the peak before encoding against ffmpeg, and every pair of presets against each other.
fn presets_differ(library: &Path, pieces: &[music::Piece], scratch: &Path) {
    let failures = Mutex::new(Vec::new());
    let table = Mutex::new(BTreeMap::new());
    let met = Mutex::new([0; 2]);
    in_pairs(pieces, |piece| {
        let source = library.join(&piece.name).with_extension("flac");
        let mut spectra = Vec::new();
        for preset in Presets::default().all() {
            let out = scratch.join(format!("{}-{}.wav", piece.name, preset.name));
            Segue::new("export")
                .with(&source)
                .with("-o")
                .with(&out)
                .with("-p")
                .with(&preset.name)
                .run_well();
            if preset.name != "original" {
                let heard = by_ffmpeg(&out);
                let limited = Limited::of(&source, &preset.name);
                let mut counts = met.lock().expect("no panic holds it");
                counts[usize::from(limited.most_db >= 2.0)] += 1;
                drop(counts);
                if let Err(fault) = limited.hold(&heard) {
                    failures
                        .lock()
                        .expect("no panic holds it")
                        .push(format!("{} {}: {fault}", piece.name, preset.name));
                }
            }
            spectra.push((preset.name.clone(), octaves(&out)));
            std::fs::remove_file(&out).expect("the export can be removed");
        }
        for (index, (one, levels)) in spectra.iter().enumerate() {
            for (other, others) in &spectra[index + 1..] {
                let most = levels
                    .iter()
                    .zip(others)
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f64::max);
                let key = (one.clone(), other.clone());
                let mut table = table.lock().expect("no panic holds it");
                let differences: &mut Vec<f64> = table.entry(key).or_default();
                differences.push(most);
            }
        }
    });
    let [below, above] = met.into_inner().expect("no panic holds it");
    say(&format!(
        "limiter below 2 dB, and so within 0.3 LU of the target: {below}; above: {above}"
    ));
    assert!(
        3 * below > above,
        "many renditions can have their target: {below} of {}",
        below + above
    );
    say("how two presets differ, in the octave or the loudness where they differ most:");
    for ((one, other), mut differences) in table.into_inner().expect("no panic holds it") {
        differences.sort_by(f64::total_cmp);
        let (least, middle) = (differences[0], differences[differences.len() / 2]);
        let enough = differences
            .iter()
            .filter(|difference| **difference >= LEAST_DIFFERENCE)
            .count();
        say(&format!(
            "{one:9} {other:9} least {least:5.2} dB, median {middle:5.2} dB"
        ));
        // `adaptive` leaves alone what is as it should be, and may happen to decide what another preset does.
        let may_be_alike = if one == "adaptive" || other == "adaptive" {
            pieces.len() / 10
        } else {
            0
        };
        if enough + may_be_alike < pieces.len() {
            failures
                .lock()
                .expect("no panic holds it")
                .push(format!("{one} and {other} are alike: {differences:.2?}"));
        }
    }
    let failures = failures.into_inner().expect("no panic holds it");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The levels of the octaves from 31.5 Hz to 16 kHz in decibels, and the loudness.
fn octaves(file: &Path) -> Vec<f64> {
    let survey = survey(file).expect("an export");
    let id = TrackId::from_hash(&survey.encoded_audio);
    let measured =
        measure(&TrackAudio::new(file, survey), id, &Silent).expect("it can be measured");
    let mut levels: Vec<f64> = (0..10)
        .map(|octave| {
            let thirds = 3 * octave + 1..3 * octave + 4;
            10.0 * thirds
                .map(|third| measured.third_octave(third))
                .sum::<f64>()
                .max(1e-12)
                .log10()
        })
        .collect();
    levels.push(Analysis::of(&measured).integrated_lufs.unwrap_or(-70.0));
    levels
}
