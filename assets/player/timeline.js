/**
 * Time and segments, as pure functions. No DOM, no state.
 *
 * A manifest counts in samples of its track; a media element counts in seconds on one axis, on which a track
 * may begin anywhere (its origin). In the media itself everything stands `pre_roll_samples` later than in the
 * track, since segment 0 begins with an access unit that only warms up the decoder: a placement shifts it back
 * and lets the append window cut it off. Sums are kept in whole samples and divided once, so that no error grows.
 */

/** @typedef {{ uri: string, start: number, samples: number, bytes?: number }} Segment */
/**
 * @typedef {object} Manifest
 * @property {string} variant
 * @property {string} mime
 * @property {number} sample_rate
 * @property {number} samples          true length of the track
 * @property {number} segment_samples  length of every segment but the last
 * @property {number} pre_roll_samples
 * @property {string} init             URI, relative to the manifest
 * @property {Segment[]} segments
 */
/** @typedef {{ start: number, end: number }} Range  Seconds. */
/** @typedef {{ origin: number, windowStart: number, windowEnd: number, timestampOffset: number }} Placement  Seconds. */
/** @typedef {'sample' | 'unit'} Trimming  How finely a browser cuts at the append window. */

const ACCESS_UNIT_SAMPLES = 1024;

/**
 * Where a track stands on the media element's axis.
 *
 * A browser that trims by whole access units drops the first one for the rounding of its time, and the one
 * that straddles the window's end: it gets one microsecond, and one unit, more.
 *
 * @param {Manifest} manifest
 * @param {number} originSamples  where the track begins, as an exact sum of the samples before it
 * @param {Trimming} trimming
 * @returns {Placement}
 */
export function placementOf(manifest, originSamples = 0, trimming = 'sample') {
  const rate = manifest.sample_rate;
  const byUnit = trimming === 'unit';
  const endSamples = originSamples + manifest.samples + (byUnit ? ACCESS_UNIT_SAMPLES : 0);
  const shift = (originSamples - manifest.pre_roll_samples) / rate;
  return {
    origin: originSamples / rate,
    windowStart: originSamples / rate,
    windowEnd: endSamples / rate,
    timestampOffset: byUnit ? shift + 1e-6 : shift,
  };
}

/**
 * The true length of the track, in seconds.
 * @param {Manifest} manifest
 */
export function durationOf(manifest) {
  return manifest.samples / manifest.sample_rate;
}

/**
 * The segment that holds a moment of the axis; moments outside the track give its first or last.
 * @param {Manifest} manifest
 * @param {Placement} placement
 * @param {number} seconds
 */
export function segmentAt(manifest, placement, seconds) {
  // A time that came from a sample must lead back to it, not to the one before for a rounding error.
  const sample = Math.floor((seconds - placement.origin) * manifest.sample_rate + 1e-3);
  const index = Math.floor(Math.max(0, sample) / manifest.segment_samples);
  return Math.min(index, manifest.segments.length - 1);
}

/**
 * Where a segment begins and ends on the axis.
 * @param {Manifest} manifest
 * @param {Placement} placement
 * @param {number} index
 * @returns {Range}
 */
export function segmentRange(manifest, placement, index) {
  const { start, samples } = manifest.segments[index];
  const origin = Math.round(placement.origin * manifest.sample_rate);
  return {
    start: (origin + start) / manifest.sample_rate,
    end: (origin + start + samples) / manifest.sample_rate,
  };
}

/**
 * The end of what is loaded without a hole from `position` on; `position` itself when nothing is.
 * @param {Range[]} buffered
 * @param {number} position
 */
export function loadedUntil(buffered, position) {
  const tolerance = 0.05;
  const range = buffered.find(({ start, end }) => start <= position + tolerance && position < end);
  return range ? range.end : position;
}

/**
 * A time for people: 0:07, 12:34, 1:02:03.
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/**
 * A length for people, in words: 12 s, 48 min, 3 h 5 min.
 * @param {number} seconds
 */
export function lengthInWords(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
