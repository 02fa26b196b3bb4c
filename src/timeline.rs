//! Which samples and access units a segment holds: integers only.
//!
//! A track of `samples` is cut on an absolute grid of `segment_samples`, a
//! multiple of sixteen access units, so that segments of all variants share
//! their edges. A tail shorter than a second joins the segment before it,
//! since iOS stops at segments that last next to nothing.
//!
//! Access unit `a` decodes to the samples `[1024 a, 1024 (a + 1))`. Segment 0
//! carries unit -1 in front, as the decoder's pre-roll; in the media everything
//! therefore stands [`PRE_ROLL_SAMPLES`] later than in the track.

use std::ops::Range;

use crate::units::SampleRate;

/// Samples of one AAC-LC access unit (ISO/IEC 14496-3, 4.5.1.1).
pub const UNIT_SAMPLES: u64 = 1024;
/// What stands before sample 0 in the media: one access unit.
pub const PRE_ROLL_SAMPLES: u64 = UNIT_SAMPLES;
/// A segment is a multiple of this many access units, and at least so long.
const UNITS_STEP: u64 = 16;

/// Cuts a track of known length into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    rate: SampleRate,
    samples: u64,
    segment_samples: u64,
}

/// One segment: its samples in the track, its access units in the media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// From 0.
    pub index: usize,
    /// The samples of the track that it plays.
    pub samples: Range<u64>,
    /// The access units that it carries; segment 0 begins with unit -1.
    pub units: Range<i64>,
}

impl Segment {
    /// Where its first access unit stands in the media, in samples (`tfdt`).
    #[must_use]
    pub fn decode_time(&self) -> u64 {
        (self.units.start + 1) as u64 * UNIT_SAMPLES
    }

    /// How long its access units last, in samples: what playlists say.
    #[must_use]
    pub fn media_samples(&self) -> u64 {
        (self.units.end - self.units.start) as u64 * UNIT_SAMPLES
    }
}

impl Timeline {
    /// The timeline of a track: `samples` per channel at `rate`, cut into
    /// segments of about `segment_seconds`.
    #[must_use]
    pub fn new(rate: SampleRate, samples: u64, segment_seconds: f64) -> Self {
        let step = UNITS_STEP * UNIT_SAMPLES;
        let wanted = (segment_seconds * f64::from(rate.0)) as u64;
        Self {
            rate,
            samples,
            segment_samples: (wanted / step * step).max(step),
        }
    }

    /// Samples per second.
    #[must_use]
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// The track's length.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// The length of every segment but the last.
    #[must_use]
    pub fn segment_samples(&self) -> u64 {
        self.segment_samples
    }

    /// How many segments there are: at least one.
    #[must_use]
    pub fn segment_count(&self) -> usize {
        let full = self.samples / self.segment_samples;
        let tail = self.samples % self.segment_samples;
        let own_tail = tail >= u64::from(self.rate.0);
        (full + u64::from(own_tail)).max(1) as usize
    }

    /// Segment `index`, which must be below [`Self::segment_count`].
    #[must_use]
    pub fn segment(&self, index: usize) -> Segment {
        let last = index + 1 == self.segment_count();
        let start = index as u64 * self.segment_samples;
        let end = if last {
            self.samples
        } else {
            start + self.segment_samples
        };
        let first_unit = if index == 0 {
            -1
        } else {
            (start / UNIT_SAMPLES) as i64
        };
        let end_unit = (end.div_ceil(UNIT_SAMPLES)) as i64;
        Segment {
            index,
            samples: start..end,
            units: first_unit..end_unit,
        }
    }

    /// All segments in order.
    #[must_use]
    pub fn segments(&self) -> impl ExactSizeIterator<Item = Segment> + '_ {
        (0..self.segment_count()).map(|index| self.segment(index))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn six_seconds_at_44_1_khz_are_256_units() {
        let timeline = Timeline::new(SampleRate(44_100), 14_033_601, 6.0);
        assert_eq!(timeline.segment_samples(), 262_144);
        assert_eq!(timeline.segment(0).units, -1..256);
        assert_eq!(timeline.segment(1).decode_time(), 257 * 1024);
    }

    #[test]
    fn a_short_tail_joins_the_segment_before_it() {
        let rate = SampleRate(44_100);
        assert_eq!(
            Timeline::new(rate, 262_144 + 44_099, 6.0).segment_count(),
            1
        );
        assert_eq!(
            Timeline::new(rate, 262_144 + 44_100, 6.0).segment_count(),
            2
        );
        assert_eq!(Timeline::new(rate, 1, 6.0).segment_count(), 1);
    }

    proptest! {
        #[test]
        fn segments_tile_the_track(samples in 1u64..50_000_000, rate in 32_000u32..48_001, seconds in 0.1f64..30.0) {
            let timeline = Timeline::new(SampleRate(rate), samples, seconds);
            let mut at = 0;
            let mut unit = -1;
            for segment in timeline.segments() {
                prop_assert_eq!(segment.samples.start, at);
                prop_assert_eq!(segment.units.start, unit);
                prop_assert!(segment.samples.end > at);
                at = segment.samples.end;
                unit = segment.units.end;
            }
            prop_assert_eq!(at, samples);
            prop_assert!(unit as u64 * UNIT_SAMPLES >= samples);
        }
    }
}
