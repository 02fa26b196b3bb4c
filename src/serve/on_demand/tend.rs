//! What is done when there is nothing better to do: the library is measured,
//! and the catalog on disk brought near to what is there.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::once::MakeError;
use super::queue::{Priority, lock};
use super::{OnDemand, run_blocking};
use crate::render::{PublishError, Untouched};
use crate::site::{self, TrackId};

/// The catalog on disk follows what was completed at this distance.
const CATALOG_EVERY: Duration = Duration::from_secs(15);

impl OnDemand {
    /// Measures the library, one track after the other, when there is nothing
    /// better to do; keeps the catalog on disk near to what is there.
    pub(in crate::serve) async fn tend(self: Arc<Self>) {
        let mut seen = 0;
        // What is known, and what cannot be: that is told once, and again when
        // it is wanted.
        let mut done: HashSet<TrackId> = HashSet::new();
        while !self.is_closed.load(Ordering::Relaxed) {
            let known = self.known();
            if known.revision != seen {
                seen = known.revision;
                for track in known.tracks.keys() {
                    if self.is_closed.load(Ordering::Relaxed) {
                        return;
                    }
                    if done.contains(track) {
                        continue;
                    }
                    match self.know(*track).await {
                        Ok(()) => {
                            done.insert(*track);
                        }
                        Err(MakeError::Failed(reason)) => {
                            tracing::warn!("{track}: {reason}");
                            done.insert(*track);
                        }
                        // It comes back with another revision, if ever.
                        Err(MakeError::Gone | MakeError::Busy) => {}
                    }
                    self.tend_catalog().await;
                    if self.known().revision != seen {
                        break;
                    }
                }
            }
            self.tend_catalog().await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Measures and describes a track, where that was not done.
    async fn know(&self, track: TrackId) -> Result<(), MakeError> {
        let site = Arc::clone(&self.site);
        let is_there = move |published: &str| site.path(published).is_file();
        let files = [site::measurements(&track), site::track_json(&track)];
        if run_blocking(move || files.iter().all(|file| is_there(file))).await? {
            return Ok(());
        }
        self.measurements(track, Priority::Background).await?;
        self.description(track, Priority::Background).await?;
        Ok(())
    }

    async fn tend_catalog(self: &Arc<Self>) {
        let is_time = lock(&self.catalog_written).elapsed() > CATALOG_EVERY;
        if is_time && self.is_catalog_old.load(Ordering::Relaxed) {
            let on_demand = Arc::clone(self);
            let written = run_blocking(move || on_demand.write_catalog()).await;
            if let Ok(Err(error)) = written {
                tracing::warn!("{error}");
            }
        }
    }

    pub(super) fn write_catalog(&self) -> Result<(), PublishError> {
        *lock(&self.catalog_written) = Instant::now();
        if !self.is_catalog_old.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let published =
            self.site
                .publish_catalog(self.settings, &self.presets, &Untouched::default());
        if published.is_err() {
            self.is_catalog_old.store(true, Ordering::Relaxed);
        }
        published.map(|_| ())
    }
}
