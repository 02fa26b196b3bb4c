//! Numbers that carry their unit.
//!
//! A rate is not a bit rate, and neither is a sample count: the types keep them
//! apart where they meet in a signature. Sample counts themselves are plain
//! `u64` named `samples` or `start`, always per channel, never interleaved.

use serde::{Deserialize, Serialize};

/// Samples per second and channel, in hertz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SampleRate(pub u32);

impl SampleRate {
    /// The length in seconds of `samples` at this rate.
    #[must_use]
    pub fn seconds(self, samples: u64) -> f64 {
        samples as f64 / f64::from(self.0)
    }
}

/// Bits per second of an encoded stereo stream; mono takes half of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BitRate(pub u32);

impl BitRate {
    /// The lowest that `--bitrate` takes.
    pub const MINIMUM: Self = Self(64_000);
    /// The highest that `--bitrate` takes.
    pub const MAXIMUM: Self = Self(320_000);

    /// The bit rate of a stream with this many channels (1 or 2).
    #[must_use]
    pub fn for_channels(self, channels: u16) -> Self {
        if channels == 1 {
            Self(self.0 / 2)
        } else {
            self
        }
    }
}
