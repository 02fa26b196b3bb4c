//! Progress on a terminal: one bar for the reading, then one for the
//! rendering, with its rate, what is left, and what is being rendered.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::reporter::{clock, printable};
use crate::progress::Event;

/// How much work it is to measure a second of audio, where rendering one is 1.
pub(super) const MEASURING: f64 = 0.2;

/// The bar counts milliseconds of audio.
const UNITS_PER_SECOND: f64 = 1000.0;

/// The bar that is shown at present.
pub(super) struct Bars {
    state: Mutex<State>,
}

struct State {
    bar: ProgressBar,
    began: Instant,
    seconds_done: f64,
    /// What is being rendered, oldest first.
    current: Vec<String>,
}

impl Bars {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        bar.set_style(style("{spinner} looking for music"));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self {
            state: Mutex::new(State {
                bar,
                began: Instant::now(),
                seconds_done: 0.0,
                current: Vec::new(),
            }),
        }
    }

    /// A line above the bar.
    pub(super) fn print(&self, text: &str) {
        if let Ok(state) = self.state.lock() {
            state.bar.suspend(|| eprintln!("{text}"));
        }
    }

    pub(super) fn finish(&self) {
        if let Ok(state) = self.state.lock() {
            state.bar.finish_and_clear();
        }
    }

    /// Shows what an event changes.
    pub(super) fn take(&self, event: &Event) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        match event {
            Event::Scanned { sources } => {
                state.bar.set_length(*sources as u64);
                state.bar.set_style(style(
                    "{spinner} reading    {wide_bar:.cyan/dim} {pos}/{len} files",
                ));
            }
            Event::Identified { .. } | Event::Failed { .. } => state.bar.inc(1),
            Event::Planned {
                audio_seconds,
                measured_seconds,
                ..
            } => state.begin_rendering(audio_seconds + MEASURING * measured_seconds),
            Event::ChunkMeasured { audio_seconds, .. } => {
                state.seconds_done += MEASURING * audio_seconds;
                state.show();
            }
            Event::Started {
                source, variant, ..
            } => {
                let name = printable(&source.file_name().unwrap_or_default().to_string_lossy());
                state.current.push(format!("{name} ({variant})"));
                state.show();
            }
            Event::SegmentRendered { audio_seconds, .. } => {
                state.seconds_done += audio_seconds;
                state.show();
            }
            Event::Rendered {
                source, variant, ..
            } => {
                let name = printable(&source.file_name().unwrap_or_default().to_string_lossy());
                let label = format!("{name} ({variant})");
                if let Some(at) = state.current.iter().position(|current| *current == label) {
                    state.current.remove(at);
                }
                state.show();
            }
            Event::Listed { .. }
            | Event::Checked { .. }
            | Event::Found { .. }
            | Event::Reading { .. }
            | Event::Measuring { .. }
            | Event::Measured { .. }
            | Event::Warning { .. } => {}
        }
    }
}

impl State {
    fn begin_rendering(&mut self, audio_seconds: f64) {
        self.bar.reset();
        self.bar
            .set_length((audio_seconds * UNITS_PER_SECOND) as u64);
        self.bar.set_style(style(
            "{spinner} rendering  {wide_bar:.cyan/dim} {percent:>3} %  {msg}",
        ));
        self.began = Instant::now();
    }

    fn show(&self) {
        let total = self.bar.length().unwrap_or(0) as f64 / UNITS_PER_SECOND;
        let speed = self.seconds_done / self.began.elapsed().as_secs_f64().max(0.001);
        let left = (total - self.seconds_done).max(0.0) / speed.max(0.001);
        self.bar
            .set_position((self.seconds_done * UNITS_PER_SECOND) as u64);
        let current: String = self
            .current
            .first()
            .map(|name| name.chars().take(32).collect())
            .unwrap_or_default();
        self.bar.set_message(format!(
            "{speed:.0} x real time, {} left  {current}",
            clock(left)
        ));
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
