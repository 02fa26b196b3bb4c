//! Tracks for which a run has nothing to do: the catalog tells of them what is there, although it is not read again.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::library::Library;
use crate::support::run::{Cost, Segue, folder};
use crate::support::site::{Site, text};
use crate::support::sound::{Sound, write_wav};
use crate::support::tools::skip;

#[test]
fn the_catalog_tells_of_untouched_tracks_what_is_there() {
    let _cost = Cost::of("untouched::the_catalog_tells_of_untouched_tracks_what_is_there");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let site = Site::at(&scratch.path().join("site"));
    let render = |presets: &str| {
        Segue::render_presets(library.path(), site.path(), presets).run_well();
        let listed = fs::read(site.path().join("catalog.json")).expect("it is there");
        // It is made from what is there alone.
        fs::remove_file(site.path().join("catalog.json")).expect("it is there");
        Segue::new("catalog").with(site.path()).run_well();
        let rebuilt = fs::read(site.path().join("catalog.json")).expect("it is there");
        assert_eq!(
            String::from_utf8_lossy(&listed),
            String::from_utf8_lossy(&rebuilt)
        );
    };
    // Its length at 96 kHz is not the one at which it is encoded, to the sample.
    write_wav(
        &library.file("one.wav"),
        Sound::Music(1),
        96_000,
        2,
        150_001,
    );
    library.add_wav("two.wav", 2, 2);
    render("original,warm");
    // Of the first, two variants are there, one of which this run knows.
    library.add_wav("three.wav", 3, 2);
    render("original");
    let variants = |title: &str| {
        let tracks = site.tracks();
        let track = tracks.iter().find(|track| text(&track["title"]) == title);
        track.expect("it is listed")["variants"]
            .as_object()
            .expect("variants")
            .len()
    };
    assert_eq!(["one", "two", "three"].map(variants), [2, 2, 1]);
    // A catalog that lags behind is brought up to date by a run that has nothing to do.
    let path = site.path().join("catalog.json");
    let catalog = fs::read(&path).expect("it is there");
    fs::remove_file(&path).expect("it is there");
    render("original,warm");
    fs::remove_dir_all(
        site.path()
            .join("tracks")
            .join(text(&site.tracks()[0]["id"]))
            .join("warm"),
    )
    .expect("it is there");
    render("original");
    assert_ne!(fs::read(&path).expect("it is there"), catalog);
}

#[test]
fn a_run_without_changes_reads_each_file_of_a_site_once() {
    let test = "untouched::a_run_without_changes_reads_each_file_of_a_site_once";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for seed in 1..=2 {
        library.add_wav(&format!("piece {seed}.wav"), seed, 2);
    }
    let site = scratch.path().join("site");
    let render = Segue::render_presets(library.path(), &site, "original,warm");
    render.run_well();
    let log = scratch.path().join("opened");
    let command = render.command();
    let mut traced = Command::new("strace");
    traced.args([
        "-f",
        "-z",
        "-s",
        "4096",
        "-e",
        "trace=open,openat",
        "-e",
        "signal=none",
        "-o",
    ]);
    traced
        .arg(&log)
        .arg(command.get_program())
        .args(command.get_args());
    let output = traced.stdin(Stdio::null()).output();
    if !output.is_ok_and(|output| output.status.success()) {
        skip(
            test,
            "strace is not installed, or may not look (Debian: apt-get install strace)",
        );
        return;
    }
    let log = fs::read_to_string(&log).expect("strace has written it");
    let opened = |name: &str| log.lines().filter(|line| line.contains(name)).count();
    assert_eq!(opened("/track.json\""), 2, "one for each track:\n{log}");
    assert_eq!(
        opened("/manifest.json\""),
        4,
        "one for each rendition:\n{log}"
    );
    assert_eq!(opened("piece "), 0, "no source is read:\n{log}");
}
