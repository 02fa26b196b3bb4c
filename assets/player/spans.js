/**
 * Which variant stands where on the axis, as pure functions over a list of spans: ordered, without overlaps. A
 * later append replaces what it covers, as the browser does it; what the browser evicts by itself is taken out.
 */

/** @typedef {import('./timeline.js').Range} Range */
/** @typedef {{ start: number, end: number, variant: string }} Span  Seconds. */

/** Shorter pieces than this many seconds are roundings: neither missed nor kept. */
export const CRUMB = 0.1;

/**
 * With one more span, which replaces what it covers.
 * @param {readonly Span[]} spans
 * @param {Span} added
 * @returns {Span[]}
 */
export function withSpan(spans, added) {
  return [...outside(spans, added), added].sort((a, b) => a.start - b.start);
}

/**
 * The parts of the spans that lie outside a range.
 * @param {readonly Span[]} spans
 * @param {Range} range
 * @returns {Span[]}
 */
export function outside(spans, { start, end }) {
  return spans
    .flatMap((span) => [
      { ...span, end: Math.min(span.end, start) },
      { ...span, start: Math.max(span.start, end) },
    ])
    .filter((span) => span.end > span.start);
}

/**
 * The parts of the spans that the browser still holds.
 * @param {readonly Span[]} spans
 * @param {readonly Range[]} buffered
 * @returns {Span[]}
 */
export function stillHeld(spans, buffered) {
  return spans.flatMap((span) =>
    buffered
      .map(({ start, end }) => {
        // The browser's bounds are off by an access unit at most; that is no piece missing.
        const from = start <= span.start + CRUMB ? span.start : start;
        const to = end >= span.end - CRUMB ? span.end : end;
        return { ...span, start: Math.max(span.start, from), end: Math.min(span.end, to) };
      })
      .filter(({ start, end }) => end - start > 1e-6),
  );
}

/**
 * Whether a range is covered, but for crumbs; by one variant when it is named, by any otherwise.
 * @param {readonly Span[]} spans
 * @param {Range} range
 * @param {string} [variant]
 */
export function isCovered(spans, { start, end }, variant) {
  let reached = start;
  for (const span of spans) {
    if (variant !== undefined && span.variant !== variant) continue;
    if (span.start > reached + CRUMB) break;
    reached = Math.max(reached, span.end);
  }
  return reached >= end - CRUMB;
}

/**
 * Whether a range is so short that it counts as covered in any case.
 * @param {Range} range
 */
export function isCrumb({ start, end }) {
  return start >= end - CRUMB;
}

/**
 * The variant that stands at a moment; null where nothing does.
 * @param {readonly Span[]} spans
 * @param {number} seconds
 */
export function variantAt(spans, seconds) {
  return spans.find(({ start, end }) => start <= seconds && seconds < end)?.variant ?? null;
}
