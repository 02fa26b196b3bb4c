/**
 * One track in one variant, brought into the media element: asks the scheduler what to do, does it, asks again.
 * One fetch and one append are under way at a time; a seek drops a fetch that it made useless.
 *
 * A failed fetch does not stop what is loaded from playing: while that lasts it is tried again now and then, and
 * the failure is reported when the sound would stop.
 */

import { ApiError, fetchBytes, fetchJson, mayPass } from './api.js';
import { nextAction, staleRanges, stillHeld } from './scheduler.js';
import { attachSource, canStream, trimming } from './source-buffer.js';
import { durationOf, loadedUntil, placementOf, segmentAt } from './timeline.js';

/** @typedef {import('./timeline.js').Manifest} Manifest */
/** @typedef {import('./store.js').Problem} Problem */
/** @typedef {{ index: number, controller: AbortController, bytes: Promise<ArrayBuffer> }} Fetch */
/**
 * @typedef {object} Options
 * @property {HTMLMediaElement} audio
 * @property {URL} manifestUrl
 * @property {number} startAt                          seconds
 * @property {(manifest: Manifest) => void} onManifest
 * @property {(problem: Problem) => void} onFailure    called once, when the sound cannot go on
 */

const HAVE_FUTURE_DATA = 3;
/** After a failure that may pass, so many seconds are played before the next try. */
const TRY_AGAIN_AFTER = 5;
/** When no more than this many seconds are left to play, the next try comes at once. */
const LAST_CHANCE = 3;
/** When the browser's buffer is full, no more than this many seconds are kept behind. */
const BEHIND_WHEN_FULL = 2;

export class Stream {
  /** @param {Options} options */
  constructor({ audio, manifestUrl, startAt, onManifest, onFailure }) {
    this.audio = audio;
    this.manifestUrl = manifestUrl;
    this.onManifest = onManifest;
    this.onFailure = onFailure;
    /** @type {number | null} Where to begin; null once the media element was told. */
    this.startAt = startAt;
    this.lifetime = new AbortController();
    /** @type {Set<number>} */
    this.appended = new Set();
    /** @type {Fetch | null} */
    this.fetching = null;
    /** @type {unknown} */
    this.failure = null;
    this.failedAt = 0;
    this.pumping = false;
    this.sink = attachSource(audio, () => this.wake());
    audio.addEventListener('loadedmetadata', () => this.applyStart(), { once: true, signal: this.lifetime.signal });
    this.ready = this.begin().catch((error) => this.fail(error));
  }

  /** Seconds on the axis. */
  get position() {
    return this.startAt ?? this.audio.currentTime;
  }

  /** Seconds; loaded without a hole up to here. */
  get loaded() {
    return loadedUntil(this.sink.buffered(), this.position);
  }

  /** @param {number} seconds */
  seek(seconds) {
    if (this.startAt === null) this.audio.currentTime = seconds;
    else this.startAt = seconds;
  }

  /** Looks whether there is something to do. Cheap; call it as time goes on. */
  wake() {
    if (mayPass(this.failure) && this.isTimeToTryAgain()) this.failure = null;
    if (!this.pumping && this.placement && this.failure === null) this.pump();
  }

  /** The position was changed: what it needs comes first. */
  redirect() {
    if (!this.placement) return;
    this.failure = null;
    this.appended = stillHeld(this.situation());
    const action = nextAction(this.situation());
    const useful = action.type === 'fetch' && action.index === this.fetching?.index;
    if (!useful) this.fetching?.controller.abort();
    this.wake();
  }

  /** The sound stopped for want of data. */
  stalled() {
    // What may pass is tried once more; it is reported when that fails, since nothing plays then.
    if (this.failure === null || mayPass(this.failure)) this.redirect();
    else this.onFailure(problemOf(this.failure));
  }

  /** Forgets a failure, since its cause may be gone. */
  recover() {
    this.failure = null;
    this.wake();
  }

  close() {
    this.lifetime.abort();
    this.fetching?.controller.abort();
  }

  /** Loads the manifest, then the init segment and the first segment side by side. */
  async begin() {
    const { signal } = this.lifetime;
    const [manifest] = await Promise.all([fetchJson(this.manifestUrl, signal), this.sink.opened]);
    signal.throwIfAborted();
    if (!canStream(manifest.mime)) throw new DOMException(manifest.mime, 'NotSupportedError');
    this.manifest = /** @type {Manifest} */ (manifest);
    this.placement = placementOf(this.manifest, 0, trimming());
    this.onManifest(this.manifest);
    this.sink.begin(manifest.mime, durationOf(manifest));
    this.sink.place(this.placement);
    this.fetch(segmentAt(this.manifest, this.placement, this.position));
    await this.sink.append(await fetchBytes(this.urlOf(manifest.init), signal));
    this.wake();
  }

  applyStart() {
    if (this.startAt !== null && this.startAt > 0) this.audio.currentTime = this.startAt;
    this.startAt = null;
  }

  async pump() {
    this.pumping = true;
    try {
      while (!this.lifetime.signal.aborted && (await this.step()));
    } catch (error) {
      this.fail(error);
    } finally {
      this.pumping = false;
    }
  }

  /** Does the next thing; false when there is none. */
  async step() {
    const action = nextAction(this.situation());
    switch (action.type) {
      case 'fetch':
        await this.load(action.index);
        return true;
      case 'evict':
        await this.evict([action.range]);
        return true;
      case 'complete':
        await this.sink.complete();
        return true;
      case 'wait':
        return false;
    }
  }

  /**
   * Fetches and appends a segment, unless a seek makes it useless first.
   * @param {number} index
   */
  async load(index) {
    const fetching = this.fetching?.index === index ? this.fetching : this.fetch(index);
    try {
      const bytes = await fetching.bytes;
      await this.appendMakingRoom(bytes);
      this.appended.add(index);
    } catch (error) {
      if (!fetching.controller.signal.aborted) throw error;
    } finally {
      this.fetching = null;
    }
  }

  /**
   * @param {number} index
   * @returns {Fetch}
   */
  fetch(index) {
    const controller = new AbortController();
    const bytes = fetchBytes(this.urlOf(this.manifest.segments[index].uri), controller.signal);
    // It may be dropped before anyone waits for it.
    bytes.catch(() => {});
    this.fetching = { index, controller, bytes };
    return this.fetching;
  }

  /** @param {ArrayBuffer} bytes */
  async appendMakingRoom(bytes) {
    try {
      await this.sink.append(bytes);
    } catch (error) {
      if (error.name !== 'QuotaExceededError') throw error;
      await this.evict(staleRanges(this.situation(), BEHIND_WHEN_FULL));
      await this.sink.append(bytes);
    }
  }

  /** @param {import('./timeline.js').Range[]} ranges */
  async evict(ranges) {
    for (const range of ranges) await this.sink.remove(range);
    this.appended = stillHeld(this.situation());
  }

  /** @param {unknown} error */
  fail(error) {
    if (this.lifetime.signal.aborted) return;
    this.failure = error;
    this.failedAt = this.position;
    if (this.audio.readyState < HAVE_FUTURE_DATA) this.onFailure(problemOf(error));
  }

  isTimeToTryAgain() {
    return this.position > this.failedAt + TRY_AGAIN_AFTER || this.loaded < this.position + LAST_CHANCE;
  }

  /** @returns {import('./scheduler.js').Situation} */
  situation() {
    return {
      manifest: this.manifest,
      placement: this.placement,
      position: this.position,
      buffered: this.sink.buffered(),
      appended: this.appended,
      streaming: this.sink.isStreaming(),
      complete: this.sink.isComplete(),
    };
  }

  /** @param {string} uri  relative to the manifest */
  urlOf(uri) {
    return new URL(uri, this.manifestUrl);
  }
}

/**
 * @param {unknown} error
 * @returns {Problem}
 */
function problemOf(error) {
  if (error instanceof ApiError) return error.kind;
  return error instanceof DOMException && error.name === 'NotSupportedError' ? 'unsupported' : 'undecodable';
}
