/**
 * A list of which only what is in sight is in the document, however long it is. Heights are known beforehand, so that
 * a place is found by bisection and nothing is measured while it scrolls.
 *
 * The list is one stop of the Tab key. Up and Down go from row to row, Left and Right among the stops of a row that
 * has several (`[data-stop]`), Home, End and the Page keys far; other controls of the active row (`[data-also]`)
 * follow by Tab. The row that has the focus stays in the document, wherever it is scrolled to.
 */

/** Pixels above and below the sight that are kept ready. */
const OVERSCAN = 320;
/** Pixels that are left above what is brought into sight. */
const MARGIN = 8;

/**
 * @template {{ key: string, height: number, place: number, size: number }} R
 * @param {HTMLElement} list
 * @param {object} parts
 * @param {HTMLElement} parts.scroller
 * @param {(row: R) => HTMLElement} parts.create
 * @param {(element: HTMLElement, row: R) => void} parts.fill  after `create`, and when something may have changed
 */
export function createVirtualList(list, { scroller, create, fill }) {
  /** @type {readonly R[]} */
  let rows = [];
  let offsets = new Float64Array(1);
  /** @type {Map<string, { element: HTMLElement, row: R, index: number }>} */
  const shown = new Map();
  let active = { index: 0, stop: 0 };

  const indexAt = (/** @type {number} */ offset) => {
    let low = 0;
    let high = rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (offsets[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  /** How far the list's top is above the top of the sight. */
  const scrolled = () => scroller.getBoundingClientRect().top + scroller.clientTop - list.getBoundingClientRect().top;

  const focused = () => {
    const element = document.activeElement?.closest('[data-row]');
    return element && list.contains(element) ? [...shown.values()].find((entry) => entry.element === element) : undefined;
  };

  const draw = () => {
    const top = scrolled();
    const first = indexAt(top - OVERSCAN);
    const last = indexAt(top + scroller.clientHeight + OVERSCAN);
    const wanted = rows.length === 0 ? [] : Array.from({ length: last - first + 1 }, (_, n) => first + n);
    const kept = focused();
    if (kept && rows[kept.index]?.key === kept.row.key && !wanted.includes(kept.index)) {
      if (kept.index < first) wanted.unshift(kept.index);
      else wanted.push(kept.index);
    }
    const keys = new Set(wanted.map((index) => rows[index].key));
    for (const [key, { element }] of shown) {
      if (keys.has(key)) continue;
      element.remove();
      shown.delete(key);
    }
    /** @type {Element | null} */
    let before = null;
    for (const index of wanted) {
      const entry = placed(index);
      /** @type {Element | null} */
      const follows = before ? before.nextElementSibling : list.firstElementChild;
      if (follows !== entry.element) list.insertBefore(entry.element, follows);
      before = entry.element;
    }
  };

  const placed = (/** @type {number} */ index) => {
    const row = rows[index];
    let entry = shown.get(row.key);
    const isNew = entry === undefined;
    if (!entry) {
      entry = { element: create(row), row, index: -1 };
      entry.element.dataset.row = '';
      shown.set(row.key, entry);
    }
    const { element } = entry;
    if (isNew || entry.row !== row) fill(element, row);
    if (isNew || entry.index !== index || entry.row !== row) {
      element.style.transform = `translateY(${offsets[index]}px)`;
      element.style.height = `${row.height}px`;
      element.dataset.at = String(index);
      entry.row = row;
      entry.index = index;
      setStops(entry);
    }
    return entry;
  };

  const setStops = (/** @type {{ element: HTMLElement, index: number }} */ { element, index }) => {
    const isActive = index === active.index;
    stopsOf(element).forEach((stop, n, all) => {
      stop.tabIndex = isActive && n === Math.min(active.stop, all.length - 1) ? 0 : -1;
    });
    for (const control of element.querySelectorAll('[data-also]')) {
      /** @type {HTMLElement} */ (control).tabIndex = isActive ? 0 : -1;
    }
  };

  const activate = (/** @type {number} */ index, /** @type {number} */ stop) => {
    if (index === active.index && stop === active.stop) return;
    active = { index, stop };
    for (const entry of shown.values()) setStops(entry);
  };

  const reveal = (/** @type {number} */ index) => {
    const top = scrolled();
    if (offsets[index] < top + MARGIN) scroller.scrollTop += offsets[index] - top - MARGIN;
    else if (offsets[index + 1] > top + scroller.clientHeight) scroller.scrollTop += offsets[index + 1] - top - scroller.clientHeight;
  };

  const focus = (/** @type {number} */ index, /** @type {number} */ stop = 0) => {
    reveal(index);
    draw();
    const entry = shown.get(rows[index]?.key);
    if (!entry) return;
    const stops = stopsOf(entry.element);
    const at = Math.min(stop, stops.length - 1);
    activate(index, at);
    stops[at]?.focus({ preventScroll: true });
  };

  /** The next row in a direction that can be stopped at: heads and air are passed. */
  const step = (/** @type {number} */ from, /** @type {number} */ by) => {
    let index = from;
    do index += by;
    while (index >= 0 && index < rows.length && rows[index].size === 0);
    return index >= 0 && index < rows.length ? index : null;
  };

  const goTo = (/** @type {string} */ key) => {
    const { index } = active;
    const page = Math.max(1, Math.floor((scroller.clientHeight * 0.9) / (rows[index]?.height || 1)));
    switch (key) {
      case 'ArrowUp':
        return step(index, -1);
      case 'ArrowDown':
        return step(index, 1);
      case 'PageUp':
        return step(Math.max(1, index - page + 1), -1);
      case 'PageDown':
        return step(Math.min(rows.length - 2, index + page - 1), 1);
      case 'Home':
        return step(-1, 1);
      case 'End':
        return step(rows.length, -1);
      default:
        return null;
    }
  };

  list.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
    const row = focused();
    if (!row) return;
    const stops = stopsOf(row.element);
    const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (sideways !== undefined) {
      if (stops.length < 2) return;
      const stop = active.stop + sideways;
      const next = step(row.index, sideways);
      if (stop >= 0 && stop < stops.length) focus(row.index, stop);
      else if (next !== null) focus(next, sideways > 0 ? 0 : Infinity);
    } else {
      const next = goTo(event.key);
      if (next === null) return;
      focus(next, active.stop);
    }
    event.preventDefault();
  });

  list.addEventListener('focusin', () => {
    const row = focused();
    if (!row) return;
    const stop = stopsOf(row.element).indexOf(/** @type {HTMLElement} */ (document.activeElement));
    activate(row.index, stop >= 0 ? stop : active.stop);
  });

  scroller.addEventListener('scroll', draw, { passive: true });
  new ResizeObserver(draw).observe(scroller);

  return {
    /** @param {readonly R[]} next */
    setRows(next) {
      const kept = focused();
      const stop = active.stop;
      const before = rows;
      rows = next;
      offsets = new Float64Array(rows.length + 1);
      for (let index = 0; index < rows.length; index += 1) offsets[index + 1] = offsets[index] + rows[index].height;
      list.style.height = `${offsets[rows.length]}px`;
      const index = kept ? rows.findIndex(({ key }) => key === kept.row.key) : -1;
      if (kept && index >= 0) kept.index = index;
      active = { index: index >= 0 ? index : Math.max(0, step(-1, 1) ?? 0), stop: index >= 0 ? stop : 0 };
      draw();
      for (const entry of shown.values()) setStops(entry);
      // What had the focus is gone: it goes to what stood nearest, not to the page.
      if (kept && index < 0 && rows.length > 0) focus(nearest(before, kept.index, rows), stop);
    },
    /** Fills what is in sight again. */
    refresh() {
      for (const { element, row } of shown.values()) fill(element, row);
      for (const entry of shown.values()) setStops(entry);
    },
    draw,
    focus,
    focusActive: () => focus(active.index, active.stop),
    /**
     * Brings rows into sight, down to the last where there is room, the first in any case.
     * @param {(row: R) => boolean} isFirst
     * @param {(row: R) => boolean} isLast
     */
    revealRows(isFirst, isLast) {
      const first = rows.findIndex(isFirst);
      const last = rows.findIndex(isLast);
      if (first < 0 || last < first) return;
      const top = scrolled();
      const down = Math.max(0, offsets[last + 1] - top - scroller.clientHeight);
      const by = Math.min(down, offsets[first] - top - MARGIN);
      // What is far is gone to, not flown over.
      const near = Math.abs(by) < scroller.clientHeight && !matchMedia('(prefers-reduced-motion: reduce)').matches;
      const behavior = near ? 'smooth' : 'instant';
      if (Math.abs(by) > 1) scroller.scrollBy({ top: by, behavior });
    },
    /** @param {HTMLElement} element  within a row */
    rowOf: (element) => {
      const row = /** @type {HTMLElement | null} */ (element.closest('[data-row]'));
      return row ? rows[Number(row.dataset.at)] : undefined;
    },
  };
}

/**
 * The place now of the row that stood nearest to one that is gone, rather behind than before it; the first where
 * none of them is left.
 * @param {readonly { key: string }[]} before
 * @param {number} from
 * @param {readonly { key: string }[]} now
 */
function nearest(before, from, now) {
  const places = new Map(now.map(({ key }, index) => [key, index]));
  for (let by = 1; by < before.length; by += 1) {
    const place = places.get(before[from + by]?.key) ?? places.get(before[from - by]?.key);
    if (place !== undefined) return place;
  }
  return 0;
}

/** @param {HTMLElement} element */
function stopsOf(element) {
  return /** @type {HTMLElement[]} */ ([...element.querySelectorAll('[data-stop]')]);
}
