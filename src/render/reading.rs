//! Reading a source: which track it is. What the scan index knows is taken from
//! there; the rest is read, packets, tags and cover.

use std::path::PathBuf;

use crate::library::{Identified, IndexEntry, Pass, ScanIndex, Source};
use crate::manifest::Tags;
use crate::progress::{Event, Progress};
use crate::site::TrackId;

/// What is known of a source.
pub(super) struct Known {
    pub(super) id: TrackId,
    pub(super) seconds: f64,
    pub(super) tags: Tags,
    pub(super) has_cover: bool,
    pub(super) entry: Option<IndexEntry>,
    pub(super) identified: Option<Identified>,
}

/// Reads a source, unless the index knows it.
pub(super) fn read(
    source: &Source,
    index: &ScanIndex,
    pass: &Pass,
    progress: &dyn Progress,
) -> Result<Known, String> {
    if progress.is_stopped() {
        return Err("stopped".to_owned());
    }
    let stamp = pass.stamp(&source.path);
    let known = stamp
        .as_ref()
        .and_then(|stamp| index.get(&source.path, stamp));
    let known = if let Some(entry) = known {
        Known {
            id: entry.track,
            seconds: entry.seconds,
            tags: entry.tags.clone(),
            has_cover: entry.has_cover,
            entry: Some(entry.clone()),
            identified: None,
        }
    } else {
        let identified = pass.identify(&source.path);
        let identified = identified.map_err(|error| error.to_string())?;
        let survey = &identified.survey;
        Known {
            id: identified.id,
            seconds: survey.rate.seconds(survey.samples),
            tags: identified.tags.clone(),
            has_cover: identified.cover.is_some(),
            entry: stamp.map(|stamp| IndexEntry::new(stamp, &identified)),
            identified: Some(identified),
        }
    };
    progress.report(Event::Identified {
        source: source.name.clone(),
        track: known.id,
    });
    Ok(known)
}

/// What the scan index keeps of what was read.
pub(super) fn entries<'a>(
    read: &'a [(&Source, Result<Known, String>)],
) -> impl Iterator<Item = (PathBuf, IndexEntry)> + 'a {
    read.iter().filter_map(|(source, known)| {
        let entry = known.as_ref().ok()?.entry.clone()?;
        Some((source.path.clone(), entry))
    })
}
