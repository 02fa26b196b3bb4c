/**
 * What survives a reload, in the browser's own storage and nowhere else: queue, position, volume, mastering, theme,
 * and the draw that decides about MSE. A browser that refuses to store is no trouble.
 */

import { currentOf } from './queue.js';

/** @typedef {import('./store.js').State} State */
/**
 * @typedef {object} Session
 * @property {string[]} queue  ids of tracks
 * @property {number} at
 * @property {import('./queue.js').Repeat} repeat
 * @property {string[] | null} natural
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
  const idOf = (/** @type {number} */ item) => tracks[item].id;
  const items = queue.items.slice(first, Math.max(0, queue.at) + KEPT_AFTER);
  const kept = new Set(items);
  const natural = queue.natural && queue.natural.filter((item) => kept.has(item)).map(idOf);
  const at = queue.at < 0 ? -1 : queue.at - first;
  return { queue: items.map(idOf), at, repeat: queue.repeat, natural, position, volume, muted, side, mastered };
}

/**
 * The queue of a session in a library that may have changed since.
 * @param {Session} session
 * @param {import('./store.js').Track[]} tracks
 * @returns {import('./queue.js').Queue}
 */
export function queueOf({ queue, at, repeat, natural }, tracks) {
  const places = new Map(tracks.map(({ id }, index) => [id, index]));
  const isThere = (/** @type {string} */ id) => places.has(id);
  const indices = (/** @type {string[]} */ ids) => ids.filter(isThere).map((id) => /** @type {number} */ (places.get(id)));
  const now = at >= 0 && isThere(queue[at]) ? queue.slice(0, at).filter(isThere).length : -1;
  return { items: indices(queue), at: now, repeat, natural: natural && indices(natural) };
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
