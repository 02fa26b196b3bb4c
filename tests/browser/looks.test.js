/**
 * What the page looks like and says on a rendered site: accessible to everyone while it plays (axe-core, WCAG 2.2 AA),
 * at home on a phone, without a word from anywhere else; what it tells the system and the clipboard; and what it says
 * where there is nothing to hear. In Chromium.
 * SITE names the site.
 */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, beforeEach, describe, test } from 'node:test';
import { needs } from './support/browsers.js';
import { openFaultServer } from './support/fault-server.js';
import { visit } from './support/page.js';
import { readCatalog, siteFolder } from './support/site.js';

const LIMIT = { timeout: 60_000 };
const PHONE = { width: 360, height: 740, deviceScaleFactor: 2, mobile: true };
/** Keeps what the page gives away: the commands of the lock screen, and what is copied. */
const GIVEN = `
  window.commands = {};
  navigator.mediaSession.setActionHandler = (action, act) => (window.commands[action] = act);
  navigator.clipboard.writeText = async (text) => (window.copied = text);
`;
const WIDE = { width: 1280, height: 800, deviceScaleFactor: 1, mobile: false };

describe('the page', { ...needs('chromium') }, () => {
  let server;
  let browser;
  let page;
  let close;
  let tracks;

  before(async () => {
    ({ tracks } = await readCatalog());
    ({ server, browser, page, close } = await visit('chromium', () => openFaultServer({ mounts: { '/': siteFolder } })));
    server.addInitScript(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    server.addInitScript(GIVEN);
  });
  after(() => close?.());
  beforeEach(async () => {
    server.restore();
    await page.forget();
    await shownOn(WIDE, 'light');
  });

  const shownOn = async (size, scheme) => {
    await browser.devTools('Emulation.setDeviceMetricsOverride', size);
    await browser.devTools('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
  };

  for (const [name, size] of [['a phone', PHONE], ['a wide screen', WIDE]]) {
    for (const scheme of ['light', 'dark']) {
      test(`everyone can use it, on ${name}, ${scheme}`, LIMIT, async () => {
        await shownOn(size, scheme);
        for (const address of ['#/albums', '#/artists', '#/tracks?q=a', '#/tracks?q=zzz']) {
          await page.open(address);
          assert.deepEqual(await violations(), [], address);
        }
        await page.open();
        await page.press(tracks[0].id);
        await page.sounds(0.3);
        assert.deepEqual(await violations(), [], 'playing');
        if (size === PHONE) await (await browser.find('#open-now')).click();
        assert.deepEqual(await violations(), [], 'now playing');
        await browser.run(() => document.activeElement.blur());
        await browser.press('\uE00C');
        await browser.press('?');
        assert.equal(await browser.run(() => document.querySelector('#help').open), true);
        assert.deepEqual(await violations(), [], 'the sheet of keys');
      });
    }
  }

  test('nothing is wider than a phone of 360 px, or narrower than a thumb', LIMIT, async () => {
    await shownOn(PHONE, 'light');
    for (const address of ['#/albums', '#/artists', '#/tracks']) {
      await page.open(address);
      assert.equal(await browser.run(() => document.documentElement.scrollWidth), 360, address);
      assert.deepEqual(await browser.run(tooSmall), [], address);
    }
    await page.press(tracks[0].id);
    await page.sounds(0.3);
    await (await browser.find('#open-now')).click();
    assert.equal(await browser.run(() => document.documentElement.scrollWidth), 360);
    assert.deepEqual(await browser.run(tooSmall), []);
  });

  test('an empty library says what to run', LIMIT, async () => {
    server.fault('/catalog.json', { status: 200, body: '{"version":1,"presets":[],"tracks":[]}' });
    await page.open('', 'empty');
    assert.match(await page.says('#command'), /^segue render YOUR-MUSIC -o SITE$/);
    assert.deepEqual(await violations(), []);
  });

  test('a library that cannot be read says so, and can be loaded again', LIMIT, async () => {
    server.fault('/catalog.json', { status: 200, body: '{"version":1,"tra' });
    await page.open('', 'failed');
    assert.notEqual(await page.says('#failed'), '');
    assert.deepEqual(await violations(), []);
    server.restore();
    await (await browser.find('#reload')).click();
    await page.becomes('#library', 'state', 'ready');
  });

  test('nothing is asked for anywhere else', LIMIT, async () => {
    await page.open();
    await page.press(tracks[0].id);
    await page.sounds(0.5);
    const origins = await browser.run(() => [...new Set(performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin))]);
    assert.deepEqual(origins, [server.origin]);
  });

  test('the lock screen and the keys of a headset have the track and its commands', LIMIT, async () => {
    const command = (name, details) => browser.run((name, details) => window.commands[name](details), name, details ?? {});
    await page.open();
    await page.press(tracks[0].id);
    await page.sounds(0.3);
    const told = await browser.run(() => {
      const { metadata, playbackState } = navigator.mediaSession;
      return { title: metadata.title, artist: metadata.artist, playbackState };
    });
    assert.deepEqual(told, { title: tracks[0].title, artist: tracks[0].artist, playbackState: 'playing' });
    await command('nexttrack');
    await page.plays(tracks[1].id);
    await command('pause');
    await page.reaches('paused');
    await command('seekto', { seekTime: 20 });
    assert.equal(Math.round(await page.position()), 20);
  });

  test('a copied link leads to the same track, second and mastering', LIMIT, async () => {
    await page.open();
    await page.press(tracks[1].id);
    await page.sounds(0.3);
    await (await browser.find('[data-preset="warm"]')).click();
    await page.soundsIn('warm');
    await page.seek(20);
    await page.sounds(20.1);
    await (await browser.find('#copy-link')).click();
    const link = await browser.run(() => window.copied);
    await page.forget();
    await page.open(link.slice(`${server.origin}/`.length));
    await page.reaches('paused');
    const { track, variant } = await page.state();
    assert.deepEqual({ track, variant }, { track: tracks[1].id, variant: 'warm' });
    assert.ok(Math.abs((await page.position()) - 20) < 2, `${link} leads to ${await page.position()} s`);
  });

  /** What axe-core finds against WCAG 2.2, levels A and AA, in a few words each. */
  const violations = () =>
    browser.run(async () => {
      // Colours on their way would be measured half way.
      await Promise.all(document.getAnimations().filter(({ playState }) => playState === 'running').map(({ finished }) => finished.catch(() => {})));
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
      const { violations } = await window.axe.run(document, { runOnly: tags });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(' · ')}`);
    });
});

/** Runs in the page: what can be pressed and is smaller than 44 px. */
function tooSmall() {
  return Array.from(document.querySelectorAll('button, select, input, a'))
    .filter((control) => control.checkVisibility({ visibilityProperty: true }))
    .map((control) => ({ control: control.id || control.className || control.textContent, box: control.getBoundingClientRect() }))
    .filter(({ box }) => box.width < 43.99 || box.height < 43.99)
    .map(({ control, box }) => `${control}: ${box.width} x ${box.height}`);
}
