//! Knowing a track: its source read, and measured on all threads.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::live::Opened;
use super::once::{MakeError, part};
use super::queue::{Priority, lock};
use super::{OnDemand, failed, run_blocking};
use crate::analysis::Measurements;
use crate::render;
use crate::site::TrackId;

impl OnDemand {
    /// A source, read.
    pub(super) async fn opened(
        &self,
        track: TrackId,
        priority: Priority,
    ) -> Result<Arc<Opened>, MakeError> {
        if let Some(opened) = self.opened.get(&track)
            && opened.check().is_ok()
        {
            return Ok(opened);
        }
        let path = self.of_track(&track, |known| known.path.clone())?;
        if priority == Priority::Wanted && !self.opening.is_in_flight(&track) {
            self.has_room()?;
        }
        let cache = self.opened.clone();
        let flight = self.opening.join(&track, &self.queue, priority, |flight| {
            vec![part(flight, move |flight| {
                let opened = Arc::new(Opened::open(path, track)?);
                cache.insert(track, Arc::clone(&opened));
                flight.finish(Ok(opened));
                Ok(())
            })]
        });
        let opened = flight.outcome().await;
        if matches!(opened, Err(MakeError::Gone)) {
            self.library.changed();
        }
        opened
    }

    /// What was measured of a track; measured now if need be.
    pub(super) async fn measurements(
        &self,
        track: TrackId,
        priority: Priority,
    ) -> Result<Arc<Measurements>, MakeError> {
        if let Some(measured) = self.measured.get(&track) {
            return Ok(measured);
        }
        let (site, cache) = (Arc::clone(&self.site), self.measured.clone());
        let kept = move || site.measurements(&track).map(Arc::new);
        let kept = run_blocking(move || cache.optionally_get_with(track, kept)).await?;
        if let Some(measured) = kept {
            return Ok(measured);
        }
        if priority == Priority::Wanted && !self.measuring.is_in_flight(&track) {
            self.has_room()?;
        }
        let opened = self.opened(track, priority).await?;
        let flight = self
            .measuring
            .join(&track, &self.queue, priority, |flight| {
                let measuring = Arc::new(Measuring::new(opened));
                let parts = measuring.parts.iter().enumerate();
                parts
                    .map(|(number, range)| {
                        let (measuring, range) = (Arc::clone(&measuring), range.clone());
                        let (site, cache) = (Arc::clone(&self.site), self.measured.clone());
                        part(flight, move |flight| {
                            let Some(whole) = measuring.measure(number, range)? else {
                                return Ok(());
                            };
                            let whole = Arc::new(whole);
                            cache.insert(track, Arc::clone(&whole));
                            flight.finish(Ok(Arc::clone(&whole)));
                            // Who waited goes on; what is kept is for the next start.
                            if let Err(error) = site.write_measurements(&track, &whole) {
                                tracing::warn!("{error}");
                            }
                            Ok(())
                        })
                    })
                    .collect()
            });
        flight.outcome().await
    }
}

/// A track that is being measured, in parts.
struct Measuring {
    opened: Arc<Opened>,
    parts: Vec<Range<usize>>,
    done: Mutex<Vec<Option<Vec<Measurements>>>>,
}

impl Measuring {
    fn new(opened: Arc<Opened>) -> Self {
        // A track without samples has no parts; one that is empty ends it.
        let mut parts = render::parts(&opened.audio);
        if parts.is_empty() {
            parts.push(0..0);
        }
        Self {
            done: Mutex::new(parts.iter().map(|_| None).collect()),
            opened,
            parts,
        }
    }

    /// Measures a part; gives the whole if it was the last.
    fn measure(
        &self,
        number: usize,
        part: Range<usize>,
    ) -> Result<Option<Measurements>, MakeError> {
        let audio = &self.opened.audio;
        let measured = render::measure_part(audio, part);
        // What is gone, or another, is no failure of this track's.
        self.opened.check()?;
        let measured = measured.map_err(failed)?;
        let mut done = lock(&self.done);
        done[number] = Some(measured);
        let parts: Option<Vec<&Vec<Measurements>>> = done.iter().map(Option::as_ref).collect();
        let whole = parts.map(|parts| render::join(audio, parts.into_iter().flatten()));
        Ok(whole)
    }
}
