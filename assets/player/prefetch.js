/**
 * Loads what a listener is about to play: the manifest while the pointer rests on a track, the first sound while it
 * is pressed, so that a click has less to wait for. Nothing on a connection that asks to save data, and nothing that a
 * host would have to make first.
 */

import { currentTrack, variantFor } from './store.js';
import { manifestPath } from './variants.js';

/** A pointer on its way to somewhere else stays less than so many milliseconds. */
const REST = 80;

/**
 * @param {{ store: import('./store.js').Store, manifests: import('./manifests.js').Manifests,
 *   segments: import('./segments.js').Segments, siteUrl: URL, way: () => import('./store.js').Path }} parts
 */
export function watchPointer({ store, manifests, segments, siteUrl, way }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

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
    const streams = way() === 'mse' || way() === 'managed';
    if (manifest && what === 'sound' && streams) segments.expect({ manifest, url }, 0);
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
    if (id !== undefined) timer = setTimeout(() => load(id, 'manifest'), REST);
  });
  document.addEventListener('pointerdown', (event) => {
    const id = event.button === 0 ? idAt(event) : undefined;
    if (id !== undefined && id !== currentTrack(store.getState())?.id) load(id, 'sound');
  });
}
