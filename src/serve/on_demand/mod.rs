//! Renders what is asked for and not there: identify, measure, decide, render,
//! publish; each once, however many ask, and in the order in which it is
//! wanted.
//!
//! What comes out is what `segue render` makes, byte for byte: the same
//! functions make it. A rendition whose segments are all there is completed
//! and is then a file like any other.

mod describing;
mod known;
mod library;
mod live;
mod making;
mod measuring;
mod once;
mod queue;
mod tend;
mod usage;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use moka::sync::Cache;

pub(super) use known::{Known, KnownTrack};
pub(super) use once::MakeError;

use library::Library;
use live::{Live, Opened, Readers};
use once::Once;
use queue::{Priority, Queue};
use usage::Usage;

use super::metrics::Metrics;
use crate::analysis::Measurements;
use crate::library::CoverCache;
use crate::manifest::{Rendition, SiteSettings, TrackDescription};
use crate::mastering::{Presets, Variant};
use crate::render::{self, RenditionSettings, Site};
use crate::site::{self, Fingerprint, TrackId};

/// Pieces of work that may be waited for, for each thread: at some 0.1 s each,
/// nobody waits much longer than a player has loaded ahead.
const WAITING_PER_WORKER: usize = 32;
/// Sources whose packets are known.
const OPENED: u64 = 256;
/// Tracks whose measurements are in memory.
const MEASURED: u64 = 64;
/// Renditions that are being made.
const LIVE: u64 = 512;

/// What renders on demand.
pub(super) struct OnDemand {
    site: Arc<Site>,
    settings: SiteSettings,
    presets: Presets,
    library: Arc<Library>,
    queue: Arc<Queue>,
    metrics: Arc<Metrics>,
    opening: Once<TrackId, Arc<Opened>>,
    opened: Cache<TrackId, Arc<Opened>>,
    measuring: Once<TrackId, Arc<Measurements>>,
    measured: Cache<TrackId, Arc<Measurements>>,
    describing: Once<TrackId, Arc<TrackDescription>>,
    covering: Once<TrackId, ()>,
    deciding: Once<Fingerprint, Arc<Live>>,
    live: Cache<(TrackId, Variant), Arc<Live>>,
    rendering: Once<(Fingerprint, usize), Bytes>,
    completing: Once<Fingerprint, ()>,
    joining: Once<Fingerprint, ()>,
    serials: AtomicU64,
    readers: Arc<Readers>,
    covers: CoverCache,
    usage: Usage,
    /// Whether the catalog on disk lags behind.
    is_catalog_old: Arc<AtomicBool>,
    catalog_written: Mutex<Instant>,
    longest_wait_ms: AtomicU64,
    is_closed: AtomicBool,
    runtime: tokio::runtime::Handle,
}

/// What is rendered on demand from.
pub(super) struct OnDemandOptions {
    pub(super) library: Vec<PathBuf>,
    pub(super) workers: usize,
    pub(super) cache_limit: Option<u64>,
    pub(super) settings: SiteSettings,
    pub(super) presets: Presets,
}

impl OnDemand {
    /// Begins: the library is read from now on.
    pub(super) fn open(
        site: Site,
        options: OnDemandOptions,
        metrics: Arc<Metrics>,
    ) -> std::io::Result<Arc<Self>> {
        let site = Arc::new(site);
        let queue = Arc::new(Queue::new(options.workers)?);
        let is_catalog_old = Arc::new(AtomicBool::new(false));
        let covers = CoverCache::default();
        let library = Library::open(
            options.library,
            options.settings.normalize,
            Arc::clone(&site),
            Arc::clone(&queue),
            covers.clone(),
            Arc::clone(&is_catalog_old),
        )?;
        Ok(Arc::new(Self {
            usage: Usage::load(&site, options.cache_limit),
            settings: options.settings,
            presets: options.presets,
            opened: Cache::new(OPENED),
            measured: Cache::new(MEASURED),
            live: Cache::new(LIVE),
            opening: Once::default(),
            measuring: Once::default(),
            describing: Once::default(),
            covering: Once::default(),
            deciding: Once::default(),
            rendering: Once::default(),
            completing: Once::default(),
            joining: Once::default(),
            serials: AtomicU64::new(0),
            readers: Arc::default(),
            covers,
            is_catalog_old,
            catalog_written: Mutex::new(Instant::now()),
            longest_wait_ms: AtomicU64::new(0),
            is_closed: AtomicBool::new(false),
            runtime: tokio::runtime::Handle::current(),
            site,
            library,
            queue,
            metrics,
        }))
    }

    /// The library as it is known now.
    pub(super) fn known(&self) -> Arc<Known> {
        self.library.known()
    }

    /// The presets that can be asked for.
    pub(super) fn presets(&self) -> &Presets {
        &self.presets
    }

    /// What renditions are made with.
    pub(super) fn settings(&self) -> SiteSettings {
        self.settings
    }

    /// Whether a track can be rendered.
    pub(super) fn has(&self, track: &TrackId) -> bool {
        self.known().tracks.contains_key(track)
    }

    /// Whether what was measured of a track is known.
    pub(super) fn is_measured(&self, track: &TrackId) -> bool {
        self.measured.contains_key(track) || self.site.path(&site::measurements(track)).is_file()
    }

    /// Whether something has to be measured before this can be made.
    pub(super) fn is_cold(&self, track: &TrackId, variant: &Variant) -> bool {
        let album = self.of_track(track, |known| known.album.clone());
        let is_measured = match album.ok().flatten() {
            Some(album) => album.tracks.iter().all(|track| self.is_measured(track)),
            None => self.is_measured(track),
        };
        !variant.is_original() && !is_measured
    }

    /// How many jobs stand in the queue, by priority.
    pub(super) fn queue_lengths(&self) -> [usize; 4] {
        self.queue.lengths()
    }

    /// Bytes of what was made on demand.
    pub(super) fn cached_bytes(&self) -> u64 {
        self.usage.bytes()
    }

    /// The longest that anybody has waited for a manifest or a segment, in
    /// milliseconds.
    pub(super) fn longest_wait_ms(&self) -> u64 {
        self.longest_wait_ms.load(Ordering::Relaxed)
    }

    /// How long to wait before asking again.
    pub(super) fn retry_after(&self) -> u64 {
        (self.queue.waiting() as u64 / (8 * self.queue.workers() as u64)).max(1)
    }

    /// Ends: what is being rendered is finished, the rest is dropped.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.library.close();
        self.queue.close();
        let saved = self.usage.save().and_then(|()| self.write_catalog());
        if let Err(error) = saved {
            tracing::warn!("{error}");
        }
    }

    /// Somebody asked for a file of a rendition.
    pub(super) fn touch(&self, fingerprint: &Fingerprint) {
        self.usage.touch(fingerprint);
    }

    /// The manifest of a rendition that is not complete; none where it is, so
    /// that it stands on disk.
    pub(super) async fn manifest(
        self: &Arc<Self>,
        track: TrackId,
        variant: &Variant,
    ) -> Result<Option<Rendition>, MakeError> {
        let began = Instant::now();
        let (on_demand, name) = (Arc::clone(self), variant.clone());
        if run_blocking(move || on_demand.is_complete(track, &name)).await?? {
            return Ok(None);
        }
        let live = self.live(track, variant).await?;
        let site = Arc::clone(&self.site);
        let manifest = run_blocking(move || live.rendition.manifest_so_far(&site)).await?;
        self.waited_since(began);
        Ok(Some(manifest))
    }

    /// Init or a playlist of a rendition; none where it has no such file.
    pub(super) async fn companion(
        self: &Arc<Self>,
        track: TrackId,
        variant: &Variant,
        fingerprint: &Fingerprint,
        name: &str,
    ) -> Result<Option<Vec<u8>>, MakeError> {
        let live = self.current(track, variant, fingerprint).await?;
        live.rendition.companion(name).map_err(failed)
    }

    /// A segment of a rendition: rendered, and published behind the listener's
    /// back.
    pub(super) async fn segment(
        self: &Arc<Self>,
        track: TrackId,
        variant: &Variant,
        fingerprint: &Fingerprint,
        index: usize,
    ) -> Result<Bytes, MakeError> {
        let began = Instant::now();
        self.is_within(track, index)?;
        self.usage.touch(fingerprint);
        let live = self.current(track, variant, fingerprint).await?;
        if index >= live.segments() {
            return Err(MakeError::Gone);
        }
        let key = (*fingerprint, index);
        if !self.rendering.is_in_flight(&key) {
            self.has_room()?;
        }
        let flight = self.render(&live, index, Priority::Wanted);
        self.render_ahead(&live, index);
        let bytes = flight.outcome().await;
        self.waited_since(began);
        bytes
    }

    fn waited_since(&self, began: Instant) {
        let waited = began.elapsed().as_millis() as u64;
        self.longest_wait_ms.fetch_max(waited, Ordering::Relaxed);
    }

    /// A listener has got a segment that was there: renders on from it, if
    /// what follows is not there yet.
    pub(super) fn played(
        self: &Arc<Self>,
        track: TrackId,
        variant: &Variant,
        fingerprint: &Fingerprint,
        index: usize,
    ) {
        if let Some(live) = self.live.get(&(track, variant.clone()))
            && live.rendition.fingerprint() == *fingerprint
        {
            self.render_ahead(&live, index);
        }
    }

    /// Fails where a segment lies behind the end of a track, by its length
    /// alone: that costs no work.
    pub(super) fn is_within(&self, track: TrackId, index: usize) -> Result<(), MakeError> {
        // Segments are rounded down to 16 access units, at 32 kHz or more.
        let shortest = (self.settings.segment_seconds - 0.52).max(0.34);
        let known = self.known();
        match known.tracks.get(&track) {
            Some(known) if index as f64 * shortest <= known.seconds => Ok(()),
            _ => Err(MakeError::Gone),
        }
    }

    fn has_room(&self) -> Result<(), MakeError> {
        if self.queue.waiting() < WAITING_PER_WORKER * self.queue.workers() {
            Ok(())
        } else {
            Err(MakeError::Busy)
        }
    }

    /// Something of what is known of a track.
    fn of_track<T>(
        &self,
        track: &TrackId,
        take: impl FnOnce(&KnownTrack) -> T,
    ) -> Result<T, MakeError> {
        let known = self.known();
        known.tracks.get(track).map(take).ok_or(MakeError::Gone)
    }

    fn rendition_settings(
        &self,
        track: TrackId,
        variant: &Variant,
    ) -> Result<RenditionSettings, MakeError> {
        let album = self.of_track(&track, |known| known.album.clone())?;
        let preset = self.presets.of(variant).map_err(|_| MakeError::Gone)?;
        let settings = &self.settings;
        Ok(RenditionSettings::new(
            track, variant, preset, album, settings,
        ))
    }

    /// The fingerprint that a rendition has now.
    pub(super) fn fingerprint(
        &self,
        track: TrackId,
        variant: &Variant,
    ) -> Result<Fingerprint, MakeError> {
        let settings = self.rendition_settings(track, variant)?;
        Ok(render::fingerprint(&settings))
    }

    fn is_complete(&self, track: TrackId, variant: &Variant) -> Result<bool, MakeError> {
        let fingerprint = self.fingerprint(track, variant)?;
        let manifest = self.site.manifest(&track, &variant.to_string());
        Ok(manifest.is_some_and(|manifest| manifest.fingerprint == fingerprint))
    }

    /// The rendition, if its fingerprint is the one that it has now.
    async fn current(
        self: &Arc<Self>,
        track: TrackId,
        variant: &Variant,
        fingerprint: &Fingerprint,
    ) -> Result<Arc<Live>, MakeError> {
        if self.fingerprint(track, variant)? != *fingerprint {
            return Err(MakeError::Gone);
        }
        let live = self.live(track, variant).await?;
        // The library may have changed meanwhile.
        if live.rendition.fingerprint() == *fingerprint {
            Ok(live)
        } else {
            Err(MakeError::Gone)
        }
    }
}

fn failed(error: impl std::fmt::Display) -> MakeError {
    MakeError::Failed(error.to_string())
}

async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, MakeError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| MakeError::Failed("it broke while it was made".into()))
}
