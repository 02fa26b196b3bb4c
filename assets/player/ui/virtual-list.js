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

/** @typedef {{ key: string, height: number, place: number, size: number }} Common */

/** @template {Common} R */
export class VirtualList {
  #list;
  #scroller;
  #create;
  #fill;
  /** @type {readonly R[]} */
  #rows = [];
  /** Where each row begins, and the last ends. */
  #offsets = new Float64Array(1);
  /** @type {Map<string, { element: HTMLElement, row: R, index: number, offset: number }>} */
  #shown = new Map();
  #active = { index: 0, stop: 0 };

  /**
   * @param {HTMLElement} list
   * @param {object} parts
   * @param {HTMLElement} parts.scroller
   * @param {(row: R) => HTMLElement} parts.create
   * @param {(element: HTMLElement, row: R) => void} parts.fill  after `create`, and when something may have changed
   */
  constructor(list, { scroller, create, fill }) {
    this.#list = list;
    this.#scroller = scroller;
    this.#create = create;
    this.#fill = fill;
    list.addEventListener('keydown', (event) => this.#onKey(event));
    list.addEventListener('focusin', () => this.#onFocus());
    scroller.addEventListener('scroll', () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(scroller);
  }

  /** @param {readonly R[]} rows */
  setRows(rows) {
    const kept = this.#focused();
    const { stop } = this.#active;
    const before = this.#rows;
    this.#rows = rows;
    this.#offsets = new Float64Array(rows.length + 1);
    for (let index = 0; index < rows.length; index += 1) {
      this.#offsets[index + 1] = this.#offsets[index] + rows[index].height;
    }
    this.#list.style.height = `${this.#offsets[rows.length]}px`;
    const index = kept ? rows.findIndex(({ key }) => key === kept.row.key) : -1;
    if (kept && index >= 0) kept.index = index;
    this.#active = index >= 0 ? { index, stop } : { index: this.#step(-1, 1) ?? 0, stop: 0 };
    this.draw();
    this.#setAllStops();
    // What had the focus is gone: it goes to what stood nearest, not to the page.
    if (kept && index < 0 && rows.length > 0) this.focus(nearest(before, kept.index, rows), stop);
  }

  /**
   * Keeps what is in sight where it is while rows are changed: those above it may become more.
   * @param {() => void} change
   */
  hold(change) {
    const top = this.#scrolled();
    const first = this.#indexAt(top);
    const last = this.#indexAt(top + this.#scroller.clientHeight);
    // At its beginning a list stays at its beginning.
    const seen = top > 0 ? this.#rows.slice(first, last + 1) : [];
    const offsets = this.#offsets;
    change();
    const places = new Map(seen.length > 0 ? this.#rows.map(({ key }, index) => [key, index]) : []);
    const kept = seen.findIndex(({ key }) => places.has(key));
    if (kept < 0) return;
    const now = this.#offsets[/** @type {number} */ (places.get(seen[kept].key))];
    this.#scroller.scrollTop += now - offsets[first + kept];
    this.draw();
  }

  /** Fills what is in sight again. */
  refresh() {
    for (const { element, row } of this.#shown.values()) this.#fill(element, row);
    this.#setAllStops();
  }

  /** Brings the document to what is in sight. */
  draw() {
    const wanted = this.#wanted();
    const keys = new Set(wanted.map((index) => this.#rows[index].key));
    for (const [key, { element }] of this.#shown) {
      if (keys.has(key)) continue;
      element.remove();
      this.#shown.delete(key);
    }
    /** @type {Element | null} */
    let before = null;
    for (const index of wanted) {
      const { element } = this.#placed(index);
      /** @type {Element | null} */
      const follows = before ? before.nextElementSibling : this.#list.firstElementChild;
      if (follows !== element) this.#list.insertBefore(element, follows);
      before = element;
    }
  }

  /**
   * @param {number} index
   * @param {number} stop
   */
  focus(index, stop = 0) {
    this.#reveal(index);
    this.draw();
    const entry = this.#shown.get(this.#rows[index]?.key);
    if (!entry) return;
    const stops = stopsOf(entry.element);
    const at = Math.min(stop, stops.length - 1);
    this.#activate(index, at);
    stops[at]?.focus({ preventScroll: true });
  }

  focusActive() {
    this.focus(this.#active.index, this.#active.stop);
  }

  /**
   * Brings rows into sight, down to the last where there is room, the first in any case.
   * @param {(row: R) => boolean} isFirst
   * @param {(row: R) => boolean} isLast
   */
  revealRows(isFirst, isLast) {
    const first = this.#rows.findIndex(isFirst);
    const last = this.#rows.findIndex(isLast);
    if (first < 0 || last < first) return;
    const top = this.#scrolled();
    const height = this.#scroller.clientHeight;
    const by = Math.min(Math.max(0, this.#offsets[last + 1] - top - height), this.#offsets[first] - top - MARGIN);
    // What is far is gone to, not flown over.
    const isNear = Math.abs(by) < height && !matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (Math.abs(by) > 1) this.#scroller.scrollBy({ top: by, behavior: isNear ? 'smooth' : 'instant' });
  }

  /**
   * The row that an element is in.
   * @param {Element} element
   */
  rowOf(element) {
    const row = /** @type {HTMLElement | null} */ (element.closest('[data-row]'));
    return row ? this.#rows[Number(row.dataset.at)] : undefined;
  }

  /** How far the list's top is above the top of the sight. */
  #scrolled() {
    const { top } = this.#scroller.getBoundingClientRect();
    return top + this.#scroller.clientTop - this.#list.getBoundingClientRect().top;
  }

  /** The places that are to be in the document, in order. */
  #wanted() {
    if (this.#rows.length === 0) return [];
    const top = this.#scrolled();
    const first = this.#indexAt(top - OVERSCAN);
    const last = this.#indexAt(top + this.#scroller.clientHeight + OVERSCAN);
    const wanted = Array.from({ length: last - first + 1 }, (_, n) => first + n);
    const kept = this.#focused();
    if (kept && this.#rows[kept.index]?.key === kept.row.key) {
      if (kept.index < first) wanted.unshift(kept.index);
      else if (kept.index > last) wanted.push(kept.index);
    }
    return wanted;
  }

  /** @param {number} offset */
  #indexAt(offset) {
    let low = 0;
    let high = this.#rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#offsets[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** @param {number} index */
  #placed(index) {
    const row = this.#rows[index];
    const known = this.#shown.get(row.key);
    const offset = this.#offsets[index];
    const entry = known ?? { element: this.#create(row), row, index: -1, offset };
    const { element } = entry;
    if (known?.row !== row) this.#fill(element, row);
    // A row that stays as it is moves when others above it become higher.
    if (known?.row !== row || known.index !== index || known.offset !== offset) {
      element.style.transform = `translateY(${offset}px)`;
      element.style.height = `${row.height}px`;
      element.dataset.row = '';
      element.dataset.at = String(index);
      this.#shown.set(row.key, Object.assign(entry, { row, index, offset }));
      this.#setStops(entry);
    }
    return entry;
  }

  /** The row that has the focus. */
  #focused() {
    const element = document.activeElement?.closest('[data-row]');
    if (!element || !this.#list.contains(element)) return undefined;
    return [...this.#shown.values()].find((entry) => entry.element === element);
  }

  /** @param {number} index */
  #reveal(index) {
    const top = this.#scrolled();
    const height = this.#scroller.clientHeight;
    if (this.#offsets[index] < top + MARGIN) this.#scroller.scrollTop += this.#offsets[index] - top - MARGIN;
    else if (this.#offsets[index + 1] > top + height) this.#scroller.scrollTop += this.#offsets[index + 1] - top - height;
  }

  /**
   * @param {number} index
   * @param {number} stop
   */
  #activate(index, stop) {
    if (index === this.#active.index && stop === this.#active.stop) return;
    this.#active = { index, stop };
    this.#setAllStops();
  }

  #setAllStops() {
    for (const entry of this.#shown.values()) this.#setStops(entry);
  }

  /** @param {{ element: HTMLElement, index: number }} entry */
  #setStops({ element, index }) {
    const isActive = index === this.#active.index;
    stopsOf(element).forEach((stop, n, all) => {
      stop.tabIndex = isActive && n === Math.min(this.#active.stop, all.length - 1) ? 0 : -1;
    });
    for (const control of element.querySelectorAll('[data-also]')) {
      /** @type {HTMLElement} */ (control).tabIndex = isActive ? 0 : -1;
    }
  }

  #onFocus() {
    const row = this.#focused();
    if (!row) return;
    const stop = stopsOf(row.element).indexOf(/** @type {HTMLElement} */ (document.activeElement));
    this.#activate(row.index, stop >= 0 ? stop : this.#active.stop);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
    const row = this.#focused();
    const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!row || !(sideways === undefined ? this.#goTo(event.key) : this.#goAside(row, sideways))) return;
    event.preventDefault();
  }

  /**
   * Left and Right: among the stops of a row, and on from its end to the next row.
   * @param {{ element: HTMLElement, index: number }} row
   * @param {number} by
   */
  #goAside({ element, index }, by) {
    const { length } = stopsOf(element);
    if (length < 2) return false;
    const stop = this.#active.stop + by;
    const next = this.#step(index, by);
    if (stop >= 0 && stop < length) this.focus(index, stop);
    else if (next !== null) this.focus(next, by > 0 ? 0 : Infinity);
    return true;
  }

  /** @param {string} key */
  #goTo(key) {
    const next = this.#target(key);
    if (next !== null) this.focus(next, this.#active.stop);
    return next !== null;
  }

  /** @param {string} key */
  #target(key) {
    const { index } = this.#active;
    const { length } = this.#rows;
    const page = Math.max(1, Math.floor((0.9 * this.#scroller.clientHeight) / (this.#rows[index]?.height || 1)));
    switch (key) {
      case 'ArrowUp':
        return this.#step(index, -1);
      case 'ArrowDown':
        return this.#step(index, 1);
      case 'PageUp':
        return this.#step(Math.max(1, index - page + 1), -1);
      case 'PageDown':
        return this.#step(Math.min(length - 2, index + page - 1), 1);
      case 'Home':
        return this.#step(-1, 1);
      case 'End':
        return this.#step(length, -1);
      default:
        return null;
    }
  }

  /**
   * The next row in a direction that can be stopped at: air is passed.
   * @param {number} from
   * @param {number} by
   */
  #step(from, by) {
    let index = from + by;
    while (this.#rows[index]?.size === 0) index += by;
    return index >= 0 && index < this.#rows.length ? index : null;
  }
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
