/**
 * Tracks on one axis, brought into the media element by Media Source Extensions. The track that plays comes first; the
 * one that follows is placed right behind it, to the sample, while it still plays. The stream decides what stands on
 * the axis, in which variant, and tells what sounds; the pump loads it.
 *
 * A failure is reported when the sound would stop, not before. What fails of the track that follows is left to its
 * turn.
 */

import { ApiError, mayPass } from './api.js';
import { Lanes } from './lanes.js';
import { Pump } from './pump.js';
import { AHEAD } from './scheduler.js';
import { attachSource, canStream, decodedAhead, trimming } from './source-buffer.js';
import { isCovered } from './spans.js';
import { Start, beforeEnd } from './start.js';
import { durationOf, loadedUntil, placementOf, segmentAt, shareGrid } from './timeline.js';

/** @typedef {import('./timeline.js').Manifest} Manifest */
/** @typedef {import('./timeline.js').Range} Range */
/** @typedef {import('./store.js').Problem} Problem */
/** @typedef {import('./lanes.js').Item} Item */
/** @typedef {import('./lanes.js').Lane} Lane */
/**
 * What a way of playing tells.
 * @typedef {object} Listener
 * @property {(manifest: Manifest) => void} onManifest             of the track that plays
 * @property {(item: Item, manifest: Manifest) => void} onEntered  the next track plays now
 * @property {(variant: string) => void} onSounding                another variant sounds now
 * @property {(variant: string, problem: Problem) => void} onVariantFailure  what sounds goes on
 * @property {(problem: Problem) => void} onFailure                called when the sound cannot go on
 * @property {() => void} onStuck                                  a push was of no use: a new source may be
 */
/**
 * @typedef {object} Options
 * @property {HTMLMediaElement} audio
 * @property {import('./source-buffer.js').Way} way
 * @property {import('./manifests.js').Manifests} manifests
 * @property {import('./segments.js').Segments} segments
 * @property {Item} item
 * @property {number} startAt  seconds
 * @property {Listener} listener
 * @property {import('./source-buffer.js').Sink | null} [ready]  a source that is open already
 */

const HAVE_FUTURE_DATA = 3;
/** What happens sooner than in so many seconds gets a timer of its own; `timeupdate` comes four times a second. */
const SOON = 0.6;
/** So many seconds are enough to play. */
const HELD = 0.5;
/**
 * So many seconds before its end the browser is told of the last track, though it does not play yet: Chromium plays no
 * last tenth of a second before it knows that it is the last, and would never come to a track that is as short.
 */
const NEAR = 3;
/** A hole of so many seconds or less is jumped over when the sound stands still before it. */
const HOLE = 1;

export class Stream {
  /** @param {Options} options */
  constructor({ audio, way, manifests, segments, item, startAt, listener, ready = null }) {
    this.audio = audio;
    this.way = way;
    this.manifests = manifests;
    this.listener = listener;
    this.lifetime = new AbortController();
    this.first = item;
    this.lanes = new Lanes(trimming());
    this.segments = segments;
    /** @type {Lane | null} The one whose entry was told. */
    this.entered = null;
    /** @type {readonly Item[]} What follows the entered one, in order, as far as it is told and can be had. */
    this.following = [];
    /** @type {Item | null} What is to be placed next, once that was begun. */
    this.begun = null;
    this.sounding = item.variant;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.sink = ready ?? attachSource(audio, way, () => this.wake());
    this.pump = new Pump({
      lanes: this.lanes,
      sink: this.sink,
      segments,
      signal: this.lifetime.signal,
      situation: () => this.situation(),
      onStep: () => this.prepare(),
      mend: (lane, error) => this.mend(lane, error),
      onFailure: (error) => this.isDry() && listener.onFailure(problemOf(error)),
    });
    this.start = new Start({ audio, sink: this.sink, startAt, signal: this.lifetime.signal, onSound: () => this.wake() });
    this.begin().catch((error) => this.pump.fail(error));
  }

  /** Seconds on the axis. */
  get axis() {
    return this.start.at ?? this.audio.currentTime;
  }

  /** The track that plays; none until its manifest is there. */
  get current() {
    return this.lanes.at(this.axis);
  }

  /** What follows, as far as it is on the axis. */
  get placed() {
    return this.entered ? this.lanes.behind(this.entered) : [];
  }

  /** Seconds in the track that plays. */
  get position() {
    return Math.max(0, this.axis - (this.current?.placement.origin ?? 0));
  }

  /** @returns {Range[]}  seconds of the track that plays */
  get loaded() {
    const { current } = this;
    return current ? this.lanes.within(current, this.sink.buffered()) : [];
  }

  /** @param {number} seconds  in the track that plays */
  seek(seconds) {
    const { current } = this;
    const origin = current?.placement.origin ?? 0;
    if (this.start.at === null) {
      this.audio.currentTime = origin + seconds;
    } else {
      this.start.at = origin + (current ? beforeEnd(current.manifest, seconds) : seconds);
      this.redirect();
    }
  }

  /**
   * Goes to the next track at once, if it is loaded.
   * @param {string} id
   */
  skipTo(id) {
    const next = this.lanes.after(this.axis);
    if (next?.item.id !== id || this.lanes.variantAt(next.placement.origin) === null) return false;
    this.audio.currentTime = next.placement.origin;
    this.wake();
    return true;
  }

  /**
   * Says what follows the track that plays, in order; more may follow that.
   * @param {readonly Item[]} items
   */
  follow(items) {
    this.following = items;
    this.begun = null;
    const { placed } = this;
    const other = placed.findIndex(({ item }, place) => item.id !== items[place]?.id);
    if (other >= 0) this.dropFrom(placed[other]);
    this.placed.forEach((lane, place) => this.want(lane, items[place].variant));
    this.wake();
  }

  /**
   * Another variant for the track that plays: it takes over as soon as it is there.
   * @param {string} variant
   */
  setVariant(variant) {
    const { current } = this;
    if (current) this.want(current, variant);
    else this.first = { ...this.first, variant };
  }

  /** Looks whether there is something to do or to tell. Cheap; call it as time goes on. */
  wake() {
    if (this.lifetime.signal.aborted || this.lanes.all.length === 0) return;
    this.tell();
    this.pump.run();
  }

  /** The position or the variant was changed: what it needs comes first. */
  redirect() {
    if (this.lanes.all.length === 0) return;
    this.pump.redirect();
    this.wake();
  }

  /** The sound stopped for want of data. */
  stalled() {
    // What may pass is tried once more; it is reported when that fails, since nothing plays then.
    const { failure } = this.pump;
    if (failure === null || mayPass(failure)) this.redirect();
    else this.listener.onFailure(problemOf(failure));
  }

  /**
   * The sound stands still: where there is something to play it is pushed on, or over a hole. What a browser
   * took and does not hold it would not hold the next time either; a new source does.
   * @param {number} times  how often in a row
   */
  nudge(times) {
    const { axis } = this;
    const ranges = this.sink.buffered();
    const holds = this.holdsSound();
    const after = ranges.find(({ start }) => start > axis && start - axis <= HOLE);
    if (holds && times > 1) this.listener.onStuck();
    else if (holds) this.audio.currentTime = axis + 0.02;
    else if (after) this.audio.currentTime = after.start + 0.02;
    else if (isCovered(this.lanes.spans, { start: axis, end: axis + HELD })) this.listener.onStuck();
    else this.redirect();
  }

  /** Whether there is something to play where the position is. */
  holdsSound() {
    return loadedUntil(this.sink.buffered(), this.axis) > this.axis + HELD;
  }

  /** Whether there is no sound and none to come. Behind a seek there is none yet, although it may be loaded. */
  isDry() {
    return this.audio.readyState < HAVE_FUTURE_DATA && !this.holdsSound();
  }

  /** Forgets a failure, since its cause may be gone. */
  recover() {
    this.pump.failure = null;
    this.wake();
  }

  close() {
    this.lifetime.abort();
    clearTimeout(this.timer);
  }

  /** Loads the manifest while the source opens, and places the first track. */
  async begin() {
    const { first } = this;
    const url = first.urlOf(first.variant);
    const [manifest] = await Promise.all([this.manifests(url).then((known) => this.expect(known, url)), this.sink.opened]);
    this.lifetime.signal.throwIfAborted();
    if (!canStream(this.way, manifest.mime)) throw new DOMException(manifest.mime, 'NotSupportedError');
    this.sink.begin(manifest.mime);
    this.lanes.add(first, manifest, url);
    if (this.start.at !== null) this.start.at = beforeEnd(manifest, this.start.at);
    this.wake();
    // Another variant may have been asked for meanwhile.
    this.setVariant(this.first.variant);
  }

  /**
   * Begins to fetch the first sound while the source opens.
   * @param {Manifest} manifest
   * @param {URL} url
   */
  expect(manifest, url) {
    if (!this.lifetime.signal.aborted) this.segments.expect({ manifest, url }, segmentAt(manifest, placementOf(manifest), this.axis));
    return manifest;
  }

  /** Before each step: what the last one brought may be where to begin, and the time of what follows may have come. */
  prepare() {
    this.start.apply();
    this.placeNext();
  }

  /** Begins to place the next of what follows, when its time has come. */
  placeNext() {
    const next = this.following[this.placed.length];
    const { last } = this.lanes;
    if (!next || this.begun === next || !last || !this.entered) return;
    if (last.placement.origin + durationOf(last.manifest) > this.axis + AHEAD) return;
    this.begun = next;
    const url = next.urlOf(next.variant);
    const place = (/** @type {Manifest | null} */ manifest) => {
      if (this.begun !== next || this.lanes.last !== last) return;
      // What cannot follow here, or cannot be had, is left to its turn, which tells what is wrong.
      if (manifest?.mime === last.manifest.mime) this.lanes.add(next, manifest, url);
      else this.endFollowing();
      this.wake();
    };
    this.manifests(url).then(place, () => place(null));
  }

  /** Nothing more is placed until it is told anew what follows. */
  endFollowing() {
    this.following = this.following.slice(0, this.placed.length);
  }

  /**
   * Takes a track and what follows it off the axis.
   * @param {Lane} lane
   */
  dropFrom(lane) {
    this.pump.empty(this.lanes.dropFrom(lane));
  }

  /**
   * @param {Lane} lane
   * @param {string} variant
   */
  async want(lane, variant) {
    if (lane.wanted === variant) return;
    lane.wanted = variant;
    const url = lane.item.urlOf(variant);
    try {
      const manifest = variant === lane.manifest.variant ? lane.manifest : await this.manifests(url);
      if (lane.wanted !== variant || this.lifetime.signal.aborted) return;
      this.adopt(lane, manifest, url);
    } catch (error) {
      if (lane.wanted !== variant || this.lifetime.signal.aborted) return;
      lane.wanted = lane.manifest.variant;
      if (lane === this.current) this.listener.onVariantFailure(variant, problemOf(error));
    }
  }

  /**
   * From now on a track is fetched by this manifest.
   * @param {Lane} lane
   * @param {Manifest} manifest
   * @param {URL} url
   */
  adopt(lane, manifest, url) {
    if (!shareGrid(lane.manifest, manifest)) {
      this.pump.empty(this.lanes.replace(lane, manifest));
      this.begun = null;
    }
    lane.manifest = manifest;
    lane.url = url;
    if (lane === this.current) this.listener.onManifest(manifest);
    this.redirect();
  }

  /** @param {Lane} lane */
  enter(lane) {
    const isFirst = this.entered === null;
    this.entered = lane;
    this.sounding = this.lanes.variantAt(this.axis) ?? lane.manifest.variant;
    if (isFirst) this.listener.onManifest(lane.manifest);
    else this.listener.onEntered(lane.item, lane.manifest);
  }

  /** Tells the listener which track and which variant the position is in, now and when that changes next. */
  tell() {
    clearTimeout(this.timer);
    const { axis } = this;
    // A short track may have begun and ended since it was looked last.
    while (this.current && this.current !== this.entered) this.enter(this.lanes.towards(this.entered, this.current));
    const variant = this.lanes.variantAt(axis);
    if (variant !== null && variant !== this.sounding) {
      this.sounding = variant;
      this.listener.onSounding(variant);
    }
    const ahead = this.lanes.nextBorder(axis) - axis;
    if (ahead < SOON && !this.audio.paused) this.timer = setTimeout(() => this.wake(), 1000 * ahead + 5);
  }

  /**
   * A file that is missing may have been replaced: an old manifest on a CDN names what is gone. Each variant's is read
   * once more. What is wrong with a track that follows waits for its turn.
   * @param {Lane} lane
   * @param {unknown} error
   */
  async mend(lane, error) {
    const { url } = lane;
    if (error instanceof ApiError && error.kind === 'missing' && !lane.refreshed.has(url.href)) {
      lane.refreshed.add(url.href);
      const manifest = await this.manifests(url, { fresh: true });
      // Another variant may have been chosen meanwhile, or another track.
      if (lane.url !== url || !this.lanes.all.includes(lane)) return;
      if (manifest.init !== lane.manifest.init) return this.adopt(lane, manifest, url);
    }
    if (mayPass(error) || lane === this.current) throw error;
    this.dropFrom(lane);
    this.endFollowing();
  }

  /** @returns {import('./scheduler.js').Situation} */
  situation() {
    return {
      placed: this.lanes.all,
      position: this.axis,
      buffered: this.sink.buffered(),
      spans: this.lanes.spans,
      lead: decodedAhead(),
      streaming: this.sink.isStreaming(),
      starting: this.start.silent && !this.audio.paused,
      complete: this.sink.isComplete(),
      last: this.isLast(),
    };
  }

  /** Whether nothing is told to follow the last track on the axis, and that one plays, or its end is near. */
  isLast() {
    const { last } = this.lanes;
    if (this.following.length === 0 || !last) return this.following.length === 0;
    const end = last.placement.origin + durationOf(last.manifest);
    return this.following.length === this.placed.length && end < this.axis + NEAR;
  }
}

/**
 * @param {unknown} error
 * @returns {Problem}
 */
export function problemOf(error) {
  if (error instanceof ApiError) return error.kind;
  return error instanceof DOMException && error.name === 'NotSupportedError' ? 'unsupported' : 'undecodable';
}
