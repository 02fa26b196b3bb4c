//! `--shard`: machines that share the work without talking come to what one run makes; and `segue catalog`, which
//! brings their sites together.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::library::Library;
use crate::support::run::{Outcome, Segue, folder};
use crate::support::site::{Site, differences, files_below, text};
use crate::support::tools;

const SHARDS: usize = 3;

/// Two albums in one folder, and pieces that stand alone.
fn library(scratch: &Path) -> Library {
    let library = Library::at(&scratch.join("library"));
    for (seed, album) in [
        (1, "Live"),
        (2, "Live"),
        (3, "Live"),
        (4, "Studio"),
        (5, "Studio"),
    ] {
        let (album, track) = (format!("album={album}"), format!("track={seed}"));
        let tags = [
            "-metadata",
            &album,
            "-metadata",
            "album_artist=A",
            "-metadata",
            &track,
        ];
        library.add_encoded(
            &format!("{seed}.flac"),
            seed,
            7,
            &format!("part {seed}"),
            &tags,
        );
    }
    for seed in 6..=9 {
        library.add_wav(&format!("piece {seed}.wav"), seed, 7);
    }
    library
}

fn render(library: &Library, site: &Path, shard: Option<usize>, normalize: &str) -> Outcome {
    let mut run = Segue::render_presets(library.path(), site, "original,warm")
        .with("--normalize")
        .with(normalize)
        .with("--json");
    if let Some(shard) = shard {
        run = run.with("--shard").with(format!("{shard}/{SHARDS}"));
    }
    run.run_well()
}

/// Every file of a site but segue's own, with the BLAKE3 of its bytes.
fn published(site: &Path) -> BTreeMap<PathBuf, String> {
    let files = files_below(site).into_iter();
    let named = files.map(|path| {
        let hash = blake3::hash(&fs::read(&path).expect("a file can be read"));
        let name = path.strip_prefix(site).expect("below the site").to_owned();
        (name, hash.to_string())
    });
    named
        .filter(|(name, _)| !name.starts_with(".segue"))
        .collect()
}

/// Copies sites over each other, as `cp -a` does.
fn bring_together(parts: &[PathBuf], site: &Path) {
    fs::create_dir_all(site).expect("a folder");
    for part in parts {
        let status = Command::new("cp")
            .arg("-a")
            .arg(part.join("."))
            .arg(site)
            .status();
        assert!(status.expect("cp runs").success());
    }
}

fn shards_are_the_whole(normalize: &str) {
    let scratch = folder();
    let library = library(scratch.path());
    let whole = Site::at(&scratch.path().join("whole"));
    let summary = render(&library, whole.path(), None, normalize);
    assert_eq!(summary.summary_count("rendered"), 18);

    let mut parts = Vec::new();
    let mut tracks = Vec::new();
    for shard in 1..=SHARDS {
        let part = Site::at(&scratch.path().join(format!("shard {shard}")));
        let outcome = render(&library, part.path(), Some(shard), normalize);
        let own: Vec<String> = part
            .tracks()
            .iter()
            .map(|track| text(&track["id"]).to_owned())
            .collect();
        let counts = ["rendered", "other_shards"].map(|key| outcome.summary_count(key));
        assert_eq!(counts, [2 * own.len() as u64, 9 - own.len() as u64]);
        part.check();
        let again = render(&library, part.path(), Some(shard), normalize);
        assert_eq!(
            again.summary_count("rendered"),
            0,
            "a shard is up to date, too"
        );
        tracks.extend(own);
        parts.push(part.path().to_owned());
    }
    tracks.sort_unstable();
    let mut all: Vec<String> = whole
        .tracks()
        .iter()
        .map(|track| text(&track["id"]).to_owned())
        .collect();
    all.sort_unstable();
    assert_eq!(tracks, all, "each track is in one shard");

    let together = scratch.path().join("together");
    bring_together(&parts, &together);
    Segue::new("catalog").with(&together).run_well();
    assert_eq!(
        differences(&published(whole.path()), &published(&together)),
        Vec::<String>::new()
    );
    let nothing = render(&library, &together, None, normalize);
    assert_eq!(
        nothing.summary_count("rendered"),
        0,
        "nothing is left to render"
    );
}

#[test]
fn shards_are_the_whole_track_by_track() {
    if tools::ffmpeg_or_skip("shards::shards_are_the_whole_track_by_track") {
        shards_are_the_whole("track");
    }
}

#[test]
fn shards_are_the_whole_where_albums_are_one_piece() {
    if tools::ffmpeg_or_skip("shards::shards_are_the_whole_where_albums_are_one_piece") {
        shards_are_the_whole("album");
    }
}

#[test]
fn the_index_of_one_shard_saves_another_the_reading() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for seed in 1..=6 {
        library.add_wav(&format!("{seed}.wav"), seed, 3);
    }
    let read = |site: &Path, shard: usize| {
        let outcome = render(&library, site, Some(shard), "track");
        let events = outcome.events();
        events
            .iter()
            .filter(|event| event["event"] == "reading")
            .count()
    };
    let (one, two) = (scratch.path().join("one"), scratch.path().join("two"));
    assert_eq!(read(&one, 1), 6, "each shard reads all sources");
    fs::create_dir_all(two.join(".segue")).expect("a folder");
    fs::copy(one.join(".segue/scan.json"), two.join(".segue/scan.json")).expect("a copy");
    assert_eq!(read(&two, 2), 0);
    assert_eq!(
        differences(&Site::at(&two).hashes(), &{
            let fresh = scratch.path().join("fresh");
            read(&fresh, 2);
            Site::at(&fresh).hashes()
        }),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_no_shard_is_refused() {
    let scratch = folder();
    for wrong in ["0/3", "4/3", "1/0", "1", "x/y", "-1/2"] {
        let outcome = Segue::render(scratch.path(), &scratch.path().join("site"))
            .with(format!("--shard={wrong}"))
            .run();
        assert_eq!(outcome.code, Some(2), "{wrong}: {}", outcome.stderr);
        assert!(
            outcome.stderr.contains("K/N"),
            "{wrong}: {}",
            outcome.stderr
        );
    }
}

/// A site with two tracks, one of them in a preset of the user's.
fn site_with_own_preset(scratch: &Path, bitrates: [&str; 2]) -> (PathBuf, PathBuf) {
    let preset = scratch.join("mine.toml");
    let toml = Segue::new("presets")
        .with("warm")
        .with("--toml")
        .run_well()
        .stdout;
    fs::write(&preset, toml).expect("a file");
    let site = scratch.join("site");
    for ((seed, presets), bitrate) in [(1, "original"), (2, "my-warm")].into_iter().zip(bitrates) {
        let library = Library::at(&scratch.join(format!("library {seed}")));
        library.add_wav("piece.wav", seed, 3);
        Segue::render_presets(library.path(), &site, presets)
            .with("--preset-file")
            .with(&preset)
            .with("--bitrate")
            .with(bitrate)
            .run_well();
    }
    (site, preset)
}

#[test]
fn a_lost_catalog_is_rebuilt_or_refused() {
    let scratch = folder();
    let (site, preset) = site_with_own_preset(scratch.path(), ["128k", "128k"]);
    let before = published(&site);
    let rebuild = || Segue::new("catalog").with(&site);
    rebuild().run_well();
    assert_eq!(
        differences(&before, &published(&site)),
        Vec::<String>::new()
    );

    fs::remove_file(site.join("catalog.json")).expect("it was there");
    let refused = rebuild().run();
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("my-warm") && refused.stderr.contains("--preset-file"),
        "{}",
        refused.stderr
    );
    assert!(!site.join("catalog.json").exists(), "nothing is guessed");
    rebuild().with("--preset-file").with(&preset).run_well();
    assert_eq!(
        differences(&before, &published(&site)),
        Vec::<String>::new()
    );
}

#[test]
fn renditions_that_disagree_make_no_catalog() {
    let scratch = folder();
    let (site, preset) = site_with_own_preset(scratch.path(), ["128k", "160k"]);
    let told = Segue::new("catalog").with(&site).run_well();
    assert!(
        told.stderr
            .contains("1 renditions were made with other settings"),
        "{}",
        told.stderr
    );
    fs::remove_file(site.join("catalog.json")).expect("it was there");
    let refused = Segue::new("catalog")
        .with(&site)
        .with("--preset-file")
        .with(&preset)
        .run();
    assert_eq!(refused.code, Some(1));
    for word in ["128000", "160000", "segue render"] {
        assert!(refused.stderr.contains(word), "{word}: {}", refused.stderr);
    }
}
