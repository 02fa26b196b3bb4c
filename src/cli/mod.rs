//! All that has a terminal: arguments, one function per command, progress,
//! exit status. Messages for people go to stderr; stdout is for what was asked
//! for: tables, `--json`, completions.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the layer that has a terminal"
)]

mod analysis_table;
mod analyze;
mod args;
mod bars;
mod catalog;
mod completions;
mod export;
mod lines;
mod presets;
mod prune;
mod render;
mod reporter;
mod serve;
mod signals;
mod spinner;
mod status;
mod summary;
mod values;
mod verify;
mod wanted;
mod watch;

use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;
use std::{io, panic};

use clap::Parser;

use args::{Arguments, Command};

use crate::files::Output;

/// All went well.
const SUCCESS: u8 = 0;
/// Something failed; the rest was done.
const FAILURE: u8 = 1;
/// The command line asks for what there is not.
const WRONG_USAGE: u8 = 2;
/// `status --exit-code` found something to do.
const NOT_UP_TO_DATE: u8 = 3;

/// Runs the program: parse, do, and say how it went.
#[must_use]
pub fn main() -> ExitCode {
    keep_caught_panics_quiet();
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Render(arguments) => render::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Prune(arguments) => prune::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Analyze(arguments) => analyze::run(&arguments),
        Command::Presets(arguments) => presets::run(&arguments),
        Command::Catalog(arguments) => catalog::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Completions(arguments) => {
            completions::run(&arguments);
            Ok(SUCCESS)
        }
    };
    let status = outcome.unwrap_or_else(|error| {
        eprintln!("segue: {}", reporter::printable(&error.to_string()));
        if error.is::<UsageError>() {
            WRONG_USAGE
        } else {
            FAILURE
        }
    });
    ExitCode::from(signals::status().unwrap_or(status))
}

/// What went wrong with a whole command, in words for a person.
type CommandError = Box<dyn std::error::Error + Send + Sync>;

/// The command line asks for what there is not, which clap cannot know.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

/// What stands where the user wants a file.
fn output_at(path: &Path) -> io::Result<Output> {
    let (stdout, stderr) = (io::stdout(), io::stderr());
    Output::at(path, &[stdout.as_fd(), stderr.as_fd()])
}

/// A decoder that breaks on a file is reported as that file's failure: its
/// panic need not be printed as well.
fn keep_caught_panics_quiet() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !crate::decode::is_guarded() {
            usual(panic);
        }
    }));
}
