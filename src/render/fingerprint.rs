//! The fingerprint: a hash of everything that decides a rendition's bytes, and
//! only of inputs, so that it is known without decoding.

use std::sync::Arc;

use serde::Serialize;

use crate::aac;
use crate::analysis;
use crate::decode;
use crate::fmp4;
use crate::manifest::SiteSettings;
use crate::mastering::{self, Preset, QUANTIZE_STAGE, Style, Variant};
use crate::site::{Fingerprint, TrackId};
use crate::units::BitRate;

/// The number of what is written beside the segments: raised whenever a
/// playlist or the MPD changes.
pub const PLAYLIST_STAGE: u32 = 1;

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
    /// What the preset does; none for `original`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,
    /// The album that the track is treated as a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub album: Option<AlbumPlace>,
    /// Bits per second, for stereo.
    pub bitrate: BitRate,
    /// About how long a segment is.
    pub segment_seconds: f64,
    /// The number of each stage that makes the bytes.
    pub engine: EngineStages,
}

/// A track's place in its album.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlbumPlace {
    /// All tracks of the album, in order.
    pub tracks: Arc<[TrackId]>,
    /// Which of them it is, from 0.
    pub place: usize,
}

/// The stages by number. A number is raised when the stage's bytes change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EngineStages {
    decode: u32,
    /// Of what is mastered only.
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mastering: Option<u32>,
    quantize: u32,
    encode: u32,
    boxes: u32,
    playlists: u32,
}

impl RenditionSettings {
    /// The settings of a track's rendition in one variant.
    #[must_use]
    pub fn new(
        track: TrackId,
        variant: &Variant,
        preset: &Preset,
        album: Option<AlbumPlace>,
        site: &SiteSettings,
    ) -> Self {
        let is_mastered = !variant.is_original();
        Self {
            track,
            preset: variant.preset().to_owned(),
            intensity: variant.intensity().fraction(),
            style: is_mastered.then_some(preset.style),
            album,
            bitrate: site.bitrate,
            segment_seconds: site.segment_seconds,
            engine: EngineStages {
                decode: decode::STAGE,
                analysis: is_mastered.then_some(analysis::STAGE),
                mastering: is_mastered.then_some(mastering::STAGE),
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
    fingerprint_of(&settings.to_value())
}

/// The same, of settings as they stand in a manifest.
#[must_use]
pub fn fingerprint_of(settings: &serde_json::Value) -> Fingerprint {
    Fingerprint::from_hash(&blake3::hash(settings.to_string().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mastering::Presets;

    #[test]
    fn every_setting_counts() {
        let id = |name: &[u8]| TrackId::from_hash(&blake3::hash(name));
        let presets = Presets::default();
        let warm: Variant = "warm".parse().expect("a variant");
        let preset = presets.of(&warm).expect("built in");
        let site = SiteSettings::default();
        let base = RenditionSettings::new(id(b"track"), &warm, preset, None, &site);
        let album = |place| AlbumPlace {
            tracks: Arc::new([id(b"track"), id(b"other")]),
            place,
        };
        let all = [
            base.clone(),
            RenditionSettings {
                track: id(b"other"),
                ..base.clone()
            },
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
                style: presets.get("bright").ok().map(|preset| preset.style),
                ..base.clone()
            },
            RenditionSettings {
                album: Some(album(0)),
                ..base.clone()
            },
            RenditionSettings {
                album: Some(album(1)),
                ..base.clone()
            },
            RenditionSettings {
                engine: EngineStages {
                    encode: 99,
                    ..base.engine
                },
                ..base.clone()
            },
            RenditionSettings {
                engine: EngineStages {
                    mastering: Some(99),
                    ..base.engine
                },
                ..base.clone()
            },
        ];
        for (index, one) in all.iter().enumerate() {
            for (other_index, other) in all.iter().enumerate() {
                let same = fingerprint(one) == fingerprint(other);
                assert_eq!(same, index == other_index, "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn mastering_does_not_touch_the_original() {
        let presets = Presets::default();
        let original = RenditionSettings::new(
            TrackId::from_hash(&blake3::hash(b"track")),
            &Variant::original(),
            presets.of(&Variant::original()).expect("built in"),
            None,
            &SiteSettings::default(),
        );
        let text = original.to_value().to_string();
        assert!(
            !text.contains("mastering") && !text.contains("analysis"),
            "{text}"
        );
    }
}
