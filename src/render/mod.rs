//! The story of a run: what is there, what is missing, render it, publish it.
//!
//! [`Plan::make`] reads the library and tells which renditions the site lacks;
//! [`run`] renders them, tracks and segments in parallel, and publishes each
//! when it is complete; the catalog comes last. A track that fails is an
//! outcome, not the end of the run.
//!
//! [`render_segment`] is the heart: a pure function of a track's audio, the
//! settings and an index. Everything around it only decides when it is called.

mod export;
mod fingerprint;
mod job;
mod plan;
mod pool;
mod publish;

pub use export::{ExportError, Exported, export_m4a, export_wav};
pub use fingerprint::{RenditionSettings, fingerprint};
pub use job::{JobError, SegmentBytes, render_segment};
pub use plan::{Plan, PlanError, PlanOptions, PlannedTrack};
pub use pool::{Failure, RunOptions, Summary, TrackWarning, run};
pub use publish::{PublishError, Site, site_settings};
