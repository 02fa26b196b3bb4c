/** A browser with Media Source Extensions, made up: it takes all at once, and plays nothing by itself. */

/** @typedef {{ sources: number, removed: [number, number][], buffer: Buffer | null }} Made  What was done to it. */

/** A SourceBuffer of one range. */
class Buffer extends EventTarget {
  appendWindowEnd = Infinity;
  end = 0;
  buffered = { length: 1, start: () => 0, end: () => this.end };
  appendBuffer = () => this.#update(this.appendWindowEnd);

  /** @param {Made} made */
  constructor(made) {
    super();
    this.remove = (start, end) => {
      made.removed.push([start, end]);
      this.#update(start);
    };
  }

  #update(end) {
    this.end = end;
    queueMicrotask(() => this.dispatchEvent(new Event('updateend')));
  }
}

/** Puts it in the place of a browser. */
export function makeUpBrowser() {
  /** @type {Made} */
  const made = { sources: 0, removed: [], buffer: null };
  class Source extends EventTarget {
    static isTypeSupported = () => true;
    readyState = 'open';
    addSourceBuffer = () => (made.buffer = new Buffer(made));
    endOfStream = () => (this.readyState = 'ended');
    constructor() {
      super();
      made.sources += 1;
      queueMicrotask(() => this.dispatchEvent(new Event('sourceopen')));
    }
  }
  Object.defineProperty(globalThis, 'navigator', { value: { vendor: '', userAgent: '' }, configurable: true });
  Object.assign(globalThis, { MediaSource: Source });
  Object.assign(URL, { createObjectURL: () => 'blob:', revokeObjectURL() {} });
  return made;
}

export const audioElement = () =>
  Object.assign(new EventTarget(), { currentTime: 0, readyState: 4, volume: 1, paused: true, play: async () => {}, pause() {} });
