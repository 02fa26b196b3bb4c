//! A second run renders what is new or changed, and says so.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::support::library::Library;
use crate::support::run::{Cost, Outcome, Segue, folder};
use crate::support::site::{Site, differences, files_below, read_plain_json};

/// Holds the counts of the summary.
fn check_counts(outcome: &Outcome, rendered: u64, up_to_date: u64) {
    let counts = ["rendered", "up_to_date", "failed"].map(|key| outcome.summary_count(key));
    assert_eq!(
        counts,
        [rendered, up_to_date, 0],
        "rendered, up to date, failed; said was: {}",
        outcome.stdout
    );
}

/// When each file of a site was last written.
fn times(site: &Site) -> Vec<(std::path::PathBuf, SystemTime)> {
    files_below(&site.path().join("tracks"))
        .into_iter()
        .map(|path| {
            let time = fs::metadata(&path)
                .and_then(|metadata| metadata.modified())
                .expect("a file has a time");
            (path, time)
        })
        .collect()
}

#[test]
fn a_second_run_renders_only_what_is_new() {
    let _cost = Cost::of("incremental::a_second_run_renders_only_what_is_new");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for seed in 1..=3 {
        library.add_wav(&format!("piece {seed}.wav"), seed, 8);
    }
    let site = Site::at(&scratch.path().join("site"));
    let run = || {
        Segue::render(library.path(), site.path())
            .with("--json")
            .run_well()
    };

    check_counts(&run(), 3, 0);
    let (bytes, written) = (site.hashes(), times(&site));
    check_counts(&run(), 0, 3);
    assert_eq!(
        times(&site),
        written,
        "a second run writes no published file of a track again"
    );

    library.add_wav("piece 4.wav", 4, 8);
    check_counts(&run(), 1, 3);
    let unchanged = site
        .hashes()
        .into_iter()
        .filter(|(path, _)| bytes.contains_key(path))
        .collect();
    assert_eq!(
        differences(&bytes, &unchanged),
        Vec::<String>::new(),
        "what was there stays as it was"
    );
    assert_eq!(site.tracks().len(), 4);

    let file = fs::File::options()
        .append(true)
        .open(library.file("piece 1.wav"))
        .expect("the source can be opened");
    file.set_modified(SystemTime::now() + Duration::from_mins(1))
        .expect("a time can be set");
    check_counts(&run(), 0, 4);

    // Another sound under an old name is another track.
    library.add_wav("piece 2.wav", 99, 8);
    check_counts(&run(), 1, 3);
    site.check();
}

#[test]
fn a_fresh_checkout_costs_reading_and_nothing_else() {
    let _cost = Cost::of("incremental::a_fresh_checkout_costs_reading_and_nothing_else");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for seed in 1..=2 {
        let track = format!("track={seed}");
        let tags = ["-metadata", "album=Live", "-metadata", &track];
        library.add_encoded(&format!("{seed}.flac"), seed, 8, "piece", &tags);
    }
    library.add_wav("alone.wav", 3, 8);
    let site = Site::at(&scratch.path().join("site"));
    let run = || {
        Segue::render_presets(library.path(), site.path(), "original,warm")
            .with("--normalize")
            .with("album")
            .with("--json")
            .run_well()
    };
    let touch = || {
        for path in files_below(library.path()) {
            let file = fs::File::options().append(true).open(path);
            let file = file.expect("the source can be opened");
            file.set_modified(SystemTime::now() + Duration::from_mins(1))
                .expect("a time can be set");
        }
    };
    check_counts(&run(), 6, 0);
    let (bytes, written, catalog) = (site.hashes(), times(&site), site.catalog());
    let check = |outcome: &Outcome| {
        check_counts(outcome, 0, 6);
        let is_measuring = |event: &serde_json::Value| event["event"] == "chunk_measured";
        assert!(
            !outcome.events().iter().any(is_measuring),
            "nothing is decoded"
        );
        assert_eq!(differences(&bytes, &site.hashes()), Vec::<String>::new());
        assert_eq!(times(&site), written, "no file is written again");
        assert_eq!(site.catalog(), catalog);
    };
    touch();
    check(&run());
    // What a cache may have lost beside the dates.
    fs::remove_dir_all(site.path().join(".segue")).expect("it can be removed");
    touch();
    check(&run());
}

#[test]
fn the_first_source_tells_what_a_track_is() {
    let _cost = Cost::of("incremental::the_first_source_tells_what_a_track_is");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let copy = |from: &str, to: &str| {
        fs::copy(library.file(from), library.file(to)).expect("a copy");
    };
    library.add_wav("b.wav", 1, 3);
    copy("b.wav", "c.wav");
    let site = Site::at(&scratch.path().join("site"));
    let title = || {
        Segue::render(library.path(), site.path()).run_well();
        let tracks = site.tracks();
        assert_eq!(tracks.len(), 1, "one sound is one track");
        crate::support::site::text(&tracks[0]["title"]).to_owned()
    };
    assert_eq!(title(), "b");
    copy("b.wav", "a.wav");
    assert_eq!(title(), "a");
    // Nothing has to be read for it to be the next one's turn but that one.
    fs::remove_file(library.file("a.wav")).expect("it can be removed");
    fs::remove_file(library.file("b.wav")).expect("it can be removed");
    assert_eq!(title(), "c");
}

#[test]
fn a_damaged_scan_index_costs_time_and_nothing_else() {
    let _cost = Cost::of("incremental::a_damaged_scan_index_costs_time_and_nothing_else");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("piece.wav", 1, 8);
    let site = Site::at(&scratch.path().join("site"));
    Segue::render(library.path(), site.path()).run_well();
    let before = site.hashes();
    for path in files_below(&site.path().join(".segue")) {
        fs::write(path, b"{ damaged").expect("the file can be written");
    }
    let outcome = Segue::render(library.path(), site.path())
        .with("--json")
        .run_well();
    check_counts(&outcome, 0, 1);
    assert_eq!(differences(&before, &site.hashes()), Vec::<String>::new());
}

#[test]
fn a_dry_run_writes_nothing() {
    let _cost = Cost::of("incremental::a_dry_run_writes_nothing");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("piece.wav", 1, 8);
    let site = Site::at(&scratch.path().join("site"));
    let outcome = Segue::render(library.path(), site.path())
        .with("--dry-run")
        .run_well();
    assert!(!site.path().exists(), "a dry run makes no site");
    assert!(
        outcome.stdout.contains("piece") || outcome.stderr.contains("piece"),
        "it says what it would do"
    );

    Segue::render(library.path(), site.path()).run_well();
    let before = files_below(site.path());
    let hashes = site.hashes();
    library.add_wav("another.wav", 2, 8);
    Segue::render(library.path(), site.path())
        .with("--dry-run")
        .run_well();
    assert_eq!(
        files_below(site.path()),
        before,
        "a dry run adds and removes no file"
    );
    assert_eq!(
        differences(&hashes, &site.hashes()),
        Vec::<String>::new(),
        "a dry run changes no file"
    );
    assert_eq!(site.tracks().len(), 1);
}

#[test]
fn json_is_one_object_a_line_and_messages_go_to_stderr() {
    let _cost = Cost::of("incremental::json_is_one_object_a_line_and_messages_go_to_stderr");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("piece.wav", 1, 3);
    let report = scratch.path().join("report.json");
    let site = Site::at(&scratch.path().join("site"));
    let outcome = Segue::render(library.path(), site.path())
        .with("--json")
        .with("--report")
        .with(&report)
        .run_well();
    let events = outcome.events();
    assert!(
        events.len() >= 2,
        "there are events before the summary: {}",
        outcome.stdout
    );
    assert!(
        events.iter().all(serde_json::Value::is_object),
        "every line is an object"
    );
    let written = read_plain_json(&report);
    assert!(written.is_object(), "the report is the summary");
    let catalog = fs::read_to_string(site.path().join("catalog.json")).expect("there is a catalog");
    let machine = scratch.path().to_string_lossy().into_owned();
    assert!(!catalog.contains(&machine), "no absolute path is published");
    for path in files_below(&site.path().join("tracks")) {
        let bytes = fs::read(&path).expect("a published file can be read");
        let found = bytes
            .windows(machine.len())
            .any(|window| window == machine.as_bytes());
        assert!(!found, "{} tells where the library lay", path.display());
    }
}
