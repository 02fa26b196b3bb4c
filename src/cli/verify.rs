//! `segue verify`.

use std::io::{IsTerminal, stderr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::args::VerifyArguments;
use super::render::pool;
use super::reporter::{print_json, printable};
use super::watch::{GRACE, LAST_WORDS, watch};
use super::{CommandError, FAILURE, SUCCESS, signals};
use crate::files::quoted;
use crate::progress::{Event, Progress};
use crate::render::DamagedList;
use crate::verify::{Report, verify};

/// How often a run without a terminal says that it is alive.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// Reads a site back.
pub(super) fn run(arguments: &VerifyArguments) -> Result<u8, CommandError> {
    signals::listen()?;
    let shown = Arc::new(Shown::new(arguments));
    let (pool, site) = (pool(arguments.jobs)?, arguments.site.clone());
    let progress = Arc::clone(&shown);
    let report = watch(GRACE, move || pool.install(|| verify(&site, &*progress)))?;
    shown.bar.finish_and_clear();
    let Some(report) = report else {
        return Ok(SUCCESS);
    };
    let report = report?;
    let status = if report.findings > 0 {
        FAILURE
    } else {
        SUCCESS
    };
    let arguments = arguments.clone();
    watch(LAST_WORDS, move || {
        keep_damaged(&arguments, &report);
        say(&arguments, &report);
    })?;
    Ok(status)
}

/// Shows what is found, and how far it is.
struct Shown {
    arguments: VerifyArguments,
    bar: ProgressBar,
    told: Mutex<Instant>,
}

impl Shown {
    fn new(arguments: &VerifyArguments) -> Self {
        let target = if arguments.quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(10)
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let template = "{spinner} checking   {wide_bar:.cyan/dim} {pos}/{len} tracks  {eta} left";
        let style = ProgressStyle::with_template(template);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self {
            arguments: arguments.clone(),
            bar,
            told: Mutex::new(Instant::now()),
        }
    }

    /// A line now and then, where nobody sees the bar.
    fn tell(&self) {
        let Ok(mut told) = self.told.lock() else {
            return;
        };
        let sees_bar = self.arguments.quiet || stderr().is_terminal();
        if !sees_bar && told.elapsed() >= LINE_EVERY {
            *told = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            eprintln!("{done} of {all} tracks checked");
        }
    }
}

impl Progress for Shown {
    fn report(&self, event: Event) {
        match &event {
            Event::Found { .. } if self.arguments.json => print_json(&event),
            Event::Found { file, what, mend } => {
                let line = printable(&format!("{file}: {what}; {mend}"));
                self.bar.suspend(|| println!("{line}"));
            }
            Event::Listed { tracks } => self.bar.set_length(*tracks as u64),
            Event::Checked { .. } => {
                self.bar.inc(1);
                self.tell();
            }
            _ => {}
        }
    }

    fn is_stopped(&self) -> bool {
        signals::is_received()
    }
}

/// Leaves a list of what is damaged for the next `segue render`.
fn keep_damaged(arguments: &VerifyArguments, report: &Report) {
    let kept = DamagedList::change(&arguments.site, |list| {
        // What was not looked at is as damaged as it was.
        if !report.stopped {
            *list = DamagedList::default();
        }
        list.append(report.damaged.clone());
    });
    if let Err(error) = kept
        && !report.damaged.is_empty()
    {
        eprintln!(
            "note: the list of what is damaged cannot be kept ({error}): \
             `segue render --force`, with --include for the files, mends it"
        );
    }
}

/// The last line of `--json`.
#[derive(Serialize)]
#[serde(tag = "event", rename = "summary")]
struct Summary<'a> {
    #[serde(flatten)]
    report: &'a Report,
}

fn say(arguments: &VerifyArguments, report: &Report) {
    if arguments.json {
        print_json(&Summary { report });
    }
    if arguments.quiet {
        return;
    }
    let site = quoted(&arguments.site);
    if report.unfinished {
        eprintln!("note: no `segue render` has come to its end here yet");
    }
    if report.not_listed > 0 {
        eprintln!(
            "note: {} not in the catalog as they are: `segue catalog {site}`, or the next `segue render`, brings it up to date",
            tracks(report.not_listed)
        );
    }
    if report.begun > 0 {
        eprintln!(
            "note: {} begun by `segue serve` and not complete",
            renditions(report.begun)
        );
    }
    if report.unnamed > 0 {
        eprintln!(
            "note: {} old renditions or covers that nothing names: `segue prune {site}` removes them",
            report.unnamed
        );
    }
    if !report.foreign.is_empty() {
        let names = printable(&report.foreign.join(", "));
        eprintln!("note: not segue's own, and not checked: {names}");
    }
    eprintln!(
        "{}{} and {} read, {} files, {:.1} MB: {}",
        if report.stopped { "stopped: " } else { "" },
        tracks(report.tracks),
        renditions(report.renditions),
        report.files,
        report.bytes as f64 / 1e6,
        match report.findings {
            0 if report.stopped => "nothing found so far".to_owned(),
            0 => "all is as it was written".to_owned(),
            1 => "1 finding".to_owned(),
            count => format!("{count} findings"),
        }
    );
}

fn tracks(count: usize) -> String {
    counted(count, "track")
}

fn renditions(count: usize) -> String {
    counted(count, "rendition")
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}
