/**
 * Dragging a row of a list by its `.handle`, with mouse, pen or finger: the rows between make room, and near an edge
 * the list scrolls along.
 */

/** A press that moves no further, in pixels, is a press. */
const TREMBLE = 4;
/** Pixels that the list scrolls in a frame while a row is held at its edge. */
const STEP = 8;

/**
 * @typedef {object} Drags
 * @property {HTMLElement} scroller
 * @property {number} height  of a row
 * @property {(element: HTMLElement) => number | null} place  of a row
 * @property {(from: number, by: number) => void} drop  also where it was brought back, `by` 0
 */

/**
 * @param {HTMLElement} ol
 * @param {Drags} drags
 */
export function listenForDrags(ol, { scroller, height, place, drop }) {
  ol.addEventListener('pointerdown', (event) => {
    const handle = /** @type {HTMLElement} */ (event.target).closest('.handle');
    const element = handle?.closest('li');
    const from = element ? place(element) : null;
    if (!(handle instanceof HTMLElement) || !element || from === null || event.button !== 0) return;
    const origin = event.clientY + scroller.scrollTop;
    // Not beyond the list's ends, which would make the place that it scrolls in longer and longer.
    const above = element.getBoundingClientRect().top - ol.getBoundingClientRect().top;
    const below = ol.clientHeight - height - above;
    const stop = new AbortController();
    let pointer = event.clientY;
    let by = 0;
    let isDragged = false;
    let frame = 0;
    const follow = () => {
      cancelAnimationFrame(frame);
      const box = scroller.getBoundingClientRect();
      const edge = Number(pointer > box.bottom - height) - Number(pointer < box.top + height);
      scroller.scrollTop += STEP * edge;
      const distance = Math.min(below, Math.max(-above, pointer + scroller.scrollTop - origin));
      by = Math.round(distance / height);
      isDragged ||= Math.abs(distance) > TREMBLE;
      element.classList.toggle('dragged', isDragged);
      makeRoom(ol, element, by, { height, place });
      element.style.translate = `0 ${distance}px`;
      if (edge !== 0) frame = requestAnimationFrame(follow);
    };
    const moved = (/** @type {PointerEvent} */ { clientY }) => {
      pointer = clientY;
      follow();
    };
    const end = (/** @type {boolean} */ dropped) => {
      stop.abort();
      cancelAnimationFrame(frame);
      element.classList.remove('dragged');
      makeRoom(ol, element, 0, { height, place });
      if (dropped && isDragged) drop(from, by);
    };
    // So that the list keeps the row, however far it scrolls.
    handle.focus({ preventScroll: true });
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener('pointermove', moved, { signal: stop.signal });
    handle.addEventListener('pointerup', () => end(true), { signal: stop.signal });
    handle.addEventListener('pointercancel', () => end(false), { signal: stop.signal });
  });
}

/**
 * Moves the rows aside between where a dragged one was and where it would go.
 * @param {HTMLElement} ol
 * @param {HTMLElement} dragged
 * @param {number} by
 * @param {Pick<Drags, 'height' | 'place'>} drags
 */
function makeRoom(ol, dragged, by, { height, place }) {
  const from = place(dragged) ?? 0;
  for (const element of /** @type {HTMLCollectionOf<HTMLElement>} */ (ol.children)) {
    const at = place(element) ?? 0;
    const isBetween = at !== from && (by > 0 ? at > from && at <= from + by : at < from && at >= from + by);
    element.style.translate = isBetween ? `0 ${-Math.sign(by) * height}px` : '';
  }
}
