/**
 * The only file that touches Media Source Extensions. One media element, one source, one SourceBuffer whose
 * operations run one after another, each as a promise: a SourceBuffer refuses a second while one is under way.
 *
 * What must hold: mode `segments`; the window's end is set before its start, and both before the offset, since
 * each is checked against the other; `abort()` is never called, since it resets the window.
 */

/** @typedef {import('./timeline.js').Placement} Placement */
/** @typedef {import('./timeline.js').Range} Range */
/** @typedef {ReturnType<typeof attachSource>} Sink */

/**
 * An iPhone has ManagedMediaSource only.
 * @type {typeof MediaSource | undefined}
 */
const Source = globalThis.MediaSource ?? /** @type {any} */ (globalThis).ManagedMediaSource;

/**
 * Whether the browser can stream at all, and this kind of media.
 * @param {string} [mime]
 */
export function canStream(mime) {
  return Boolean(Source) && (mime === undefined || Source.isTypeSupported(mime));
}

/** WebKit cuts whole access units at the append window; the others cut at the sample. */
export function trimming() {
  return navigator.vendor.startsWith('Apple') ? 'unit' : 'sample';
}

/**
 * Gives the media element a new, empty source. Done at once, within the listener's click, so that the browser
 * takes `play()` as asked for.
 * @param {HTMLMediaElement} audio
 * @param {() => void} onDemandChange  called when the browser starts or stops asking for data
 */
export function attachSource(audio, onDemandChange) {
  const source = new Source();
  const managed = !globalThis.MediaSource;
  const state = { streaming: !managed };
  /** @type {SourceBuffer | null} */
  let buffer = null;
  let tail = Promise.resolve();

  if (managed) {
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
     * @param {number} duration  seconds
     */
    begin(mime, duration) {
      source.duration = duration;
      buffer = source.addSourceBuffer(mime);
      buffer.mode = 'segments';
    },
    /**
     * Says where what is appended from now on stands.
     * @param {Placement} placement
     */
    place(placement) {
      const target = /** @type {SourceBuffer} */ (buffer);
      target.appendWindowEnd = placement.windowEnd;
      target.appendWindowStart = placement.windowStart;
      target.timestampOffset = placement.timestampOffset;
    },
    /** @param {ArrayBuffer} bytes */
    append: (bytes) => enqueue((target) => target.appendBuffer(bytes)),
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
 * @param {TimeRanges} ranges
 * @returns {Range[]}
 */
function rangesOf(ranges) {
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
    let failed = false;
    const onError = () => (failed = true);
    buffer.addEventListener('error', onError, { once: true });
    buffer.addEventListener(
      'updateend',
      () => {
        buffer.removeEventListener('error', onError);
        if (failed) reject(new DOMException('the browser refused the media', 'EncodingError'));
        else resolve();
      },
      { once: true },
    );
    // Throws at once when the buffer is full (QuotaExceededError) or gone; then no event follows.
    operation(buffer);
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
