//! Tracks that a run leaves as they are: what it has read of them while it was
//! planned holds as long as it has the site, and is not read again for the
//! catalog.

use std::collections::BTreeMap;

use super::plan::{Plan, PlannedTrack};
use super::standing::Standing;
use crate::manifest::CatalogTrack;
use crate::site::TrackId;

/// The tracks for which a run has nothing to do; none for those who plan nothing.
#[derive(Debug, Default)]
pub struct Untouched<'a>(BTreeMap<TrackId, &'a PlannedTrack>);

impl<'a> Untouched<'a> {
    /// Of a plan.
    pub(super) fn of(plan: &'a Plan) -> Self {
        let is_untouched = |track: &&PlannedTrack| track.is_own && !track.has_work();
        let tracks = plan.tracks.iter().filter(is_untouched);
        Self(tracks.map(|track| (track.id, track)).collect())
    }

    /// A track as it stands in the catalog, without its renditions.
    pub(super) fn track(&self, id: &TrackId) -> Option<CatalogTrack> {
        let track = self.0.get(id)?;
        let (tags, seconds) = (track.tags.clone(), track.told_seconds?);
        let none = BTreeMap::new();
        Some(CatalogTrack::new(*id, tags, seconds, track.has_cover, none))
    }

    /// Whether a rendition is known to be there.
    pub(super) fn has(&self, id: &TrackId, variant: &str) -> bool {
        self.0.get(id).is_some_and(|track| {
            let mut renditions = track.renditions.iter();
            renditions.any(|wanted| {
                wanted.standing == Standing::UpToDate && wanted.variant.to_string() == variant
            })
        })
    }
}
