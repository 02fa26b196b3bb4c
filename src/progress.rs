//! What happens during a run, told to whoever wants to know.
//!
//! Work reports events; a terminal draws bars from them, `--json` prints them,
//! a test collects them. Nothing below `cli` knows which.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::site::TrackId;

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The folders were walked: this many sources will be read.
    Scanned {
        /// Files that claim to be audio.
        sources: usize,
    },
    /// A source is being read.
    Reading {
        /// The source.
        #[serde(serialize_with = "as_text")]
        source: PathBuf,
    },
    /// One more source was read and has its id.
    Identified {
        /// The source.
        #[serde(serialize_with = "as_text")]
        source: PathBuf,
        /// Its track.
        track: TrackId,
    },
    /// What has to be rendered is known.
    Planned {
        /// Renditions to render.
        renditions: usize,
        /// Renditions that are there already.
        up_to_date: usize,
        /// Seconds of audio to render.
        audio_seconds: f64,
        /// Seconds of audio to measure before that.
        measured_seconds: f64,
    },
    /// A track is being measured.
    Measuring {
        /// The source.
        #[serde(serialize_with = "as_text")]
        source: PathBuf,
        /// Its track.
        track: TrackId,
    },
    /// A track was measured.
    Measured {
        /// The source.
        #[serde(serialize_with = "as_text")]
        source: PathBuf,
        /// Its track.
        track: TrackId,
    },
    /// A part of a track was measured.
    ChunkMeasured {
        /// Its track.
        track: TrackId,
        /// Seconds of audio in it.
        audio_seconds: f64,
    },
    /// A rendition was begun.
    Started {
        /// The source.
        #[serde(serialize_with = "as_text")]
        source: PathBuf,
        /// Its track.
        track: TrackId,
        /// The variant.
        variant: String,
    },
    /// A segment was rendered.
    SegmentRendered {
        /// Its track.
        track: TrackId,
        /// The variant.
        variant: String,
        /// The segment's number.
        index: usize,
        /// Seconds of audio in it.
        audio_seconds: f64,
    },
    /// A rendition was published.
    Rendered {
        /// The source.
        #[serde(serialize_with = "as_text")]
        source: PathBuf,
        /// Its track.
        track: TrackId,
        /// The variant.
        variant: String,
        /// Seconds of audio in it.
        audio_seconds: f64,
    },
    /// A source cannot be used; everything else goes on.
    Failed {
        /// The source.
        #[serde(serialize_with = "as_text")]
        source: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// A site was listed: this many tracks will be read back.
    Listed {
        /// The folders of tracks.
        tracks: usize,
    },
    /// All that is published of a track was read back.
    Checked {
        /// The track.
        track: TrackId,
        /// What was read.
        bytes: u64,
    },
    /// A published file is not as it should be.
    Found {
        /// Where it stands in the site.
        file: String,
        /// What is wrong.
        what: String,
        /// How it is mended.
        mend: String,
    },
    /// Something a person should know, which is no failure.
    Warning {
        /// What it is about, if a file.
        #[serde(serialize_with = "as_optional_text")]
        source: Option<PathBuf>,
        /// What it is.
        message: String,
    },
}

/// A path as JSON, which knows text only: what is no UTF-8 is replaced.
pub fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

#[expect(
    clippy::ref_option,
    reason = "serde hands over a reference to the field"
)]
fn as_optional_text<S: Serializer>(
    path: &Option<PathBuf>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    path.as_ref()
        .map(|path| path.to_string_lossy())
        .serialize(serializer)
}

/// Takes events, and may ask to stop; called from any thread.
pub trait Progress: Sync {
    /// Takes one event.
    fn report(&self, event: Event);

    /// Whether work should end soon. What is published stays; what is not yet
    /// is given up.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Takes events and forgets them.
#[derive(Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _event: Event) {}
}
