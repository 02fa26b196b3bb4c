/**
 * Loads the manifest of what a listener is about to play: while the pointer rests on a track, or presses it. So a
 * click has one request less to wait for. Nothing on a connection that asks to save data, and nothing that a host
 * would have to make first.
 */

import { manifestPath } from './variants.js';
import { variantFor } from './store.js';

/** A pointer on its way to somewhere else stays less than so many milliseconds. */
const REST = 80;

/**
 * @param {{ store: import('./store.js').Store, manifests: import('./manifests.js').Manifests, siteUrl: URL }} parts
 */
export function watchPointer({ store, manifests, siteUrl }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {string} id */
  const load = (id) => {
    const state = store.getState();
    const track = state.tracks.find((candidate) => candidate.id === id);
    if (!track || state.onDemand || /** @type {any} */ (navigator).connection?.saveData) return;
    manifests(new URL(manifestPath(track, variantFor(state, track)), siteUrl)).catch(() => {});
  };

  /**
   * @param {Event} event
   * @returns {string | undefined}
   */
  const idAt = ({ target }) => {
    const row = target instanceof Element ? target.closest('[data-id]') : null;
    return row instanceof HTMLElement ? row.dataset.id : undefined;
  };

  document.addEventListener('pointerover', (event) => {
    clearTimeout(timer);
    const id = idAt(event);
    if (id !== undefined) timer = setTimeout(() => load(id), REST);
  });
  document.addEventListener('pointerdown', (event) => {
    const id = idAt(event);
    if (id !== undefined) load(id);
  });
}
