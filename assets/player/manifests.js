/**
 * Manifests by address, each fetched once: a track that the pointer is on, the next in the queue and the other side
 * of a comparison are known before they are needed. The last few are kept.
 */

import { fetchJson } from './api.js';

/** @typedef {import('./timeline.js').Manifest} Manifest */
/** @typedef {ReturnType<typeof createManifests>} Manifests */

const KEPT = 64;

export function createManifests() {
  /** @type {Map<string, Promise<Manifest>>} */
  const known = new Map();

  /**
   * @param {string} url
   * @param {boolean} fresh
   */
  const load = (url, fresh) => {
    /** @type {Promise<Manifest>} */
    const loading = fetchJson(url, { fresh });
    known.set(url, loading);
    loading.catch(() => known.get(url) === loading && known.delete(url));
    return loading;
  };

  /**
   * @param {URL} address
   * @param {{ fresh?: boolean }} [options]  `fresh`: past all caches
   */
  return (address, { fresh = false } = {}) => {
    const url = String(address);
    const loading = (!fresh && known.get(url)) || load(url, fresh);
    // The one asked for last goes last.
    known.delete(url);
    known.set(url, loading);
    if (known.size > KEPT) known.delete(known.keys().next().value ?? '');
    return loading;
  };
}
