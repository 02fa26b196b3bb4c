/**
 * Where one is in the library, kept in the address: a view or an opened album is a step that "back" undoes, a letter
 * typed is not. Each step remembers how far it was scrolled.
 */

import { addressOf, parseAddress } from '../address.js';

/** @typedef {import('../address.js').Place} Place */

/** So long nothing was scrolled when it rests; browsers count how often the history is written. */
const REST_MS = 300;

export function createNavigation() {
  let scrolled = () => 0;
  let { place } = parseAddress(location.hash);
  /** @type {Set<(place: Place, scroll: number | null) => void>} */
  const listeners = new Set();

  const keepScroll = () => history.replaceState({ scroll: scrolled() }, '');
  const tell = (/** @type {number | null} */ scroll) => listeners.forEach((listener) => listener(place, scroll));

  history.scrollRestoration = 'manual';
  globalThis.addEventListener('popstate', ({ state }) => {
    place = parseAddress(location.hash).place;
    tell(state?.scroll ?? 0);
  });

  return {
    place: () => place,
    /** How far this step was scrolled when it was left; null where it is new. @returns {number | null} */
    scroll: () => history.state?.scroll ?? null,
    /**
     * Remembers how far an element is scrolled, once it rests: a page that closes can no longer say so.
     * @param {HTMLElement} element
     */
    watchScroll(element) {
      scrolled = () => element.scrollTop;
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let rest;
      element.addEventListener('scroll', () => {
        clearTimeout(rest);
        rest = setTimeout(keepScroll, REST_MS);
      }, { passive: true });
    },
    /**
     * A step that "back" undoes. `scroll` null stays where it is.
     * @param {Partial<Place>} change
     * @param {number | null} scroll
     */
    go(change, scroll = null) {
      const next = { ...place, ...change };
      if (addressOf(next) === addressOf(place)) return;
      place = next;
      keepScroll();
      history.pushState({ scroll: scroll ?? scrolled() }, '', addressOf(place));
      tell(scroll);
    },
    /** @param {Partial<Place>} change */
    replace(change) {
      place = { ...place, ...change };
      history.replaceState(history.state, '', addressOf(place));
      tell(0);
    },
    /**
     * Calls back after every change, with how far to scroll; null for as it is.
     * @param {(place: Place, scroll: number | null) => void} listener
     */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** @typedef {ReturnType<typeof createNavigation>} Navigation */
