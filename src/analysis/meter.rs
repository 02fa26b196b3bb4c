//! One chunk of a track, measured.

use std::ops::Range;

use super::bands::BANDS;
use super::levels::{Block, HOPS};
use super::loudness::BlockMeter;
use super::measurements::Measurements;
use super::spectrum::SpectrumMeter;
use super::true_peak::TruePeak;
use super::{block_samples, hop_samples};
use crate::signal::dot;
use crate::units::SampleRate;

/// Blocks of a chunk: ten seconds.
pub const CHUNK_BLOCKS: u64 = 100;

/// Measures chunks of one track, in any order.
pub struct Meter {
    rate: SampleRate,
    channels: u16,
    /// The track's length.
    samples: u64,
    spectrum: SpectrumMeter,
    true_peak: TruePeak,
}

impl Meter {
    /// A meter for a track of `samples` in one or two channels.
    #[must_use]
    pub fn new(rate: SampleRate, channels: u16, samples: u64) -> Self {
        Self {
            rate,
            channels,
            samples,
            spectrum: SpectrumMeter::new(rate),
            true_peak: TruePeak::new(),
        }
    }

    /// How many chunks the track has.
    #[must_use]
    pub fn chunks(&self) -> u64 {
        self.samples.div_ceil(self.chunk_samples())
    }

    /// The samples that [`Self::measure`] needs of the track for a chunk, with
    /// silence before the first and behind the last.
    #[must_use]
    pub fn input_range(&self, chunk: u64) -> Range<i64> {
        let own = self.own_range(chunk);
        let end = own.end.next_multiple_of(block_samples(self.rate));
        own.start as i64 - self.before() as i64..(end + SpectrumMeter::REACH as u64) as i64
    }

    /// The blocks of a chunk, as samples of the track; the last of the track is
    /// as long as the others.
    pub fn blocks(&self, chunk: u64) -> impl Iterator<Item = Range<i64>> + use<> {
        let own = self.own_range(chunk);
        let block = block_samples(self.rate);
        own.step_by(block as usize)
            .map(move |start| start as i64..(start + block) as i64)
    }

    /// Measures a chunk from planar samples of its [`Self::input_range`].
    ///
    /// # Panics
    /// When the planes are not as many as the channels, and as long as the
    /// range.
    #[must_use]
    pub fn measure(&mut self, chunk: u64, planes: &[Vec<f32>]) -> Measurements {
        let own = self.own_range(chunk);
        let before = self.before();
        let block = block_samples(self.rate) as usize;
        let part = |range: Range<usize>| -> Vec<&[f32]> {
            planes.iter().map(|plane| &plane[range.clone()]).collect()
        };
        let mut loudness = BlockMeter::new(self.rate, self.channels);
        loudness.run_in(&part(before - block..before));
        let mut measured = Measurements::new(self.rate, self.channels, self.samples);
        let mut peaks = Vec::new();
        for start in (own.start..own.end).step_by(block) {
            let at = (start - own.start) as usize + before;
            let samples = part(at..at + block);
            let energy = loudness.block(&samples);
            let is_whole = start + block as u64 <= own.end;
            let middle = at + block / 2;
            let reach = SpectrumMeter::REACH;
            let spectrum = self.spectrum.measure(&part(middle - reach..middle + reach));
            let hops = measure_hops(&samples, hop_samples(self.rate) as usize);
            measured.push(
                Block::new(
                    is_whole.then_some(energy),
                    spectrum.bands,
                    hops.levels,
                    hops.peaks,
                ),
                &spectrum.thirds,
                &samples,
                hops.peaks.into_iter().fold(0.0, f32::max),
            );
            let near = part(at - TruePeak::MARGIN..at + block + TruePeak::MARGIN);
            self.true_peak
                .peaks(&near, block, measured.true_peak(), &mut peaks);
            measured.raise_true_peak(peaks[0]);
        }
        let length = (own.end - own.start) as usize;
        measured.extend_waveform(&part(before..before + length), own.start);
        measured
    }

    fn chunk_samples(&self) -> u64 {
        CHUNK_BLOCKS * block_samples(self.rate)
    }

    fn own_range(&self, chunk: u64) -> Range<u64> {
        let start = chunk * self.chunk_samples();
        start..(start + self.chunk_samples()).min(self.samples)
    }

    /// What is needed before a chunk: the K filter's run-in or the spectrum's
    /// reach, whichever is more.
    fn before(&self) -> usize {
        let block = block_samples(self.rate) as usize;
        block.max(SpectrumMeter::REACH - block / 2)
    }
}

struct Hops {
    levels: [f64; HOPS],
    peaks: [f32; HOPS],
}

fn measure_hops(planes: &[&[f32]], hop: usize) -> Hops {
    let slice = |plane: &&[f32], index: usize| -> Range<usize> {
        debug_assert!(plane.len() >= (index + 1) * hop);
        index * hop..(index + 1) * hop
    };
    Hops {
        levels: std::array::from_fn(|index| {
            let squares: f64 = planes
                .iter()
                .map(|plane| {
                    let samples = &plane[slice(plane, index)];
                    dot(samples, samples)
                })
                .sum();
            2.0 * squares / (hop * planes.len()) as f64
        }),
        peaks: std::array::from_fn(|index| {
            planes
                .iter()
                .flat_map(|plane| &plane[slice(plane, index)])
                .fold(0.0, |peak: f32, sample| peak.max(sample.abs()))
        }),
    }
}

const _: () = assert!(BANDS == 5, "a block's bytes count five bands");
