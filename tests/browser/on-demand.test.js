/**
 * The page on `segue serve --library`, with nothing rendered beforehand: a click is a sound, and so is another preset,
 * at any intensity. The page tells the host how it went. LIBRARY names the music, SEGUE the program.
 */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { needs } from './support/browsers.js';
import { openFaultServer } from './support/fault-server.js';
import { visit } from './support/page.js';
import { startHost } from './support/serve.js';

const LIMIT = { timeout: 60_000 };

describe('on demand', { ...needs('chromium') }, () => {
  let folder;
  let host;
  let browser;
  let page;
  let close;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'segue-on-demand-'));
    host = await startHost(join(folder, 'site'), '--library', process.env.LIBRARY, '--metrics');
    ({ browser, page, close } = await visit('chromium', () => openFaultServer({ origin: host.origin })));
  });
  after(async () => {
    await close?.();
    await host?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const countOf = async (name) => {
    const metrics = await fetch(`${host.origin}/metrics`).then((response) => response.text());
    return Number(metrics.match(new RegExp(`^${name} (\\d+)`, 'm'))?.[1] ?? 0);
  };

  test('a click on what was never rendered plays it, and another preset takes over', LIMIT, async () => {
    const { tracks } = await libraryIsKnown(host);
    const longest = tracks.reduce((best, track) => (track.duration > best.duration ? track : best));
    await page.open();
    await page.press(longest.id);
    const before = await page.sounds(1);
    const presets = await browser.run(() => Array.from(document.querySelectorAll('[data-preset]'), ({ dataset }) => dataset.preset));
    assert.deepEqual(presets, ['adaptive', 'gentle', 'warm', 'bright', 'punchy', 'live']);

    await page.noted();
    await (await browser.find('[data-preset="bright"]')).click();
    await page.soundsIn('bright');
    assert.ok((await page.sounds(before + 1)) > before);
    await browser.run(() => {
      const slider = document.querySelector('#mastering input[type=range]');
      slider.value = String(Number(slider.min) + (Number(slider.max) - Number(slider.min)) / 2);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      slider.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await browser.run(() => new Promise((resolve) => {
      const player = document.querySelector('#player');
      const check = () => /^bright@\d+$/.test(player.dataset.variant) && resolve();
      new MutationObserver(check).observe(player, { attributes: true });
      check();
    }));
    assert.deepEqual(await page.noted(), [], 'the sound went on as it was until the variant was there');
    assert.ok((await countOf('segue_renders_total')) >= 3);
    assert.deepEqual(await browser.console(), []);
    const told = await fetch(`${host.origin}/metrics`).then((response) => response.text());
    assert.match(told, /path="mse"/, 'the page told how long the first sound took');
  });
});

/** Chromium plays the playlists, Firefox the whole file, which is there when all of its segments are. */
for (const [name, words] of [['chromium', /HLS/], ['firefox', /whole file/]]) {
  test(`${name} without MSE plays what was never rendered`, { ...LIMIT, ...needs(name) }, async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'segue-on-demand-'));
    const host = await startHost(join(folder, 'site'), '--library', process.env.LIBRARY);
    const { browser, page, close } = await visit(name, () => openFaultServer({ origin: host.origin }));
    context.after(async () => {
      await close();
      await host.close();
      await rm(folder, { recursive: true, force: true });
    });
    const { tracks } = await libraryIsKnown(host);
    await page.open('?without=MediaSource&without=ManagedMediaSource#/tracks');
    await page.press(tracks[0].id);
    await page.sounds(1, 40);
    assert.match(await page.says('#path'), words);
    await page.seek(20);
    await page.sounds(20.5, 30);
    assert.deepEqual(await browser.console(), []);
  });
}

async function libraryIsKnown(host) {
  for (;;) {
    const { library } = await fetch(`${host.origin}/healthz`).then((response) => response.json());
    if (library.sources > 0 && library.identified + library.failed === library.sources) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return fetch(`${host.origin}/catalog.json`).then((response) => response.json());
}
