//! Measures a track, once: loudness, peaks, spectrum, width, overview. It has
//! no opinions; what follows from the numbers is decided in `mastering`.
//!
//! A track is measured in chunks of fixed length, on any threads and in any
//! order ([`Meter::measure`]); put together in the track's order
//! ([`Measurements::append`]) they give the same numbers, whoever measured
//! them. Everything stands on one grid of time: hops of 10 ms, ten of which are
//! a block of 100 ms, the step of all loudness measurement (ITU-R BS.1770-4,
//! annex 1; EBU Tech 3341 and 3342).
//!
//! [`Analysis`] is what people and pages are told; [`Measurements`] is what
//! decisions are made from. Both follow from the samples alone.

mod bands;
mod levels;
mod loudness;
mod measurements;
mod meter;
mod spectrum;
mod summary;
mod true_peak;
mod waveform;

pub use bands::{BAND_EDGES_HZ, BAND_NAMES, BANDS, band_weights};
pub use levels::{Block, HOPS};
pub use loudness::{BlockMeter, block_energies, integrated, range, short_term};
pub use measurements::Measurements;
pub use meter::{CHUNK_BLOCKS, Meter};
pub use spectrum::{THIRD_OCTAVES, third_octave_hz};
pub use summary::{Analysis, SpectrumEntry};
pub use true_peak::TruePeak;
pub use waveform::{Waveform, WaveformEntry};

use crate::units::SampleRate;

/// The number of this stage: raised whenever a measured number changes.
pub const STAGE: u32 = 1;

/// Samples of a block: 100 ms.
#[must_use]
pub fn block_samples(rate: SampleRate) -> u64 {
    u64::from(rate.0 / 10)
}

/// Samples of a hop: 10 ms.
#[must_use]
pub fn hop_samples(rate: SampleRate) -> u64 {
    u64::from(rate.0 / 100)
}
