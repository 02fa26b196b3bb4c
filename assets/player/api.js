/**
 * The only file that fetches. Tries again after what may pass (no network, a busy or stumbling server), gives up
 * at once on what will not (a missing file), and stops when its signal is aborted. Failures leave as an
 * `ApiError` whose kind says what a listener can do; words for people are the page's.
 */

/** @typedef {'offline' | 'missing' | 'busy' | 'refused' | 'damaged'} Kind */

export class ApiError extends Error {
  /**
   * @param {Kind} kind
   * @param {string} url
   * @param {number} retryAfter  seconds the server asked to wait; 0 when it did not
   */
  constructor(kind, url, retryAfter = 0) {
    super(`${kind}: ${url}`);
    this.name = 'ApiError';
    this.kind = kind;
    this.retryAfter = retryAfter;
  }
}

/** Pauses before the second and later tries, in seconds. */
const PAUSES = [0.25, 1, 3];
/** A server that asks to wait is obeyed up to so many seconds. */
const LONGEST_PAUSE = 10;

/**
 * @param {string | URL} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function fetchJson(url, signal) {
  const text = new TextDecoder().decode(await fetchBytes(url, signal));
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError('damaged', String(url));
  }
}

/**
 * @param {string | URL} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<ArrayBuffer>}
 */
export async function fetchBytes(url, signal) {
  for (const pause of PAUSES) {
    try {
      return await fetchOnce(url, signal);
    } catch (error) {
      if (!mayPass(error)) throw error;
      await wait(Math.max(pause, Math.min(error.retryAfter, LONGEST_PAUSE)), signal);
    }
  }
  return fetchOnce(url, signal);
}

/**
 * @param {string | URL} url
 * @param {AbortSignal} [signal]
 */
async function fetchOnce(url, signal) {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) throw refusal(response);
    return await response.arrayBuffer();
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof ApiError ? error : new ApiError('offline', String(url));
  }
}

/** @param {Response} response */
function refusal({ status, url, headers }) {
  if (status === 404 || status === 410) return new ApiError('missing', url);
  const passes = status === 429 || status >= 500;
  return new ApiError(passes ? 'busy' : 'refused', url, Number(headers.get('Retry-After')) || 0);
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
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function wait(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
