/**
 * What a listener changes while a track plays, in Chromium, Firefox and WebKit: the preset, faster than the host
 * answers, and by keys the queue, repeat and the sound, which a reload keeps. SITE names a rendered site.
 */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { NAMES, needs } from './support/browsers.js';
import { visit } from './support/page.js';
import { until } from './support/playing.js';
import { readCatalog } from './support/site.js';
import { KEYS } from './support/webdriver.js';

const LIMIT = { timeout: 90_000 };

for (const name of NAMES) describe(name, { ...needs(name) }, () => change(name));

function change(name) {
  let server;
  let browser;
  let page;
  let close;
  let tracks;
  let presets;

  before(async () => {
    ({ tracks, presets } = await readCatalog());
    ({ server, browser, page, close } = await visit(name));
  });
  after(() => close?.());
  beforeEach(async () => {
    server.restore();
    await page.forget();
    await browser.console();
  });

  for (const [what, files] of Object.entries({ manifest: 'manifest\\.json', segment: '[^/]+\\.m4s' })) {
    test(`a faster second change wins over a slower first: a late ${what}`, LIMIT, async (context) => {
      const [{ id, variants }] = tracks;
      const [slow, fast] = Object.keys(variants).filter((variant) => variant !== 'original' && !variant.includes('@'));
      if (!fast) return context.skip('the site has fewer than two presets');
      const late = new RegExp(`/${id}/${slow}/.*${files}`);
      await page.open();
      await page.press(id);
      await page.sounds(2);
      await page.noted();
      await browser.run(noteVariants);
      server.fault(late, { delay: 2000 });
      const asked = server.requested(late);
      await (await browser.find(`[data-preset="${slow}"]`)).click();
      const { over } = await asked;
      await (await browser.find(`[data-preset="${fast}"]`)).click();
      await page.soundsIn(fast);
      await over;
      // What came too late would sound within this time.
      await page.sounds((await page.position()) + 3);
      assert.deepEqual(await browser.run(() => window.sounded), [fast]);
      assert.deepEqual(await page.noted(), [], 'the sound was not interrupted');
      assert.deepEqual(await browser.console(), []);
    });
  }

  test('keys change queue, repeat, preset and sound, and a reload keeps queue, repeat and volume', LIMIT, async () => {
    const [first, ...rest] = tracks;
    const upNext = (...places) => until(browser, isUpNext, places.map((place) => rest[place].title));
    const shuffles = (pressed) => until(browser, isPressed, '#player .shuffle', String(pressed));
    const sound = () => browser.run(soundOf);
    await page.open();
    await page.press(first.id);
    await page.sounds(0.3);
    await upNext(0, 1, 2);
    await browser.run(() => document.querySelector('#queue [aria-posinset="1"] .queued').focus());
    await browser.chord(KEYS.alt, KEYS.arrowDown);
    await upNext(1, 0, 2);
    await browser.press(KEYS.delete);
    await upNext(1, 2, 3);

    await browser.run(() => document.activeElement.blur());
    await browser.press('s');
    await shuffles(true);
    await browser.press('s');
    await shuffles(false);
    await upNext(1, 2, 3);
    await browser.press('r');
    await page.becomes('#player .repeat', 'repeat', 'all');
    await browser.run(turnDown, 30);
    assert.deepEqual(await sound(), { volume: '0.30', muted: false, slider: '30' });
    await browser.press('m');
    assert.deepEqual(await sound(), { volume: '0.30', muted: true, slider: '0' });
    for (const variant of [...Object.keys(first.variants).slice(1, 3), 'original']) {
      await browser.press(String(1 + presets.findIndex(({ name }) => name === variant)));
      await page.soundsIn(variant);
    }

    await browser.reload();
    await page.becomes('#library', 'state', 'ready');
    await page.reaches('paused');
    await upNext(1, 2, 3);
    await page.becomes('#player .repeat', 'repeat', 'all');
    assert.deepEqual(await sound(), { volume: '0.30', muted: true, slider: '0' });
    await browser.press('m');
    assert.deepEqual(await sound(), { volume: '0.30', muted: false, slider: '30' });
    assert.deepEqual(await browser.console(), []);
  });
}

/** Runs in the page: notes every variant that the player says it sounds in, from now on. */
function noteVariants() {
  const player = document.querySelector('#player');
  window.sounded = [];
  new MutationObserver(() => window.sounded.push(player.dataset.variant)).observe(player, { attributeFilter: ['data-variant'] });
}

/** Runs in the page: whether these titles come first in the queue. */
function isUpNext(titles) {
  return titles.every((title, index) => {
    const row = document.querySelector(`#queue [aria-posinset="${index + 1}"] .title`);
    return row?.textContent === title;
  });
}

/** Runs in the page. */
function isPressed(selector, pressed) {
  return document.querySelector(selector).getAttribute('aria-pressed') === pressed;
}

/** Runs in the page. @param {number} volume  of 100 */
function turnDown(volume) {
  const slider = document.querySelector('#player .volume input');
  slider.value = String(volume);
  slider.dispatchEvent(new Event('input', { bubbles: true }));
}

/** Runs in the page. */
function soundOf() {
  const { volume, muted } = document.querySelector('audio');
  return { volume: volume.toFixed(2), muted, slider: document.querySelector('#player .volume input').value };
}
