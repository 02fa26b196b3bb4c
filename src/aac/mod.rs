//! PCM to AAC-LC access units: one segment at a time, each from a fresh encoder.
//!
//! An encoder that starts in the middle of a track is wrong at first: its
//! filter bank, its window decisions and its bit reservoir know nothing of what
//! came before. So it is started [`RUN_IN_UNITS`] early, fed with the track's
//! own samples, and what it gives for them is thrown away. From four units on,
//! the joins are as good as the rest of the stream; eight is safe and costs
//! three per cent. No state passes from one segment to the next.
//!
//! The delay is the FDK's: one unit of overlap and 576 samples of look-ahead
//! for the block switching, 1600 in all (`nDelay`, measured as an impulse).

mod ffi;

use std::ops::Range;

use crate::timeline::{Segment, UNIT_SAMPLES};
use crate::units::{BitRate, SampleRate};

pub use ffi::EncoderError;

/// The number of this stage's bytes: raised whenever an access unit changes.
pub const STAGE: u32 = 1;

/// Access units that are encoded and dropped before a segment's own.
pub const RUN_IN_UNITS: i64 = 8;
/// The encoder's delay beyond one access unit.
const LOOK_AHEAD: i64 = 576;
/// Its whole delay.
const DELAY: i64 = UNIT_SAMPLES as i64 + LOOK_AHEAD;
/// Where hearing ends; the encoder's own choice at 96 kbit/s a channel and
/// above would be 17 kHz.
const FULL_BANDWIDTH_HZ: u32 = 20_000;
/// From this bit rate a channel on, there is room for the full bandwidth.
const FULL_BANDWIDTH_FROM: u32 = 96_000;

/// What decides the encoder's output beside the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderSettings {
    /// Samples per second: 32, 44.1 or 48 kHz.
    pub rate: SampleRate,
    /// One or two.
    pub channels: u16,
    /// Bits per second of all channels together.
    pub bit_rate: BitRate,
}

impl EncoderSettings {
    /// The highest frequency that is encoded, in hertz; `None` leaves it to
    /// the encoder.
    fn bandwidth_hz(&self) -> Option<u32> {
        (self.bit_rate.0 / u32::from(self.channels) >= FULL_BANDWIDTH_FROM)
            .then(|| FULL_BANDWIDTH_HZ.min(self.rate.0 / 2))
    }
}

/// One AAC frame, without header: the samples of 1024 time steps.
pub type AccessUnit = Vec<u8>;

/// The samples of the track that a segment's encoding needs; it begins before
/// the track and ends behind it where they do.
#[must_use]
pub fn input_range(segment: &Segment) -> Range<i64> {
    let unit = UNIT_SAMPLES as i64;
    (segment.units.start - RUN_IN_UNITS) * unit + LOOK_AHEAD..segment.units.end * unit + DELAY
}

/// Encodes a segment from `samples`: interleaved, [`input_range`] of the track.
pub fn encode_segment(
    settings: &EncoderSettings,
    segment: &Segment,
    samples: &[i16],
) -> Result<Vec<AccessUnit>, EncoderError> {
    let wanted = (segment.units.end - segment.units.start) as usize;
    // The first unit that comes out lies before the run-in's own.
    let dropped = RUN_IN_UNITS as usize + 1;
    let mut encoder = ffi::Encoder::new(settings)?;
    let mut units = Vec::with_capacity(wanted + dropped);
    encoder.encode(samples, &mut units)?;
    if units.len() < dropped + wanted {
        encoder.drain(&mut units)?;
    }
    if units.len() < dropped + wanted {
        return Err(EncoderError::TooFewUnits {
            wanted: dropped + wanted,
            given: units.len(),
        });
    }
    units.truncate(dropped + wanted);
    units.drain(..dropped);
    Ok(units)
}

/// Encodes a whole track in one piece, run-in and tail included: the floor of
/// all speed, and what joins are held against. The first unit begins 1600
/// samples before the first sample.
pub fn encode_continuous(
    settings: &EncoderSettings,
    samples: &[i16],
) -> Result<Vec<AccessUnit>, EncoderError> {
    let mut encoder = ffi::Encoder::new(settings)?;
    let mut units = Vec::new();
    encoder.encode(samples, &mut units)?;
    encoder.drain(&mut units)?;
    Ok(units)
}

/// The `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1) of streams with these
/// settings.
pub fn audio_specific_config(settings: &EncoderSettings) -> Result<Vec<u8>, EncoderError> {
    Ok(ffi::Encoder::new(settings)?
        .audio_specific_config()
        .to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::Timeline;

    const SETTINGS: EncoderSettings = EncoderSettings {
        rate: SampleRate(44_100),
        channels: 2,
        bit_rate: BitRate(192_000),
    };

    #[test]
    fn the_config_is_that_of_aac_lc() {
        // Object type 2 in five bits, index 4 (44.1 kHz) in four, two channels in four.
        assert_eq!(
            audio_specific_config(&SETTINGS).expect("config"),
            [0x12, 0x10]
        );
    }

    #[test]
    fn a_segment_has_the_units_it_should() {
        let timeline = Timeline::new(SETTINGS.rate, 600_000, 6.0);
        for segment in timeline.segments() {
            let range = input_range(&segment);
            let samples = vec![0; (range.end - range.start) as usize * 2];
            let units = encode_segment(&SETTINGS, &segment, &samples).expect("encode");
            assert_eq!(units.len() as i64, segment.units.end - segment.units.start);
        }
    }

    #[test]
    fn the_same_samples_give_the_same_units() {
        let segment = Timeline::new(SETTINGS.rate, 60_000, 6.0).segment(0);
        let range = input_range(&segment);
        let samples: Vec<i16> = (0..(range.end - range.start) as u32 * 2)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 18) as i16)
            .collect();
        let first = encode_segment(&SETTINGS, &segment, &samples).expect("encode");
        assert_eq!(
            first,
            encode_segment(&SETTINGS, &segment, &samples).expect("encode")
        );
    }
}
