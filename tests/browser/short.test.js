/**
 * Tracks of a few seconds and of a few hundredths of one, in one queue: all are played, in order, without a pause, and
 * the queue ends. SEGUE names the program, which renders the tones that this test writes.
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
import { tone } from './support/tone.js';

const LIMIT = { timeout: 60_000 };
/** Seconds of each track. */
const LENGTHS = [3, 0.05, 0.05, 2, 1.5, 0.05];
/** WebKitGTK leaves a hole of up to two access units between two tracks, which its clock goes through. */
const CLOSE = 0.2;

const run = promisify(execFile);
let folder;
let tracks;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segue-short-'));
  const [library, site] = [join(folder, 'library'), join(folder, 'site')];
  await mkdir(library);
  for (const [place, length] of LENGTHS.entries()) await writeFile(join(library, `${place}.wav`), tone(220 + 40 * place, length));
  await run(process.env.SEGUE, ['render', library, '-o', site, '-p', 'original', '--quiet']);
  ({ tracks } = JSON.parse(await readFile(join(site, 'catalog.json'), 'utf8')));
});
after(() => rm(folder, { recursive: true, force: true }));

for (const name of NAMES) {
  describe(name, { ...needs(name) }, () => listen(name));
}

function listen(name) {
  let browser;
  let page;
  let server;
  let close;

  before(async () => {
    ({ browser, page, server, close } = await visit(name, () => openFaultServer({ mounts: { '/': join(folder, 'site') } })));
  });
  after(() => close?.());
  beforeEach(async () => {
    await page.forget();
    await browser.console();
    server.requests.length = 0;
    await page.open();
  });

  const isThere = (track) => server.requests.some(({ path }) => path.includes(`/${track.id}/`) && path.endsWith('.m4s'));

  test('all of them play in order without a pause, and the queue ends', LIMIT, async () => {
    await page.press(tracks[0].id);
    await page.sounds(0.5);
    await page.noted();
    await page.sounds(2);
    assert.ok(tracks.every(isThere), 'all of them are loaded before the first has ended');
    await page.plays(tracks[3].id);
    await page.reaches('ended');
    assert.equal((await page.state()).track, tracks.at(-1).id);
    const noted = await page.noted();
    assert.deepEqual(noted.map(({ type }) => type).filter((type) => type !== 'pause'), ['ended']);
    const whole = LENGTHS.reduce((sum, length) => sum + length, 0);
    const { at } = noted.find(({ type }) => type === 'ended');
    assert.ok(Math.abs(at - whole) < CLOSE, `it ended at ${at} s of ${whole}`);
    assert.deepEqual(await browser.console(), []);
  });

  test('one of a few hundredths of a second alone is played, and ends', LIMIT, async () => {
    await page.press(tracks.at(-1).id);
    await page.reaches('ended');
    assert.ok(isThere(tracks.at(-1)));
    assert.deepEqual((await page.noted()).map(({ type }) => type).filter((type) => type === 'error'), []);
    assert.equal(await page.says('#problem'), null);
  });
}
