/**
 * What is up next: to play at once, to drag to another place, to remove. The same moves are in a menu behind each
 * handle, and on keys: Alt with Up and Down moves, Delete removes.
 */

import { clock, lengthInWords } from '../timeline.js';
import { attribute, copyOf, find, say, show, watch, write } from './elements.js';
import { openMenu } from './menu.js';
import { counted, creditOf, titleOf } from './words.js';
import { createVirtualList } from './virtual-list.js';

/** @typedef {import('../store.js').State} State */
/** @typedef {{ key: string, height: number, place: number, size: number, item: number, at: number }} QueueRow */

const ROW = 56;

/**
 * @param {HTMLElement} section
 * @param {object} parts
 * @param {import('../store.js').Store} parts.store
 * @param {import('../player.js').Player} parts.player
 * @param {HTMLElement} parts.scroller  what the section scrolls in
 */
export function createQueueView(section, { store, player, scroller }) {
  /** @type {HTMLElement} */
  const ol = find(section, 'ol');
  /** @type {ReturnType<typeof createVirtualList<QueueRow>>} */
  const list = createVirtualList(ol, {
    scroller,
    create: () => copyOf('queue-row'),
    fill: (element, row) => fill(element, row, store.getState()),
  });

  const move = (/** @type {QueueRow} */ row, /** @type {number} */ to) => {
    const { items, at } = store.getState().queue;
    const place = Math.min(items.length - 1, Math.max(at + 1, to));
    if (place === row.at) return;
    player.move(row.at, place);
    list.focus(place - store.getState().queue.at - 1, 0);
    say(`Moved to place ${place - at}`);
  };
  const remove = (/** @type {QueueRow} */ row) => {
    const title = titleOf(store.getState().tracks[row.item]);
    player.remove(row.at);
    say(`Removed: ${title}`);
  };
  const openMoves = (/** @type {HTMLElement} */ handle, /** @type {QueueRow} */ row) => {
    openMenu(handle, 'Move', [
      { name: 'Move up', act: () => move(row, row.at - 1) },
      { name: 'Move down', act: () => move(row, row.at + 1) },
      { name: 'Play next', act: () => move(row, store.getState().queue.at + 1) },
      { name: 'Move to the end', act: () => move(row, Infinity) },
    ]);
  };

  let dragged = false;
  ol.addEventListener('click', (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = list.rowOf(target);
    if (!row) return;
    const handle = target.closest('.handle');
    if (handle && !dragged) openMoves(/** @type {HTMLElement} */ (handle), row);
    else if (target.closest('.remove')) remove(row);
    else if (target.closest('.queued')) player.playAt(row.at);
    dragged = false;
  });
  ol.addEventListener('keydown', (event) => {
    const row = list.rowOf(/** @type {HTMLElement} */ (event.target));
    if (!row) return;
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.altKey && by !== undefined) move(row, row.at + by);
    else if (event.key === 'Delete') remove(row);
    else return;
    event.preventDefault();
  });
  listenForDrags(ol, scroller, {
    place: (element) => list.rowOf(element)?.at ?? null,
    drop(from, by) {
      dragged = true;
      const { at, items } = store.getState().queue;
      player.move(from, Math.min(items.length - 1, Math.max(at + 1, from + by)));
    },
  });
  find(section, '#clear-queue').addEventListener('click', () => player.clearQueue());

  const changes = watch();
  store.subscribe((state) => {
    if (!changes(state)('queue', 'tracks')) return;
    const rows = rowsOf(state);
    list.setRows(rows);
    const remaining = rows.reduce((sum, { item }) => sum + state.tracks[item].duration, 0);
    show(find(section, '#clear-queue'), rows.length > 0);
    show(find(section, '.nothing'), rows.length === 0);
    write(find(section, '.count'), rows.length > 0 ? `${counted(rows.length, 'track')} · ${lengthInWords(remaining)}` : '');
    write(find(section, '.nothing'), nothingAfter(state));
  });
  return { draw: list.draw };
}

/**
 * @param {State} state
 * @returns {QueueRow[]}
 */
function rowsOf({ queue: { items, at } }) {
  /** @type {Map<number, number>} */
  const seen = new Map();
  return items.slice(at + 1).map((item, index, { length: size }) => {
    // A track may stand there twice; each keeps its own row while the queue moves on.
    const times = seen.get(item) ?? 0;
    seen.set(item, times + 1);
    return { key: `${item} ${times}`, height: ROW, place: index + 1, size, item, at: at + 1 + index };
  });
}

/** @param {State} state */
function nothingAfter({ queue }) {
  if (queue.repeat === 'one') return 'This track, again and again.';
  if (queue.repeat === 'all' && queue.items.length > 0) return 'From the beginning again.';
  return 'Nothing. What you play, or add to the queue, shows here.';
}

/**
 * @param {HTMLElement} element
 * @param {QueueRow} row
 * @param {State} state
 */
function fill(element, { item, place, size }, { tracks }) {
  const track = tracks[item];
  const title = titleOf(track);
  attribute(element, 'aria-posinset', String(place));
  attribute(element, 'aria-setsize', String(size));
  write(find(element, '.title'), title);
  write(find(element, '.by'), creditOf(track));
  write(find(element, '.length'), clock(Math.round(track.duration)));
  attribute(find(element, '.handle'), 'aria-label', `Move ${title}`);
  attribute(find(element, '.remove'), 'aria-label', `Remove ${title}`);
}

/**
 * Dragging a row by its handle, with mouse, pen or finger; near an edge the list scrolls along.
 * @param {HTMLElement} ol
 * @param {HTMLElement} scroller
 * @param {{ place: (element: HTMLElement) => number | null, drop: (from: number, by: number) => void }} parts
 */
function listenForDrags(ol, scroller, { place, drop }) {
  ol.addEventListener('pointerdown', (event) => {
    const handle = /** @type {HTMLElement} */ (event.target).closest('.handle');
    const element = handle?.closest('li');
    const from = element ? place(element) : null;
    if (!(handle instanceof HTMLElement) || !element || from === null || event.button !== 0) return;
    const origin = event.clientY + scroller.scrollTop;
    const stop = new AbortController();
    let by = 0;
    const moved = (/** @type {PointerEvent} */ { clientY }) => {
      const box = scroller.getBoundingClientRect();
      if (clientY > box.bottom - ROW) scroller.scrollTop += 8;
      else if (clientY < box.top + ROW) scroller.scrollTop -= 8;
      const distance = clientY + scroller.scrollTop - origin;
      by = Math.round(distance / ROW);
      element.classList.toggle('dragged', Math.abs(distance) > 4);
      makeRoom(ol, element, by, place);
      element.style.translate = `0 ${distance}px`;
    };
    const end = (/** @type {boolean} */ dropped) => {
      stop.abort();
      element.classList.remove('dragged');
      makeRoom(ol, element, 0, place);
      if (dropped && by !== 0) drop(from, by);
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
 * @param {(element: HTMLElement) => number | null} place
 */
function makeRoom(ol, dragged, by, place) {
  const from = place(dragged) ?? 0;
  for (const element of /** @type {HTMLCollectionOf<HTMLElement>} */ (ol.children)) {
    const at = place(element) ?? 0;
    const isBetween = at !== from && (by > 0 ? at > from && at <= from + by : at < from && at >= from + by);
    element.style.translate = isBetween ? `0 ${-Math.sign(by) * ROW}px` : '';
  }
}
