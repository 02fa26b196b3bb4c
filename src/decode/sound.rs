//! What leaves a decoder as samples: finite numbers of bounded level, whatever
//! a file holds. No stage behind has to ask, and the encoder's C code gets
//! what `mastering::quantize` makes of them, which is 16 bits.

/// The greatest level that a sample may have: 144 dB above full scale, more
/// than integers in floats and the gain of an Opus header come to. What is
/// beyond it is no sound, and could become infinite on its way.
const LOUDEST: f32 = 16_777_216.0;

/// Makes samples silent that are no numbers, or beyond all sound, and counts
/// them: what leaves here can be computed with and encoded.
pub(super) fn silence_strange(plane: &mut [f32]) -> u64 {
    let is_strange = |sample: f32| !(-LOUDEST..=LOUDEST).contains(&sample);
    // Counted first, without a branch: the rule is that there are none.
    let count = plane.iter().filter(|sample| is_strange(**sample)).count();
    if count > 0 {
        let strange = plane.iter_mut().filter(|sample| is_strange(**sample));
        strange.for_each(|sample| *sample = 0.0);
    }
    count as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_sound_is_silent() {
        let mut plane = [0.5, f32::NAN, f32::NEG_INFINITY, 1e30, -LOUDEST, -0.25];
        assert_eq!(silence_strange(&mut plane), 3);
        assert_eq!(
            plane.map(f32::to_bits),
            [0.5, 0.0, 0.0, 0.0, -LOUDEST, -0.25].map(f32::to_bits)
        );
    }
}
