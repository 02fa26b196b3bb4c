//! What is done to a track: decided once, from a preset, an intensity and what
//! was measured of the whole track or album.
//!
//! The gain brings the rendition to the preset's loudness. Where the limiter
//! would have to take more than [`MOST_LIMITED_DB`] for it, the loudness gives
//! way: very dynamic music stays dynamic. What is decided is rounded to
//! hundredths, so that a measurement's last bit changes nothing.

use serde::Serialize;

use super::prediction::Prediction;
use super::preset::{Compression, Preset, Style};
use super::variant::Intensity;
use super::{AIM_DBTP, REFERENCE_LUFS, adaptive};
use crate::analysis::{BANDS, Measurements, integrated};
use crate::signal::hundredths;

/// The most that the limiter takes from any peak.
const MOST_LIMITED_DB: f64 = 6.0;
/// The most that a track is raised.
const MOST_GAIN_DB: f64 = 24.0;
/// A track of this loudness is near silence: nothing is done to it.
const SILENT_LUFS: f64 = -50.0;
/// A track of this loudness is music, however soft: a preset does all it does.
const SOFT_LUFS: f64 = -40.0;

/// What the chain does to a track.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// The gain of each band.
    pub equaliser_db: [f64; BANDS],
    /// The compressor; its threshold stands in dBFS of the track as it is.
    pub compressor: Compression,
    /// The gain behind it.
    pub gain_db: f64,
}

/// What is done to a track, and what should come out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// What the chain does.
    pub settings: Settings,
    /// The integrated loudness that is aimed at.
    pub target_lufs: Option<f64>,
    /// The integrated loudness that should come out.
    pub predicted_lufs: Option<f64>,
}

/// Decides for a preset other than `original`; `None` for that one, or for
/// none of a preset.
#[must_use]
pub fn decide(preset: &Preset, intensity: Intensity, measured: &Measurements) -> Option<Decision> {
    let share = intensity.fraction();
    let (equaliser_db, compressor, target_lufs) = match preset.style {
        Style::Original => return None,
        Style::Fixed(values) => (values.equaliser_db, values.compressor, values.target_lufs),
        Style::Adaptive(values) => (
            adaptive::equaliser_db(&values, measured),
            adaptive::compression(&values, measured),
            values.target_lufs,
        ),
    };
    if share == 0.0 {
        return None;
    }
    let Some(loudness) = integrated(&measured.energies()).map(hundredths) else {
        return Some(Decision::untouched(compressor));
    };
    let share = share * music_in(loudness);
    let equaliser_db = equaliser_db.map(|gain| hundredths(share * gain));
    let compressor = Compression {
        ratio: hundredths(1.0 + share * (compressor.ratio - 1.0)),
        threshold_db: hundredths(compressor.threshold_db + loudness - REFERENCE_LUFS),
        ..compressor
    };
    let prediction = Prediction::new(measured, &equaliser_db, &compressor);
    let target = loudness + share * (target_lufs - loudness);
    let gain_db = hundredths(gain_db(&prediction, target));
    Some(Decision {
        settings: Settings {
            equaliser_db,
            compressor,
            gain_db,
        },
        target_lufs: Some(hundredths(target)),
        predicted_lufs: prediction
            .limited_loudness(gain_db, AIM_DBTP)
            .map(hundredths),
    })
}

impl Decision {
    /// For what has no loudness: silence, or less than 400 ms. Only the ceiling
    /// holds.
    fn untouched(compressor: Compression) -> Self {
        Self {
            settings: Settings {
                equaliser_db: [0.0; BANDS],
                compressor: Compression {
                    ratio: 1.0,
                    ..compressor
                },
                gain_db: 0.0,
            },
            target_lufs: None,
            predicted_lufs: None,
        }
    }
}

/// How much a track counts as music, from 0 to 1: noise in near-silence is not
/// to be raised, nor brightened.
fn music_in(loudness: f64) -> f64 {
    ((loudness - SILENT_LUFS) / (SOFT_LUFS - SILENT_LUFS)).clamp(0.0, 1.0)
}

/// The gain behind the compressor.
fn gain_db(prediction: &Prediction, target: f64) -> f64 {
    let most = AIM_DBTP + MOST_LIMITED_DB - prediction.peak_db();
    let most = most.min(MOST_GAIN_DB);
    let Some(before) = prediction.loudness() else {
        return 0.0f64.min(most);
    };
    // What the limiter takes from the loudness is given back; a few rounds
    // settle it.
    let mut gain = target - before;
    for _ in 0..4 {
        gain = gain.min(most);
        let Some(after) = prediction.limited_loudness(gain, AIM_DBTP) else {
            break;
        };
        gain += target - after;
    }
    gain.min(most)
}
