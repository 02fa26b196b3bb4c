//! What `adaptive` decides: balance and compression from a track's analysis.
//!
//! The balance is held against the long-term average of popular recordings:
//! P. D. Pestana, Z. Ma, J. D. Reiss, A. Barbosa, D. A. A. Black, "Spectral
//! characteristics of popular commercial recordings 1950-2010", AES 135th
//! Convention, 2013, paper 8960: falling by about 5 dB an octave from 100 Hz to
//! 4 kHz and more steeply above. In third octaves, which widen by 3 dB an
//! octave, that is 2 dB an octave; above 4 kHz, 5 are taken. Music differs from
//! that average for good reasons: only what goes beyond the usual spread is
//! moved, and only half the way.

use super::prediction::band_levels_db;
use super::preset::{AdaptiveValues, Compression};
use crate::analysis::{BANDS, Measurements, THIRD_OCTAVES, band_weights, range, third_octave_hz};
use crate::signal::decibels;

/// What a band may differ from the reference without being moved.
const SPREAD_DB: f64 = 2.0;
/// How much of what goes beyond is moved.
const SHARE: f64 = 0.5;
/// A band so far below the reference has nothing to raise but noise.
const EMPTY_DB: f64 = 18.0;
/// A band whose mean level is lower is not raised either.
const SILENT_DBFS: f64 = -75.0;

/// From this range on a track is compressed, from the second on fully.
const RANGE_LU: [f64; 2] = [4.0, 12.0];
/// The same for its crest.
const CREST_DB: [f64; 2] = [10.0, 16.0];

/// The gain of each band.
pub(super) fn equaliser_db(values: &AdaptiveValues, measured: &Measurements) -> [f64; BANDS] {
    let levels = band_levels_db(measured);
    let reference = reference_db();
    let differences: [f64; BANDS] = std::array::from_fn(|band| levels[band] - reference[band]);
    // The middle one of the five is where the track as a whole stands.
    let mut sorted = differences;
    sorted.sort_by(f64::total_cmp);
    let whole = sorted[BANDS / 2];
    std::array::from_fn(|band| {
        let off = differences[band] - whole;
        let beyond = if off > SPREAD_DB {
            off - SPREAD_DB
        } else if off < -SPREAD_DB {
            off + SPREAD_DB
        } else {
            0.0
        };
        let gain = (-SHARE * beyond).clamp(-values.most_db, values.most_db);
        let is_empty = off < -EMPTY_DB || levels[band] < SILENT_DBFS;
        if is_empty { gain.min(0.0) } else { gain }
    })
}

/// The compressor: none for a track that is even or dense already.
pub(super) fn compression(values: &AdaptiveValues, measured: &Measurements) -> Compression {
    let share = |value: f64, [from, to]: [f64; 2]| ((value - from) / (to - from)).clamp(0.0, 1.0);
    let peak = f64::from(measured.sample_peak());
    let crest = decibels(peak * peak) - decibels(measured.mean_square());
    let much = share(range(&measured.energies()), RANGE_LU) * share(crest, CREST_DB);
    Compression {
        ratio: 1.0 + much * (values.compressor.ratio - 1.0),
        ..values.compressor
    }
}

/// The levels of the reference in each band, up to a constant.
fn reference_db() -> [f64; BANDS] {
    let mut powers = [0.0; BANDS];
    for index in 0..THIRD_OCTAVES {
        let frequency = third_octave_hz(index);
        let octaves = |from: f64, to: f64| libm::log2(frequency.clamp(from, to) / from);
        let level = -2.0 * octaves(100.0, 4000.0) - 5.0 * octaves(4000.0, 20_000.0);
        // Below 60 Hz the average recording falls off.
        let level = level - 6.0 * libm::log2(60.0 / frequency.min(60.0));
        for (power, weight) in powers.iter_mut().zip(band_weights(frequency)) {
            *power += weight * crate::signal::power(level);
        }
    }
    powers.map(decibels)
}
