//! What a preset makes of a track's loudness, from its levels alone.
//!
//! The loudness of each block of 100 ms changes by what the equaliser adds to
//! the power in its bands, by the compressor's gain in its hops, which is
//! computed as the compressor itself does, and by what the limiter takes from
//! the peaks. No pass over the audio is needed for it.

use super::compressor::Compressor;
use super::preset::Compression;
use crate::analysis::{BANDS, Block, HOPS, Measurements, integrated};
use crate::signal::{decibels, power};

/// A track's levels behind equaliser and compressor.
pub(super) struct Prediction {
    /// Of each whole block, behind the K filter.
    energies: Vec<f64>,
    /// How the power of each hop stands in its block's, and a bound of its
    /// peak in dBFS, in the same order.
    hops: Vec<[Hop; HOPS]>,
}

#[derive(Clone, Copy)]
struct Hop {
    share: f64,
    /// Moved by what the equaliser adds to the power of the block.
    peak_db: f64,
    /// How much greater the true peak behind the equaliser may be.
    growth_db: f64,
}

/// How much more than to its block's power the equaliser may add to a peak, up
/// to the most that it adds to any band.
const OWN_BALANCE_DB: f64 = 1.5;
/// How much greater than a hop's greatest sample its true peak behind the
/// equaliser may be at least, since phases add up in another way.
const REGROWTH_DB: f64 = 1.0;
/// How much more than the source's own true peak stands above its samples.
const OWN_REGROWTH_DB: f64 = 0.3;

/// How fast the limiter's gain comes back, from hop to hop.
const RELEASE_DB: f64 = 0.4;

impl Prediction {
    pub(super) fn new(
        measured: &Measurements,
        equaliser_db: &[f64; BANDS],
        compression: &Compression,
    ) -> Self {
        let blocks = measured.blocks();
        let powers: Vec<f64> = blocks
            .iter()
            .flat_map(Block::levels_db)
            .map(power)
            .collect();
        let reductions = if compression.ratio > 1.0 {
            Compressor::new(compression, measured.rate()).reductions(&powers)
        } else {
            vec![0.0; powers.len()]
        };
        let gains = equaliser_db.map(power);
        let peak_db = |peak: f32| decibels(f64::from(peak * peak).max(1e-20));
        let between_samples_db = peak_db(measured.true_peak()) - peak_db(measured.sample_peak());
        let regrowth_db = REGROWTH_DB.max(between_samples_db + OWN_REGROWTH_DB);
        let boost_db = equaliser_db.iter().copied().fold(0.0, f64::max);
        let mut energies = Vec::with_capacity(blocks.len());
        let mut hops = Vec::with_capacity(blocks.len());
        for (index, block) in blocks.iter().enumerate() {
            let own = index * HOPS..(index + 1) * HOPS;
            let (powers, reductions) = (&powers[own.clone()], &reductions[own]);
            let shares = block.shares();
            let equalised: f64 = shares
                .iter()
                .zip(&gains)
                .map(|(share, gain)| share * gain)
                .sum();
            let before: f64 = powers.iter().sum();
            let behind = |hop: usize| powers[hop] * power(-reductions[hop]);
            let after: f64 = (0..HOPS).map(behind).sum();
            if let Some(energy) = block.energy() {
                energies.push(energy * equalised * after / before);
                let peaks = block.peaks_db();
                let balance_db = decibels(equalised);
                let more_db = (boost_db - balance_db).clamp(0.0, OWN_BALANCE_DB);
                hops.push(std::array::from_fn(|hop| Hop {
                    share: behind(hop) / after,
                    peak_db: peaks[hop] - reductions[hop] + balance_db,
                    growth_db: more_db + regrowth_db,
                }));
            }
        }
        Self { energies, hops }
    }

    /// Integrated loudness in LUFS before the limiter, without gain.
    pub(super) fn loudness(&self) -> Option<f64> {
        integrated(&self.energies)
    }

    /// A bound of the greatest true peak in dBFS, without gain.
    pub(super) fn peak_db(&self) -> f64 {
        let hops = self.hops.iter().flatten();
        hops.map(|hop| hop.peak_db + hop.growth_db)
            .fold(-200.0, f64::max)
    }

    /// Integrated loudness in LUFS behind a gain and the limiter.
    pub(super) fn limited_loudness(&self, gain_db: f64, ceiling_dbtp: f64) -> Option<f64> {
        let mut reduction = 0.0f64;
        let energies: Vec<f64> = self
            .energies
            .iter()
            .zip(&self.hops)
            .map(|(energy, hops)| {
                let left: f64 = hops
                    .iter()
                    .map(|hop| {
                        let needed = hop.peak_db + gain_db - ceiling_dbtp;
                        reduction = (reduction - RELEASE_DB).max(needed).max(0.0);
                        hop.share * power(-reduction)
                    })
                    .sum();
                energy * left * power(gain_db)
            })
            .collect();
        integrated(&energies)
    }
}

/// The mean level in each band, as third octaves tell it, in dBFS.
pub(super) fn band_levels_db(measured: &Measurements) -> [f64; BANDS] {
    let mut powers = [0.0; BANDS];
    for index in 0..crate::analysis::THIRD_OCTAVES {
        let weights = crate::analysis::band_weights(crate::analysis::third_octave_hz(index));
        for (power, weight) in powers.iter_mut().zip(weights) {
            *power += weight * measured.third_octave(index);
        }
    }
    powers.map(decibels)
}
