//! Who gets to see what happens: bars on a terminal, plain lines elsewhere,
//! JSON where it was asked for.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::bars::Bars;
use super::lines::Lines;
use super::signals;
use crate::progress::{Event, Progress};

/// How often it is looked whether a line is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);

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
    lines: Option<PlainLines>,
    is_finished: AtomicBool,
}

/// Lines where there is no terminal, and the thread that says those that are
/// due whatever happens; it ends when this drops.
struct PlainLines {
    lines: Arc<Mutex<Lines>>,
    _ends: Sender<()>,
}

impl Reporter {
    pub(super) fn new(verbosity: Verbosity, json: JsonLines) -> Self {
        let is_silent = verbosity == Verbosity::Quiet;
        let has_bars = stderr().is_terminal() && !is_silent;
        Self {
            verbosity,
            json,
            bars: has_bars.then(Bars::new),
            lines: (!has_bars && !is_silent).then(PlainLines::begin),
            is_finished: AtomicBool::new(false),
        }
    }

    /// Takes the bars away, so that last words can be said: nothing is shown
    /// after this.
    pub(super) fn finish(&self) {
        self.is_finished.store(true, Ordering::SeqCst);
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
}

impl PlainLines {
    fn begin() -> Self {
        let lines = Arc::new(Mutex::new(Lines::new(Instant::now())));
        let (ends, ended) = channel();
        let due = Arc::clone(&lines);
        std::thread::spawn(move || {
            while ended.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                let line = due.lock().ok().and_then(|mut due| due.due(Instant::now()));
                if let Some(line) = line {
                    eprintln!("{}", printable(&line));
                }
            }
        });
        Self { lines, _ends: ends }
    }

    fn take(&self, event: &Event) -> Option<String> {
        self.lines.lock().ok()?.take(event, Instant::now())
    }
}

impl Progress for Reporter {
    fn report(&self, event: Event) {
        if self.json == JsonLines::Yes {
            // Held over both, so that the summary is the last line.
            let _held = stdout().lock();
            if !self.is_finished.load(Ordering::SeqCst) {
                print_json(&event);
            }
        }
        if self.is_finished.load(Ordering::SeqCst) {
            return;
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
        if let Some(bars) = &self.bars {
            bars.take(&event);
        }
        if let Some(line) = self.lines.as_ref().and_then(|lines| lines.take(&event)) {
            self.say(&line);
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
