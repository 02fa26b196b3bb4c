//! Disks that are slow or fail: strace makes system calls of a run take long, or fail, as those of a network mount or of
//! a dying disk do.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

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

/// What makes calls take a minute.
const A_MINUTE: &str = "delay_enter=60000000";

/// A run whose calls on a file take long. strace is the one that traces it, not its parent, so that the process is the
/// run; both end with this.
struct Hung(Child);

impl Hung {
    fn start(segue: &Segue, what: &str, how_long: &str, file: &Path) -> Self {
        let command = segue.command();
        let mut traced = Command::new("strace");
        let fault = format!("inject={what}:{how_long}");
        traced.args([
            "-D",
            "-f",
            "-o",
            "/dev/null",
            "-e",
            "signal=none",
            "-e",
            &fault,
        ]);
        traced.arg("-P").arg(file);
        traced.arg(command.get_program()).args(command.get_args());
        traced.stdin(Stdio::null()).stdout(Stdio::null());
        let run = traced.stderr(Stdio::null()).spawn();
        Self(run.expect("strace was there before"))
    }

    /// What the system tells of it, or of one of its threads.
    fn told(&self, key: &str) -> String {
        let path = format!("/proc/{}/status", self.0.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let mut lines = status.lines();
        let value = lines.find_map(|line| line.strip_prefix(key));
        value.unwrap_or_default().trim().to_owned()
    }

    /// Waits until one thread is held, and the same one half a second later, without having run since.
    fn wait_until_it_hangs(&self) {
        let held = || -> BTreeSet<String> {
            let tasks = std::fs::read_dir(format!("/proc/{}/task", self.0.id()));
            let tasks = tasks.expect("it runs").filter_map(Result::ok);
            let statuses =
                tasks.filter_map(|task| std::fs::read_to_string(task.path().join("status")).ok());
            statuses
                .filter(|status| status.contains("(tracing stop)"))
                .collect()
        };
        let began = Instant::now();
        loop {
            let before = held();
            std::thread::sleep(Duration::from_millis(500));
            if !before.is_disjoint(&held()) {
                return;
            }
            assert!(!self.told("State:").starts_with('Z'), "it has ended");
            assert!(began.elapsed() < super::PATIENCE, "it never hangs");
        }
    }

    /// Kills what holds it.
    fn let_go(&self) {
        let tracer = self.told("TracerPid:").parse().unwrap_or(0);
        if tracer > 0 {
            // It may have ended by itself meanwhile.
            let _gone = kill(Pid::from_raw(tracer), Signal::SIGKILL);
        }
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        self.let_go();
        let _ended = self.0.kill().and_then(|()| self.0.wait()).is_ok();
    }
}

fn stop_on_a_disk_that_does_not_answer(what: &str, file: &Path, segue: &Segue) {
    let mut run = Hung::start(segue, what, A_MINUTE, file);
    run.wait_until_it_hangs();
    let sent = Instant::now();
    let process = i32::try_from(run.0.id()).expect("a process id");
    kill(Pid::from_raw(process), Signal::SIGTERM).expect("it runs");
    // Its parent does not hear of the end before strace does, which still holds a thread.
    while !run.told("State:").starts_with('Z') {
        let took = sent.elapsed();
        // Two seconds, and what strace takes.
        assert!(took < Duration::from_secs(3), "{what}: {took:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
    run.let_go();
    let status = run.0.wait().expect("it has ended");
    assert_eq!(status.code(), Some(143), "{what}");
}

#[test]
fn a_disk_that_does_not_answer_keeps_no_run_from_ending() {
    let test = "faults::injected::a_disk_that_does_not_answer_keeps_no_run_from_ending";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let piece = library.add_wav("piece.wav", 1, 10);
    let site = scratch.path().join("site");
    let render = Segue::render(library.path(), &site);
    if inject(&render, "read:delay_enter=1", Some(&piece), test).is_none() {
        return;
    }
    let force = Segue::render(library.path(), &site).with("--force");
    for (what, file, segue) in [
        ("read", piece.as_path(), &force),
        ("%file", library.path(), &render),
        ("%file", &site.join(".segue/lock"), &render),
        ("%file", &site.join("catalog.json"), &render),
    ] {
        stop_on_a_disk_that_does_not_answer(what, file, segue);
        consistent::check(&site, what);
    }
    render.run_well();
}

/// Reads a site back, and does something to it while a file is opened: nothing is found.
fn check_read_back(site: &Site, file: &Path, meanwhile: impl FnOnce()) {
    let verify = Segue::new("verify").with(site.path());
    let mut reading = Hung::start(&verify, "openat", "delay_enter=5000000:when=1", file);
    reading.wait_until_it_hangs();
    meanwhile();
    let status = reading.0.wait().expect("it ends");
    assert_eq!(status.code(), Some(0));
}

/// What is told of a cover is read, then another takes its place, then that is read.
#[test]
fn a_cover_that_is_replaced_while_a_site_is_verified_is_no_damage() {
    let test = "faults::injected::a_cover_that_is_replaced_while_a_site_is_verified_is_no_damage";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let piece = library.add_wav("piece.wav", 1, 1);
    let site = Site::at(&scratch.path().join("site"));
    let render = Segue::render(library.path(), site.path());
    let paint = |colour| {
        let picture = image::RgbImage::from_pixel(9, 9, image::Rgb(colour));
        picture.save(library.file("cover.png")).expect("a picture");
    };
    paint([200, 0, 0]);
    if inject(&render, "read:delay_enter=1", Some(&piece), test).is_none() {
        return;
    }
    let cover = site.only_rendition().folder.with_file_name("cover.jpg");
    let before = std::fs::read(&cover).expect("a cover");
    check_read_back(&site, &cover, || {
        paint([0, 0, 200]);
        render.run_well();
        assert_ne!(std::fs::read(&cover).expect("a cover"), before);
    });
}

/// The names in a rendition's folder are read, then another rendition takes its place, then its whole file is opened.
#[test]
fn a_rendition_that_is_pruned_while_a_site_is_verified_is_no_damage() {
    let test = "faults::injected::a_rendition_that_is_pruned_while_a_site_is_verified_is_no_damage";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let piece = library.add_wav("piece.wav", 1, 1);
    let site = Site::at(&scratch.path().join("site"));
    let render = || Segue::render(library.path(), site.path()).with("--whole-file");
    if inject(&render(), "read:delay_enter=1", Some(&piece), test).is_none() {
        return;
    }
    let whole = site.only_rendition().media_folder().join("audio.mp4");
    check_read_back(&site, &whole, || {
        render().with("--bitrate=96k").run_well();
        Segue::new("prune").with(site.path()).run_well();
        assert!(!whole.exists());
    });
}

/// A file takes 31 s to open.
#[test]
fn a_log_gets_a_line_every_half_minute() {
    let test = "faults::injected::a_log_gets_a_line_every_half_minute";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let piece = library.add_wav("piece.wav", 1, 1);
    let render = Segue::render(library.path(), &scratch.path().join("site"));
    let slow = "openat:delay_enter=31000000:when=1";
    let Some(outcome) = inject(&render, slow, Some(&piece), test) else {
        return;
    };
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let line = "0 of 1 files read; reading piece.wav for 0:3";
    assert!(outcome.stderr.contains(line), "{}", outcome.stderr);
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
