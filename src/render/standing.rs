//! How a rendition stands: up to date, missing or stale, and why.
//!
//! What is up to date is decided by identity alone: by the fingerprint of what
//! is wanted, held against the manifest, and by the names and sizes of the files
//! that the manifest names. No file is read but the manifest; to read every byte
//! back is for `segue verify`. Whatever is found wrong, rendering mends it.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::Path;

use super::changes::{Changes, changes};
use super::fingerprint::{RenditionSettings, fingerprint};
use crate::manifest::{JsonError, Rendition, from_json};
use crate::mastering::Variant;
use crate::site::{self, Fingerprint, RENDITION_FILES, WHOLE_FILE};

/// How a rendition stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It is there as it is wanted.
    UpToDate,
    /// Nothing of this variant is published.
    Missing(Reason),
    /// What is published is not what is wanted.
    Stale(Reason),
}

/// Why a rendition is not up to date.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// Nobody has wanted it before.
    NeverRendered,
    /// There is its folder, but no manifest.
    NoManifest,
    /// The manifest cannot be used.
    Damaged(String),
    /// It was made from something else.
    Changed(Changes),
    /// It is not there in one file, too.
    NoWholeFile,
    /// `segue verify` found that a file is not as it was written.
    FoundDamaged,
    /// Its tags or its cover are told otherwise.
    Told,
    /// Its measurements are told as another version of segue made them.
    Measured,
    /// A file that belongs to it is not there.
    Gone(String),
    /// A file cannot be used, for what is in it.
    Unreadable(String),
    /// The catalog tells otherwise of so many tracks.
    Behind(usize),
    /// The page is not the one that this version of segue writes.
    Page {
        /// The first file that is not.
        name: &'static str,
        /// How many others are not.
        more: usize,
    },
    /// A file has not the size that the manifest tells.
    Size {
        /// Its name.
        name: String,
        /// How many bytes it has.
        bytes: u64,
        /// How many it should have.
        expected: u64,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverRendered => formatter.write_str("never rendered"),
            Self::NoManifest => formatter.write_str("manifest missing"),
            Self::Damaged(reason) => write!(formatter, "manifest damaged: {reason}"),
            Self::Changed(changes) => changes.fmt(formatter),
            Self::NoWholeFile => write!(formatter, "no whole file: {WHOLE_FILE}"),
            Self::FoundDamaged => formatter.write_str("damaged: found by `segue verify`"),
            Self::Told => formatter.write_str("tags or cover changed"),
            Self::Measured => formatter.write_str("measured by another version of segue"),
            Self::Gone(name) => write!(formatter, "file gone: {name}"),
            Self::Unreadable(name) => write!(formatter, "file damaged: {name}"),
            Self::Behind(1) => formatter.write_str("catalog behind: 1 track is told otherwise"),
            Self::Behind(count) => {
                write!(
                    formatter,
                    "catalog behind: {count} tracks are told otherwise"
                )
            }
            Self::Page { name, more } => {
                write!(
                    formatter,
                    "page damaged, or of another version of segue: {name}"
                )?;
                match more {
                    0 => Ok(()),
                    more => write!(formatter, " and {more} more"),
                }
            }
            Self::Size {
                name,
                bytes,
                expected,
            } => write!(
                formatter,
                "file of another size: {name} has {bytes} bytes instead of {expected}"
            ),
        }
    }
}

/// Whether a rendition has to be there in one file, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WholeFile {
    /// As `audio.mp4`, beside its segments.
    Wanted,
    /// Its segments are enough.
    NotWanted,
}

/// How the rendition of these settings stands in a site.
pub(super) fn standing(
    root: &Path,
    variant: &Variant,
    settings: &RenditionSettings,
    whole_file: WholeFile,
) -> Standing {
    let (variant, wanted) = (variant.to_string(), fingerprint(settings));
    let folder = root.join(site::rendition_folder(&settings.track, &variant, &wanted));
    let manifest = root.join(site::manifest(&settings.track, &variant));
    let manifest = match std::fs::read(manifest) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Standing::Missing(if folder.is_dir() {
                Reason::NoManifest
            } else {
                Reason::NeverRendered
            });
        }
        Err(error) => return Standing::Stale(Reason::Damaged(error.to_string())),
    };
    let reason = fault(&manifest, &variant, settings, &wanted, &folder).or_else(|| {
        let lacks_whole = whole_file == WholeFile::Wanted && !folder.join(WHOLE_FILE).is_file();
        lacks_whole.then_some(Reason::NoWholeFile)
    });
    reason.map_or(Standing::UpToDate, Standing::Stale)
}

/// What is wrong with a manifest, or with the files that it names.
fn fault(
    manifest: &[u8],
    variant: &str,
    settings: &RenditionSettings,
    wanted: &Fingerprint,
    folder: &Path,
) -> Option<Reason> {
    let manifest: Rendition = match from_json(manifest) {
        Ok(manifest) => manifest,
        Err(error) => return Some(Reason::Damaged(JsonError::to_string(&error))),
    };
    if manifest.track != settings.track || manifest.variant != variant {
        let reason = format!("it is that of {} ({})", manifest.track, manifest.variant);
        return Some(Reason::Damaged(reason));
    }
    if manifest.fingerprint != *wanted {
        return Some(Reason::Changed(changes(
            &manifest.settings,
            &settings.to_value(),
        )));
    }
    let sizes = sizes(folder);
    for (index, segment) in manifest.segments.iter().enumerate() {
        let name = site::segment(index);
        match (sizes.get(&name), segment.bytes) {
            (None, _) => return Some(Reason::Gone(name)),
            (Some(bytes), Some(expected)) if *bytes != expected => {
                return Some(Reason::Size {
                    name,
                    bytes: *bytes,
                    expected,
                });
            }
            _ => {}
        }
    }
    let mut others = RENDITION_FILES.iter();
    let gone = others.find(|name| !sizes.contains_key(**name));
    gone.map(|name| Reason::Gone((*name).to_owned()))
}

/// The files of a folder and their sizes; none where it cannot be read.
fn sizes(folder: &Path) -> HashMap<String, u64> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            let name = entry.file_name().into_string().ok()?;
            metadata.is_file().then_some((name, metadata.len()))
        })
        .collect()
}
