//! The site on disk: staging, renaming into place, the catalog.
//!
//! Whatever a JSON file names exists, complete, when the file appears:
//! segments, then the manifest, then the track, then the catalog, each by a
//! rename within one file system.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fs_err as fs;

use super::lock::{self, Holder, Lock};
use super::published::{
    NotASite, described, read_catalog, read_measurements, read_rendition, read_track, tracks,
};
use super::untouched::Untouched;
use crate::analysis::{Analysis, Measurements};
use crate::files::{StagedFolder, create_folders, write_atomic_from, write_if_changed};
use crate::library::{Cover, ScanIndex};
use crate::manifest::{
    Catalog, Rendition, SiteSettings, TrackDescription, preset_entries, to_json,
};
use crate::mastering::Presets;
use crate::site::{self, TrackId};
use crate::web_player;

/// Why the site cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The file system refused.
    #[error("{}", cannot_write(.0))]
    Write(#[from] io::Error),
    /// Another run has it.
    #[error("{holder} has `{}`: wait until it is done, or stop it", site.display())]
    Locked {
        /// Which site.
        site: PathBuf,
        /// Who has it.
        holder: String,
    },
    /// What stands there is no site.
    #[error(transparent)]
    NotASite(#[from] NotASite),
}

/// A site that is being written. It is this process's alone until it is
/// dropped, or the process ends, however it ends.
#[derive(Debug)]
pub struct Site {
    root: PathBuf,
    /// Held by who changes what the catalog names.
    catalog: Mutex<()>,
    _lock: Lock,
}

impl Site {
    /// Opens a site for writing, and makes it where there is none. What an
    /// interrupted run left in the staging area is removed.
    pub fn open(root: &Path, holder: Holder) -> Result<Self, PublishError> {
        create_folders(&root.join(site::PRIVATE))?;
        let lock = lock::take(root, holder)?;
        match fs::remove_dir_all(root.join(site::STAGING)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        fs::create_dir(root.join(site::STAGING))?;
        if ![site::CATALOG, site::TRACKS]
            .iter()
            .any(|name| root.join(name).exists())
        {
            fs::write(root.join(site::FIRST_RUN), [])?;
        }
        Ok(Self {
            root: root.to_owned(),
            catalog: Mutex::new(()),
            _lock: lock,
        })
    }

    /// Publishes a file whole, in a folder that is there.
    pub(super) fn write(&self, published: &str, contents: &[u8]) -> Result<(), PublishError> {
        let staging = self.root.join(site::STAGING);
        Ok(write_atomic_from(
            &staging,
            &self.path(published),
            contents,
        )?)
    }

    /// Publishes a file whole, unless it is there as it should be.
    pub(super) fn write_if_changed(
        &self,
        published: &str,
        contents: &[u8],
    ) -> Result<(), PublishError> {
        let staging = self.root.join(site::STAGING);
        write_if_changed(&staging, &self.path(published), contents)?;
        Ok(())
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where something published stands on disk.
    #[must_use]
    pub fn path(&self, published: &str) -> PathBuf {
        self.root.join(published)
    }

    /// The manifest of a rendition that is complete.
    #[must_use]
    pub fn manifest(&self, track: &TrackId, variant: &str) -> Option<Rendition> {
        read_rendition(&self.root, track, variant)
    }

    /// What is told of a track, where it would be told the same today.
    #[must_use]
    pub fn described(&self, track: &TrackId) -> Option<TrackDescription> {
        described(&self.root, track)
    }

    /// What was measured of a track, where it is known and would be measured
    /// the same today.
    #[must_use]
    pub fn measurements(&self, track: &TrackId) -> Option<Measurements> {
        read_measurements(&self.root, track)
    }

    /// Keeps what was measured of a track.
    pub fn write_measurements(
        &self,
        track: &TrackId,
        measured: &Measurements,
    ) -> Result<(), PublishError> {
        create_folders(&self.root.join(site::MEASUREMENTS))?;
        self.write_if_changed(&site::measurements(track), &to_json(measured))
    }

    /// What is told of a track already, where it would be told the same today.
    pub(super) fn analysis(&self, track: &TrackId) -> Option<Analysis> {
        described(&self.root, track).map(|description| description.analysis)
    }

    /// An empty folder for a rendition.
    pub(super) fn stage(&self) -> Result<StagedFolder, PublishError> {
        Ok(StagedFolder::new_in(&self.root.join(site::STAGING))?)
    }

    /// Publishes a rendition: its folder, then its manifest.
    pub(super) fn publish_rendition(
        &self,
        staged: StagedFolder,
        manifest: &Rendition,
    ) -> Result<(), PublishError> {
        let (track, variant) = (&manifest.track, &manifest.variant);
        staged.publish(&self.root.join(site::rendition_folder(
            track,
            variant,
            &manifest.fingerprint,
        )))?;
        self.write_if_changed(&site::manifest(track, variant), &to_json(manifest))
    }

    /// Publishes what a track is: its cover, then its description. A cover that
    /// it has no more is left to `segue prune`: the catalog may name it yet.
    pub fn publish_track(
        &self,
        track: &TrackDescription,
        cover: Option<&Cover>,
    ) -> Result<(), PublishError> {
        if let Some(cover) = cover {
            self.publish_cover(&track.id, cover)?;
        }
        create_folders(&self.root.join(site::track_folder(&track.id)))?;
        self.write_if_changed(&site::track_json(&track.id), &to_json(track))
    }

    /// Keeps a track's cover. A description that holds the hash of another one
    /// has no cover from before this one appears until it is told anew, so that
    /// the two never contradict each other.
    pub fn publish_cover(&self, track: &TrackId, cover: &Cover) -> Result<(), PublishError> {
        create_folders(&self.root.join(site::track_folder(track)))?;
        let is_other = |told: &TrackDescription| {
            let hash = told.cover_blake3.as_ref();
            hash.is_some_and(|hash| *hash != cover.blake3)
        };
        if let Some(told) = read_track(&self.root, track).filter(is_other) {
            let uncovered = TrackDescription {
                cover: None,
                cover_blake3: None,
                accent: None,
                ..told
            };
            self.write(&site::track_json(track), &to_json(&uncovered))?;
        }
        self.write_if_changed(&site::cover(track), &cover.jpeg)
    }

    /// Writes the catalog of all that is there, complete. Tells how many tracks
    /// there are.
    pub fn publish_catalog(
        &self,
        settings: SiteSettings,
        presets: &Presets,
        untouched: &Untouched<'_>,
    ) -> Result<usize, PublishError> {
        let _catalog = self.catalog();
        let before = read_catalog(&self.root).map(|catalog| catalog.presets);
        let presets = preset_entries(presets, &before.unwrap_or_default());
        let catalog = Catalog::new(settings, presets, tracks(&self.root, untouched)?);
        self.write_if_changed(site::CATALOG, &to_json(&catalog))?;
        match fs::remove_file(self.path(site::FIRST_RUN)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(catalog.tracks.len()),
        }
    }

    /// Takes renditions out of the catalog. While what is given back is held,
    /// nobody lists them anew.
    pub(super) fn unlist<'a>(
        &self,
        renditions: impl IntoIterator<Item = (&'a TrackId, &'a str)>,
    ) -> Result<MutexGuard<'_, ()>, PublishError> {
        let held = self.catalog();
        if let Some(mut catalog) = read_catalog(&self.root) {
            for (track, variant) in renditions {
                let listed = catalog.tracks.iter_mut().find(|listed| listed.id == *track);
                listed.map(|listed| listed.variants.remove(variant));
            }
            catalog.tracks.retain(|track| !track.variants.is_empty());
            self.write_if_changed(site::CATALOG, &to_json(&catalog))?;
        }
        Ok(held)
    }

    fn catalog(&self) -> MutexGuard<'_, ()> {
        self.catalog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the page, where it is not there as it should be. Its settings
    /// are the user's once they are there.
    pub fn publish_page(&self) -> Result<(), PublishError> {
        // What index.html names is there before it, which is the first.
        for file in web_player::FILES.iter().rev() {
            let path = self.root.join(file.path);
            if let Some(folder) = path.parent() {
                create_folders(folder)?;
            }
            let is_users = file.path == web_player::SETTINGS && path.exists();
            if !is_users {
                self.write_if_changed(file.path, file.contents)?;
            }
        }
        Ok(())
    }

    /// Removes all that is not complete, for a process that ends while its
    /// threads are still at work: they may put something there once more.
    pub fn abandon(&self) -> Result<(), PublishError> {
        let staging = self.root.join(site::STAGING);
        loop {
            match fs::remove_dir_all(&staging) {
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => return Ok(()),
            }
        }
    }

    /// Keeps what the scan found for the next run.
    pub fn write_scan_index(&self, index: &ScanIndex) -> Result<(), PublishError> {
        self.write_if_changed(site::SCAN_INDEX, &index.to_bytes())
    }
}

/// An error of writing, and what to do about it where that is known.
fn cannot_write(error: &io::Error) -> String {
    let advice = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; make room and run again: it goes on where it stopped"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "; make its file system writable (`mount -o remount,rw`), or name another folder"
        }
        io::ErrorKind::PermissionDenied => "; run as its owner, or name another folder",
        io::ErrorKind::CrossesDevices => {
            "; `.segue` has to be on the file system of the site that it is in"
        }
        _ => "",
    };
    format!("the site cannot be written: {error}{advice}")
}
