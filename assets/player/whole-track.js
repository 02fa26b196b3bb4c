/**
 * A track that the browser plays by itself, where it cannot be given segments: its playlist (HLS), or the whole
 * file. The same commands as a `Stream`, with less: a pause between tracks, and where the variant changes.
 */

import { fetchBytes } from './api.js';
import { rangesOf } from './source-buffer.js';
import { problemOf } from './stream.js';
import { durationOf } from './timeline.js';

/** @typedef {import('./stream.js').Options} StreamOptions */
/** @typedef {import('./timeline.js').Manifest} Manifest */

/** What `render --whole-file` puts beside the segments, and `serve` makes. */
const WHOLE_FILE = 'audio.mp4';

export class WholeTrack {
  /** @param {Omit<StreamOptions, 'way'> & { way: 'hls' | 'file' }} options */
  constructor({ audio, way, manifests, item, startAt, listener }) {
    this.audio = audio;
    this.way = way;
    this.manifests = manifests;
    this.listener = listener;
    this.item = item;
    this.startAt = startAt;
    this.wanted = item.variant;
    this.lifetime = new AbortController();
    /** @type {Manifest | null} */
    this.manifest = null;
    const { signal } = this.lifetime;
    audio.addEventListener('loadedmetadata', () => this.applyStart(), { signal });
    audio.addEventListener('error', () => this.refused(), { signal });
    this.silence();
    this.load();
  }

  get position() {
    return this.startAt || this.audio.currentTime;
  }

  get loaded() {
    return rangesOf(this.audio.buffered);
  }

  /** @param {number} seconds */
  seek(seconds) {
    if (this.audio.readyState > 0) this.audio.currentTime = seconds;
    else this.startAt = seconds;
  }

  /** @param {string} variant */
  setVariant(variant) {
    if (variant === this.wanted) return;
    this.wanted = variant;
    this.load();
  }

  /** Nothing is loaded before its turn. */
  skipTo() {
    return false;
  }

  follow() {}

  wake() {}

  redirect() {}

  stalled() {}

  nudge() {}

  recover() {
    if (this.audio.error) this.load();
  }

  close() {
    this.lifetime.abort();
  }

  /**
   * Takes the track before off the element, at once: it would sound until this one's manifest is there, and its clock
   * count as this one's. A wish to play that comes now, within the listener's click, holds for the source that follows.
   */
  silence() {
    if (!this.audio.hasAttribute('src')) return;
    this.audio.removeAttribute('src');
    this.audio.load();
  }

  /** Plays the variant that is wanted, from where the listener is when its manifest is there. */
  async load() {
    const { wanted } = this;
    try {
      const manifest = await this.manifests(this.item.urlOf(wanted));
      if (this.lifetime.signal.aborted || wanted !== this.wanted) return;
      this.startAt = this.position;
      this.manifest = manifest;
      this.listener.onManifest(manifest);
      // A new source pauses the element; the wish to play stays.
      const isPaused = this.audio.paused;
      this.audio.src = String(this.address(manifest));
      if (!isPaused) this.audio.play().catch(() => {});
      this.listener.onSounding(wanted);
    } catch (error) {
      if (!this.lifetime.signal.aborted && wanted === this.wanted) this.fail(problemOf(error));
    }
  }

  /**
   * The wanted variant cannot be had: what sounds goes on, if there is any.
   * @param {import('./store.js').Problem} problem
   */
  fail(problem) {
    const { manifest, wanted } = this;
    if (!manifest || manifest.variant === wanted) return this.listener.onFailure(problem);
    this.wanted = manifest.variant;
    this.listener.onVariantFailure(wanted, problem);
  }

  /** @param {Manifest} manifest */
  address(manifest) {
    const base = this.item.urlOf(manifest.variant);
    if (this.way === 'hls' && manifest.hls) return new URL(manifest.hls, base);
    return new URL(WHOLE_FILE, new URL(manifest.init, base));
  }

  applyStart() {
    const startAt = Math.min(this.startAt, this.manifest ? durationOf(this.manifest) : Infinity);
    this.startAt = 0;
    if (startAt > 0) this.audio.currentTime = startAt;
  }

  /** The element does not say why: asks whether the file is there. */
  async refused() {
    const { manifest } = this;
    if (!manifest) return;
    try {
      await fetchBytes(this.address(manifest), { signal: this.lifetime.signal, firstByte: true });
      this.listener.onFailure('undecodable');
    } catch (error) {
      if (this.lifetime.signal.aborted) return;
      const problem = problemOf(error);
      this.listener.onFailure(problem === 'missing' && this.way === 'file' ? 'no-whole-file' : problem);
    }
  }
}
