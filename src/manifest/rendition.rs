//! `manifest.json`: one rendition and its segments.

use serde::{Deserialize, Serialize};

use super::{MIME, Stream, VERSION};
use crate::analysis::{THIRD_OCTAVES, third_octave_hz};
use crate::mastering::{Settings, response_db};
use crate::signal::hundredths;
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
    /// How loud it is.
    pub loudness: Loudness,
    /// What mastering does to it; none where that is nothing, or where it was
    /// rendered before this was told.
    #[serde(default)]
    pub applied: Option<Applied>,
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
    /// The size of the file; none while it is not there yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// How loud a rendition is, before it was encoded. What silence does not have
/// is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loudness {
    /// Integrated loudness (EBU R 128).
    pub integrated_lufs: Option<f64>,
    /// Loudness range (EBU Tech 3342).
    pub range_lu: f64,
    /// The greatest value at or between samples (ITU-R BS.1770-4, annex 2).
    pub true_peak_dbtp: Option<f64>,
    /// Whether it was measured, or is what should come out.
    pub measured: bool,
}

/// What mastering does to the whole of a track, rounded to hundredths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// The gain between compressor and limiter.
    pub gain_db: f64,
    /// The equaliser's curve, in the third octaves of the track's spectrum.
    pub equaliser: Vec<CurvePoint>,
}

/// A point of the equaliser's curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// The middle of a third octave.
    pub hz: f64,
    /// The gain there.
    pub db: f64,
}

impl Applied {
    /// What these settings do; none where they change nothing but what is
    /// above the ceiling.
    #[must_use]
    pub fn of(settings: &Settings) -> Option<Self> {
        let is_flat = settings.equaliser_db.iter().all(|gain| *gain == 0.0);
        if is_flat && settings.gain_db == 0.0 && settings.compressor.ratio <= 1.0 {
            return None;
        }
        let middles = (0..THIRD_OCTAVES).map(third_octave_hz);
        Some(Self {
            gain_db: settings.gain_db,
            equaliser: middles
                .map(|hz| CurvePoint {
                    hz: hundredths(hz),
                    db: hundredths(response_db(&settings.equaliser_db, hz)),
                })
                .collect(),
        })
    }
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
    /// The manifest of a rendition whose segments have these sizes in bytes;
    /// none where a segment is not there yet.
    #[must_use]
    pub fn new(
        name: &RenditionName<'_>,
        stream: &Stream,
        sizes: &[Option<u64>],
        loudness: Loudness,
        applied: Option<Applied>,
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
            loudness,
            applied,
            settings,
            hls: format!("{fingerprint}/{MULTIVARIANT_PLAYLIST}"),
            dash: format!("{fingerprint}/{DASH}"),
        }
    }
}
