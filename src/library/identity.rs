//! Which track a source is, and everything else that one read tells.

use std::path::Path;

use super::cover::{Cover, CoverCache, Pictures};
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
pub fn identify(
    path: &Path,
    pictures: &Pictures,
    covers: &CoverCache,
) -> Result<Identified, DecodeError> {
    let survey = decode::guarded(|| survey(path))?;
    Identified::of(path, survey, pictures, covers)
}

impl Identified {
    /// Reads tags and cover of a source whose packets are known.
    pub fn of(
        path: &Path,
        survey: Survey,
        pictures: &Pictures,
        covers: &CoverCache,
    ) -> Result<Self, DecodeError> {
        let found = decode::guarded(|| Ok(tags::read(path)))?;
        let beside = || fs_err::read(pictures.beside(path)?).ok();
        let picture = found.picture.or_else(beside);
        // Music does not go unheard for a picture that breaks its decoder.
        let cover = |picture: Vec<u8>| decode::guarded(|| Ok(covers.cover(&picture))).ok()?;
        Ok(Self {
            id: TrackId::from_hash(&survey.encoded_audio),
            tags: found.tags,
            cover: picture.and_then(cover),
            survey,
        })
    }
}
