//! Which track a source is, and everything else that one read tells.
//!
//! All of it is of one version of the file: one that is changed or replaced
//! while it is read is not identified, but read again another time.

use std::path::Path;
use std::sync::Arc;

use moka::sync::Cache;

use super::cover::{Cover, CoverCache, Pictures, read_picture};
use super::index::Stamp;
use super::tags;
use crate::decode::{self, DecodeError, Survey, survey};
use crate::files::FileVersion;
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
    pub survey: Arc<Survey>,
}

/// Reads a source's packets, tags and cover. A decoder that panics on a file
/// is that file's failure.
pub fn identify(
    path: &Path,
    pictures: &Pictures,
    covers: &CoverCache,
) -> Result<Identified, DecodeError> {
    let survey = decode::guarded(|| survey(path))?;
    Identified::of(path, Arc::new(survey), pictures, covers)
}

/// What sources have in common, for as long as one pass over them takes: the
/// pictures beside them and, where a file lies there under many names, as in a
/// farm of links, what its packets told. It is read once.
#[derive(Debug)]
pub struct Pass {
    pictures: Pictures,
    covers: CoverCache,
    surveys: Cache<FileVersion, Result<Arc<Survey>, Arc<DecodeError>>>,
}

impl Default for Pass {
    fn default() -> Self {
        Self {
            pictures: Pictures::default(),
            covers: CoverCache::default(),
            surveys: Cache::builder().build(),
        }
    }
}

impl Pass {
    /// The covers that it made last, up to a bound.
    #[must_use]
    pub fn covers(&self) -> &CoverCache {
        &self.covers
    }

    /// By which a source is known to tell what it told; `None` where it is gone.
    #[must_use]
    pub fn stamp(&self, path: &Path) -> Option<Stamp> {
        Stamp::of(path, &self.pictures)
    }

    /// As [`identify`]. Whoever comes with another name of a file that is being
    /// read waits for what it tells.
    pub fn identify(&self, path: &Path) -> Result<Identified, Arc<DecodeError>> {
        let version = FileVersion::at(path).map_err(DecodeError::from)?;
        let read = || Ok(Arc::new(decode::guarded(|| survey(path))?));
        let survey = self.surveys.get_with(version, read)?;
        Ok(Identified::of(path, survey, &self.pictures, &self.covers)?)
    }
}

impl Identified {
    /// Reads tags and cover of a source whose packets are known.
    pub fn of(
        path: &Path,
        survey: Arc<Survey>,
        pictures: &Pictures,
        covers: &CoverCache,
    ) -> Result<Self, DecodeError> {
        let found = decode::guarded(|| Ok(tags::read(path)))?;
        let beside = || read_picture(&pictures.beside(path)?);
        let picture = found.picture.or_else(beside);
        // Music does not go unheard for a picture that breaks its decoder.
        let cover = |picture: Vec<u8>| decode::guarded(|| Ok(covers.cover(&picture))).ok()?;
        survey.check_unchanged(path)?;
        Ok(Self {
            id: TrackId::from_hash(&survey.encoded_audio),
            tags: found.tags,
            cover: picture.and_then(cover),
            survey,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_under_two_names_is_read_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [one, two] = ["one.wav", "two.wav"].map(|name| folder.path().join(name));
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 44_100,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(&one, spec).expect("a file");
        (0..1000).for_each(|sample| wav.write_sample(sample).expect("room"));
        wav.finalize().expect("room");
        fs_err::hard_link(&one, &two).expect("a link");
        let pass = Pass::default();
        let identify = |path| pass.identify(path).expect("it is audio");
        let (one, two) = (identify(&one), identify(&two));
        assert!(Arc::ptr_eq(&one.survey, &two.survey));
        assert_eq!([one.tags.title, two.tags.title], ["one", "two"]);
    }
}
