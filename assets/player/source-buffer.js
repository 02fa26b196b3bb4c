/**
 * The only file that touches Media Source Extensions. One media element, one source, one SourceBuffer whose
 * operations run one after another, each as a promise: a SourceBuffer refuses a second while one is under way.
 *
 * What must hold: mode `segments`; the window's end is set before its start, and both before the offset, since
 * each is checked against the other; `abort()`, which resets the window, is called only where the window is set next.
 */

import { areEqual } from './segments.js';

/** @typedef {import('./timeline.js').Placement} Placement */
/** @typedef {import('./timeline.js').Range} Range */
/** @typedef {'mse' | 'managed'} Way */
/** @typedef {ReturnType<typeof attachSource>} Sink */

/** So many seconds before its end the last access unit still stands. */
const INSIDE_LAST_UNIT = 0.001;
/** What differs by so many seconds is the same, but for rounding. */
const TINY = 1e-6;

/** @param {Way} way */
function sourceOf(way) {
  /** @type {typeof MediaSource | undefined} */
  const source = way === 'mse' ? globalThis.MediaSource : /** @type {any} */ (globalThis).ManagedMediaSource;
  return source;
}

/**
 * Whether the browser has this way of streaming, and for this kind of media.
 * @param {Way} way
 * @param {string} mime
 */
export function canStream(way, mime) {
  return sourceOf(way)?.isTypeSupported(mime) ?? false;
}

/**
 * What the browser can do, for `wayOf`.
 * @param {HTMLMediaElement} audio
 * @returns {import('./ways.js').Abilities}
 */
export function abilitiesOf(audio) {
  const mime = 'audio/mp4; codecs="mp4a.40.2"';
  return {
    mse: canStream('mse', mime),
    managed: canStream('managed', mime),
    hls: audio.canPlayType('application/vnd.apple.mpegurl') !== '',
  };
}

/** WebKit cuts whole access units at the append window; the others cut at the sample. */
export function trimming() {
  return navigator.vendor.startsWith('Apple') ? 'unit' : 'sample';
}

/**
 * How many seconds ahead of the position a browser has decoded while it plays: what is replaced nearer than that is
 * not heard, or later than one thinks. Firefox decodes 2 s ahead, Chromium 0.26 s. WebKitGTK has queued some seconds
 * and begins again where it is, with 6 ms of silence, however far ahead it is.
 */
export function decodedAhead() {
  return /\bFirefox\//.test(navigator.userAgent) ? 2.1 : 0.3;
}

/**
 * Gives the media element a new, empty source. Done at once, within the listener's click, so that the browser
 * takes `play()` as asked for.
 * @param {HTMLMediaElement} audio
 * @param {Way} way
 * @param {() => void} onDemandChange  called when the browser starts or stops asking for data
 */
export function attachSource(audio, way, onDemandChange) {
  const Source = sourceOf(way);
  if (!Source) throw new DOMException(`no ${way}`, 'NotSupportedError');
  const source = new Source();
  const state = { streaming: way === 'mse' };
  /** @type {SourceBuffer | null} */
  let buffer = null;
  /** @type {ArrayBuffer | null} The init segment that holds for what is appended next. */
  let init = null;
  /** Whether the source's length is that of something that may never be played. */
  let provisional = false;
  /** Seconds of its track at which the first media segment began that was appended since the parser was reset. */
  let earliest = Infinity;
  let tail = Promise.resolve();

  if (way === 'managed') {
    // Without it the source never opens: it could not be handed to a remote player.
    audio.disableRemotePlayback = true;
    listenForDemand(source, state, onDemandChange);
  }
  const opened = once(source, 'sourceopen');
  const url = URL.createObjectURL(source);
  opened.then(() => URL.revokeObjectURL(url));
  audio.src = url;

  /** @param {(buffer: SourceBuffer) => void} operation */
  const enqueue = (operation) => {
    const run = tail.then(() => updated(/** @type {SourceBuffer} */ (buffer), operation));
    tail = run.catch(() => {});
    return run;
  };

  /**
   * One may seek only within the source's length. One that was complete takes its length from what is appended.
   * @param {number} end  seconds
   */
  const extendTo = (end) => {
    if (source.readyState === 'open' && (provisional || !(source.duration >= end))) source.duration = end;
    provisional = false;
  };

  /**
   * WebKitGTK drops without a word what is earlier in its track than the first that it was given, unless its parser
   * begins anew, with an init segment: behind a start in the middle it would take neither what stands before nor the
   * next track.
   * @param {Placement} placement
   * @param {number} at  seconds of its track
   */
  const beginAnew = (placement, at) => {
    if (trimming() === 'unit' && init && earliest < Infinity && at < earliest - TINY) {
      enqueue((target) => source.readyState === 'open' && target.abort());
      append(init, placement);
    }
    earliest = Math.min(earliest, at);
  };

  /**
   * @param {ArrayBuffer} bytes
   * @param {Placement} placement
   * @param {boolean} [mayNeverPlay]
   */
  const append = (bytes, placement, mayNeverPlay = false) => {
    enqueue((target) => reopen(source, target));
    return enqueue((target) => {
      place(target, placement);
      extendTo(placement.windowEnd);
      provisional = mayNeverPlay;
      target.appendBuffer(bytes);
    });
  };

  return {
    opened,
    /**
     * Makes the buffer, once `opened`.
     * @param {string} mime
     */
    begin(mime) {
      if (buffer) return;
      buffer = source.addSourceBuffer(mime);
      buffer.mode = 'segments';
    },
    /**
     * Appends where the placement says.
     * @param {ArrayBuffer} bytes
     * @param {Placement} placement
     * @param {number} at  seconds of its track at which it begins
     */
    append(bytes, placement, at) {
      beginAnew(placement, at);
      return append(bytes, placement);
    },
    /**
     * Appends an init segment, before what it is for, unless it holds already.
     * @param {ArrayBuffer} bytes
     * @param {Placement} placement
     */
    async appendInit(bytes, placement) {
      if (init && areEqual(bytes, init)) return enqueue(() => extendTo(placement.windowEnd));
      await append(bytes, placement);
      init = bytes;
    },
    /**
     * Appends an init segment for what may be played.
     * @param {ArrayBuffer} bytes
     * @param {Placement} placement
     */
    async prime(bytes, placement) {
      init = bytes;
      await append(bytes, placement, true);
    },
    /**
     * Takes out what stands there. Where nothing does, the range may lie behind the end of a complete source, which
     * the browser would refuse.
     * @param {Range} range
     */
    remove: ({ start, end }) =>
      enqueue((target) => {
        if (rangesOf(target.buffered).some((held) => held.start < end && start < held.end)) target.remove(start, end);
      }),
    /** Says that nothing follows what was appended. */
    complete: () => tail.then(() => source.readyState === 'open' && source.endOfStream()),
    isComplete: () => source.readyState === 'ended',
    isStreaming: () => state.streaming,
    /** @returns {Range[]} */
    buffered: () => (buffer && source.readyState !== 'closed' ? rangesOf(buffer.buffered) : []),
  };
}

/**
 * Makes a complete source ready for more. WebKitGTK gives up ("Failed to push buffer") when something is appended
 * behind what it has queued to its end, unless it queues again: it does so when the last access unit, of 23 ms at most,
 * is taken out.
 * @param {MediaSource} source
 * @param {SourceBuffer} buffer
 */
function reopen(source, buffer) {
  if (source.readyState !== 'ended' || trimming() !== 'unit') return;
  const last = rangesOf(buffer.buffered).at(-1);
  if (last) buffer.remove(last.end - INSIDE_LAST_UNIT, Infinity);
}

/**
 * @param {SourceBuffer} buffer
 * @param {Placement} placement
 */
function place(buffer, { windowStart, windowEnd, timestampOffset }) {
  if (buffer.appendWindowStart !== windowStart || buffer.appendWindowEnd !== windowEnd) {
    // The new end may stand before the old start.
    buffer.appendWindowStart = 0;
    buffer.appendWindowEnd = windowEnd;
    buffer.appendWindowStart = windowStart;
  }
  if (buffer.timestampOffset !== timestampOffset) buffer.timestampOffset = timestampOffset;
}

/**
 * @param {TimeRanges} ranges
 * @returns {Range[]}
 */
export function rangesOf(ranges) {
  return Array.from({ length: ranges.length }, (_, index) => ({ start: ranges.start(index), end: ranges.end(index) }));
}

/**
 * Runs one operation of a SourceBuffer to its end; one that began nothing has come to it.
 * @param {SourceBuffer} buffer
 * @param {(buffer: SourceBuffer) => void} operation
 * @returns {Promise<void>}
 */
function updated(buffer, operation) {
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const { signal } = listening;
    let failed = false;
    buffer.addEventListener('error', () => (failed = true), { signal });
    buffer.addEventListener(
      'updateend',
      () => {
        listening.abort();
        if (failed) reject(new DOMException('the browser refused the media', 'EncodingError'));
        else resolve();
      },
      { signal },
    );
    try {
      operation(buffer);
      if (buffer.updating) return;
      listening.abort();
      resolve();
    } catch (error) {
      // It is full (QuotaExceededError) or gone; no event follows.
      listening.abort();
      reject(error);
    }
  });
}

/**
 * @param {EventTarget} source
 * @param {{ streaming: boolean }} state
 * @param {() => void} onDemandChange
 */
function listenForDemand(source, state, onDemandChange) {
  const set = (/** @type {boolean} */ streaming) => () => {
    state.streaming = streaming;
    onDemandChange();
  };
  source.addEventListener('startstreaming', set(true));
  source.addEventListener('endstreaming', set(false));
}

/**
 * @param {EventTarget} target
 * @param {string} type
 * @returns {Promise<void>}
 */
function once(target, type) {
  return new Promise((resolve) => target.addEventListener(type, () => resolve(), { once: true }));
}
