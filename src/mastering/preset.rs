//! The presets, as data.

use serde::{Deserialize, Deserializer, Serialize};

use crate::analysis::{BAND_NAMES, BANDS};

/// The preset that leaves a track as it is.
pub const ORIGINAL: &str = "original";

/// A mastering style.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preset {
    /// `[a-z0-9-]{1,32}`.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// What it does.
    pub style: Style,
}

/// What a preset does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Nothing.
    Original,
    /// The same to every track.
    Fixed(Values),
    /// What the track's analysis asks for.
    Adaptive(AdaptiveValues),
}

/// A style in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// The gain of each band of the equaliser, in decibels.
    #[serde(
        rename = "eq",
        serialize_with = "by_band",
        deserialize_with = "from_bands"
    )]
    pub equaliser_db: [f64; BANDS],
    /// The compressor.
    pub compressor: Compression,
    /// The integrated loudness that the rendition gets.
    pub target_lufs: f64,
}

/// What a compressor does: above the threshold, the level rises by 1 dB for
/// `ratio` dB that come in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compression {
    /// 1 is none.
    pub ratio: f64,
    /// In dBFS, where a full-scale sine is 0, for a track that has been
    /// brought to [`super::REFERENCE_LUFS`].
    pub threshold_db: f64,
    /// How wide the bend around the threshold is.
    pub knee_db: f64,
    /// How long the gain takes to fall by 63 per cent of what it has to.
    pub attack_ms: f64,
    /// How long it takes to rise by as much.
    pub release_ms: f64,
}

/// The limits of what is decided from an analysis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AdaptiveValues {
    /// The most that a band is moved, up or down.
    pub most_db: f64,
    /// The compressor for a track of wide range and high crest; others get
    /// less of it.
    pub compressor: Compression,
    /// The integrated loudness that the rendition gets.
    pub target_lufs: f64,
}

/// Gains under the names of their bands.
fn by_band<S: serde::Serializer>(gains: &[f64; BANDS], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(BAND_NAMES.iter().zip(gains))
}

fn from_bands<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[f64; BANDS], D::Error> {
    let named = std::collections::BTreeMap::<String, f64>::deserialize(deserializer)?;
    Ok(BAND_NAMES.map(|band| named.get(band).copied().unwrap_or(0.0)))
}

/// What is allowed in a preset: name of the field, least, greatest.
pub(super) const LIMITS: &[(&str, f64, f64)] = &[
    ("eq", -12.0, 12.0),
    ("ratio", 1.0, 20.0),
    ("threshold_db", -60.0, 0.0),
    ("knee_db", 0.0, 24.0),
    ("attack_ms", 5.0, 200.0),
    ("release_ms", 20.0, 1000.0),
    ("target_lufs", -30.0, -8.0),
];

/// Softer presets bend earlier and further.
const SOFT_KNEE_DB: f64 = 8.0;

/// One row of the table: name, description, bands in dB, ratio, threshold in
/// dBFS, attack and release in ms, target in LUFS.
type Row = (
    &'static str,
    &'static str,
    [f64; BANDS],
    (f64, f64),
    (f64, f64),
    f64,
);

const FIXED: [Row; 5] = [
    (
        "gentle",
        "a little air and evenness, for what is well made already",
        [0.4, 0.0, -0.2, 0.4, 1.1],
        (1.8, -20.0),
        (15.0, 150.0),
        -16.0,
    ),
    (
        "warm",
        "fuller bass and low mids, presence held back",
        [1.5, 1.2, 0.3, -0.3, 0.8],
        (2.2, -19.0),
        (20.0, 200.0),
        -13.0,
    ),
    (
        "bright",
        "clear and forward: more presence and air, dense and loud",
        [0.0, -0.5, 0.5, 2.0, 2.5],
        (2.8, -17.0),
        (5.0, 80.0),
        -12.0,
    ),
    (
        "punchy",
        "tight bass and free attacks for drums and electronic music",
        [1.8, 0.5, 0.0, 1.5, 0.8],
        (2.5, -18.0),
        (30.0, 100.0),
        -14.0,
    ),
    (
        "live",
        "less mud, more room and edge, for concert recordings",
        [0.8, -0.8, 0.5, 2.0, 1.5],
        (1.8, -22.0),
        (15.0, 180.0),
        -13.5,
    ),
];

/// All built-in presets, in the order in which they are shown.
#[must_use]
pub(super) fn built_in() -> Vec<Preset> {
    let preset = |name: &str, description: &str, style| Preset {
        name: name.to_owned(),
        description: description.to_owned(),
        style,
    };
    let mut presets = vec![
        preset(
            ORIGINAL,
            "the track as it is: decoded, converted where it must be, encoded",
            Style::Original,
        ),
        preset(
            "adaptive",
            "towards the balance of popular recordings, as each track needs",
            Style::Adaptive(AdaptiveValues {
                most_db: 3.0,
                compressor: Compression {
                    ratio: 1.5,
                    threshold_db: -26.0,
                    knee_db: SOFT_KNEE_DB,
                    attack_ms: 25.0,
                    release_ms: 250.0,
                },
                target_lufs: -14.0,
            }),
        ),
    ];
    presets.extend(
        FIXED.map(|(name, description, bands, curve, times, target)| {
            preset(
                name,
                description,
                Style::Fixed(Values {
                    equaliser_db: bands,
                    compressor: Compression {
                        ratio: curve.0,
                        threshold_db: curve.1,
                        knee_db: SOFT_KNEE_DB,
                        attack_ms: times.0,
                        release_ms: times.1,
                    },
                    target_lufs: target,
                }),
            )
        }),
    );
    presets
}
