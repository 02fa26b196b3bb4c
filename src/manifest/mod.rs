//! What clients read: the catalog, tracks, renditions, HLS and DASH.
//!
//! Playlists and MPD are functions of a timeline and the settings alone, so
//! that they exist before the last segment does. All times are exact integers
//! in samples where the format allows it. No path of the machine that rendered
//! stands in any of these files.

mod catalog;
mod dash;
mod hls;
mod json;
mod rendition;
mod track;

pub use catalog::{
    Catalog, CatalogTrack, GENERATOR, Normalize, PresetEntry, SiteSettings, preset_entries,
    presets_of,
};
pub use dash::presentation;
pub use hls::{media_playlist, multivariant_playlist};
pub use json::{JsonError, from_json, to_json};
pub use rendition::{Applied, CurvePoint, Loudness, Rendition, RenditionName, SegmentEntry};
pub use track::{Accent, AnalysisHeading, Tags, TrackDescription, TrackHeading};

use crate::timeline::Timeline;
use crate::units::{BitRate, SampleRate};

/// The version of all JSON files.
pub const VERSION: u32 = 1;
/// What the segments are, as `MediaSource.isTypeSupported` takes it.
pub const MIME: &str = "audio/mp4; codecs=\"mp4a.40.2\"";
/// The codec alone: AAC-LC (RFC 6381).
pub const CODECS: &str = "mp4a.40.2";

/// What playlists are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The track's segments.
    pub timeline: Timeline,
    /// One or two.
    pub channels: u16,
    /// Bits per second of all channels together.
    pub bit_rate: BitRate,
}

impl Stream {
    /// Samples per second.
    #[must_use]
    pub fn rate(&self) -> SampleRate {
        self.timeline.rate()
    }

    /// What no segment's bit rate exceeds, in bits per second. A segment holds
    /// its share of the constant bit rate, what the bit reservoir may add
    /// (6144 bits a channel, ISO/IEC 14496-3, 4.5.3.2), four bytes of size for
    /// each access unit, and the boxes around them.
    #[must_use]
    pub fn peak_bit_rate(&self) -> u64 {
        const BOXES_BYTES: u64 = 320;
        let rate = u64::from(self.rate().0);
        let reservoir = 6144 * u64::from(self.channels);
        let of_segment = |samples: u64| {
            let units = samples / crate::timeline::UNIT_SAMPLES;
            let payload = (u64::from(self.bit_rate.0) * samples).div_ceil(rate);
            ((payload + reservoir + 8 * (4 * units + BOXES_BYTES)) * rate).div_ceil(samples)
        };
        self.timeline
            .segments()
            .map(|segment| of_segment(segment.media_samples()))
            .max()
            .unwrap_or(0)
    }
}
