/**
 * What to do next for the tracks on the axis, as a pure function of the situation: fetch a segment, evict a range,
 * say that nothing follows, or wait. No DOM, no clock, no memory: asked again after every step, seek and change,
 * it always starts from where the listener is, so that none of these needs a case of its own.
 *
 * The rules: what is missing or stands there in another variant than the wanted one comes in the order of time,
 * from the position up to AHEAD seconds, over the borders of tracks. Where sound is already, in another variant, the
 * wanted one takes over behind what the browser has decoded. More than BEHIND seconds behind, and well beyond what
 * is fetched ahead, is evicted, in whole segments. What is kept always includes what is fetched, so the two never
 * chase each other.
 */

import { CRUMB, isCovered, isCrumb, variantAt } from './spans.js';
import { segmentAt, segmentRange } from './timeline.js';

/** @typedef {import('./timeline.js').Manifest} Manifest */
/** @typedef {import('./timeline.js').Placement} Placement */
/** @typedef {import('./timeline.js').Range} Range */
/** @typedef {import('./spans.js').Span} Span */
/** @typedef {{ manifest: Manifest, placement: Placement }} Placed  A track on the axis, in the wanted variant. */
/**
 * @typedef {object} Situation
 * @property {readonly Placed[]} placed   in the order of time; the last may be followed by others later
 * @property {number} position            seconds on the axis
 * @property {readonly Range[]} buffered  what the browser holds
 * @property {readonly Span[]} spans      in which variant
 * @property {number} lead               seconds ahead of the position that the browser has decoded
 * @property {boolean} streaming          false while the browser asks not to fetch
 * @property {boolean} starting           sound was asked for, and none has come yet
 * @property {boolean} complete           the browser was told that nothing follows
 * @property {boolean} last               whether nothing follows the last track
 */
/**
 * @typedef {{ type: 'fetch', place: number, index: number } | { type: 'evict', range: Range }
 *   | { type: 'complete' } | { type: 'wait' }} Action
 */

/** Fetch what begins within so many seconds; with a segment of 6 s, 48 to 54 s are ahead. */
export const AHEAD = 48;
/** With so many seconds there nothing is fetched until they sound: it would take time from their decoding. */
const ENOUGH_TO_START = 3;
/** Keep so many seconds behind the position, for small steps back. */
export const BEHIND = 30;
/** Keep what is loaded up to so many seconds ahead. */
const KEEP_AHEAD = 60;

/**
 * @param {Situation} situation
 * @returns {Action}
 */
export function nextAction(situation) {
  const stale = staleRanges(situation);
  // Evicting would reopen a complete stream; what it holds is bounded already.
  if (stale.length > 0 && !situation.complete) return { type: 'evict', range: stale[0] };
  const wanted = firstWanted(situation);
  if (wanted === null) return situation.complete || !situation.last ? { type: 'wait' } : { type: 'complete' };
  const { manifest, placement } = situation.placed[wanted.place];
  const due = segmentRange(manifest, placement, wanted.index).start < situation.position + AHEAD;
  return due && situation.streaming && !hasEnoughToStart(situation) ? { type: 'fetch', ...wanted } : { type: 'wait' };
}

/** @param {Situation} situation */
function hasEnoughToStart({ starting, position, spans }) {
  return starting && isCovered(spans, { start: position, end: position + ENOUGH_TO_START });
}

/**
 * The track that stands at a moment: the last that begins at it or before.
 * @param {readonly Placed[]} placed
 * @param {number} seconds
 */
export function placeAt(placed, seconds) {
  const after = placed.findIndex(({ placement }) => placement.origin > seconds + 1e-6);
  return after < 0 ? Math.max(0, placed.length - 1) : Math.max(0, after - 1);
}

/**
 * From where on a segment's bytes may be appended: from its start, unless sound stands at the position that it
 * would replace under the listener's ear; null when too little of it would be left.
 * @param {Situation} situation
 * @param {Range} segment
 * @param {string} variant
 * @returns {number | null}
 */
export function takeOverFrom({ spans, position, lead }, segment, variant) {
  const from = position + lead;
  const inside = segment.start < from && position < segment.end;
  const sounding = { start: Math.max(segment.start, position), end: Math.min(from, segment.end) };
  if (!inside || !isCovered(spans, sounding) || isCovered(spans, sounding, variant)) return segment.start;
  return segment.end - from > CRUMB ? from : null;
}

/**
 * The buffered ranges that are too far from the position to keep.
 * @param {Pick<Situation, 'placed' | 'position' | 'buffered'>} situation
 * @param {number} behind  seconds to keep behind the position; less when the browser's buffer is full
 * @returns {Range[]}
 */
export function staleRanges({ placed, position, buffered }, behind = BEHIND) {
  const keepFrom = segmentOf(placed, position - behind).start;
  const keepUntil = segmentOf(placed, position + KEEP_AHEAD).end;
  return buffered
    .flatMap(({ start, end }) => [
      { start, end: Math.min(end, keepFrom) },
      { start: Math.max(start, keepUntil), end },
    ])
    .filter(({ start, end }) => end - start > CRUMB);
}

/**
 * The range of the segment that holds a moment.
 * @param {readonly Placed[]} placed
 * @param {number} seconds
 */
function segmentOf(placed, seconds) {
  const { manifest, placement } = placed[placeAt(placed, seconds)];
  return segmentRange(manifest, placement, segmentAt(manifest, placement, seconds));
}

/**
 * The first segment from the position on that is not there, or not in the wanted variant; null when all are.
 * @param {Situation} situation
 */
function firstWanted(situation) {
  const { placed, position } = situation;
  const current = placeAt(placed, position);
  for (let place = current; place < placed.length; place += 1) {
    const { manifest, placement } = placed[place];
    const first = place === current ? segmentAt(manifest, placement, position) : 0;
    for (let index = first; index < manifest.segments.length; index += 1) {
      if (isWanted(situation, segmentRange(manifest, placement, index), manifest.variant)) return { place, index };
    }
  }
  return null;
}

/**
 * @param {Situation} situation
 * @param {Range} segment
 * @param {string} variant
 */
function isWanted(situation, segment, variant) {
  const { spans, position } = situation;
  // A whole track may be no more than that; it is there when its middle is.
  if (isCrumb(segment)) return variantAt(spans, (segment.start + segment.end) / 2) !== variant;
  // Of a piece shorter than a crumb nobody can say whether it is there: a little more is looked at.
  const ahead = { start: Math.max(segment.start, Math.min(position, segment.end - 2 * CRUMB)), end: segment.end };
  if (isCovered(spans, ahead, variant)) return false;
  if (!isCovered(spans, ahead)) return true;
  const from = takeOverFrom(situation, segment, variant);
  return from !== null && !isCovered(spans, { start: from, end: segment.end }, variant);
}
