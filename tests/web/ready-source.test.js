/** The source that stands open before the first click: what it was opened with, and what becomes of it. The browser is made up. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createReadySource } from '../../assets/player/ready-source.js';
import { placementOf } from '../../assets/player/timeline.js';
import { manifestOf } from './support.js';

const RATE = 44100;
const INIT = new Uint8Array([1, 2, 3]).buffer;
const url = new URL('http://site/');
const source = { manifest: manifestOf({ samples: 10 * RATE }), url };
const segments = /** @type {any} */ ({ init: async () => INIT });

/** What was made: the sources, and what was appended. */
let made;
/** Whether the browser refuses what it is given. */
let refuses;
let audio;

class Buffer extends EventTarget {
  appendWindowStart = 0;
  appendWindowEnd = Infinity;
  timestampOffset = 0;
  updating = false;
  buffered = { length: 0 };
  appendBuffer(bytes) {
    made.appended.push(bytes);
    this.updating = true;
    queueMicrotask(() => {
      this.updating = false;
      if (refuses) this.dispatchEvent(new Event('error'));
      this.dispatchEvent(new Event('updateend'));
    });
  }
}

class Source extends EventTarget {
  static isTypeSupported = () => true;
  readyState = 'open';
  duration = NaN;
  addSourceBuffer = () => new Buffer();
  constructor() {
    super();
    made.sources.push(this);
    queueMicrotask(() => this.dispatchEvent(new Event('sourceopen')));
  }
}

Object.defineProperty(globalThis, 'navigator', { value: { vendor: '', userAgent: '' }, configurable: true });
Object.assign(globalThis, { MediaSource: Source });
Object.assign(URL, { createObjectURL: () => 'blob:', revokeObjectURL() {} });

beforeEach(() => {
  made = { sources: [], appended: [] };
  refuses = false;
  audio = { error: null, hasAttribute: () => made.sources.length > 0 };
});

test('it is opened once, with an init segment in it, and given away once', async () => {
  const ready = createReadySource(audio, segments);
  await Promise.all([ready.prepare(source), ready.prepare(source)]);
  assert.equal(made.sources.length, 1);
  assert.deepEqual(made.appended, [INIT]);
  assert.ok(ready.take());
  assert.equal(ready.take(), null);
});

test('what is played gives it its own length, before anything of it is there', async () => {
  const ready = createReadySource(audio, segments);
  await ready.prepare(source);
  const sink = ready.take();
  const [opened] = made.sources;
  const short = opened.duration;
  const placement = placementOf(manifestOf({ samples: 300 * RATE }));
  await sink.appendInit(INIT, placement);
  assert.ok(Math.abs(short - 10) < 0.01, `${short} s`);
  assert.equal(opened.duration, placement.windowEnd);
  assert.equal(made.appended.length, 1, 'an init segment that holds is not appended again');
});

test('what is taken before its init segment came stays empty', async () => {
  const ready = createReadySource(audio, segments);
  const preparing = ready.prepare(source);
  assert.ok(ready.take());
  await preparing;
  assert.deepEqual(made.appended, []);
});

test('one whose init segment was refused is not given away', async () => {
  refuses = true;
  const ready = createReadySource(audio, segments);
  await assert.rejects(ready.prepare(source));
  assert.equal(ready.take(), null);
  refuses = false;
  made.sources = [];
  await ready.prepare(source);
  audio.error = { code: 4 };
  assert.equal(ready.take(), null);
});
