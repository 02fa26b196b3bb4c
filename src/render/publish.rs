//! The site on disk: staging, renaming into place, the catalog.
//!
//! Whatever a JSON file names exists, complete, when the file appears:
//! segments, then the manifest, then the track, then the catalog, each by a
//! rename within one file system.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fs_err as fs;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::analysis::{Analysis, Measurements, STAGE};
use crate::files::{StagedFolder, write_atomic_from, write_if_changed};
use crate::library::{Cover, ScanIndex};
use crate::manifest::{
    Catalog, CatalogTrack, Rendition, SiteSettings, TrackDescription, TrackHeading, from_json,
    preset_entries, to_json,
};
use crate::mastering::Presets;
use crate::site::{self, Fingerprint, TrackId};
use crate::web_player;

/// Why the site cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The file system refused.
    #[error("the site cannot be written: {0}")]
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
    #[error("`{}` is not a site made by segue: {reason}", site.display())]
    NotASite {
        /// Where.
        site: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// What a process does that has a site to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// `segue render`, or another command that is done some time.
    Render,
    /// `segue serve`, which renders what is asked for.
    Serve,
    /// `segue prune`, which removes what nothing refers to.
    Prune,
}

/// A site that is being written. It is this process's alone until it is
/// dropped, or the process ends, however it ends.
#[derive(Debug)]
pub struct Site {
    root: PathBuf,
    _lock: File,
}

impl Site {
    /// Opens a site for writing, and makes it where there is none. What an
    /// interrupted run left in the staging area is removed.
    pub fn open(root: &Path, holder: Holder) -> Result<Self, PublishError> {
        fs::create_dir_all(root.join(site::PRIVATE))?;
        let path = root.join(site::PRIVATE).join("lock");
        let mut lock: File = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)?
            .into();
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = std::fs::read_to_string(&path).unwrap_or_default();
                let holder = match holder.trim() {
                    "" => "another segue".to_owned(),
                    holder => holder.to_owned(),
                };
                return Err(PublishError::Locked {
                    site: root.to_owned(),
                    holder,
                });
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        // A dead process holds no lock, whatever stands in the file.
        let what = match holder {
            Holder::Render => "segue render",
            Holder::Serve => "segue serve",
            Holder::Prune => "segue prune",
        };
        lock.set_len(0)?;
        write!(lock, "{what} (process {})", std::process::id())?;
        match fs::remove_dir_all(root.join(site::STAGING)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        fs::create_dir_all(root.join(site::STAGING))?;
        Ok(Self {
            root: root.to_owned(),
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
        fs::create_dir_all(self.root.join(site::MEASUREMENTS))?;
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
        self.write(&site::manifest(track, variant), &to_json(manifest))
    }

    /// Publishes what a track is: its cover, then its description.
    pub fn publish_track(
        &self,
        track: &TrackDescription,
        cover: Option<&Cover>,
    ) -> Result<(), PublishError> {
        fs::create_dir_all(self.root.join(site::track_folder(&track.id)))?;
        if let Some(cover) = cover {
            self.write_if_changed(&site::cover(&track.id), &cover.jpeg)?;
        }
        self.write_if_changed(&site::track_json(&track.id), &to_json(track))?;
        if cover.is_none() {
            match fs::remove_file(self.root.join(site::cover(&track.id))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes the catalog of all that is there, complete. Tells how many tracks
    /// there are.
    pub fn publish_catalog(
        &self,
        settings: SiteSettings,
        presets: &Presets,
    ) -> Result<usize, PublishError> {
        let before = read_catalog(&self.root).map(|catalog| catalog.presets);
        let presets = preset_entries(presets, &before.unwrap_or_default());
        let catalog = Catalog::new(settings, presets, tracks(&self.root)?);
        self.write_if_changed(site::CATALOG, &to_json(&catalog))?;
        Ok(catalog.tracks.len())
    }

    /// Writes the page, where it is not there as it should be. Its settings
    /// are the user's once they are there.
    pub fn publish_page(&self) -> Result<(), PublishError> {
        for file in web_player::FILES {
            let path = self.root.join(file.path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let is_users = file.path == web_player::SETTINGS && path.exists();
            if !is_users {
                self.write_if_changed(file.path, file.contents)?;
            }
        }
        Ok(())
    }

    /// Keeps a track's cover.
    pub fn publish_cover(&self, track: &TrackId, cover: &Cover) -> Result<(), PublishError> {
        fs::create_dir_all(self.root.join(site::track_folder(track)))?;
        self.write_if_changed(&site::cover(track), &cover.jpeg)
    }

    /// Keeps what the scan found for the next run.
    pub fn write_scan_index(&self, index: &ScanIndex) -> Result<(), PublishError> {
        self.write_if_changed(site::SCAN_INDEX, &index.to_bytes())
    }
}

/// The catalog of a site, where there is one.
#[must_use]
pub fn read_catalog(root: &Path) -> Option<Catalog> {
    let bytes = std::fs::read(root.join(site::CATALOG)).ok()?;
    from_json(&bytes).ok()
}

/// Whether a variant's manifest is there, sound, and of this fingerprint.
pub(super) fn is_published(
    root: &Path,
    track: &TrackId,
    variant: &str,
    fingerprint: &Fingerprint,
) -> bool {
    read_rendition(root, track, variant)
        .is_some_and(|manifest| manifest.fingerprint == *fingerprint)
}

/// A track's description, where it is there, sound, and would be measured the
/// same today.
pub(super) fn described(root: &Path, track: &TrackId) -> Option<TrackDescription> {
    read_track(root, track).filter(|description| description.analysis.stage == STAGE)
}

/// Whether a track need not be measured.
pub(super) fn has_measurements(root: &Path, track: &TrackId) -> bool {
    root.join(site::measurements(track)).is_file()
}

fn read_measurements(root: &Path, track: &TrackId) -> Option<Measurements> {
    let bytes = std::fs::read(root.join(site::measurements(track))).ok()?;
    from_json::<Measurements>(&bytes)
        .ok()
        .filter(Measurements::is_current)
}

pub(super) fn read_rendition(root: &Path, track: &TrackId, variant: &str) -> Option<Rendition> {
    let bytes = std::fs::read(root.join(site::manifest(track, variant))).ok()?;
    let manifest: Rendition = from_json(&bytes).ok()?;
    let folder = root.join(site::rendition_folder(
        track,
        variant,
        &manifest.fingerprint,
    ));
    (manifest.track == *track && manifest.variant == variant && folder.is_dir()).then_some(manifest)
}

fn read_track(root: &Path, track: &TrackId) -> Option<TrackDescription> {
    let bytes = std::fs::read(root.join(site::track_json(track))).ok()?;
    from_json::<TrackDescription>(&bytes)
        .ok()
        .filter(|description| description.id == *track)
}

/// What a track's description begins with, where that is there and sound.
pub(super) fn read_heading(root: &Path, track: &TrackId) -> Option<TrackHeading> {
    let bytes = std::fs::read(root.join(site::track_json(track))).ok()?;
    from_json::<TrackHeading>(&bytes)
        .ok()
        .filter(|heading| heading.id == *track)
}

/// All tracks with at least one rendition.
fn tracks(root: &Path) -> Result<Vec<CatalogTrack>, PublishError> {
    let names = folder_names(&root.join(site::TRACKS))?;
    let described = names.par_iter().filter_map(|name| {
        let id = name.parse().ok()?;
        catalog_track(root, &read_heading(root, &id)?).transpose()
    });
    described.collect()
}

/// A track as it stands in the catalog; none without a rendition.
fn catalog_track(
    root: &Path,
    heading: &TrackHeading,
) -> Result<Option<CatalogTrack>, PublishError> {
    let id = heading.id;
    let mut variants = BTreeMap::new();
    for variant in folder_names(&root.join(site::track_folder(&id)))? {
        if read_rendition(root, &id, &variant).is_some() {
            variants.insert(variant.clone(), site::manifest(&id, &variant));
        }
    }
    let (seconds, has_cover) = (heading.duration, heading.cover.is_some());
    let track = || CatalogTrack::new(id, heading.tags(), seconds, has_cover, variants.clone());
    Ok((!variants.is_empty()).then(track))
}

/// The names of the folders in a folder; none where it is not there.
pub(super) fn folder_names(folder: &Path) -> Result<Vec<String>, PublishError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir()
            && let Ok(name) = entry.file_name().into_string()
        {
            names.push(name);
        }
    }
    Ok(names)
}
