/**
 * The only file that touches Media Source Extensions. One media element, one source, one SourceBuffer whose
 * operations run one after another, each as a promise: a SourceBuffer refuses a second while one is under way.
 *
 * What must hold: mode `segments`; the window's end is set before its start, and both before the offset, since
 * each is checked against the other; `abort()` is never called, since it resets the window.
 */

/** @typedef {import('./timeline.js').Placement} Placement */
/** @typedef {import('./timeline.js').Range} Range */
/** @typedef {'mse' | 'managed'} Way */
/** @typedef {ReturnType<typeof attachSource>} Sink */

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

  return {
    opened,
    /**
     * Makes the buffer, once `opened`.
     * @param {string} mime
     */
    begin(mime) {
      buffer = source.addSourceBuffer(mime);
      buffer.mode = 'segments';
    },
    /**
     * Appends where the placement says; an init segment goes before what it is for.
     * @param {ArrayBuffer} bytes
     * @param {Placement} placement
     */
    append: (bytes, placement) =>
      enqueue((target) => {
        place(target, placement);
        extend(source, placement.windowEnd);
        target.appendBuffer(bytes);
      }),
    /** @param {Range} range */
    remove: ({ start, end }) => enqueue((target) => target.remove(start, end)),
    /** Says that nothing follows what was appended. */
    complete: () => tail.then(() => source.readyState === 'open' && source.endOfStream()),
    isComplete: () => source.readyState === 'ended',
    isStreaming: () => state.streaming,
    /** @returns {Range[]} */
    buffered: () => (buffer && source.readyState !== 'closed' ? rangesOf(buffer.buffered) : []),
  };
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
 * One may seek only within the source's duration. A source that was complete takes its length from what is
 * appended.
 * @param {MediaSource} source
 * @param {number} end  seconds
 */
function extend(source, end) {
  if (source.readyState === 'open' && !(source.duration >= end)) source.duration = end;
}

/**
 * @param {TimeRanges} ranges
 * @returns {Range[]}
 */
export function rangesOf(ranges) {
  return Array.from({ length: ranges.length }, (_, index) => ({ start: ranges.start(index), end: ranges.end(index) }));
}

/**
 * Runs one operation of a SourceBuffer to its end.
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
