/** What is fetched again, when, and what is given up; by a server of its own. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, beforeEach, mock, test } from 'node:test';
import { ApiError, counts, fetchBytes, fetchJson, secondsToWait } from '../../assets/player/api.js';
import { settled } from './support.js';

let server;
let origin;
/** What is answered, in turn; the last one again and again. */
let answers;
let asked;

before(async () => {
  Object.defineProperty(globalThis, 'navigator', { value: { onLine: true }, configurable: true, writable: true });
  server = createServer((request, response) => {
    asked.push({ at: performance.now(), range: request.headers.range });
    const { status, headers, body, cut } = answers.length > 1 ? answers.shift() : answers[0];
    if (cut) return response.destroy();
    response.writeHead(status ?? 200, headers).end(body ?? '{"well":true}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${server.address().port}/`;
});

after(() => server.close());

beforeEach(() => {
  asked = [];
  counts.retries = 0;
});

const kind = (expected) => (error) => error instanceof ApiError && error.kind === expected;

test('a server that stumbles is asked again, with a growing pause', async () => {
  answers = [{ status: 500 }, { cut: true }, {}];
  assert.deepEqual(await fetchJson(origin), { well: true });
  assert.equal(asked.length, 3);
  assert.equal(counts.retries, 2);
  const [first, second] = [asked[1].at - asked[0].at, asked[2].at - asked[1].at];
  assert.ok(first >= 120 && second >= 490, `${first} and ${second} ms`);
});

test('a server that asks to wait is obeyed', async () => {
  answers = [{ status: 503, headers: { 'Retry-After': '1' } }, {}];
  await fetchJson(origin);
  assert.ok(asked[1].at - asked[0].at >= 990);
  assert.equal(secondsToWait('7'), 7);
  assert.equal(secondsToWait('Mon, 23 Nov 2026 10:00:30 GMT', Date.UTC(2026, 10, 23, 10)), 30);
  assert.equal(secondsToWait('Mon, 23 Nov 2026 10:00:30 GMT', Date.UTC(2026, 10, 23, 11)), 0);
  assert.equal(secondsToWait('soon'), 0);
  assert.equal(secondsToWait(null), 0);
});

test('what is missing or refused is not asked for again', async () => {
  answers = [{ status: 404 }];
  await assert.rejects(fetchJson(origin), kind('missing'));
  answers = [{ status: 403 }];
  await assert.rejects(fetchJson(origin), kind('refused'));
  assert.equal(asked.length, 2);
});

test('what is no JSON is damaged', async () => {
  answers = [{ body: '{"tracks":[' }];
  await assert.rejects(fetchJson(origin), kind('damaged'));
});

test('a server that stays away is given up after four tries', async () => {
  answers = [{ status: 502 }];
  await assert.rejects(fetchBytes(origin), kind('busy'));
  assert.equal(asked.length, 4);
});

test('while the browser is offline it waits for the network, and that ends when it is aborted', async () => {
  const network = new EventTarget();
  globalThis.addEventListener = network.addEventListener.bind(network);
  globalThis.removeEventListener = network.removeEventListener.bind(network);
  navigator.onLine = false;
  try {
    answers = [{ cut: true }, {}];
    const loading = fetchJson(origin);
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(asked.length, 1, 'a quarter of a second is the first pause otherwise');
    network.dispatchEvent(new Event('online'));
    assert.deepEqual(await loading, { well: true });

    answers = [{ cut: true }];
    const controller = new AbortController();
    const useless = fetchBytes(origin, { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await assert.rejects(useless, { name: 'AbortError' });
  } finally {
    navigator.onLine = true;
  }
});

test('waiting for the network is no try', async () => {
  const network = new EventTarget();
  globalThis.addEventListener = network.addEventListener.bind(network);
  globalThis.removeEventListener = network.removeEventListener.bind(network);
  const { fetch } = globalThis;
  let tries = 0;
  globalThis.fetch = async () => {
    tries += 1;
    if (tries < 8) throw new TypeError('no network');
    return new Response('{"well":true}');
  };
  navigator.onLine = false;
  try {
    const loading = fetchJson(origin);
    for (let time = 1; time < 8; time += 1) {
      await settled();
      assert.equal(tries, time);
      network.dispatchEvent(new Event('online'));
    }
    assert.deepEqual(await loading, { well: true });
  } finally {
    navigator.onLine = true;
    globalThis.fetch = fetch;
  }
});

test('a host that answers without a network is asked again all the same', async () => {
  navigator.onLine = false;
  try {
    answers = [{ status: 503 }, {}];
    assert.deepEqual(await fetchJson(origin), { well: true });
  } finally {
    navigator.onLine = true;
  }
});

test('what a server asked for at the last try is told, within reason', async () => {
  answers = [{ status: 503 }, { status: 503 }, { status: 503 }, { status: 503, headers: { 'Retry-After': '7' } }];
  await assert.rejects(fetchBytes(origin), { kind: 'busy', retryAfter: 7 });
  answers = [{ status: 403, headers: { 'Retry-After': '86400' } }];
  await assert.rejects(fetchBytes(origin), { kind: 'refused', retryAfter: 30 });
});

test('only the first byte is asked for to see whether a file is there', async () => {
  answers = [{ status: 206, body: 'x' }];
  await fetchBytes(origin, { firstByte: true });
  assert.equal(asked[0].range, 'bytes=0-0');
});

/**
 * A network whose next answer comes piece by piece, and a clock, both in the test's hands.
 * @returns {{ answers: ReadableStreamDefaultController[], restore: () => void }}
 */
function slowNetwork() {
  const { fetch } = globalThis;
  const answers = [];
  globalThis.fetch = async (_, { signal }) => {
    const body = new ReadableStream({ start: (controller) => answers.push(controller) });
    const answer = answers.at(-1);
    signal.addEventListener('abort', () => answer.error(signal.reason));
    return new Response(body);
  };
  mock.timers.enable({ apis: ['setTimeout'] });
  const restore = () => {
    globalThis.fetch = fetch;
    mock.timers.reset();
  };
  return { answers, restore };
}

test('what comes slowly, but comes, is waited for', async () => {
  const { answers, restore } = slowNetwork();
  try {
    const loading = fetchBytes('http://site/large');
    for (let piece = 0; piece < 9; piece += 1) {
      await settled();
      answers[0].enqueue(new Uint8Array([piece]));
      await settled();
      mock.timers.tick(20_000);
    }
    answers[0].close();
    assert.deepEqual([...new Uint8Array(await loading)], [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(answers.length, 1);
  } finally {
    restore();
  }
});

test('an answer of which nothing more comes is given up, and asked for again', async () => {
  const { answers, restore } = slowNetwork();
  try {
    const loading = fetchBytes('http://site/large');
    await settled();
    answers[0].enqueue(new Uint8Array([1]));
    await settled();
    mock.timers.tick(29_000);
    await settled();
    mock.timers.tick(999);
    await settled();
    assert.equal(answers.length, 1);
    mock.timers.tick(1);
    await settled();
    mock.timers.tick(1_000);
    await settled();
    assert.equal(counts.retries, 1);
    answers[1].enqueue(new Uint8Array([1, 2]));
    answers[1].close();
    assert.equal((await loading).byteLength, 2);
  } finally {
    restore();
  }
});
