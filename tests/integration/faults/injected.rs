//! Disks that are slow or fail: strace makes system calls of a run take long, or fail, as those of a network mount or of
//! a dying disk do.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{consistent, published};
use crate::support::library::Library;
use crate::support::run::{Cost, Outcome, Segue, folder};
use crate::support::site::{Site, differences};
use crate::support::tools::skip;

/// Runs with a fault in these calls, or only in those on a file. None where there is no strace.
fn inject(segue: &Segue, fault: &str, file: Option<&Path>, test: &str) -> Option<Outcome> {
    let command = segue.command();
    let mut traced = Command::new("strace");
    traced.args(["-f", "-o", "/dev/null", "-e", "signal=none", "-e"]);
    traced.arg(format!("inject={fault}"));
    if let Some(file) = file {
        traced.arg("-P").arg(file);
    }
    traced.arg(command.get_program()).args(command.get_args());
    let output = traced.stdin(Stdio::null()).output();
    let outcome = output.ok().map(Outcome::from);
    let outcome = outcome.filter(|outcome| !outcome.stderr.contains("strace:"));
    if outcome.is_none() {
        skip(
            test,
            "strace is not installed, or may not look (Debian: apt-get install strace)",
        );
    }
    outcome
}

#[test]
fn a_slow_library_is_read_to_its_end() {
    let test = "faults::injected::a_slow_library_is_read_to_its_end";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let piece = library.add_wav("piece.wav", 1, 10);
    let (fast, slow) = (scratch.path().join("fast"), scratch.path().join("slow"));
    Segue::render(library.path(), &fast).run_well();
    // Each read waits 20 ms.
    let render = Segue::render(library.path(), &slow);
    let Some(outcome) = inject(&render, "read:delay_enter=20000", Some(&piece), test) else {
        return;
    };
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(
        differences(&published(&fast), &published(&slow)),
        Vec::<String>::new()
    );
}

#[test]
fn a_file_on_a_bad_spot_is_that_files_failure() {
    let test = "faults::injected::a_file_on_a_bad_spot_is_that_files_failure";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("good.wav", 1, 5);
    let bad = library.add_wav("bad.wav", 2, 20);
    let site = Site::at(&scratch.path().join("site"));
    // The first reads succeed: the header can be read, the rest of the file cannot.
    let render = Segue::render(library.path(), site.path());
    let Some(outcome) = inject(&render, "read:error=EIO:when=4+", Some(&bad), test) else {
        return;
    };
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    let mut lines = outcome.stderr.lines();
    let told = lines.find(|line| line.starts_with("failed: bad.wav: "));
    let told = told.expect("it is named");
    assert!(told.contains("Input/output error"), "{told}");
    site.check();
    assert_eq!(site.tracks().len(), 1, "the other is rendered");
    render.run_well();
    assert_eq!(site.tracks().len(), 2, "the disk is whole again");
}

#[test]
fn what_cannot_be_synced_is_not_named() {
    let test = "faults::injected::what_cannot_be_synced_is_not_named";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("piece.wav", 1, 3);
    let undisturbed = scratch.path().join("undisturbed");
    Segue::render(library.path(), &undisturbed).run_well();
    let mut failed = 0;
    let faults = ["fsync", "rename", "mkdir"].map(|calls| [(calls, 2), (calls, 5)]);
    for (calls, nth) in faults.into_iter().flatten() {
        let site = scratch.path().join(format!("{calls}-{nth}"));
        let render = Segue::render(library.path(), &site)
            .with("--jobs")
            .with("1")
            .with("-q");
        let fault = format!("{calls}:error=EIO:when={nth}");
        // Counted for each thread: some have fewer of these calls.
        let Some(outcome) = inject(&render, &fault, None, test) else {
            return;
        };
        if outcome.code != Some(0) {
            failed += 1;
            let (said, site) = (&outcome.stderr, site.display().to_string());
            assert!(
                said.contains("nput/output error") && said.contains(&site),
                "{fault}: {said}"
            );
        }
        consistent::check(&site, &fault);
        render.run_well();
        assert_eq!(
            differences(&published(&undisturbed), &published(&site)),
            Vec::<String>::new()
        );
    }
    assert!(failed >= 4, "{failed} of 6 faults were met");
}
