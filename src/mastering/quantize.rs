//! To the encoder's 16 bits, with dither that follows from the position.
//!
//! The dither is triangular, two least significant bits wide (S. P. Lipshitz,
//! R. A. Wannamaker, J. Vanderkooy, "Quantization and dither: a theoretical
//! survey", JAES 40, 1992): the error keeps its mean and its power whatever
//! the music does. Its noise is a hash of channel and absolute sample index,
//! never a running generator, so that a sample is dithered alike in whatever
//! window it stands. Samples that 16 bits hold pass unchanged, and silence
//! stays silence.

/// The number of this stage's bytes: raised whenever a sample changes.
pub const STAGE: u32 = 1;

/// Whether rounding is made independent of the signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dither {
    /// The samples are 16-bit ones already.
    None,
    /// Triangular, by position.
    Triangular,
}

/// A window in 16 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantized {
    /// Interleaved.
    pub samples: Vec<i16>,
    /// Whether each time step had a sample beyond full scale, which was
    /// clipped: how many such samples, by time step, where there are any.
    pub clipped: Vec<(i64, u32)>,
}

/// Brings planar samples, full scale at 1.0, to 16 bits. `start` is the index
/// of the first in the track.
#[must_use]
pub fn quantize(planes: &[&[f32]], start: i64, dither: Dither) -> Quantized {
    let frames = planes.first().map_or(0, |plane| plane.len());
    let channels = planes.len();
    let mut quantized = Quantized {
        samples: vec![0; frames * channels],
        clipped: Vec::new(),
    };
    for (channel, plane) in planes.iter().enumerate() {
        for (frame, sample) in plane.iter().enumerate() {
            let index = start + frame as i64;
            let scaled = (sample * 32_768.0).clamp(-65_536.0, 65_536.0);
            let noise = match dither {
                Dither::Triangular if *sample != 0.0 => triangular(channel as u64, index),
                _ => 0.0,
            };
            // Above zero, a cast rounds down: no call of a library's floor.
            let rounded = (f64::from(scaled) + f64::from(noise) + 65_536.5) as i32 - 65_536;
            if !(-32_768.5..32_767.5).contains(&scaled) {
                match quantized.clipped.last_mut() {
                    Some((at, count)) if *at == index => *count += 1,
                    _ => quantized.clipped.push((index, 1)),
                }
            }
            quantized.samples[frame * channels + channel] = rounded.clamp(-32_768, 32_767) as i16;
        }
    }
    quantized
}

/// Between -1 and 1, triangularly distributed: the difference of two halves of
/// a hash, each uniform over its 24 bits.
fn triangular(channel: u64, index: i64) -> f32 {
    let hash = mix(index as u64 ^ channel.wrapping_mul(0xD1B5_4A32_D192_ED03));
    let (one, other) = ((hash >> 40) as f32, (hash & 0xFF_FFFF) as f32);
    (one - other) / 16_777_216.0
}

/// The finaliser of `SplitMix64` (G. L. Steele, D. Lea, C. H. Flood, "Fast
/// splittable pseudorandom number generators", OOPSLA 2014).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_16_bit_samples_pass_unchanged() {
        let samples: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        let plane: Vec<f32> = samples
            .iter()
            .map(|sample| f32::from(*sample) / 32_768.0)
            .collect();
        let quantized = quantize(&[&plane], 0, Dither::None);
        assert_eq!(quantized.samples, samples);
        assert!(quantized.clipped.is_empty());
    }

    #[test]
    fn overs_are_clipped_and_counted() {
        let quantized = quantize(&[&[1.5, 0.0, -1.5], &[1.5, 0.0, 0.0]], 10, Dither::None);
        assert_eq!(quantized.samples, [32_767, 32_767, 0, 0, -32_768, 0]);
        assert_eq!(
            quantized
                .clipped
                .iter()
                .map(|(_, count)| count)
                .sum::<u32>(),
            3
        );
    }

    #[test]
    fn dither_follows_from_the_position_alone() {
        let plane = vec![0.1234; 100];
        let whole = quantize(&[&plane], 0, Dither::Triangular);
        let window = quantize(&[&plane[40..]], 40, Dither::Triangular);
        assert_eq!(whole.samples[40..], window.samples);
        assert_eq!(
            quantize(&[&[0.0; 10]], 0, Dither::Triangular).samples,
            [0; 10]
        );
    }

    #[test]
    fn dither_keeps_the_mean_and_has_its_power() {
        // A constant of a quarter step: without dither it would vanish.
        let step = 1.0 / 32_768.0;
        let quantized = quantize(&[&vec![0.25 * step; 200_000]], 0, Dither::Triangular);
        let values: Vec<f64> = quantized
            .samples
            .iter()
            .map(|sample| f64::from(*sample))
            .collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert!((mean - 0.25).abs() < 0.01, "mean {mean}");
        // Rounding and triangular dither together have 1/12 + 2/12 of a step squared.
        let power = values
            .iter()
            .map(|value| (value - 0.25) * (value - 0.25))
            .sum::<f64>()
            / values.len() as f64;
        assert!((power - 0.25).abs() < 0.01, "power {power}");
    }
}
