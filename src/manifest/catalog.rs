//! `catalog.json`: all tracks of a site, in a stable order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Tags, VERSION};
use crate::mastering::{Preset, Presets, Style, Values};
use crate::site::{TrackId, cover};
use crate::units::BitRate;

/// What writes sites, with its version.
pub const GENERATOR: &str = concat!("segue ", env!("CARGO_PKG_VERSION"));

/// The settings that decide bytes; later runs take them from the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteSettings {
    /// Bits per second, for stereo.
    pub bitrate: BitRate,
    /// About how long a segment is.
    pub segment_seconds: f64,
    /// What gets one gain.
    #[serde(default)]
    pub normalize: Normalize,
}

/// What is brought to the loudness of a preset by one gain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalize {
    /// Each track by itself.
    #[default]
    Track,
    /// All tracks of an album in a folder, as one piece.
    Album,
}

impl Default for SiteSettings {
    fn default() -> Self {
        Self {
            bitrate: BitRate(192_000),
            segment_seconds: 6.0,
            normalize: Normalize::Track,
        }
    }
}

/// All tracks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// Of the file format.
    pub version: u32,
    /// What wrote it.
    pub generator: String,
    /// What the site was rendered with.
    pub settings: SiteSettings,
    /// Whether a server renders what is missing.
    pub on_demand: bool,
    /// The presets that variants refer to.
    pub presets: Vec<PresetEntry>,
    /// By album artist, album, disc, number, title, id.
    pub tracks: Vec<CatalogTrack>,
}

/// A preset, for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PresetEntry {
    /// Its name.
    pub name: String,
    /// One line on what it does.
    pub description: String,
    /// Its values.
    #[serde(flatten)]
    pub values: serde_json::Map<String, serde_json::Value>,
}

impl PresetEntry {
    fn of(preset: &Preset) -> Self {
        let value = match &preset.style {
            Style::Original => serde_json::Value::Null,
            Style::Fixed(values) => serde_json::json!(values),
            Style::Adaptive(values) => serde_json::json!(values),
        };
        let values = match value {
            serde_json::Value::Object(values) => values,
            _ => serde_json::Map::new(),
        };
        Self {
            name: preset.name.clone(),
            description: preset.description.clone(),
            values,
        }
    }
}

/// A track in the catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CatalogTrack {
    /// What it is called.
    pub id: TrackId,
    /// The title.
    pub title: String,
    /// The artist.
    pub artist: Option<String>,
    /// The album.
    pub album: Option<String>,
    /// The album's artist.
    pub album_artist: Option<String>,
    /// The number on its disc.
    pub track: Option<u32>,
    /// The number of the disc.
    pub disc: Option<u32>,
    /// The year.
    pub year: Option<u32>,
    /// Its length in seconds.
    pub duration: f64,
    /// Its cover, relative to the catalog.
    pub cover: Option<String>,
    /// The manifests of its renditions by variant, relative to the catalog.
    pub variants: BTreeMap<String, String>,
}

impl Catalog {
    /// The catalog of these tracks; puts them in order.
    #[must_use]
    pub fn new(
        settings: SiteSettings,
        presets: Vec<PresetEntry>,
        mut tracks: Vec<CatalogTrack>,
    ) -> Self {
        tracks.sort_by(|a, b| order(a).cmp(&order(b)));
        Self {
            version: VERSION,
            generator: GENERATOR.to_owned(),
            settings,
            on_demand: false,
            presets,
            tracks,
        }
    }
}

/// These presets as they stand in a catalog. Those that `before` has beside
/// them stay: a later run need not be given the user's own again for them to be
/// told of.
#[must_use]
pub fn preset_entries(presets: &Presets, before: &[PresetEntry]) -> Vec<PresetEntry> {
    let mut entries: Vec<PresetEntry> = presets.all().iter().map(PresetEntry::of).collect();
    for entry in before {
        if entries.iter().all(|known| known.name != entry.name) {
            entries.push(entry.clone());
        }
    }
    entries
}

/// The presets of a catalog: the built-in ones, and the user's own that it
/// keeps.
#[must_use]
pub fn presets_of(entries: &[PresetEntry]) -> Presets {
    let mut presets = Presets::default();
    for entry in entries {
        let values = serde_json::Value::Object(entry.values.clone());
        if let Ok(values) = serde_json::from_value::<Values>(values) {
            presets.add_known(&entry.name, &entry.description, values);
        }
    }
    presets
}

impl CatalogTrack {
    /// A track with its renditions' manifests, by variant.
    #[must_use]
    pub fn new(
        id: TrackId,
        tags: Tags,
        duration: f64,
        has_cover: bool,
        variants: BTreeMap<String, String>,
    ) -> Self {
        Self {
            id,
            title: tags.title,
            artist: tags.artist,
            album: tags.album,
            album_artist: tags.album_artist,
            track: tags.track,
            disc: tags.disc,
            year: tags.year,
            duration,
            cover: has_cover.then(|| cover(&id)),
            variants,
        }
    }
}

/// Albums stay together; what has no album comes last.
fn order(track: &CatalogTrack) -> impl Ord + '_ {
    let album_artist = track.album_artist.as_ref().or(track.artist.as_ref());
    (
        track.album.is_none(),
        album_artist,
        &track.album,
        track.disc,
        track.track,
        &track.title,
        track.id,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_preset_is_known_again_from_the_catalog() {
        let mut presets = Presets::default();
        let text = presets.get("warm").expect("built in").to_toml();
        presets.add(&text).expect("it can be read");
        let entries = preset_entries(&presets, &[]);
        let bytes = serde_json::to_vec(&entries).expect("plain data");
        let read: Vec<PresetEntry> = serde_json::from_slice(&bytes).expect("it reads back");
        assert_eq!(presets_of(&read), presets);
        assert!(presets_of(&read).get("my-warm").is_ok());
    }
}
