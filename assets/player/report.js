/**
 * Tells the host how playing went, where it asks for that (`serve --metrics` says so by a header on player.json):
 * by which way, the time to the first sound, stalls, retries. Nothing of who listens, or to what.
 */

import { counts, post } from './api.js';

/**
 * @param {{ endpoint: URL, path: import('./store.js').Path }} parts
 */
export function createReport({ endpoint, path }) {
  let stalls = 0;
  let retriesTold = 0;

  const send = (/** @type {{ first_sound_ms?: number }} */ more = {}) => {
    const retries = counts.retries - retriesTold;
    if (more.first_sound_ms === undefined && stalls === 0 && retries === 0) return;
    post(endpoint, { path, stalls, retries, ...more });
    stalls = 0;
    retriesTold = counts.retries;
  };

  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && send());
  return {
    /** @param {number} milliseconds */
    firstSound: (milliseconds) => send({ first_sound_ms: Math.round(10 * milliseconds) / 10 }),
    stall() {
      stalls += 1;
    },
  };
}
