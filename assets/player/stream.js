/**
 * Tracks on one axis, brought into the media element by Media Source Extensions: asks the scheduler what to do,
 * does it, asks again. The track that plays comes first; the one that follows is placed right behind it, to the
 * sample, while it still plays. One fetch and one append are under way at a time; a seek or another variant drops
 * a fetch that it made useless.
 *
 * A failed fetch does not stop what is loaded from playing: while that lasts it is tried again now and then, and
 * the failure is reported when the sound would stop. What fails of the track that follows is left to its turn.
 */

import { ApiError, mayPass } from './api.js';
import { withoutUnits } from './fragment.js';
import { Lanes } from './lanes.js';
import { AHEAD, nextAction, staleRanges, takeOverFrom } from './scheduler.js';
import { areEqual } from './segments.js';
import { attachSource, canStream, decodedAhead, trimming } from './source-buffer.js';
import { CRUMB } from './spans.js';
import { ACCESS_UNIT_SAMPLES, durationOf, loadedUntil, placementOf, segmentAt, segmentRange, shareGrid } from './timeline.js';

/** @typedef {import('./timeline.js').Manifest} Manifest */
/** @typedef {import('./timeline.js').Range} Range */
/** @typedef {import('./store.js').Problem} Problem */
/** @typedef {import('./lanes.js').Item} Item */
/** @typedef {import('./lanes.js').Lane} Lane */
/** @typedef {{ lane: Lane, index: number, variant: string, controller: AbortController }} Fetch */
/**
 * What a way of playing tells.
 * @typedef {object} Listener
 * @property {(manifest: Manifest) => void} onManifest             of the track that plays
 * @property {(item: Item, manifest: Manifest) => void} onEntered  the next track plays now
 * @property {(variant: string) => void} onSounding                another variant sounds now
 * @property {(variant: string, problem: Problem) => void} onVariantFailure  what sounds goes on
 * @property {(problem: Problem) => void} onFailure                called when the sound cannot go on
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
 */

const HAVE_METADATA = 1;
const HAVE_FUTURE_DATA = 3;
/** After a failure that may pass, so many seconds are played before the next try. */
const TRY_AGAIN_AFTER = 5;
/** When no more than this many seconds are left to play, the next try comes at once. */
const LAST_CHANCE = 3;
/** When the browser's buffer is full, no more than this many seconds are kept behind. */
const BEHIND_WHEN_FULL = 2;
/** What happens sooner than in so many seconds gets a timer of its own; `timeupdate` comes four times a second. */
const SOON = 0.6;
/** Begun is so many seconds before the end, or sooner: a shared link may lie behind it, and a crumb is not loaded. */
const LEAST = 2 * CRUMB;
/** A hole of so many seconds or less is jumped over when the sound stands still before it. */
const HOLE = 1;

export class Stream {
  /** @param {Options} options */
  constructor({ audio, way, manifests, segments, item, startAt, listener }) {
    this.audio = audio;
    this.way = way;
    this.manifests = manifests;
    this.listener = listener;
    /** @type {number | null} Where to begin; null once the media element was told. */
    this.startAt = startAt;
    this.lifetime = new AbortController();
    this.first = item;
    this.lanes = new Lanes(trimming());
    this.segments = segments;
    /** @type {Lane | null} The one whose entry was told. */
    this.entered = null;
    /** @type {Item | null} What follows; null when nothing does. */
    this.next = null;
    /** @type {Item | null} What follows, once placing it was begun. */
    this.begun = null;
    this.sounding = item.variant;
    /** @type {ArrayBuffer | null} */
    this.lastInit = null;
    /** @type {Fetch | null} */
    this.fetching = null;
    /** @type {unknown} */
    this.failure = null;
    this.failedAt = 0;
    this.pumping = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.sink = attachSource(audio, way, () => this.wake());
    audio.addEventListener('loadedmetadata', () => this.applyStart(), { signal: this.lifetime.signal });
    this.begin().catch((error) => this.fail(error));
  }

  /** Seconds on the axis. */
  get axis() {
    return this.startAt ?? this.audio.currentTime;
  }

  /** The track that plays; none until its manifest is there. */
  get current() {
    return this.lanes.at(this.axis);
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
    const target = (this.current?.placement.origin ?? 0) + seconds;
    if (this.startAt === null) {
      this.audio.currentTime = target;
    } else {
      const { last } = this.lanes;
      this.startAt = last ? beforeEnd(last.manifest, target) : target;
      this.redirect();
    }
  }

  /**
   * Goes to the next track at once, if it is loaded.
   * @param {number} index
   */
  skipTo(index) {
    const next = this.lanes.after(this.axis);
    if (next?.item.index !== index || this.lanes.variantAt(next.placement.origin) === null) return false;
    this.audio.currentTime = next.placement.origin;
    this.wake();
    return true;
  }

  /**
   * Says what follows the track that plays; null when nothing does.
   * @param {Item | null} item
   */
  follow(item) {
    this.next = item;
    this.begun = null;
    const placed = this.lanes.after(this.axis);
    if (placed && placed.item.index !== item?.index) this.dropFrom(placed);
    else if (placed && item) this.want(placed, item.variant);
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
    if (mayPass(this.failure) && this.isTimeToTryAgain()) this.failure = null;
    this.tell();
    if (!this.pumping && this.failure === null) this.pump();
  }

  /** The position or the variant was changed: what it needs comes first. */
  redirect() {
    if (this.lanes.all.length === 0) return;
    this.failure = null;
    this.lanes.keepOnly(this.sink.buffered());
    const action = nextAction(this.situation());
    const { fetching } = this;
    const lane = action.type === 'fetch' ? this.lanes.all[action.place] : null;
    const useful =
      action.type === 'fetch' &&
      fetching?.lane === lane &&
      fetching?.index === action.index &&
      fetching?.variant === lane?.manifest.variant;
    if (!useful) fetching?.controller.abort();
    this.wake();
  }

  /** The sound stopped for want of data. */
  stalled() {
    // What may pass is tried once more; it is reported when that fails, since nothing plays then.
    if (this.failure === null || mayPass(this.failure)) this.redirect();
    else this.listener.onFailure(problemOf(this.failure));
  }

  /** The sound stands still although there is something to play: pushes it on, or over a hole. */
  nudge() {
    const { axis } = this;
    const ranges = this.sink.buffered();
    const holds = ranges.some(({ start, end }) => start <= axis && axis + 0.5 < end);
    const after = ranges.find(({ start }) => start > axis && start - axis <= HOLE);
    if (holds) this.audio.currentTime = axis + 0.02;
    else if (after) this.audio.currentTime = after.start + 0.02;
    else this.redirect();
  }

  /** Forgets a failure, since its cause may be gone. */
  recover() {
    this.failure = null;
    this.wake();
  }

  close() {
    this.lifetime.abort();
    this.fetching?.controller.abort();
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
    if (this.startAt !== null) this.startAt = beforeEnd(manifest, this.startAt);
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

  /** Begins to place what follows, when its time has come. */
  placeNext() {
    const { next } = this;
    const { last } = this.lanes;
    if (!next || this.begun === next || !last || last !== this.current) return;
    if (last.placement.origin + durationOf(last.manifest) > this.axis + AHEAD) return;
    this.begun = next;
    const url = next.urlOf(next.variant);
    const place = (/** @type {Manifest | null} */ manifest) => {
      if (this.begun !== next || this.lanes.last !== last) return;
      // What cannot follow here, or cannot be had, is left to its turn, which tells what is wrong.
      if (manifest?.mime === last.manifest.mime) this.lanes.add(next, manifest, url);
      else this.next = null;
      this.wake();
    };
    this.manifests(url).then(place, () => place(null));
  }

  /**
   * Takes a track and what follows it off the axis.
   * @param {Lane} lane
   */
  dropFrom(lane) {
    this.empty(this.lanes.dropFrom(lane));
  }

  /** @param {Range} range */
  empty(range) {
    const { fetching } = this;
    if (fetching && !this.lanes.all.includes(fetching.lane)) fetching.controller.abort();
    this.sink.remove(range).catch((error) => this.fail(error));
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
      this.empty(this.lanes.replace(lane, manifest));
      this.begun = null;
    }
    lane.manifest = manifest;
    lane.url = url;
    if (lane === this.current) this.listener.onManifest(manifest);
    this.redirect();
  }

  /** Goes to where to begin once there is something to play: WebKitGTK fails now and then when it seeks before that. */
  applyStart() {
    const { startAt } = this;
    if (startAt === null || this.audio.readyState < HAVE_METADATA) return;
    if (startAt > 0 && !this.sink.isComplete() && loadedUntil(this.sink.buffered(), startAt) <= startAt) return;
    this.startAt = null;
    if (startAt > 0) this.audio.currentTime = startAt;
  }

  /** Tells the listener which track and which variant the position is in, now and when that changes next. */
  tell() {
    clearTimeout(this.timer);
    const { axis, current } = this;
    if (current && current !== this.entered) {
      const isFirst = this.entered === null;
      this.entered = current;
      this.sounding = this.lanes.variantAt(axis) ?? current.manifest.variant;
      if (isFirst) this.listener.onManifest(current.manifest);
      else this.listener.onEntered(current.item, current.manifest);
    }
    const variant = this.lanes.variantAt(axis);
    if (variant !== null && variant !== this.sounding) {
      this.sounding = variant;
      this.listener.onSounding(variant);
    }
    const ahead = this.lanes.nextBorder(axis) - axis;
    if (ahead < SOON && !this.audio.paused) this.timer = setTimeout(() => this.wake(), 1000 * ahead + 5);
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
    this.placeNext();
    const action = nextAction(this.situation());
    switch (action.type) {
      case 'fetch':
        await this.load(this.lanes.all[action.place], action.index);
        return true;
      case 'evict':
        await this.evict([action.range]);
        return true;
      case 'complete':
        await this.sink.complete();
        this.applyStart();
        return true;
      case 'wait':
        return false;
    }
  }

  /**
   * Fetches and appends a segment, unless a seek or another variant makes it useless first.
   * @param {Lane} lane
   * @param {number} index
   */
  async load(lane, index) {
    const controller = new AbortController();
    const { signal } = controller;
    const { variant } = lane.manifest;
    this.fetching = { lane, index, variant, controller };
    try {
      const media = this.segments.media(lane, index, signal);
      // It is awaited behind the init segment, which may fail first.
      media.catch(() => {});
      const init = await this.segments.init(lane);
      signal.throwIfAborted();
      if (!this.lastInit || !areEqual(init, this.lastInit)) await this.sink.append(init, lane.placement);
      this.lastInit = init;
      const bytes = await media;
      signal.throwIfAborted();
      await this.appendFrom(lane, index, variant, bytes);
    } catch (error) {
      if (!signal.aborted) await this.mend(lane, error);
    } finally {
      this.fetching = null;
    }
  }

  /**
   * Appends a segment; where another variant sounds already, from the first access unit that may be replaced.
   * @param {Lane} lane
   * @param {number} index
   * @param {string} variant
   * @param {ArrayBuffer} bytes
   */
  async appendFrom(lane, index, variant, bytes) {
    const range = segmentRange(lane.manifest, lane.placement, index);
    const from = takeOverFrom(this.situation(), range, variant);
    if (from === null) return;
    const unit = ACCESS_UNIT_SAMPLES / lane.manifest.sample_rate;
    const units = Math.ceil((from - range.start) / unit - 1e-6);
    // Segment 0 begins with a unit of pre-roll, which plays nothing.
    const cut = units <= 0 ? bytes : withoutUnits(bytes, units + (index === 0 ? 1 : 0));
    await this.appendMakingRoom(cut, lane);
    this.lanes.hold({ start: range.start + Math.max(0, units) * unit, end: range.end, variant });
    this.applyStart();
  }

  /**
   * @param {ArrayBuffer} bytes
   * @param {Lane} lane
   */
  async appendMakingRoom(bytes, { placement }) {
    try {
      await this.sink.append(bytes, placement);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'QuotaExceededError') throw error;
      await this.evict(staleRanges(this.situation(), BEHIND_WHEN_FULL));
      await this.sink.append(bytes, placement);
    }
  }

  /** @param {Range[]} ranges */
  async evict(ranges) {
    for (const range of ranges) await this.sink.remove(range);
    this.lanes.keepOnly(this.sink.buffered());
  }

  /**
   * A file that is missing may have been replaced: an old manifest on a CDN names what is gone. What is wrong
   * with a track that follows waits for its turn.
   * @param {Lane} lane
   * @param {unknown} error
   */
  async mend(lane, error) {
    if (error instanceof ApiError && error.kind === 'missing' && !lane.refreshed) {
      lane.refreshed = true;
      const manifest = await this.manifests(lane.url, { fresh: true });
      if (manifest.init !== lane.manifest.init) return this.adopt(lane, manifest, lane.url);
    }
    if (mayPass(error) || lane === this.current) throw error;
    this.dropFrom(lane);
    this.next = null;
  }

  /** @param {unknown} error */
  fail(error) {
    if (this.lifetime.signal.aborted) return;
    this.failure = error;
    this.failedAt = this.axis;
    if (this.audio.readyState < HAVE_FUTURE_DATA) this.listener.onFailure(problemOf(error));
  }

  isTimeToTryAgain() {
    const { axis } = this;
    return axis > this.failedAt + TRY_AGAIN_AFTER || loadedUntil(this.sink.buffered(), axis) < axis + LAST_CHANCE;
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
      complete: this.sink.isComplete(),
      last: this.next === null,
    };
  }
}

/**
 * Where to begin, so that there is something to load.
 * @param {Manifest} manifest
 * @param {number} seconds
 */
function beforeEnd(manifest, seconds) {
  return Math.min(seconds, Math.max(0, durationOf(manifest) - LEAST));
}

/**
 * @param {unknown} error
 * @returns {Problem}
 */
export function problemOf(error) {
  if (error instanceof ApiError) return error.kind;
  return error instanceof DOMException && error.name === 'NotSupportedError' ? 'unsupported' : 'undecodable';
}
