//! What was measured of a track or a part of it, so that parts can be put
//! together.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::STAGE;
use super::levels::{BLOCK_BYTES, Block};
use super::spectrum::THIRD_OCTAVES;
use super::waveform::Waveform;
use crate::signal::dot;
use crate::units::SampleRate;

/// Measurements of a track, in one piece or put together from its chunks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurements {
    /// The number of the stage that measured.
    stage: u32,
    rate: SampleRate,
    channels: u16,
    /// The levels over time.
    #[serde(serialize_with = "write_blocks", deserialize_with = "read_blocks")]
    blocks: Vec<Block>,
    /// Mean squares in third octaves, summed over blocks.
    thirds: [f64; THIRD_OCTAVES],
    /// The sums of left times left, right times right and left times right.
    products: [f64; 3],
    /// Samples that the products were summed over.
    samples: u64,
    sample_peak: f32,
    true_peak: f32,
    waveform: Waveform,
}

impl Measurements {
    /// Nothing yet, of a track that is `samples` long.
    #[must_use]
    pub fn new(rate: SampleRate, channels: u16, samples: u64) -> Self {
        Self {
            stage: STAGE,
            rate,
            channels,
            blocks: Vec::new(),
            thirds: [0.0; THIRD_OCTAVES],
            products: [0.0; 3],
            samples: 0,
            sample_peak: 0.0,
            true_peak: 0.0,
            waveform: Waveform::new(samples),
        }
    }

    /// Whether this version of segue measured it, and would measure the same.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.stage == STAGE
    }

    /// Takes in one block: its levels, its spectrum, its planar samples, and
    /// the greatest of them.
    pub(super) fn push(
        &mut self,
        block: Block,
        thirds: &[f64; THIRD_OCTAVES],
        planes: &[&[f32]],
        peak: f32,
    ) {
        self.blocks.push(block);
        for (sum, third) in self.thirds.iter_mut().zip(thirds) {
            *sum += third;
        }
        let left = planes[0];
        let right = planes.last().copied().unwrap_or(left);
        for (sum, (one, other)) in
            self.products
                .iter_mut()
                .zip([(left, left), (right, right), (left, right)])
        {
            *sum += dot(one, other);
        }
        self.samples += left.len() as u64;
        self.sample_peak = self.sample_peak.max(peak);
    }

    pub(super) fn raise_true_peak(&mut self, peak: f32) {
        self.true_peak = self.true_peak.max(peak);
    }

    pub(super) fn extend_waveform(&mut self, planes: &[&[f32]], start: u64) {
        self.waveform.extend(planes, start);
    }

    /// Puts what was measured behind this part to it.
    pub fn append(&mut self, next: &Self) {
        self.add(next);
        self.waveform.append(&next.waveform);
    }

    /// Several tracks as if they were one: an album. It has no overview.
    #[must_use]
    pub fn of_album<'a>(tracks: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut tracks = tracks.into_iter();
        let first = tracks.next()?;
        let mut album = Self {
            waveform: Waveform::new(0),
            ..first.clone()
        };
        tracks.for_each(|track| album.add(track));
        Some(album)
    }

    fn add(&mut self, next: &Self) {
        self.blocks.extend_from_slice(&next.blocks);
        for (sum, third) in self.thirds.iter_mut().zip(&next.thirds) {
            *sum += third;
        }
        for (sum, product) in self.products.iter_mut().zip(&next.products) {
            *sum += product;
        }
        self.samples += next.samples;
        self.channels = self.channels.max(next.channels);
        self.sample_peak = self.sample_peak.max(next.sample_peak);
        self.true_peak = self.true_peak.max(next.true_peak);
    }

    /// Of what was measured, in whole blocks.
    #[must_use]
    pub fn own_samples(&self) -> u64 {
        self.samples
    }

    /// Samples per second.
    #[must_use]
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// The levels over time, in blocks of 100 ms.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The energies of all whole blocks, as loudness is measured from.
    #[must_use]
    pub fn energies(&self) -> Vec<f64> {
        self.blocks.iter().filter_map(Block::energy).collect()
    }

    /// The mean square in a third octave, where a full-scale sine is 1.
    #[must_use]
    pub fn third_octave(&self, index: usize) -> f64 {
        self.thirds[index] / self.blocks.len().max(1) as f64
    }

    /// The mean square of all samples, where full scale is 1.
    #[must_use]
    pub fn mean_square(&self) -> f64 {
        (self.products[0] + self.products[1]) / (2.0 * self.samples.max(1) as f64)
    }

    /// How much of the power is in the difference of the channels: 0 for mono,
    /// 1/2 where they have nothing in common, 1 where one is the other turned
    /// round.
    #[must_use]
    pub fn stereo_width(&self) -> f64 {
        let [left, right, both] = self.products;
        if left + right > 0.0 {
            ((left + right - 2.0 * both) / (2.0 * (left + right))).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    /// The greatest sample, where full scale is 1.
    #[must_use]
    pub fn sample_peak(&self) -> f32 {
        self.sample_peak
    }

    /// The greatest value at or between samples, where full scale is 1.
    #[must_use]
    pub fn true_peak(&self) -> f32 {
        self.true_peak
    }

    /// The overview.
    #[must_use]
    pub fn waveform(&self) -> &Waveform {
        &self.waveform
    }
}

fn write_blocks<S: Serializer>(blocks: &[Block], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = blocks.iter().flat_map(|block| block.to_bytes()).collect();
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn read_blocks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Block>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = STANDARD.decode(text).map_err(serde::de::Error::custom)?;
    let (blocks, rest) = bytes.as_chunks::<BLOCK_BYTES>();
    if !rest.is_empty() {
        return Err(serde::de::Error::custom("levels end within a block"));
    }
    Ok(blocks.iter().map(Block::from_bytes).collect())
}
