//! Libraries that nobody expects: folders that cannot be read, pipes, farms of links, folders of fifty thousand
//! names. Each is survived, what cannot be read is named, and everything else goes on.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::stat::Mode;

use super::{consistent, run_in_time};
use crate::support::library::Library;
use crate::support::run::{Cost, Outcome, Segue, folder, say};
use crate::support::site::{Site, read_plain_json};
use crate::support::tools::{skip, skip_by_privilege};

/// Runs without the right of root to read what it may not. None where that cannot be given up.
fn run_unprivileged(segue: &Segue, test: &str) -> Option<Outcome> {
    let command = segue.command();
    let mut weaker = Command::new("setpriv");
    weaker.arg("--bounding-set=-dac_override,-dac_read_search");
    weaker.arg(command.get_program()).args(command.get_args());
    let Ok(output) = weaker.output() else {
        skip(
            test,
            "setpriv is not installed (Debian: apt-get install util-linux)",
        );
        return None;
    };
    let outcome = Outcome::from(output);
    if outcome.stderr.starts_with("setpriv:") {
        skip_by_privilege(test, "rights cannot be given up here");
        return None;
    }
    Some(outcome)
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_goes_on() {
    let test = "faults::strange::what_cannot_be_read_is_named_and_the_rest_goes_on";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("open.wav", 1, 2);
    let shut = library.add_wav("shut.wav", 2, 2);
    let closed = Library::at(&library.file("closed"));
    closed.add_wav("hidden.wav", 3, 2);
    let set = |path: &Path, mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(path, permissions).expect("a mode can be set");
    };
    set(&shut, 0o000);
    set(closed.path(), 0o000);
    let site = Site::at(&scratch.path().join("site"));
    let outcome = run_unprivileged(&Segue::render(library.path(), site.path()), test);
    set(closed.path(), 0o755);
    let Some(outcome) = outcome else { return };
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    for name in ["shut.wav", "closed"] {
        let reason = outcome.reason_for(name).unwrap_or_default();
        assert!(
            reason.contains("ermission"),
            "{name} is named: {}",
            outcome.stderr
        );
    }
    site.check();
    assert_eq!(site.tracks().len(), 1, "the rest is rendered");
}

#[test]
fn a_folder_that_cannot_be_looked_into_is_a_failure() {
    let test = "faults::strange::a_folder_that_cannot_be_looked_into_is_a_failure";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("open.wav", 1, 1);
    let closed = Library::at(&library.file("closed"));
    closed.add_wav("hidden.wav", 2, 1);
    let site = Site::at(&scratch.path().join("site"));
    let report = scratch.path().join("report.json");
    let render = Segue::render(library.path(), site.path())
        .with("--report")
        .with(&report);
    let status = Segue::new("status")
        .with(library.path())
        .with("-o")
        .with(site.path())
        .with("-p")
        .with("original")
        .with("--exit-code");
    let set = |mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(closed.path(), permissions).expect("a mode can be set");
    };
    set(0o000);
    let outcomes = [&render, &status].map(|segue| run_unprivileged(segue, test));
    set(0o755);
    let [Some(rendered), Some(told)] = outcomes else {
        return;
    };
    assert_eq!(rendered.code, Some(1), "{}", rendered.stderr);
    assert_eq!(told.code, Some(3), "{}", told.stdout);
    let report = read_plain_json(&report);
    assert_eq!(report["failed"], 1);
    let source = report["failures"][0]["source"].as_str().unwrap_or_default();
    assert!(source.ends_with("closed"), "{report}");
    assert_eq!(site.tracks().len(), 1, "the rest is rendered");
    render.run_well();
    assert_eq!(site.tracks().len(), 2);
    assert_eq!(status.run().code, Some(0));
}

/// As one that is not there: what may not be listed is no library without files.
#[test]
fn a_root_that_may_not_be_read_is_an_error_of_the_run() {
    let test = "faults::strange::a_root_that_may_not_be_read_is_an_error_of_the_run";
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("piece.wav", 1, 2);
    let (site, path) = (scratch.path().join("site"), scratch.path().join("report"));
    let set = |mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(library.path(), permissions).expect("a mode can be set");
    };
    let render = Segue::render(library.path(), &site);
    set(0o000);
    let outcome = run_unprivileged(&render.with("--report").with(&path), test);
    set(0o755);
    let Some(outcome) = outcome else { return };
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    let report = read_plain_json(&path);
    let error = report["error"].as_str().expect("an error of the run");
    let place = library.path().display().to_string();
    assert!(
        error.contains(&place) && error.contains("permissions"),
        "{error}"
    );
    assert!(!site.exists(), "nothing is published");
}

fn make_pipe(path: &Path) {
    nix::unistd::mkfifo(path, Mode::from_bits_truncate(0o644)).expect("a pipe can be made");
}

#[test]
fn pipes_keep_nobody_waiting() {
    let _cost = Cost::of("faults::strange::pipes_keep_nobody_waiting");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("piece.wav", 1, 2);
    // Whoever opened one of them would wait for a writer that never comes.
    for name in ["pipe.flac", "cover.jpg"] {
        make_pipe(&library.file(name));
    }
    symlink("pipe.flac", library.file("link.mp3")).expect("a link");
    let site = Site::at(&scratch.path().join("site"));
    let outcome = run_in_time(&Segue::render(library.path(), site.path()));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    site.check();
    assert_eq!(site.tracks().len(), 1);
    let only = run_in_time(&Segue::render(&library.file("pipe.flac"), site.path()));
    assert_eq!(
        only.code,
        Some(1),
        "there is no audio in a pipe: {}",
        only.stderr
    );
}

#[test]
fn a_farm_of_links_is_one_track_read_once() {
    const LINKS: u64 = 10_000;
    let test = "faults::strange::a_farm_of_links_is_one_track_read_once";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let piece = library.add_wav("0.wav", 1, 120);
    for link in 1..LINKS {
        let folder = library.file(&format!("{}", link % 100));
        fs::create_dir_all(&folder).expect("a folder");
        fs::hard_link(&piece, folder.join(format!("{link}.wav"))).expect("a link");
    }
    symlink("0.wav", library.file("soft.wav")).expect("a link");
    let site = Site::at(&scratch.path().join("site"));
    let render = Segue::render(library.path(), site.path()).with("--json");
    let outcome = render.run_well();
    assert_eq!(outcome.summary_count("rendered"), 1);
    assert_eq!(outcome.summary_count("duplicates"), LINKS);
    assert_eq!(site.tracks().len(), 1);
    let again = render.run_well();
    assert_eq!(again.summary_count("up_to_date"), 1);
}

fn crowded(scratch: &Path, names: usize) -> (Library, PathBuf) {
    let library = Library::at(&scratch.join("library"));
    for name in 0..names {
        fs::File::create(library.file(&format!("{name}.txt"))).expect("a file");
    }
    library.add_wav("piece.wav", 1, 2);
    (library, scratch.join("site"))
}

/// Renders a folder of many names, of which one is a source; says what it took.
fn render_crowd(test: &str, names: usize) {
    let scratch = folder();
    let (library, site) = crowded(scratch.path(), names);
    let began = std::time::Instant::now();
    let outcome = Segue::render(library.path(), &site)
        .with("--json")
        .run_well();
    say(&format!(
        "{test}: {names} names: {:.1} s",
        began.elapsed().as_secs_f64()
    ));
    assert_eq!(outcome.summary_count("rendered"), 1);
    consistent::check(&site, "a crowd");
}

#[test]
fn a_folder_of_many_names_is_walked() {
    let test = "faults::strange::a_folder_of_many_names_is_walked";
    let _cost = Cost::of(test);
    render_crowd(test, 50_000);
}

#[test]
#[ignore = "takes long: make soak"]
fn a_folder_of_a_million_names_is_walked() {
    let test = "faults::strange::a_folder_of_a_million_names_is_walked";
    let _cost = Cost::of(test);
    render_crowd(test, 1_000_000);
}
