/**
 * Where a stream begins to play, and whether it does. The media element can go there once it has something to play
 * there; until then it is this moment that counts, not its clock.
 */

import { trimming } from './source-buffer.js';
import { CRUMB } from './spans.js';
import { durationOf, loadedUntil } from './timeline.js';

/** @typedef {import('./timeline.js').Manifest} Manifest */
/**
 * @typedef {object} Parts
 * @property {HTMLMediaElement} audio
 * @property {import('./source-buffer.js').Sink} sink
 * @property {number} startAt       seconds
 * @property {AbortSignal} signal   ends all
 * @property {() => void} onSound   called when the first sound has come
 */

const HAVE_METADATA = 1;
const HAVE_CURRENT_DATA = 2;
/** Begun is so many seconds before the end, or sooner: a shared link may lie behind it, and a crumb is not loaded. */
const LEAST = 2 * CRUMB;

export class Start {
  /** @param {Parts} parts */
  constructor({ audio, sink, startAt, signal, onSound }) {
    this.audio = audio;
    this.sink = sink;
    this.onSound = onSound;
    /** @type {number | null} Seconds on the axis; null once the media element was told. */
    this.at = startAt;
    /** Whether no sound has come yet. */
    this.silent = true;
    /** @type {number | null} Where the clock stood before the first sound. */
    this.began = null;
    for (const type of ['loadedmetadata', 'loadeddata']) audio.addEventListener(type, () => this.apply(), { signal });
    audio.addEventListener('timeupdate', () => this.listen(), { signal });
  }

  /**
   * Goes to where to begin once there is something to play. WebKitGTK fails now and then when it seeks before that, or
   * while it takes in what stands where it is.
   */
  apply() {
    const startAt = this.at;
    const { readyState, currentTime } = this.audio;
    if (startAt === null || readyState < HAVE_METADATA) return;
    if (startAt > 0) {
      const isLoaded = (/** @type {number} */ seconds) => loadedUntil(this.sink.buffered(), seconds) > seconds;
      if (!isLoaded(startAt) && !this.sink.isComplete()) return;
      if (readyState < HAVE_CURRENT_DATA && trimming() === 'unit' && isLoaded(currentTime)) return;
      this.audio.currentTime = startAt;
    }
    this.at = null;
    this.began = this.audio.currentTime;
  }

  /** Notes that there is sound: the clock has moved by itself. */
  listen() {
    if (!this.silent || this.at !== null || this.audio.seeking || this.audio.currentTime === this.began) return;
    this.silent = false;
    this.onSound();
  }
}

/**
 * Where to begin, so that there is something to load.
 * @param {Manifest} manifest
 * @param {number} seconds
 */
export function beforeEnd(manifest, seconds) {
  return Math.min(seconds, Math.max(0, durationOf(manifest) - LEAST));
}
