//! The line that `segue verify` prints mends what it is printed of, and makes nothing that was not there.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::ground::{Ground, check_silent};
use crate::support::library::Library;
use crate::support::run::{Outcome, Segue, folder};
use crate::support::site::{Site, files_below, read_json};

/// The one command of the one line that was printed, as a shell takes it.
fn command(outcome: &Outcome) -> Vec<String> {
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let command = lines[0].split('`').nth(1);
    shlex::split(command.expect("a command")).expect("it is well quoted")
}

#[test]
fn a_site_of_one_variant_is_mended_by_that_one() {
    let ground = Ground::new();
    let site = Site::at(&ground.library.path().with_file_name("warm"));
    Segue::render_presets(ground.library.path(), site.path(), "warm").run_well();
    let before = files_below(&site.path().join("tracks"));
    for name in ["track.json", "cover.jpg"] {
        let mut names = before.iter().filter(|path| path.ends_with(name));
        let path = names.next().expect("it was published");
        let verify = || Segue::new("verify").with(site.path()).run();
        // Gone, and damaged.
        for bytes in [None, Some("{}")] {
            fs::remove_file(path).expect("it is there");
            if let Some(bytes) = bytes {
                fs::write(path, bytes).expect("it can be written");
            }
            let words = command(&verify());
            assert_eq!(words[..3], ["segue", "render", "LIBRARY"]);
            let mend = words[3..].iter().fold(
                Segue::new("render").with(ground.library.path()),
                Segue::with,
            );
            let outcome = mend.with("--json").run_well();
            assert_eq!(outcome.summary_count("rendered"), 0, "{words:?}");
            assert_eq!(
                files_below(&site.path().join("tracks")),
                before,
                "{words:?}"
            );
            check_silent(&verify());
        }
    }
}

/// A site at a place that a shell wants quoted, with renditions of a preset of the user's, in one file, too.
#[test]
fn what_is_printed_of_anything_mends_it() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for (name, seed) in [("one.wav", 1), ("two.wav", 2), ("passing.wav", 3)] {
        library.add_wav(name, seed, 3);
    }
    let preset = scratch.path().join("mine.toml");
    let toml = Segue::new("presets").with("warm").with("--toml").run_well();
    fs::write(&preset, toml.stdout).expect("a file");
    let site = Site::at(&scratch.path().join("my friend's site"));
    let render = || {
        let run = Segue::render_presets(library.path(), site.path(), "original,my-warm");
        run.with("--preset-file").with(&preset).with("--whole-file")
    };
    render().run_well();
    fs::remove_file(library.file("passing.wav")).expect("it is there");
    render().run_well();
    let orphan = site.all_renditions().into_iter().find(|rendition| {
        let track = rendition.folder.with_file_name("track.json");
        read_json(&track)["title"] == "passing"
    });
    let orphan = orphan.expect("it stays until it is pruned").media_folder();
    let published = || -> BTreeMap<PathBuf, Vec<u8>> {
        let files = files_below(site.path()).into_iter();
        let published = files.filter(|path| !path.starts_with(site.path().join(".segue")));
        let read = |path: PathBuf| (path.clone(), fs::read(path).expect("it can be read"));
        published.map(read).collect()
    };
    let before = published();
    let verify = || Segue::new("verify").with(site.path()).run();
    let run = |words: &[String]| {
        assert_eq!(words[0], "segue");
        let words = words[1..].iter().map(|word| match word.as_str() {
            "LIBRARY" => library.path().as_os_str(),
            "FILE" => preset.as_os_str(),
            word => word.as_ref(),
        });
        let mut words = words.map(OsStr::to_owned);
        let subcommand = words.next().expect("a subcommand");
        let segue = Segue::new(subcommand.to_str().expect("plain"));
        words.fold(segue, Segue::with).run_well();
    };
    let is_orphans = |path: &Path| path.starts_with(orphan.ancestors().nth(2).expect("a track"));
    let kept: Vec<&PathBuf> = before.keys().filter(|path| !is_orphans(path)).collect();
    let of = |part: &str, name: &str| {
        let mut those = kept.iter().filter(|path| path.ends_with(name));
        let found = those.find(|path| path.to_string_lossy().contains(part));
        (*found.expect("it was published")).clone()
    };
    for path in [
        of("/my-warm/", "0.m4s"),
        of("/my-warm/", "manifest.json"),
        of("/my-warm/", "audio.mp4"),
        of("/original/", "audio.mp4"),
        of("", "track.json"),
        of("", "catalog.json"),
        of("", "index.html"),
    ] {
        fs::remove_file(&path).expect("it is there");
        let words = command(&verify());
        run(&words);
        check_silent(&verify());
        let differ = before
            .iter()
            .find(|(path, bytes)| fs::read(path).ok().as_ref() != Some(*bytes));
        assert_eq!(differ.map(|(path, _)| path), None, "{words:?}");
        assert_eq!(published().len(), before.len(), "{words:?}");
    }
    // What nothing can make again.
    fs::write(orphan.join("0.m4s"), b"damaged").expect("a file");
    let words = command(&verify());
    assert_eq!(words[..2], ["segue", "prune"]);
    run(&words);
    check_silent(&verify());
    let left: Vec<PathBuf> = published()
        .into_keys()
        .filter(|path| !path.ends_with("catalog.json"))
        .collect();
    let kept: Vec<&PathBuf> = kept
        .into_iter()
        .filter(|path| !path.ends_with("catalog.json"))
        .collect();
    assert_eq!(left.iter().collect::<Vec<_>>(), kept);
}
