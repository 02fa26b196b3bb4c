//! Loudness by the block: energies behind the K filter from the `ebur128`
//! crate, gated here, since blocks that were measured apart are gated together.
//!
//! The energy of 400 ms is the mean of four blocks of 100 ms, that of 3 s of
//! thirty: so energies of 100 ms are all that has to be kept, and chunks need
//! nothing of each other but the state of the filter, which 100 ms of run-in
//! bring about.

use ebur128::{EbuR128, Mode};

use super::block_samples;
use crate::units::SampleRate;

/// The zero of the scale (ITU-R BS.1770-4, annex 1, formula 2).
const OFFSET_LU: f64 = -0.691;
/// What is softer is silence (BS.1770-4, annex 1; Tech 3342).
const ABSOLUTE_GATE_LUFS: f64 = -70.0;
/// What is so much softer than the rest is not counted (BS.1770-4, annex 1).
const RELATIVE_GATE_LU: f64 = -10.0;
/// The same for the range (EBU Tech 3342).
const RANGE_GATE_LU: f64 = -20.0;
/// The range goes from one percentile to the other (EBU Tech 3342).
const RANGE_PERCENTILES: [f64; 2] = [0.10, 0.95];
/// Blocks of a gating block: 400 ms.
const GATING_BLOCKS: usize = 4;
/// Blocks of a short-term measurement: 3 s.
const SHORT_TERM_BLOCKS: usize = 30;

/// Measures the energies of consecutive blocks.
pub struct BlockMeter {
    meter: EbuR128,
    block: usize,
}

impl BlockMeter {
    /// A meter for one or two channels.
    ///
    /// # Panics
    /// For a rate or a number of channels that segue does not encode.
    #[must_use]
    pub fn new(rate: SampleRate, channels: u16) -> Self {
        Self {
            meter: EbuR128::new(u32::from(channels), rate.0, Mode::M)
                .expect("one or two channels at a rate that AAC carries"),
            block: block_samples(rate) as usize,
        }
    }

    /// Feeds what stands before the first block, so that the filter swings as
    /// if it had heard it all. A block of it is enough.
    ///
    /// # Panics
    /// When the planes are not as many as the channels.
    pub fn run_in(&mut self, planes: &[&[f32]]) {
        self.meter
            .seed_frames_planar_f32(planes)
            .expect("as many planes as channels");
    }

    /// The mean square of one block behind the K filter, summed over channels.
    ///
    /// # Panics
    /// When the planes are not as many as the channels, and a block long.
    pub fn block(&mut self, planes: &[&[f32]]) -> f64 {
        assert!(planes.iter().all(|plane| plane.len() == self.block));
        self.meter
            .add_frames_planar_f32(planes)
            .expect("as many planes as channels");
        let loudness = self
            .meter
            .loudness_window(100)
            .expect("the window of mode M holds 100 ms");
        energy(loudness)
    }
}

/// The energies of all whole blocks in planar samples, of which the first
/// `run_in` are only run-in.
#[must_use]
pub fn block_energies(rate: SampleRate, planes: &[&[f32]], run_in: usize) -> Vec<f64> {
    let mut meter = BlockMeter::new(rate, planes.len() as u16);
    let part = |from: usize, to: usize| -> Vec<&[f32]> {
        planes.iter().map(|plane| &plane[from..to]).collect()
    };
    meter.run_in(&part(0, run_in));
    let block = block_samples(rate) as usize;
    let count = (planes[0].len() - run_in) / block;
    (0..count)
        .map(|index| {
            let from = run_in + index * block;
            meter.block(&part(from, from + block))
        })
        .collect()
}

/// Integrated loudness in LUFS (BS.1770-4, annex 1) of consecutive blocks of
/// 100 ms; `None` where all of it is silence, or shorter than 400 ms.
#[must_use]
pub fn integrated(energies: &[f64]) -> Option<f64> {
    let gating: Vec<f64> = means(energies, GATING_BLOCKS);
    let relative = gate(&gating, RELATIVE_GATE_LU)?;
    mean(gating.into_iter().filter(|energy| *energy > relative)).map(loudness)
}

/// Loudness range in LU (EBU Tech 3342) of consecutive blocks of 100 ms; 0
/// where there are less than 3 s of sound.
#[must_use]
pub fn range(energies: &[f64]) -> f64 {
    let short_term = means(energies, SHORT_TERM_BLOCKS);
    let Some(relative) = gate(&short_term, RANGE_GATE_LU) else {
        return 0.0;
    };
    let mut loud: Vec<f64> = short_term
        .into_iter()
        .filter(|energy| *energy > relative)
        .collect();
    loud.sort_by(f64::total_cmp);
    let [low, high] = RANGE_PERCENTILES.map(|percentile| {
        let place = libm::round(percentile * (loud.len() as f64 - 1.0)) as usize;
        loud.get(place).copied().map_or(0.0, loudness)
    });
    high - low
}

/// Short-term loudness in LUFS (EBU Tech 3341): of each 3 s that begin with one
/// of consecutive blocks of 100 ms. `None` where there is silence; nothing where
/// there are less than 3 s.
#[must_use]
pub fn short_term(energies: &[f64]) -> Vec<Option<f64>> {
    means(energies, SHORT_TERM_BLOCKS)
        .into_iter()
        .map(|energy| Some(loudness(energy)).filter(|lufs| *lufs > ABSOLUTE_GATE_LUFS))
        .collect()
}

/// The energy above which blocks count: the mean of what is no silence, and so
/// much less. `None` where all is silence.
fn gate(energies: &[f64], relative_lu: f64) -> Option<f64> {
    let absolute = energy(ABSOLUTE_GATE_LUFS);
    let audible = energies.iter().copied().filter(|energy| *energy > absolute);
    let threshold = mean(audible)? * crate::signal::power(relative_lu);
    Some(threshold.max(absolute))
}

/// The means of all `length` neighbours.
fn means(energies: &[f64], length: usize) -> Vec<f64> {
    energies
        .windows(length)
        .map(|window| window.iter().sum::<f64>() / length as f64)
        .collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0u64, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / count as f64)
}

fn loudness(energy: f64) -> f64 {
    10.0 * libm::log10(energy) + OFFSET_LU
}

fn energy(loudness_lufs: f64) -> f64 {
    if loudness_lufs.is_finite() {
        crate::signal::power(loudness_lufs - OFFSET_LU)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: SampleRate = SampleRate(48_000);

    /// 1 kHz in both channels, in parts of (dBFS, seconds): as EBU Tech 3341
    /// and 3342 describe their signals.
    fn tone(parts: &[(f64, f64)]) -> Vec<Vec<f32>> {
        let mut plane = Vec::new();
        for (level, seconds) in parts {
            for _ in 0..(seconds * 48_000.0) as usize {
                let angle = std::f64::consts::TAU * 1000.0 * plane.len() as f64 / 48_000.0;
                plane.push((crate::signal::amplitude(*level) * angle.sin()) as f32);
            }
        }
        vec![plane.clone(), plane]
    }

    fn energies_of(planes: &[Vec<f32>], run_in: usize) -> Vec<f64> {
        let views: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
        block_energies(RATE, &views, run_in)
    }

    #[test]
    fn integrated_loudness_is_as_ebu_tech_3341_asks() {
        for (case, parts) in [
            (1, vec![(-23.0, 20.0)]),
            (3, vec![(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)]),
            (
                4,
                vec![
                    (-72.0, 10.0),
                    (-36.0, 10.0),
                    (-23.0, 60.0),
                    (-36.0, 10.0),
                    (-72.0, 10.0),
                ],
            ),
            (5, vec![(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)]),
        ] {
            let measured = integrated(&energies_of(&tone(&parts), 0)).expect("sound");
            assert!(
                (measured + 23.0).abs() <= 0.1,
                "case {case}: {measured} LUFS"
            );
        }
        let soft = integrated(&energies_of(&tone(&[(-33.0, 20.0)]), 0)).expect("sound");
        assert!((soft + 33.0).abs() <= 0.1, "case 2: {soft} LUFS");
    }

    #[test]
    fn loudness_range_is_as_ebu_tech_3342_asks() {
        for (case, levels, expected) in [
            (1, vec![-20.0, -30.0], 10.0),
            (2, vec![-20.0, -15.0], 5.0),
            (3, vec![-40.0, -20.0], 20.0),
            (4, vec![-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
        ] {
            let parts: Vec<(f64, f64)> = levels.iter().map(|level| (*level, 20.0)).collect();
            let measured = range(&energies_of(&tone(&parts), 0));
            assert!(
                (measured - expected).abs() <= 1.0,
                "case {case}: {measured} LU"
            );
        }
    }

    #[test]
    fn short_term_loudness_is_as_ebu_tech_3341_asks() {
        // Case 9: every window of three seconds holds one whole turn.
        let turn = [(-20.0, 1.34), (-30.0, 1.66)];
        let measured = short_term(&energies_of(&tone(&turn.repeat(5)), 0));
        assert_eq!(measured.len(), 121);
        for lufs in measured {
            let lufs = lufs.expect("it is loud enough");
            assert!((lufs + 23.0).abs() <= 0.1, "case 9: {lufs} LUFS");
        }
    }

    #[test]
    fn silence_and_too_little_have_no_loudness() {
        assert_eq!(integrated(&[0.0; 100]), None);
        assert_eq!(integrated(&[1.0; 3]), None);
        assert!(range(&[0.0; 100]).abs() < f64::EPSILON);
    }

    #[test]
    fn blocks_are_those_of_the_crate_in_one_piece() {
        let planes = tone(&[(-30.0, 4.0), (-20.0, 7.0), (-26.0, 3.0)]);
        let mut meter = EbuR128::new(2, RATE.0, Mode::I).expect("meter");
        meter
            .add_frames_planar_f32(&[&planes[0], &planes[1]])
            .expect("frames");
        let whole = integrated(&energies_of(&planes, 0)).expect("sound");
        assert!((whole - meter.loudness_global().expect("loudness")).abs() < 0.001);
        // Chunks with a block of run-in give what one piece gives.
        let mut energies = energies_of(
            &[planes[0][..240_000].to_vec(), planes[1][..240_000].to_vec()],
            0,
        );
        let rest: Vec<Vec<f32>> = planes
            .iter()
            .map(|plane| plane[240_000 - 4800..].to_vec())
            .collect();
        energies.extend(energies_of(&rest, 4800));
        let parts = integrated(&energies).expect("sound");
        assert!((whole - parts).abs() < 0.001, "{whole} and {parts}");
    }

    #[test]
    fn short_term_follows_the_level_and_knows_silence() {
        let mut energies = vec![energy(-20.0); 40];
        energies.extend([0.0; 40]);
        let short_term = short_term(&energies);
        assert_eq!(short_term.len(), 80 - 30 + 1);
        let first = short_term[0].expect("sound");
        let half = short_term[25].expect("half of it is sound");
        assert!((first + 20.0).abs() < 1e-9 && (half + 23.01).abs() < 0.01);
        assert_eq!(short_term[50], None);
        assert!(super::short_term(&energies[..29]).is_empty());
    }
}
