//! The story of a run: what is there, what is missing, render it, publish it.
//!
//! [`Plan::make`] reads the library and tells which renditions the site lacks;
//! [`run`] renders them, tracks and segments in parallel, and publishes each
//! when it is complete; the catalog comes last. A track that fails is an
//! outcome, not the end of the run.
//!
//! [`render_segment`] is the heart: a pure function of a track's audio, the
//! settings and an index. Everything around it only decides when it is called.

mod albums;
mod cache_key;
mod changes;
mod companions;
mod damaged;
mod describe;
mod export;
mod fingerprint;
mod inspect;
mod job;
mod ledger;
mod leftovers;
mod listed;
mod listing;
mod lock;
mod measure;
mod on_demand;
mod partial;
mod placed;
mod plan;
mod plan_error;
mod pool;
mod prune;
mod publish;
mod published;
mod reading;
mod rebuild;
mod recipe;
mod shard;
mod site_settings;
mod standing;
mod time_limit;
mod untouched;

pub use albums::albums;
pub use changes::Changes;
pub use damaged::DamagedList;
pub use describe::describe;
pub use export::{ExportError, ExportOptions, Exported, export_m4a, export_wav};
pub use fingerprint::{AlbumPlace, PLAYLIST_STAGE, RenditionSettings, fingerprint, fingerprint_of};
pub use inspect::{After, Inspection, Reduction, Side, inspect};
pub use job::JobError;
pub use ledger::{Failure, Ledger, Outcome, SourceOutcome, StoppedBy, Summary, TrackWarning};
pub use leftovers::{LeftAlone, Leftover, Leftovers, What};
pub use listed::Unlisted;
pub use lock::Holder;
pub use measure::{join, measure, measure_part, parts};
pub use on_demand::{OnDemandList, OnDemandRendition};
pub use partial::PartialRendition;
pub use placed::{PlacedReader, PlacedTrack};
pub use plan::{EmptiedRoots, Plan, PlanOptions, PlannedTrack, WantedRendition};
pub use plan_error::PlanError;
pub use pool::{RunOptions, run};
pub use publish::{PublishError, Site};
pub use published::{NotASite, check_site, read_catalog};
pub use reading::ReadSource;
pub use rebuild::{RebuildError, Rebuilt, rebuild_catalog};
pub use recipe::{Recipe, SegmentBytes, SegmentLevels, render_segment};
pub use shard::{NotAShard, Shard};
pub use site_settings::site_settings;
pub use standing::{Reason, Standing, WholeFile};
pub use time_limit::TimeLimit;
pub use untouched::Untouched;
