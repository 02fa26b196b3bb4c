//! A rendition that comes into being segment by segment, in any order: what a
//! server makes while it is being listened to.
//!
//! Each segment is published by itself, complete; what was measured of it is
//! kept in segue's own folder until all are there. Then what stands beside the
//! segments is written, and last the manifest that names it all: byte for byte
//! what a whole run publishes. Whoever is interrupted goes on where it stopped.

use std::io;
use std::path::PathBuf;

use fs_err as fs;

use super::companions::{
    FileEntry, companions, hash_list, rendition_loudness, write_companions, write_whole_file,
};
use super::fingerprint::{RenditionSettings, fingerprint};
use super::job::JobError;
use super::publish::{PublishError, Site};
use super::recipe::{Recipe, SegmentBytes, SegmentLevels};
use crate::analysis::Analysis;
use crate::files::{create_folders, write_staged};
use crate::manifest::{Loudness, Rendition, RenditionName, from_json, to_json};
use crate::mastering::Variant;
use crate::site::{self, Fingerprint, HASHES, TrackId, WHOLE_FILE};

/// A rendition of which any number of segments is there.
pub struct PartialRendition {
    track: TrackId,
    variant: Variant,
    settings: RenditionSettings,
    fingerprint: Fingerprint,
    recipe: Recipe,
    prediction: Loudness,
}

impl PartialRendition {
    /// A rendition that is made by `recipe`; `prediction` is how loud it
    /// should come out.
    #[must_use]
    pub fn new(
        variant: Variant,
        settings: RenditionSettings,
        recipe: Recipe,
        prediction: Loudness,
    ) -> Self {
        Self {
            track: settings.track,
            variant,
            fingerprint: fingerprint(&settings),
            settings,
            recipe,
            prediction,
        }
    }

    /// The track.
    #[must_use]
    pub fn track(&self) -> TrackId {
        self.track
    }

    /// The variant.
    #[must_use]
    pub fn variant(&self) -> &Variant {
        &self.variant
    }

    /// What names its folder.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What makes its segments.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Init and playlists, which do not wait for the segments.
    pub fn companion(&self, name: &str) -> Result<Option<Vec<u8>>, JobError> {
        let all = companions(&self.recipe)?;
        Ok(all
            .into_iter()
            .find_map(|(known, bytes)| (known == name).then_some(bytes)))
    }

    /// The manifest as it stands while segments are missing.
    #[must_use]
    pub fn manifest_so_far(&self, site: &Site) -> Rendition {
        let sizes = (0..self.segments()).map(|index| self.size(site, index));
        self.manifest(&sizes.collect::<Vec<_>>(), self.prediction)
    }

    /// Which segments are there; of a complete rendition, all.
    #[must_use]
    pub fn present(&self, site: &Site) -> Vec<bool> {
        if self.is_complete(site) {
            return vec![true; self.segments()];
        }
        (0..self.segments())
            .map(|index| self.is_present(site, index))
            .collect()
    }

    /// Whether it stands there, with its manifest.
    #[must_use]
    pub fn is_complete(&self, site: &Site) -> bool {
        let manifest = site.manifest(&self.track, &self.variant.to_string());
        manifest.is_some_and(|manifest| manifest.fingerprint == self.fingerprint)
    }

    /// A segment that is there already.
    #[must_use]
    pub fn published(&self, site: &Site, index: usize) -> Option<Vec<u8>> {
        if !self.is_present(site, index) {
            return None;
        }
        fs::read(self.file(site, &site::segment(index))).ok()
    }

    /// Publishes a segment.
    pub fn publish_segment(
        &self,
        site: &Site,
        index: usize,
        made: &SegmentBytes,
    ) -> Result<(), PublishError> {
        if let Some(levels) = &made.measured {
            create_folders(&site.path(&site::levels_folder(&self.fingerprint)))?;
            site.write(&site::levels(&self.fingerprint, index), &to_json(levels))?;
        }
        create_folders(&site.path(&self.folder()))?;
        site.write(&self.name(&site::segment(index)), &made.bytes)
    }

    /// Publishes what stands beside the segments, which are all there, and
    /// the manifest; nothing where that was done already.
    pub fn complete(&self, site: &Site, analysis: &Analysis) -> Result<(), JobError> {
        if self.is_complete(site) {
            return Ok(());
        }
        let names = (0..self.segments()).map(site::segment);
        let segments = names
            .map(|name| self.entry(site, name))
            .collect::<Result<Vec<_>, _>>()?;
        let sizes: Vec<Option<u64>> = segments.iter().map(|entry| Some(entry.bytes)).collect();
        let levels: Vec<Option<SegmentLevels>> = if self.recipe.is_mastered() {
            let levels = (0..self.segments()).map(|index| match self.levels(site, index) {
                Some(levels) => Ok(Some(levels)),
                None => Err(JobError::NoLevels { index }),
            });
            levels.collect::<Result<_, _>>()?
        } else {
            vec![None; self.segments()]
        };
        // Where only the manifest was lost, the whole file may be there.
        let whole = if self.file(site, WHOLE_FILE).exists() {
            Some(self.entry(site, WHOLE_FILE.to_owned())?)
        } else {
            None
        };
        write_companions(&self.recipe, segments, whole, |name, bytes| {
            site.write(&self.name(name), bytes)
        })?;
        let loudness = rendition_loudness(analysis, levels.iter().map(Option::as_ref));
        let manifest = self.manifest(&sizes, loudness);
        let path = site::manifest(&self.track, &self.variant.to_string());
        site.write(&path, &to_json(&manifest))?;
        self.forget_levels(site)?;
        Ok(())
    }

    /// Puts init and segments, which are all there, into one file beside them,
    /// unless there is one. Gives the bytes that it took. The folder is replaced
    /// by one that has it, since the list of hashes has it, too.
    pub fn publish_whole_file(&self, site: &Site) -> Result<u64, JobError> {
        if self.file(site, WHOLE_FILE).exists() {
            return Ok(0);
        }
        let staged = site.stage()?;
        let path = staged.path().join(WHOLE_FILE);
        let segments = (0..self.segments()).map(|index| self.file(site, &site::segment(index)));
        let entry = write_whole_file(&path, &self.recipe, segments)?;
        let bytes = entry.bytes;
        let publish = || -> io::Result<()> {
            let published = site.path(&self.folder());
            staged.take_files_of(&published, &[HASHES])?;
            let listed = fs::read_to_string(published.join(HASHES))?;
            let listed = listed + &hash_list(&[entry]);
            write_staged(&staged.path().join(HASHES), listed.as_bytes())?;
            staged.publish(&published)
        };
        publish().map_err(PublishError::from)?;
        Ok(bytes)
    }

    fn forget_levels(&self, site: &Site) -> Result<(), PublishError> {
        match fs::remove_dir_all(site.path(&site::levels_folder(&self.fingerprint))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn manifest(&self, sizes: &[Option<u64>], loudness: Loudness) -> Rendition {
        let name = RenditionName {
            track: self.track,
            variant: &self.variant.to_string(),
            preset: self.variant.preset(),
            intensity: self.variant.intensity().fraction(),
            fingerprint: self.fingerprint,
        };
        let (stream, applied) = (self.recipe.stream(), self.recipe.applied().cloned());
        let settings = self.settings.to_value();
        Rendition::new(&name, stream, sizes, loudness, applied, settings)
    }

    fn segments(&self) -> usize {
        self.recipe.stream().timeline.segment_count()
    }

    /// A mastered segment counts when its levels are known, too: they are
    /// written first.
    fn is_present(&self, site: &Site, index: usize) -> bool {
        self.size(site, index).is_some()
            && (!self.recipe.is_mastered() || self.levels(site, index).is_some())
    }

    fn size(&self, site: &Site, index: usize) -> Option<u64> {
        let metadata = fs::metadata(self.file(site, &site::segment(index))).ok()?;
        Some(metadata.len())
    }

    fn levels(&self, site: &Site, index: usize) -> Option<SegmentLevels> {
        let bytes = fs::read(site.path(&site::levels(&self.fingerprint, index))).ok()?;
        from_json(&bytes).ok()
    }

    fn entry(&self, site: &Site, name: String) -> Result<FileEntry, PublishError> {
        let bytes = fs::read(self.file(site, &name))?;
        Ok(FileEntry::of(name, &bytes))
    }

    fn folder(&self) -> String {
        let variant = self.variant.to_string();
        site::rendition_folder(&self.track, &variant, &self.fingerprint)
    }

    /// Where a file of it is published.
    fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.folder())
    }

    fn file(&self, site: &Site, name: &str) -> PathBuf {
        site.path(&self.name(name))
    }
}
