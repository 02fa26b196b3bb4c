//! What is counted and measured while serving, in the Prometheus text format,
//! by the `prometheus-client` crate.

use std::fmt::Error;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use serde::Deserialize;

/// Where a reply came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It was there.
    Static,
    /// It was rendered for this request.
    OnDemand,
    /// The track had to be measured first.
    Cold,
    /// Neither file nor sound.
    Other,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::OnDemand => "on_demand",
            Self::Cold => "cold",
            Self::Other => "other",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    status: u16,
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPath {
    path: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPriority {
    priority: &'static str,
}

/// By which way a page plays, as it may report.
const PATHS: [&str; 4] = ["mse", "managed", "hls", "file"];

/// What a page measured (`POST /api/report`). What else it tells is passed
/// over: it may be newer than the server.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Report {
    /// One of [`PATHS`].
    path: Option<String>,
    /// From the listener's click to the first sound.
    first_sound_ms: Option<f64>,
    /// How often the sound ran out.
    #[serde(default)]
    stalls: u32,
    /// How often a fetch was tried again.
    #[serde(default)]
    retries: u32,
}

/// The counts.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<OfRequest, Counter>,
    bytes: Counter,
    renders: Counter,
    render_seconds: Histogram,
    cache_hits: Counter,
    first_byte: Family<OfKind, Histogram, fn() -> Histogram>,
    first_sound: Family<OfPath, Histogram, fn() -> Histogram>,
    stalls: Counter,
    retries: Counter,
    queue: Family<OfPriority, Gauge>,
    cached_bytes: Gauge,
    connections: Gauge<i64, AtomicI64>,
}

/// From half a millisecond to 16 s.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 2.0, 16))
}

impl Metrics {
    /// Nothing counted yet.
    pub(super) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("segue"),
            requests: Family::default(),
            bytes: Counter::<u64, AtomicU64>::default(),
            renders: Counter::default(),
            render_seconds: seconds(),
            cache_hits: Counter::default(),
            first_byte: Family::new_with_constructor(seconds as fn() -> Histogram),
            first_sound: Family::new_with_constructor(seconds as fn() -> Histogram),
            stalls: Counter::default(),
            retries: Counter::default(),
            queue: Family::default(),
            cached_bytes: Gauge::default(),
            connections: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "requests",
            "Requests by status and by where the reply came from",
            self.requests.clone(),
        );
        registry.register_with_unit("sent", "Bytes of replies", Unit::Bytes, self.bytes.clone());
        registry.register("renders", "Segments rendered", self.renders.clone());
        registry.register_with_unit(
            "render",
            "Time to render a segment",
            Unit::Seconds,
            self.render_seconds.clone(),
        );
        registry.register(
            "cache_hits",
            "Segments that were there when they were asked for",
            self.cache_hits.clone(),
        );
        registry.register_with_unit(
            "first_byte",
            "Time from a request to its reply's first byte, by where that came from",
            Unit::Seconds,
            self.first_byte.clone(),
        );
        registry.register_with_unit(
            "page_first_sound",
            "Time from a click to the first sound, as pages report it",
            Unit::Seconds,
            self.first_sound.clone(),
        );
        registry.register(
            "page_stalls",
            "How often the sound ran out, as pages report it",
            self.stalls.clone(),
        );
        registry.register(
            "page_retries",
            "How often a page tried a fetch again",
            self.retries.clone(),
        );
        registry.register(
            "queue_length",
            "Jobs that wait to be done",
            self.queue.clone(),
        );
        registry.register_with_unit(
            "on_demand_cache",
            "Size of what was made on demand",
            Unit::Bytes,
            self.cached_bytes.clone(),
        );
        registry.register(
            "connections",
            "Connections that are open",
            self.connections.clone(),
        );
    }

    /// A request was answered.
    pub(super) fn answered(&self, kind: Kind, status: u16, bytes: u64, after: Duration) {
        let kind = kind.name();
        self.requests
            .get_or_create(&OfRequest { status, kind })
            .inc();
        self.bytes.inc_by(bytes);
        self.first_byte
            .get_or_create(&OfKind { kind })
            .observe(after.as_secs_f64());
    }

    /// A segment was rendered.
    pub(super) fn rendered(&self, took: Duration) {
        self.renders.inc();
        self.render_seconds.observe(took.as_secs_f64());
    }

    /// A segment was there when it was asked for.
    pub(super) fn hit(&self) {
        self.cache_hits.inc();
    }

    /// A connection was opened; it is counted until this is dropped.
    pub(super) fn connected(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }

    /// What a page measured. Tells what cannot be.
    pub(super) fn reported(&self, report: &Report) -> Result<(), String> {
        let path = report.path.as_deref().unwrap_or("mse");
        let Some(path) = PATHS.into_iter().find(|known| *known == path) else {
            return Err(format!("path: one of {}", PATHS.join(", ")));
        };
        if let Some(milliseconds) = report.first_sound_ms {
            if !(0.0..=600_000.0).contains(&milliseconds) {
                return Err("first_sound_ms: from 0 to 600000".to_owned());
            }
            self.first_sound
                .get_or_create(&OfPath { path })
                .observe(milliseconds / 1000.0);
        }
        if report.stalls > 10_000 || report.retries > 10_000 {
            return Err("stalls, retries: at most 10000".to_owned());
        }
        self.stalls.inc_by(u64::from(report.stalls));
        self.retries.inc_by(u64::from(report.retries));
        Ok(())
    }

    /// All of it as text; with how long the queue is and how much was made on
    /// demand, where something is rendered.
    pub(super) fn text(&self, on_demand: Option<([usize; 4], u64)>) -> Result<String, Error> {
        if let Some((lengths, bytes)) = on_demand {
            let names = ["wanted", "ahead", "identify", "background"];
            for (priority, length) in names.into_iter().zip(lengths) {
                self.queue
                    .get_or_create(&OfPriority { priority })
                    .set(length as i64);
            }
            self.cached_bytes.set(bytes as i64);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A connection that is open.
pub(super) struct Connected(Gauge<i64, AtomicI64>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}
