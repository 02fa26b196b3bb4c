//! Measures of sound: signal-to-noise ratio, alignment; and sources made from fixed seeds.

use std::f64::consts::TAU;
use std::path::Path;

/// Sums of a comparison that goes on: energy of the signal and of the difference.
#[derive(Clone, Copy, Default)]
pub(crate) struct Comparison {
    signal: f64,
    difference: f64,
}

impl Comparison {
    /// Takes in samples of the original and of what became of it.
    pub(crate) fn add(&mut self, original: &[f32], result: &[f32]) {
        for (&original, &result) in original.iter().zip(result) {
            let (original, result) = (f64::from(original), f64::from(result));
            self.signal += original * original;
            self.difference += (original - result) * (original - result);
        }
    }

    /// Signal-to-noise ratio in dB; infinite for an exact copy.
    pub(crate) fn snr(&self) -> f64 {
        10.0 * (self.signal / self.difference).log10()
    }

    /// Mean power of the original in dB below full scale, given how many samples went in.
    pub(crate) fn level(&self, samples: usize) -> f64 {
        10.0 * (self.signal / count(samples)).log10()
    }
}

/// A count as a float, for ratios; exact below 2^53.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of samples are far below 2^53"
)]
pub(crate) fn count(samples: usize) -> f64 {
    samples as f64
}

/// Signal-to-noise ratio in dB of `result` against `original`, over what both have.
pub(crate) fn snr(original: &[f32], result: &[f32]) -> f64 {
    let mut comparison = Comparison::default();
    comparison.add(original, result);
    comparison.snr()
}

/// One channel out of interleaved samples.
pub(crate) fn channel(interleaved: &[f32], channels: usize, channel: usize) -> Vec<f32> {
    interleaved
        .iter()
        .skip(channel)
        .step_by(channels)
        .copied()
        .collect()
}

/// By how many samples `result` lags behind `original`: the shift within `reach` that leaves the least difference,
/// measured over `length` samples from `start`. Both are one channel.
pub(crate) fn lag(
    original: &[f32],
    result: &[f32],
    start: usize,
    length: usize,
    reach: usize,
) -> isize {
    assert!(start >= reach, "there is room to shift to the left");
    let length = length.min(
        original
            .len()
            .min(result.len())
            .saturating_sub(start + reach),
    );
    assert!(length > 0, "there is something to compare");
    let piece = &original[start..start + length];
    let (best, _) = (0..=2 * reach)
        .map(|shift| {
            let from = start + shift - reach;
            let difference: f32 = piece
                .iter()
                .zip(&result[from..from + length])
                .map(|(a, b)| (a - b) * (a - b))
                .sum();
            (shift, difference)
        })
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .expect("there is at least one shift");
    best.cast_signed() - reach.cast_signed()
}

/// Noise from a fixed seed (Knuth's MMIX generator), uniform in -1 to 1.
pub(crate) struct Noise(u64);

impl Noise {
    /// Starts the sequence of a seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next value.
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from((self.0 >> 33) as u32) / f64::from(1_u32 << 30) - 1.0
    }
}

/// What a synthesised source sounds like.
#[derive(Clone, Copy)]
pub(crate) enum Sound {
    /// A sine of this frequency (Hz) at half of full scale, the same in all channels.
    Sine(f64),
    /// Chords with an attack every quarter second over quiet noise, different for each seed and in each channel.
    Music(u64),
}

/// Writes a 16-bit WAV of a synthesised sound.
pub(crate) fn write_wav(path: &Path, sound: Sound, sample_rate: u32, channels: u16, frames: usize) {
    let specification = hound::WavSpec {
        channels,
        sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, specification).expect("the WAV can be made");
    for sample in synthesise(sound, sample_rate, usize::from(channels), frames) {
        writer.write_sample(sample).expect("the WAV can be written");
    }
    writer.finalize().expect("the WAV can be closed");
}

/// Interleaved 16-bit samples of a sound.
pub(crate) fn synthesise(
    sound: Sound,
    sample_rate: u32,
    channels: usize,
    frames: usize,
) -> Vec<i16> {
    let mut samples = Vec::with_capacity(frames * channels);
    let mut noise = Noise::seeded(match sound {
        Sound::Sine(_) => 0,
        Sound::Music(seed) => seed,
    });
    for frame in 0..frames {
        let time = count(frame) / f64::from(sample_rate);
        for channel in 0..channels {
            let value = match sound {
                Sound::Sine(frequency) => 0.5 * (TAU * frequency * time).sin(),
                Sound::Music(seed) => chord(seed, channel, time) + 0.01 * noise.next(),
            };
            samples.push(to_i16(value));
        }
    }
    samples
}

/// One moment of the synthesised music: three partials that decay from each quarter second on.
fn chord(seed: u64, channel: usize, time: f64) -> f64 {
    let step = (time * 4.0).floor();
    let since = time - step / 4.0;
    let key = f64::from(u8::try_from(seed % 12).expect("below twelve"));
    let root = 110.0 * (key / 12.0 + (step * 7.0 % 12.0) / 12.0).exp2();
    let spread = 1.0 + 0.002 * count(channel);
    let partials: f64 = [1.0, 1.5, 2.52]
        .iter()
        .map(|ratio| (TAU * root * ratio * spread * time).sin())
        .sum();
    0.2 * partials * (-3.0 * since).exp()
}

/// Full scale 1.0 to 16 bits, rounded and clipped.
#[expect(
    clippy::cast_possible_truncation,
    reason = "clipped to the range just before"
)]
pub(crate) fn to_i16(value: f64) -> i16 {
    (value * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}
