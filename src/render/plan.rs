//! What a run has to do: read the library, hold it against the site.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::fingerprint::{RenditionSettings, fingerprint};
use super::pool::Failure;
use super::publish::{has_whole_file, is_described, is_published};
use crate::library::{
    CoverCache, Identified, IndexEntry, Scan, ScanError, ScanIndex, ScanOptions, Source, Stamp,
    identify, scan,
};
use crate::manifest::SiteSettings;
use crate::mastering::Variant;
use crate::progress::{Event, Progress};
use crate::site::{SCAN_INDEX, TrackId};

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The library cannot be walked.
    #[error(transparent)]
    Scan(#[from] ScanError),
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
    /// The variants to render.
    pub missing: Vec<Variant>,
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
        let covers = CoverCache::default();
        let read: Vec<_> = found
            .sources
            .par_iter()
            .map(|source| (source, read(source, site, &old_index, &covers, progress)))
            .collect();
        if progress.is_stopped() {
            return Err(PlanError::Stopped);
        }
        let mut plan = Self::without_tracks(&found, progress);
        plan.take_sources(read, progress);
        for track in &mut plan.tracks {
            track.hold_against(site, options);
        }
        progress.report(Event::Planned {
            renditions: plan.tracks.iter().map(|track| track.missing.len()).sum(),
            up_to_date: plan.tracks.iter().map(|track| track.up_to_date).sum(),
            audio_seconds: plan
                .tracks
                .iter()
                .map(|track| track.seconds * track.missing.len() as f64)
                .sum(),
        });
        Ok(plan)
    }

    fn without_tracks(found: &Scan, progress: &dyn Progress) -> Self {
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
    fn hold_against(&mut self, site: &Path, options: &PlanOptions) {
        for variant in &options.variants {
            let fingerprint =
                fingerprint(&RenditionSettings::new(self.id, variant, &options.settings));
            let is_there = is_published(site, &self.id, &variant.to_string(), &fingerprint)
                && (!options.whole_file
                    || has_whole_file(site, &self.id, &variant.to_string(), &fingerprint));
            if is_there && !options.force {
                self.up_to_date += 1;
            } else {
                self.missing.push(variant.clone());
            }
        }
    }
}

/// What is known of a source.
struct Known {
    id: TrackId,
    seconds: f64,
    entry: Option<IndexEntry>,
    identified: Option<Identified>,
}

/// Reads a source, unless the index knows it and the site describes it.
fn read(
    source: &Source,
    site: &Path,
    index: &ScanIndex,
    covers: &CoverCache,
    progress: &dyn Progress,
) -> Result<Known, String> {
    if progress.is_stopped() {
        return Err("stopped".to_owned());
    }
    let stamp = Stamp::of(&source.path);
    let known = stamp
        .as_ref()
        .and_then(|stamp| index.get(&source.path, stamp));
    let known = match known {
        Some(entry) if is_described(site, &entry.track) => Known {
            id: entry.track,
            seconds: entry.seconds,
            entry: Some(entry.clone()),
            identified: None,
        },
        _ => {
            let identified = identify(&source.path, covers).map_err(|error| error.to_string())?;
            let (id, seconds) = (
                identified.id,
                identified.survey.rate.seconds(identified.survey.samples),
            );
            let entry = stamp.map(|stamp| IndexEntry {
                stamp,
                track: id,
                seconds,
            });
            Known {
                id,
                seconds,
                entry,
                identified: Some(identified),
            }
        }
    };
    progress.report(Event::Identified {
        source: source.name.clone(),
        track: known.id,
    });
    Ok(known)
}
