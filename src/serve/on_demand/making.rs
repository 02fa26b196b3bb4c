//! Making a rendition: decided once, rendered segment by segment, completed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;

use super::live::{Live, Opened};
use super::once::{Flight, MakeError, part};
use super::queue::Priority;
use super::{OnDemand, failed};
use crate::analysis::{Analysis, Measurements};
use crate::decode::TrackAudio;
use crate::manifest::Loudness;
use crate::mastering::{Decision, Variant, decide};
use crate::render::{
    self, OnDemandRendition, PartialRendition, PlacedTrack, PublishError, Recipe,
    RenditionSettings, SegmentBytes,
};
use crate::site::{Fingerprint, TrackId, WHOLE_FILE};

/// Segments that are rendered behind the one that was asked for.
const AHEAD: usize = 4;

impl OnDemand {
    /// A rendition that can be made segment by segment.
    pub(super) async fn live(
        self: &Arc<Self>,
        track: TrackId,
        variant: &Variant,
    ) -> Result<Arc<Live>, MakeError> {
        let settings = self.rendition_settings(track, variant)?;
        let key = (track, variant.clone());
        let fingerprint = render::fingerprint(&settings);
        if let Some(live) = self.live.get(&key)
            && live.rendition.fingerprint() == fingerprint
            && live.is_current()
        {
            return Ok(live);
        }
        let tracks: Vec<TrackId> = match &settings.album {
            Some(album) => album.tracks.to_vec(),
            None => vec![track],
        };
        let place = settings.album.as_ref().map_or(0, |album| album.place);
        let mut sources = Vec::with_capacity(tracks.len());
        for track in &tracks {
            sources.push(self.opened(*track, Priority::Wanted).await?);
        }
        let mut measured = Vec::new();
        if !variant.is_original() {
            for track in &tracks {
                measured.push(self.measurements(*track, Priority::Wanted).await?);
            }
        }
        let on_demand = Arc::clone(self);
        let flight = self
            .deciding
            .join(&fingerprint, &self.queue, Priority::Wanted, |flight| {
                vec![part(flight, move |flight| {
                    let live = on_demand.decide(&key.1, settings, place, sources, &measured)?;
                    let live = Arc::new(live);
                    on_demand.live.insert(key, Arc::clone(&live));
                    if live.missing().is_empty() && !live.rendition.is_complete(&on_demand.site) {
                        // An earlier server was interrupted before it completed it.
                        on_demand.complete_soon(&live);
                    }
                    flight.finish(Ok(live));
                    Ok(())
                })]
            });
        flight.outcome().await
    }

    fn decide(
        &self,
        variant: &Variant,
        settings: RenditionSettings,
        place: usize,
        sources: Vec<Arc<Opened>>,
        measured: &[Arc<Measurements>],
    ) -> Result<Live, MakeError> {
        let own = match measured.get(place) {
            Some(measured) => Some(Analysis::of(measured)),
            None => self.analysis(&settings.track),
        };
        let audio: Vec<TrackAudio> = sources.iter().map(|source| source.audio.clone()).collect();
        let placed = PlacedTrack::among(&audio, place);
        let preset = self.presets.of(variant).map_err(|_| MakeError::Gone)?;
        let album = Measurements::of_album(measured.iter().map(AsRef::as_ref));
        let decision = album.and_then(|measured| decide(preset, variant.intensity(), &measured));
        let mastering = decision.as_ref().map(|decision| decision.settings);
        let recipe = Recipe::new(&placed, &self.settings, mastering.as_ref());
        let prediction = prediction(own.as_ref(), decision.as_ref());
        let rendition = PartialRendition::new(variant.clone(), settings, recipe, prediction);
        let serial = self.serials.fetch_add(1, Ordering::Relaxed);
        Ok(Live::new(rendition, placed, sources, &self.site, serial))
    }

    /// What is known of a track's loudness without measuring it. This may read
    /// from disk.
    fn analysis(&self, track: &TrackId) -> Option<Analysis> {
        let measured = self.measured.get(track);
        let told = || self.site.described(track).map(|told| told.analysis);
        measured
            .map(|measured| Analysis::of(&measured))
            .or_else(told)
    }

    /// Makes sure that a rendition is complete on disk, with its whole file if
    /// that is what is asked for.
    pub(in crate::serve) async fn whole(
        self: &Arc<Self>,
        track: TrackId,
        variant: &Variant,
        fingerprint: &Fingerprint,
        name: &str,
    ) -> Result<(), MakeError> {
        let live = self.current(track, variant, fingerprint).await?;
        live.hold_ahead(Vec::new());
        // As many at a time as there are threads, so that others get between.
        for some in live.missing().chunks(self.queue.workers()) {
            let render = |index: &usize| self.render(&live, *index, Priority::Wanted);
            let flights: Vec<_> = some.iter().map(render).collect();
            for flight in flights {
                flight.ended().await?;
            }
            self.usage.touch(fingerprint);
        }
        self.complete(&live).await?;
        if name != WHOLE_FILE {
            return Ok(());
        }
        let on_demand = Arc::clone(self);
        let flight = self
            .joining
            .join(fingerprint, &self.queue, Priority::Wanted, |flight| {
                vec![part(flight, move |flight| {
                    let rendition = &live.rendition;
                    let bytes = rendition.publish_whole_file(&on_demand.site);
                    let usage = &on_demand.usage;
                    usage.add(&rendition.fingerprint(), bytes.map_err(failed)?);
                    flight.finish(Ok(()));
                    on_demand.keep_limit().map_err(failed)
                })]
            });
        flight.outcome().await
    }

    /// Renders a segment, or joins whoever does.
    pub(super) fn render(
        self: &Arc<Self>,
        live: &Arc<Live>,
        index: usize,
        priority: Priority,
    ) -> Arc<Flight<Bytes>> {
        let key = (live.rendition.fingerprint(), index);
        let (on_demand, live) = (Arc::clone(self), Arc::clone(live));
        self.rendering.join(&key, &self.queue, priority, |flight| {
            vec![part(flight, move |flight| {
                let published = live.rendition.published(&on_demand.site, index);
                if let Some(bytes) = published {
                    // Another has made it since somebody looked.
                    flight.finish(Ok(bytes.into()));
                    if live.is_completed_by(index) {
                        on_demand.complete_soon(&live);
                    }
                    flight.end(Ok(()));
                    return Ok(());
                }
                let began = Instant::now();
                let made = live.make(&on_demand.readers, index);
                if matches!(made, Err(MakeError::Gone)) {
                    on_demand.forget(&live);
                }
                let made = made?;
                on_demand.metrics.rendered(began.elapsed());
                flight.finish(Ok(made.bytes.clone().into()));
                // The listener has it; what follows is for the next one.
                let kept = on_demand.publish(&live, index, &made);
                if let Err(error) = &kept {
                    tracing::warn!("{error}");
                }
                flight.end(kept.map_err(failed));
                Ok(())
            })]
        })
    }

    fn publish(
        self: &Arc<Self>,
        live: &Arc<Live>,
        index: usize,
        made: &SegmentBytes,
    ) -> Result<(), PublishError> {
        let rendition = &live.rendition;
        let is_whole = rendition.is_complete(&self.site);
        let entry = OnDemandRendition {
            track: rendition.track(),
            variant: rendition.variant().to_string(),
            fingerprint: rendition.fingerprint(),
        };
        // What a whole run made, and somebody damaged, is mended and stays its own.
        if !is_whole {
            self.usage.begin(entry)?;
        }
        rendition.publish_segment(&self.site, index, made)?;
        self.usage
            .add(&rendition.fingerprint(), made.bytes.len() as u64);
        if live.is_completed_by(index) {
            self.complete_soon(live);
        }
        self.keep_limit()
    }

    /// Removes what has not been played for longest, where there is too much.
    pub(super) fn keep_limit(&self) -> Result<(), PublishError> {
        let gone = self.usage.keep_limit()?;
        if gone.is_empty() {
            return Ok(());
        }
        for gone in gone {
            tracing::info!("removed {}/{} to save space", gone.track, gone.variant);
            if let Ok(variant) = gone.variant.parse() {
                self.live.invalidate(&(gone.track, variant));
            }
        }
        // Nothing is named that is not there any more.
        self.is_catalog_old.store(true, Ordering::Relaxed);
        self.write_catalog()
    }

    /// A source has changed under a reader: what is known of it is not.
    fn forget(&self, live: &Live) {
        let key = (live.rendition.track(), live.rendition.variant().clone());
        self.live.invalidate(&key);
        self.opened.invalidate(&key.0);
        self.library.changed();
    }

    fn complete_soon(self: &Arc<Self>, live: &Arc<Live>) {
        let (on_demand, live) = (Arc::clone(self), Arc::clone(live));
        self.runtime.spawn(async move {
            if let Err(error) = on_demand.complete(&live).await {
                tracing::warn!("{}: {error}", live.rendition.track());
            }
        });
    }

    /// Has the next segments rendered before they are asked for.
    pub(super) fn render_ahead(self: &Arc<Self>, live: &Arc<Live>, index: usize) {
        let next = (index + 1..live.segments()).take(AHEAD);
        let flights = next
            .filter(|index| live.is_missing(*index))
            .map(|index| self.render(live, index, Priority::Ahead));
        live.hold_ahead(flights.collect());
    }

    /// Completes a rendition whose segments are all there.
    pub(super) async fn complete(self: &Arc<Self>, live: &Arc<Live>) -> Result<(), MakeError> {
        let track = live.rendition.track();
        let described = self.description(track, Priority::Ahead).await?;
        let (on_demand, live) = (Arc::clone(self), Arc::clone(live));
        let key = live.rendition.fingerprint();
        let flight = self
            .completing
            .join(&key, &self.queue, Priority::Ahead, |flight| {
                vec![part(flight, move |flight| {
                    let (site, rendition) = (&on_demand.site, &live.rendition);
                    if !rendition.is_complete(site) {
                        let completed = rendition.complete(site, &described.analysis);
                        completed.map_err(failed)?;
                        on_demand.is_catalog_old.store(true, Ordering::Relaxed);
                    }
                    flight.finish(Ok(()));
                    Ok(())
                })]
            });
        flight.outcome().await
    }
}

/// How loud a rendition should come out.
fn prediction(own: Option<&Analysis>, decision: Option<&Decision>) -> Loudness {
    let range_lu = own.map_or(0.0, |analysis| analysis.range_lu);
    match decision {
        Some(decision) => Loudness {
            integrated_lufs: decision.predicted_lufs,
            range_lu,
            true_peak_dbtp: None,
            measured: false,
        },
        None => Loudness {
            integrated_lufs: own.and_then(|analysis| analysis.integrated_lufs),
            range_lu,
            true_peak_dbtp: own.and_then(|analysis| analysis.true_peak_dbtp),
            measured: false,
        },
    }
}
