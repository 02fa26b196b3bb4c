//! What is told of a track: track.json and its cover. Nobody's sound waits for
//! them: they are made when they are asked for, when a rendition of the track
//! is completed, and otherwise when there is nothing better to do.

use std::sync::Arc;

use super::once::{MakeError, part};
use super::queue::Priority;
use super::{OnDemand, failed, run_blocking};
use crate::analysis::Analysis;
use crate::manifest::TrackDescription;
use crate::render::describe;
use crate::site::TrackId;

impl OnDemand {
    /// What is told of a track; on disk, with its cover, when this returns.
    pub(super) async fn description(
        &self,
        track: TrackId,
        priority: Priority,
    ) -> Result<Arc<TrackDescription>, MakeError> {
        let site = Arc::clone(&self.site);
        if let Some(told) = run_blocking(move || site.described(&track)).await? {
            return Ok(Arc::new(told));
        }
        let measured = self.measurements(track, priority).await?;
        let opened = self.opened(track, priority).await?;
        let (site, covers) = (Arc::clone(&self.site), self.covers.clone());
        let flight = self
            .describing
            .join(&track, &self.queue, priority, |flight| {
                vec![part(flight, move |flight| {
                    let identified = opened.identified(&covers)?;
                    let told = describe(&identified, &opened.audio, &Analysis::of(&measured));
                    let published = site.publish_track(&told, identified.cover.as_ref());
                    published.map_err(failed)?;
                    flight.finish(Ok(Arc::new(told)));
                    Ok(())
                })]
            });
        flight.outcome().await
    }

    /// Makes sure that a track is described on disk.
    pub(in crate::serve) async fn describe(&self, track: TrackId) -> Result<(), MakeError> {
        self.description(track, Priority::Wanted).await.map(|_| ())
    }

    /// Makes sure that a track's cover is on disk, if it has one.
    pub(in crate::serve) async fn cover(&self, track: TrackId) -> Result<(), MakeError> {
        if !self.of_track(&track, |known| known.has_cover)? {
            return Err(MakeError::Gone);
        }
        let opened = self.opened(track, Priority::Wanted).await?;
        let (site, covers) = (Arc::clone(&self.site), self.covers.clone());
        let flight = self
            .covering
            .join(&track, &self.queue, Priority::Wanted, |flight| {
                vec![part(flight, move |flight| {
                    let identified = opened.identified(&covers)?;
                    let cover = identified.cover.ok_or(MakeError::Gone)?;
                    site.publish_cover(&track, &cover).map_err(failed)?;
                    flight.finish(Ok(()));
                    Ok(())
                })]
            });
        flight.outcome().await
    }
}
