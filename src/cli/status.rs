//! `segue status`: how a site stands to a library. It writes nothing and asks
//! for no lock, so that it can be run at any time.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::args::StatusArguments;
use super::render::pool;
use super::reporter::{JsonLines, Reporter, Verbosity, print_json, printable};
use super::watch::{GRACE, watch};
use super::{CommandError, NOT_UP_TO_DATE, SUCCESS, signals};
use crate::library::LastSource;
use crate::progress::{Event, Progress, as_text};
use crate::render::{
    Failure, Ledger, Plan, PlannedTrack, Reason, Standing, Unlisted, WantedRendition,
};
use crate::site::TrackId;

/// Holds a site against a library.
pub(super) fn run(arguments: &StatusArguments) -> Result<u8, CommandError> {
    signals::listen()?;
    let wanted = &arguments.wanted;
    let reading = Arc::new(Reading(Reporter::new(Verbosity::Normal, JsonLines::No)));
    let pool = pool(wanted.jobs)?;
    let (reads, asked, key) = (Arc::clone(&reading), wanted.clone(), arguments.key);
    let make = move || -> Result<(Plan, Vec<Unlisted>), CommandError> {
        let options = asked.plan_options()?;
        let site = &asked.output;
        let plan = Plan::make(&options, site, &Ledger::default(), &*reads)?;
        let unlisted = if key {
            Vec::new()
        } else {
            plan.unlisted(site)?
        };
        Ok((plan, unlisted))
    };
    let plan = watch(GRACE, move || pool.install(make))?;
    reading.0.finish();
    let Some(plan) = plan else {
        return Ok(SUCCESS);
    };
    let (plan, unlisted) = plan?;
    let summary = Summary::of(&plan, &unlisted, &wanted.output);
    if arguments.key {
        println!("{}", plan.cache_key());
    } else if arguments.json {
        tell_json(&plan, &unlisted, &summary, &wanted.output);
    } else {
        tell(arguments, &plan, &unlisted, &summary);
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
    /// Renditions, tracks of which the site tells otherwise, a catalog that does
    /// not tell of all, a page of another version.
    stale: usize,
    /// Sources.
    failed: usize,
    /// Tracks.
    orphaned: usize,
}

impl Summary {
    fn of(plan: &Plan, unlisted: &[Unlisted], site: &Path) -> Self {
        let renditions = || plan.tracks.iter().flat_map(|track| &track.renditions);
        let count = |is: fn(&Standing) -> bool| {
            renditions()
                .filter(|rendition| is(&rendition.standing))
                .count()
        };
        let stale = count(|standing| matches!(standing, Standing::Stale(_)));
        Self {
            up_to_date: count(|standing| *standing == Standing::UpToDate),
            missing: count(|standing| matches!(standing, Standing::Missing(_))),
            stale: stale + untold(plan).count() + unlisted.len(),
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

/// Tracks whose renditions are all up to date, but not what is told of them.
fn untold(plan: &Plan) -> impl Iterator<Item = (&PlannedTrack, &Reason)> {
    let tracks = plan.tracks.iter();
    let rendered = tracks.filter(|track| track.missing.is_empty());
    rendered.filter_map(|track| Some((track, track.untold.as_ref()?)))
}

fn tell(arguments: &StatusArguments, plan: &Plan, unlisted: &[Unlisted], summary: &Summary) {
    if arguments.verbose {
        for (track, rendition, reason) in lacking(plan) {
            let source = track.source.name.to_string_lossy();
            let line = format!("{source}: {}: {reason}", rendition.variant);
            println!("{}", printable(&line));
        }
        for (track, reason) in untold(plan) {
            let source = track.source.name.to_string_lossy();
            println!("{}", printable(&format!("{source}: {reason}")));
        }
        for Unlisted { reason, .. } in unlisted {
            println!("{reason}");
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
    #[serde(rename = "stale")]
    Unlisted {
        /// In the site.
        file: &'a str,
        reason: String,
    },
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
    /// None where it is what is told of the track.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
    reason: String,
}

fn tell_json(plan: &Plan, unlisted: &[Unlisted], summary: &Summary, site: &Path) {
    for (track, rendition, reason) in lacking(plan) {
        let lacking = Lacking {
            source: &track.source.name,
            track: &track.id,
            variant: Some(rendition.variant.to_string()),
            reason: reason.to_string(),
        };
        print_json(&match rendition.standing {
            Standing::Stale(_) => Line::Stale(lacking),
            _ => Line::Missing(lacking),
        });
    }
    for (track, reason) in untold(plan) {
        print_json(&Line::Stale(Lacking {
            source: &track.source.name,
            track: &track.id,
            variant: None,
            reason: reason.to_string(),
        }));
    }
    for Unlisted { file, reason } in unlisted {
        let reason = reason.to_string();
        print_json(&Line::Unlisted { file, reason });
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
