//! The limiter: no true peak above the ceiling, by a gain that is there before
//! the peak is.
//!
//! The true peak of every 32 samples tells the gain that they need. From it the
//! gain falls at once and rises again by a fixed slope; the least over a few
//! neighbours is then averaged over the same neighbours, so that it moves
//! smoothly and is nowhere above what is needed. Everything has a finite
//! memory: a reduction of more than 12 dB counts as 12 for the way back up.

use std::ops::Range;

use crate::analysis::TruePeak;
use crate::signal::amplitude;
use crate::units::SampleRate;

/// Samples of a node.
const NODE: i64 = 32;
/// Nodes on either side over which the gain is averaged: 2.9 ms at 44.1 kHz.
const REACH: i64 = 4;
/// How fast the gain rises again.
const RELEASE_DB_PER_SECOND: f64 = 40.0;
/// A reduction beyond is forgotten as if it were this.
const DEEPEST_DB: f64 = 12.0;

/// A limiter for one rate.
#[derive(Clone, Debug)]
pub struct Limiter {
    peak: TruePeak,
    ceiling: f32,
    /// What the gain is multiplied by from node to node while it rises.
    rise: f32,
    /// The least gain that is remembered.
    floor: f32,
    /// Nodes after which that has risen to one.
    memory: i64,
    weights: [f32; (2 * REACH + 1) as usize],
}

/// What a limiter did to a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Limited {
    /// The greatest value at or between samples that is left.
    pub true_peak: f32,
    /// The least gain.
    pub gain: f32,
    /// The gain at each node, from that at or before the first sample to that
    /// behind the last.
    pub gains: Vec<f32>,
}

impl Limiter {
    /// A limiter to a true peak in dBTP. A gain that moves between two samples,
    /// and another oversampling filter than ours, may add 0.1 dB to it.
    #[must_use]
    pub fn new(ceiling_dbtp: f64, rate: SampleRate) -> Self {
        let rise_db = RELEASE_DB_PER_SECOND * NODE as f64 / f64::from(rate.0);
        let bell: [f64; (2 * REACH + 1) as usize] = std::array::from_fn(|index| {
            let place = (index as f64 - REACH as f64) / (REACH + 1) as f64;
            0.5 + 0.5 * libm::cos(std::f64::consts::PI * place)
        });
        let sum: f64 = bell.iter().sum();
        Self {
            peak: TruePeak::new(),
            ceiling: amplitude(ceiling_dbtp) as f32,
            rise: amplitude(rise_db) as f32,
            floor: amplitude(-DEEPEST_DB) as f32,
            memory: libm::ceil(DEEPEST_DB / rise_db) as i64 + 1,
            weights: bell.map(|weight| (weight / sum) as f32),
        }
    }

    /// The samples before the limiter that `output` is made from.
    #[must_use]
    pub fn input_range(&self, output: &Range<i64>) -> Range<i64> {
        let nodes = self.looked_at(output);
        let margin = TruePeak::MARGIN as i64;
        nodes.start * NODE - margin..nodes.end * NODE + margin
    }

    /// The nodes whose peaks decide the gains of `output`.
    fn looked_at(&self, output: &Range<i64>) -> Range<i64> {
        let gains = Self::gain_nodes(output);
        gains.start - 2 * REACH - 1 - self.memory..gains.end + 2 * REACH
    }

    /// The nodes between whose gains the samples of `output` stand: a node's
    /// gain holds at its first sample.
    fn gain_nodes(output: &Range<i64>) -> Range<i64> {
        output.start.div_euclid(NODE)..(output.end - 1).div_euclid(NODE) + 2
    }

    /// The least of the gains of `output`, as `Limited` has them, in a part
    /// of it.
    #[must_use]
    pub fn least_gain(gains: &[f32], output: &Range<i64>, part: &Range<i64>) -> f32 {
        let first = Self::gain_nodes(output).start;
        let own = Self::gain_nodes(part);
        gains[(own.start - first) as usize..(own.end - first) as usize]
            .iter()
            .copied()
            .fold(1.0, f32::min)
    }

    /// Limits `output`, cut from planar samples that hold
    /// [`Self::input_range`].
    #[must_use]
    pub fn run(&self, planes: &[Vec<f32>], output: &Range<i64>) -> (Vec<Vec<f32>>, Limited) {
        let looked_at = self.looked_at(output);
        let mut peaks = Vec::new();
        let views: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
        self.peak
            .peaks(&views, NODE as usize, self.ceiling, &mut peaks);
        if peaks.iter().all(|peak| *peak <= self.ceiling) {
            // Nothing to do, but to tell the true peak: some peaks between
            // samples were not looked at.
            let greatest = peaks.iter().copied().fold(0.0, f32::max);
            self.peak.peaks(&views, NODE as usize, greatest, &mut peaks);
        }
        let gains = self.gains(&peaks);
        let nodes = Self::gain_nodes(output);
        debug_assert_eq!(gains.len() as i64, nodes.end - nodes.start);
        let start = self.input_range(output).start;
        let step = 1.0 / NODE as f32;
        let made = planes
            .iter()
            .map(|plane| {
                let mut made = Vec::with_capacity((output.end - output.start) as usize);
                for (node, pair) in (nodes.start..).zip(gains.windows(2)) {
                    let from = output.start.max(node * NODE);
                    let to = output.end.min((node + 1) * NODE);
                    let rise = (pair[1] - pair[0]) * step;
                    let samples = &plane[(from - start) as usize..(to - start) as usize];
                    made.extend(
                        samples
                            .iter()
                            .zip(from - node * NODE..)
                            .map(|(sample, at)| sample * (pair[0] + rise * at as f32)),
                    );
                }
                made
            })
            .collect();
        let own = (nodes.start - looked_at.start) as usize;
        let true_peak = peaks[own..]
            .iter()
            .zip(gains.windows(2))
            .map(|(peak, pair)| peak * pair[0].max(pair[1]))
            .fold(0.0, f32::max);
        let gain = gains.iter().copied().fold(1.0, f32::min);
        let limited = Limited {
            true_peak,
            gain,
            gains,
        };
        (made, limited)
    }

    /// The gain at each node from the peaks of all that are looked at.
    fn gains(&self, peaks: &[f32]) -> Vec<f32> {
        // A node's gain holds at its edge, so for the samples on both sides.
        let needed: Vec<f32> = peaks
            .windows(2)
            .map(|pair| {
                let peak = pair[0].max(pair[1]);
                if peak > self.ceiling {
                    self.ceiling / peak
                } else {
                    1.0
                }
            })
            .collect();
        if needed.iter().all(|gain| *gain >= 1.0) {
            let reach = 2 * REACH as usize;
            return vec![1.0; needed.len() - 2 * reach - self.memory as usize];
        }
        let mut risen = 1.0f32;
        let released: Vec<f32> = needed
            .iter()
            .map(|gain| {
                risen = (risen * self.rise).min(1.0).min(gain.max(self.floor));
                risen.min(*gain)
            })
            .collect();
        let around = 2 * REACH as usize + 1;
        let least: Vec<f32> = released[self.memory as usize..]
            .windows(around)
            .map(|near| near.iter().copied().fold(1.0, f32::min))
            .collect();
        least
            .windows(around)
            .map(|near| {
                let sum: f32 = near
                    .iter()
                    .zip(&self.weights)
                    .map(|(gain, weight)| gain * weight)
                    .sum();
                sum.min(1.0)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::decibels;

    const RATE: SampleRate = SampleRate(44_100);

    fn run(plane: &[f32], output: &Range<i64>) -> (Vec<f32>, Limited) {
        let limiter = Limiter::new(-1.1, RATE);
        let needed = limiter.input_range(output);
        let padded: Vec<f32> = needed
            .map(|at| {
                usize::try_from(at)
                    .ok()
                    .and_then(|at| plane.get(at))
                    .copied()
                    .unwrap_or(0.0)
            })
            .collect();
        let (mut made, outcome) = limiter.run(&[padded], output);
        (made.remove(0), outcome)
    }

    fn db(value: f32) -> f64 {
        decibels(f64::from(value) * f64::from(value))
    }

    /// The true peak by the `ebur128` crate, whose filter is another.
    fn true_peak_db(plane: &[f32]) -> f64 {
        let mut meter = ebur128::EbuR128::new(1, 44_100, ebur128::Mode::TRUE_PEAK).expect("meter");
        meter.add_frames_f32(plane).expect("frames");
        20.0 * meter.true_peak(0).expect("peak").log10()
    }

    #[test]
    fn stepped_sines_come_out_at_the_ceiling_and_softer_ones_untouched() {
        let second = 44_100;
        let steps = [-3.0, -1.2, 0.0, 1.0, 3.0, 6.0];
        let sine = |at: usize| {
            let gain = libm::pow(10.0, steps[at / second] / 20.0);
            (gain * libm::sin(std::f64::consts::TAU * 997.0 * at as f64 / 44_100.0)) as f32
        };
        let plane: Vec<f32> = (0..steps.len() * second).map(sine).collect();
        let (made, _) = run(&plane, &(0..plane.len() as i64));
        for (step, level) in steps.into_iter().enumerate() {
            // Behind the release of a louder step there is none: they rise.
            let settled = step * second + second / 4..(step + 1) * second - second / 4;
            let peak = made[settled]
                .iter()
                .copied()
                .fold(0.0f32, |most, value| most.max(value.abs()));
            let expected = level.min(-1.1);
            assert!(
                (db(peak) - expected).abs() < 0.1,
                "{level} dB: {} dB",
                db(peak)
            );
        }
    }

    #[test]
    fn no_true_peak_is_above_the_ceiling() {
        let noise = |n: u32| (n.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0;
        let signals: [(&str, Vec<f32>); 5] = [
            (
                "a sine at a quarter of the rate",
                (0..44_100)
                    .map(|n| (std::f32::consts::FRAC_PI_2 * n as f32 + 0.785).sin() * 1.6)
                    .collect(),
            ),
            ("noise", (0..44_100).map(|n| noise(n) * 1.5).collect()),
            (
                "a square",
                (0..44_100)
                    .map(|n| if n / 50 % 2 == 0 { 1.2 } else { -1.2 })
                    .collect(),
            ),
            (
                "clicks",
                (0..44_100)
                    .map(|n| if n % 4001 == 0 { 4.0 } else { 0.0 })
                    .collect(),
            ),
            (
                "bursts",
                (0..44_100)
                    .map(|n| noise(n) * if n / 2205 % 3 == 0 { 1.9 } else { 0.1 })
                    .collect(),
            ),
        ];
        for (name, signal) in signals {
            let (made, limited) = run(&signal, &(0..44_100));
            let peak = true_peak_db(&made);
            assert!(peak <= -1.0, "{name}: {peak} dBTP");
            assert!(
                (db(limited.true_peak) - peak).abs() < 0.6,
                "{name}: says {} dBTP, is {peak}",
                db(limited.true_peak)
            );
        }
    }

    #[test]
    fn what_is_below_the_ceiling_passes_untouched() {
        let quiet: Vec<f32> = (0..10_000).map(|n| (n as f32 * 0.05).sin() * 0.8).collect();
        let (made, limited) = run(&quiet, &(0..10_000));
        assert_eq!(made, quiet);
        assert!(limited.gain >= 1.0);
    }

    #[test]
    fn the_gain_is_there_before_the_peak_and_rises_by_its_slope() {
        let mut plane = vec![0.1f32; 44_100];
        plane[20_000] = 1.782; // 5 dBFS: six above the ceiling
        let (made, _) = run(&plane, &(0..44_100));
        let reduction = |at: usize| -db(made[at] / plane[at]);
        assert!(reduction(19_600) < 0.01, "nothing before its look-ahead");
        assert!(
            (5.8..6.8).contains(&reduction(20_000)),
            "{}",
            reduction(20_000)
        );
        // 40 dB a second: two decibels after 50 ms.
        let risen = reduction(20_300) - reduction(20_300 + 2205);
        assert!((risen - 2.0).abs() < 0.1, "{risen} dB in 50 ms");
        assert!(reduction(30_000) < 0.01);
    }

    #[test]
    fn any_window_has_the_bits_of_the_whole() {
        let plane: Vec<f32> = (0..120_000u32)
            .map(|n| {
                let loud = if n / 9_000 % 4 == 0 { 9.0 } else { 1.2 };
                loud * ((n.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0)
            })
            .collect();
        let (whole, _) = run(&plane, &(0..120_000));
        for window in [0..1, 5_000..5_033, 31_337..90_001, 119_999..120_000] {
            let (part, _) = run(&plane, &window);
            assert_eq!(part, whole[window.start as usize..window.end as usize]);
        }
    }
}
