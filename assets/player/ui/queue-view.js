/**
 * What is up next: to play at once, to drag to another place, to remove. The same moves are in a menu behind each
 * handle, and on keys: Alt with Up and Down moves, Delete removes.
 */

import { upNext } from '../queue.js';
import { clock, lengthInWords } from '../timeline.js';
import { attribute, copyOf, find, say, show, watch, write } from './elements.js';
import { openMenu } from './menu.js';
import { listenForDrags } from './queue-drag.js';
import { VirtualList } from './virtual-list.js';
import { counted, creditOf, titleOf } from './words.js';

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
  /** @type {VirtualList<QueueRow>} */
  const list = new VirtualList(ol, {
    scroller,
    create: () => copyOf('queue-row'),
    fill: (element, row) => fill(element, row, store.getState()),
  });
  listen(ol, list, movesOf(list, { store, player }), { player, scroller });
  find(section, '#clear-queue').addEventListener('click', () => player.clearQueue());
  const nothing = find(section, '.nothing');

  const changes = watch();
  store.subscribe((state) => {
    if (!changes(state)('queue', 'tracks')) return;
    const rows = rowsOf(state);
    const remaining = rows.reduce((sum, { item }) => sum + state.tracks[item].duration, 0);
    const count = `${counted(rows.length, 'track')} · ${lengthInWords(remaining)}`;
    const hadFocus = section.contains(document.activeElement);
    list.setRows(rows);
    show(find(section, '#clear-queue'), rows.length > 0);
    show(nothing, rows.length === 0);
    write(find(section, '.count'), rows.length > 0 ? count : '');
    write(nothing, nothingAfter(state));
    // What had it went with the last row.
    if (hadFocus && rows.length === 0) nothing.focus({ preventScroll: true });
  });
  return { draw: () => list.draw() };
}

/** @typedef {ReturnType<typeof movesOf>} Moves */

/**
 * @param {VirtualList<QueueRow>} list
 * @param {{ store: import('../store.js').Store, player: import('../player.js').Player }} parts
 */
function movesOf(list, { store, player }) {
  // The list hears of a change when the one who made it is done: only then are its rows the new ones.
  const focus = (/** @type {number} */ index) => queueMicrotask(() => list.focus(index, 0));
  return {
    /**
     * @param {number} from
     * @param {number} to
     */
    move(from, to) {
      const { items, at } = store.getState().queue;
      const place = Math.min(items.length - 1, Math.max(at + 1, to));
      if (place === from) return;
      player.move(from, place);
      focus(place - at - 1);
      say(`Moved to place ${place - at}`);
    },
    /** @param {QueueRow} row */
    remove({ item, at }) {
      player.remove(at);
      const { queue } = store.getState();
      // The same track may stand in the queue again: the focus stays at the place.
      if (queue.items.length > queue.at + 1) focus(Math.min(at, queue.items.length - 1) - queue.at - 1);
      say(`Removed: ${titleOf(store.getState().tracks[item])}`);
    },
    first: () => store.getState().queue.at + 1,
  };
}

/**
 * @param {HTMLElement} ol
 * @param {VirtualList<QueueRow>} list
 * @param {Moves} moves
 * @param {{ player: import('../player.js').Player, scroller: HTMLElement }} parts
 */
function listen(ol, list, moves, { player, scroller }) {
  let dragged = false;
  ol.addEventListener('pointerdown', () => (dragged = false));
  ol.addEventListener('click', (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = list.rowOf(target);
    if (!row) return;
    /** @type {HTMLElement | null} */
    const handle = target.closest('.handle');
    if (handle && !dragged) openMoves(handle, row.at, moves);
    else if (target.closest('.remove')) moves.remove(row);
    else if (target.closest('.queued')) player.playAt(row.at);
  });
  ol.addEventListener('keydown', (event) => {
    const row = list.rowOf(/** @type {HTMLElement} */ (event.target));
    if (!row) return;
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.altKey && by !== undefined) moves.move(row.at, row.at + by);
    else if (event.key === 'Delete') moves.remove(row);
    else return;
    event.preventDefault();
  });
  listenForDrags(ol, {
    scroller,
    height: ROW,
    place: (element) => list.rowOf(element)?.at ?? null,
    drop(from, by) {
      dragged = true;
      moves.move(from, from + by);
    },
  });
}

/**
 * @param {HTMLElement} handle
 * @param {number} at
 * @param {Moves} moves
 */
function openMoves(handle, at, { move, first }) {
  openMenu(handle, 'Move', [
    { name: 'Move up', act: () => move(at, at - 1) },
    { name: 'Move down', act: () => move(at, at + 1) },
    { name: 'Play next', act: () => move(at, first()) },
    { name: 'Move to the end', act: () => move(at, Infinity) },
  ]);
}

/**
 * @param {State} state
 * @returns {QueueRow[]}
 */
function rowsOf({ queue, tracks }) {
  /** @type {Map<number, number>} */
  const seen = new Map();
  return upNext(queue).map((item, index, { length: size }) => {
    // A track may stand there twice; each keeps its own row while the queue moves on.
    const times = seen.get(item) ?? 0;
    seen.set(item, times + 1);
    return { key: `${tracks[item].id} ${times}`, height: ROW, place: index + 1, size, item, at: queue.at + 1 + index };
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
