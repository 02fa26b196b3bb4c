//! A sign of life on a terminal for what takes longer than a second.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::reporter::clock;
use super::signals;
use crate::progress::{Event, Progress};

/// What is done sooner needs no sign.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells how much audio was measured, then how much was rendered.
pub(super) struct Spinner {
    began: Instant,
    bar: ProgressBar,
    /// What is done now, and for how many seconds of audio it was.
    done: Mutex<(&'static str, f64)>,
}

impl Spinner {
    /// A spinner. Where there is no terminal, it says nothing.
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{spinner} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self {
            began: Instant::now(),
            bar,
            done: Mutex::default(),
        }
    }

    /// Takes it away, so that what was found can be printed.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Spinner {
    fn report(&self, event: Event) {
        let (what, audio_seconds) = match event {
            Event::ChunkMeasured { audio_seconds, .. } => ("measuring", audio_seconds),
            Event::SegmentRendered { audio_seconds, .. } => ("rendering", audio_seconds),
            _ => return,
        };
        let Ok(mut done) = self.done.lock() else {
            return;
        };
        if done.0 != what {
            *done = (what, 0.0);
        }
        done.1 += audio_seconds;
        if self.began.elapsed() >= PATIENCE {
            self.bar
                .set_message(format!("{what}: {} done", clock(done.1)));
            self.bar.tick();
        }
    }

    fn is_stopped(&self) -> bool {
        signals::is_received()
    }
}
