//! How a rendition's samples come about: everything that a segment is made by,
//! beside the samples themselves.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::job::JobError;
use super::placed::{PlacedReader, PlacedTrack};
use crate::aac::{self, EncoderSettings};
use crate::analysis::{block_energies, block_samples};
use crate::decode::{self, TrackAudio};
use crate::fmp4::{self, StreamHeader};
use crate::manifest::{Applied, SiteSettings, Stream};
use crate::mastering::{Chain, Dither, Settings, quantize};
use crate::timeline::{Segment, Timeline};

/// What turns a track's samples into a rendition's segments.
pub struct Recipe {
    stream: Stream,
    encoder: EncoderSettings,
    dither: Dither,
    chain: Option<Chain>,
    applied: Option<Applied>,
    origin: i64,
}

/// A segment, as published.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentBytes {
    /// The file.
    pub bytes: Vec<u8>,
    /// Samples beyond full scale that were clipped, over all channels.
    pub clipped: u64,
    /// What was measured of a mastered segment before it was encoded.
    pub measured: Option<SegmentLevels>,
}

/// The levels of a mastered segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentLevels {
    /// Of each block of 100 ms that begins in the segment, behind the K filter.
    pub energies: Vec<f64>,
    /// The greatest value at or between samples, where full scale is 1.
    pub true_peak: f32,
    /// The least gain of the limiter.
    pub limiter_gain: f32,
}

impl Recipe {
    /// For a track in its place; `mastering` is none for `original`.
    #[must_use]
    pub fn new(placed: &PlacedTrack, site: &SiteSettings, mastering: Option<&Settings>) -> Self {
        let audio = placed.audio();
        Self {
            stream: stream(audio, site),
            encoder: encoder_settings(audio, site),
            dither: if audio.is_16_bit() && mastering.is_none() {
                Dither::None
            } else {
                Dither::Triangular
            },
            chain: mastering.map(|settings| Chain::new(settings, audio.rate())),
            applied: mastering.and_then(Applied::of),
            origin: placed.origin(),
        }
    }

    /// Whether anything is done to the track.
    #[must_use]
    pub fn is_mastered(&self) -> bool {
        self.chain.is_some()
    }

    /// What mastering does, as the manifest tells it.
    #[must_use]
    pub fn applied(&self) -> Option<&Applied> {
        self.applied.as_ref()
    }

    /// What playlists are made from.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// What `init.mp4` tells.
    pub fn header(&self) -> Result<StreamHeader, JobError> {
        Ok(StreamHeader {
            rate: self.encoder.rate,
            channels: self.encoder.channels,
            bit_rate: self.encoder.bit_rate,
            audio_specific_config: aac::audio_specific_config(&self.encoder)?,
        })
    }

    /// The samples of the axis that a segment is made from.
    #[must_use]
    pub fn input_range(&self, segment: &Segment) -> Range<i64> {
        let made = self.made_range(segment);
        self.chain
            .as_ref()
            .map_or(made.clone(), |chain| chain.input_range(&made))
    }

    /// Makes a segment from planar samples of which the first is sample
    /// `start` of the axis; they hold [`Self::input_range`].
    pub fn make(
        &self,
        planes: &[Vec<f32>],
        start: i64,
        segment: &Segment,
    ) -> Result<SegmentBytes, JobError> {
        let made = self.made_range(segment);
        let encoded = self.on_axis(aac::input_range(segment));
        let mastered = self
            .chain
            .as_ref()
            .map(|chain| chain.run(planes, start, &made));
        let (planes, start) = match &mastered {
            Some(mastered) => (mastered.planes.as_slice(), made.start),
            None => (planes, start),
        };
        let input = quantize(&cut(planes, start, &encoded), encoded.start, self.dither);
        let own = self.on_axis(segment.samples.start as i64..segment.samples.end as i64);
        let clipped = input.clipped.iter().filter(|(at, _)| own.contains(at));
        let units = aac::encode_segment(&self.encoder, segment, &input.samples)?;
        Ok(SegmentBytes {
            bytes: fmp4::media_segment(segment, &units)?,
            clipped: clipped.map(|(_, count)| u64::from(*count)).sum(),
            measured: mastered.as_ref().map(|mastered| SegmentLevels {
                energies: self.energies(&mastered.planes, made.start, segment),
                true_peak: mastered.true_peak,
                limiter_gain: mastered.limiter_gain,
            }),
        })
    }

    /// The 16-bit samples, interleaved, of a range of the track, as they are
    /// encoded.
    pub fn pcm(&self, reader: &mut PlacedReader, range: Range<i64>) -> Result<Vec<i16>, JobError> {
        let range = self.on_axis(range);
        let planes = match &self.chain {
            None => decode::guarded(|| reader.read(&range))?,
            Some(chain) => {
                let needed = chain.input_range(&range);
                let planes = decode::guarded(|| reader.read(&needed))?;
                chain.run(&planes, needed.start, &range).planes
            }
        };
        let views: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
        Ok(quantize(&views, range.start, self.dither).samples)
    }

    /// The samples of the axis that are mastered for a segment: what the
    /// encoder takes, and the whole of the last block that begins in it.
    fn made_range(&self, segment: &Segment) -> Range<i64> {
        let encoded = aac::input_range(segment);
        let end = match &self.chain {
            Some(_) => encoded.end.max(self.block_range(segment).end as i64),
            None => encoded.end,
        };
        self.on_axis(encoded.start..end)
    }

    /// The whole blocks of 100 ms that begin in a segment, as samples of the
    /// track.
    fn block_range(&self, segment: &Segment) -> Range<u64> {
        let block = block_samples(self.encoder.rate);
        let whole = self.stream.timeline.samples() / block * block;
        let from = segment.samples.start.next_multiple_of(block).min(whole);
        from..segment
            .samples
            .end
            .next_multiple_of(block)
            .clamp(from, whole)
    }

    fn energies(&self, planes: &[Vec<f32>], start: i64, segment: &Segment) -> Vec<f64> {
        let blocks = self.block_range(segment);
        let run_in = block_samples(self.encoder.rate);
        let window = self.on_axis(blocks.start as i64 - run_in as i64..blocks.end as i64);
        let views = cut(planes, start, &window);
        block_energies(self.encoder.rate, &views, run_in as usize)
    }

    fn on_axis(&self, range: Range<i64>) -> Range<i64> {
        range.start + self.origin..range.end + self.origin
    }
}

/// A range of planar samples of which the first is sample `start`.
fn cut<'a>(planes: &'a [Vec<f32>], start: i64, range: &Range<i64>) -> Vec<&'a [f32]> {
    let own = (range.start - start) as usize..(range.end - start) as usize;
    planes.iter().map(|plane| &plane[own.clone()]).collect()
}

/// Makes one segment: a pure function of the audio, the recipe and the index.
/// `reader` may stand anywhere.
pub fn render_segment(
    reader: &mut PlacedReader,
    recipe: &Recipe,
    segment: &Segment,
) -> Result<SegmentBytes, JobError> {
    let range = recipe.input_range(segment);
    let planes = decode::guarded(|| reader.read(&range))?;
    recipe.make(&planes, range.start, segment)
}

fn encoder_settings(audio: &TrackAudio, site: &SiteSettings) -> EncoderSettings {
    let channels = audio.channels();
    EncoderSettings {
        rate: audio.rate(),
        channels,
        bit_rate: site.bitrate.for_channels(channels),
    }
}

fn stream(audio: &TrackAudio, site: &SiteSettings) -> Stream {
    Stream {
        timeline: Timeline::new(audio.rate(), audio.samples(), site.segment_seconds),
        channels: audio.channels(),
        bit_rate: encoder_settings(audio, site).bit_rate,
    }
}
