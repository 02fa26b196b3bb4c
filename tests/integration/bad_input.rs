//! Input that is broken: named with its reason, the rest renders, nothing is left half written.

use std::fs;
use std::path::Path;

use crate::support::library::Library;
use crate::support::run::{Cost, Outcome, Segue, folder};
use crate::support::site::{Site, files_below};
use crate::support::tools;

/// A WAV header with these numbers, and whatever data follows it.
fn wav(channels: u16, rate: u32, claimed: u32, data: &[u8]) -> Vec<u8> {
    let frame = channels.saturating_mul(2);
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend(claimed.saturating_add(36).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(u32::from(frame)).to_le_bytes());
    bytes.extend(frame.to_le_bytes());
    bytes.extend(16_u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(claimed.to_le_bytes());
    bytes.extend(data);
    bytes
}

/// Renders a bad file beside a good one, and holds what came of it against the contract.
fn check_bad(test: &'static str, name: &str, make: impl FnOnce(&Library)) {
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    make(&library);
    library.add_wav("zz good.wav", 1, 8);
    let site = Site::at(&scratch.path().join("site"));
    let outcome = Segue::render(library.path(), site.path()).run();
    check_survived(&site, &outcome, &[name]);
}

/// Exit code 1, each bad file named with a reason, the good one there, nothing left over.
fn check_survived(site: &Site, outcome: &Outcome, bad: &[&str]) {
    assert_eq!(
        outcome.code,
        Some(1),
        "something failed, the rest was done; said was: {}",
        outcome.stderr
    );
    for name in bad {
        let reason = outcome.reason_for(name);
        assert!(
            reason.is_some(),
            "{name} is named with a reason; said was: {}",
            outcome.stderr
        );
        assert!(
            !outcome.stderr.contains("panicked at"),
            "{name} makes no noise of a panic: {}",
            outcome.stderr
        );
    }
    let good = site
        .renditions()
        .into_iter()
        .filter(|rendition| rendition.title == "zz good")
        .count();
    assert_eq!(good, 1, "the good file is rendered");
    site.check();
    check_private_folder(site);
}

/// segue's own folder holds no media and no files of a rendition any more.
fn check_private_folder(site: &Site) {
    for path in files_below(&site.path().join(".segue")) {
        let name = path
            .file_name()
            .expect("a file has a name")
            .to_string_lossy()
            .into_owned();
        let published = ["m4s", "mp4", "m3u8", "mpd"]
            .iter()
            .any(|extension| name.ends_with(extension))
            || ["manifest.json", "track.json", "b3sums", "cover.jpg"].contains(&name.as_str());
        assert!(!published, "{} was left in staging", path.display());
    }
}

/// Cuts a file down to a part of its length, in thousandths, plus some odd bytes.
fn truncate(path: &Path, thousandths: usize) {
    let bytes = fs::read(path).expect("the file can be read");
    fs::write(path, &bytes[..bytes.len() * thousandths / 1000 + 7])
        .expect("the file can be written");
}

#[test]
fn an_empty_file() {
    check_bad("bad_input::an_empty_file", "empty.flac", |library| {
        fs::write(library.file("empty.flac"), []).expect("the file can be written");
    });
}

#[test]
fn a_text_file_named_flac() {
    check_bad(
        "bad_input::a_text_file_named_flac",
        "text.flac",
        |library| {
            let text = "This is a shopping list: bread, butter, a pound of plums.\n".repeat(50);
            fs::write(library.file("text.flac"), text).expect("the file can be written");
        },
    );
}

#[test]
fn a_truncated_flac() {
    let test = "bad_input::a_truncated_flac";
    if tools::ffmpeg_or_skip(test) {
        check_bad(test, "cut.flac", |library| {
            let path = library.add_encoded("cut.flac", 2, 10, "cut", &["-c:a", "flac"]);
            truncate(&path, 600);
        });
    }
}

#[test]
fn an_mp3_cut_in_the_middle_of_a_frame() {
    let test = "bad_input::an_mp3_cut_in_the_middle_of_a_frame";
    if tools::ffmpeg_or_skip(test) {
        check_bad(test, "cut.mp3", |library| {
            let path = library.add_encoded(
                "cut.mp3",
                2,
                10,
                "cut",
                &["-c:a", "libmp3lame", "-b:a", "128k"],
            );
            truncate(&path, 600);
        });
    }
}

#[test]
fn an_mp3_without_xing_header_cut_in_the_middle_of_a_frame() {
    let test = "bad_input::an_mp3_without_xing_header_cut_in_the_middle_of_a_frame";
    if tools::ffmpeg_or_skip(test) {
        check_bad(test, "cut.mp3", |library| {
            let options = ["-c:a", "libmp3lame", "-b:a", "128k", "-write_xing", "0"];
            let path = library.add_encoded("cut.mp3", 2, 10, "cut", &options);
            let bytes = fs::read(&path).expect("the file can be read");
            // A frame has 417 or 418 bytes at 128 kbit/s; 200 less than the end lies within the last one.
            fs::write(&path, &bytes[..bytes.len() - 200]).expect("the file can be written");
        });
    }
}

#[test]
fn a_wav_that_claims_four_gigabytes() {
    check_bad(
        "bad_input::a_wav_that_claims_four_gigabytes",
        "huge.wav",
        |library| {
            let data = [1, 0].repeat(44_100);
            fs::write(
                library.file("huge.wav"),
                wav(2, 44_100, 4_000_000_000, &data),
            )
            .expect("the file can be written");
        },
    );
}

#[test]
fn a_wav_without_a_sample() {
    check_bad(
        "bad_input::a_wav_without_a_sample",
        "silent.wav",
        |library| {
            fs::write(library.file("silent.wav"), wav(2, 44_100, 0, &[]))
                .expect("the file can be written");
        },
    );
}

#[test]
fn a_wav_of_no_channels() {
    check_bad("bad_input::a_wav_of_no_channels", "none.wav", |library| {
        fs::write(library.file("none.wav"), wav(0, 44_100, 4_000, &[1; 4_000]))
            .expect("the file can be written");
    });
}

#[test]
fn a_wav_of_one_hertz() {
    check_bad("bad_input::a_wav_of_one_hertz", "slow.wav", |library| {
        fs::write(library.file("slow.wav"), wav(2, 1, 4_000, &[1; 4_000]))
            .expect("the file can be written");
    });
}

#[test]
fn all_of_them_at_once() {
    let test = "bad_input::all_of_them_at_once";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let bad = [
        "empty.mp3",
        "empty.ogg",
        "noise.m4a",
        "noise.opus",
        "noise.aac",
        "none.wav",
        "noise.mka",
        "noise.caf",
        "noise.aiff",
    ];
    let mut noise = crate::support::sound::Noise::seeded(3);
    for name in bad {
        let bytes: Vec<u8> = if name.starts_with("empty") {
            Vec::new()
        } else if name.starts_with("none") {
            wav(0, 0, 0, &[])
        } else {
            (0..20_000)
                .map(|_| crate::support::sound::to_i16(noise.next()).to_le_bytes()[1])
                .collect()
        };
        fs::write(library.file(name), bytes).expect("the file can be written");
    }
    library.add_wav("zz good.wav", 1, 8);
    let site = Site::at(&scratch.path().join("site"));
    let outcome = Segue::render(library.path(), site.path()).run();
    check_survived(&site, &outcome, &bad);
    assert_eq!(
        site.tracks().len(),
        1,
        "nothing but the good file is a track"
    );
    let again = Segue::render(library.path(), site.path()).run();
    check_survived(&site, &again, &bad);
}

#[test]
fn a_folder_named_like_a_file() {
    let _cost = Cost::of("bad_input::a_folder_named_like_a_file");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    fs::create_dir(library.file("a.mp3")).expect("the folder can be made");
    Library::at(&library.file("b.flac")).add_wav("inside.wav", 2, 3);
    library.add_wav("zz good.wav", 1, 8);
    let site = Site::at(&scratch.path().join("site"));
    let outcome = Segue::render(library.path(), site.path()).run();
    // A folder is a folder, whatever its name; reporting it is fine as well.
    assert!(
        matches!(outcome.code, Some(0 | 1)),
        "it ends well or with a report: {}",
        outcome.stderr
    );
    if outcome.code == Some(1) {
        assert!(
            outcome.reason_for("a.mp3").is_some(),
            "what failed is named: {}",
            outcome.stderr
        );
    }
    site.check();
    let titles: Vec<String> = site.by_title().into_keys().collect();
    assert_eq!(
        titles,
        ["inside", "zz good"],
        "files are found, also in a folder with such a name"
    );
}

#[test]
fn audio_that_is_not_supported_is_counted_and_named() {
    let _cost = Cost::of("bad_input::audio_that_is_not_supported_is_counted_and_named");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for name in [
        "old.wma",
        "monkey.ape",
        "pack.wv",
        "notes.txt",
        "folder.pdf",
    ] {
        fs::write(library.file(name), b"some bytes").expect("the file can be written");
    }
    library.add_wav("zz good.wav", 1, 8);
    let site = Site::at(&scratch.path().join("site"));
    let outcome = Segue::render(library.path(), site.path()).run();
    assert_eq!(
        outcome.code,
        Some(0),
        "what is not supported is no failure: {}",
        outcome.stderr
    );
    for name in ["old.wma", "monkey.ape", "pack.wv"] {
        assert!(
            outcome.stderr.contains(name),
            "{name} is named; said was: {}",
            outcome.stderr
        );
    }
    for name in ["notes.txt", "folder.pdf"] {
        assert!(
            !outcome.stderr.contains(name),
            "{name} is not audio and ignored; said was: {}",
            outcome.stderr
        );
    }
    assert!(
        outcome.stderr.contains('3'),
        "they are counted; said was: {}",
        outcome.stderr
    );
    site.check();
}

#[test]
fn wrong_usage_is_two_and_writes_nothing() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("zz good.wav", 1, 1);
    let site = scratch.path().join("site");
    for flags in [
        ["-p", "nonesuch"],
        ["--bitrate", "1k"],
        ["--shard", "3/2"],
        ["-j", "many"],
    ] {
        let outcome = Segue::new("render")
            .with(library.path())
            .with("-o")
            .with(&site)
            .with(flags[0])
            .with(flags[1])
            .run();
        assert_eq!(
            outcome.code,
            Some(2),
            "{flags:?} is wrong usage: {}",
            outcome.stderr
        );
        assert!(!outcome.stderr.is_empty(), "{flags:?} is explained");
        assert!(
            !site.join("catalog.json").exists(),
            "{flags:?} writes nothing"
        );
    }
    let missing = Segue::render(&scratch.path().join("not there"), &site).run();
    assert!(
        matches!(missing.code, Some(1 | 2)),
        "a library that is not there is an error"
    );
    assert!(
        missing.stderr.contains("not there"),
        "and named: {}",
        missing.stderr
    );
}
