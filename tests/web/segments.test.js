/** Segments as bytes: checked, begun ahead, and dropped when nobody wants them any more. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { createSegments } from '../../assets/player/segments.js';
import { manifestOf } from './support.js';

let server;
let source;
/** Paths that were asked for. */
let asked;
/** What is answered to a path; a function may leave the answer open. */
let answers;

before(async () => {
  Object.defineProperty(globalThis, 'navigator', { value: { onLine: true }, configurable: true });
  server = createServer((request, response) => {
    asked.push(request.url);
    const answer = answers[request.url] ?? 'x'.repeat(10);
    if (typeof answer === 'function') answer(response);
    else response.end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const manifest = manifestOf({ samples: 3 * 262144 });
  manifest.segments.forEach((segment) => (segment.bytes = 10));
  source = { manifest, url: new URL(`http://127.0.0.1:${server.address().port}/`) };
});

after(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  asked = [];
  answers = {};
});

const count = (path) => asked.filter((each) => each === path).length;

test('what was begun ahead is not fetched again, and the init segment once', async () => {
  const segments = createSegments();
  segments.expect(source, 0);
  segments.expect(source, 0);
  const bytes = await segments.media(source, 0);
  await segments.init(source);
  assert.equal(bytes.byteLength, 10);
  assert.equal(count('/f/0.m4s'), 1);
  assert.equal(count('/f/init.mp4'), 1);
  await segments.media(source, 0);
  assert.equal(count('/f/0.m4s'), 2, 'it is handed over once; the browser keeps it');
});

test('what was begun ahead is dropped when who took it over is', async () => {
  const closed = new Promise((resolve) => (answers['/f/0.m4s'] = (response) => response.once('close', resolve)));
  const segments = createSegments();
  segments.expect(source, 0);
  const controller = new AbortController();
  const bytes = segments.media(source, 0, controller.signal);
  controller.abort();
  await assert.rejects(bytes, { name: 'AbortError' });
  await closed;
});

test('a segment of another size is fetched once more, and is damaged then', async () => {
  answers['/f/1.m4s'] = 'short';
  await assert.rejects(createSegments().media(source, 1), { kind: 'damaged' });
  assert.equal(count('/f/1.m4s'), 2);
});

test('of the init segments the last ones are kept', async () => {
  const segments = createSegments();
  const init = (name) => segments.init({ ...source, manifest: { ...source.manifest, init: `${name}/init.mp4` } });
  await init('first');
  await init('second');
  for (let track = 0; track < 63; track += 1) {
    await init('first');
    await init(track);
  }
  assert.equal(count('/first/init.mp4'), 1, 'it was asked for again and again');
  await init('second');
  assert.equal(count('/second/init.mp4'), 2);
});
