/**
 * What goes wrong between the page and its host, in Chromium, Firefox and WebKit: slow lines, errors, cut connections,
 * missing and damaged files, no network; and browsers without Media Source Extensions. SITE names a rendered site with
 * whole files, SEGUE the program.
 */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { NAMES, needs } from './support/browsers.js';
import { MOBILE_3G } from './support/fault-server.js';
import { visit } from './support/page.js';
import { readCatalog, readManifest } from './support/site.js';

const LIMIT = { timeout: 90_000 };
/** What is given so, and asked for again in the usual way, comes from the browser's cache. */
const KEPT = { 'Cache-Control': 'max-age=3600' };
const WHOLE_FILES = 'WebKitGTK 2.50 plays fragmented whole files, but loses itself when it seeks, and its process ended once in nine runs';

for (const name of NAMES) describe(name, { ...needs(name) }, () => endure(name));

function endure(name) {
  let server;
  let browser;
  let page;
  let close;
  let first;
  let second;
  /** Of the first track, in the variant that the page begins with. */
  let manifest;

  before(async () => {
    [first, second] = (await readCatalog()).tracks;
    manifest = await readManifest(first, 'original');
    ({ server, browser, page, close } = await visit(name));
  });
  after(() => close?.());
  beforeEach(async () => {
    server.restore();
    server.throttle(null);
    server.setHeaders({});
    await page.forget();
    server.requests.length = 0;
  });

  const secondsOf = (samples) => samples / manifest.sample_rate;
  const pathOf = (uri) => manifest.folder + uri;
  const requestsFor = (path) => server.requests.filter((request) => request.path === path);

  test('on the line of a slow phone it starts, seeks, and does not run dry', LIMIT, async () => {
    server.throttle(MOBILE_3G);
    await page.open();
    await page.press(first.id);
    await page.sounds(1, 40);
    await page.seek(30);
    await page.sounds(30.5, 40);
    await page.noted();
    // Beyond the end of the segment that it went to.
    await page.sounds(36.5, 40);
    assert.deepEqual((await page.noted()).filter(({ type }) => type === 'waiting'), []);
  });

  test('a seek fetches its target first, and drops what it made useless', LIMIT, async () => {
    const { segments } = manifest;
    server.fault(pathOf(segments[1].uri), { hang: true });
    await page.open();
    await page.press(first.id);
    await page.sounds(0.3);
    const before = server.requests.length;
    const target = segments.length - 2;
    await page.seek(secondsOf(segments[target].start) + 1);
    await page.sounds(secondsOf(segments[target].start) + 1.3);
    const asked = server.requests.slice(before).filter(({ path }) => path.endsWith('.m4s'));
    assert.equal(asked[0].path, pathOf(segments[target].uri));
  });

  test('errors that pass are not heard: 500, 503 with Retry-After, a cut connection', LIMIT, async () => {
    const { segments } = manifest;
    server.fault(pathOf(segments[1].uri), { status: 500, times: 2 });
    server.fault(pathOf(segments[2].uri), { status: 503, retryAfter: 1, times: 1 });
    server.fault(pathOf(segments[3].uri), { cutAfter: 20_000, times: 1 });
    await page.open();
    await page.press(first.id);
    await page.sounds(0.3);
    await page.noted();
    await page.sounds(secondsOf(segments[1].start) + 1);
    assert.deepEqual(await page.noted(), []);
    assert.equal(requestsFor(pathOf(segments[1].uri)).length, 3);
    const [refused, again] = requestsFor(pathOf(segments[2].uri));
    assert.ok(again.when - refused.when >= 990, 'it waited as it was asked to');
    await page.seek(secondsOf(segments[3].start) + 1);
    await page.sounds(secondsOf(segments[3].start) + 1.5);
    assert.equal((await page.state()).state, 'playing');
  });

  test('a track whose files are missing is named with what to do, and the next one plays', LIMIT, async () => {
    // However often: what pressing it asks for ahead may fail before the click comes, which then asks anew.
    server.fault(pathOf(manifest.segments[0].uri), { status: 404 });
    await page.open();
    await page.press(first.id);
    await page.plays(second.id);
    await page.sounds(0.5);
    const words = await page.says('#skipped');
    assert.match(words, new RegExp(first.title));
    assert.match(words, /missing/);
    assert.match(words, /segue verify/);
    assert.equal(await browser.run(() => document.querySelectorAll('audio').length), 1);
    server.restore();
    await (await browser.find('#skipped-again')).click();
    await page.plays(first.id);
    await page.sounds(0.3);
  });

  test('what fails before it was played is named, and nothing else begins to play', LIMIT, async () => {
    server.fault(/\/original\/[0-9a-f]+\/0\.m4s/, { status: 404 });
    await page.open(`#/track/${first.id}?t=3`);
    await page.reaches('error');
    assert.equal((await page.state()).track, first.id);
    assert.match(await page.says('#problem'), /missing/);
  });

  test('an old manifest is read once more, past all caches, before a missing segment counts', LIMIT, async () => {
    const { segments, path } = manifest;
    const old = { ...manifest, init: manifest.init.replace(/^[0-9a-f]+/, 'gone'), segments: segments.map((segment) => ({ ...segment, uri: `gone/${segment.uri}` })) };
    server.fault(`/${path}`, { status: 200, body: JSON.stringify(old), headers: KEPT, times: 1 });
    await page.open();
    await page.press(first.id);
    await page.sounds(0.5);
    assert.equal((await page.state()).track, first.id);
    assert.equal(requestsFor(`/${path}`).length, 2);
  });

  test('a damaged segment is fetched once more; when it stays so, the next track plays', LIMIT, async () => {
    const path = pathOf(manifest.segments[0].uri);
    server.fault(path, { status: 200, body: 'this is no segment' });
    await page.open();
    await page.press(first.id);
    await page.plays(second.id);
    await page.sounds(0.3);
    assert.equal(requestsFor(path).length, 2);
    assert.match(await page.says('#skipped'), /damaged/);
  });

  test('what a cache has damaged is fetched past it', LIMIT, async () => {
    const { start, uri } = manifest.segments[1];
    server.fault(pathOf(uri), { status: 200, body: 'this is no segment', headers: KEPT, times: 1 });
    await page.open();
    await page.press(first.id);
    await page.sounds(0.3);
    await page.seek(secondsOf(start) + 1);
    await page.sounds(secondsOf(start) + 1.3);
    assert.equal((await page.state()).track, first.id);
    assert.equal(requestsFor(pathOf(uri)).length, 2);
  });

  test('bytes that the browser cannot decode do not end the music', LIMIT, async () => {
    const { uri, bytes } = manifest.segments[0];
    server.fault(pathOf(uri), { status: 200, body: '\u0000'.repeat(bytes) });
    await page.open();
    await page.press(first.id);
    await page.plays(second.id);
    await page.sounds(0.3);
    assert.match(await page.says('#skipped'), new RegExp(first.title));
  });

  test('while the host is gone it plays what it has, then says so, and goes on when it is back', LIMIT, async () => {
    server.throttle({ bytesPerSecond: 60_000, roundTrip: 5 });
    await page.open();
    await page.press(first.id);
    await page.sounds(1);
    await server.goOffline();
    const end = await browser.run(() => document.querySelector('audio').buffered.end(0));
    await page.seek(end - 2);
    await page.sounds(end - 1);
    await page.reaches('error', 60);
    assert.match(await page.says('#problem'), /cannot be reached|connection/i);
    const at = await page.position();
    await server.comeBack();
    server.throttle(null);
    await (await browser.find('#again')).click();
    await page.sounds(at + 1);
    assert.equal((await page.state()).track, first.id);
  });

  test('what failed while it was paused comes back paused, where it was', LIMIT, async () => {
    await page.open();
    await page.press(first.id);
    await page.sounds(0.3);
    await browser.press(' ');
    await page.reaches('paused');
    await server.goOffline();
    const { start } = manifest.segments.at(-1);
    await page.seek(secondsOf(start) + 1);
    await page.reaches('error', 40);
    await server.comeBack();
    await page.noted();
    await browser.run(() => dispatchEvent(new Event('online')));
    await page.reaches('paused');
    assert.ok(Math.abs((await page.position()) - secondsOf(start) - 1) < 0.05);
    await browser.press(' ');
    await page.sounds(secondsOf(start) + 1.3);
    const begun = (await page.noted()).filter(({ type }) => type === 'playing');
    assert.equal(begun.length, 1, 'it played when it was asked to, not before');
  });

  test('a clock that stands still although all is there goes on, from where it was', LIMIT, async () => {
    await page.open();
    await page.press(first.id);
    const at = await page.sounds(0.5);
    // A push is of no use against this; a new source has its own rate.
    await browser.run(() => (document.querySelector('audio').playbackRate = 0));
    assert.ok((await page.sounds(at + 0.5)) < at + 3);
    assert.equal((await page.state()).track, first.id);
  });

  test('a clock that stands still in every new source is told, with a way to try again', LIMIT, async () => {
    await page.open();
    await page.press(first.id);
    const at = await page.sounds(0.5);
    await browser.run(() => {
      const audio = document.querySelector('audio');
      // WebKitGTK goes on at the rate that it had where it was told another before it played.
      const stop = () => [1, 0].forEach((rate) => (audio.playbackRate = rate));
      window.restoring = new AbortController();
      audio.addEventListener('timeupdate', stop, window.restoring);
      stop();
    });
    await page.reaches('error', 40);
    assert.match(await page.says('#problem'), /Try again/);
    assert.equal((await page.state()).track, first.id);
    await browser.run(() => window.restoring.abort());
    await (await browser.find('#again')).click();
    assert.ok((await page.sounds(at + 2)) < at + 6);
  });

  test('when the buffer of the browser is full it makes room and plays on', LIMIT, async () => {
    const { segments } = manifest;
    const refused = segments.find(({ start }) => secondsOf(start) > 40);
    await page.open('?full=40#/tracks');
    await page.press(first.id);
    await page.sounds(0.3);
    // Near enough to keep what is behind, were there room.
    await page.seek(20);
    await page.sounds(20.3);
    const { refusals, removals } = await browser.run(() => ({ refusals, removals }));
    assert.ok(refusals > 0 && removals > 0, `${refusals} refusals, ${removals} removals`);
    await page.seek(secondsOf(refused.start) - 1);
    await page.sounds(secondsOf(refused.start) + 0.5);
    assert.equal((await page.state()).track, first.id);
    assert.equal(requestsFor(pathOf(refused.uri)).length, 1, 'the refused segment was appended again, not fetched');
  });

  test('while nothing behind can make room it waits until there is, and fetches nothing twice', LIMIT, async () => {
    const { segments } = manifest;
    // It holds two of them, and gives one away two seconds behind its end.
    await page.open('?full=8#/tracks');
    await page.press(first.id);
    await page.sounds(0.3);
    await page.noted();
    await page.sounds(secondsOf(segments[2].start) + 0.5);
    assert.deepEqual((await page.noted()).filter(({ type }) => type === 'waiting'), []);
    assert.ok((await browser.run(() => window.removals)) > 0);
    assert.equal(requestsFor(pathOf(segments[2].uri)).length, 1);
  });

  test('without MSE it plays by what is left, and says by what', LIMIT, async (context) => {
    if (name === 'webkit') return context.skip(WHOLE_FILES);
    await page.open('?without=MediaSource&without=ManagedMediaSource#/tracks');
    await page.press(first.id);
    await page.sounds(1, 30);
    await page.seek(20);
    await page.sounds(20.5, 30);
    const asked = server.requests.map(({ path }) => path);
    assert.ok(asked.some((path) => path.endsWith(name === 'chromium' ? '.m3u8' : 'audio.mp4')), `${asked.slice(-5)}`);
    assert.match(await page.says('#path'), name === 'chromium' ? /HLS/ : /whole file/);
    await page.seek(secondsOf(manifest.samples) - 1);
    await page.plays(second.id, 30);
    await page.sounds(0.3, 30);
  });

  test('without MSE nothing of the track before sounds, or is told, until the next one is there', LIMIT, async (context) => {
    if (name === 'webkit') return context.skip(WHOLE_FILES);
    const element = () => browser.run(() => (({ readyState, currentTime, paused }) => ({ readyState, currentTime, paused }))(document.querySelector('audio')));
    const isSilent = async () => {
      assert.deepEqual(await element(), { readyState: 0, currentTime: 0, paused: false });
      assert.equal((await page.state()).state, 'starting');
    };
    const path = `/${second.variants.original}`;
    let held = server.fault(path, { hang: true });
    await page.open('?without=MediaSource&without=ManagedMediaSource#/tracks');
    await page.press(first.id);
    await page.sounds(1, 30);
    await page.press(second.id);
    await page.plays(second.id);
    await isSilent();
    assert.equal(await page.position(), 0);
    await page.seek(20);
    await isSilent();
    assert.equal(await page.position(), 20);
    await page.noted();
    held.release();
    assert.ok((await page.sounds(20.3, 30)) < 25);
    assert.deepEqual((await page.noted()).filter(({ type }) => type === 'pause' || type === 'error'), []);

    held = server.fault(path, { hang: true });
    await page.open('?without=MediaSource&without=ManagedMediaSource#/tracks');
    await page.press(first.id);
    await page.sounds(1, 30);
    await page.seek(secondsOf(manifest.samples) - 1);
    await page.plays(second.id, 30);
    await isSilent();
    held.release();
    await page.sounds(0.3, 30);
  });

  test('where the site has no whole files it says what to do', LIMIT, async () => {
    server.fault(/audio\.mp4/, { status: 404 });
    server.fault(/\.m3u8/, { status: 404 });
    await page.open('?mse=off#/tracks');
    await page.press(first.id);
    await page.reaches('error', 30);
    assert.match(await page.says('#problem'), name === 'chromium' ? /missing/ : /--whole-file/);
  });

  test('player.json turns MSE off, and the address turns it on for one visit', LIMIT, async (context) => {
    if (name === 'webkit') return context.skip(WHOLE_FILES);
    server.fault('/player.json', { status: 200, body: '{"mse": false}' });
    await page.open();
    await page.press(first.id);
    await page.sounds(0.5, 30);
    assert.ok(!server.requests.some(({ path }) => path.endsWith('.m4s')) || name === 'chromium');
    assert.ok(await page.says('#path'));
    await page.open('?mse=on#/tracks');
    await page.press(first.id);
    await page.sounds(0.5, 30);
    assert.ok(!(await page.says('#path')));
  });
}
