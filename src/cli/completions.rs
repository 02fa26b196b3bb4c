//! `segue completions`.

use std::io::stdout;

use clap::CommandFactory;

use super::args::{Arguments, CompletionsArguments};

/// Prints completions for a shell.
pub(super) fn run(arguments: &CompletionsArguments) {
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "segue",
        &mut stdout(),
    );
}
