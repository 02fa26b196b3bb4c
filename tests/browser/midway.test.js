/**
 * What goes wrong while a track plays, in Chromium, Firefox and WebKit: a segment that is missing or damaged further
 * on, a next track that cannot be had, and a network that goes away and comes back. SITE names a rendered site.
 */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { NAMES, needs } from './support/browsers.js';
import { visit } from './support/page.js';
import { readCatalog, readManifest } from './support/site.js';

const LIMIT = { timeout: 90_000 };
const DAMAGED = { status: 200, body: 'this is no segment' };
const MISSING = { status: 404 };

for (const name of NAMES) describe(name, { ...needs(name) }, () => playThrough(name));

function playThrough(name) {
  let server;
  let browser;
  let page;
  let close;
  let first;
  let second;
  let third;
  /** Of the first track, in the variant that the page begins with. */
  let manifest;

  before(async () => {
    [first, second, third] = (await readCatalog()).tracks;
    manifest = await readManifest(first, 'original');
    ({ server, browser, page, close } = await visit(name));
  });
  after(() => close?.());
  beforeEach(async () => {
    server.restore();
    await page.forget();
    server.requests.length = 0;
  });

  const secondsOf = (samples) => samples / manifest.sample_rate;
  const pathOf = (uri) => manifest.folder + uri;
  const requestsFor = (path) => server.requests.filter((request) => request.path === path);

  for (const [what, fault] of Object.entries({ missing: MISSING, damaged: DAMAGED })) {
    test(`before a segment that is ${what} all is played, then the next track`, LIMIT, async () => {
      const [, , { start, uri }] = manifest.segments;
      server.fault(pathOf(uri), fault);
      const asked = server.requested(pathOf(uri));
      await page.open();
      await page.press(first.id);
      await page.sounds(0.3);
      await asked;
      await page.seek(secondsOf(start) - 2);
      await page.sounds(secondsOf(start) - 0.6);
      assert.equal((await page.state()).track, first.id);
      assert.equal(await page.says('#skipped'), null);
      await page.plays(second.id);
      await page.sounds(0.3);
      const words = await page.says('#skipped');
      assert.match(words, new RegExp(first.title));
      assert.match(words, new RegExp(what));
    });
  }

  test('a next track that is missing disturbs nothing before its turn, and is left out then', LIMIT, async () => {
    const next = await readManifest(second, 'original');
    const missing = next.folder + next.segments[0].uri;
    server.fault(missing, MISSING);
    const asked = server.requested(missing);
    const end = secondsOf(manifest.samples);
    await page.open();
    await page.press(first.id);
    await page.sounds(0.3);
    await page.seek(end - 5);
    await page.sounds(end - 4.5);
    await asked;
    await page.noted();
    await page.sounds(end - 1);
    assert.deepEqual(await page.noted(), []);
    assert.equal((await page.state()).track, first.id);
    assert.equal(await page.says('#skipped'), null);
    await page.plays(third.id);
    await page.sounds(0.3);
    const noted = (await page.noted()).map(({ type }) => type);
    assert.match(noted.join(' '), /^(pause )?ended/, 'the first came to its end');
    assert.match(await page.says('#skipped'), new RegExp(second.title));
    assert.ok(requestsFor(missing).length > 1, 'it was tried again when it was its turn');
  });

  test('without a network it asks for nothing, says so, and goes on by itself when it is back', LIMIT, async () => {
    const [, , { start, uri }] = manifest.segments;
    const held = server.fault(pathOf(uri), { hang: true, cutAfter: 20_000 });
    const asked = server.requested(pathOf(uri));
    await page.open();
    await page.press(first.id);
    await page.sounds(0.3);
    await asked;
    await browser.run(changeNetwork, false);
    assert.match(await page.says('#offline'), /offline/);
    server.requests.length = 0;
    // What was under way breaks off; the server would answer whatever is asked for from now on.
    held.release();
    await page.seek(secondsOf(start) - 4);
    await page.reaches('buffering');
    assert.deepEqual(server.requests.filter(({ path }) => path.endsWith('.m4s')), []);
    await browser.run(changeNetwork, true);
    await page.sounds(secondsOf(start) + 0.5);
    assert.equal(await page.says('#offline'), null);
    assert.equal((await page.state()).track, first.id);
  });

  test('what found no network begins by itself when there is one', LIMIT, async () => {
    await page.open();
    await server.goOffline();
    await page.press(first.id);
    await page.reaches('error', 40);
    await server.comeBack();
    await browser.run(changeNetwork, true);
    await page.sounds(0.5);
    assert.equal((await page.state()).track, first.id);
  });
}

/** Runs in the page: what the browser says when the network goes or comes. @param {boolean} onLine */
function changeNetwork(onLine) {
  Object.defineProperty(navigator, 'onLine', { value: onLine, configurable: true });
  dispatchEvent(new Event(onLine ? 'online' : 'offline'));
}
