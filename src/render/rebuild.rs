//! Rebuilding the catalog of a site that was brought together from shards, or
//! whose catalog is lost.
//!
//! A catalog tells what its tracks do not: the settings that later runs go on
//! with, and the user's own presets. Shards that were rendered with the same
//! flags have the same of both, so that the catalog of any of them will do.
//! Where there is none, the renditions tell the settings they were made with,
//! if they agree. What cannot be known is refused, not guessed.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::publish::{PublishError, Site};
use super::published::read_catalog;
use super::site_settings::renditions;
use super::untouched::Untouched;
use crate::manifest::{Normalize, SiteSettings, presets_of};
use crate::mastering::Presets;
use crate::site::{self, TrackId};
use crate::units::BitRate;

/// Why a catalog cannot be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The site cannot be read or written.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// There is no catalog, and the renditions were made in different ways.
    #[error(
        "there is no sound {} that tells the settings, and renditions were made with different ones ({one}; {other}): run `segue render`, which makes them one",
        site::CATALOG
    )]
    Settings {
        /// A setting.
        one: String,
        /// Another.
        other: String,
    },
    /// What the catalog has to tell of a preset is in a file of the user's.
    #[error(
        "there are renditions of the preset `{name}`, which {} does not hold: give its file with --preset-file",
        site::CATALOG
    )]
    Preset {
        /// Its name.
        name: String,
    },
}

/// What was rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Tracks in the catalog.
    pub tracks: usize,
    /// Renditions that were made with other settings than those it tells.
    pub stale: usize,
}

/// What a manifest tells of how its rendition was made.
#[derive(Deserialize)]
struct Made {
    track: TrackId,
    preset: String,
    style: Option<serde_json::Value>,
    album: Option<Album>,
    bitrate: BitRate,
    segment_seconds: f64,
}

#[derive(Deserialize)]
struct Album {
    tracks: Vec<TrackId>,
}

/// Writes the catalog from the tracks that are there. `presets` are those the
/// catalog need not hold: the built-in ones, and what the user gave.
pub fn rebuild_catalog(site: &Site, presets: &Presets) -> Result<Rebuilt, RebuildError> {
    let made: Vec<Made> = renditions(site.root())
        .filter_map(|rendition| serde_json::from_value(rendition.settings).ok())
        .collect();
    let catalog = read_catalog(site.root());
    let settings = match &catalog {
        Some(catalog) => catalog.settings,
        None => agreed(&made)?,
    };
    let held = presets_of(&catalog.map_or(Vec::new(), |catalog| catalog.presets));
    let mut stale = 0;
    for made in &made {
        let preset = presets
            .get(&made.preset)
            .or_else(|_| held.get(&made.preset));
        let preset = preset.map_err(|_| RebuildError::Preset {
            name: made.preset.clone(),
        })?;
        let is_current = made.bitrate == settings.bitrate
            && made.segment_seconds.to_bits() == settings.segment_seconds.to_bits()
            && (made.album.is_none() || settings.normalize == Normalize::Album)
            && made.style.as_ref().is_none_or(|style| {
                serde_json::to_value(preset.style).is_ok_and(|value| value == *style)
            });
        stale += usize::from(!is_current);
    }
    site.publish_page()?;
    let tracks = site.publish_catalog(settings, presets, &Untouched::default())?;
    Ok(Rebuilt { tracks, stale })
}

/// The settings that all renditions were made with.
fn agreed(made: &[Made]) -> Result<SiteSettings, RebuildError> {
    let differ = |one: String, other: String| Err(RebuildError::Settings { one, other });
    let mut settings = SiteSettings::default();
    let Some(first) = made.first() else {
        return Ok(settings);
    };
    (settings.bitrate, settings.segment_seconds) = (first.bitrate, first.segment_seconds);
    for made in made {
        if made.bitrate != first.bitrate {
            let rate = |made: &Made| format!("--bitrate {}", made.bitrate.0);
            return differ(rate(first), rate(made));
        }
        if made.segment_seconds.to_bits() != first.segment_seconds.to_bits() {
            let length = |made: &Made| format!("--segment {}", made.segment_seconds);
            return differ(length(first), length(made));
        }
    }
    let albums = made.iter().filter_map(|made| made.album.as_ref());
    let of_albums: BTreeSet<TrackId> = albums.flat_map(|album| album.tracks.clone()).collect();
    if !of_albums.is_empty() {
        settings.normalize = Normalize::Album;
    }
    // Where there is no album of two tracks, both ways make the same bytes.
    let is_alone = |made: &&Made| made.album.is_none() && of_albums.contains(&made.track);
    if made.iter().any(|made| is_alone(&made)) {
        return differ("--normalize track".into(), "--normalize album".into());
    }
    Ok(settings)
}
