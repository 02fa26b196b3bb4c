/**
 * What the page has done by the first click: a source stands open at the media element, with an init segment in it. SITE
 * names a rendered site.
 */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { NAMES, needs } from './support/browsers.js';
import { visit } from './support/page.js';
import { until } from './support/playing.js';
import { readCatalog } from './support/site.js';

const LIMIT = { timeout: 60_000 };

for (const name of NAMES) {
  describe(name, { ...needs(name) }, () => listen(name));
}

function listen(name) {
  let server;
  let browser;
  let page;
  let close;
  let tracks;

  before(async () => {
    ({ tracks } = await readCatalog());
    ({ server, browser, page, close } = await visit(name));
  });
  after(() => close?.());
  beforeEach(() => page.forget());

  const element = () =>
    browser.run(() => {
      const { currentSrc, readyState, duration, paused } = document.querySelector('audio');
      return { currentSrc, readyState, duration, paused };
    });
  const isReady = () => until(browser, () => document.querySelector('audio').readyState > 0);

  test('the source that stands open is played from, as long as the track that was pressed', LIMIT, async () => {
    for (const place of [0, 1, tracks.length - 1]) {
      await page.forget();
      await page.open();
      await isReady();
      const { currentSrc, paused } = await element();
      assert.ok(paused);
      assert.equal((await page.state()).state, 'idle');
      await page.press(tracks[place].id);
      await page.sounds(1);
      const playing = await element();
      assert.equal(playing.currentSrc, currentSrc);
      assert.ok(Math.abs(playing.duration - tracks[place].duration) < 0.1, `${playing.duration} s of ${tracks[place].duration}`);
    }
  });

  test('a file that is missing then is asked for again by the click', LIMIT, async () => {
    server.fault(/init\.mp4/, { status: 404, times: 1 });
    const asked = server.requested(/init\.mp4/);
    await page.open();
    await (await asked).over;
    await page.press(tracks[0].id);
    await page.sounds(1);
    server.restore();
  });

  test('without MSE the media element stays empty', LIMIT, async () => {
    const asked = server.requested(/manifest\.json/);
    await page.open('?mse=off#/tracks');
    await (await asked).over;
    // What is prepared would be by the time that the page has read a file behind that one.
    await browser.run(() => fetch('catalog.json', { cache: 'reload' }).then((response) => response.text()));
    assert.equal((await element()).currentSrc, '');
    await page.press(tracks[0].id);
    await page.sounds(0.5);
    assert.ok(!(await element()).currentSrc.startsWith('blob:'));
  });
}
