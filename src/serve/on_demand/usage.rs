//! Which renditions were made on demand, how large they are, and when they
//! were last listened to; the least recently used go when there are too many.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::queue::lock;
use crate::render::{OnDemandList, OnDemandRendition, PublishError, Site};
use crate::site::Fingerprint;

/// What was asked for within this time is being played: a player asks for the
/// next minute at most ahead.
const BEING_PLAYED: Duration = Duration::from_secs(120);

/// The renditions that were made on demand.
pub(super) struct Usage {
    site: Arc<Site>,
    limit: Option<u64>,
    used: Mutex<HashMap<Fingerprint, Used>>,
    turns: AtomicU64,
}

struct Used {
    rendition: OnDemandRendition,
    bytes: u64,
    /// None since the server was started.
    asked: Option<Instant>,
    /// The order in which they were used.
    turn: u64,
}

impl Usage {
    /// What an earlier server left; `limit` is in bytes.
    pub(super) fn load(site: &Arc<Site>, limit: Option<u64>) -> Self {
        let list = OnDemandList::load(site.root());
        let turns = AtomicU64::new(list.renditions.len() as u64);
        let used = list.renditions.into_iter().zip(0..);
        let used = used.map(|(rendition, turn)| {
            let bytes = rendition.bytes(site.root());
            let fingerprint = rendition.fingerprint;
            let used = Used {
                rendition,
                bytes,
                asked: None,
                turn,
            };
            (fingerprint, used)
        });
        Self {
            used: Mutex::new(used.collect()),
            turns,
            site: Arc::clone(site),
            limit,
        }
    }

    /// Somebody asked for a part of a rendition.
    pub(super) fn touch(&self, fingerprint: &Fingerprint) {
        if let Some(used) = lock(&self.used).get_mut(fingerprint) {
            used.asked = Some(Instant::now());
            used.turn = self.turns.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A rendition will be made: listed before its first segment is there.
    pub(super) fn begin(&self, rendition: OnDemandRendition) -> Result<(), PublishError> {
        let mut all = lock(&self.used);
        if let Some(used) = all.get_mut(&rendition.fingerprint) {
            used.asked = Some(Instant::now());
            return Ok(());
        }
        let used = Used {
            bytes: rendition.bytes(self.site.root()),
            asked: Some(Instant::now()),
            turn: self.turns.fetch_add(1, Ordering::Relaxed),
            rendition,
        };
        all.insert(used.rendition.fingerprint, used);
        self.site.write_on_demand(&list(&all))
    }

    /// A part of a rendition was published.
    pub(super) fn add(&self, fingerprint: &Fingerprint, bytes: u64) {
        if let Some(used) = lock(&self.used).get_mut(fingerprint) {
            used.bytes += bytes;
        }
    }

    /// Bytes of all renditions that were made on demand.
    pub(super) fn bytes(&self) -> u64 {
        lock(&self.used).values().map(|used| used.bytes).sum()
    }

    /// Removes the least recently used until the limit is kept, but none that
    /// is being played. Gives those that are gone.
    pub(super) fn keep_limit(&self) -> Result<Vec<OnDemandRendition>, PublishError> {
        let Some(limit) = self.limit else {
            return Ok(Vec::new());
        };
        let mut gone = Vec::new();
        let mut all = lock(&self.used);
        while all.values().map(|used| used.bytes).sum::<u64>() > limit {
            let oldest = all
                .values()
                .filter(|used| {
                    used.asked
                        .is_none_or(|asked| asked.elapsed() > BEING_PLAYED)
                })
                .min_by_key(|used| used.turn)
                .map(|used| used.rendition.fingerprint);
            let Some(used) = oldest.and_then(|oldest| all.remove(&oldest)) else {
                break;
            };
            gone.push(used.rendition);
        }
        if !gone.is_empty() {
            self.site.remove_renditions(&gone)?;
            self.site.write_on_demand(&list(&all))?;
        }
        Ok(gone)
    }

    /// Keeps the order in which they were used.
    pub(super) fn save(&self) -> Result<(), PublishError> {
        let all = lock(&self.used);
        self.site.write_on_demand(&list(&all))
    }
}

fn list(all: &HashMap<Fingerprint, Used>) -> OnDemandList {
    let mut used: Vec<&Used> = all.values().collect();
    used.sort_by_key(|used| used.turn);
    OnDemandList {
        renditions: used.iter().map(|used| used.rendition.clone()).collect(),
    }
}
