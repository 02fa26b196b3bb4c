//! Ten seconds of real music in every combination of format, rate and layout that ffmpeg can write: one library, one run.
//!
//! The length has to be the original's wherever the format tells delay and padding, and what ffmpeg decodes where it
//! does not. Each file is made a little quieter than the one before, so that no two hold the same audio (the same packets in
//! two containers would share one track).

mod cases;

use std::path::Path;

use self::cases::{Case, Length, SECONDS, make_library, make_sources, published_rate, source_path};
use crate::support::music;
use crate::support::run::{Cost, Outcome, Segue, folder, say};
use crate::support::site::{Rendition, Site};
use crate::support::sound;
use crate::support::tools::{self, decode};

const PRE_ROLL: usize = 1024;

/// How long a case's track has to be, and by how much it may be off.
fn expected_length(case: &Case, library: &Path) -> (u64, u64) {
    let decoded_rate = case.decoded_rate();
    let length = match case.format.length {
        Length::Original => u64::from(decoded_rate) * SECONDS,
        Length::Decoded(_) => decode(&case.file(library), case.channels, None).frames() as u64,
    };
    let published = published_rate(decoded_rate);
    if published == decoded_rate {
        (length, 0)
    } else {
        (length * u64::from(published) / u64::from(decoded_rate), 1)
    }
}

/// What is wrong with a case's rendition, if anything.
fn fault(case: &Case, rendition: &Rendition, library: &Path) -> Option<String> {
    let (expected, tolerance) = expected_length(case, library);
    let samples = rendition.samples();
    if samples.abs_diff(expected) > tolerance {
        return Some(format!(
            "{samples} samples, should be {expected} (within {tolerance})"
        ));
    }
    let rate = u64::from(published_rate(case.decoded_rate()));
    if rendition.number("sample_rate") != rate {
        return Some(format!(
            "published at {} Hz, should be {rate}",
            rendition.number("sample_rate")
        ));
    }
    let channels = case.channels.min(2);
    (rendition.channels() != channels)
        .then(|| format!("{} channels, should be {channels}", rendition.channels()))
}

/// What is wrong with what ffmpeg makes of a case's rendition, and with where its sound stands, if anything. The latter
/// only for sources of one or two channels; those whose rate is converted are looked at in one lossless format.
fn misalignment(
    case: &Case,
    rendition: &Rendition,
    sources: &Path,
    scratch: &Path,
) -> Option<String> {
    let joined = rendition.join_segments(scratch);
    let result = decode(&joined, case.channels.min(2), None);
    std::fs::remove_file(joined).expect("the joined file can be removed");
    if !result.warnings.is_empty() {
        return Some(format!("ffmpeg warned: {}", result.warnings));
    }
    if result.frames() as u64 != rendition.decoded_samples() {
        return Some(format!(
            "{} samples decoded, should be {}",
            result.frames(),
            rendition.decoded_samples()
        ));
    }
    let converted = published_rate(case.rate) != case.rate;
    if case.channels > 2 || (converted && case.format.name != "wav_s24") {
        return None;
    }
    let late = match case.format.length {
        Length::Original => 0,
        Length::Decoded(late) => late,
    };
    let rate = published_rate(case.decoded_rate());
    let filter = format!("aresample={rate},volume={}:precision=double", case.gain);
    let source = decode(
        &source_path(sources, case.rate, case.layout),
        case.channels,
        Some(&filter),
    );
    for channel in 0..case.channels {
        let original = sound::channel(&source.samples, case.channels, channel);
        let ours = sound::channel(
            &result.samples[PRE_ROLL * case.channels..],
            case.channels,
            channel,
        );
        let lag = sound::lag(&original, &ours, 2 * 44_100, 22_050, 1_300);
        if lag != late {
            return Some(format!(
                "channel {channel} lags by {lag} samples, should by {late}"
            ));
        }
        let aligned = &ours[late.unsigned_abs()..];
        let snr = sound::snr(
            &original[..original.len() - 2_000],
            &aligned[..original.len() - 2_000],
        );
        if snr < 8.0 {
            return Some(format!("channel {channel} has {snr:.1} dB"));
        }
    }
    None
}

/// What is wrong with a case that is missing from the site, if anything: only AAC and Opus of more than two channels may
/// be refused, by name and with a reason.
fn wrongly_refused(case: &Case, outcome: &Outcome) -> Option<String> {
    let reason = outcome.reason_for(&case.stem());
    if !case.may_be_refused() {
        return Some(format!("should render; said was: {reason:?}"));
    }
    match reason {
        None => Some("is refused without a word".to_owned()),
        Some(reason) if !reason.contains("channel") => {
            Some(format!("is refused for no clear reason: {reason}"))
        }
        Some(_) => None,
    }
}

/// Holds a 5.1 source against a mix of its channels as ITU-R BS.775 has it, whatever the gain.
fn check_mixdown(rendition: &Rendition, sources: &Path, scratch: &Path) {
    let pan = "pan=stereo|c0=0.4*FL+0.2828*FC+0.2828*BL|c1=0.4*FR+0.2828*FC+0.2828*BR";
    let expected = decode(&source_path(sources, 48_000, "5.1"), 2, Some(pan));
    let result = decode(&rendition.join_segments(scratch), 2, None).without_warning();
    for channel in 0..2 {
        let expected = sound::channel(&expected.samples, 2, channel);
        let ours = sound::channel(&result.samples[PRE_ROLL * 2..], 2, channel);
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            a.iter()
                .zip(b)
                .map(|(&a, &b)| f64::from(a) * f64::from(b))
                .sum()
        };
        let likeness =
            dot(&expected, &ours) / (dot(&expected, &expected) * dot(&ours, &ours)).sqrt();
        assert!(
            likeness > 0.998,
            "the mixdown of {} is like the standard's by {likeness:.4}",
            rendition.title
        );
    }
}

#[test]
fn every_format_rate_and_layout() {
    let test = "matrix::every_format_rate_and_layout";
    let _cost = Cost::of(test);
    let Some(piece) = music::excerpt_source(test).filter(|_| tools::ffmpeg_or_skip(test)) else {
        return;
    };
    let scratch = folder();
    let library = scratch.path().join("library");
    std::fs::create_dir(&library).expect("the folder can be made");
    make_sources(&piece, scratch.path());
    let (cases, impossible) = make_library(scratch.path(), &library);
    say(&format!(
        "matrix: {} files; {impossible} combinations do not exist",
        cases.len()
    ));
    assert!(
        cases.len() > 300,
        "ffmpeg could make most of the combinations"
    );

    let site = Site::at(&scratch.path().join("site"));
    let outcome = Segue::render(&library, site.path()).run();
    let renditions = site.by_title();
    let refused = cases.len() - renditions.len();
    say(&format!("matrix: {refused} refused"));
    let mut faults = Vec::new();
    for case in &cases {
        let found = match renditions.get(&case.stem()) {
            None => wrongly_refused(case, &outcome),
            Some(rendition) => fault(case, rendition, &library)
                .or_else(|| misalignment(case, rendition, scratch.path(), scratch.path())),
        };
        faults.extend(found.map(|fault| format!("{}: {fault}", case.stem())));
    }
    assert!(
        faults.is_empty(),
        "{} of {} are wrong:\n{}",
        faults.len(),
        cases.len(),
        faults.join("\n")
    );
    assert_eq!(
        outcome.code,
        Some(i32::from(refused > 0)),
        "the exit code; said was: {}",
        outcome.stderr
    );
    site.check();
    check_mixdown(
        &renditions["flac_s24-48000-5.1"],
        scratch.path(),
        scratch.path(),
    );
}
