//! `--report`, the last line of `--json`, and what a log gets to see.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::library::Library;
use crate::support::run::{Outcome, Segue, folder};
use crate::support::site::{Site, files_below, read_plain_json, text};
use crate::support::tools;

/// Three pieces, and a file that is none.
fn library(scratch: &Path) -> Library {
    let library = Library::at(&scratch.join("library"));
    for seed in 1..=3 {
        library.add_wav(&format!("piece {seed}.wav"), seed, 5);
    }
    library
}

/// These, and where the site and the report will be.
fn ground(scratch: &Path) -> (Library, PathBuf, PathBuf) {
    let (site, path) = (scratch.join("site"), scratch.join("report.json"));
    (library(scratch), site, path)
}

/// The outcomes of the sources, each behind its name.
fn outcomes(report: &Value) -> Vec<String> {
    let sources = report["sources"].as_array().expect("the sources");
    let told =
        |source: &Value| format!("{}: {}", text(&source["source"]), text(&source["outcome"]));
    sources.iter().map(told).collect()
}

fn render(library: &Library, site: &Path, report: &Path) -> Outcome {
    let run = Segue::render(library.path(), site);
    run.with("--json").with("--report").with(report).run()
}

#[test]
fn a_run_that_cannot_begin_is_reported() {
    let scratch = folder();
    let (library, site, path) = ground(scratch.path());
    assert_eq!(render(&library, &site, &path).code, Some(0));
    fs::remove_dir_all(library.path()).expect("it was there");
    let outcome = render(&library, &site, &path);
    assert_eq!(outcome.code, Some(1));
    let told = read_plain_json(&path);
    let error = text(&told["error"]);
    assert!(
        error.contains(&library.path().display().to_string()),
        "{error}"
    );
    assert_eq!(told["stopped_by"], "error");
    let events = outcome.events();
    assert_eq!((events.len(), &events[0]["error"]), (1, &told["error"]));
    // People read the error, and no counts of nothing.
    assert_eq!(outcome.stderr.trim(), format!("segue: {error}"));
}

#[test]
fn a_report_tells_what_became_of_every_source() {
    let scratch = folder();
    let (library, site, path) = ground(scratch.path());
    assert_eq!(render(&library, &site, &path).code, Some(0));
    library.add_wav("piece 2.wav", 22, 5);
    fs::copy(library.file("piece 1.wav"), library.file("the same.wav")).expect("a copy");
    fs::write(library.file("broken.wav"), b"RIFF, it says").expect("a file");
    fs::write(library.file("old.wma"), b"").expect("a file");
    let outcome = render(&library, &site, &path);
    assert_eq!(outcome.code, Some(1));

    let report = read_plain_json(&path);
    assert_eq!(
        outcomes(&report),
        [
            "broken.wav: failed",
            "piece 1.wav: up_to_date",
            "piece 2.wav: rendered",
            "piece 3.wav: up_to_date",
            "the same.wav: duplicate",
        ]
    );
    for (key, count) in [
        ("rendered", 1),
        ("up_to_date", 2),
        ("failed", 1),
        ("not_reached", 0),
        ("duplicates", 1),
        ("unsupported", 1),
        ("other_shards", 0),
    ] {
        assert_eq!(report[key], count, "{key}");
    }
    assert!(text(&report["sources"][0]["reason"]).contains("not an audio file"));
    assert_eq!(report["failures"][0]["source"], "broken.wav");
    assert_eq!(
        (&report["shard"], &report["stopped_by"]),
        (&"1/1".into(), &Value::Null)
    );
    let hours = report["audio_hours"].as_f64().expect("a number");
    assert!((hours * 3600.0 - 5.0).abs() < 1e-6, "{hours}");
    assert!(
        report["times_real_time"]
            .as_f64()
            .is_some_and(|speed| speed > 0.0)
    );
    let rendered = &report["sources"][2];
    assert_eq!(
        (&rendered["rendered"], &rendered["audio_seconds"]),
        (&1.into(), &5.0.into())
    );
    assert!(
        rendered["seconds"]
            .as_f64()
            .is_some_and(|seconds| seconds > 0.0)
    );

    let mut last = outcome.events().pop().expect("a summary");
    last.as_object_mut().expect("an object").remove("event");
    assert_eq!(last, report, "the last line is the same");
}

#[test]
fn a_report_that_cannot_be_written_is_refused_before_the_work() {
    let scratch = folder();
    let library = library(scratch.path());
    let site = scratch.path().join("site");
    let _socket = UnixListener::bind(scratch.path().join("socket")).expect("a socket");
    for (wrong, why) in [
        ("nowhere/report.json", "make it first"),
        ("library", "it is a folder"),
        ("nothing/", "it is a folder"),
        ("socket", "it is a socket"),
    ] {
        let outcome = render(&library, &site, &scratch.path().join(wrong));
        assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("the report"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
        assert!(!site.exists(), "nothing was begun");
    }
}

/// No file can be made in `/sys`, whoever asks.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_takes_no_file_is_noticed_before_the_work() {
    let scratch = folder();
    let (library, site, _) = ground(scratch.path());
    let outcome = render(&library, &site, Path::new("/sys/report.json"));
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("/sys"), "{}", outcome.stderr);
    assert!(!site.exists(), "nothing was begun");
}

/// A pipe, a link, and what the process prints to, which as root would otherwise be replaced on the whole machine.
#[test]
fn a_report_goes_through_what_is_no_file_and_leaves_it() {
    let scratch = folder();
    let (library, site, path) = ground(scratch.path());
    let name = |name: &str| scratch.path().join(name);
    let is_report = |text: &str| {
        let told: Value = serde_json::from_str(text).expect("the report, whole");
        assert_eq!(told["failed"], 0, "{text}");
    };

    nix::unistd::mkfifo(&name("pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let pipe = name("pipe");
    let reader = std::thread::spawn(move || fs::read_to_string(pipe).expect("it is read"));
    assert_eq!(render(&library, &site, &name("pipe")).code, Some(0));
    is_report(&reader.join().expect("it ends"));

    fs::write(&path, "an older one").expect("a file");
    symlink(&path, name("link")).expect("a link");
    assert_eq!(render(&library, &site, &name("link")).code, Some(0));
    is_report(&fs::read_to_string(&path).expect("the file that it leads to"));

    symlink(name("later.json"), name("early")).expect("a link");
    assert_eq!(render(&library, &site, &name("early")).code, Some(0));
    is_report(&fs::read_to_string(name("later.json")).expect("the file that it leads to"));

    symlink("/proc/self/fd/1", name("output")).expect("a link");
    let run = Segue::render(library.path(), &site).with("--report");
    let run = run.with(name("output"));
    is_report(&run.run_well().stdout);
    // Into a file that others write to, before and after.
    let mut shell = Command::new("sh");
    let command = run.with("-q").command();
    shell.args(["-c", "exec > \"$0\"; echo before; \"$@\"; echo after"]);
    shell.arg(name("log")).arg(command.get_program());
    let status = shell.args(command.get_args()).status();
    assert!(status.expect("sh runs").success());
    let log = fs::read_to_string(name("log")).expect("a log");
    let between = log
        .strip_prefix("before\n")
        .and_then(|log| log.strip_suffix("after\n"));
    is_report(between.expect("what others write stays"));
    for link in ["link", "early", "output"] {
        let kind = fs::symlink_metadata(name(link)).expect("it is there");
        assert!(kind.is_symlink(), "{link} stays what it is");
    }
}

#[test]
fn a_plan_as_json_ends_with_the_summary() {
    let scratch = folder();
    let (library, site, _) = ground(scratch.path());
    let plan = Segue::render(library.path(), &site).with("--dry-run");
    let outcome = plan.with("--json").run_well();
    let events = outcome.events();
    let named = events.iter().map(|event| text(&event["event"]));
    let planned = named.filter(|event| *event == "would_render").count();
    let last = events.last().expect("a line");
    assert_eq!((planned, text(&last["event"])), (3, "summary"));
    assert_eq!(
        (&last["rendered"], &last["not_reached"]),
        (&0.into(), &3.into())
    );
    assert!(!site.exists(), "nothing is written");
}

#[test]
fn a_report_is_written_where_the_site_cannot_be() {
    let scratch = folder();
    let (library, site, path) = ground(scratch.path());
    fs::create_dir_all(&site).expect("a folder");
    fs::write(site.join("tracks"), b"in the way").expect("a file");
    let outcome = render(&library, &site, &path);
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    let report = read_plain_json(&path);
    assert_eq!(report["stopped_by"], "error");
    assert!(text(&report["error"]).contains("tracks"), "{report}");
    assert_eq!(report["not_reached"], 3);
}

#[test]
fn a_time_limit_gets_somewhere_each_time_and_names_the_rest() {
    let scratch = folder();
    let library = library(scratch.path());
    let (site, path) = (
        Site::at(&scratch.path().join("site")),
        scratch.path().join("report.json"),
    );
    let limited = || {
        let run = Segue::render(library.path(), site.path())
            .with("--time-limit")
            .with("0s");
        let run = run.with("-v").with("--report").with(&path);
        run.run_well().stderr
    };
    // Each run reads one file, until all are read: then each renders one.
    for left_unread in [2, 1] {
        let said = limited();
        assert!(
            said.ends_with("3 tracks are left; run again to go on\n"),
            "{said}"
        );
        let read: Vec<_> = (0..3)
            .filter(|at| !read_plain_json(&path)["sources"][at]["track"].is_null())
            .collect();
        assert_eq!(3 - read.len(), left_unread);
        assert!(site.tracks().is_empty());
    }
    for left in [2, 1, 0] {
        let said = limited();
        site.check();
        assert_eq!(site.tracks().len(), 3 - left);
        let report = read_plain_json(&path);
        assert_eq!(report["rendered"], 1);
        assert_eq!(report["not_reached"], left);
        let named = said
            .lines()
            .filter(|line| line.starts_with("left: piece "))
            .count();
        assert_eq!(named, left);
        let last = said.lines().last().expect("a line");
        match left {
            0 => assert!(report["stopped_by"].is_null() && last.contains("published")),
            1 => assert_eq!(last, "time limit: 1 track is left; run again to go on"),
            _ => assert_eq!(last, "time limit: 2 tracks are left; run again to go on"),
        }
    }
    let said = limited();
    assert!(
        said.ends_with("0 rendered, 3 up to date, 0 failed\n"),
        "{said}"
    );
}

/// All of an album is measured before any of it is rendered: one track a run, where there is no time for more.
#[test]
fn a_time_limit_holds_while_an_album_is_measured() {
    if !tools::ffmpeg_or_skip("reports::a_time_limit_holds_while_an_album_is_measured") {
        return;
    }
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for seed in 1..=3 {
        let track = format!("track={seed}");
        let tags = ["-metadata", "album=Live", "-metadata", &track];
        library.add_encoded(&format!("{seed}.flac"), seed, 3, "piece", &tags);
    }
    let site = Site::at(&scratch.path().join("site"));
    let render = || {
        let run = Segue::render_presets(library.path(), site.path(), "warm");
        run.with("--normalize=album").with("-j1")
    };
    let measured = || {
        let kept = fs::read_dir(site.path().join(".segue/measurements"));
        kept.map_or(0, Iterator::count)
    };
    let mut told = Vec::new();
    for _ in 0..8 {
        render().with("--time-limit=0s").run_well();
        told.push((measured(), site.tracks().len()));
    }
    // Two runs read; from the third on all are known.
    assert_eq!(
        told,
        [
            (0, 0),
            (0, 0),
            (1, 0),
            (2, 0),
            (3, 0),
            (3, 1),
            (3, 2),
            (3, 3)
        ]
    );
    let whole = Site::at(&scratch.path().join("whole"));
    let undisturbed = Segue::render_presets(library.path(), whole.path(), "warm");
    undisturbed.with("--normalize=album").run_well();
    let tracks = |site: &Site| -> Vec<(PathBuf, Vec<u8>)> {
        let files = files_below(&site.path().join("tracks")).into_iter();
        let place = |path: &Path| path.strip_prefix(site.path()).expect("below it").to_owned();
        files
            .map(|path| (place(&path), fs::read(path).expect("a file")))
            .collect()
    };
    let (whole, limited) = (tracks(&whole), tracks(&site));
    assert!(whole.len() > 3 && whole == limited, "no track differs");
}

#[test]
fn a_limit_that_is_not_reached_changes_nothing() {
    let scratch = folder();
    let library = library(scratch.path());
    let site = Site::at(&scratch.path().join("site"));
    let run = |limit: &str| {
        let run = Segue::render(library.path(), site.path());
        run.with(format!("--time-limit={limit}")).run()
    };
    let outcome = run("1h30m");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("time limit"), "{}", outcome.stderr);
    assert_eq!(site.tracks().len(), 3);
    for wrong in ["50", "", "m", "-1s", "soon"] {
        let outcome = run(wrong);
        assert_eq!(outcome.code, Some(2), "{wrong}");
        assert!(outcome.stderr.contains("1h30m"), "{}", outcome.stderr);
    }
}

#[test]
fn a_log_gets_first_and_last_lines_and_quiet_only_what_failed() {
    let scratch = folder();
    let library = library(scratch.path());
    let site = scratch.path().join("site");
    let said = Segue::render(library.path(), &site).run_well().stderr;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines[..2],
        ["reading 3 files", "3 to render (0:15 min), 0 up to date"]
    );
    assert_eq!(lines[2], "3 rendered, 0 up to date, 0 failed");
    assert!(lines.len() == 4 && !said.contains('\u{1b}'), "{said:?}");

    let quiet = |expected| {
        let outcome = Segue::render(library.path(), &site).with("-q").run();
        assert_eq!(outcome.code, Some(expected));
        assert_eq!(outcome.stdout, "");
        outcome.stderr
    };
    assert_eq!(quiet(0), "");
    fs::write(library.file("broken.wav"), b"RIFF, it says").expect("a file");
    let said = quiet(1);
    assert!(
        said.starts_with("failed: broken.wav: ") && said.lines().count() == 1,
        "{said}"
    );
}
