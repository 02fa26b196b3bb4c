//! The library as it is known so far: which tracks there are, and where.
//!
//! A pass walks the folders, takes from the scan index what has not changed,
//! and reads the rest; tracks are known as soon as they are read. Changes are
//! noticed by the file system's own notice, and, where that is not to be had,
//! by a pass every few minutes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher};

use super::known::{Known, KnownTrack};
use super::queue::{Job, Priority, Queue, lock};
use crate::decode::TrackAudio;
use crate::library::{
    CoverCache, Coverage, Identified, IndexEntry, Pictures, Scan, ScanIndex, ScanOptions, Source,
    Stamp, identify, scan,
};
use crate::manifest::{Normalize, Tags};
use crate::render::{Site, albums, describe};
use crate::site::{SCAN_INDEX, TrackId};

/// After a change, this long without another before the library is read again:
/// files are copied and tagged in bursts.
const SETTLE: Duration = Duration::from_millis(500);
/// A pass is made this often, whatever was noticed.
const RESCAN: Duration = Duration::from_secs(300);
/// What was found is shown this often while a pass goes on.
const SHOW: Duration = Duration::from_millis(500);
/// The scan index is kept this often while a pass goes on.
const KEEP: Duration = Duration::from_secs(20);

/// A library that is being read and watched.
pub(super) struct Library {
    known: RwLock<Arc<Known>>,
    wake: Mutex<Sender<Wake>>,
}

/// Why the reading thread goes on.
enum Wake {
    Changed,
    Close,
}

impl Library {
    /// Begins to read and watch.
    pub(super) fn open(
        roots: Vec<PathBuf>,
        normalize: Normalize,
        site: Arc<Site>,
        queue: Arc<Queue>,
        covers: CoverCache,
        is_catalog_old: Arc<AtomicBool>,
    ) -> std::io::Result<Arc<Self>> {
        let (wake, woken) = channel();
        let library = Arc::new(Self {
            known: RwLock::default(),
            wake: Mutex::new(wake.clone()),
        });
        let reading = Reading {
            library: Arc::clone(&library),
            options: ScanOptions {
                skip: Some(site.root().to_owned()),
                ..ScanOptions::default()
            },
            index: ScanIndex::load(&site.path(SCAN_INDEX)),
            broken: BTreeMap::new(),
            is_stale: false,
            roots,
            normalize,
            site,
            queue,
            covers,
            is_catalog_old,
        };
        std::thread::Builder::new()
            .name("library".into())
            .spawn(move || reading.go_on(&wake, &woken))?;
        Ok(library)
    }

    /// What is known now.
    pub(super) fn known(&self) -> Arc<Known> {
        let known = self.known.read();
        Arc::clone(&known.unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// A source turned out to be another than it was: read all again.
    pub(super) fn changed(&self) {
        // The thread that would hear it may have ended.
        let _heard = lock(&self.wake).send(Wake::Changed).is_ok();
    }

    /// Ends reading and watching.
    pub(super) fn close(&self) {
        let _heard = lock(&self.wake).send(Wake::Close).is_ok();
    }

    /// Tells anew what a track is, where its tags or its cover have changed.
    fn retell(&self, site: &Site, path: &Path, identified: &Identified) -> bool {
        let known = self.known();
        let is_its_teller = known
            .tracks
            .get(&identified.id)
            .is_none_or(|track| track.path == path || !track.path.exists());
        let Some(told) = site.described(&identified.id).filter(|_| is_its_teller) else {
            return false;
        };
        let audio = TrackAudio::new(path, identified.survey.clone());
        let description = describe(identified, &audio, &told.analysis);
        if description == told {
            return false;
        }
        let published = site.publish_track(&description, identified.cover.as_ref());
        if let Err(error) = &published {
            tracing::warn!("{error}");
        }
        published.is_ok()
    }

    fn show(&self, mut next: Known) {
        let mut known = self
            .known
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        next.revision = known.revision + 1;
        *known = Arc::new(next);
    }
}

/// What was read of a source, by its place among all.
type Answer = (usize, Result<IndexEntry, String>);
/// All that is known of the sources, by their places.
type Read<'a> = BTreeMap<usize, (IndexEntry, &'a Source)>;

/// The thread that reads.
struct Reading {
    library: Arc<Library>,
    roots: Vec<PathBuf>,
    normalize: Normalize,
    options: ScanOptions,
    site: Arc<Site>,
    queue: Arc<Queue>,
    covers: CoverCache,
    is_catalog_old: Arc<AtomicBool>,
    index: ScanIndex,
    /// Sources that cannot be used, as they were when that was found.
    broken: BTreeMap<PathBuf, Option<Stamp>>,
    /// Whether something changed while a pass went on.
    is_stale: bool,
}

impl Reading {
    fn go_on(mut self, wake: &Sender<Wake>, woken: &Receiver<Wake>) {
        let notice = wake.clone();
        let site = self.site.root().canonicalize().unwrap_or_default();
        let mut notifier = notify::recommended_watcher(move |event: notify::Result<_>| {
            let is_change = event.is_ok_and(|event: notify::Event| {
                !event.kind.is_access() && !event.paths.iter().all(|path| path.starts_with(&site))
            });
            if is_change {
                let _heard = notice.send(Wake::Changed).is_ok();
            }
        });
        for root in &self.roots {
            let watch = notifier
                .as_mut()
                .map_err(|error| error.to_string())
                .and_then(|notifier| {
                    let outcome = notifier.watch(root, RecursiveMode::Recursive);
                    outcome.map_err(|error| error.to_string())
                });
            if let Err(reason) = watch {
                tracing::warn!(
                    "changes in `{}` are noticed only every {} minutes ({reason})",
                    root.display(),
                    RESCAN.as_secs() / 60
                );
            }
        }
        loop {
            if self.pass(woken).is_none() {
                return;
            }
            if std::mem::take(&mut self.is_stale) {
                std::thread::sleep(SETTLE);
                continue;
            }
            match woken.recv_timeout(RESCAN) {
                Ok(Wake::Close) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Wake::Changed) => loop {
                    match woken.recv_timeout(SETTLE) {
                        Ok(Wake::Changed) => {}
                        Ok(Wake::Close) | Err(RecvTimeoutError::Disconnected) => return,
                        Err(RecvTimeoutError::Timeout) => break,
                    }
                },
            }
        }
    }

    /// Reads what is new or changed; none when it is to end.
    fn pass(&mut self, woken: &Receiver<Wake>) -> Option<()> {
        let found = match scan(&self.roots, &self.options) {
            Ok(found) => found,
            Err(error) => {
                // What was there stays: a disk may be gone for a moment.
                tracing::warn!("the library cannot be read: {error}");
                return Some(());
            }
        };
        let mut pass = Pass::new(&found.sources);
        let (answer, answers) = channel();
        let mut read = self.begin(&found.sources, &mut pass, &answer);
        drop(answer);
        let is_new = read.len() < found.sources.len();
        if !is_new || self.normalize == Normalize::Track {
            self.show(&read, &pass);
        }
        // Each answer comes once; when all jobs are gone the channel ends.
        loop {
            match answers.recv_timeout(SHOW) {
                Ok((place, Ok(entry))) => {
                    read.insert(place, (entry, &found.sources[place]));
                }
                Ok((place, Err(reason))) => {
                    pass.failed += 1;
                    let stamp = pass.stamps[place].clone();
                    self.tell(&found.sources[place], stamp, &reason);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if pass.shown.elapsed() >= SHOW && self.normalize == Normalize::Track {
                self.show(&read, &pass);
                pass.shown = Instant::now();
            }
            if pass.kept.elapsed() >= KEEP {
                self.keep(&found, Coverage::Part, &read);
                pass.kept = Instant::now();
            }
            match woken.try_recv() {
                Ok(Wake::Close) => {
                    self.keep(&found, Coverage::Part, &read);
                    return None;
                }
                Ok(Wake::Changed) => self.is_stale = true,
                Err(_) => {}
            }
        }
        if is_new {
            self.show(&read, &pass);
        }
        // A disk that was taken away makes no orphans.
        let coverage = match self.index.check_emptied(&found) {
            Ok(()) => found.coverage,
            Err(error) => {
                tracing::warn!("{error}");
                Coverage::Part
            }
        };
        self.keep(&found, coverage, &read);
        Some(())
    }

    /// Takes from the index what has not changed, and has the rest read.
    fn begin<'a>(
        &self,
        sources: &'a [Source],
        pass: &mut Pass,
        answer: &Sender<Answer>,
    ) -> Read<'a> {
        let mut read = Read::new();
        for (place, source) in sources.iter().enumerate() {
            let stamp = &pass.stamps[place];
            let known = stamp.as_ref();
            match known.and_then(|stamp| self.index.get(&source.path, stamp)) {
                Some(entry) => {
                    read.insert(place, (entry.clone(), source));
                }
                None if self.broken.get(&source.path) == Some(stamp) => pass.failed += 1,
                None => self.read(place, source, pass, answer.clone()),
            }
        }
        read
    }

    /// Has a source read, when there is nothing more urgent.
    fn read(&self, place: usize, source: &Source, pass: &Pass, answer: Sender<Answer>) {
        let (path, stamp) = (source.path.clone(), pass.stamps[place].clone());
        let (pictures, covers) = (Arc::clone(&pass.pictures), self.covers.clone());
        let (site, library) = (Arc::clone(&self.site), Arc::clone(&self.library));
        let is_catalog_old = Arc::clone(&self.is_catalog_old);
        self.queue.push(
            Priority::Identify,
            Job::new(move || {
                let entry = match (stamp, identify(&path, &pictures, &covers)) {
                    // A file that has changed since the stamp was taken is read again.
                    (Some(stamp), Ok(identified)) => {
                        if library.retell(&site, &path, &identified) {
                            is_catalog_old.store(true, Ordering::Relaxed);
                        }
                        Ok(IndexEntry::new(stamp, &identified))
                    }
                    (None, _) => Err("it is gone".to_owned()),
                    (_, Err(error)) => Err(error.to_string()),
                };
                // The pass may have ended.
                let _heard = answer.send((place, entry)).is_ok();
            }),
        );
    }

    fn tell(&mut self, source: &Source, stamp: Option<Stamp>, reason: &str) {
        tracing::warn!("{}: {reason}", source.name.display());
        self.broken.insert(source.path.clone(), stamp);
    }

    fn keep(&mut self, found: &Scan, coverage: Coverage, read: &Read<'_>) {
        let read = read.values();
        let read = read.map(|(entry, source)| (source.path.clone(), entry.clone()));
        let index = self.index.after(found, coverage, read);
        if let Err(error) = self.site.write_scan_index(&index) {
            tracing::warn!("{error}");
        }
        self.index = index;
    }

    fn show(&self, read: &Read<'_>, pass: &Pass) {
        let mut order: Vec<TrackId> = Vec::new();
        let mut tracks: BTreeMap<TrackId, KnownTrack> = BTreeMap::new();
        for (entry, source) in read.values() {
            tracks.entry(entry.track).or_insert_with(|| {
                order.push(entry.track);
                KnownTrack {
                    path: source.path.clone(),
                    tags: entry.tags.clone(),
                    seconds: entry.seconds,
                    has_cover: entry.has_cover,
                    album: None,
                }
            });
        }
        if self.normalize == Normalize::Album {
            let places: Vec<(TrackId, &Path, &Tags)> = order
                .iter()
                .map(|id| {
                    let folder = tracks[id].path.parent().unwrap_or(Path::new(""));
                    (*id, folder, &tracks[id].tags)
                })
                .collect();
            for (id, place) in order.iter().zip(albums(&places)) {
                if let Some(track) = tracks.get_mut(id) {
                    track.album = place;
                }
            }
        }
        self.library.show(Known {
            tracks,
            sources: pass.stamps.len(),
            identified: read.len(),
            failed: pass.failed,
            ..Known::default()
        });
    }
}

/// One time through the library.
struct Pass {
    pictures: Arc<Pictures>,
    /// Of each source, as it was when the pass began.
    stamps: Vec<Option<Stamp>>,
    failed: usize,
    shown: Instant,
    kept: Instant,
}

impl Pass {
    fn new(sources: &[Source]) -> Self {
        let pictures = Pictures::default();
        let stamp = |source: &Source| Stamp::of(&source.path, &pictures);
        let stamps = sources.iter().map(stamp).collect();
        Self {
            stamps,
            pictures: Arc::new(pictures),
            failed: 0,
            shown: Instant::now(),
            kept: Instant::now(),
        }
    }
}
