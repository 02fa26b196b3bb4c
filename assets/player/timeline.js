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
 * @property {number} [channels]
 * @property {number} samples          true length of the track
 * @property {number} segment_samples  length of every segment but the last
 * @property {number} pre_roll_samples
 * @property {string} init             URI, relative to the manifest
 * @property {Segment[]} segments
 * @property {string} [hls]            URI of the multivariant playlist
 * @property {string} [fingerprint]
 * @property {import('./store.js').Loudness} [loudness]
 * @property {import('./store.js').Applied | null} [applied]
 */
/** @typedef {{ start: number, end: number }} Range  Seconds. */
/** @typedef {{ origin: number, windowStart: number, windowEnd: number, timestampOffset: number }} Placement  Seconds. */
/**
 * Where a track begins on the axis: `seconds` to the last change of sample rate, then `samples` at the rate.
 * @typedef {{ seconds: number, samples: number }} Origin
 */
/** @typedef {'sample' | 'unit'} Trimming  How finely a browser cuts at the append window. */

export const ACCESS_UNIT_SAMPLES = 1024;
/** @type {Origin} */
export const AXIS_START = Object.freeze({ seconds: 0, samples: 0 });

/**
 * Where a track stands on the media element's axis.
 *
 * A browser that trims by samples may count in whole microseconds and round down (Firefox does), and so lose a
 * sample at a border that falls between two: borders stand on whole microseconds, two behind the exact moment, which
 * is less than a tenth of a sample, and the first access unit on the border. A tenth of a microsecond more keeps a
 * division from falling short. So no sample is lost or doubled in Chromium and Firefox.
 *
 * A browser that trims by whole access units (WebKit) drops the first one for the rounding of its time, and the one
 * that straddles the window's end: it gets one microsecond, and one unit, more.
 *
 * @param {Manifest} manifest
 * @param {Origin} origin
 * @param {Trimming} trimming
 * @returns {Placement}
 */
export function placementOf(manifest, origin = AXIS_START, trimming = 'sample') {
  const at = (/** @type {number} */ samples) => origin.seconds + (origin.samples + samples) / manifest.sample_rate;
  const [start, preRoll] = [at(0), manifest.pre_roll_samples / manifest.sample_rate];
  if (trimming === 'unit') {
    const end = at(manifest.samples + ACCESS_UNIT_SAMPLES);
    return { origin: start, windowStart: start, windowEnd: end, timestampOffset: at(-manifest.pre_roll_samples) + 1e-6 };
  }
  const border = (/** @type {number} */ seconds) => (seconds === 0 ? 0 : (microseconds(seconds) + 2.1) / 1e6);
  const first = start === 0 ? 0.1 : microseconds(start) + 2.1;
  return {
    origin: start,
    windowStart: border(start),
    windowEnd: border(at(manifest.samples)),
    timestampOffset: (first - microseconds(preRoll)) / 1e6,
  };
}

/**
 * Whole microseconds, rounded up but for what a division left over.
 * @param {number} seconds
 */
function microseconds(seconds) {
  return Math.ceil(seconds * 1e6 - 1e-3);
}

/**
 * Where the track after this one begins. Sums stay whole samples as long as the rate does.
 * @param {Manifest} manifest
 * @param {Origin} origin
 * @param {Manifest} next
 * @returns {Origin}
 */
export function originAfter(manifest, origin, next) {
  const samples = origin.samples + manifest.samples;
  if (next.sample_rate === manifest.sample_rate) return { seconds: origin.seconds, samples };
  return { seconds: origin.seconds + samples / manifest.sample_rate, samples: 0 };
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
  return {
    start: placement.origin + start / manifest.sample_rate,
    end: placement.origin + (start + samples) / manifest.sample_rate,
  };
}

/**
 * Whether two renditions are cut into the same segments, so that one can take over from the other.
 * @param {Manifest} one
 * @param {Manifest} other
 */
export function shareGrid(one, other) {
  return (
    one.sample_rate === other.sample_rate &&
    one.samples === other.samples &&
    one.segment_samples === other.segment_samples &&
    one.channels === other.channels
  );
}

/**
 * The end of what is loaded without a hole from `position` on; `position` itself when nothing is.
 * @param {readonly Range[]} buffered
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
