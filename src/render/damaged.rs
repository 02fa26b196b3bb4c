//! `.segue/damaged.json`: what `segue verify` found damaged. Whatever is listed
//! is not up to date, however it looks from outside; a run that has published
//! it again takes it off. The list saves nothing and decides no bytes: without
//! it `--force` mends the same.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::fingerprint::fingerprint;
use super::plan::Plan;
use crate::files::write_if_changed;
use crate::manifest::{from_json, to_json};
use crate::site::{DAMAGED, Fingerprint, PRIVATE, TrackId};

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamagedList {
    /// Renditions of which a file is damaged or gone.
    pub renditions: BTreeSet<Fingerprint>,
    /// Tracks of which the description or the cover is.
    pub tracks: BTreeSet<TrackId>,
}

impl DamagedList {
    /// The list of a site; empty where there is none.
    #[must_use]
    pub fn load(root: &Path) -> Self {
        let bytes = std::fs::read(root.join(DAMAGED)).unwrap_or_default();
        from_json(&bytes).unwrap_or_default()
    }

    /// What need not be mended any more when these tracks of a plan are told
    /// anew, should it have been damaged.
    pub(super) fn of_told(plan: &Plan, told: &BTreeSet<TrackId>) -> Self {
        let tracks = plan.tracks.iter().filter(|track| told.contains(&track.id));
        let renditions = tracks.flat_map(|track| &track.missing);
        Self {
            renditions: renditions
                .map(|(_, settings)| fingerprint(settings))
                .collect(),
            tracks: told.clone(),
        }
    }

    /// Whether nothing is damaged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.renditions.is_empty() && self.tracks.is_empty()
    }

    /// Adds what another list has.
    pub fn append(&mut self, mut other: Self) {
        self.renditions.append(&mut other.renditions);
        self.tracks.append(&mut other.tracks);
    }

    /// Changes the list of a site and keeps it for the next run. `verify` does so
    /// without the lock of the site, which a run may have: so there is one of the
    /// list's own, as far as the file system has such locks.
    pub fn change(root: &Path, change: impl FnOnce(&mut Self)) -> io::Result<()> {
        let held = fs::File::open(root.join(PRIVATE)).map(fs::File::into_file);
        let _is_locked = held.as_ref().is_ok_and(|folder| folder.lock().is_ok());
        let mut list = Self::load(root);
        change(&mut list);
        list.keep(root)
    }

    /// Puts the list in the place of the one before; an empty one is no file.
    fn keep(&self, root: &Path) -> io::Result<()> {
        let path = root.join(DAMAGED);
        if self.is_empty() {
            return match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let folder = root.join(PRIVATE);
        fs::create_dir_all(&folder)?;
        write_if_changed(&folder, &path, &to_json(self))?;
        Ok(())
    }

    /// Takes off the list of a site what has been published again.
    pub(super) fn take_off(root: &Path, mended: &Self) -> io::Result<()> {
        Self::change(root, |list| {
            list.renditions
                .retain(|rendition| !mended.renditions.contains(rendition));
            list.tracks.retain(|track| !mended.tracks.contains(track));
        })
    }
}
