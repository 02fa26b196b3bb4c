/**
 * Brings segments into the source: asks the scheduler what to do, does it, asks again. One fetch and one append are
 * under way at a time; a fetch that a seek or another variant made useless is dropped. Which tracks stand on the axis,
 * and what a failure means for them, is the stream's.
 *
 * A failed fetch does not stop what is loaded from playing: while that lasts it is tried again now and then.
 */

import { mayPass } from './api.js';
import { withoutUnits } from './fragment.js';
import { BEHIND, nextAction, staleRanges, takeOverFrom } from './scheduler.js';
import { ACCESS_UNIT_SAMPLES, loadedUntil, segmentRange } from './timeline.js';

/** @typedef {import('./lanes.js').Lane} Lane */
/** @typedef {import('./timeline.js').Range} Range */
/** @typedef {{ lane: Lane, index: number, variant: string, controller: AbortController }} Fetch */
/**
 * @typedef {object} Parts
 * @property {import('./lanes.js').Lanes} lanes
 * @property {import('./source-buffer.js').Sink} sink
 * @property {import('./segments.js').Segments} segments
 * @property {AbortSignal} signal                                 ends all
 * @property {() => import('./scheduler.js').Situation} situation
 * @property {() => void} onStep                                  called before each step, so after each as well
 * @property {(lane: Lane, error: unknown) => Promise<void>} mend  changes what failed, or throws what it cannot mend
 * @property {(error: unknown) => void} onFailure                 called when it stops
 */

/** After a failure that may pass, so many seconds are played before the next try. */
const TRY_AGAIN_AFTER = 5;
/** When no more than this many seconds are left to play, the next try comes at once. */
const LAST_CHANCE = 3;
/** When the browser's buffer is full, no more than this many seconds are kept behind. */
const BEHIND_WHEN_FULL = 2;
/** With less than this many seconds left to play, waiting makes no room in a full buffer. */
const NOTHING_TO_PLAY = 0.5;

export class Pump {
  /** @param {Parts} parts */
  constructor({ lanes, sink, segments, signal, situation, onStep, mend, onFailure }) {
    this.lanes = lanes;
    this.sink = sink;
    this.segments = segments;
    this.signal = signal;
    this.situation = situation;
    this.onStep = onStep;
    this.mend = mend;
    this.onFailure = onFailure;
    /** @type {Fetch | null} */
    this.fetching = null;
    /** @type {unknown} Why it stands still; null while it need not. */
    this.failure = null;
    this.failedAt = 0;
    /** Milliseconds on the clock of the page: until then the server has asked to wait, wherever a seek may go. */
    this.notBefore = 0;
    this.running = false;
    /** Ends a wait for room: the time goes on, or what is fetched is of no use any more. */
    this.lookForRoom = () => {};
    signal.addEventListener('abort', () => this.fetching?.controller.abort());
  }

  /** Does what there is to do, unless it is at it, a failure is in the way, or the server has asked to wait. */
  async run() {
    this.lookForRoom();
    if (mayPass(this.failure) && this.isTimeToTryAgain()) this.failure = null;
    if (this.running || this.failure !== null || performance.now() < this.notBefore) return;
    this.running = true;
    try {
      while (!this.signal.aborted && (await this.step()));
    } catch (error) {
      this.fail(error);
    } finally {
      this.running = false;
    }
  }

  /** The position or a variant was changed: forgets a failure, and drops a fetch that is no longer the next thing. */
  redirect() {
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
  }

  /**
   * Takes what stood there out of the source.
   * @param {Range} range
   */
  empty(range) {
    const { fetching } = this;
    if (fetching && !this.lanes.all.includes(fetching.lane)) fetching.controller.abort();
    this.sink.remove(range).catch((error) => this.fail(error));
  }

  /** @param {unknown} error */
  fail(error) {
    if (this.signal.aborted) return;
    this.failure = error;
    this.failedAt = this.situation().position;
    if (mayPass(error)) this.notBefore = performance.now() + 1000 * error.retryAfter;
    this.onFailure(error);
  }

  isTimeToTryAgain() {
    const { position, buffered } = this.situation();
    return position > this.failedAt + TRY_AGAIN_AFTER || loadedUntil(buffered, position) < position + LAST_CHANCE;
  }

  /** Does the next thing; false when there is none. */
  async step() {
    this.onStep();
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
        // A source that failed meanwhile never is.
        return this.sink.isComplete();
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
      await this.sink.appendInit(init, lane.placement);
      const bytes = await media;
      signal.throwIfAborted();
      while (!(await this.appendFrom(lane, index, variant, bytes))) {
        await new Promise((resolve) => (this.lookForRoom = () => resolve(null)));
        signal.throwIfAborted();
      }
    } catch (error) {
      if (!signal.aborted) await this.mend(lane, error);
    } finally {
      this.fetching = null;
    }
  }

  /**
   * Appends a segment; where another variant sounds already, from the first access unit that may be replaced. False
   * when there is no room for it yet.
   * @param {Lane} lane
   * @param {number} index
   * @param {string} variant
   * @param {ArrayBuffer} bytes
   */
  async appendFrom(lane, index, variant, bytes) {
    const { placement } = lane;
    const range = segmentRange(lane.manifest, placement, index);
    const from = takeOverFrom(this.situation(), range, variant);
    if (from === null) return true;
    const unit = ACCESS_UNIT_SAMPLES / lane.manifest.sample_rate;
    const units = Math.ceil((from - range.start) / unit - 1e-6);
    // Segment 0 begins with a unit of pre-roll, which plays nothing.
    const cut = units <= 0 ? bytes : withoutUnits(bytes, units + (index === 0 ? 1 : 0));
    const begin = range.start + Math.max(0, units) * unit;
    // What was taken off the axis, or put elsewhere, is emptied behind this append.
    const stands = () => this.lanes.all.includes(lane) && lane.placement === placement;
    const isIn = await this.appendMakingRoom(cut, placement, begin - placement.origin, stands);
    if (!isIn || !stands()) return !stands();
    this.lanes.hold({ start: begin, end: range.end, variant });
    return true;
  }

  /**
   * Gives whether there was room.
   * @param {ArrayBuffer} bytes
   * @param {import('./timeline.js').Placement} placement
   * @param {number} at  seconds of its track
   * @param {() => boolean} stands  whether it is still to be there
   */
  async appendMakingRoom(bytes, placement, at, stands) {
    try {
      await this.sink.append(bytes, placement, at);
      return true;
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    await this.evict(staleRanges(this.situation(), BEHIND_WHEN_FULL));
    if (!stands()) return false;
    try {
      await this.sink.append(bytes, placement, at);
      return true;
    } catch (error) {
      const { position, buffered } = this.situation();
      if (!isFull(error) || loadedUntil(buffered, position) < position + NOTHING_TO_PLAY) throw error;
      return false;
    }
  }

  /** @param {Range[]} ranges */
  async evict(ranges) {
    for (const range of ranges) await this.sink.remove(range);
    this.lanes.keepOnly(this.sink.buffered());
    this.lanes.forgetBefore(this.situation().position - BEHIND);
  }
}

/** @param {unknown} error */
function isFull(error) {
  return error instanceof Error && error.name === 'QuotaExceededError';
}
