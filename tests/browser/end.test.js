/**
 * Tracks of a few seconds, from the start of the first to the end of the queue: one follows the other, then there is
 * silence, and Space plays again what was played last; a track that repeats goes round; what follows may change after
 * the end was loaded. SEGUE names the program, which renders the tones that this test writes.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { NAMES, needs } from './support/browsers.js';
import { openFaultServer } from './support/fault-server.js';
import { visit } from './support/page.js';
import { until } from './support/playing.js';
import { RATE, tone } from './support/tone.js';

const LIMIT = { timeout: 60_000 };
/** Seconds of a track: whole access units, so that for a browser it ends where the next begins, or a rounding before. */
const LENGTH = (172 * 1024) / RATE;
/** WebKitGTK leaves a hole of up to two access units between two tracks, which its clock goes through. */
const CLOSE = 0.1;

const run = promisify(execFile);
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segue-end-'));
  const [library, site] = [join(folder, 'library'), join(folder, 'site')];
  await mkdir(library);
  await writeFile(join(library, '1.wav'), tone(220, LENGTH));
  await writeFile(join(library, '2.wav'), tone(330, LENGTH));
  await run(process.env.SEGUE, ['render', library, '-o', site, '-p', 'original', '--quiet']);
});
after(() => rm(folder, { recursive: true, force: true }));

for (const name of NAMES) {
  describe(name, { ...needs(name) }, () => listen(name));
}

function listen(name) {
  let browser;
  let page;
  let close;
  let first;
  let second;

  before(async () => {
    const site = join(folder, 'site');
    [first, second] = JSON.parse(await readFile(join(site, 'catalog.json'), 'utf8')).tracks;
    ({ browser, page, close } = await visit(name, () => openFaultServer({ mounts: { '/': site } })));
  });
  after(() => close?.());
  beforeEach(async () => {
    await page.forget();
    await browser.console();
    await page.open();
  });

  const types = (noted) => noted.map(({ type }) => type);
  const press = async (...keys) => {
    await browser.run(() => document.activeElement.blur());
    await browser.press(...keys);
  };

  test('two tracks play from start to end without a pause, then it is silent, and Space plays the last again', LIMIT, async () => {
    await page.press(first.id);
    await page.reaches('playing');
    await until(browser, () => document.querySelector('audio').currentTime > 1);
    await page.noted();
    await page.plays(second.id);
    await page.reaches('ended');
    const noted = await page.noted();
    assert.deepEqual(types(noted).filter((type) => type !== 'pause'), ['ended'], 'nothing else was heard of the element');
    const [{ at }] = noted.filter(({ type }) => type === 'ended');
    assert.ok(Math.abs(at - 2 * LENGTH) < CLOSE, `it ended at ${at} s`);

    await press(' ');
    await page.reaches('playing');
    await page.reaches('ended');
    const [seeked] = (await page.noted()).filter(({ type }) => type === 'seeked');
    assert.ok(Math.abs(seeked.at - LENGTH) < CLOSE, `it began at ${seeked.at} s, not behind the first`);
    assert.equal((await page.state()).track, second.id);
    assert.deepEqual(await browser.console(), []);
  });

  test('after the end was loaded another track may follow, or the same again', LIMIT, async () => {
    for (const [keys, follower] of [[['r'], first], [['r', 'r'], second]]) {
      await page.forget();
      await page.open();
      await page.press(second.id);
      await page.reaches('playing');
      await until(browser, () => document.querySelector('audio').currentTime > 1);
      await page.noted();
      await press(...keys);
      await until(browser, isInSecondRound, LENGTH);
      assert.deepEqual(await page.noted(), [], keys.join());
      assert.equal((await page.state()).track, follower.id);
    }
    assert.deepEqual(await browser.console(), []);
  });

  test('a track that repeats goes round without a pause, until it may end', LIMIT, async () => {
    await press('r', 'r');
    await page.press(second.id);
    await page.reaches('playing');
    await until(browser, () => document.querySelector('audio').currentTime > 1);
    await page.noted();
    await until(browser, isInSecondRound, LENGTH);
    assert.deepEqual(await page.noted(), []);
    assert.equal((await page.state()).track, second.id);
    await press('r');
    await page.reaches('ended');
    assert.equal((await page.state()).track, second.id);
    assert.deepEqual(await browser.console(), []);
  });
}

/** Runs in the page: whether what follows the first track of the axis plays. @param {number} length */
function isInSecondRound(length) {
  const position = document.querySelector('#seek').valueAsNumber;
  return document.querySelector('audio').currentTime > length + 0.2 && position < length / 2;
}
