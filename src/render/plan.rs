//! What a run has to do: read the library, hold it against the site.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::albums::albums;
use super::fingerprint::{AlbumPlace, RenditionSettings, fingerprint};
use super::pool::Failure;
use super::publish::{described, has_measurements, has_whole_file, is_published};
use crate::library::{
    CoverCache, Identified, IndexEntry, Pictures, Scan, ScanError, ScanIndex, ScanOptions, Source,
    Stamp, identify, scan,
};
use crate::manifest::{Normalize, SiteSettings, Tags};
use crate::mastering::{Presets, UnknownPreset, Variant};
use crate::progress::{Event, Progress};
use crate::site::{SCAN_INDEX, TrackId};

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The library cannot be walked.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// A preset is wanted that there is not.
    #[error(transparent)]
    Preset(#[from] UnknownPreset),
    /// The run was asked to stop.
    #[error("stopped while reading the library; nothing was rendered")]
    Stopped,
    /// There is nothing in it.
    #[error(
        "there is no audio in {roots}: segue looks for files such as .flac, .mp3, .m4a, .ogg, .opus, .wav"
    )]
    NoSources {
        /// Where it looked.
        roots: String,
    },
}

/// What to render, and how.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The library's folders, or single files.
    pub roots: Vec<PathBuf>,
    /// What to look at in them.
    pub scan: ScanOptions,
    /// The variants wanted of each track.
    pub variants: Vec<Variant>,
    /// The presets that they are of.
    pub presets: Presets,
    /// The settings that decide bytes.
    pub settings: SiteSettings,
    /// Whether a rendition needs its whole file to be up to date.
    pub whole_file: bool,
    /// Whether what is up to date is rendered again.
    pub force: bool,
}

/// A track, and what the site lacks of it.
#[derive(Clone, Debug)]
pub struct PlannedTrack {
    /// The track.
    pub id: TrackId,
    /// The source that gives its tags: the first in scan order.
    pub source: Source,
    /// What reading it told; `None` where the scan index knew the file.
    pub identified: Option<Identified>,
    /// How long it is.
    pub seconds: f64,
    /// What its tags say.
    pub tags: Tags,
    /// The album that it is treated as a part of.
    pub album: Option<AlbumPlace>,
    /// The variants to render, and what each is made from.
    pub missing: Vec<(Variant, RenditionSettings)>,
    /// How many are there already.
    pub up_to_date: usize,
}

/// What a run has to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every track once, in scan order.
    pub tracks: Vec<PlannedTrack>,
    /// Sources that cannot be used.
    pub failures: Vec<Failure>,
    /// Sources whose audio another source has too.
    pub duplicates: usize,
    /// Audio that segue cannot read.
    pub unsupported: Vec<PathBuf>,
    /// The names of the variants that are wanted of each track.
    pub(super) variants: Vec<String>,
    /// What to keep for the next run.
    pub(super) index: ScanIndex,
}

impl Plan {
    /// Reads the library and the site. It writes nothing.
    pub fn make(
        options: &PlanOptions,
        site: &Path,
        progress: &dyn Progress,
    ) -> Result<Self, PlanError> {
        let found = scan(&options.roots, &options.scan)?;
        for variant in &options.variants {
            options.presets.of(variant)?;
        }
        progress.report(Event::Scanned {
            sources: found.sources.len(),
        });
        if found.sources.is_empty() && found.problems.is_empty() {
            let roots: Vec<String> = options
                .roots
                .iter()
                .map(|root| format!("`{}`", root.display()))
                .collect();
            return Err(PlanError::NoSources {
                roots: roots.join(", "),
            });
        }
        let old_index = ScanIndex::load(&site.join(SCAN_INDEX));
        let (pictures, covers) = (Pictures::default(), CoverCache::default());
        let read = |source| {
            let known = read(source, site, &old_index, (&pictures, &covers), progress);
            (source, known)
        };
        let read: Vec<_> = found.sources.par_iter().map(read).collect();
        if progress.is_stopped() {
            return Err(PlanError::Stopped);
        }
        let mut plan = Self::without_tracks(&found, options, progress);
        plan.take_sources(read, progress);
        if options.settings.normalize == Normalize::Album {
            let places = albums(&found_places(&plan.tracks));
            for (track, place) in plan.tracks.iter_mut().zip(places) {
                track.album = place;
            }
        }
        for track in &mut plan.tracks {
            track.hold_against(site, options)?;
        }
        let unmeasured = plan
            .tracks
            .iter()
            .filter(|track| track.has_work() && !has_measurements(site, &track.id));
        let measured_seconds = unmeasured.map(|track| track.seconds).sum();
        progress.report(Event::Planned {
            renditions: plan.tracks.iter().map(|track| track.missing.len()).sum(),
            up_to_date: plan.tracks.iter().map(|track| track.up_to_date).sum(),
            audio_seconds: plan
                .tracks
                .iter()
                .map(|track| track.seconds * track.missing.len() as f64)
                .sum(),
            measured_seconds,
        });
        Ok(plan)
    }

    fn without_tracks(found: &Scan, options: &PlanOptions, progress: &dyn Progress) -> Self {
        let warn = |source: &Path, message: String| {
            progress.report(Event::Warning {
                source: Some(source.to_owned()),
                message,
            });
        };
        for problem in &found.problems {
            warn(&problem.path, problem.reason.clone());
        }
        for source in &found.unsupported {
            warn(
                source,
                "segue cannot read this kind of audio: convert it to FLAC to have it on the site"
                    .to_owned(),
            );
        }
        Self {
            tracks: Vec::new(),
            failures: Vec::new(),
            duplicates: 0,
            unsupported: found.unsupported.clone(),
            variants: options.variants.iter().map(Variant::to_string).collect(),
            index: ScanIndex::default(),
        }
    }

    /// Puts sources with the same audio together, in scan order.
    fn take_sources(
        &mut self,
        read: Vec<(&Source, Result<Known, String>)>,
        progress: &dyn Progress,
    ) {
        let mut places: BTreeMap<TrackId, usize> = BTreeMap::new();
        for (source, known) in read {
            match known {
                Err(reason) => {
                    progress.report(Event::Failed {
                        source: source.name.clone(),
                        reason: reason.clone(),
                    });
                    self.failures.push(Failure {
                        source: source.name.clone(),
                        reason,
                    });
                }
                Ok(known) => {
                    if let Some(entry) = &known.entry {
                        self.index.insert(&source.path, entry.clone());
                    }
                    if let std::collections::btree_map::Entry::Vacant(e) = places.entry(known.id) {
                        e.insert(self.tracks.len());
                        self.tracks.push(PlannedTrack {
                            id: known.id,
                            source: source.clone(),
                            identified: known.identified,
                            seconds: known.seconds,
                            tags: known.tags,
                            album: None,
                            missing: Vec::new(),
                            up_to_date: 0,
                        });
                    } else {
                        self.duplicates += 1;
                    }
                }
            }
        }
    }
}

impl PlannedTrack {
    /// Whether a run has something to do for it.
    pub(super) fn has_work(&self) -> bool {
        !self.missing.is_empty() || self.identified.is_some()
    }

    fn hold_against(&mut self, site: &Path, options: &PlanOptions) -> Result<(), UnknownPreset> {
        for variant in &options.variants {
            let preset = options.presets.of(variant)?;
            let album = self.album.clone();
            let settings =
                RenditionSettings::new(self.id, variant, preset, album, &options.settings);
            let fingerprint = fingerprint(&settings);
            let is_there = is_published(site, &self.id, &variant.to_string(), &fingerprint)
                && (!options.whole_file
                    || has_whole_file(site, &self.id, &variant.to_string(), &fingerprint));
            if is_there && !options.force {
                self.up_to_date += 1;
            } else {
                self.missing.push((variant.clone(), settings));
            }
        }
        Ok(())
    }
}

/// What decides which tracks are one album.
fn found_places(tracks: &[PlannedTrack]) -> Vec<(TrackId, &Path, &Tags)> {
    tracks
        .iter()
        .map(|track| {
            let folder = track.source.path.parent().unwrap_or(Path::new(""));
            (track.id, folder, &track.tags)
        })
        .collect()
}

/// What is known of a source.
struct Known {
    id: TrackId,
    seconds: f64,
    tags: Tags,
    entry: Option<IndexEntry>,
    identified: Option<Identified>,
}

/// Reads a source, unless the index knows it and the site describes it.
fn read(
    source: &Source,
    site: &Path,
    index: &ScanIndex,
    (pictures, covers): (&Pictures, &CoverCache),
    progress: &dyn Progress,
) -> Result<Known, String> {
    if progress.is_stopped() {
        return Err("stopped".to_owned());
    }
    let stamp = Stamp::of(&source.path, pictures);
    let known = stamp
        .as_ref()
        .and_then(|stamp| index.get(&source.path, stamp));
    let known = known.and_then(|entry| Some((entry, described(site, &entry.track)?)));
    let known = if let Some((entry, description)) = known {
        Known {
            id: entry.track,
            seconds: entry.seconds,
            tags: description.tags,
            entry: Some(entry.clone()),
            identified: None,
        }
    } else {
        let identified = identify(&source.path, pictures, covers);
        let identified = identified.map_err(|error| error.to_string())?;
        let survey = &identified.survey;
        Known {
            id: identified.id,
            seconds: survey.rate.seconds(survey.samples),
            entry: stamp.map(|stamp| IndexEntry::new(stamp, &identified)),
            tags: identified.tags.clone(),
            identified: Some(identified),
        }
    };
    progress.report(Event::Identified {
        source: source.name.clone(),
        track: known.id,
    });
    Ok(known)
}
