//! The whole chain on one window of a track.

use std::ops::Range;

use super::CEILING_DBTP;
use super::compressor::Compressor;
use super::decision::Settings;
use super::equaliser::Equaliser;
use super::limiter::{Limited, Limiter};
use crate::signal::amplitude;
use crate::units::SampleRate;

/// The stages for one track in one variant.
///
/// All ranges count samples on one axis, which need not begin with the track:
/// tracks of an album stand on the album's, so that one goes on where the one
/// before it ended.
pub struct Chain {
    equaliser: Option<Equaliser>,
    compressor: Option<Compressor>,
    gain: f32,
    limiter: Limiter,
}

/// A window that was mastered.
#[derive(Clone, Debug, PartialEq)]
pub struct Mastered {
    /// Planar, full scale at 1.0, nowhere above the ceiling.
    pub planes: Vec<Vec<f32>>,
    /// The greatest value at or between samples, where full scale is 1.
    pub true_peak: f32,
    /// The least gain of the limiter.
    pub limiter_gain: f32,
}

impl Chain {
    /// The stages of these settings at a rate.
    #[must_use]
    pub fn new(settings: &Settings, rate: SampleRate) -> Self {
        let is_flat = settings.equaliser_db.iter().all(|gain| *gain == 0.0);
        Self {
            equaliser: (!is_flat).then(|| Equaliser::new(&settings.equaliser_db, rate)),
            compressor: (settings.compressor.ratio > 1.0)
                .then(|| Compressor::new(&settings.compressor, rate)),
            gain: amplitude(settings.gain_db) as f32,
            limiter: Limiter::new(CEILING_DBTP, rate),
        }
    }

    /// The samples that `output` is made from: with the history and the
    /// look-ahead of every stage.
    #[must_use]
    pub fn input_range(&self, output: &Range<i64>) -> Range<i64> {
        let limited = self.limiter.input_range(output);
        let mut needed = limited.clone();
        let mut widen = |range: Range<i64>| {
            needed = needed.start.min(range.start)..needed.end.max(range.end);
        };
        if self.equaliser.is_some() {
            widen(Equaliser::input_range(&limited));
        }
        if let Some(compressor) = &self.compressor {
            widen(compressor.input_range(&limited));
        }
        needed
    }

    /// Masters `output` from planar samples of which the first is sample
    /// `start`; they hold [`Self::input_range`], and may hold more.
    #[must_use]
    pub fn run(&self, planes: &[Vec<f32>], start: i64, output: &Range<i64>) -> Mastered {
        let window = self.limiter.input_range(output);
        let cut = |range: &Range<i64>| -> Vec<&[f32]> {
            let own = (range.start - start) as usize..(range.end - start) as usize;
            planes.iter().map(|plane| &plane[own.clone()]).collect()
        };
        let mut made = match &self.equaliser {
            Some(equaliser) => {
                let needed = Equaliser::input_range(&window);
                equaliser.run(&cut(&needed), needed.start, &window)
            }
            None => cut(&window).into_iter().map(<[f32]>::to_vec).collect(),
        };
        if let Some(compressor) = &self.compressor {
            let needed = compressor.input_range(&window);
            let gains = compressor.gains(&cut(&needed), needed.start, &window);
            for plane in &mut made {
                for (sample, gain) in plane.iter_mut().zip(&gains) {
                    *sample *= gain * self.gain;
                }
            }
        } else {
            for plane in &mut made {
                plane.iter_mut().for_each(|sample| *sample *= self.gain);
            }
        }
        let (planes, Limited { true_peak, gain }) = self.limiter.run(&made, output);
        Mastered {
            planes,
            true_peak,
            limiter_gain: gain,
        }
    }
}
