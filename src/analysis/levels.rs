//! The levels of a track over time, in few bytes: what the loudness of any
//! preset can be predicted from without another pass over the audio.
//!
//! A block is 100 ms: its loudness in hundredths of a LU, how that is divided
//! among the bands, and the level and the peak of each of its ten hops in steps
//! of 0.4 dB. Rounding errors of levels average out; peaks are rounded up.

use super::bands::BANDS;
use crate::signal::{decibels, power};

/// Hops of a block.
pub const HOPS: usize = 10;

/// What stands for silence in a loudness.
const SILENT: i16 = i16::MIN + 1;
/// What stands in a block at the end that is shorter than the others.
const PARTIAL: i16 = i16::MIN;
/// Steps of hop levels and peaks.
const STEP_DB: f64 = 0.4;
/// The level of step 0.
const TOP_DB: f64 = 6.0;
/// Steps of a band's share, downwards from the whole.
const SHARE_STEP_DB: f64 = 0.25;

/// 100 ms of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    loudness: i16,
    shares: [u8; BANDS],
    levels: [u8; HOPS],
    peaks: [u8; HOPS],
}

/// The bytes of one block.
pub(super) const BLOCK_BYTES: usize = 2 + BANDS + 2 * HOPS;

impl Block {
    /// `energy`: the mean square behind the K filter, summed over channels;
    /// `None` for a block that the track's end cuts short. `bands`: what of it is in each band, in any unit. `levels`: the mean
    /// square of each hop, where a full-scale sine in all channels is 1.
    /// `peaks`: the greatest sample of each hop.
    #[must_use]
    pub fn new(
        energy: Option<f64>,
        bands: [f64; BANDS],
        levels: [f64; HOPS],
        peaks: [f32; HOPS],
    ) -> Self {
        let whole: f64 = bands.iter().sum();
        Self {
            loudness: match energy {
                None => PARTIAL,
                Some(energy) if energy > 1e-30 => {
                    libm::round(100.0 * 10.0 * libm::log10(energy)) as i16
                }
                Some(_) => SILENT,
            },
            shares: bands.map(|band| {
                let share = decibels(band / whole.max(1e-30));
                libm::round(-share / SHARE_STEP_DB).clamp(0.0, 255.0) as u8
            }),
            levels: levels.map(|level| {
                libm::round((TOP_DB - decibels(level)) / STEP_DB).clamp(0.0, 255.0) as u8
            }),
            peaks: peaks.map(|peak| {
                let level = decibels(f64::from(peak) * f64::from(peak));
                libm::floor((TOP_DB - level) / STEP_DB).clamp(0.0, 255.0) as u8
            }),
        }
    }

    /// The mean square behind the K filter, summed over channels; `None` for a
    /// block that the track's end cuts short, which no loudness counts.
    #[must_use]
    pub fn energy(&self) -> Option<f64> {
        match self.loudness {
            PARTIAL => None,
            SILENT => Some(0.0),
            loudness => Some(power(f64::from(loudness) / 100.0)),
        }
    }

    /// Which part of the energy is in each band; they add up to one.
    #[must_use]
    pub fn shares(&self) -> [f64; BANDS] {
        let shares = self
            .shares
            .map(|share| power(-f64::from(share) * SHARE_STEP_DB));
        let whole: f64 = shares.iter().sum();
        shares.map(|share| share / whole)
    }

    /// The level of each hop in dBFS, where a full-scale sine in all channels
    /// is 0 (AES17); -96 and less is -96.
    #[must_use]
    pub fn levels_db(&self) -> [f64; HOPS] {
        self.levels.map(|level| TOP_DB - f64::from(level) * STEP_DB)
    }

    /// A bound of the greatest sample of each hop, in dBFS.
    #[must_use]
    pub fn peaks_db(&self) -> [f64; HOPS] {
        self.peaks.map(|peak| TOP_DB - f64::from(peak) * STEP_DB)
    }

    pub(super) fn to_bytes(self) -> [u8; BLOCK_BYTES] {
        let mut bytes = [0; BLOCK_BYTES];
        bytes[..2].copy_from_slice(&self.loudness.to_le_bytes());
        bytes[2..2 + BANDS].copy_from_slice(&self.shares);
        bytes[2 + BANDS..2 + BANDS + HOPS].copy_from_slice(&self.levels);
        bytes[2 + BANDS + HOPS..].copy_from_slice(&self.peaks);
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; BLOCK_BYTES]) -> Self {
        let mut block = Self {
            loudness: i16::from_le_bytes([bytes[0], bytes[1]]),
            shares: [0; BANDS],
            levels: [0; HOPS],
            peaks: [0; HOPS],
        };
        block.shares.copy_from_slice(&bytes[2..2 + BANDS]);
        block
            .levels
            .copy_from_slice(&bytes[2 + BANDS..2 + BANDS + HOPS]);
        block.peaks.copy_from_slice(&bytes[2 + BANDS + HOPS..]);
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_reads_back_what_it_was() {
        let block = Block::new(
            Some(0.004),
            [1.0, 0.5, 0.25, 0.1, 0.0],
            [0.01; HOPS],
            [0.3; HOPS],
        );
        assert_eq!(Block::from_bytes(&block.to_bytes()), block);
        assert!((decibels(block.energy().expect("whole")) - decibels(0.004)).abs() < 0.006);
        assert!((block.shares().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((block.levels_db()[0] + 20.0).abs() <= STEP_DB / 2.0);
        let bound = block.peaks_db()[0] - decibels(0.09);
        assert!((0.0..=STEP_DB).contains(&bound), "{bound}");
    }

    #[test]
    fn silence_is_silence() {
        let block = Block::new(Some(0.0), [0.0; BANDS], [0.0; HOPS], [0.0; HOPS]);
        assert_eq!(block.energy(), Some(0.0));
        assert!(block.levels_db()[0] <= -95.0);
    }
}
