//! The compressor: stereo-linked, soft knee, with a memory that ends.
//!
//! The level of the track as it comes in, all channels together, is measured
//! over 30 ms around every hop of 10 ms. The static curve gives the reduction
//! for it; attack and release smooth that in decibels, branching (D. Giannoulis,
//! M. Massberg, J. D. Reiss, "Digital dynamic range compressor design", JAES 60,
//! 2012: equations 4 and 17), begun anew for every hop three release times
//! before it, so that no window depends on where rendering started. Between
//! hops the gain is a straight line.

use std::ops::Range;

use super::preset::Compression;
use crate::signal::{amplitude, decibels, dot};
use crate::units::SampleRate;

/// Release times that the smoothing looks back; what is older weighs 5 per cent.
const MEMORY: f64 = 3.0;
/// Length of a hop.
const HOP_MS: f64 = 10.0;

/// A compressor for one rate.
#[derive(Clone, Debug)]
pub struct Compressor {
    hop: i64,
    /// How much less comes out for each decibel above the threshold.
    slope: f64,
    threshold_db: f64,
    knee_db: f64,
    /// What stays of a difference after a hop.
    attack: f64,
    release: f64,
    /// Hops that the smoothing looks back.
    memory: i64,
}

impl Compressor {
    /// A compressor; its threshold stands in dBFS of what comes in.
    #[must_use]
    pub fn new(settings: &Compression, rate: SampleRate) -> Self {
        let stays = |time_ms: f64| libm::exp(-HOP_MS / time_ms);
        Self {
            hop: i64::from(rate.0 / 100),
            slope: 1.0 - 1.0 / settings.ratio,
            threshold_db: settings.threshold_db,
            knee_db: settings.knee_db,
            attack: stays(settings.attack_ms),
            release: stays(settings.release_ms),
            memory: libm::ceil(MEMORY * settings.release_ms.max(settings.attack_ms) / HOP_MS)
                as i64,
        }
    }

    /// The samples of the track that the gains of `output` follow from.
    #[must_use]
    pub fn input_range(&self, output: &Range<i64>) -> Range<i64> {
        let hops = self.hops(output);
        (hops.start - self.memory - 1) * self.hop..(hops.end + 1) * self.hop
    }

    /// The gain of every sample of `output`, from planar samples of the track
    /// of which the first is sample `start`; they hold [`Self::input_range`].
    #[must_use]
    pub fn gains(&self, planes: &[&[f32]], start: i64, output: &Range<i64>) -> Vec<f32> {
        let needed = self.input_range(output);
        let hops = self.hops(output);
        let powers: Vec<f64> = (needed.start / self.hop..needed.end / self.hop)
            .map(|hop| {
                let from = (hop * self.hop - start) as usize;
                let squares: f64 = planes
                    .iter()
                    .map(|plane| {
                        let samples = &plane[from..from + self.hop as usize];
                        dot(samples, samples)
                    })
                    .sum();
                2.0 * squares / (self.hop as usize * planes.len()) as f64
            })
            .collect();
        let wanted = self.wanted_reductions(&powers);
        let memory = self.memory as usize;
        let nodes: Vec<f32> = (0..(hops.end - hops.start) as usize)
            .map(|node| {
                // One of `wanted` less on either side than of `powers`.
                let past = &wanted[node..=node + memory];
                amplitude(-self.smooth(past)) as f32
            })
            .collect();
        self.between(&nodes, hops.start, output)
    }

    /// The smoothed reduction in decibels of each hop of a whole track, from
    /// the power of each.
    #[must_use]
    pub fn reductions(&self, powers: &[f64]) -> Vec<f64> {
        let edge = |power: Option<&f64>| power.copied().unwrap_or(0.0);
        let mut padded = vec![0.0];
        padded.extend_from_slice(powers);
        padded.push(edge(None));
        let mut reduction = 0.0;
        self.wanted_reductions(&padded)
            .into_iter()
            .map(|wanted| {
                reduction = self.step(reduction, wanted);
                reduction
            })
            .collect()
    }

    /// The reduction that the static curve asks for at a level.
    #[must_use]
    pub fn curve_db(&self, level_db: f64) -> f64 {
        let over = level_db - self.threshold_db;
        let half = self.knee_db / 2.0;
        if over <= -half {
            0.0
        } else if over < half {
            self.slope * (over + half) * (over + half) / (2.0 * self.knee_db)
        } else {
            self.slope * over
        }
    }

    /// Of all hops but the first and the last, by the level around each.
    fn wanted_reductions(&self, powers: &[f64]) -> Vec<f64> {
        powers
            .windows(3)
            .map(|near| self.curve_db(decibels((near[0] + near[1] + near[2]) / 3.0)))
            .collect()
    }

    fn smooth(&self, past: &[f64]) -> f64 {
        let first = past.first().copied().unwrap_or(0.0);
        past.iter()
            .fold(first, |reduction, wanted| self.step(reduction, *wanted))
    }

    fn step(&self, reduction: f64, wanted: f64) -> f64 {
        let stays = if wanted > reduction {
            self.attack
        } else {
            self.release
        };
        stays * reduction + (1.0 - stays) * wanted
    }

    /// The hops whose middles enclose samples.
    fn hops(&self, samples: &Range<i64>) -> Range<i64> {
        let before = |sample: i64| (sample - self.hop / 2).div_euclid(self.hop);
        before(samples.start)..before(samples.end - 1) + 2
    }

    /// Straight lines between the gains at the middles of hops.
    fn between(&self, nodes: &[f32], first: i64, output: &Range<i64>) -> Vec<f32> {
        let mut gains = Vec::with_capacity((output.end - output.start) as usize);
        let step = 1.0 / self.hop as f32;
        for (index, pair) in nodes.windows(2).enumerate() {
            let middle = (first + index as i64) * self.hop + self.hop / 2;
            let from = output.start.max(middle);
            let to = output.end.min(middle + self.hop);
            let rise = (pair[1] - pair[0]) * step;
            gains.extend((from..to).map(|sample| pair[0] + rise * (sample - middle) as f32));
        }
        gains
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: SampleRate = SampleRate(44_100);
    const SETTINGS: Compression = Compression {
        ratio: 3.0,
        threshold_db: -20.0,
        knee_db: 6.0,
        attack_ms: 20.0,
        release_ms: 150.0,
    };

    /// A sine in steps of (dBFS, seconds), with its gains.
    fn run(settings: &Compression, frequency: f64, steps: &[(f64, f64)]) -> Vec<f32> {
        let compressor = Compressor::new(settings, RATE);
        let mut plane: Vec<f32> = Vec::new();
        for (level, seconds) in steps {
            for _ in 0..(seconds * 44_100.0) as usize {
                let angle = std::f64::consts::TAU * frequency * plane.len() as f64 / 44_100.0;
                plane.push((amplitude(*level) * angle.sin()) as f32);
            }
        }
        let output = 0..plane.len() as i64;
        let needed = compressor.input_range(&output);
        let padded: Vec<f32> = needed
            .clone()
            .map(|at| {
                usize::try_from(at)
                    .ok()
                    .and_then(|at| plane.get(at))
                    .copied()
                    .unwrap_or(0.0)
            })
            .collect();
        compressor.gains(&[&padded, &padded], needed.start, &output)
    }

    fn reduction_db(gains: &[f32], seconds: f64) -> f64 {
        let gain = f64::from(gains[(seconds * 44_100.0) as usize]);
        -decibels(gain * gain)
    }

    #[test]
    fn stepped_sines_get_the_static_curve() {
        for frequency in [100.0, 1000.0, 8000.0] {
            for (level, expected) in [
                (-40.0, 0.0),
                (-24.0, 0.0),
                // In the middle of the knee: slope * 3 * 3 / 12.
                (-20.0, 0.5),
                (-14.0, 4.0),
                (-2.0, 12.0),
            ] {
                let gains = run(&SETTINGS, frequency, &[(level, 2.0)]);
                let reduction = reduction_db(&gains, 1.5);
                assert!(
                    (reduction - expected).abs() < 0.1,
                    "{frequency} Hz at {level} dB: {reduction} dB"
                );
            }
        }
    }

    #[test]
    fn attack_and_release_take_their_times() {
        let gains = run(
            &SETTINGS,
            1000.0,
            &[(-40.0, 1.0), (-11.0, 1.0), (-40.0, 1.0)],
        );
        // Six decibels in the end; 63 per cent of it after the attack time,
        // give or take the 30 ms over which the level is measured.
        let when = |from: f64, reached: &dyn Fn(f64) -> bool| {
            (0..1000)
                .map(|ms| f64::from(ms) / 1000.0)
                .find(|s| reached(reduction_db(&gains, from + s)))
                .expect("it gets there")
                * 1000.0
        };
        assert!((reduction_db(&gains, 1.9) - 6.0).abs() < 0.1);
        let attack = when(1.0, &|db| db > 6.0 * 0.632);
        assert!((attack - 20.0).abs() < 15.0, "attack {attack} ms");
        let release = when(2.0, &|db| db < 6.0 * 0.368);
        assert!((release - 150.0).abs() < 20.0, "release {release} ms");
        // No overshoot: nothing is reduced more than the curve says.
        let least = gains.iter().copied().fold(1.0, f32::min);
        assert!(-decibels(f64::from(least) * f64::from(least)) < 6.1);
    }

    #[test]
    fn a_ratio_of_one_changes_nothing() {
        let none = Compression {
            ratio: 1.0,
            ..SETTINGS
        };
        assert!(
            run(&none, 440.0, &[(-3.0, 0.5)])
                .iter()
                .all(|gain| (*gain - 1.0).abs() < f32::EPSILON)
        );
    }

    #[test]
    fn any_window_has_the_gains_of_the_whole() {
        let plane: Vec<f32> = (0..200_000u32)
            .map(|n| {
                let loud = if n / 30_000 % 2 == 0 { 0.05 } else { 0.8 };
                loud * ((n.wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0 - 0.5)
            })
            .collect();
        let compressor = Compressor::new(&SETTINGS, RATE);
        let whole = compressor.gains(&[&plane], 0, &(60_000..190_000));
        for window in [
            60_000..60_001,
            61_234..70_003,
            100_001..150_000,
            189_000..190_000,
        ] {
            let needed = compressor.input_range(&window);
            let part = &plane[needed.start as usize..needed.end as usize];
            let gains = compressor.gains(&[part], needed.start, &window);
            assert_eq!(
                gains,
                whole[window.start as usize - 60_000..window.end as usize - 60_000]
            );
        }
    }
}
