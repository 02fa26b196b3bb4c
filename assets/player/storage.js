/**
 * What survives a reload, in the browser's own storage and nowhere else: queue, position, volume, mastering, theme,
 * and the draw that decides about MSE. A browser that refuses to store is no trouble, nor is a session that another
 * version of this page has kept, or someone else: what does not fit is as if it were not there.
 */

import { mapped } from './queue.js';

/** @typedef {import('./store.js').State} State */
/**
 * @typedef {object} Session
 * @property {typeof VERSION} version
 * @property {string[]} queue  ids of tracks
 * @property {number} at
 * @property {import('./queue.js').Repeat} repeat
 * @property {number[] | null} natural  places of the queue
 * @property {number} position  seconds
 * @property {number} volume
 * @property {boolean} muted
 * @property {State['side']} side
 * @property {string} mastered
 */

/** Of the shape of a session: one of another is not read. */
const VERSION = 2;
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
  const kept = { queue: ids, at, repeat, natural: natural && [...natural] };
  return { version: VERSION, ...kept, position, volume, muted, side, mastered };
}

/**
 * The session that was kept; null where there is none, or it does not fit.
 * @param {Storage} storage
 * @returns {Session | null}
 */
export function readSession(storage) {
  const session = storage.read('session');
  return isSession(session) ? session : null;
}

/**
 * @param {any} value
 * @returns {value is Session}
 */
function isSession(value) {
  if (value?.version !== VERSION) return false;
  const { queue, at, repeat, natural, position, volume, muted, side, mastered } = value;
  return (
    isListOf(queue, (id) => typeof id === 'string') &&
    Number.isInteger(at) && at >= -1 && at < queue.length &&
    ['off', 'all', 'one'].includes(repeat) &&
    (natural === null || isOrderOf(natural, queue.length)) &&
    Number.isFinite(position) && position >= 0 &&
    Number.isFinite(volume) && volume >= 0 && volume <= 1 &&
    typeof muted === 'boolean' &&
    (side === 'original' || side === 'mastered') &&
    typeof mastered === 'string'
  );
}

/**
 * @param {unknown} value
 * @param {(item: unknown) => boolean} fits
 */
function isListOf(value, fits) {
  return Array.isArray(value) && value.every(fits);
}

/**
 * Whether a value has each place below `length` once.
 * @param {any} value
 * @param {number} length
 */
function isOrderOf(value, length) {
  const isPlace = (/** @type {unknown} */ place) => Number.isInteger(place) && Number(place) >= 0 && Number(place) < length;
  return isListOf(value, isPlace) && value.length === length && new Set(value).size === length;
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
 * @param {() => Session | null} awaited  a session whose queue has not come back yet: it is kept until something is played
 */
export function keepSession(storage, store, awaited) {
  const EVERY = 2000;
  let keptAt = 0;
  /** @type {State | null} */
  let before = null;
  const keep = () => {
    const state = store.getState();
    if (state.library !== 'ready') return;
    keptAt = performance.now();
    storage.write('session', withAwaited(sessionOf(state), awaited()));
  };
  store.subscribe((state) => {
    const chosen = ['queue', 'volume', 'muted', 'side', 'mastered'];
    const changed = before !== null && chosen.some((name) => Reflect.get(state, name) !== Reflect.get(before ?? {}, name));
    before = state;
    if (changed || performance.now() - keptAt > EVERY) keep();
  });
  globalThis.addEventListener('pagehide', keep);
}

/**
 * @param {Session} session
 * @param {Session | null} awaited
 * @returns {Session}
 */
function withAwaited(session, awaited) {
  if (session.queue.length > 0 || awaited === null) return session.at < 0 ? { ...session, position: 0 } : session;
  const { queue, at, natural, position } = awaited;
  return { ...session, queue, at, natural, position };
}
