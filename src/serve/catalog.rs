//! The catalog as it stands now: what is on disk and, while a library is at
//! hand, every track of it in every preset. It is made, and read, once for
//! each change.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::content::{Caching, Content, Encoding};
use super::files::SiteFiles;
use super::on_demand::{Known, OnDemand};
use crate::manifest::{Catalog, CatalogTrack, from_json, preset_entries, to_json};
use crate::site::{self, CATALOG, TrackId};

/// The catalog as it was told last.
#[derive(Default)]
pub(super) struct CatalogCache(Mutex<Option<Arc<Told>>>);

/// A catalog as it is told.
pub(super) struct Told {
    source: Source,
    content: Arc<Content>,
    parsed: OnceLock<Option<Arc<Catalog>>>,
}

/// What a catalog was made from.
#[derive(PartialEq, Eq)]
struct Source {
    /// The tag of the file on disk.
    on_disk: Option<String>,
    /// What was known of the library.
    revision: Option<u64>,
}

impl CatalogCache {
    /// The catalog as it is now; none where there is neither file nor library.
    /// This reads from disk.
    pub(super) fn told(
        &self,
        files: &SiteFiles,
        on_demand: Option<&OnDemand>,
    ) -> Option<Arc<Told>> {
        let known = on_demand.map(OnDemand::known);
        let on_disk = files.read(CATALOG);
        let tag = on_disk.as_ref();
        let source = Source {
            on_disk: tag.map(|content| content.etag(Encoding::Identity)),
            revision: known.as_ref().map(|known| known.revision),
        };
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = last.as_ref().filter(|told| told.source == source) {
            return Some(Arc::clone(told));
        }
        let content = match on_demand.zip(known) {
            Some((on_demand, known)) => {
                let on_disk = on_disk.and_then(|content| parse(&content));
                let made = to_json(&catalog(on_disk, &known, on_demand));
                let content = Content::of_bytes("application/json", Caching::Revalidate, made);
                Arc::new(content)
            }
            None => on_disk?,
        };
        let told = Arc::new(Told {
            source,
            content,
            parsed: OnceLock::new(),
        });
        *last = Some(Arc::clone(&told));
        Some(told)
    }
}

impl Told {
    /// As it is sent.
    pub(super) fn content(&self) -> &Arc<Content> {
        &self.content
    }

    /// What it says; none where the file is damaged. This takes a while where
    /// it is long.
    pub(super) fn parsed(&self) -> Option<Arc<Catalog>> {
        let parse = || parse(&self.content).map(Arc::new);
        self.parsed.get_or_init(parse).clone()
    }
}

fn parse(content: &Content) -> Option<Catalog> {
    from_json(content.bytes()?).ok()
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
        let tags = track.tags.clone();
        let told = CatalogTrack::new(*id, tags, track.seconds, track.has_cover, variants);
        tracks.insert(*id, told);
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
