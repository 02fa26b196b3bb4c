//! Whether what makes a player find the tracks tells of them as they are: the
//! catalog, and the page.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::on_demand::{OnDemandList, OnDemandRendition};
use super::plan::Plan;
use super::publish::PublishError;
use super::published::{read_catalog, tracks};
use super::standing::Reason;
use super::untouched::Untouched;
use crate::manifest::CatalogTrack;
use crate::site::{CATALOG, TrackId};
use crate::web_player::{FILES, PageFile, SETTINGS};

/// A file of the site that does not tell of the tracks as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Unlisted {
    /// The catalog, or a file of the page.
    pub file: &'static str,
    /// What is wrong with it.
    pub reason: Reason,
}

impl Plan {
    /// What of the catalog and the page does not tell of the tracks as they are.
    /// Where no track is published yet, there need be neither; tracks that are to
    /// be rendered are listed when they are, and what a server made on demand some
    /// seconds later.
    pub fn unlisted(&self, root: &Path) -> Result<Vec<Unlisted>, PublishError> {
        let there = tracks(root, &Untouched::of(self))?;
        if there.is_empty() {
            return Ok(Vec::new());
        }
        let catalog = self.catalog(root, there);
        Ok(catalog.into_iter().chain(page(root)).collect())
    }

    fn catalog(&self, root: &Path, there: Vec<CatalogTrack>) -> Option<Unlisted> {
        let reason = match read_catalog(root) {
            None if !root.join(CATALOG).is_file() => Reason::Gone(CATALOG.to_owned()),
            None => Reason::Unreadable(CATALOG.to_owned()),
            Some(catalog) => {
                let on_demand = OnDemandList::load(root).renditions;
                let there = by_id(there, &on_demand);
                let mut listed = by_id(catalog.tracks, &on_demand);
                let mut others = 0;
                for track in &self.tracks {
                    let is_done = track.missing.is_empty() && track.untold.is_none();
                    let is_listed = listed.remove(&track.id);
                    let is_other = there.get(&track.id) != is_listed.as_ref();
                    others += usize::from(track.is_own && is_done && is_other);
                }
                // Of those that are in no plan, it may not name what is gone.
                others += listed.keys().filter(|id| !there.contains_key(id)).count();
                if others == 0 {
                    return None;
                }
                Reason::Behind(others)
            }
        };
        let file = CATALOG;
        Some(Unlisted { file, reason })
    }
}

/// Without what was made on demand, and without what has nothing else.
fn by_id(
    tracks: Vec<CatalogTrack>,
    on_demand: &[OnDemandRendition],
) -> BTreeMap<TrackId, CatalogTrack> {
    let mut tracks: BTreeMap<_, _> = tracks.into_iter().map(|track| (track.id, track)).collect();
    for made in on_demand {
        if let Some(track) = tracks.get_mut(&made.track) {
            track.variants.remove(&made.variant);
        }
    }
    tracks.retain(|_, track| !track.variants.is_empty());
    tracks
}

fn page(root: &Path) -> Option<Unlisted> {
    let read = |file: &PageFile| std::fs::read(root.join(file.path));
    let is_other = |file: &&PageFile| match read(file) {
        Ok(bytes) => bytes != file.contents && file.path != SETTINGS,
        Err(_) => true,
    };
    let mut others = FILES.iter().filter(is_other);
    let first = others.next()?;
    let (file, more) = (first.path, others.count());
    let is_gone = read(first).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    let reason = if is_gone {
        Reason::Gone(file.to_owned())
    } else {
        Reason::Page { name: file, more }
    };
    Some(Unlisted { file, reason })
}
