/**
 * What the page looks like and says on a rendered site: accessible to everyone while it plays (axe-core, WCAG 2.2 AA),
 * at home on a phone, without a word from anywhere else; what it tells the system and the clipboard; and what it says
 * where there is nothing to hear. In Chromium.
 * SITE names the site.
 */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { needs } from './support/browsers.js';
import { PHONE, SCHEMES, SIZES, WIDE, axe, showOn, tooSmall, tooWide, violations } from './support/looks.js';
import { visit } from './support/page.js';
import { readCatalog } from './support/site.js';

const LIMIT = { timeout: 60_000 };
/** Keeps what the page gives away: the commands and the position of the lock screen, and what is copied. */
const GIVEN = `
  window.commands = {};
  navigator.mediaSession.setActionHandler = (action, act) => (window.commands[action] = act);
  navigator.mediaSession.setPositionState = (told) => (window.position = told);
  navigator.clipboard.writeText = async (text) => (window.copied = text);
`;

describe('the page', { ...needs('chromium') }, () => {
  let server;
  let browser;
  let page;
  let close;
  let catalog;
  let tracks;

  before(async () => {
    catalog = await readCatalog();
    ({ tracks } = catalog);
    ({ server, browser, page, close } = await visit('chromium'));
    server.addInitScript(await axe());
    server.addInitScript(GIVEN);
  });
  after(() => close?.());
  beforeEach(async () => {
    server.restore();
    await page.forget();
    await showOn(browser, WIDE, 'light');
  });

  for (const [name, size] of SIZES) {
    for (const scheme of SCHEMES) {
      test(`everyone can use it, on ${name}, ${scheme}`, LIMIT, async () => {
        await showOn(browser, size, scheme);
        for (const address of ['#/albums', '#/artists', '#/tracks?q=a', '#/tracks?q=zzz']) {
          await page.open(address);
          assert.deepEqual(await violations(browser), [], address);
        }
        await page.open();
        await page.press(tracks[0].id);
        await page.sounds(0.3);
        assert.deepEqual(await violations(browser), [], 'playing');
        if (size === PHONE) await (await browser.find('#open-now')).click();
        assert.deepEqual(await violations(browser), [], 'now playing');
        await browser.run(() => document.activeElement.blur());
        await browser.press('\uE00C');
        await browser.press('?');
        assert.equal(await browser.run(() => document.querySelector('#help').open), true);
        assert.deepEqual(await violations(browser), [], 'the sheet of keys');
      });
    }
  }

  test('nothing is wider than a phone of 360 px, or narrower than a thumb', LIMIT, async () => {
    await showOn(browser, PHONE, 'light');
    for (const address of ['#/albums', '#/artists', '#/tracks']) {
      await page.open(address);
      assert.deepEqual(await tooWide(browser), [], address);
      assert.deepEqual(await tooSmall(browser), [], address);
    }
    await page.press(tracks[0].id);
    await page.sounds(0.3);
    await (await browser.find('#open-now')).click();
    assert.deepEqual(await tooWide(browser), []);
    assert.deepEqual(await tooSmall(browser), []);
  });

  test('on a phone that lies, what one presses is in sight at once', LIMIT, async () => {
    await showOn(browser, { ...PHONE, width: PHONE.height, height: PHONE.width }, 'light', 'reduce');
    await page.open();
    await page.press(tracks[0].id);
    await page.sounds(0.3);
    await (await browser.find('#open-now')).click();
    const below = await browser.run(() => innerHeight - document.querySelector('#sheet .toggle').getBoundingClientRect().bottom);
    assert.ok(below >= 0, `${below} px`);
    assert.deepEqual(await tooWide(browser), []);
    assert.deepEqual(await tooSmall(browser), []);
  });

  test('an empty library says what to run', LIMIT, async () => {
    server.fault('/catalog.json', { status: 200, body: '{"version":1,"presets":[],"tracks":[]}' });
    await page.open('', 'empty');
    assert.match(await page.says('#command'), /^segue render YOUR-MUSIC -o SITE$/);
    assert.deepEqual(await violations(browser), []);
  });

  test('a library that cannot be read says so, and can be loaded again', LIMIT, async () => {
    server.fault('/catalog.json', { status: 200, body: '{"version":1,"tra' });
    await page.open('', 'failed');
    assert.notEqual(await page.says('#failed'), '');
    assert.deepEqual(await violations(browser), []);
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
    const isPaused = () => browser.run(() => document.querySelector('audio').paused);
    await page.open();
    await page.press(tracks[0].id);
    await page.sounds(0.3);
    const told = await browser.run(() => {
      const { metadata, playbackState } = navigator.mediaSession;
      return { title: metadata.title, artist: metadata.artist, cover: metadata.artwork[0].src, playbackState };
    });
    const { title, artist, cover } = tracks[0];
    assert.deepEqual(told, { title, artist, cover: `${server.origin}/${cover}`, playbackState: 'playing' });
    await command('nexttrack');
    await page.plays(tracks[1].id);
    for (const time of ['once', 'again']) {
      await command('pause');
      assert.equal(await isPaused(), true, time);
      await page.reaches('paused');
    }
    await command('seekto', { seekTime: 20 });
    assert.equal(Math.round(await page.position()), 20);
    const { position, duration } = await browser.run(() => window.position);
    assert.deepEqual([position, duration].map(Math.round), [20, Math.round(tracks[1].duration)]);
    await command('seekforward');
    assert.equal(Math.round(await page.position()), 30);
    await command('seekbackward', { seekOffset: 5 });
    assert.equal(Math.round(await page.position()), 25);
    await command('seekbackward');
    assert.equal(Math.round(await page.position()), 15);
    for (const time of ['once', 'again']) {
      await command('play');
      assert.equal(await isPaused(), false, time);
      await page.reaches('playing');
    }
    await command('previoustrack');
    assert.equal((await page.state()).track, tracks[1].id, 'from its midst to its start');
    assert.ok((await page.position()) < 1);
    await command('previoustrack');
    await page.plays(tracks[0].id);
  });

  /** The host still reads its library: this is how far it has come. */
  const knows = (count) => {
    const library = { sources: tracks.length, identified: count, failed: 0 };
    const body = { ...catalog, tracks: tracks.slice(0, count), on_demand: true, checksum: String(count) };
    server.fault('/healthz', { status: 200, body: JSON.stringify({ status: 'ok', library }) });
    server.fault('/catalog.json', { status: 200, body: JSON.stringify(body) });
  };

  test('a host that has read no track yet is not taken for an empty one', LIMIT, async () => {
    knows(0);
    const asked = server.requested('/healthz');
    await page.open('', 'loading');
    await (await asked).over;
    assert.equal(await page.says('#empty'), null);
  });

  test('a host that still reads its library is followed, and the queue comes back when its tracks are there', LIMIT, async () => {
    await page.open();
    await page.press(tracks[1].id);
    await page.sounds(0.3);
    const upNext = await page.says('#queue .count');
    assert.match(upNext, /tracks/);
    knows(1);
    await browser.reload();
    await page.becomes('#library', 'state', 'ready');
    assert.deepEqual([(await page.state()).track, await page.says('#queue .count')], ['', '']);
    knows(tracks.length);
    await page.plays(tracks[1].id);
    await page.reaches('paused');
    assert.equal(await page.says('#queue .count'), upNext);
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
});
