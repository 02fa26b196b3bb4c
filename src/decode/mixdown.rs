//! More than two channels to stereo, by ITU-R BS.775-3, annex 4, table 2.
//!
//! Centre and surrounds go to the front at -3 dB, a single rear channel to both
//! at -6 dB; the LFE channel is left out. The sum is scaled by what the
//! loudest possible input would need, so that no mix can exceed full scale.

use std::f32::consts::FRAC_1_SQRT_2;

use symphonia::core::audio::{ChannelLabel, Channels, Position};
use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::CODEC_ID_ALAC;

/// What each source channel gives to left and right.
#[derive(Clone, Debug)]
pub(super) struct Mixdown {
    gains: Vec<[f32; 2]>,
}

impl Mixdown {
    /// The mix for this layout, as this codec's decoder orders it; `None` for
    /// mono and stereo, which stay.
    pub(super) fn of(channels: &Channels, codec: AudioCodecId) -> Option<Self> {
        if channels.count() <= 2 {
            return None;
        }
        let mut gains: Vec<[f32; 2]> = match channels {
            Channels::Positioned(positions) => positions.iter().map(gain).collect(),
            Channels::Custom(labels) => labels
                .iter()
                .map(|label| match label {
                    ChannelLabel::Positioned(position) => gain(*position),
                    _ => [0.5, 0.5],
                })
                .collect(),
            other => default_positions(other.count())
                .into_iter()
                .map(gain)
                .collect(),
        };
        // Symphonia 0.6 gives the surrounds of ALAC 6.1 in another order than it
        // names them: rear centre, left, right (seen with a tone per channel).
        if codec == CODEC_ID_ALAC && gains.len() == 7 {
            gains[4..].rotate_right(1);
        }
        let loudest = [0, 1].map(|side| gains.iter().map(|gain| gain[side]).sum::<f32>());
        let scale = loudest[0].max(loudest[1]).max(1.0);
        gains.iter_mut().flatten().for_each(|gain| *gain /= scale);
        Some(Self { gains })
    }

    /// Adds the mix of `planes`, one per source channel, to the ends of `left`
    /// and `right`.
    pub(super) fn append(&self, planes: &[Vec<f32>], sides: &mut [Vec<f32>]) {
        let frames = planes.first().map_or(0, Vec::len);
        for (side, output) in sides.iter_mut().enumerate().take(2) {
            let start = output.len();
            output.resize(start + frames, 0.0);
            for (plane, gains) in planes.iter().zip(&self.gains) {
                let gain = gains[side];
                if gain != 0.0 {
                    output[start..]
                        .iter_mut()
                        .zip(plane)
                        .for_each(|(mix, sample)| *mix += gain * sample);
                }
            }
        }
    }
}

fn gain(position: Position) -> [f32; 2] {
    const SIDE: f32 = FRAC_1_SQRT_2;
    match position {
        Position::FRONT_LEFT | Position::FRONT_LEFT_WIDE => [1.0, 0.0],
        Position::FRONT_RIGHT | Position::FRONT_RIGHT_WIDE => [0.0, 1.0],
        Position::FRONT_CENTER => [SIDE, SIDE],
        Position::LFE1 | Position::LFE2 => [0.0, 0.0],
        Position::SIDE_LEFT
        | Position::REAR_LEFT
        | Position::FRONT_LEFT_CENTER
        | Position::TOP_FRONT_LEFT
        | Position::TOP_REAR_LEFT
        | Position::TOP_SIDE_LEFT => [SIDE, 0.0],
        Position::SIDE_RIGHT
        | Position::REAR_RIGHT
        | Position::FRONT_RIGHT_CENTER
        | Position::TOP_FRONT_RIGHT
        | Position::TOP_REAR_RIGHT
        | Position::TOP_SIDE_RIGHT => [0.0, SIDE],
        _ => [0.5, 0.5],
    }
}

/// Where channels are where the file does not say: as WAVE files order them.
fn default_positions(count: usize) -> Vec<Position> {
    const ORDER: [Position; 8] = [
        Position::FRONT_LEFT,
        Position::FRONT_RIGHT,
        Position::FRONT_CENTER,
        Position::LFE1,
        Position::REAR_LEFT,
        Position::REAR_RIGHT,
        Position::SIDE_LEFT,
        Position::SIDE_RIGHT,
    ];
    match count {
        3 => ORDER[..3].to_vec(),
        4 => [&ORDER[..2], &ORDER[4..6]].concat(),
        5 => [&ORDER[..3], &ORDER[4..6]].concat(),
        7 => [&ORDER[..4], &[Position::REAR_CENTER], &ORDER[6..]].concat(),
        _ => ORDER[..count.min(8)].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;

    use super::*;

    #[test]
    fn no_mix_exceeds_full_scale() {
        for count in 3..=8 {
            let mix = Mixdown::of(&Channels::Discrete(count), CODEC_ID_FLAC).expect("a mix");
            let planes = vec![vec![1.0; 4]; usize::from(count)];
            let mut sides = vec![Vec::new(), Vec::new()];
            mix.append(&planes, &mut sides);
            for side in &sides {
                assert_eq!(side.len(), 4);
                assert!(
                    side[0] <= 1.000_001 && side[0] > 0.9,
                    "{count} channels: {}",
                    side[0]
                );
            }
        }
    }

    #[test]
    fn five_point_one_by_the_table() {
        let mix = Mixdown::of(&Channels::Discrete(6), CODEC_ID_FLAC).expect("a mix");
        let scale = 1.0 + 2.0 * FRAC_1_SQRT_2;
        let expected = [
            [1.0, 0.0],
            [0.0, 1.0],
            [FRAC_1_SQRT_2; 2],
            [0.0; 2],
            [FRAC_1_SQRT_2, 0.0],
            [0.0, FRAC_1_SQRT_2],
        ];
        for (gain, expected) in mix.gains.iter().zip(expected) {
            for side in 0..2 {
                assert!((gain[side] - expected[side] / scale).abs() < 1e-6);
            }
        }
    }
}
