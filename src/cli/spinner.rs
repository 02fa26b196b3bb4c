//! A sign of life on a terminal for what takes longer than a second.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::reporter::clock;
use super::signals;
use crate::progress::{Event, Progress};

/// What is done sooner needs no sign.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells how much audio was measured.
pub(super) struct Spinner {
    what: &'static str,
    began: Instant,
    bar: ProgressBar,
    seconds_done: Mutex<f64>,
}

impl Spinner {
    /// A spinner that says what is done. Where there is no terminal, it says
    /// nothing.
    pub(super) fn new(what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{spinner} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self {
            what,
            began: Instant::now(),
            bar,
            seconds_done: Mutex::new(0.0),
        }
    }

    /// Takes it away, so that what was found can be printed.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Spinner {
    fn report(&self, event: Event) {
        let Event::ChunkMeasured { audio_seconds, .. } = event else {
            return;
        };
        let Ok(mut done) = self.seconds_done.lock() else {
            return;
        };
        *done += audio_seconds;
        if self.began.elapsed() >= PATIENCE {
            self.bar
                .set_message(format!("{}: {} done", self.what, clock(*done)));
            self.bar.tick();
        }
    }

    fn is_stopped(&self) -> bool {
        signals::is_received()
    }
}
