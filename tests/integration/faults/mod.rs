//! Faults that really happen: processes killed at any moment, time limits that pass, full and read-only disks, two at
//! one site, power cuts, sources that change while they are read, libraries that nobody expects. After each of them
//! the site is held to be consistent, and the next run to end with what an undisturbed one makes.

mod changes;
mod consistent;
mod injected;
mod kill;
mod limited;
mod locks;
mod power;
mod pruned;
mod room;
mod strange;
mod traced;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::run::{Outcome, Segue};
use crate::support::site::files_below;

/// What no run of a test takes: one that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(300);

/// All files of a site but segue's own, by path, with the hash of their bytes.
fn published(site: &Path) -> BTreeMap<PathBuf, String> {
    let below = |path: PathBuf| path.strip_prefix(site).expect("below the site").to_owned();
    let files = files_below(site).into_iter();
    files
        .map(|path| (below(path.clone()), path))
        .filter(|(name, _)| !name.starts_with(".segue"))
        .map(|(name, path)| {
            let bytes = fs::read(path).expect("a published file can be read");
            (name, blake3::hash(&bytes).to_string())
        })
        .collect()
}

/// Copies a folder with all that is in it.
fn copy_folder(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(status.expect("cp starts").success(), "a folder is copied");
}

/// A run that is watched by the events that it prints, and stopped and ended at will.
struct Watched {
    child: Child,
    events: BufReader<ChildStdout>,
}

impl Watched {
    fn start(segue: Segue) -> Self {
        let mut child = segue
            .with("--json")
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("segue should start");
        let stdout = child.stdout.take().expect("it is piped");
        Self {
            child,
            events: BufReader::new(stdout),
        }
    }

    /// Its process.
    fn process(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has told of an event.
    fn wait_for(&mut self, event: &str) {
        let wanted = format!("\"event\":\"{event}\"");
        let mut line = String::new();
        while !line.contains(&wanted) {
            line.clear();
            let read = self.events.read_line(&mut line).expect("a pipe");
            assert!(read > 0, "it ended before it told of {event}");
        }
    }

    fn send(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).expect("it runs");
    }

    /// Does something while it stands still.
    fn pause<T>(&self, work: impl FnOnce() -> T) -> T {
        self.send(Signal::SIGSTOP);
        let _goes_on = GoesOn(self);
        work()
    }

    /// Ends it without a chance to say anything.
    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Lets it run to its end.
    fn finish(self) -> Outcome {
        let Self { child, mut events } = self;
        let rest = std::thread::spawn(move || {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut events, &mut text).map(|_| text)
        });
        let mut outcome = Outcome::from(child.wait_with_output().expect("it ends"));
        outcome.stdout = rest.join().expect("it reads").expect("a pipe");
        outcome
    }
}

/// Lets a run go on when this drops, also where a test has failed.
struct GoesOn<'a>(&'a Watched);

impl Drop for GoesOn<'_> {
    fn drop(&mut self) {
        self.0.send(Signal::SIGCONT);
    }
}

/// Runs to the end, which comes before patience does.
fn run_in_time(segue: &Segue) -> Outcome {
    let mut child = segue
        .command()
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("segue should start");
    let process = Pid::from_raw(child.id() as i32);
    let (told, ended) = std::sync::mpsc::channel::<()>();
    let guard = std::thread::spawn(move || {
        let is_late =
            ended.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
        if is_late {
            kill(process, Signal::SIGKILL).expect("it still runs");
        }
        assert!(!is_late, "it hangs");
    });
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().expect("it is piped");
    std::io::Read::read_to_string(&mut pipe, &mut stderr).expect("a pipe");
    // It has closed its outputs: what is left is its exit code.
    drop(told);
    guard.join().expect("it ended in time");
    Outcome {
        code: child.wait().expect("it ends").code(),
        stdout: String::new(),
        stderr,
    }
}
