/**
 * `<segue-player src="…/manifest.json">`: one track of a site in anybody's page. This module is all that the page loads;
 * examples/component tells attributes, events, parts and custom properties. It speaks as HTMLMediaElement does where
 * that has a word for it.
 *
 * Nothing is loaded before the listener asks for sound but track.json (not even that with `preload="none"`). Of all
 * elements on a page one plays at a time. Out of the document it holds nothing: no sound, no source, no request.
 */

import { createDescription } from './description.js';
import { openEngine } from './engine.js';
import { createManifests } from './manifests.js';
import { createSegments } from './segments.js';
import { abilitiesOf } from './source-buffer.js';
import { Stream } from './stream.js';
import { durationOf } from './timeline.js';
import { attribute, takeUp } from './ui/elements.js';
import { createCard } from './ui/player-card.js';
import { trackProblem } from './ui/words.js';
import { manifestBeside, variantIn } from './variants.js';
import { createAttempts, watchPlayback } from './watch.js';
import { wayOf } from './ways.js';

/** @typedef {import('./store.js').Problem} Problem */
/** @typedef {import('./timeline.js').Manifest} Manifest */

/** What the media element says and the element says again. */
const PASSED_ON = ['playing', 'waiting', 'seeking', 'seeked', 'timeupdate', 'ended', 'volumechange'];

const PROPERTIES = ['src', 'variant', 'start', 'label', 'preload', 'currentTime', 'volume', 'muted'];

const manifests = createManifests();
const segments = createSegments();
/** @type {SeguePlayer | null} The one of the page that plays, or did last. */
let heard = null;

export class SeguePlayer extends HTMLElement {
  static observedAttributes = ['src', 'variant', 'start', 'label', 'preload'];

  #audio = document.createElement('audio');
  #internals = this.attachInternals();
  #card;
  /** @type {import('./engine.js').Engine | null} */
  #engine = null;
  /** @type {{ stop: () => void } | null} */
  #watch = null;
  #attempts = createAttempts();
  /** @type {AbortController | null} Ends with the element's stay in the document, or with another `src`. */
  #stay = null;
  #description = createDescription();
  #duration = NaN;
  /** Seconds; where to begin, while nothing is loaded. */
  #at = 0;
  #playing = false;
  #waiting = false;
  /** The variant that sounds. */
  #sounding = '';
  /** @type {Problem | null} */
  #problem = null;
  #message = '';
  /** Whether it played, or was about to, when it failed. */
  #wasWanted = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    this.#audio.preload = 'auto';
    this.#card = createCard(root, {
      onToggle: () => (this.paused ? this.play().catch(() => {}) : this.pause()),
      onSeek: (seconds) => (this.currentTime = seconds),
    });
    root.append(this.#audio);
    this.#listen();
  }

  get src() {
    return this.#address?.href ?? '';
  }
  set src(address) {
    attribute(this, 'src', address ?? null);
  }

  get variant() {
    return this.getAttribute('variant') || (this.#address ? variantIn(this.#address) : '');
  }
  set variant(name) {
    attribute(this, 'variant', name ?? null);
  }

  /** The variant that sounds, which may still be the one before. */
  get soundingVariant() {
    return this.#sounding || this.variant;
  }

  get start() {
    return Math.max(0, Number(this.getAttribute('start')) || 0);
  }
  set start(seconds) {
    attribute(this, 'start', seconds === undefined ? null : String(seconds));
  }

  get label() {
    return this.getAttribute('label') ?? '';
  }
  set label(text) {
    attribute(this, 'label', text ?? null);
  }

  /** @returns {'none' | 'metadata'} */
  get preload() {
    return this.getAttribute('preload') === 'none' ? 'none' : 'metadata';
  }
  set preload(what) {
    attribute(this, 'preload', what ?? null);
  }

  get currentTime() {
    return this.#engine?.position ?? this.#at;
  }
  set currentTime(seconds) {
    const target = Math.min(Math.max(0, seconds), Number.isNaN(this.#duration) ? Infinity : this.#duration);
    if (this.#engine) this.#engine.seek(target);
    else this.#at = target;
    this.#show();
    if (!this.#engine) this.#tell('timeupdate');
  }

  /** Seconds; NaN while it is not known. */
  get duration() {
    return this.#duration;
  }

  get paused() {
    return this.#audio.paused;
  }

  get problem() {
    return this.#problem;
  }

  get volume() {
    return this.#audio.volume;
  }
  set volume(volume) {
    this.#audio.volume = volume;
  }

  get muted() {
    return this.#audio.muted;
  }
  set muted(muted) {
    this.#audio.muted = muted;
  }

  /**
   * Plays, from where it stands; after a failure it tries again.
   * @returns {Promise<void>}  as HTMLMediaElement.play()
   */
  play() {
    const address = this.#address;
    if (!this.isConnected || !address) {
      return Promise.reject(new DOMException('a segue-player plays in a document, with a src', 'InvalidStateError'));
    }
    this.#takeOver();
    // Once more, from a new source: WebKitGTK does not go on with one that has ended.
    if (this.#audio.ended) this.#stop(0);
    if (!this.#engine) this.#load(address);
    return this.#audio.play();
  }

  pause() {
    this.#audio.pause();
  }

  connectedCallback() {
    takeUp(this, PROPERTIES);
    this.#enter();
  }

  disconnectedCallback() {
    // Moved to another place it is back before the script that does so ends.
    queueMicrotask(() => this.isConnected || this.#leave());
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} after
   */
  attributeChangedCallback(name, before, after) {
    if (name === 'src' && before !== after) this.#forget();
    if (name === 'start' && !this.#engine) this.#at = this.start;
    if (name === 'variant') this.#setVariant();
    if (name === 'preload') this.#enter();
    this.#show();
  }

  /** Where the manifest is; null without one. */
  get #address() {
    const src = this.getAttribute('src');
    return src && URL.canParse(src, this.baseURI) ? new URL(src, this.baseURI) : null;
  }

  #enter() {
    if (!this.isConnected) return;
    if (!this.#stay) {
      this.#stay = new AbortController();
      this.#card.watch(this.#stay.signal);
      globalThis.addEventListener('online', () => this.#recover(), { signal: this.#stay.signal });
    }
    if (this.preload === 'metadata') this.#describe();
    this.#show();
  }

  #leave() {
    this.#stop();
    this.#stay?.abort();
    this.#stay = null;
    if (heard === this) heard = null;
  }

  #forget() {
    this.#leave();
    this.#description = createDescription();
    this.#problem = null;
    this.#message = this.#sounding = '';
    this.#duration = NaN;
    this.#at = this.start;
    this.#enter();
  }

  async #describe() {
    const [address, signal] = [this.#address, this.#stay?.signal];
    if (!address || !signal) return;
    await this.#description.read(address, signal);
    if (signal.aborted) return;
    const { track } = this.#description;
    if (track && Number.isNaN(this.#duration)) this.#setDuration(track.duration);
    this.#show();
  }

  /** @param {URL} address */
  #load(address) {
    const { variant } = this;
    const item = { id: address.href, variant, urlOf: (/** @type {string} */ name) => manifestBeside(address, name) };
    const listener = {
      onManifest: (/** @type {Manifest} */ manifest) => this.#setDuration(durationOf(manifest)),
      onEntered() {},
      onSounding: (/** @type {string} */ name) => this.#setSounding(name),
      onVariantFailure: (/** @type {string} */ name, /** @type {Problem} */ problem) => this.#complain(problem, name),
      onFailure: (/** @type {Problem} */ problem) => this.#fail(problem),
      onStuck: () => {
        if (!this.#attempts.another(this.currentTime)) return this.#fail('stuck');
        this.#stop();
        this.play().catch(() => {});
      },
    };
    const options = { audio: this.#audio, manifests, segments, item, startAt: this.#at, listener };
    [this.#problem, this.#message, this.#sounding] = [null, '', variant];
    this.#engine = openEngine(wayOf(abilitiesOf(this.#audio), true), options);
    this.#watch = watchPlayback(this.#audio, { onStuck: (times) => this.#engine?.nudge(times), onFirstSound() {}, onStall() {} });
    this.#describe();
  }

  /** Lets go of sound, source and requests; only where to go on is kept. */
  #stop(at = this.currentTime) {
    this.#at = at;
    this.#engine?.close();
    this.#watch?.stop();
    this.#audio.pause();
    if (this.#engine) {
      // So that the browser frees the source; events that were still to come do not.
      this.#audio.removeAttribute('src');
      this.#audio.load();
    }
    this.#engine = this.#watch = null;
    this.#waiting = false;
    this.#tellPause();
  }

  /** @param {Problem} problem */
  #fail(problem) {
    this.#wasWanted = !this.#audio.paused;
    this.#attempts.forget();
    this.#stop();
    this.#problem = problem;
    this.#complain(problem);
  }

  /** The network is back: what played goes on, and what was paused stays so. */
  #recover() {
    if (this.#problem !== 'offline') return this.#engine?.recover();
    if (this.#wasWanted) return this.play().catch(() => {});
    [this.#problem, this.#message] = [null, ''];
    this.#show();
  }

  /**
   * @param {Problem} problem
   * @param {string} [variant]  where only that failed, and what sounds goes on
   */
  #complain(problem, variant) {
    const { what, advice } = trackProblem(problem);
    this.#message = `${what} ${advice}`;
    this.#show();
    this.#tell('error', variant === undefined ? { problem } : { problem, variant });
  }

  #setVariant() {
    if (!this.#engine) return;
    if (this.#problem === null) this.#message = '';
    this.#engine.setVariant(this.variant);
  }

  /** @param {string} variant */
  #setSounding(variant) {
    if (variant === this.#sounding) return;
    this.#sounding = variant;
    this.#tell('variantchange', { variant });
  }

  /** @param {number} duration */
  #setDuration(duration) {
    if (duration === this.#duration) return;
    this.#duration = duration;
    this.#show();
    this.#tell('durationchange');
  }

  #takeOver() {
    if (heard && heard !== this) heard.pause();
    heard = this;
  }

  #listen() {
    /** @type {Record<string, () => void>} */
    const reactions = {
      play: () => {
        // Keys for media play the media element without asking.
        this.#takeOver();
        this.#playing = true;
        this.#tell('play');
      },
      pause: () => this.#tellPause(),
      playing: () => (this.#waiting = false),
      waiting: () => {
        if (this.#audio.paused) return;
        this.#waiting = true;
        this.#engine?.stalled();
      },
      seeking: () => this.#engine?.redirect(),
      progress: () => this.#engine?.wake(),
      timeupdate: () => {
        this.#attempts.note(this.currentTime);
        this.#engine?.wake();
      },
      error: () => this.#checkError(),
      // Chromium says so, and no more, where bytes that it cannot read come first of all.
      ended: () => this.#checkError(),
    };
    for (const type of new Set([...Object.keys(reactions), ...PASSED_ON])) {
      this.#audio.addEventListener(type, () => {
        reactions[type]?.();
        this.#show();
        if (PASSED_ON.includes(type)) this.#tell(type);
      });
    }
  }

  #checkError() {
    // A whole track asks first what is wrong.
    if (this.#engine instanceof Stream && this.#audio.error) this.#fail('undecodable');
  }

  #tellPause() {
    if (!this.#playing) return;
    this.#playing = this.#waiting = false;
    this.#show();
    this.#tell('pause');
  }

  /**
   * @param {string} type
   * @param {object} [detail]
   */
  #tell(type, detail) {
    this.dispatchEvent(detail ? new CustomEvent(type, { detail }) : new Event(type));
  }

  #show() {
    const [address, { track, points }] = [this.#address, this.#description];
    const title = this.label || track?.title || '';
    this.#internals.role = 'group';
    this.#internals.ariaLabel = title || 'Player';
    this.#card.show({
      title,
      artist: track?.artist ?? '',
      cover: track?.cover && address ? new URL(`../${track.cover}`, address).href : null,
      accent: track?.accent ?? null,
      points,
      enabled: address !== null,
      playing: this.#playing,
      waiting: this.#waiting,
      position: this.currentTime,
      duration: this.#duration || 0,
      loaded: this.#engine?.loaded ?? [],
      message: this.#message,
    });
  }
}

// A page that loads the module from two sites keeps the first.
if (!customElements.get('segue-player')) customElements.define('segue-player', SeguePlayer);
