//! Ctrl-C and SIGTERM: whatever a run is doing, it ends within two seconds, keeps what is done, and leaves nothing
//! half.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::library::Library;
use crate::support::run::{Segue, folder};
use crate::support::site::{Site, files_below, text};

/// No phase of a run may take longer to end.
const SOON: Duration = Duration::from_secs(2);

/// A run that is watched by its events; it ends with this.
struct Run {
    child: Child,
    events: BufReader<ChildStdout>,
}

impl Run {
    fn start(segue: &Segue) -> Self {
        let mut command = segue.command();
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("segue should start");
        let events = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, events }
    }

    /// Waits until something happens.
    fn wait_for(&mut self, event: &str) -> Value {
        let mut lines = self.events.by_ref().lines();
        let parsed = |line: std::io::Result<String>| {
            serde_json::from_str::<Value>(&line.expect("a line")).expect("JSON")
        };
        let found = lines
            .by_ref()
            .map(parsed)
            .find(|told| told["event"] == event);
        found.unwrap_or_else(|| panic!("there was no event `{event}`"))
    }

    fn send(&self, signal: Signal) {
        let process = i32::try_from(self.child.id()).expect("a process id");
        kill(Pid::from_raw(process), signal).expect("it runs");
    }

    /// Sends a signal and gives the exit status, and how long it took.
    fn end_with(&mut self, signal: Signal) -> (Option<i32>, Duration) {
        let sent = Instant::now();
        self.send(signal);
        let status = self.child.wait().expect("it ends");
        (status.code(), sent.elapsed())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // It has ended in a test that goes well.
        let _ended = self.child.kill().and_then(|()| self.child.wait()).is_ok();
    }
}

/// A WAV of that many minutes of silence, of which the disk holds the header only.
fn add_minutes(library: &Library, name: &str, minutes: u32) {
    let data: u32 = minutes * 60 * 44_100 * 4;
    let mut header = Vec::new();
    header.extend_from_slice(b"RIFF");
    header.extend_from_slice(&(data + 36).to_le_bytes());
    header.extend_from_slice(b"WAVEfmt ");
    for number in [16, 0x0002_0001, 44_100, 176_400, 0x0010_0004] {
        header.extend_from_slice(&u32::to_le_bytes(number));
    }
    header.extend_from_slice(b"data");
    header.extend_from_slice(&data.to_le_bytes());
    let path = library.file(name);
    fs::write(&path, header).expect("a file");
    let file = fs::File::options().write(true).open(&path).expect("a file");
    file.set_len(u64::from(data) + 44)
        .expect("it can be sparse");
}

/// A library with a short piece before a long one, and how it is rendered.
struct Stage {
    scratch: tempfile::TempDir,
    library: Library,
    site: Site,
}

impl Stage {
    fn new() -> Self {
        let scratch = folder();
        let library = Library::at(&scratch.path().join("library"));
        library.add_wav("a short.wav", 1, 3);
        let site = Site::at(&scratch.path().join("site"));
        Self {
            scratch,
            library,
            site,
        }
    }

    fn report(&self) -> Value {
        let bytes = fs::read(self.scratch.path().join("report.json")).expect("a report");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    fn render(&self, presets: &str) -> Segue {
        Segue::render_presets(self.library.path(), self.site.path(), presets)
            .with("--json")
            .with("--report")
            .with(self.scratch.path().join("report.json"))
    }

    /// Nothing half is left, and the report says who ended it.
    fn check(&self, by: &str) {
        let staging = self.site.path().join(".segue/staging");
        let entries = fs::read_dir(staging).map_or(0, std::iter::Iterator::count);
        assert_eq!(entries, 0, "folders, too, are gone");
        assert_eq!(self.report()["stopped_by"], by);
    }

    fn reading_events(&self) -> usize {
        let outcome = Segue::render(self.library.path(), self.site.path())
            .with("--json")
            .with("--dry-run")
            .run_well();
        let events = outcome.events();
        events
            .iter()
            .filter(|event| event["event"] == "reading")
            .count()
    }
}

#[test]
fn reading_a_huge_file_is_stopped_and_what_was_read_is_kept() {
    let stage = Stage::new();
    add_minutes(&stage.library, "b long.wav", 360);
    let mut run = Run::start(&stage.render("original").with("-j1"));
    run.wait_for("identified");
    run.wait_for("reading");
    let (status, took) = run.end_with(Signal::SIGINT);
    assert_eq!(status, Some(130));
    assert!(took < SOON, "{took:?}");
    stage.check("sigint");
    assert_eq!(stage.report()["not_reached"], 2);
    fs::remove_file(stage.library.file("b long.wav")).expect("it was there");
    assert_eq!(stage.reading_events(), 0, "the short piece is known");
}

#[test]
fn measuring_and_rendering_are_stopped_and_what_is_published_is_kept() {
    let stage = Stage::new();
    for (event, minutes, signal, status, by) in [
        ("chunk_measured", 60, Signal::SIGTERM, 143, "sigterm"),
        ("segment_rendered", 3, Signal::SIGINT, 130, "sigint"),
    ] {
        add_minutes(&stage.library, "b long.wav", minutes);
        let mut run = Run::start(&stage.render("original,warm").with("-j1"));
        if by == "sigterm" {
            run.wait_for("rendered");
        }
        run.wait_for(event);
        let (ended, took) = run.end_with(signal);
        assert_eq!(ended, Some(status));
        assert!(took < SOON, "{event}: {took:?}");
        stage.check(by);
        assert_eq!(stage.report()["not_reached"], 1);
        assert_eq!(stage.site.tracks().len(), 1, "the short piece is published");
        stage.site.check();
    }
}

#[test]
fn a_run_that_nobody_listens_to_is_stopped() {
    let stage = Stage::new();
    let short = stage.library.file("a short.wav");
    for number in 0..1000 {
        let link = stage.library.file(&format!("the same {number}.wav"));
        fs::hard_link(&short, link).expect("a link");
    }
    let mut run = Run::start(&stage.render("original"));
    run.wait_for("scanned");
    // Its events fill the pipe, and it waits for whoever reads it.
    wait_until_it_writes(run.child.id());
    let (status, took) = run.end_with(Signal::SIGTERM);
    assert_eq!(status, Some(143));
    assert!(took < SOON, "{took:?}");
    stage.check("sigterm");
}

#[test]
fn a_stopped_export_leaves_what_was_there() {
    let stage = Stage::new();
    add_minutes(&stage.library, "b long.wav", 60);
    let exports = stage.scratch.path().join("exports");
    fs::create_dir(&exports).expect("a folder");
    for name in ["one.wav", "one.m4a"] {
        let out = exports.join(name);
        fs::write(&out, "what was there").expect("a file");
        let mut run = Run::start(&Segue::export(&stage.library.file("b long.wav"), &out));
        while files_below(&exports).len() == 1 {
            let ended = run.child.try_wait().expect("it can be waited for");
            assert_eq!(ended, None, "{name}: it ended before it wrote");
            std::thread::sleep(Duration::from_millis(5));
        }
        let (status, took) = run.end_with(Signal::SIGTERM);
        assert_eq!(status, Some(143), "{name}");
        assert!(took < SOON, "{name}: {took:?}");
        assert_eq!(files_below(&exports), [out.as_path()]);
        assert_eq!(fs::read(&out).expect("it is there"), b"what was there");
        fs::remove_file(&out).expect("it is there");
    }
}

/// Waits until a thread of the process waits for standard output.
fn wait_until_it_writes(process: u32) {
    let tasks = format!("/proc/{process}/task");
    loop {
        let threads = fs::read_dir(&tasks).expect("it runs");
        let is_writing = |path: &Path| {
            let call = fs::read_to_string(path.join("syscall")).unwrap_or_default();
            let write_to_stdout = format!("{:#x} ", 1);
            call.strip_prefix("1 ")
                .is_some_and(|rest| rest.starts_with(&write_to_stdout))
        };
        let mut threads = threads.map(|entry| entry.expect("a thread").path());
        if threads.any(|thread| is_writing(&thread)) {
            return;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let stage = Stage::new();
    add_minutes(&stage.library, "b long.wav", 360);
    let mut run = Run::start(&stage.render("original").with("-j1"));
    run.wait_for("identified");
    run.wait_for("reading");
    run.send(Signal::SIGINT);
    let (status, took) = run.end_with(Signal::SIGTERM);
    assert!(matches!(status, Some(130 | 143)), "{status:?}");
    // By itself it would wait a second for what is being read.
    assert!(took < Duration::from_millis(900), "{took:?}");
}

#[test]
fn a_site_that_is_being_rendered_says_who_has_it() {
    let stage = Stage::new();
    add_minutes(&stage.library, "b long.wav", 60);
    let mut run = Run::start(&stage.render("original").with("-j1"));
    run.wait_for("rendered");
    let outcome = Segue::new("catalog").with(stage.site.path()).run();
    assert_eq!(outcome.code, Some(1));
    let holder = format!("segue render (process {})", run.child.id());
    assert!(outcome.stderr.contains(&holder), "{}", outcome.stderr);
    let (status, _) = run.end_with(Signal::SIGINT);
    assert_eq!(status, Some(130));
    let catalog = Segue::new("catalog").with(stage.site.path()).run_well();
    assert!(catalog.stderr.contains("1 tracks"), "{}", catalog.stderr);
    assert_eq!(text(&stage.site.tracks()[0]["title"]), "a short");
}
