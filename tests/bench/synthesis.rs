//! A signal that keeps an encoder as busy as music does: chords of decaying
//! partials with a noise that swells and fades, from a fixed seed.

use std::f64::consts::TAU;
use std::path::Path;

use crate::cost::Failure;

const RATE: u32 = 44_100;
/// How long a chord is held.
const CHORD_SECONDS: f64 = 0.5;
/// Semitones above the root.
const CHORD: [f64; 4] = [0.0, 4.0, 7.0, 11.0];

/// Writes so many seconds of it as a 16-bit stereo WAV file.
pub(crate) fn synthesize(target: &Path, seconds: u32, seed: u32) -> Result<(), Failure> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(target, spec)?;
    let mut noise = Noise(seed.wrapping_mul(0x9E37_79B9) | 1);
    for index in 0..seconds * RATE {
        let time = f64::from(index) / f64::from(RATE);
        for pan in [0.3, 0.7] {
            let hiss = 0.05 * (1.0 + (TAU * 0.11 * time).sin()) * noise.next();
            let sample = 0.5 * chord(time, seed, pan) + hiss;
            writer.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0) as i16)?;
        }
    }
    Ok(writer.finalize()?)
}

/// The chord that sounds at a time, heard from a side: within -1 and 1.
fn chord(time: f64, seed: u32, pan: f64) -> f64 {
    let (number, since) = ((time / CHORD_SECONDS).floor(), time % CHORD_SECONDS);
    let root = (number * 5.0 + f64::from(seed) * 3.0) % 12.0;
    let notes = CHORD.iter().enumerate().map(|(place, semitones)| {
        let frequency = 110.0 * ((root + semitones) / 12.0).exp2();
        let side = if place % 2 == 0 { pan } else { 1.0 - pan };
        let partials = (1..=6).map(|partial| {
            let partial = f64::from(partial);
            (TAU * frequency * partial * since).sin() / partial * (-since * partial * 2.0).exp()
        });
        side * partials.sum::<f64>()
    });
    notes.sum::<f64>() / 4.0
}

/// White noise: Marsaglia's xorshift (Journal of Statistical Software 8, 2003).
struct Noise(u32);

impl Noise {
    /// Between -1 and 1.
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        f64::from(self.0) / f64::from(u32::MAX) * 2.0 - 1.0
    }
}
