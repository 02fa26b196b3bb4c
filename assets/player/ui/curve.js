/**
 * What mastering does to the spectrum, as a small picture and in a few words. A curve is a list of frequencies and
 * decibels; the picture is an SVG path, so that it takes its colour from the page. Pure but for `drawCurve`.
 */

import { decibels } from './words.js';

/** @typedef {{ hz: number, db: number }} Step */

/** The middles of the five bands of a preset: below 200 Hz, to 800, to 3 k, to 8 k, above. */
const BANDS = [90, 400, 1550, 4900, 12000];
/** Where bands meet, and what they are called. */
/** @type {[number, string][]} */
const NAMES = [[200, 'low'], [800, 'low mid'], [3000, 'mid'], [8000, 'presence'], [Infinity, 'air']];
/** What is heard, in Hz: the picture's left and right edge. */
const LOWEST = 30;
const HIGHEST = 18000;
/** Less is not worth a word. */
const LEAST_DB = 0.3;

/**
 * The curve of a preset by its five bands; null for one that decides for each track.
 * @param {readonly number[] | undefined} bands
 * @returns {Step[] | null}
 */
export function curveOfBands(bands) {
  if (!bands || bands.length !== BANDS.length) return null;
  return BANDS.map((hz, band) => ({ hz, db: bands[band] }));
}

/**
 * A smooth path through the steps, from edge to edge; the middle of the height is 0 dB. Steps beyond the picture's
 * decibels go along its edge.
 * @param {readonly Step[]} steps
 * @param {{ width: number, height: number, most: number }} box  `most`: decibels at the upper edge
 * @returns {string}
 */
export function pathOf(steps, { width, height, most }) {
  const x = (/** @type {number} */ hz) => (width * Math.log(hz / LOWEST)) / Math.log(HIGHEST / LOWEST);
  const y = (/** @type {number} */ db) => (height / 2) * (1 - Math.max(-1, Math.min(1, db / most)));
  const inside = steps.filter(({ hz }) => hz > LOWEST && hz < HIGHEST).map(({ hz, db }) => [x(hz), y(db)]);
  if (inside.length === 0) return `M0 ${height / 2}H${width}`;
  const points = [[0, inside[0][1]], ...inside, [width, inside[inside.length - 1][1]]];
  const digits = (/** @type {number} */ value) => Number(value.toFixed(1));
  let path = `M${digits(points[0][0])} ${digits(points[0][1])}`;
  // Catmull and Rom: each piece leaves and arrives along the line between its neighbours.
  for (let n = 1; n < points.length; n += 1) {
    const [from, to] = [points[n - 1], points[n]];
    const [before, after] = [points[n - 2] ?? from, points[n + 1] ?? to];
    const leave = [from[0] + (to[0] - before[0]) / 6, from[1] + (to[1] - before[1]) / 6];
    const arrive = [to[0] - (after[0] - from[0]) / 6, to[1] - (after[1] - from[1]) / 6];
    path += `C${[...leave, ...arrive, ...to].map(digits).join(' ')}`;
  }
  return path;
}

/**
 * Draws a curve into an `<svg>` with a `.curve` path and, where it has one, a `.change` area between curve and 0 dB.
 * @param {SVGSVGElement} picture
 * @param {readonly Step[] | null} steps
 * @param {number} most
 */
export function drawCurve(picture, steps, most) {
  const { width, height } = picture.viewBox.baseVal;
  const path = pathOf(steps ?? [], { width, height, most });
  picture.querySelector('.curve')?.setAttribute('d', path);
  picture.querySelector('.change')?.setAttribute('d', `${path}V${height / 2}H0Z`);
}

/**
 * The two bands that changed most, in words: "+2.1 dB low, −0.8 dB air"; empty when none did.
 * @param {readonly Step[]} steps
 */
export function changeInWords(steps) {
  /** @type {{ name: string, db: number }[]} */
  const bands = [];
  let from = 0;
  for (const [to, name] of NAMES) {
    const own = steps.filter(({ hz }) => hz >= from && hz < to && hz >= LOWEST);
    if (own.length > 0) bands.push({ name, db: own.reduce((sum, { db }) => sum + db, 0) / own.length });
    from = to;
  }
  return bands
    .filter(({ db }) => Math.abs(db) >= LEAST_DB)
    .sort((a, b) => Math.abs(b.db) - Math.abs(a.db))
    .slice(0, 2)
    .map(({ name, db }) => `${decibels(db)} dB ${name}`)
    .join(', ');
}
