/**
 * The pump: what it notes of an append that was under way when its track was taken off the axis, and how it waits
 * for a busy server.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../assets/player/api.js';
import { Lanes } from '../../assets/player/lanes.js';
import { Pump } from '../../assets/player/pump.js';
import { manifestOf } from './support.js';

const manifest = manifestOf({ samples: 262144 });
const item = { id: 'a', variant: 'original', urlOf: () => new URL('https://example.org/') };

/** A browser's buffer that takes in a segment when it is told to. */
function slowSink() {
  const sink = {
    /** @type {() => void} */
    finish: () => {},
    /** @type {() => void} */
    begun: () => {},
    appendInit: async () => {},
    append: (bytes) =>
      new Promise((resolve) => {
        if (bytes.byteLength === 0) return resolve();
        sink.finish = resolve;
        sink.begun();
      }),
    remove: async () => {},
    complete: async () => {},
    isComplete: () => false,
    buffered: () => [],
  };
  return sink;
}

/** A pump with two tracks on its axis, the first of which is there. */
function pumpOnTwo(sink) {
  const lanes = new Lanes('sample');
  const situation = () => ({
    placed: lanes.all,
    position: 0,
    buffered: [],
    spans: lanes.spans,
    lead: 0.3,
    streaming: true,
    starting: false,
    complete: false,
    last: false,
  });
  const pump = new Pump({
    lanes,
    sink,
    segments: { init: async () => new ArrayBuffer(0), media: async () => new ArrayBuffer(8) },
    signal: new AbortController().signal,
    situation,
    onStep: () => {},
    mend: async (_, error) => {
      throw error;
    },
    onFailure: (error) => assert.fail(String(error)),
  });
  lanes.add(item, manifest, item.urlOf());
  lanes.add(item, manifest, item.urlOf());
  lanes.hold({ start: 0, end: lanes.all[1].placement.origin, variant: 'original' });
  return { lanes, pump };
}

test('what is taken off the axis while it is appended does not count as there', async () => {
  const sink = slowSink();
  const { lanes, pump } = pumpOnTwo(sink);
  const begun = new Promise((resolve) => (sink.begun = resolve));
  const done = pump.run();
  await begun;
  pump.empty(lanes.dropFrom(lanes.all[1]));
  sink.finish();
  await done;
  assert.deepEqual(lanes.spans, [{ start: 0, end: 262144 / 44100, variant: 'original' }]);
});

test('what is taken off the axis while room is made for it is not appended behind that', async () => {
  const sink = slowSink();
  const { lanes, pump } = pumpOnTwo(sink);
  let appends = 0;
  sink.append = async () => {
    appends += 1;
    // The buffer is full; before there is room, another track is to follow.
    queueMicrotask(() => pump.empty(lanes.dropFrom(lanes.all[1])));
    throw Object.assign(new Error('full'), { name: 'QuotaExceededError' });
  };
  sink.remove = () => new Promise((resolve) => setImmediate(resolve));
  sink.buffered = () => [{ start: 0, end: 6 }];
  await pump.run();
  assert.equal(appends, 1);
});

test('a server that asked to wait is asked again when it said, not at a seek or for want of sound before', async (context) => {
  let now = 1000;
  context.mock.method(performance, 'now', () => now);
  const sink = slowSink();
  const { pump } = pumpOnTwo(sink);
  let asked = 0;
  pump.segments.media = async () => {
    asked += 1;
    throw new ApiError('busy', 'http://site/', 7);
  };
  const failures = [];
  pump.onFailure = ({ kind }) => failures.push(kind);
  await pump.run();
  assert.deepEqual([asked, failures], [1, ['busy']]);
  now += 6_900;
  pump.redirect();
  await pump.run();
  assert.equal(asked, 1);
  now += 200;
  await pump.run();
  assert.equal(asked, 2);
});

test('what was played long ago is evicted, and its track let go of', async () => {
  const sink = slowSink();
  const { lanes, pump } = pumpOnTwo(sink);
  const { origin } = lanes.last.placement;
  lanes.hold({ start: origin, end: 2 * origin, variant: 'original' });
  let held = { start: 0, end: 2 * origin };
  sink.buffered = () => [held];
  sink.remove = async ({ end }) => {
    held = { start: end, end: held.end };
  };
  const situation = pump.situation;
  pump.situation = () => ({ ...situation(), position: origin + 30.5, buffered: sink.buffered() });
  const [, second] = lanes.all;
  await pump.run();
  assert.deepEqual(lanes.all, [second]);
  assert.deepEqual(held, { start: origin, end: 2 * origin });
});

test('a source that cannot be completed is not told so again and again', async () => {
  const sink = slowSink();
  const { lanes, pump } = pumpOnTwo(sink);
  let told = 0;
  sink.complete = async () => {
    told += 1;
    if (told > 9) throw new Error('it never ends');
  };
  const { origin } = lanes.last.placement;
  lanes.hold({ start: origin, end: 2 * origin, variant: 'original' });
  const situation = pump.situation;
  pump.situation = () => ({ ...situation(), last: true });
  await pump.run();
  assert.equal(told, 1);
});
