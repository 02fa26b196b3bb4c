//! `segue status`: how a site stands to a library. It writes nothing and asks
//! for no lock, so that it can be run at any time.

use std::path::Path;

use serde::Serialize;

use super::args::StatusArguments;
use super::render::pool;
use super::reporter::{JsonLines, Reporter, Verbosity, print_json, printable};
use super::{CommandError, NOT_UP_TO_DATE, SUCCESS, signals};
use crate::library::LastSource;
use crate::progress::{Event, Progress, as_text};
use crate::render::{Failure, Ledger, Plan, PlannedTrack, Reason, Standing, WantedRendition};
use crate::site::TrackId;

/// Holds a site against a library.
pub(super) fn run(arguments: &StatusArguments) -> Result<u8, CommandError> {
    signals::listen()?;
    let wanted = &arguments.wanted;
    let reading = Reading(Reporter::new(Verbosity::Normal, JsonLines::No));
    let options = wanted.plan_options()?;
    let ledger = Ledger::default();
    let pool = pool(wanted.jobs)?;
    let plan = pool.install(|| Plan::make(&options, &wanted.output, &ledger, &reading));
    reading.0.finish();
    let plan = plan?;
    let summary = Summary::of(&plan, &wanted.output);
    if arguments.key {
        println!("{}", plan.cache_key());
    } else if arguments.json {
        tell_json(&plan, &summary, &wanted.output);
    } else {
        tell(arguments, &plan, &summary);
    }
    let is_told = arguments.exit_code && !summary.is_all_up_to_date();
    Ok(if is_told { NOT_UP_TO_DATE } else { SUCCESS })
}

/// Shows what is read, and keeps quiet about what would be rendered.
struct Reading(Reporter);

impl Progress for Reading {
    fn report(&self, event: Event) {
        if !matches!(event, Event::Planned { .. }) {
            self.0.report(event);
        }
    }

    fn is_stopped(&self) -> bool {
        self.0.is_stopped()
    }
}

/// The last line of `--json`.
#[derive(Serialize)]
#[serde(tag = "event", rename = "summary")]
struct Summary {
    /// Renditions.
    up_to_date: usize,
    /// Renditions.
    missing: usize,
    /// Renditions.
    stale: usize,
    /// Sources.
    failed: usize,
    /// Tracks.
    orphaned: usize,
}

impl Summary {
    fn of(plan: &Plan, site: &Path) -> Self {
        let renditions = || plan.tracks.iter().flat_map(|track| &track.renditions);
        let count = |is: fn(&Standing) -> bool| {
            renditions()
                .filter(|rendition| is(&rendition.standing))
                .count()
        };
        Self {
            up_to_date: count(|standing| *standing == Standing::UpToDate),
            missing: count(|standing| matches!(standing, Standing::Missing(_))),
            stale: count(|standing| matches!(standing, Standing::Stale(_))),
            failed: plan.failures.len(),
            orphaned: plan.published_orphans(site).count(),
        }
    }

    fn is_all_up_to_date(&self) -> bool {
        self.missing + self.stale + self.failed + self.orphaned == 0
    }
}

/// What is not up to date, with its track.
fn lacking(plan: &Plan) -> impl Iterator<Item = (&PlannedTrack, &WantedRendition, &Reason)> {
    plan.tracks.iter().flat_map(|track| {
        track
            .renditions
            .iter()
            .filter_map(move |rendition| match &rendition.standing {
                Standing::UpToDate => None,
                Standing::Missing(reason) | Standing::Stale(reason) => {
                    Some((track, rendition, reason))
                }
            })
    })
}

fn tell(arguments: &StatusArguments, plan: &Plan, summary: &Summary) {
    if arguments.verbose {
        for (track, rendition, reason) in lacking(plan) {
            let source = track.source.name.to_string_lossy();
            let line = format!("{source}: {}: {reason}", rendition.variant);
            println!("{}", printable(&line));
        }
        for (track, last) in plan.published_orphans(&arguments.wanted.output) {
            let source = last.path().to_string_lossy();
            let line = format!("{source}: orphaned: the source of track {track} is gone");
            println!("{}", printable(&line));
        }
    }
    println!(
        "{} up to date, {} missing, {} stale, {} failed, {} orphaned",
        summary.up_to_date, summary.missing, summary.stale, summary.failed, summary.orphaned
    );
}

/// What `--json` prints of each that is not up to date.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    Missing(Lacking<'a>),
    Stale(Lacking<'a>),
    Failed(&'a Failure),
    Orphaned {
        #[serde(serialize_with = "as_text")]
        source: &'a Path,
        track: &'a TrackId,
    },
}

#[derive(Serialize)]
struct Lacking<'a> {
    #[serde(serialize_with = "as_text")]
    source: &'a Path,
    track: &'a TrackId,
    variant: String,
    reason: String,
}

fn tell_json(plan: &Plan, summary: &Summary, site: &Path) {
    for (track, rendition, reason) in lacking(plan) {
        let lacking = Lacking {
            source: &track.source.name,
            track: &track.id,
            variant: rendition.variant.to_string(),
            reason: reason.to_string(),
        };
        print_json(&match rendition.standing {
            Standing::Stale(_) => Line::Stale(lacking),
            _ => Line::Missing(lacking),
        });
    }
    for failure in &plan.failures {
        print_json(&Line::Failed(failure));
    }
    for (track, last) in plan.published_orphans(site) {
        let source = LastSource::path(last);
        print_json(&Line::Orphaned { source, track });
    }
    print_json(summary);
}
