/** What the tests of the pure modules share: manifests as segue writes them, and waiting for what follows at once. */

/**
 * @param {{ samples: number, segmentSamples?: number, sampleRate?: number, variant?: string }} options
 * @returns {import('../../assets/player/timeline.js').Manifest}
 */
export function manifestOf({ samples, segmentSamples = 262144, sampleRate = 44100, variant = 'original' }) {
  const whole = Math.floor(samples / segmentSamples);
  const tail = samples - whole * segmentSamples;
  // A tail below one second joins the segment before it.
  const count = Math.max(1, tail >= sampleRate ? whole + 1 : whole);
  const segments = Array.from({ length: count }, (_, index) => {
    const start = index * segmentSamples;
    const end = index === count - 1 ? samples : start + segmentSamples;
    return { uri: `f/${index}.m4s`, start, samples: end - start };
  });
  return {
    variant,
    mime: 'audio/mp4; codecs="mp4a.40.2"',
    sample_rate: sampleRate,
    samples,
    segment_samples: segmentSamples,
    pre_roll_samples: 1024,
    init: 'f/init.mp4',
    segments,
  };
}

/** All that follows at once from what was done. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
