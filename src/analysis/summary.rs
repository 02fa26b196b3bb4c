//! What people and pages are told of a track.

use serde::{Deserialize, Serialize};

use super::loudness::{integrated, range};
use super::measurements::Measurements;
use super::spectrum::{THIRD_OCTAVES, third_octave_hz};
use super::waveform::WaveformEntry;
use crate::signal::{decibels, hundredths};

/// The measurements of a track, rounded to hundredths. What silence does not
/// have is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// The number of the stage that measured.
    pub stage: u32,
    /// Integrated loudness (EBU R 128).
    pub integrated_lufs: Option<f64>,
    /// Loudness range (EBU Tech 3342).
    pub range_lu: f64,
    /// The greatest sample.
    pub sample_peak_dbfs: Option<f64>,
    /// The greatest value at or between samples (ITU-R BS.1770-4, annex 2).
    pub true_peak_dbtp: Option<f64>,
    /// How far the greatest sample stands above the root mean square.
    pub crest_db: Option<f64>,
    /// How much of the power is in the difference of the channels, 0 to 1.
    pub stereo_width: f64,
    /// The long-term spectrum in third octaves, from 20 Hz.
    pub spectrum: Vec<SpectrumEntry>,
    /// The overview.
    pub waveform: WaveformEntry,
}

/// The level in one third octave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpectrumEntry {
    /// Its middle.
    pub hz: f64,
    /// The mean level, where a full-scale sine is 0; `None` below -120.
    pub dbfs: Option<f64>,
}

/// What is below is nothing.
const FLOOR_DB: f64 = -120.0;

impl Analysis {
    /// Of these measurements.
    #[must_use]
    pub fn of(measured: &Measurements) -> Self {
        let energies = measured.energies();
        let level = |power: f64| Some(hundredths(decibels(power))).filter(|db| *db > FLOOR_DB);
        let peak = |value: f32| level(f64::from(value) * f64::from(value));
        let sample_peak_dbfs = peak(measured.sample_peak());
        let rms = level(measured.mean_square());
        Self {
            stage: super::STAGE,
            integrated_lufs: integrated(&energies).map(hundredths),
            range_lu: hundredths(range(&energies)),
            sample_peak_dbfs,
            true_peak_dbtp: peak(measured.true_peak()),
            crest_db: sample_peak_dbfs
                .zip(rms)
                .map(|(peak, rms)| hundredths(peak - rms)),
            stereo_width: hundredths(measured.stereo_width()),
            spectrum: (0..THIRD_OCTAVES)
                .map(|index| SpectrumEntry {
                    hz: hundredths(third_octave_hz(index)),
                    dbfs: level(measured.third_octave(index)),
                })
                .collect(),
            waveform: measured.waveform().to_entry(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Meter, block_samples};
    use super::*;
    use crate::units::SampleRate;

    const RATE: SampleRate = SampleRate(44_100);

    fn measure(planes: &[Vec<f32>]) -> Measurements {
        let samples = planes[0].len() as u64;
        let mut meter = Meter::new(RATE, planes.len() as u16, samples);
        let mut whole = Measurements::new(RATE, planes.len() as u16, samples);
        for chunk in 0..meter.chunks() {
            let range = meter.input_range(chunk);
            let input: Vec<Vec<f32>> = planes
                .iter()
                .map(|plane| {
                    let sample = |at: i64| usize::try_from(at).ok().and_then(|at| plane.get(at));
                    range
                        .clone()
                        .map(|at| sample(at).copied().unwrap_or(0.0))
                        .collect()
                })
                .collect();
            whole.append(&meter.measure(chunk, &input));
        }
        whole
    }

    fn sine(amplitude: f32, samples: usize) -> Vec<f32> {
        (0..samples)
            .map(|n| (std::f64::consts::TAU * 997.0 * n as f64 / 44_100.0).sin() as f32 * amplitude)
            .collect()
    }

    #[test]
    fn a_sine_has_the_numbers_of_a_sine() {
        let plane = sine(0.1, 44_100 * 25 + 777);
        let analysis = Analysis::of(&measure(&[plane.clone(), plane]));
        let near = |value: Option<f64>, expected: f64| {
            let value = value.expect("sound");
            assert!((value - expected).abs() < 0.1, "{value}, not {expected}");
        };
        near(analysis.integrated_lufs, -20.0);
        near(analysis.sample_peak_dbfs, -20.0);
        near(analysis.true_peak_dbtp, -20.0);
        near(analysis.crest_db, 3.01);
        assert!(analysis.stereo_width < 0.01 && analysis.range_lu < 0.1);
        near(analysis.spectrum[17].dbfs, -20.0);
    }

    #[test]
    fn width_tells_mono_from_its_opposite() {
        let (one, other) = (sine(0.5, 44_100), sine(-0.5, 44_100));
        assert!(measure(&[one.clone(), other]).stereo_width() > 0.99);
        assert!(measure(&[one.clone(), one]).stereo_width() < 0.01);
    }

    #[test]
    fn measurements_read_back_what_they_were() {
        let measured = measure(&[sine(0.3, 50_000)]);
        assert_eq!(
            measured.blocks().len() as u64,
            50_000u64.div_ceil(block_samples(RATE))
        );
        let text = serde_json::to_string(&measured).expect("plain data");
        let back: Measurements = serde_json::from_str(&text).expect("what was written");
        assert_eq!(back, measured);
        assert!(back.is_current());
    }

    #[test]
    fn silence_has_no_levels() {
        let analysis = Analysis::of(&measure(&[vec![0.0; 44_100]]));
        assert_eq!(
            (
                analysis.integrated_lufs,
                analysis.sample_peak_dbfs,
                analysis.crest_db
            ),
            (None, None, None)
        );
    }
}
