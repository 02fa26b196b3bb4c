/**
 * Init and media segments as bytes, checked against their manifest: what has not as many bytes as it should is
 * fetched once more, past all caches, before it counts as damaged. The last init segments are kept: a track's comes
 * before each of its segments, and those of what may be played before the first.
 */

import { ApiError, fetchBytes } from './api.js';

/** @typedef {import('./timeline.js').Manifest} Manifest */
/** @typedef {{ manifest: Manifest, url: URL }} Source  A manifest, and where it is. */

/** So many init segments are kept; they take about a kilobyte each. */
const KEPT_INITS = 64;
/** What was pressed and let go elsewhere is forgotten behind so many others. */
const KEPT_AHEAD = 4;

export function createSegments() {
  /** @type {Map<string, Promise<ArrayBuffer>>} */
  const inits = new Map();
  /** @type {Map<string, { bytes: Promise<ArrayBuffer>, controller: AbortController }>} Begun before it was asked for. */
  const begun = new Map();

  /** @param {string} address */
  const load = (address) => {
    const loading = fetchBytes(address);
    loading.catch(() => inits.get(address) === loading && inits.delete(address));
    return loading;
  };

  const segments = {
    /** @param {Source} source */
    init({ manifest, url }) {
      const address = String(new URL(manifest.init, url));
      const loading = inits.get(address) ?? load(address);
      // The one asked for last goes last.
      inits.delete(address);
      inits.set(address, loading);
      if (inits.size > KEPT_INITS) inits.delete(inits.keys().next().value ?? '');
      return loading;
    },

    /**
     * @param {Source} source
     * @param {number} index
     * @param {AbortSignal} [signal]
     */
    async media({ manifest, url }, index, signal) {
      const { uri, bytes: size } = manifest.segments[index];
      const address = String(new URL(uri, url));
      const ahead = begun.get(address);
      if (ahead) {
        begun.delete(address);
        signal?.addEventListener('abort', () => ahead.controller.abort(signal.reason));
        return ahead.bytes;
      }
      const isWhole = (/** @type {ArrayBuffer} */ bytes) => size === undefined || bytes.byteLength === size;
      const bytes = await fetchBytes(address, { signal });
      if (isWhole(bytes)) return bytes;
      const again = await fetchBytes(address, { signal, fresh: true });
      if (!isWhole(again)) throw new ApiError('damaged', address);
      return again;
    },

    /**
     * Begins to fetch what will be asked for at once: the init segment and a media segment.
     * @param {Source} source
     * @param {number} index
     */
    expect(source, index) {
      const address = String(new URL(source.manifest.segments[index].uri, source.url));
      segments.init(source).catch(() => {});
      if (begun.has(address)) return;
      const controller = new AbortController();
      const bytes = segments.media(source, index, controller.signal);
      begun.set(address, { bytes, controller });
      bytes.catch(() => begun.get(address)?.bytes === bytes && begun.delete(address));
      const [[oldest, { controller: forgotten }]] = begun;
      if (begun.size > KEPT_AHEAD) {
        begun.delete(oldest);
        forgotten.abort();
      }
    },
  };
  return segments;
}

/** @typedef {ReturnType<typeof createSegments>} Segments */

/**
 * @param {ArrayBuffer} one
 * @param {ArrayBuffer} other
 */
export function areEqual(one, other) {
  if (one.byteLength !== other.byteLength) return false;
  const [a, b] = [new Uint8Array(one), new Uint8Array(other)];
  return a.every((byte, index) => byte === b[index]);
}
