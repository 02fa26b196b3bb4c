//! `manifest.json`: one rendition and its segments.

use serde::{Deserialize, Serialize};

use super::{MIME, Stream, VERSION};
use crate::site::{DASH, Fingerprint, INIT, MULTIVARIANT_PLAYLIST, TrackId, segment};
use crate::timeline::PRE_ROLL_SAMPLES;
use crate::units::{BitRate, SampleRate};

/// A rendition. Times are in samples at `sample_rate`; URIs are relative to
/// the manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rendition {
    /// Of the file format.
    pub version: u32,
    /// The track.
    pub track: TrackId,
    /// Preset and intensity as one name.
    pub variant: String,
    /// The preset.
    pub preset: String,
    /// How much of it, from 0 to 1.
    pub intensity: f64,
    /// The hash of everything that decides the bytes.
    pub fingerprint: Fingerprint,
    /// For `MediaSource.isTypeSupported`.
    pub mime: String,
    /// Samples per second.
    pub sample_rate: SampleRate,
    /// One or two.
    pub channels: u16,
    /// Bits per second of all channels together.
    pub bitrate: BitRate,
    /// The track's true length.
    pub samples: u64,
    /// The length of every segment but the last.
    pub segment_samples: u64,
    /// How much later than in the track everything stands in the media.
    pub pre_roll_samples: u64,
    /// The initialisation segment.
    pub init: String,
    /// In order, without a gap.
    pub segments: Vec<SegmentEntry>,
    /// What the fingerprint was made from.
    pub settings: serde_json::Value,
    /// The multivariant playlist.
    pub hls: String,
    /// The DASH presentation.
    pub dash: String,
}

/// A segment of a rendition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentEntry {
    /// Where it is.
    pub uri: String,
    /// The first sample of the track that it plays.
    pub start: u64,
    /// How many samples it plays.
    pub samples: u64,
    /// The size of the file.
    pub bytes: u64,
}

/// What a rendition is called.
#[derive(Clone, Debug)]
pub struct RenditionName<'a> {
    /// The track.
    pub track: TrackId,
    /// Preset and intensity as one name.
    pub variant: &'a str,
    /// The preset.
    pub preset: &'a str,
    /// How much of it, from 0 to 1.
    pub intensity: f64,
    /// The hash of everything that decides the bytes.
    pub fingerprint: Fingerprint,
}

impl Rendition {
    /// The manifest of a rendition whose segments have these sizes in bytes.
    #[must_use]
    pub fn new(
        name: &RenditionName<'_>,
        stream: &Stream,
        sizes: &[u64],
        settings: serde_json::Value,
    ) -> Self {
        let fingerprint = name.fingerprint;
        let segments = stream
            .timeline
            .segments()
            .zip(sizes)
            .map(|(cut, bytes)| SegmentEntry {
                uri: format!("{fingerprint}/{}", segment(cut.index)),
                start: cut.samples.start,
                samples: cut.samples.end - cut.samples.start,
                bytes: *bytes,
            });
        Self {
            version: VERSION,
            track: name.track,
            variant: name.variant.to_owned(),
            preset: name.preset.to_owned(),
            intensity: name.intensity,
            fingerprint,
            mime: MIME.to_owned(),
            sample_rate: stream.rate(),
            channels: stream.channels,
            bitrate: stream.bit_rate,
            samples: stream.timeline.samples(),
            segment_samples: stream.timeline.segment_samples(),
            pre_roll_samples: PRE_ROLL_SAMPLES,
            init: format!("{fingerprint}/{INIT}"),
            segments: segments.collect(),
            settings,
            hls: format!("{fingerprint}/{MULTIVARIANT_PLAYLIST}"),
            dash: format!("{fingerprint}/{DASH}"),
        }
    }
}
