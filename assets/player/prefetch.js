/**
 * Loads what a listener is about to play, so that a click has less to wait for: the manifests of what is in sight
 * once the list rests, and with the first of them a source to play from; that of a track while the pointer rests on it;
 * the first sound while it is pressed. Nothing on a connection that asks to save data, and nothing that a host would
 * have to make first.
 */

import { currentTrack, variantFor } from './store.js';
import { manifestPath } from './variants.js';

/** A pointer on its way to somewhere else stays less than so many milliseconds. */
const REST = 80;
/** A list that is scrolled or typed into changes within so many milliseconds. */
const SIGHT_REST = 400;
/** Of a list in sight, so many manifests are loaded; they take one or two kilobytes each. */
const IN_SIGHT = 12;

/**
 * @param {Element} list  of the library: what stands for a track in it has the track's `data-id`
 * @param {{ store: import('./store.js').Store, manifests: import('./manifests.js').Manifests,
 *   segments: import('./segments.js').Segments,
 *   readySource: import('./ready-source.js').ReadySource, siteUrl: URL, way: () => import('./store.js').Path }} parts
 */
export function loadAhead(list, { store, manifests, segments, readySource, siteUrl, way }) {
  /**
   * @param {string} id
   * @param {'manifest' | 'sound'} what
   */
  const load = async (id, what) => {
    const state = store.getState();
    const track = state.tracks.find((candidate) => candidate.id === id);
    if (!track || state.onDemand || /** @type {any} */ (navigator).connection?.saveData) return;
    const url = new URL(manifestPath(track, variantFor(state, track)), siteUrl);
    const manifest = await manifests(url).catch(() => null);
    if (!manifest) return;
    const streams = way() === 'mse' || way() === 'managed';
    if (what === 'sound' && streams) segments.expect({ manifest, url }, 0);
    // A refusal comes again when it is played, and is told then.
    if (way() === 'mse') readySource.prepare({ manifest, url }).catch(() => {});
  };

  const loadInSight = resting(SIGHT_REST, () => idsInSight(list).forEach((id) => load(id, 'manifest')));
  const loadPointed = resting(REST, (/** @type {string} */ id) => load(id, 'manifest'));
  new MutationObserver(() => loadInSight.in()).observe(list, { childList: true, subtree: true });
  document.addEventListener('pointerover', (event) => {
    const id = idAt(event);
    if (id === undefined) loadPointed.not();
    else loadPointed.in(id);
  });
  document.addEventListener('pointerdown', (event) => {
    const id = event.button === 0 ? idAt(event) : undefined;
    if (id !== undefined && id !== currentTrack(store.getState())?.id) load(id, 'sound');
  });
}

/**
 * Something that is done when nothing was asked for so many milliseconds.
 * @template {unknown[]} A
 * @param {number} milliseconds
 * @param {(...args: A) => void} act
 */
function resting(milliseconds, act) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const not = () => clearTimeout(timer);
  return {
    not,
    in(/** @type {A} */ ...args) {
      not();
      timer = setTimeout(act, milliseconds, ...args);
    },
  };
}

/** @param {Element} list */
function idsInSight(list) {
  const isSeen = (/** @type {Element} */ element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  const ids = Array.from(list.querySelectorAll('[data-id]'))
    .filter(isSeen)
    .map((element) => /** @type {HTMLElement} */ (element).dataset.id ?? '');
  return [...new Set(ids)].slice(0, IN_SIGHT);
}

/**
 * @param {Event} event
 * @returns {string | undefined}
 */
function idAt({ target }) {
  const row = target instanceof Element ? target.closest('[data-id]') : null;
  return row instanceof HTMLElement ? row.dataset.id : undefined;
}
