//! The catalog while a library is at hand: what is on disk, and every track of
//! the library in every preset.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::content::{Caching, Content};
use super::files::SiteFiles;
use super::on_demand::{Known, KnownTrack, OnDemand};
use crate::manifest::{Catalog, CatalogTrack, from_json, preset_entries, to_json};
use crate::site::{self, CATALOG, TrackId};

/// The catalog as it was made last, and from what.
#[derive(Default)]
pub(super) struct LiveCatalog(Mutex<Option<Made>>);

struct Made {
    revision: u64,
    on_disk: Option<String>,
    content: Arc<Content>,
}

impl LiveCatalog {
    /// The catalog as it is now. This reads from disk.
    pub(super) fn content(&self, files: &SiteFiles, on_demand: &OnDemand) -> Arc<Content> {
        let known = on_demand.known();
        let on_disk = files.read(CATALOG);
        let tag = on_disk
            .as_ref()
            .map(|content| content.etag(super::content::Encoding::Identity));
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.as_ref()
            && made.revision == known.revision
            && made.on_disk == tag
        {
            return Arc::clone(&made.content);
        }
        let on_disk = on_disk.and_then(|content| from_json::<Catalog>(content.bytes()?).ok());
        let catalog = catalog(on_disk, &known, on_demand);
        let content = Arc::new(Content::of_bytes(
            "application/json",
            Caching::Revalidate,
            to_json(&catalog),
        ));
        *made = Some(Made {
            revision: known.revision,
            on_disk: tag,
            content: Arc::clone(&content),
        });
        content
    }
}

fn catalog(on_disk: Option<Catalog>, known: &Known, on_demand: &OnDemand) -> Catalog {
    let (before, presets) = match on_disk {
        Some(catalog) => (catalog.tracks, catalog.presets),
        None => (Vec::new(), Vec::new()),
    };
    let mut tracks: BTreeMap<TrackId, CatalogTrack> =
        before.into_iter().map(|track| (track.id, track)).collect();
    for (id, track) in &known.tracks {
        let mut variants: BTreeMap<String, String> = tracks
            .remove(id)
            .map(|track| track.variants)
            .unwrap_or_default();
        for preset in on_demand.presets().all() {
            variants.insert(preset.name.clone(), site::manifest(id, &preset.name));
        }
        tracks.insert(*id, entry(*id, track, variants));
    }
    let presets = preset_entries(on_demand.presets(), &presets);
    let mut catalog = Catalog::new(
        on_demand.settings(),
        presets,
        tracks.into_values().collect(),
    );
    catalog.on_demand = true;
    catalog
}

fn entry(id: TrackId, track: &KnownTrack, variants: BTreeMap<String, String>) -> CatalogTrack {
    let tags = track.tags.clone();
    CatalogTrack {
        id,
        title: tags.title,
        artist: tags.artist,
        album: tags.album,
        album_artist: tags.album_artist,
        track: tags.track,
        disc: tags.disc,
        year: tags.year,
        duration: track.seconds,
        cover: track.has_cover.then(|| site::cover(&id)),
        variants,
    }
}
