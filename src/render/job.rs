//! One track: the segments of all its variants, and what stands beside them.
//!
//! A window of the track is decoded once for all variants that need it.

use std::path::Path;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::companions::{FileEntry, rendition_loudness, write_companions, write_whole_file};
use super::fingerprint::{RenditionSettings, fingerprint};
use super::placed::{PlacedReader, PlacedTrack};
use super::publish::{PublishError, Site};
use super::recipe::{Recipe, SegmentLevels};
use crate::aac::EncoderError;
use crate::analysis::Analysis;
use crate::decode::{self, DecodeError};
use crate::files::{StagedFolder, write_staged};
use crate::fmp4::BoxError;
use crate::manifest::{Rendition, RenditionName};
use crate::mastering::Variant;
use crate::progress::{Event, Progress};
use crate::site::{HASHES, TrackId, WHOLE_FILE, rendition_folder, segment};

/// Segments that one reader makes in a row at least: each reader begins with
/// a block that it may have to decode in vain.
const SEGMENTS_IN_A_ROW: usize = 4;

/// Why a rendition was not made.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The source is at fault.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The encoder is at fault.
    #[error(transparent)]
    Encode(#[from] EncoderError),
    /// The bytes do not fit their boxes.
    #[error(transparent)]
    Boxes(#[from] BoxError),
    /// The site cannot be written.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// An album is made in one piece, and another part of it cannot be used.
    #[error(
        "`{source_name}` of the same album cannot be used: {reason}; with --normalize track each track stands for itself"
    )]
    Album {
        /// The part that cannot be used.
        source_name: String,
        /// Why.
        reason: String,
    },
    /// A rendition cannot be completed: what was measured of a segment is gone.
    #[error(
        "the levels of segment {index} are missing or damaged: start `segue serve` again, which makes that segment again"
    )]
    NoLevels {
        /// Which.
        index: usize,
    },
    /// The run was asked to stop.
    #[error("stopped before it was complete")]
    Stopped,
}

/// A variant of a track that is to be made.
pub(super) struct PlannedRendition {
    pub(super) variant: Variant,
    pub(super) settings: RenditionSettings,
    pub(super) recipe: Recipe,
}

/// The variants of a track that are to be made.
pub(super) struct Job<'a> {
    pub(super) placed: &'a PlacedTrack,
    pub(super) track: TrackId,
    pub(super) analysis: &'a Analysis,
    pub(super) renditions: Vec<PlannedRendition>,
    pub(super) whole_file: bool,
}

/// What was noticed while a track was rendered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Noticed {
    pub(super) clipped: u64,
    pub(super) silenced: u64,
}

/// What became of one segment of one variant.
struct MadeSegment {
    file: FileEntry,
    clipped: u64,
    measured: Option<SegmentLevels>,
}

impl Job<'_> {
    /// Makes the renditions and publishes each, with its manifest.
    pub(super) fn run(&self, site: &Site, progress: &dyn Progress) -> Result<Noticed, JobError> {
        let staged: Vec<StagedFolder> = self
            .renditions
            .iter()
            .map(|_| site.stage())
            .collect::<Result<_, _>>()?;
        let made = self.write_segments(&staged, progress);
        // What a file gave that changed is no part of the track, and an error
        // in it is not its own.
        self.check_unchanged()?;
        let (made, noticed) = made?;
        for ((rendition, staged), segments) in self.renditions.iter().zip(staged).zip(made) {
            self.publish(rendition, staged, segments, site, progress)?;
        }
        Ok(noticed)
    }

    /// Fails where a file that the segments are made from has changed.
    fn check_unchanged(&self) -> Result<(), JobError> {
        self.placed.audio().check_unchanged()?;
        for part in self.placed.tracks() {
            part.check_unchanged().map_err(|error| JobError::Album {
                source_name: part.path().display().to_string(),
                reason: error.to_string(),
            })?;
        }
        Ok(())
    }

    /// Writes all segments; gives them by variant.
    fn write_segments(
        &self,
        staged: &[StagedFolder],
        progress: &dyn Progress,
    ) -> Result<(Vec<Vec<MadeSegment>>, Noticed), JobError> {
        let Some(first) = self.renditions.first() else {
            return Ok((Vec::new(), Noticed::default()));
        };
        let count = first.recipe.stream().timeline.segment_count();
        let by_segment: Vec<(Vec<MadeSegment>, u64)> = (0..count)
            .into_par_iter()
            .with_min_len(SEGMENTS_IN_A_ROW)
            .map_init(
                || self.placed.reader(),
                |reader, index| self.write_segment(reader, index, staged, progress),
            )
            .collect::<Result<_, JobError>>()?;
        let mut noticed = Noticed::default();
        let mut by_variant: Vec<Vec<MadeSegment>> =
            self.renditions.iter().map(|_| Vec::new()).collect();
        for (segments, silenced) in by_segment {
            noticed.silenced += silenced;
            // What is mastered does not clip; `original` tells of the source.
            noticed.clipped += segments.iter().map(|made| made.clipped).max().unwrap_or(0);
            for (variant, made) in by_variant.iter_mut().zip(segments) {
                variant.push(made);
            }
        }
        Ok((by_variant, noticed))
    }

    /// Makes one segment of every variant, from one window of the track. Tells
    /// how many samples of it were no numbers, too.
    fn write_segment(
        &self,
        reader: &mut PlacedReader,
        index: usize,
        staged: &[StagedFolder],
        progress: &dyn Progress,
    ) -> Result<(Vec<MadeSegment>, u64), JobError> {
        let cuts: Vec<_> = self
            .renditions
            .iter()
            .map(|rendition| rendition.recipe.stream().timeline.segment(index))
            .collect();
        let ranges = self
            .renditions
            .iter()
            .zip(&cuts)
            .map(|(rendition, cut)| rendition.recipe.input_range(cut));
        let window = ranges
            .reduce(|one, other| one.start.min(other.start)..one.end.max(other.end))
            .unwrap_or(0..0);
        let planes = decode::guarded(|| reader.read(&window))?;
        let silenced = cuts.first().map_or(0, |cut| reader.silenced(&cut.samples));
        let mut segments = Vec::with_capacity(cuts.len());
        for ((rendition, cut), staged) in self.renditions.iter().zip(&cuts).zip(staged) {
            if progress.is_stopped() {
                return Err(JobError::Stopped);
            }
            let made = rendition.recipe.make(&planes, window.start, cut)?;
            let name = segment(index);
            write_staged(&staged.path().join(&name), &made.bytes).map_err(PublishError::from)?;
            segments.push(MadeSegment {
                file: FileEntry::of(name, &made.bytes),
                clipped: made.clipped,
                measured: made.measured,
            });
            let rate = rendition.recipe.stream().rate();
            progress.report(Event::SegmentRendered {
                track: self.track,
                variant: rendition.variant.to_string(),
                index,
                audio_seconds: rate.seconds(cut.samples.end - cut.samples.start),
            });
        }
        Ok((segments, silenced))
    }

    fn publish(
        &self,
        rendition: &PlannedRendition,
        staged: StagedFolder,
        segments: Vec<MadeSegment>,
        site: &Site,
        progress: &dyn Progress,
    ) -> Result<(), JobError> {
        let measured = segments.iter().map(|made| made.measured.as_ref());
        let loudness = rendition_loudness(self.analysis, measured);
        let files: Vec<FileEntry> = segments.into_iter().map(|made| made.file).collect();
        let sizes: Vec<_> = files.iter().map(|file| Some(file.bytes)).collect();
        let variant = rendition.variant.to_string();
        let name = RenditionName {
            track: self.track,
            variant: &variant,
            preset: rendition.variant.preset(),
            intensity: rendition.variant.intensity().fraction(),
            fingerprint: fingerprint(&rendition.settings),
        };
        // What had one and is rendered again, to mend it, is to have one again.
        let published = rendition_folder(&self.track, &variant, &name.fingerprint);
        let whole = if self.whole_file || had_whole_file(&site.path(&published)) {
            let path = staged.path().join(WHOLE_FILE);
            let segments = files.iter().map(|entry| staged.path().join(&entry.name));
            Some(write_whole_file(&path, &rendition.recipe, segments)?)
        } else {
            None
        };
        write_companions(&rendition.recipe, files, whole, |name, bytes| {
            Ok(write_staged(&staged.path().join(name), bytes)?)
        })?;
        if progress.is_stopped() {
            return Err(JobError::Stopped);
        }
        let stream = rendition.recipe.stream();
        let applied = rendition.recipe.applied().cloned();
        let settings = rendition.settings.to_value();
        site.publish_rendition(
            staged,
            &Rendition::new(&name, stream, &sizes, loudness, applied, settings),
        )?;
        Ok(())
    }
}

/// Whether a rendition is published in one file, too, or was: then the list of
/// hashes names it.
fn had_whole_file(folder: &Path) -> bool {
    let is_named = || {
        let hashes = std::fs::read_to_string(folder.join(HASHES)).unwrap_or_default();
        let mut names = hashes.lines().filter_map(|line| line.split_once("  "));
        names.any(|(_, name)| name == WHOLE_FILE)
    };
    folder.join(WHOLE_FILE).is_file() || is_named()
}
