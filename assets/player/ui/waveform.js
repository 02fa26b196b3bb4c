/**
 * The overview of a track as a picture: bars of its peaks around bars of its power, played in one colour, loaded in
 * another, the rest in a third. Only the canvas is touched, so that any page may draw with it.
 */

/** @typedef {{ least: number, greatest: number, power: number }} Point  Where 1 is full scale. */
/** @typedef {{ start: number, end: number }} Part  Of the track, from 0 to 1. */
/** @typedef {{ played: string, loaded: string, rest: string }} Colours */

/** CSS pixels from one bar to the next, and of a bar. */
const PITCH = 3;
const BAR = 2;
/** Height of the line that stands in while the overview is not known. */
const LINE = 4;

/**
 * Points from `track.json`: three bytes each in base64, least and greatest sample as signed bytes where 127 is full
 * scale, and the root mean square as an unsigned byte where 255 is. None where the data is damaged.
 * @param {{ data: string }} waveform
 * @returns {Point[]}
 */
export function pointsOf({ data }) {
  let text;
  try {
    text = atob(data);
  } catch {
    return [];
  }
  const bytes = Int8Array.from(text, (letter) => letter.charCodeAt(0));
  return Array.from({ length: Math.floor(bytes.length / 3) }, (_, index) => ({
    least: bytes[3 * index] / 127,
    greatest: bytes[3 * index + 1] / 127,
    power: (bytes[3 * index + 2] & 255) / 255,
  }));
}

/**
 * So many bars from points, as shares of the height: each takes the greatest of the points it stands for, the
 * loudest of all fills the height.
 * @param {readonly Point[]} points
 * @param {number} count
 * @returns {{ peak: number, power: number }[]}
 */
export function barsOf(points, count) {
  const peakOf = (/** @type {Point} */ { least, greatest }) => Math.max(-least, greatest);
  const loudest = points.reduce((most, point) => Math.max(most, peakOf(point)), 0) || 1;
  return Array.from({ length: count }, (_, bar) => {
    const first = Math.floor((bar * points.length) / count);
    const last = Math.max(first + 1, Math.floor(((bar + 1) * points.length) / count));
    const own = points.slice(first, last);
    return {
      peak: Math.max(0, ...own.map(peakOf)) / loudest,
      power: Math.min(1, Math.max(0, ...own.map(({ power }) => power)) / loudest),
    };
  });
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{ points: readonly Point[] | null, played: number, loaded: readonly Part[], colours: Colours }} picture
 *   `played` from 0 to 1; `points` null or empty for a plain line
 */
export function drawWaveform(canvas, { points, played, loaded, colours }) {
  const scale = globalThis.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * scale);
  const height = Math.round(canvas.clientHeight * scale);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context || width === 0 || height === 0) return;
  const shapes = points?.length ? shapesOf(points, width, height, scale) : [lineOf(width, height, scale)];
  context.clearRect(0, 0, width, height);
  const paint = (/** @type {Part} */ { start, end }, /** @type {string} */ colour) => {
    if (end <= start) return;
    context.save();
    context.beginPath();
    context.rect(start * width, 0, (end - start) * width, height);
    context.clip();
    context.clearRect(0, 0, width, height);
    context.fillStyle = colour;
    shapes.forEach(({ path, opacity }) => {
      context.globalAlpha = opacity;
      context.fill(path);
    });
    context.restore();
  };
  paint({ start: 0, end: 1 }, colours.rest);
  for (const part of loaded) paint(part, colours.loaded);
  paint({ start: 0, end: Math.min(1, played) }, colours.played);
}

/** @typedef {{ path: Path2D, opacity: number }} Shape */

/** @type {WeakMap<readonly Point[], { size: string, shapes: Shape[] }>} */
const known = new WeakMap();

/**
 * The bars of a track at a size; kept, since only the colours change while it plays.
 * @param {readonly Point[]} points
 * @param {number} width
 * @param {number} height
 * @param {number} scale
 */
function shapesOf(points, width, height, scale) {
  const size = `${width} ${height} ${scale}`;
  const made = known.get(points);
  if (made?.size === size) return made.shapes;
  const pitch = Math.max(2, Math.round(PITCH * scale));
  const bar = Math.max(1, Math.round(BAR * scale));
  const peaks = new Path2D();
  const powers = new Path2D();
  barsOf(points, Math.max(1, Math.floor((width + pitch - bar) / pitch))).forEach(({ peak, power }, index) => {
    for (const [path, share] of /** @type {const} */ ([[peaks, peak], [powers, power]])) {
      const tall = Math.max(bar, Math.round(share * height));
      addRounded(path, { left: index * pitch, top: Math.round((height - tall) / 2), width: bar, height: tall });
    }
  });
  const shapes = [{ path: peaks, opacity: 0.55 }, { path: powers, opacity: 1 }];
  known.set(points, { size, shapes });
  return shapes;
}

/**
 * @param {number} width
 * @param {number} height
 * @param {number} scale
 * @returns {Shape}
 */
function lineOf(width, height, scale) {
  const tall = Math.round(LINE * scale);
  const path = new Path2D();
  addRounded(path, { left: 0, top: Math.round((height - tall) / 2), width, height: tall });
  return { path, opacity: 1 };
}

/**
 * A bar with round ends. Path2D has had `roundRect` only since Safari 16 and Firefox 112.
 * @param {Path2D} path
 * @param {{ left: number, top: number, width: number, height: number }} box
 */
function addRounded(path, { left, top, width, height }) {
  const radius = Math.min(width, height) / 2;
  const [right, bottom] = [left + width, top + height];
  path.moveTo(left + radius, top);
  path.arcTo(right, top, right, bottom, radius);
  path.arcTo(right, bottom, left, bottom, radius);
  path.arcTo(left, bottom, left, top, radius);
  path.arcTo(left, top, right, top, radius);
  path.closePath();
}
