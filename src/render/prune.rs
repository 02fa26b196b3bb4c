//! Removes what nothing refers to, in an order in which nothing that is named
//! is gone at any moment, whoever reads and wherever it is interrupted: the
//! catalog stops naming a track before the track goes, and a manifest goes
//! before the folder that it names. What is interrupted is found again by the
//! next run: an orphan is forgotten when it is an empty folder, and that goes last.
//!
//! Only files that segue knows are removed: a folder with another in it stays,
//! with that.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::leftovers::{Leftovers, What};
use super::on_demand::{OnDemandList, absent};
use super::publish::{PublishError, Site};
use super::published::{folder_names, read_catalog};
use crate::files::sync_folder;
use crate::library::ScanIndex;
use crate::manifest::to_json;
use crate::mastering::Variant;
use crate::site::{self, Fingerprint, TrackId};

impl Site {
    /// Removes what was found in this site, after it was opened.
    pub fn prune(&self, leftovers: &Leftovers) -> Result<(), PublishError> {
        let gone = leftovers.tracks();
        self.name_no_more(&gone)?;
        for item in &leftovers.items {
            let path = self.path(&item.path);
            match &item.what {
                What::Orphan { track, .. } | What::Track { track } => self.remove_track(track)?,
                What::Variant => self.remove_variant(&path)?,
                What::Rendition => self.remove_rendition(&path)?,
                What::Cover | What::Measurements => absent(fs::remove_file(&path))?,
                What::Levels => absent(fs::remove_dir_all(&path))?,
                // Opening the site has emptied it.
                What::Staging => {}
            }
        }
        self.forget_orphans(&gone)?;
        let mut folders = gone.iter().map(site::track_folder);
        folders.try_for_each(|folder| remove_if_empty(&self.path(&folder)))
    }

    /// Takes tracks off the catalog, and off the list of what is made on demand.
    fn name_no_more(&self, gone: &BTreeSet<TrackId>) -> Result<(), PublishError> {
        if gone.is_empty() {
            return Ok(());
        }
        if let Some(mut catalog) = read_catalog(self.root()) {
            catalog.tracks.retain(|track| !gone.contains(&track.id));
            self.write_if_changed(site::CATALOG, &to_json(&catalog))?;
        }
        let mut list = OnDemandList::load(self.root());
        let before = list.renditions.len();
        list.renditions.retain(|made| !gone.contains(&made.track));
        if list.renditions.len() < before {
            self.write_on_demand(&list)?;
        }
        Ok(())
    }

    /// Removes all that is in a track's folder.
    fn remove_track(&self, track: &TrackId) -> Result<(), PublishError> {
        let folder = self.path(&site::track_folder(track));
        for name in folder_names(&folder)? {
            if name.parse::<Variant>().is_ok() {
                self.remove_variant(&folder.join(name))?;
            }
        }
        // The description names the cover.
        absent(fs::remove_file(folder.join(site::TRACK)))?;
        sync_folder(&folder)?;
        Ok(absent(fs::remove_file(folder.join(site::COVER)))?)
    }

    /// Removes a variant: its manifest, then the renditions.
    fn remove_variant(&self, folder: &Path) -> Result<(), PublishError> {
        absent(fs::remove_file(folder.join(site::MANIFEST)))?;
        sync_folder(folder)?;
        for name in folder_names(folder)? {
            if name.parse::<Fingerprint>().is_ok() {
                self.remove_rendition(&folder.join(name))?;
            }
        }
        remove_if_empty(folder)
    }

    /// Removes a fingerprint's folder, which no manifest names: out of the site
    /// in one step, so that no part of it is ever left without the rest. But what
    /// segue does not know stays where it is.
    fn remove_rendition(&self, folder: &Path) -> Result<(), PublishError> {
        let Some(known) = known_files(folder)? else {
            let staged = self.stage()?;
            return Ok(absent(fs::rename(folder, staged.path().join("removed")))?);
        };
        for file in known {
            absent(fs::remove_file(file))?;
        }
        Ok(())
    }

    fn forget_orphans(&self, gone: &BTreeSet<TrackId>) -> Result<(), PublishError> {
        let mut index = ScanIndex::load(&self.path(site::SCAN_INDEX));
        if index.orphans().keys().any(|track| gone.contains(track)) {
            index.forget(gone);
            self.write_scan_index(&index)?;
        }
        Ok(())
    }
}

/// The files of a rendition in a folder that has others in it, too; `None` where
/// there is nothing else.
fn known_files(folder: &Path) -> Result<Option<Vec<PathBuf>>, PublishError> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let is_known = |entry: &fs::DirEntry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let name = entry.file_name();
        !is_folder && name.to_str().is_some_and(site::is_rendition_file)
    };
    if entries.iter().all(is_known) {
        return Ok(None);
    }
    let known = entries.iter().filter(|entry| is_known(entry));
    Ok(Some(known.map(fs::DirEntry::path).collect()))
}

/// Removes a folder, unless something is left in it.
fn remove_if_empty(folder: &Path) -> Result<(), PublishError> {
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        outcome => Ok(absent(outcome)?),
    }
}
