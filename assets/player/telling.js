/**
 * What is told of the track that plays beside its sound: what its manifests say of both sides of the switch, what
 * track.json says; and the level, which follows from the loudness of both.
 */

import { fetchJson } from './api.js';
import { createLevel } from './levels.js';
import { currentTrack, variantFor } from './store.js';
import { durationOf } from './timeline.js';
import { ORIGINAL, manifestPath } from './variants.js';

/** @typedef {import('./timeline.js').Manifest} Manifest */
/** @typedef {ReturnType<typeof createTelling>} Telling */

/**
 * @param {{ audio: HTMLMediaElement, store: import('./store.js').Store, siteUrl: URL,
 *   manifests: import('./manifests.js').Manifests }} parts
 */
export function createTelling({ audio, store, siteUrl, manifests }) {
  const level = createLevel(audio);

  const telling = {
    /** Whether both sides of the switch can be made equally loud here. */
    canMatch: level.canMatch(),

    /** Keeps the level as the listener and the comparison want it. */
    setLevel: () => level.follow(store.getState()),

    /** @param {Manifest} manifest */
    rendition({ variant, loudness, applied = null, ...manifest }) {
      const duration = durationOf({ variant, ...manifest });
      if (loudness) store.dispatch({ type: 'track/measured', variant, duration, rendition: { loudness, applied } });
      telling.setLevel();
    },

    /** Both sides of a comparison have to be known to be made equally loud. */
    async otherSide() {
      const state = store.getState();
      const track = currentTrack(state);
      if (!track || !state.matched) return;
      const others = [ORIGINAL, variantFor({ ...state, side: 'mastered' }, track)];
      for (const variant of others.filter((name) => !(name in state.renditions))) {
        const manifest = await manifests(new URL(manifestPath(track, variant), siteUrl)).catch(() => null);
        if (manifest && currentTrack(store.getState()) === track) telling.rendition({ ...manifest, variant });
      }
    },

    async details() {
      const track = currentTrack(store.getState());
      if (!track || store.getState().details) return;
      const details = await fetchJson(new URL(`tracks/${track.id}/track.json`, siteUrl)).catch(() => null);
      if (details) store.dispatch({ type: 'track/described', details });
    },
  };
  return telling;
}
