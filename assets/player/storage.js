/**
 * What survives a reload, in the browser's own storage and nowhere else: queue, position, volume, mastering, theme,
 * and the draw that decides about MSE. A browser that refuses to store is no trouble.
 */

import { currentOf, mapped } from './queue.js';

/** @typedef {import('./store.js').State} State */
/**
 * @typedef {object} Session
 * @property {string[]} queue  ids of tracks
 * @property {number} at
 * @property {import('./queue.js').Repeat} repeat
 * @property {number[] | null} natural
 * @property {number} position  seconds
 * @property {number} volume
 * @property {boolean} muted
 * @property {State['side']} side
 * @property {string} mastered
 */

/** Of a long queue so many tracks are kept, most of them those up next. */
const KEPT_BEFORE = 100;
const KEPT_AFTER = 900;

/** @param {string} site  what tells the sites of one host apart */
export function createStorage(site) {
  const key = (/** @type {string} */ name) => `segue ${site} ${name}`;
  return {
    /**
     * @param {string} name
     * @returns {any}
     */
    read(name) {
      try {
        return JSON.parse(localStorage.getItem(key(name)) ?? 'null');
      } catch {
        return null;
      }
    },
    /**
     * @param {string} name
     * @param {unknown} value
     */
    write(name, value) {
      try {
        localStorage.setItem(key(name), JSON.stringify(value));
      } catch {
        // It is full, or not allowed.
      }
    },
  };
}

/** @typedef {ReturnType<typeof createStorage>} Storage */

/**
 * @param {State} state
 * @returns {Session}
 */
export function sessionOf({ queue, tracks, position, volume, muted, side, mastered }) {
  const first = Math.max(0, queue.at - KEPT_BEFORE);
  const end = Math.max(0, queue.at) + KEPT_AFTER;
  const { items, at, natural, repeat } = mapped(queue, (item, place) => (place < first || place >= end ? undefined : item));
  const ids = items.map((item) => tracks[item].id);
  return { queue: ids, at, repeat, natural: natural && [...natural], position, volume, muted, side, mastered };
}

/**
 * The queue of a session in a library that may have changed since.
 * @param {Session} session
 * @param {import('./store.js').Track[]} tracks
 * @returns {import('./queue.js').Queue}
 */
export function queueOf({ queue, at, repeat, natural }, tracks) {
  const places = new Map(tracks.map(({ id }, index) => [id, index]));
  return mapped({ items: [...queue.keys()], at, repeat, natural }, (place) => places.get(queue[place]));
}

/**
 * Keeps the session as it changes: at once when something was chosen, now and then while it plays, and at the end.
 * @param {Storage} storage
 * @param {import('./store.js').Store} store
 */
export function keepSession(storage, store) {
  const EVERY = 2000;
  let keptAt = 0;
  /** @type {State | null} */
  let before = null;
  const keep = () => {
    const state = store.getState();
    if (state.library !== 'ready') return;
    keptAt = performance.now();
    storage.write('session', { ...sessionOf(state), position: currentOf(state.queue) === null ? 0 : state.position });
  };
  store.subscribe((state) => {
    const chosen = ['queue', 'volume', 'muted', 'side', 'mastered'];
    const changed = before !== null && chosen.some((name) => Reflect.get(state, name) !== Reflect.get(before ?? {}, name));
    before = state;
    if (changed || performance.now() - keptAt > EVERY) keep();
  });
  globalThis.addEventListener('pagehide', keep);
}
