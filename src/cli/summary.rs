//! What a run came to: for people on stderr, as the last line of `--json`, and
//! as the file of `--report`.

use serde::Serialize;

use super::args::RenderArguments;
use super::reporter::{clock, print_json, printable};
use super::{CommandError, UsageError, output_at};
use crate::render::{Outcome, StoppedBy, Summary};

/// The last line of `--json`.
#[derive(Serialize)]
#[serde(tag = "event", rename = "summary")]
struct SummaryEvent<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
}

/// Fails before the work where the report could not be written after it.
pub(super) fn check_report(arguments: &RenderArguments) -> Result<(), UsageError> {
    let Some(report) = &arguments.report else {
        return Ok(());
    };
    let checked = output_at(report).and_then(|output| output.check());
    checked.map_err(|error| {
        let report = report.display();
        UsageError(format!("the report `{report}` cannot be written: {error}"))
    })
}

/// Writes the report, where one is wanted.
pub(super) fn write_report(
    arguments: &RenderArguments,
    summary: &Summary,
) -> Result<(), CommandError> {
    if let Some(report) = &arguments.report {
        let mut bytes = serde_json::to_vec_pretty(summary)?;
        bytes.push(b'\n');
        output_at(report)?.write(&bytes)?;
    }
    Ok(())
}

/// Prints it as the last line of `--json`.
pub(super) fn print_summary(summary: &Summary) {
    print_json(&SummaryEvent { summary });
}

/// Tells of a run, as much as was asked for.
pub(super) fn say_summary(arguments: &RenderArguments, summary: &Summary) {
    if arguments.json {
        print_summary(summary);
    }
    // Of a run that could not begin the error says all.
    let has_begun = summary.error.is_none() || !summary.sources.is_empty();
    if !arguments.quiet && has_begun {
        say_warnings(summary);
        say_counts(arguments, summary);
        if arguments.verbose {
            say_not_reached(summary);
        }
        say_what_is_left(arguments, summary);
    }
}

fn say_warnings(summary: &Summary) {
    for warning in &summary.warnings {
        let source = printable(&warning.source.to_string_lossy());
        let (clipped, silenced) = (warning.clipped_samples, warning.silenced_samples);
        if clipped > 0 {
            eprintln!("note: {source}: {clipped} samples beyond full scale were clipped");
        }
        if silenced > 0 {
            eprintln!("note: {source}: {silenced} samples were no numbers and became silence");
        }
    }
}

fn say_counts(arguments: &RenderArguments, summary: &Summary) {
    let more = |count: usize, what: &str| {
        if count > 0 {
            format!(", {count} {what}")
        } else {
            String::new()
        }
    };
    eprintln!(
        "{} rendered, {} up to date, {} failed{}{}{}",
        summary.rendered,
        summary.up_to_date,
        summary.failed,
        more(summary.other_shards, "of other shards"),
        more(summary.duplicates, "with the same audio as another"),
        more(summary.unsupported, "of a kind that segue cannot read"),
    );
    if summary.rendered > 0 {
        eprintln!(
            "{:.2} hours of audio in {}, {:.0} times real time; published in {}",
            summary.audio_hours,
            clock(summary.seconds),
            summary.times_real_time,
            arguments.wanted.output.display()
        );
    }
}

fn say_not_reached(summary: &Summary) {
    let left = summary.sources.iter();
    for source in left.filter(|source| source.outcome == Outcome::NotReached) {
        eprintln!("left: {}", printable(&source.source.to_string_lossy()));
    }
}

fn say_what_is_left(arguments: &RenderArguments, summary: &Summary) {
    let by = match summary.stopped_by {
        Some(StoppedBy::TimeLimit) => "time limit",
        Some(StoppedBy::Sigint | StoppedBy::Sigterm) => "stopped",
        Some(StoppedBy::Error) | None => return,
    };
    let left = match summary.not_reached {
        0 => "nothing is left".to_owned(),
        1 => "1 track is left; run again to go on".to_owned(),
        left => format!("{left} tracks are left; run again to go on"),
    };
    let is_named = arguments.verbose || arguments.report.is_some() || summary.not_reached == 0;
    let how = if is_named {
        ""
    } else {
        " (-v or --report tells which)"
    };
    eprintln!("{by}: {left}{how}");
}
