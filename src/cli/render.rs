//! `segue render`.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;

use super::args::RenderArguments;
use super::reporter::{JsonLines, Reporter, Verbosity, clock, print_json, printable};
use super::summary::{check_report, print_summary, say_summary, write_report};
use super::watch::{GRACE, KEEPING, LAST_WORDS, watch};
use super::{CommandError, FAILURE, SUCCESS, UsageError, signals};
use crate::library::check_roots;
use crate::progress::as_text;
use crate::render::{
    Holder, Ledger, Plan, PlanError, PlanOptions, RunOptions, Site, StoppedBy, Summary, TimeLimit,
    WholeFile, run as render,
};

/// Threads wait for each other inside nested parallel loops, and may pick up
/// another track while they do: their stacks are deeper than a thread's usual.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// How often what was rendered is put into the catalog while more is.
const LIST_EVERY: Duration = Duration::from_secs(15);

/// Renders a library into a site.
pub(super) fn run(arguments: &RenderArguments) -> Result<u8, CommandError> {
    signals::listen()?;
    check_report(arguments)?;
    let run = Arc::new(Run::new(arguments));
    let work = Arc::clone(&run);
    let outcome = match watch(GRACE, move || work.go())? {
        Some(Err(error)) if error.is::<UsageError>() => return Err(error),
        outcome => outcome,
    };
    let keeper = Arc::clone(&run);
    let Some((outcome, summary)) = watch(KEEPING, move || keeper.come_to_an_end(outcome))? else {
        watch(LAST_WORDS, || {
            eprintln!("segue: ended before all that was read, and the report, was kept");
        })?;
        return Ok(SUCCESS);
    };
    let status = if summary.failed > 0 { FAILURE } else { SUCCESS };
    watch(LAST_WORDS, move || {
        run.reporter.finish();
        match &outcome {
            Ok(Some(plan)) if run.arguments.dry_run => say_plan(&run.arguments, plan, &summary),
            _ => say_summary(&run.arguments, &summary),
        }
        outcome.map(|_| status)
    })?
    .unwrap_or(Ok(status))
}

/// A run, on whatever thread it is.
struct Run {
    arguments: RenderArguments,
    began: Instant,
    limit: TimeLimit,
    /// None until it is open, or where nothing is to be written.
    site: OnceLock<Site>,
    ledger: Ledger,
    reporter: Reporter,
}

impl Run {
    fn new(arguments: &RenderArguments) -> Self {
        let began = Instant::now();
        Self {
            arguments: arguments.clone(),
            began,
            limit: TimeLimit::after(began, arguments.time_limit),
            site: OnceLock::new(),
            ledger: Ledger::default(),
            reporter: Reporter::new(verbosity(arguments), json_lines(arguments)),
        }
    }

    fn go(&self) -> Result<Option<Plan>, CommandError> {
        let wanted = &self.arguments.wanted;
        let planning = PlanOptions {
            force: self.arguments.force,
            limit: self.limit,
            ..wanted.plan_options()?
        };
        let pool = pool(wanted.jobs)?;
        check_roots(&planning.roots)?;
        if !self.arguments.dry_run {
            let site = Site::open(&wanted.output, Holder::Render)?;
            // Nobody else opens it.
            let _is_first = self.site.set(site).is_ok();
        }
        pool.install(|| self.plan_and_render(&planning)).map(Some)
    }

    fn plan_and_render(&self, planning: &PlanOptions) -> Result<Plan, CommandError> {
        let (ledger, reporter) = (&self.ledger, &self.reporter);
        let plan = Plan::make(planning, &self.arguments.wanted.output, ledger, reporter)?;
        if let Some(site) = self.site.get() {
            let rendering = RunOptions {
                settings: planning.settings,
                presets: planning.presets.clone(),
                whole_file: planning.whole_file == WholeFile::Wanted,
                limit: self.limit,
                list_every: LIST_EVERY,
            };
            render(&plan, site, &rendering, ledger, reporter)?;
        }
        Ok(plan)
    }

    /// Keeps what was done, and writes the report. That the run was stopped is
    /// no error, and of several errors the first is told.
    fn come_to_an_end(
        &self,
        outcome: Option<Result<Option<Plan>, CommandError>>,
    ) -> (Result<Option<Plan>, CommandError>, Summary) {
        let mut outcome = self.keep(outcome);
        let mut summary = self.ledger.summary(self.arguments.wanted.shard, self.began);
        summary.stopped_by = stopped_by(&summary, self.limit);
        if let Err(error) = &outcome {
            summary.stopped_by = summary.stopped_by.or(Some(StoppedBy::Error));
            summary.error = Some(error.to_string());
        }
        if let Err(error) = write_report(&self.arguments, &summary) {
            outcome = outcome.and(Err(error));
        }
        (outcome, summary)
    }

    /// Keeps what was read by a run that did not come to its end.
    fn keep(
        &self,
        outcome: Option<Result<Option<Plan>, CommandError>>,
    ) -> Result<Option<Plan>, CommandError> {
        let kept = || match (self.site.get(), self.ledger.index()) {
            (Some(site), Some(index)) => site.write_scan_index(&index),
            _ => Ok(()),
        };
        match outcome {
            Some(Ok(plan)) => Ok(plan),
            Some(Err(error)) if matches!(error.downcast_ref(), Some(PlanError::Stopped)) => {
                kept()?;
                Ok(None)
            }
            Some(Err(error)) => {
                // It only saves reading; the error is the one that counts.
                let _is_kept = kept().is_ok();
                Err(error)
            }
            None => {
                kept()?;
                self.site.get().map_or(Ok(()), Site::abandon)?;
                Ok(None)
            }
        }
    }
}

/// What ended a run that did not come to all sources.
fn stopped_by(summary: &Summary, limit: TimeLimit) -> Option<StoppedBy> {
    match signals::status() {
        Some(130) => Some(StoppedBy::Sigint),
        Some(_) => Some(StoppedBy::Sigterm),
        None if limit.is_passed() && summary.not_reached > 0 => Some(StoppedBy::TimeLimit),
        None => None,
    }
}

fn json_lines(arguments: &RenderArguments) -> JsonLines {
    if arguments.json {
        JsonLines::Yes
    } else {
        JsonLines::No
    }
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

fn say_plan(arguments: &RenderArguments, plan: &Plan, summary: &Summary) {
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
    if arguments.json {
        print_summary(summary);
    }
    if !arguments.quiet {
        if plan.unread > 0 {
            eprintln!("time limit: {} files are left to read", plan.unread);
        }
        let missing: usize = plan.tracks.iter().map(|track| track.missing.len()).sum();
        let up_to_date: usize = plan.tracks.iter().map(|track| track.up_to_date).sum();
        eprintln!(
            "would render {missing}, {up_to_date} up to date, {} failed",
            plan.failures.len()
        );
    }
}
