//! Running the binary under test, and what came of it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use serde_json::Value;

/// The binary under test: `SEGUE_BIN`, else the one that cargo built for this test.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("SEGUE_BIN").map_or_else(|| env!("CARGO_BIN_EXE_segue").into(), PathBuf::from)
}

/// A command line of segue that is being put together.
pub(crate) struct Segue {
    arguments: Vec<OsString>,
}

/// What a run left behind.
pub(crate) struct Outcome {
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    /// Standard output, lossily as UTF-8.
    pub(crate) stdout: String,
    /// Standard error, lossily as UTF-8.
    pub(crate) stderr: String,
}

impl Segue {
    /// Starts with a subcommand.
    pub(crate) fn new(subcommand: &str) -> Self {
        Self {
            arguments: vec![subcommand.into()],
        }
    }

    /// `render LIBRARY -o SITE -p original`, which nearly every test runs.
    pub(crate) fn render(library: &Path, site: &Path) -> Self {
        Self::render_presets(library, site, "original")
    }

    /// `render LIBRARY -o SITE -p PRESETS`.
    pub(crate) fn render_presets(library: &Path, site: &Path, presets: &str) -> Self {
        Self::new("render")
            .with(library)
            .with("-o")
            .with(site)
            .with("-p")
            .with(presets)
    }

    /// `export FILE -o OUT --preset original`.
    pub(crate) fn export(file: &Path, out: &Path) -> Self {
        Self::new("export")
            .with(file)
            .with("-o")
            .with(out)
            .with("--preset")
            .with("original")
    }

    /// Adds one argument.
    pub(crate) fn with(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// The command, for tests that watch it while it runs.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.args(&self.arguments).stdin(Stdio::null());
        command
    }

    /// The command, in a process that may not take more address space than this (KiB).
    pub(crate) fn within_address_space(&self, kibibytes: u64) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -v \"$0\" && exec \"$@\""])
            .arg(kibibytes.to_string())
            .arg(binary())
            .args(&self.arguments)
            .stdin(Stdio::null());
        command
    }

    /// Runs to the end and captures both outputs.
    pub(crate) fn run(&self) -> Outcome {
        let output = self.command().output().expect("segue should start");
        Outcome::from(output)
    }

    /// Runs and demands exit code 0.
    pub(crate) fn run_well(&self) -> Outcome {
        let outcome = self.run();
        assert_eq!(
            outcome.code,
            Some(0),
            "segue {:?} should succeed\nstdout: {}\nstderr: {}",
            self.arguments,
            outcome.stdout,
            outcome.stderr
        );
        outcome
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Outcome {
    /// The objects that `--json` printed, one a line.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("--json printed no JSON ({error}): {line}"))
            })
            .collect()
    }

    /// A count from the summary, which is the last object that `--json` printed. The counts may stand in the object
    /// itself or one level down, beside the word that says what it is.
    pub(crate) fn summary_count(&self, key: &str) -> u64 {
        let events = self.events();
        let summary = events.last().expect("--json ends with a summary");
        find_count(summary, key)
            .unwrap_or_else(|| panic!("no count {key:?} in the summary {summary}"))
    }

    /// What was said about a file on standard error: the rest of the line that names it, and the line after it (an
    /// error may be told over two). `None` if the file is not named with at least two words beside it.
    pub(crate) fn reason_for(&self, file_name: &str) -> Option<String> {
        let lines: Vec<&str> = self.stderr.lines().collect();
        (0..lines.len()).find_map(|at| {
            let rest = &lines[at][lines[at].find(file_name)? + file_name.len()..];
            let before = &lines[at][..lines[at].find(file_name)?];
            // The folder's path before the name is no reason: only words set apart by blanks count.
            let told: Vec<&str> = before
                .split_whitespace()
                .chain(rest.split_whitespace())
                .chain(
                    lines
                        .get(at + 1)
                        .into_iter()
                        .flat_map(|next| next.split_whitespace()),
                )
                .filter(|word| !word.contains('/') && word.chars().any(char::is_alphabetic))
                .collect();
            (told.len() >= 2).then(|| told.join(" "))
        })
    }
}

/// Reads `key` from an object or from one level below it: a number, or the length of a list.
fn find_count(value: &Value, key: &str) -> Option<u64> {
    let count = |value: &Value| {
        value
            .as_u64()
            .or_else(|| value.as_array().map(|list| list.len() as u64))
    };
    let object = value.as_object()?;
    object.get(key).and_then(count).or_else(|| {
        object
            .values()
            .find_map(|inner| inner.get(key).and_then(count))
    })
}

/// Says what a test cost when it ends. Written past libtest's capture, so that it shows for tests that pass.
pub(crate) struct Cost {
    test: &'static str,
    started: Instant,
}

impl Cost {
    /// Starts the clock of a test.
    pub(crate) fn of(test: &'static str) -> Self {
        Self {
            test,
            started: Instant::now(),
        }
    }
}

impl Drop for Cost {
    fn drop(&mut self) {
        say(&format!(
            "cost: {} {:.1} s",
            self.test,
            self.started.elapsed().as_secs_f64()
        ));
    }
}

/// Writes a line to standard error past libtest's capture.
pub(crate) fn say(line: &str) {
    use std::io::Write as _;
    // A line that cannot be written is no reason for a test to fail.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A folder of its own for a test, below cargo's folder for test files (a disk; `/tmp` may be memory). It goes when
/// it drops.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("segue-test-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a temporary folder can be made")
}
