//! What a site holds: each file as it was published, or nothing where it is not
//! there, not sound, or not what its name says.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::publish::PublishError;
use super::untouched::Untouched;
use crate::analysis::{Measurements, STAGE};
use crate::manifest::{
    Catalog, CatalogTrack, Rendition, TrackDescription, TrackHeading, from_json,
};
use crate::site::{self, CATALOG, Fingerprint, TRACKS, TrackId};

/// What stands in a folder was not published by segue.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is not a site made by segue: there is no {TRACKS} in it, and no {CATALOG} of segue's", .0.display())]
pub struct NotASite(pub PathBuf);

/// Fails where no run of segue has published anything. Without tracks, it was a
/// shard that has none of its own; others have files called `catalog.json`, too.
pub fn check_site(root: &Path) -> Result<(), NotASite> {
    let has_notes = || root.join(site::PRIVATE).is_dir();
    let has_catalog = || root.join(CATALOG).is_file() && has_notes();
    if root.join(TRACKS).is_dir() || has_catalog() || read_catalog(root).is_some() {
        Ok(())
    } else {
        Err(NotASite(root.to_owned()))
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

pub(super) fn read_measurements(root: &Path, track: &TrackId) -> Option<Measurements> {
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

pub(super) fn read_track(root: &Path, track: &TrackId) -> Option<TrackDescription> {
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

/// All tracks with at least one rendition, as they stand in the catalog. Of those
/// that are untouched, nothing is read again.
pub(super) fn tracks(
    root: &Path,
    untouched: &Untouched<'_>,
) -> Result<Vec<CatalogTrack>, PublishError> {
    let names = folder_names(&root.join(site::TRACKS))?;
    let described = names.par_iter().filter_map(|name| {
        let id = name.parse().ok()?;
        let track = untouched.track(&id).or_else(|| read_listed(root, &id))?;
        let track = with_variants(root, track, untouched);
        track
            .map(|track| (!track.variants.is_empty()).then_some(track))
            .transpose()
    });
    described.collect()
}

/// A track as its description tells of it.
fn read_listed(root: &Path, id: &TrackId) -> Option<CatalogTrack> {
    let heading = read_heading(root, id)?;
    let (seconds, has_cover) = (heading.duration, heading.cover.is_some());
    let none = BTreeMap::new();
    Some(CatalogTrack::new(
        *id,
        heading.tags(),
        seconds,
        has_cover,
        none,
    ))
}

/// Adds the renditions that are there.
fn with_variants(
    root: &Path,
    mut track: CatalogTrack,
    untouched: &Untouched<'_>,
) -> Result<CatalogTrack, PublishError> {
    let id = track.id;
    for variant in folder_names(&root.join(site::track_folder(&id)))? {
        if untouched.has(&id, &variant) || read_rendition(root, &id, &variant).is_some() {
            let manifest = site::manifest(&id, &variant);
            track.variants.insert(variant, manifest);
        }
    }
    Ok(track)
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
