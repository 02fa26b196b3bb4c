//! A run that is watched while it goes on: its memory is bounded by the kernel, and no source may hold it up for
//! longer than the source's size allows.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::library::Library;
use crate::support::run::{Outcome, Segue};

/// All address space that a run may take, in KiB: 2 GiB, of which the stacks of threads and the allocator's arenas
/// are most.
const ADDRESS_SPACE: u64 = 2 << 20;
/// What a run may take: a hundred times what it does take on a quiet machine.
const LONGEST: Duration = Duration::from_secs(240);
/// What is granted to a step of a source of whatever size, to be read, measured or rendered: on a busy machine, and
/// while its thread helps with another source.
const GRANTED: Duration = Duration::from_secs(30);
/// And to each of its bytes. The densest that is known is silence in FLAC, 4681 samples to a byte: two cores took 0.5 ms
/// for that, in two variants.
const TO_A_BYTE: Duration = Duration::from_millis(5);

/// What came of a run, and which source took longest to be read, measured or rendered, if any was.
pub(super) struct Watched {
    pub(super) outcome: Outcome,
    pub(super) slowest: Option<(String, Duration)>,
}

/// Renders a library with memory and time bounded.
pub(super) fn render_bounded(library: &Library, site: &Path) -> Watched {
    let segue = Segue::render_presets(library.path(), site, "original,adaptive").with("--json");
    let mut child = segue
        .within_address_space(ADDRESS_SPACE)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("segue should start");
    let process = nix::unistd::Pid::from_raw(child.id().cast_signed());
    let lines = lines(&mut child);
    let ends = std::thread::spawn(move || child.wait_with_output());
    let mut steps = Steps::of(library);
    let overdue = steps.watch(&lines);
    if overdue.is_some() {
        nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL).expect("it still runs");
    }
    let output = ends.join().expect("it waits").expect("it can be read");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let library = library.path().display();
    if let Some(overdue) = overdue {
        panic!("{library}: {overdue}; said was: {stderr}");
    }
    assert_eq!(
        output.status.signal(),
        None,
        "{library}: it should not crash; said was: {stderr}"
    );
    Watched {
        outcome: Outcome {
            code: output.status.code(),
            stdout: steps.said,
            stderr,
        },
        slowest: steps.slowest,
    }
}

/// The lines that a process prints, as they come.
fn lines(child: &mut Child) -> Receiver<String> {
    let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let (said, lines) = channel();
    std::thread::spawn(move || {
        for line in stdout.lines() {
            // Nobody listens to a process that is being killed.
            let Ok(()) = said.send(line.expect("a pipe")) else {
                break;
            };
        }
    });
    lines
}

/// How far a run is with each source.
struct Steps {
    /// What each may take for a step.
    limits: BTreeMap<String, Duration>,
    /// What is being read, measured or rendered, since when.
    begun: BTreeMap<String, Instant>,
    slowest: Option<(String, Duration)>,
    said: String,
}

impl Steps {
    fn of(library: &Library) -> Self {
        let files = fs::read_dir(library.path()).expect("it is there");
        let limit = |file: fs::DirEntry| {
            let bytes = file.metadata().expect("it is there").len();
            let limit = GRANTED + TO_A_BYTE * u32::try_from(bytes).expect("a small file");
            (file.file_name().to_string_lossy().into_owned(), limit)
        };
        Self {
            limits: files.map(|file| limit(file.expect("a file"))).collect(),
            begun: BTreeMap::new(),
            slowest: None,
            said: String::new(),
        }
    }

    /// Follows a run to its end, or until something takes too long: then it tells what.
    fn watch(&mut self, lines: &Receiver<String>) -> Option<String> {
        let began = Instant::now();
        loop {
            match lines.recv_timeout(Duration::from_millis(200)) {
                Ok(line) => self.take(&line),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let overdue = self.overdue(Instant::now());
            if overdue.is_some() {
                return overdue;
            }
            if began.elapsed() > LONGEST {
                return Some("the whole run takes too long".to_owned());
            }
        }
    }

    fn take(&mut self, line: &str) {
        self.said.push_str(line);
        self.said.push('\n');
        let event: Value = serde_json::from_str(line).expect("--json prints JSON");
        let (Some(kind), Some(source)) = (event["event"].as_str(), event["source"].as_str()) else {
            return;
        };
        match kind {
            "reading" | "measuring" | "started" => {
                let now = Instant::now();
                self.begun.entry(source.to_owned()).or_insert(now);
            }
            "identified" | "measured" | "rendered" | "failed" => {
                let Some(began) = self.begun.remove(source) else {
                    return;
                };
                let took = began.elapsed();
                if self.slowest.as_ref().is_none_or(|(_, most)| *most < took) {
                    self.slowest = Some((source.to_owned(), took));
                }
            }
            _ => {}
        }
    }

    fn overdue(&self, now: Instant) -> Option<String> {
        let mut begun = self.begun.iter();
        let late = begun.find(|(source, began)| {
            let limit = self.limits.get(*source).copied().unwrap_or(GRANTED);
            now.duration_since(**began) > limit
        });
        late.map(|(source, began)| format!("{source} has taken {:?}", began.elapsed()))
    }
}

#[test]
fn a_source_that_holds_a_run_up_is_named() {
    let scratch = crate::support::run::folder();
    let library = Library::at(&scratch.path().join("library"));
    fs::write(library.file("small.wav"), [0; 1000]).expect("a file");
    fs::write(library.file("large.wav"), [0; 9000]).expect("a file");
    let mut steps = Steps::of(&library);
    for source in ["small.wav", "large.wav", "done.wav"] {
        steps.take(&format!(r#"{{"event":"reading","source":"{source}"}}"#));
    }
    steps.take(r#"{"event":"identified","source":"done.wav"}"#);
    let after = |seconds| steps.overdue(Instant::now() + Duration::from_secs(seconds));
    assert_eq!(after(34), None, "30 s, and 5 for a kilobyte");
    let told = after(36).expect("the small one is overdue");
    assert!(told.starts_with("small.wav has taken"), "{told}");
    steps.take(r#"{"event":"failed","source":"small.wav"}"#);
    let after = |seconds| steps.overdue(Instant::now() + Duration::from_secs(seconds));
    assert_eq!(after(74), None, "30 s, and 45 for nine kilobytes");
    assert!(after(76).is_some());
}
