//! The whole chain on one window of a track.

use std::ops::Range;

use super::AIM_DBTP;
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
    /// The samples that were made.
    output: Range<i64>,
    /// The compressor's gain at each sample from `compressor_start`; empty
    /// where there is no compressor.
    compressor_gains: Vec<f32>,
    compressor_start: i64,
    /// The limiter's gains, as it gives them.
    limiter_gains: Vec<f32>,
}

/// The least gains in a part of a window, where 1 changes nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeastGains {
    /// Of the compressor.
    pub compressor: f32,
    /// Of the limiter.
    pub limiter: f32,
}

impl Mastered {
    /// The least gains in a part of the window, which is not empty: what a
    /// listener would see on the meters.
    #[must_use]
    pub fn least_gains(&self, part: &Range<i64>) -> LeastGains {
        let own = (part.start - self.compressor_start) as usize
            ..(part.end - self.compressor_start) as usize;
        let compressor = self.compressor_gains.get(own).unwrap_or_default();
        LeastGains {
            compressor: compressor.iter().copied().fold(1.0, f32::min),
            limiter: Limiter::least_gain(&self.limiter_gains, &self.output, part),
        }
    }
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
            limiter: Limiter::new(AIM_DBTP, rate),
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
        let mut compressor_gains = Vec::new();
        if let Some(compressor) = &self.compressor {
            let needed = compressor.input_range(&window);
            compressor_gains = compressor.gains(&cut(&needed), needed.start, &window);
            for plane in &mut made {
                for (sample, gain) in plane.iter_mut().zip(&compressor_gains) {
                    *sample *= gain * self.gain;
                }
            }
        } else {
            for plane in &mut made {
                for sample in plane {
                    *sample *= self.gain;
                }
            }
        }
        let (planes, limited) = self.limiter.run(&made, output);
        let Limited {
            true_peak,
            gain,
            gains,
        } = limited;
        Mastered {
            planes,
            true_peak,
            limiter_gain: gain,
            output: output.clone(),
            compressor_gains,
            compressor_start: window.start,
            limiter_gains: gains,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::preset::Compression;
    use super::*;

    /// Noise that is loud and soft by turns, with clicks; silence outside.
    fn sample(channel: usize, at: i64) -> f32 {
        const LENGTH: i64 = 400_000;
        if !(0..LENGTH).contains(&at) {
            return 0.0;
        }
        let hash = (at as u32 ^ (channel as u32) << 20).wrapping_mul(2_654_435_761);
        let noise = (hash >> 8) as f32 / 8_388_608.0 - 1.0;
        let loud = [0.02, 0.3, 0.9, 0.1][(at / 23_000 % 4) as usize];
        if at % 50_021 == 0 { 1.5 } else { noise * loud }
    }

    fn run(chain: &Chain, channels: usize, output: &Range<i64>) -> Vec<Vec<f32>> {
        let needed = chain.input_range(output);
        let planes: Vec<Vec<f32>> = (0..channels)
            .map(|channel| needed.clone().map(|at| sample(channel, at)).collect())
            .collect();
        chain.run(&planes, needed.start, output).planes
    }

    fn settings(equaliser: f64, ratio: f64, release_ms: f64, gain_db: f64) -> Settings {
        Settings {
            equaliser_db: [equaliser, -equaliser, 0.5 * equaliser, 1.0, -0.5],
            compressor: Compression {
                ratio,
                threshold_db: -24.0,
                knee_db: 6.0,
                attack_ms: 12.0,
                release_ms,
            },
            gain_db,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_window_has_the_bits_of_the_whole(
            start in 0i64..380_000,
            length in 1i64..20_000,
            channels in 1usize..3,
            rate in prop::sample::select(vec![32_000u32, 44_100, 48_000]),
            equaliser in -3.0f64..3.0,
            ratio in prop::sample::select(vec![1.0f64, 1.5, 4.0]),
            release_ms in 50.0f64..300.0,
            gain_db in -6.0f64..12.0,
        ) {
            let settings = settings(equaliser, ratio, release_ms, gain_db);
            let chain = Chain::new(&settings, SampleRate(rate));
            // The whole begins well before the window, and ends behind it.
            let whole_range = (start - 150_000)..(start + length + 50_000);
            let whole = run(&chain, channels, &whole_range);
            let window = run(&chain, channels, &(start..start + length));
            for (whole, window) in whole.iter().zip(&window) {
                prop_assert!(whole[150_000..150_000 + length as usize] == window[..]);
            }
        }
    }

    #[test]
    fn an_impulse_comes_out_where_it_went_in() {
        let chain = Chain::new(&settings(2.0, 2.0, 100.0, 3.0), SampleRate(44_100));
        let output = -5_000..5_000;
        let needed = chain.input_range(&output);
        let plane: Vec<f32> = needed
            .clone()
            .map(|at| if at == 0 { 0.5 } else { 0.0 })
            .collect();
        let made = chain.run(&[plane], needed.start, &output).planes.remove(0);
        let greatest = (0..made.len()).max_by(|a, b| made[*a].abs().total_cmp(&made[*b].abs()));
        assert_eq!(greatest, Some(5_000));
    }

    #[test]
    fn channels_get_the_same_gain() {
        // A loud left channel turns the right one down as much: the image stays.
        let chain = Chain::new(
            &Settings {
                equaliser_db: [0.0; 5],
                ..settings(0.0, 4.0, 100.0, 6.0)
            },
            SampleRate(44_100),
        );
        let output = 20_000..60_000;
        let needed = chain.input_range(&output);
        let left: Vec<f32> = needed.clone().map(|at| sample(0, at)).collect();
        let right: Vec<f32> = left.iter().map(|sample| sample * 0.25).collect();
        let made = chain.run(&[left, right], needed.start, &output).planes;
        for (left, right) in made[0].iter().zip(&made[1]) {
            assert!((left * 0.25 - right).abs() < 1e-6, "{left} {right}");
        }
    }
}
