//! Whether what makes a player find the tracks tells of them as they are: the
//! catalog, and the page.

use std::collections::BTreeMap;
use std::path::Path;

use super::plan::{Plan, PlannedTrack};
use super::publish::PublishError;
use super::published::{read_catalog, tracks};
use super::standing::Reason;
use super::untouched::Untouched;
use crate::manifest::CatalogTrack;
use crate::site::{CATALOG, TrackId};
use crate::web_player::{FILES, PageFile, SETTINGS};

impl Plan {
    /// What of the catalog and the page a run would write, though it had nothing
    /// to render: each with why. Where no track is published yet, there need be
    /// neither; tracks that are to be rendered are listed when they are.
    pub fn unlisted(&self, root: &Path) -> Result<Vec<(&'static str, Reason)>, PublishError> {
        let there = tracks(root, &Untouched::of(self))?;
        if there.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self
            .catalog(root, &there)
            .into_iter()
            .chain(page(root))
            .collect())
    }

    /// Settings and presets stand in what is rendered, too: only tracks are held
    /// against what is there.
    fn catalog(&self, root: &Path, there: &[CatalogTrack]) -> Option<(&'static str, Reason)> {
        let reason = match read_catalog(root) {
            None if !root.join(CATALOG).is_file() => Reason::Gone(CATALOG.to_owned()),
            None => Reason::Unreadable(CATALOG.to_owned()),
            Some(catalog) => {
                let (there, listed) = (by_id(there), by_id(&catalog.tracks));
                let is_done = |track: &&PlannedTrack| {
                    track.is_own && track.missing.is_empty() && track.untold.is_none()
                };
                let done = self.tracks.iter().filter(is_done);
                let is_other =
                    |track: &&PlannedTrack| there.get(&track.id) != listed.get(&track.id);
                match done.filter(is_other).count() {
                    0 => return None,
                    others => Reason::Behind(others),
                }
            }
        };
        Some((CATALOG, reason))
    }
}

fn by_id(tracks: &[CatalogTrack]) -> BTreeMap<TrackId, &CatalogTrack> {
    tracks.iter().map(|track| (track.id, track)).collect()
}

fn page(root: &Path) -> Option<(&'static str, Reason)> {
    let is_other = |file: &&PageFile| match std::fs::read(root.join(file.path)) {
        Ok(bytes) => bytes != file.contents && file.path != SETTINGS,
        Err(_) => true,
    };
    let mut others = FILES.iter().filter(is_other);
    let name = others.next()?.path;
    let more = others.count();
    Some((name, Reason::Page { name, more }))
}
