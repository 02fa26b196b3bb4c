//! Who gets to see what happens: bars on a terminal, plain lines elsewhere,
//! JSON where it was asked for.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::bars::{Bars, MEASURING};
use super::signals;
use crate::progress::{Event, Progress};

/// How often a run without a terminal says that it is alive.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// How much is said to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verbosity {
    /// Only what failed.
    Quiet,
    /// What is going on.
    Normal,
    /// Every file.
    Verbose,
}

/// Whether events go to stdout as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonLines {
    Yes,
    No,
}

/// Takes events and shows them.
pub(super) struct Reporter {
    verbosity: Verbosity,
    json: JsonLines,
    bars: Option<Bars>,
    lines: Mutex<Lines>,
}

/// What plain lines tell of the run so far.
struct Lines {
    last: Instant,
    began: Instant,
    seconds_done: f64,
    seconds_planned: f64,
}

impl Reporter {
    pub(super) fn new(verbosity: Verbosity, json: JsonLines) -> Self {
        let has_bars = stderr().is_terminal() && verbosity > Verbosity::Quiet;
        let now = Instant::now();
        Self {
            verbosity,
            json,
            bars: has_bars.then(Bars::new),
            lines: Mutex::new(Lines {
                last: now,
                began: now,
                seconds_done: 0.0,
                seconds_planned: 0.0,
            }),
        }
    }

    /// Takes the bars away, so that last words can be said.
    pub(super) fn finish(&self) {
        if let Some(bars) = &self.bars {
            bars.finish();
        }
    }

    /// Says something to a person, above the bars where there are any.
    fn say(&self, text: &str) {
        let text = &printable(text);
        match &self.bars {
            Some(bars) => bars.print(text),
            None => eprintln!("{text}"),
        }
    }

    fn plain(&self, event: &Event) {
        let Ok(mut lines) = self.lines.lock() else {
            return;
        };
        match event {
            Event::Scanned { sources } => self.say(&format!("reading {sources} files")),
            Event::Planned {
                renditions,
                up_to_date,
                audio_seconds,
                measured_seconds,
            } => {
                lines.seconds_planned = audio_seconds + MEASURING * measured_seconds;
                lines.began = Instant::now();
                self.say(&format!(
                    "{renditions} to render ({}), {up_to_date} up to date",
                    clock(*audio_seconds)
                ));
            }
            Event::ChunkMeasured { audio_seconds, .. } => {
                lines.seconds_done += MEASURING * audio_seconds;
            }
            Event::SegmentRendered { audio_seconds, .. } => {
                lines.seconds_done += audio_seconds;
                if lines.last.elapsed() >= LINE_EVERY {
                    lines.last = Instant::now();
                    self.say(&lines.text());
                }
            }
            _ => {}
        }
    }
}

impl Lines {
    fn text(&self) -> String {
        let speed = self.seconds_done / self.began.elapsed().as_secs_f64().max(0.001);
        let left = (self.seconds_planned - self.seconds_done).max(0.0) / speed.max(0.001);
        format!(
            "{} of {} rendered, {speed:.0} times real time, about {} left",
            clock(self.seconds_done),
            clock(self.seconds_planned),
            clock(left)
        )
    }
}

impl Progress for Reporter {
    fn report(&self, event: Event) {
        if self.json == JsonLines::Yes {
            print_json(&event);
        }
        match &event {
            Event::Failed { source, reason } => {
                self.say(&format!("failed: {}: {reason}", source.display()));
            }
            Event::Warning { source, message } if self.verbosity > Verbosity::Quiet => {
                let source = source
                    .as_ref()
                    .map(|source| format!("{}: ", source.display()));
                self.say(&format!("note: {}{message}", source.unwrap_or_default()));
            }
            Event::Rendered {
                source, variant, ..
            } if self.verbosity == Verbosity::Verbose => {
                self.say(&format!("rendered: {} ({variant})", source.display()));
            }
            _ => {}
        }
        match &self.bars {
            Some(bars) => bars.take(&event),
            None if self.verbosity > Verbosity::Quiet => self.plain(&event),
            None => {}
        }
    }

    fn is_stopped(&self) -> bool {
        signals::is_received()
    }
}

/// One object on a line of stdout. Nobody listening is no reason to fail.
pub(super) fn print_json<T: Serialize>(value: &T) {
    if let Ok(mut line) = serde_json::to_vec(value) {
        line.push(b'\n');
        let _nobody_listens = stdout().lock().write_all(&line);
    }
}

/// A line as a terminal may have it: the names of files can hold line breaks
/// and escape codes, which are shown, not obeyed.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut line, letter| {
            if letter.is_control() {
                line.extend(letter.escape_default());
            } else {
                line.push(letter);
            }
            line
        })
}

/// Seconds as hours, minutes and seconds.
pub(super) fn clock(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02} h")
    } else {
        format!("{minutes}:{seconds:02} min")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_codes_are_shown() {
        assert_eq!(printable("a\nb\u{1b}[2J é"), "a\\nb\\u{1b}[2J é");
    }

    #[test]
    fn times_are_written_for_people() {
        assert_eq!(clock(0.4), "0:00 min");
        assert_eq!(clock(192.0), "3:12 min");
        assert_eq!(clock(36_061.0), "10:01:01 h");
    }
}
