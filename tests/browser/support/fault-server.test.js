/** The server does to the traffic what the tests ask for, and nothing when they ask for nothing. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { openFaultServer } from './fault-server.js';
import { serveStatic } from './static-server.js';

const BYTES = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));

let folder;
let behind;
let server;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segue-fault-server-'));
  await writeFile(join(folder, '0.m4s'), BYTES);
  await writeFile(join(folder, 'index.html'), '<!doctype html>\n<html>\n<head lang="en">\n<script src="main.js"></script>');
  behind = await serveStatic({ '/': folder });
  server = await openFaultServer({ origin: behind.origin });
});

after(async () => {
  await server?.close();
  await behind?.close();
  await rm(folder, { recursive: true });
});

afterEach(() => {
  server.restore();
  server.throttle(null);
  server.setHeaders({});
  server.requests.length = 0;
});

const get = (path, options) => fetch(server.origin + path, options);
const bytesOf = async (response) => Buffer.from(await response.arrayBuffer());

test('passes on what the server behind it says, ranges and refusals too', async () => {
  assert.deepEqual(await bytesOf(await get('/0.m4s')), BYTES);
  const part = await get('/0.m4s', { headers: { Range: 'bytes=10-19' } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), 'bytes 10-19/100000');
  assert.deepEqual(await bytesOf(part), BYTES.subarray(10, 20));
  assert.equal((await get('/none')).status, 404);
  assert.deepEqual(server.refused().map(({ path, method }) => [path, method]), [['/none', 'GET']]);
  assert.equal(server.requests[1].range, 'bytes=10-19');
});

test('serves a folder as well, and the harness below /test/', async () => {
  const alone = await openFaultServer({ mounts: { '/': folder } });
  assert.deepEqual(await bytesOf(await fetch(`${alone.origin}/0.m4s`)), BYTES);
  assert.match(await (await fetch(`${alone.origin}/test/recorder-worklet.js`)).text(), /registerProcessor/);
  await alone.close();
});

test('refuses so often as it is told, and says when to come again', async () => {
  server.fault(/^\/\d\.m4s/, { status: 503, retryAfter: 2, times: 2, skip: 1 });
  const replies = [await get('/0.m4s'), await get('/0.m4s'), await get('/1.m4s'), await get('/0.m4s')];
  assert.deepEqual(replies.map(({ status }) => status), [200, 503, 503, 200]);
  assert.equal(replies[1].headers.get('retry-after'), '2');
});

test('cuts a connection after so many bytes', async () => {
  for (const cutAfter of [0, 10_000]) {
    server.fault('/0.m4s', { cutAfter, times: 1 });
    const reader = (await get('/0.m4s')).body.getReader();
    let received = 0;
    await assert.rejects(async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read()) received += part.value.length;
    });
    assert.equal(received, cutAfter);
  }
  assert.deepEqual(await bytesOf(await get('/0.m4s')), BYTES);
});

test('hangs until it is released, or breaks when all is restored', async () => {
  const released = server.fault('/0.m4s', { hang: true });
  const came = server.requested('/0.m4s');
  const reply = get('/0.m4s');
  assert.equal((await came).status, null);
  released.release();
  assert.deepEqual(await bytesOf(await reply), BYTES);

  server.override('/0.m4s', 'hang');
  const again = server.requested('/0.m4s');
  const broken = assert.rejects(get('/0.m4s'));
  await again;
  server.restore();
  await broken;
  assert.equal((await get('/0.m4s')).status, 200);
});

test('delays one path, and slows all of them together', async () => {
  const timed = async (...paths) => {
    const begun = performance.now();
    await Promise.all(paths.map(async (path) => bytesOf(await get(path))));
    return performance.now() - begun;
  };
  server.fault('/0.m4s', { delay: 200, times: 1 });
  const came = server.requested('/0.m4s');
  assert.ok((await timed('/0.m4s')) >= 195);
  await (await came).over;
  server.throttle({ bytesPerSecond: 500_000, roundTrip: 50 });
  const twice = await timed('/0.m4s', '/0.m4s?again');
  assert.ok(twice >= 440 && twice < 1000, `200 kB at 500 kB/s took ${twice} ms`);
});

test('goes offline and comes back at the same place', async () => {
  const hanging = server.fault('/0.m4s', { hang: true });
  const came = server.requested('/0.m4s');
  const broken = assert.rejects(get('/0.m4s'));
  await came;
  await server.goOffline();
  await broken;
  hanging.release();
  await assert.rejects(get('/0.m4s'));
  await server.comeBack();
  assert.equal((await get('/0.m4s')).status, 200);
});

test('puts its script in front of those of a page, and headers on every reply', async () => {
  server.setHeaders({ 'Content-Security-Policy': "script-src 'self'" });
  server.addInitScript('window.added = true;');
  const page = await get('/');
  assert.equal(page.headers.get('content-security-policy'), "script-src 'self'");
  assert.match(await page.text(), /<head lang="en"><script src="\/test\/init\.js"><\/script>\n<script src="main\.js">/);
  assert.match(await (await get('/test/init.js')).text(), /segueConsole[^]*window\.added = true;/);
});

test('a request that the browser gives up is given up behind it too', async () => {
  const abort = new AbortController();
  const slow = createServer((request, response) => {
    response.once('close', () => slow.emit('given up'));
    abort.abort();
  });
  await new Promise((resolve) => slow.listen(0, '127.0.0.1', resolve));
  const before = await openFaultServer({ origin: `http://127.0.0.1:${slow.address().port}` });
  const givenUp = once(slow, 'given up');
  await assert.rejects(fetch(`${before.origin}/0.m4s`, { signal: abort.signal }));
  await givenUp;
  await before.close();
  slow.close();
});
