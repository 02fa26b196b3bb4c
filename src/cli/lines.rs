//! What a run without a terminal says: a line where a phase begins, and a line
//! every 30 seconds, also while nothing gets done: a file that is in hand for
//! longer than that is named, so that a log shows on what a run hangs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::bars::MEASURING;
use super::reporter::clock;
use crate::progress::Event;

/// How often a run says that it is alive.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// The run, as lines tell of it.
pub(super) struct Lines {
    phase: Phase,
    /// When this phase began.
    began: Instant,
    /// When the last line was said.
    last: Instant,
    /// What is done to which source, and since when.
    in_hand: BTreeMap<PathBuf, (&'static str, Instant)>,
}

enum Phase {
    Walking,
    Reading { files: usize, done: usize },
    Rendering { planned: f64, done: f64 },
}

impl Lines {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            phase: Phase::Walking,
            began: now,
            last: now,
            in_hand: BTreeMap::new(),
        }
    }

    /// Takes what happened at `now`; gives the line that it deserves at once.
    pub(super) fn take(&mut self, event: &Event, now: Instant) -> Option<String> {
        match event {
            Event::Scanned { sources } => {
                let line = format!("reading {sources} files");
                let (files, done) = (*sources, 0);
                return Some(self.begin(Phase::Reading { files, done }, line, now));
            }
            Event::Planned {
                renditions,
                up_to_date,
                audio_seconds,
                measured_seconds,
            } => {
                let planned = audio_seconds + MEASURING * measured_seconds;
                let length = clock(*audio_seconds);
                let line = format!("{renditions} to render ({length}), {up_to_date} up to date");
                return Some(self.begin(Phase::Rendering { planned, done: 0.0 }, line, now));
            }
            Event::Reading { source } => self.take_up(source, "reading", now),
            Event::Measuring { source, .. } => self.take_up(source, "measuring", now),
            Event::Started { source, .. } => self.take_up(source, "rendering", now),
            Event::Identified { source, .. } | Event::Failed { source, .. } => {
                self.lay_down(source);
                if let Phase::Reading { done, .. } = &mut self.phase {
                    *done += 1;
                }
            }
            Event::Measured { source, .. } | Event::Rendered { source, .. } => {
                self.lay_down(source);
            }
            Event::ChunkMeasured { audio_seconds, .. } => self.add(MEASURING * audio_seconds),
            Event::SegmentRendered { audio_seconds, .. } => self.add(*audio_seconds),
            Event::Listed { .. }
            | Event::Checked { .. }
            | Event::Found { .. }
            | Event::Warning { .. } => {}
        }
        None
    }

    /// The line that is due at `now`, if one is.
    pub(super) fn due(&mut self, now: Instant) -> Option<String> {
        if now.duration_since(self.last) < LINE_EVERY {
            return None;
        }
        self.last = now;
        let line = match self.phase {
            Phase::Walking => "looking for music".to_owned(),
            Phase::Reading { files, done } => format!("{done} of {files} files read"),
            Phase::Rendering { planned, done } => {
                let elapsed = now.duration_since(self.began).as_secs_f64();
                let speed = done / elapsed.max(0.001);
                let left = (planned - done).max(0.0) / speed.max(0.001);
                let (done, planned, left) = (clock(done), clock(planned), clock(left));
                format!(
                    "{done} of {planned} rendered, {speed:.0} times real time, about {left} left"
                )
            }
        };
        let hung = self.in_hand.iter().min_by_key(|(_, (_, since))| *since);
        let hung = hung.map(|(source, (what, since))| (source, what, now.duration_since(*since)));
        Some(
            match hung.filter(|(_, _, elapsed)| *elapsed >= LINE_EVERY) {
                Some((source, what, elapsed)) => {
                    let elapsed = clock(elapsed.as_secs_f64());
                    format!("{line}; {what} {} for {elapsed}", source.display())
                }
                None => line,
            },
        )
    }

    fn begin(&mut self, phase: Phase, line: String, now: Instant) -> String {
        self.phase = phase;
        (self.began, self.last) = (now, now);
        line
    }

    fn take_up(&mut self, source: &Path, what: &'static str, now: Instant) {
        self.in_hand.insert(source.to_owned(), (what, now));
    }

    fn lay_down(&mut self, source: &Path) {
        self.in_hand.remove(source);
    }

    fn add(&mut self, seconds: f64) {
        if let Phase::Rendering { done, .. } = &mut self.phase {
            *done += seconds;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::TrackId;

    fn track() -> TrackId {
        TrackId::from_hash(&blake3::hash(b"track"))
    }

    #[test]
    fn a_line_comes_every_thirty_seconds_whatever_happens() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut lines = Lines::new(start);
        assert_eq!(lines.due(at(29)), None);
        assert_eq!(lines.due(at(30)).as_deref(), Some("looking for music"));
        let first = lines.take(&Event::Scanned { sources: 7 }, at(31));
        assert_eq!(first.as_deref(), Some("reading 7 files"));
        assert_eq!(lines.due(at(60)), None);
        assert_eq!(lines.due(at(61)).as_deref(), Some("0 of 7 files read"));
        let planned = Event::Planned {
            renditions: 2,
            up_to_date: 1,
            audio_seconds: 600.0,
            measured_seconds: 0.0,
        };
        let line = lines.take(&planned, at(70));
        assert_eq!(
            line.as_deref(),
            Some("2 to render (10:00 min), 1 up to date")
        );
        let segment = Event::SegmentRendered {
            track: track(),
            variant: "warm".to_owned(),
            index: 0,
            audio_seconds: 300.0,
        };
        assert_eq!(lines.take(&segment, at(80)), None);
        assert_eq!(
            lines.due(at(100)).as_deref(),
            Some("5:00 min of 10:00 min rendered, 10 times real time, about 0:30 min left")
        );
        assert_eq!(lines.due(at(129)), None);
    }

    #[test]
    fn what_a_run_hangs_on_is_named() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut lines = Lines::new(start);
        lines.take(&Event::Scanned { sources: 2 }, at(0));
        let reading = |name: &str| Event::Reading {
            source: name.into(),
        };
        lines.take(&reading("a.wav"), at(1));
        lines.take(&reading("b.wav"), at(2));
        let identified = Event::Identified {
            source: "a.wav".into(),
            track: track(),
        };
        lines.take(&identified, at(3));
        assert_eq!(lines.due(at(30)).as_deref(), Some("1 of 2 files read"));
        assert_eq!(
            lines.due(at(62)).as_deref(),
            Some("1 of 2 files read; reading b.wav for 1:00 min")
        );
        let measuring = Event::Measuring {
            source: "b.wav".into(),
            track: track(),
        };
        lines.take(&measuring, at(63));
        assert_eq!(lines.due(at(92)).as_deref(), Some("1 of 2 files read"));
        assert_eq!(
            lines.due(at(123)).as_deref(),
            Some("1 of 2 files read; measuring b.wav for 1:00 min")
        );
    }
}
