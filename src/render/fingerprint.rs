//! The fingerprint: a hash of everything that decides a rendition's bytes, and
//! only of inputs, so that it is known without decoding.

use serde::Serialize;

use crate::aac;
use crate::decode;
use crate::fmp4;
use crate::manifest::SiteSettings;
use crate::mastering::{QUANTIZE_STAGE, Variant};
use crate::site::{Fingerprint, TrackId};
use crate::units::BitRate;

/// The number of what is written beside the segments: raised whenever a
/// playlist or the MPD changes.
const PLAYLIST_STAGE: u32 = 1;

/// What a rendition is made from, beside the audio. The manifest keeps it, so
/// that a change can be explained.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RenditionSettings {
    /// The track.
    pub track: TrackId,
    /// The preset.
    pub preset: String,
    /// How much of it, from 0 to 1.
    pub intensity: f64,
    /// Bits per second, for stereo.
    pub bitrate: BitRate,
    /// About how long a segment is.
    pub segment_seconds: f64,
    /// The number of each stage that makes the bytes.
    pub engine: EngineStages,
}

/// The stages by number. A number is raised when the stage's bytes change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EngineStages {
    decode: u32,
    quantize: u32,
    encode: u32,
    boxes: u32,
    playlists: u32,
}

impl RenditionSettings {
    /// The settings of a track's rendition in one variant.
    #[must_use]
    pub fn new(track: TrackId, variant: &Variant, site: &SiteSettings) -> Self {
        Self {
            track,
            preset: variant.preset().to_owned(),
            intensity: variant.intensity(),
            bitrate: site.bitrate,
            segment_seconds: site.segment_seconds,
            engine: EngineStages {
                decode: decode::STAGE,
                quantize: QUANTIZE_STAGE,
                encode: aac::STAGE,
                boxes: fmp4::STAGE,
                playlists: PLAYLIST_STAGE,
            },
        }
    }

    /// The settings as they stand in the manifest.
    ///
    /// # Panics
    /// Never: plain data with text keys always serialises.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("plain data with text keys always serialises")
    }
}

/// The hash of settings, of their JSON without white space.
#[must_use]
pub fn fingerprint(settings: &RenditionSettings) -> Fingerprint {
    Fingerprint::from_hash(&blake3::hash(settings.to_value().to_string().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_counts() {
        let track = TrackId::from_hash(&blake3::hash(b"track"));
        let base = RenditionSettings::new(track, &Variant::original(), &SiteSettings::default());
        let other_track = RenditionSettings {
            track: TrackId::from_hash(&blake3::hash(b"other")),
            ..base.clone()
        };
        let others = [
            other_track,
            RenditionSettings {
                bitrate: BitRate(128_000),
                ..base.clone()
            },
            RenditionSettings {
                segment_seconds: 4.0,
                ..base.clone()
            },
            RenditionSettings {
                intensity: 0.5,
                ..base.clone()
            },
            RenditionSettings {
                engine: EngineStages {
                    encode: 99,
                    ..base.engine
                },
                ..base.clone()
            },
        ];
        for other in &others {
            assert_ne!(fingerprint(other), fingerprint(&base), "{other:?}");
        }
        assert_eq!(fingerprint(&base), fingerprint(&base.clone()));
    }
}
