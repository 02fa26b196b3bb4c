//! Axes that are read at a glance: round numbers, minutes and seconds, octaves.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;

use super::decimal;

/// An axis of numbers whose marks are chosen here.
#[derive(Clone)]
pub(super) struct Axis {
    range: Range<f64>,
    marks: Vec<f64>,
}

impl Axis {
    fn new(range: Range<f64>, marks: Vec<f64>) -> Self {
        Self { range, marks }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.range.clone()).map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.marks.clone()
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// Where frequencies are marked, in hertz.
const FREQUENCIES_HZ: [f64; 10] = [
    20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0, 20_000.0,
];
/// Distances of marks on an axis of time, in seconds.
const TIME_STEPS: [f64; 13] = [
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0,
];
/// The most marks on an axis of time.
const MOST_TIMES: f64 = 14.0;

/// A frequency's place on its axis, which is logarithmic.
pub(super) fn place(hz: f64) -> f64 {
    libm::log10(hz)
}

/// From the lowest to the highest frequency that is heard.
pub(super) fn frequency_axis() -> Axis {
    // Half a third octave on either side belongs to what is drawn.
    let range = place(20.0) - 0.05..place(20_000.0) + 0.05;
    Axis::new(range, FREQUENCIES_HZ.map(place).to_vec())
}

/// A place on the axis of frequencies, for people.
pub(super) fn frequency_label(place: f64) -> String {
    let hz = libm::round(libm::exp10(place));
    if hz >= 1000.0 {
        format!("{}k", hz / 1000.0)
    } else {
        format!("{hz}")
    }
}

/// From the begin of a track to its end.
pub(super) fn time_axis(seconds: f64) -> Axis {
    let fits = |step: &&f64| seconds / **step <= MOST_TIMES;
    let hours = 3600.0 * (seconds / 3600.0 / MOST_TIMES).ceil();
    let step = TIME_STEPS.iter().find(fits).copied().unwrap_or(hours);
    Axis::new(0.0..seconds.max(0.1), multiples(step, &(0.0..seconds)))
}

/// A time, for people: tenths only where there are any.
pub(super) fn time_label(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round() as u64;
    let (minutes, seconds) = (tenths / 600, tenths / 10 % 60);
    match (tenths % 10, minutes) {
        (0, _) => format!("{minutes}:{seconds:02}"),
        (rest, 0) => format!("{seconds}.{rest} s"),
        (rest, _) => format!("{minutes}:{seconds:02}.{rest}"),
    }
}

/// An axis of decibels, widened to whole steps.
pub(super) fn decibel_axis(range: &Range<f64>, step: f64) -> Axis {
    let range = (range.start / step).floor() * step..(range.end / step).ceil() * step;
    let marks = multiples(step, &range);
    Axis::new(range, marks)
}

/// A level, for people.
pub(super) fn level_label(level: f64) -> String {
    decimal(level, 0)
}

/// A level that says which way it goes.
pub(super) fn gain_label(level: f64) -> String {
    if level > 0.0 {
        format!("+{level:.0}")
    } else {
        decimal(level, 0)
    }
}

fn multiples(step: f64, range: &Range<f64>) -> Vec<f64> {
    let (first, last) = ((range.start / step).ceil(), (range.end / step).floor());
    (first as i64..=last as i64)
        .map(|index| index as f64 * step)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_written_for_people() {
        assert_eq!(frequency_label(place(50.0)), "50");
        assert_eq!(frequency_label(place(20_000.0)), "20k");
        assert_eq!(time_label(90.0), "1:30");
        assert_eq!(time_label(0.2), "0.2 s");
        assert_eq!(gain_label(3.0), "+3");
        assert_eq!(gain_label(-3.0), "−3");
        assert_eq!(level_label(-60.0), "−60");
    }

    #[test]
    fn marks_are_few_and_round_at_any_length() {
        for seconds in [0.05, 0.4, 3.0, 59.0, 200.0, 4000.0, 100_000.0] {
            let axis = time_axis(seconds);
            assert!((1..=15).contains(&axis.marks.len()), "{seconds} s");
        }
        let axis = decibel_axis(&(-53.0..-11.0), 10.0);
        assert_eq!(axis.marks, [-60.0, -50.0, -40.0, -30.0, -20.0, -10.0]);
    }
}
