/**
 * What to do next for a stream, as a pure function of its situation: fetch a segment, evict a range, say that
 * the stream is complete, or wait. No DOM, no clock, no memory: asked again after every step and every seek,
 * it always starts from where the listener is, so a seek needs no special case.
 *
 * The rules: what is missing at the position comes first, then what follows it, up to AHEAD seconds. More than
 * BEHIND seconds behind, and well beyond what is fetched ahead, is evicted, in whole segments. What is kept
 * always includes what is fetched, so the two never chase each other.
 */

import { segmentAt, segmentRange } from './timeline.js';

/** @typedef {import('./timeline.js').Manifest} Manifest */
/** @typedef {import('./timeline.js').Placement} Placement */
/** @typedef {import('./timeline.js').Range} Range */
/**
 * @typedef {object} Situation
 * @property {Manifest} manifest
 * @property {Placement} placement
 * @property {number} position               seconds on the axis
 * @property {Range[]} buffered              what the browser holds
 * @property {ReadonlySet<number>} appended  indices of the segments given to it and not evicted since
 * @property {boolean} streaming             false while the browser asks not to fetch
 * @property {boolean} complete              the browser was told that nothing follows
 */
/**
 * @typedef {{ type: 'fetch', index: number } | { type: 'evict', range: Range }
 *   | { type: 'complete' } | { type: 'wait' }} Action
 */

/** Fetch what begins within so many seconds; with a segment of 6 s, 48 to 54 s are ahead. */
export const AHEAD = 48;
/** Keep so many seconds behind the position, for small steps back. */
export const BEHIND = 30;
/** Keep what is loaded up to so many seconds ahead. */
const KEEP_AHEAD = 60;
/** Shorter pieces than this many seconds are roundings, neither evicted nor missed. */
const CRUMB = 0.1;

/**
 * @param {Situation} situation
 * @returns {Action}
 */
export function nextAction(situation) {
  const stale = staleRanges(situation);
  // Evicting would reopen a complete stream; what it holds is bounded already.
  if (stale.length > 0 && !situation.complete) return { type: 'evict', range: stale[0] };
  const missing = firstMissing(situation);
  if (missing === null) return situation.complete ? { type: 'wait' } : { type: 'complete' };
  const due = segmentRange(situation.manifest, situation.placement, missing).start < situation.position + AHEAD;
  return due && situation.streaming ? { type: 'fetch', index: missing } : { type: 'wait' };
}

/**
 * The buffered ranges that are too far from the position to keep.
 * @param {Situation} situation
 * @param {number} behind  seconds to keep behind the position; less when the browser's buffer is full
 * @returns {Range[]}
 */
export function staleRanges({ manifest, placement, position, buffered }, behind = BEHIND) {
  const first = segmentAt(manifest, placement, position - behind);
  const last = segmentAt(manifest, placement, position + KEEP_AHEAD);
  const keepFrom = segmentRange(manifest, placement, first).start;
  const keepUntil = segmentRange(manifest, placement, last).end;
  return buffered
    .flatMap(({ start, end }) => [
      { start, end: Math.min(end, keepFrom) },
      { start: Math.max(start, keepUntil), end },
    ])
    .filter(({ start, end }) => end - start > CRUMB);
}

/**
 * Those of the appended segments that the browser still holds. It may evict by itself, when memory is short.
 * @param {Pick<Situation, 'manifest' | 'placement' | 'buffered' | 'appended'>} situation
 * @returns {Set<number>}
 */
export function stillHeld({ manifest, placement, buffered, appended }) {
  const held = [...appended].filter((index) => {
    const segment = segmentRange(manifest, placement, index);
    return buffered.some(({ start, end }) => start <= segment.start + CRUMB && segment.end - CRUMB <= end);
  });
  return new Set(held);
}

/**
 * The first segment from the position on that was not appended; null when all were, to the end.
 * @param {Situation} situation
 */
function firstMissing({ manifest, placement, position, appended }) {
  for (let index = segmentAt(manifest, placement, position); index < manifest.segments.length; index += 1) {
    if (!appended.has(index)) return index;
  }
  return null;
}
