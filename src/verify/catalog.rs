//! `catalog.json`, and whether it tells of each track as it is.
//!
//! It may lag behind, since it is written last: what it does not tell of yet is
//! no fault. It may never lead.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::finding::{Found, Mend};
use super::listing::{self, Contents};
use super::{Ground, Run};
use crate::files::FileVersion;
use crate::manifest::{Catalog, CatalogTrack, VERSION, from_json};
use crate::site::{CATALOG, TrackId, track_folder};

/// A catalog that was read.
pub(super) struct Listed {
    tracks: HashMap<TrackId, CatalogTrack>,
    /// The file that it was.
    version: Option<FileVersion>,
}

/// Reads the catalog; none where it is of no use.
pub(super) fn read(ground: &Ground<'_>, found: &mut Found) -> Option<Listed> {
    let version = FileVersion::at(&ground.root.join(CATALOG)).ok();
    let bytes = match listing::read(ground.root, CATALOG, found) {
        Contents::Bytes(bytes) => bytes,
        Contents::Missing if ground.run == Run::Ended => {
            found.add(CATALOG, "is missing", Mend::Catalog);
            return None;
        }
        Contents::Missing | Contents::Unreadable => return None,
    };
    let catalog: Catalog = match from_json(&bytes) {
        Ok(catalog) => catalog,
        Err(error) => {
            found.add(CATALOG, error.to_string(), Mend::Catalog);
            return None;
        }
    };
    if catalog.version != VERSION {
        let what = format!("is of version {}, not {VERSION}", catalog.version);
        found.add(CATALOG, what, Mend::Catalog);
    }
    let count = catalog.tracks.len();
    let tracks = catalog.tracks.into_iter();
    let tracks: HashMap<_, _> = tracks.map(|track| (track.id, track)).collect();
    if tracks.len() < count {
        found.add(CATALOG, "names a track twice", Mend::Catalog);
    }
    Some(Listed { tracks, version })
}

impl Listed {
    /// What is told of a track.
    pub(super) fn entry(&self, id: &TrackId) -> Option<&CatalogTrack> {
        self.tracks.get(id)
    }

    /// Whether no other has taken its place.
    pub(super) fn is_current(&self, root: &Path) -> bool {
        self.version == FileVersion::at(&root.join(CATALOG)).ok()
    }

    /// Finds the tracks that are told of and have no folder.
    pub(super) fn check_that_all_are_in(&self, folders: &[TrackId], found: &mut Found) {
        let folders: HashSet<&TrackId> = folders.iter().collect();
        let mut missing: Vec<&TrackId> = self
            .tracks
            .keys()
            .filter(|track| !folders.contains(track))
            .collect();
        missing.sort_unstable();
        for track in missing {
            found.add(
                track_folder(track),
                "is missing, and the catalog names it",
                Mend::RenderOrForget {
                    variant: self.tracks[track]
                        .variants
                        .keys()
                        .map(String::as_str)
                        .collect::<Vec<_>>()
                        .join(","),
                },
            );
        }
    }
}
