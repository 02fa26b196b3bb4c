//! `segue render`.

use std::time::Instant;

use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;

use super::args::RenderArguments;
use super::reporter::{JsonLines, Reporter, Verbosity, clock, print_json, printable};
use super::{CommandError, FAILURE, SUCCESS, signals};
use crate::files::write_atomic;
use crate::library::check_roots;
use crate::progress::as_text;
use crate::render::{
    Holder, Plan, PlanOptions, RunOptions, Site, Summary, WholeFile, run as render,
};

/// Threads wait for each other inside nested parallel loops, and may pick up
/// another track while they do: their stacks are deeper than a thread's usual.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Renders a library into a site.
pub(super) fn run(arguments: &RenderArguments) -> Result<u8, CommandError> {
    let began = Instant::now();
    signals::listen()?;
    let reporter = Reporter::new(
        verbosity(arguments),
        if arguments.json {
            JsonLines::Yes
        } else {
            JsonLines::No
        },
    );
    let wanted = &arguments.wanted;
    let options = PlanOptions {
        force: arguments.force,
        ..wanted.plan_options()?
    };
    let pool = pool(wanted.jobs)?;
    check_roots(&options.roots)?;
    let site = if arguments.dry_run {
        None
    } else {
        Some(Site::open(&wanted.output, Holder::Render)?)
    };
    let plan = pool.install(|| Plan::make(&options, &wanted.output, &reporter))?;
    let Some(site) = site else {
        reporter.finish();
        return Ok(say_plan(arguments, &plan));
    };
    let run_options = RunOptions {
        settings: options.settings,
        presets: options.presets,
        whole_file: options.whole_file == WholeFile::Wanted,
    };
    let summary = pool.install(|| render(plan, &site, &run_options, began, &reporter))?;
    reporter.finish();
    say_summary(arguments, &summary)?;
    Ok(if summary.failed > 0 { FAILURE } else { SUCCESS })
}

fn verbosity(arguments: &RenderArguments) -> Verbosity {
    match (arguments.quiet, arguments.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, true) => Verbosity::Verbose,
        (false, false) => Verbosity::Normal,
    }
}

pub(super) fn pool(jobs: Option<u16>) -> Result<ThreadPool, CommandError> {
    let threads = jobs.map_or(0, usize::from);
    Ok(ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK_BYTES)
        .build()?)
}

/// The last line of `--json`.
#[derive(Serialize)]
#[serde(tag = "event", rename = "summary")]
struct SummaryEvent<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
}

fn say_summary(arguments: &RenderArguments, summary: &Summary) -> Result<(), CommandError> {
    if arguments.json {
        print_json(&SummaryEvent { summary });
    }
    if let Some(report) = &arguments.report {
        let mut bytes = serde_json::to_vec_pretty(summary)?;
        bytes.push(b'\n');
        write_atomic(report, &bytes)?;
    }
    if arguments.quiet {
        return Ok(());
    }
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
    let more = |count: usize, what: &str| {
        if count > 0 {
            format!(", {count} {what}")
        } else {
            String::new()
        }
    };
    eprintln!(
        "{}{} rendered, {} up to date, {} failed{}{}",
        if summary.stopped { "stopped: " } else { "" },
        summary.rendered,
        summary.up_to_date,
        summary.failed,
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
    Ok(())
}

/// What `--dry-run` prints.
#[derive(Serialize)]
#[serde(tag = "event", rename = "would_render")]
struct WouldRender<'a> {
    #[serde(serialize_with = "as_text")]
    source: &'a std::path::Path,
    track: String,
    variant: String,
    audio_seconds: f64,
}

fn say_plan(arguments: &RenderArguments, plan: &Plan) -> u8 {
    for track in &plan.tracks {
        for (variant, _) in &track.missing {
            if arguments.json {
                print_json(&WouldRender {
                    source: &track.source.name,
                    track: track.id.to_string(),
                    variant: variant.to_string(),
                    audio_seconds: track.seconds,
                });
            } else {
                println!(
                    "{} ({variant}, {})",
                    printable(&track.source.name.to_string_lossy()),
                    clock(track.seconds)
                );
            }
        }
    }
    if !arguments.quiet {
        let missing: usize = plan.tracks.iter().map(|track| track.missing.len()).sum();
        let up_to_date: usize = plan.tracks.iter().map(|track| track.up_to_date).sum();
        eprintln!(
            "would render {missing}, {up_to_date} up to date, {} failed",
            plan.failures.len()
        );
    }
    if plan.failures.is_empty() {
        SUCCESS
    } else {
        FAILURE
    }
}
