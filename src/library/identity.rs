//! Which track a source is, and everything else that one read tells.

use std::path::Path;

use super::cover::{Cover, CoverCache, beside};
use super::tags;
use crate::decode::{self, DecodeError, Survey, survey};
use crate::manifest::Tags;
use crate::site::TrackId;

/// A source that was read.
#[derive(Clone, Debug)]
pub struct Identified {
    /// The track.
    pub id: TrackId,
    /// What its tags say.
    pub tags: Tags,
    /// Its cover.
    pub cover: Option<Cover>,
    /// What its packets told.
    pub survey: Survey,
}

/// Reads a source's packets, tags and cover. A decoder that panics on a file
/// is that file's failure.
pub fn identify(path: &Path, covers: &CoverCache) -> Result<Identified, DecodeError> {
    let survey = decode::guarded(|| survey(path))?;
    let found = decode::guarded(|| Ok(tags::read(path)))?;
    let picture = found.picture.or_else(|| fs_err::read(beside(path)?).ok());
    let cover = picture.and_then(|picture| covers.cover(&picture));
    Ok(Identified {
        id: TrackId::from_hash(&survey.encoded_audio),
        tags: found.tags,
        cover,
        survey,
    })
}
