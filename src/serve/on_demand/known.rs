//! What is known of the library: its tracks, and how many there will be.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::manifest::Tags;
use crate::render::AlbumPlace;
use crate::site::TrackId;

/// A track of the library.
#[derive(Clone, Debug)]
pub(in crate::serve) struct KnownTrack {
    /// The file that gives its tags: the first in scan order.
    pub(in crate::serve) path: PathBuf,
    /// What its tags say.
    pub(in crate::serve) tags: Tags,
    /// How long it is.
    pub(in crate::serve) seconds: f64,
    /// Whether it has a cover.
    pub(in crate::serve) has_cover: bool,
    /// The album that it is treated as a part of.
    pub(in crate::serve) album: Option<AlbumPlace>,
}

/// How far a library is known.
#[derive(Clone, Debug, Default)]
pub(in crate::serve) struct Known {
    /// By their ids.
    pub(in crate::serve) tracks: BTreeMap<TrackId, KnownTrack>,
    /// Raised with each change.
    pub(in crate::serve) revision: u64,
    /// Sources that the last pass found.
    pub(in crate::serve) sources: usize,
    /// How many of them were read.
    pub(in crate::serve) identified: usize,
    /// How many of them cannot be used.
    pub(in crate::serve) failed: usize,
}
