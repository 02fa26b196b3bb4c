//! Knowing a track: its source read, and measured on all threads.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use moka::sync::Cache;

use super::live::Opened;
use super::once::{MakeError, part};
use super::queue::{Priority, lock};
use super::{OnDemand, failed};
use crate::analysis::{Analysis, Measurements};
use crate::library::CoverCache;
use crate::render::{self, Site, describe};
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
        let known = self.known_track(track)?;
        if priority == Priority::Wanted && !self.opening.is_in_flight(&track) {
            self.has_room()?;
        }
        let cache = self.opened.clone();
        let flight = self.opening.join(&track, &self.queue, priority, |flight| {
            vec![part(flight, move |flight| {
                let opened = Arc::new(Opened::open(known.path, track)?);
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

    /// What was measured of a track; measured now if need be, and described.
    pub(super) async fn measurements(
        &self,
        track: TrackId,
        priority: Priority,
    ) -> Result<Arc<Measurements>, MakeError> {
        let is_described = || self.site.described(&track).is_some();
        if let Some(measured) = self.measured.get(&track) {
            return Ok(measured);
        }
        if let Some(measured) = self.site.measurements(&track)
            && is_described()
        {
            let measured = Arc::new(measured);
            self.measured.insert(track, Arc::clone(&measured));
            return Ok(measured);
        }
        if priority == Priority::Wanted && !self.measuring.is_in_flight(&track) {
            self.has_room()?;
        }
        let opened = self.opened(track, priority).await?;
        let flight = self
            .measuring
            .join(&track, &self.queue, priority, |flight| {
                let measuring = Arc::new(Measuring::new(
                    opened,
                    Arc::clone(&self.site),
                    self.covers.clone(),
                    self.measured.clone(),
                ));
                let parts = measuring.parts.iter().enumerate();
                parts
                    .map(|(number, range)| {
                        let (measuring, range) = (Arc::clone(&measuring), range.clone());
                        part(flight, move |flight| {
                            if let Some(whole) = measuring.measure(number, range)? {
                                flight.finish(Ok(whole));
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
    site: Arc<Site>,
    covers: CoverCache,
    cache: Cache<TrackId, Arc<Measurements>>,
    parts: Vec<Range<usize>>,
    done: Mutex<Vec<Option<Vec<Measurements>>>>,
}

impl Measuring {
    fn new(
        opened: Arc<Opened>,
        site: Arc<Site>,
        covers: CoverCache,
        cache: Cache<TrackId, Arc<Measurements>>,
    ) -> Self {
        // A track without samples has no parts; one that is empty ends it.
        let mut parts = render::parts(&opened.audio);
        if parts.is_empty() {
            parts.push(0..0);
        }
        Self {
            done: Mutex::new(parts.iter().map(|_| None).collect()),
            opened,
            site,
            covers,
            cache,
            parts,
        }
    }

    /// Measures a part; gives the whole if it was the last.
    fn measure(
        &self,
        number: usize,
        part: Range<usize>,
    ) -> Result<Option<Arc<Measurements>>, MakeError> {
        let audio = &self.opened.audio;
        let measured = render::measure_part(audio, part).map_err(failed)?;
        self.opened.check()?;
        let mut done = lock(&self.done);
        done[number] = Some(measured);
        let parts: Option<Vec<&Vec<Measurements>>> = done.iter().map(Option::as_ref).collect();
        let Some(parts) = parts else { return Ok(None) };
        let whole = render::join(audio, parts.into_iter().flatten());
        drop(done);
        let identified = self.opened.identified(&self.covers)?;
        let description = describe(&identified, audio, &Analysis::of(&whole));
        self.site
            .write_measurements(&identified.id, &whole)
            .map_err(failed)?;
        self.site
            .publish_track(&description, identified.cover.as_ref())
            .map_err(failed)?;
        let whole = Arc::new(whole);
        self.cache.insert(identified.id, Arc::clone(&whole));
        Ok(Some(whole))
    }
}
