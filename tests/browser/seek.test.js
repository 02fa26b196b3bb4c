/**
 * The seek bar, by hand and by keys, in Chromium, Firefox and WebKit: what is asked for is where the sound is, also
 * where nothing is loaded, in the second track of the axis, and before anything is there. All but the end is asked for
 * while it is paused, so that the clock stays where it was put. SITE names a rendered site.
 */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { NAMES, needs } from './support/browsers.js';
import { visit } from './support/page.js';
import { until } from './support/playing.js';
import { readCatalog, readManifest } from './support/site.js';
import { KEYS } from './support/webdriver.js';

const LIMIT = { timeout: 90_000 };
/** Seconds. */
const CLOSE = 0.05;
/** Seconds that are loaded ahead of where it is, at least. */
const AHEAD = 48;

for (const name of NAMES) describe(name, { ...needs(name) }, () => seekThrough(name));

function seekThrough(name) {
  let server;
  let browser;
  let page;
  let close;
  let first;
  let second;
  /** Of the first track. */
  let manifest;
  let length;

  before(async () => {
    [first, second] = (await readCatalog()).tracks;
    manifest = await readManifest(first, 'original');
    length = manifest.samples / manifest.sample_rate;
    assert.ok(length > AHEAD + 20, 'the first track has places that are not loaded when it begins');
    ({ server, browser, page, close } = await visit(name));
  });
  after(() => close?.());
  beforeEach(async () => {
    server.restore();
    await page.forget();
  });

  const isLoaded = (seconds) => browser.run(holds, seconds);
  const segmentAt = (seconds) => manifest.segments.findLastIndex(({ start }) => start <= seconds * manifest.sample_rate);

  /** Plays a moment of the first track, and pauses with all loaded that is to be. */
  const playAndPause = async () => {
    await page.open();
    await page.press(first.id);
    await page.sounds(0.3);
    await until(browser, holds, AHEAD);
    await (await browser.find('#toggle')).click();
    await page.reaches('paused');
  };

  /** Does something that seeks, and waits until the sound is there: where the bar and the clock say that it is. */
  const landsAt = async (target, act, origin = 0) => {
    await page.noted();
    await act();
    await until(browser, hasSought);
    const { at } = (await page.noted()).findLast(({ type }) => type === 'seeked');
    assert.ok(Math.abs(at - origin - target) <= CLOSE, `${at - origin} s instead of ${target} s`);
    const shown = await page.position();
    assert.ok(Math.abs(shown - target) <= CLOSE, `the bar shows ${shown} s instead of ${target} s`);
  };

  test('a seek lands where it was asked for: where nothing is loaded, back, at either end', LIMIT, async () => {
    await playAndPause();
    assert.equal(await isLoaded(length - 12.3), false);
    for (const target of [length - 12.3, 20.7, 0, length - 0.5]) {
      await landsAt(target, () => page.seek(target));
    }
  });

  test('so does one in the track that followed', LIMIT, async () => {
    await page.open();
    await page.press(first.id);
    await page.sounds(0.3);
    await page.seek(length - 3);
    await page.plays(second.id);
    await page.sounds(0.3);
    await (await browser.find('#toggle')).click();
    await page.reaches('paused');
    const target = second.duration - 3.3;
    assert.equal(await isLoaded(length + target), false);
    await landsAt(target, () => page.seek(target), length);
    await landsAt(0, () => page.seek(0), length);
    assert.equal((await page.state()).track, second.id);
  });

  test('what is asked for before anything is there is where it begins', LIMIT, async () => {
    const held = server.fault(`/${manifest.path}`, { hang: true });
    const asked = server.requested(`/${manifest.path}`);
    await page.open(`#/track/${first.id}?t=3`);
    await page.reaches('paused');
    await asked;
    await page.seek(length - 20);
    await landsAt(length - 20, () => held.release());
  });

  test('behind a link near the end it goes back to what stands before, and on over the join', LIMIT, async () => {
    await page.open(`#/track/${first.id}?t=${Math.floor(length - 7)}`);
    await page.reaches('paused');
    await (await browser.find('#toggle')).click();
    await page.sounds(length - 6.5);
    await page.seek(5);
    await until(browser, isSoundBetween, 5.5, 8);
    await page.seek(length - 3);
    await page.plays(second.id);
    await page.sounds(0.3);
  });

  test('a drag shows the time, asks for nothing, and goes where it is let go', LIMIT, async () => {
    await playAndPause();
    // What follows the second is fetched when it has landed.
    for (const share of [0, 0.85]) {
      const { left, width, middle } = await browser.run(placeOfBar);
      const at = (share) => [left + share * width, middle];
      server.requests.length = 0;
      await page.noted();
      await browser.drag(at(0.1), at(0.5), at(0.99), at(0.3), at(share));
      const dragged = await page.position();
      // A place is a whole pixel.
      assert.ok(Math.abs(dragged - share * length) <= length / width, `${dragged} s at ${share} of ${length} s`);
      assert.equal(await page.says('.player .seek .under'), await browser.run(clockOf, dragged));
      assert.deepEqual(await page.noted(), []);
      assert.deepEqual(segmentsIn(server.requests), []);
      await landsAt(dragged, () => browser.letGo());
      const [asked] = segmentsIn(server.requests);
      if (share > 0) assert.equal(asked, manifest.folder + manifest.segments[segmentAt(dragged)].uri);
    }
  });

  test('keys on the bar: arrows 5 s, Page keys 30 s, Home and End', LIMIT, async () => {
    await playAndPause();
    await landsAt(20, () => page.seek(20));
    await browser.run(() => document.querySelector('#seek').focus());
    const steps = { arrowRight: 25, arrowUp: 30, arrowLeft: 25, arrowDown: 20, pageUp: 50, pageDown: 20, home: 0 };
    for (const [key, target] of Object.entries(steps)) await landsAt(target, () => browser.press(KEYS[key]));
    await browser.press(' ');
    await page.reaches('playing');
    await browser.press(KEYS.end);
    await page.plays(second.id);
    await page.sounds(0.3);
  });
}

const segmentsIn = (requests) => requests.map(({ path }) => path).filter((path) => path.endsWith('.m4s'));

/** Runs in the page: whether the media element holds a moment of its axis. */
function holds(seconds) {
  const { buffered } = document.querySelector('audio');
  return Array.from({ length: buffered.length }, (_, at) => at).some((at) => buffered.start(at) <= seconds && seconds < buffered.end(at));
}

/** Runs in the page. */
function hasSought() {
  return window.noted.some(({ type }) => type === 'seeked') && !document.querySelector('audio').seeking;
}

/** Runs in the page. */
function isSoundBetween(one, other) {
  const { valueAsNumber } = document.querySelector('#seek');
  return document.querySelector('#player').dataset.state === 'playing' && valueAsNumber > one && valueAsNumber < other;
}

/** Runs in the page. */
function placeOfBar() {
  const { left, width, top, height } = document.querySelector('#seek').parentElement.getBoundingClientRect();
  return { left, width, middle: top + height / 2 };
}

/** Runs in the page: a time as the page shows it. */
function clockOf(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds) % 60).padStart(2, '0')}`;
}
