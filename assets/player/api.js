/**
 * The only file that fetches. Tries again after what may pass (no network, a busy or stumbling server) with
 * growing pauses, no two listeners' alike, gives up at once on what will not (a missing file), and stops when its
 * signal is aborted. While the browser knows that it is offline it waits for the network, and that is no try.
 * Failures leave as an `ApiError` whose kind says what a listener can do; words for people are the page's.
 */

/** @typedef {'offline' | 'missing' | 'busy' | 'refused' | 'damaged'} Kind */
/**
 * `fresh`: past all caches. `firstByte`: only the first byte, to see whether it is there.
 * @typedef {{ signal?: AbortSignal, fresh?: boolean, firstByte?: boolean }} Options
 */

export class ApiError extends Error {
  /**
   * @param {Kind} kind
   * @param {string} url
   * @param {number} retryAfter  seconds to wait as the server asked, within reason; 0 when it did not
   */
  constructor(kind, url, retryAfter = 0) {
    super(`${kind}: ${url}`);
    this.name = 'ApiError';
    this.kind = kind;
    this.retryAfter = retryAfter;
  }
}

/** Pauses before the second and later tries, in seconds, before they are spread by half. */
const PAUSES = [0.25, 1, 3];
/** A server that asks to wait is obeyed up to so many seconds. */
const LONGEST_PAUSE = 30;
/** A try to which no byte has come for so many seconds is given up; on a thin line a large file takes its time. */
const SILENCE_LIMIT = 30;

/** What this page did, for its report. */
export const counts = { retries: 0 };

/**
 * @param {string | URL} url
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function fetchJson(url, options) {
  return (await fetchJsonWithHeaders(url, options)).json;
}

/**
 * @param {string | URL} url
 * @param {Options} [options]
 * @returns {Promise<{ json: any, headers: Headers }>}
 */
export async function fetchJsonWithHeaders(url, options) {
  const { bytes, headers } = await fetchPatiently(url, options);
  try {
    return { json: JSON.parse(new TextDecoder().decode(bytes)), headers };
  } catch {
    throw new ApiError('damaged', String(url));
  }
}

/**
 * @param {string | URL} url
 * @param {Options} [options]
 * @returns {Promise<ArrayBuffer>}
 */
export async function fetchBytes(url, options) {
  return (await fetchPatiently(url, options)).bytes;
}

/**
 * Sends what nobody waits for; it may be lost.
 * @param {URL} url
 * @param {object} body
 */
export function post(url, body) {
  const headers = { 'Content-Type': 'application/json' };
  fetch(url, { method: 'POST', keepalive: true, headers, body: JSON.stringify(body) }).catch(() => {});
}

/**
 * @param {string | URL} url
 * @param {Options} options
 */
async function fetchPatiently(url, options = {}) {
  const pauses = PAUSES.values();
  for (;;) {
    try {
      return await fetchOnce(url, options);
    } catch (error) {
      if (!mayPass(error)) throw error;
      await untilNextTry(error, pauses, options.signal);
      counts.retries += 1;
    }
  }
}

/**
 * Waits until it is worth trying again; throws the failure where it is not.
 * @param {ApiError} error
 * @param {IterableIterator<number>} pauses  those that are left
 * @param {AbortSignal} [signal]
 */
async function untilNextTry(error, pauses, signal) {
  // A host that answers is there, whatever the browser says of the network.
  if (error.kind === 'offline' && !navigator.onLine) return networkIsBack(signal);
  const pause = pauses.next();
  if (pause.done) throw error;
  await wait(Math.max(spread(pause.value), error.retryAfter), signal);
}

/**
 * @param {string | URL} url
 * @param {Options} options
 */
async function fetchOnce(url, { signal, fresh = false, firstByte = false }) {
  const limit = new AbortController();
  const stop = () => limit.abort();
  const silence = createTimer(stop, SILENCE_LIMIT);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', stop);
  try {
    const headers = firstByte ? { Range: 'bytes=0-0' } : undefined;
    silence.restart();
    const response = await fetch(url, { signal: limit.signal, cache: fresh ? 'reload' : 'default', headers });
    if (!response.ok) throw refusal(response);
    return { bytes: await bytesOf(response, silence.restart), headers: response.headers };
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof ApiError ? error : new ApiError('offline', String(url));
  } finally {
    silence.end();
    signal?.removeEventListener('abort', stop);
  }
}

/**
 * The whole body.
 * @param {Response} response
 * @param {() => void} onBytes  called whenever some of it have come
 */
async function bytesOf({ body }, onBytes) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  const reader = body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    onBytes();
    chunks.push(part.value);
  }
  return joined(chunks);
}

/** @param {Uint8Array[]} chunks */
function joined(chunks) {
  const all = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all.buffer;
}

/**
 * @param {() => void} act
 * @param {number} seconds
 */
function createTimer(act, seconds) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const end = () => clearTimeout(timer);
  const restart = () => {
    end();
    timer = setTimeout(act, seconds * 1000);
  };
  return { restart, end };
}

/** @param {Response} response */
function refusal({ status, url, headers }) {
  if (status === 404 || status === 410) return new ApiError('missing', url);
  const passes = status === 429 || status >= 500;
  const retryAfter = Math.min(secondsToWait(headers.get('Retry-After')), LONGEST_PAUSE);
  return new ApiError(passes ? 'busy' : 'refused', url, retryAfter);
}

/**
 * RFC 9110, section 10.2.3: seconds, or a date.
 * @param {string | null} retryAfter
 */
export function secondsToWait(retryAfter, now = Date.now()) {
  if (retryAfter === null) return 0;
  const seconds = /^\s*\d+\s*$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}

/**
 * Whether trying again may help: the network or the server may come back.
 * @param {unknown} error
 * @returns {error is ApiError}
 */
export function mayPass(error) {
  return error instanceof ApiError && (error.kind === 'offline' || error.kind === 'busy');
}

/**
 * Between half and one and a half of it.
 * @param {number} seconds
 */
function spread(seconds) {
  return seconds * (0.5 + Math.random());
}

/**
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function wait(seconds, signal) {
  return unlessAborted(signal, (resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    return () => clearTimeout(timer);
  });
}

/**
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function networkIsBack(signal) {
  return unlessAborted(signal, (resolve) => {
    globalThis.addEventListener('online', resolve);
    return () => globalThis.removeEventListener('online', resolve);
  });
}

/**
 * @param {AbortSignal | undefined} signal
 * @param {(resolve: () => void) => () => void} begin  gives what ends the waiting
 * @returns {Promise<void>}
 */
function unlessAborted(signal, begin) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      end();
      reject(signal?.reason);
    };
    const end = begin(() => {
      signal?.removeEventListener('abort', abort);
      end();
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
