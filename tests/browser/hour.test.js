/**
 * A track of an hour, in time lapse, in all three engines: by steps of 20 s from its start to its end and back to the
 * middle. All along it stands and plays where it should, and no more than two minutes of it are in memory. SEGUE names
 * the program, which renders an hour of noise that ffmpeg makes.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { NAMES, missing, needs, openBrowser } from './support/browsers.js';
import { openFaultServer } from './support/fault-server.js';
import { privateBytes } from './support/memory.js';
import { openTracks, playTrack, playsBeyond, seek } from './support/playing.js';

const HOUR = 3600;
const STEP = 20;
/** Seconds that may be buffered. */
const MOST_BUFFERED = 120;
const MOST_MEMORY = 200e6;

const run = promisify(execFile);
let folder;
let server;

before(async () => {
  if (NAMES.every((name) => missing(name))) return;
  folder = await mkdtemp(join(tmpdir(), 'segue-hour-'));
  const [library, site] = [join(folder, 'library'), join(folder, 'site')];
  await mkdir(library);
  const noise = `anoisesrc=color=pink:seed=7:amplitude=0.3:sample_rate=8000:duration=${HOUR}`;
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', noise, '-ac', '1', join(library, 'hour.wav')]);
  await run(process.env.SEGUE, ['render', library, '-o', site, '-p', 'original', '--quiet']);
  server = await openFaultServer({ mounts: { '/': site } });
});

after(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

for (const name of NAMES) {
  test(`${name} goes through an hour`, { timeout: 120_000, ...needs(name) }, async (context) => {
    const browser = await openBrowser(name);
    context.after(() => browser.close());
    const [index] = await openTracks(browser, server.origin);
    await playTrack(browser, index);
    let most = 0;
    for (let place = 0; place < HOUR - STEP; place += STEP) most = Math.max(most, await stepTo(browser, place));
    most = Math.max(most, await stepTo(browser, HOUR / 2));
    const memory = name === 'chromium' ? await privateBytes(browser) : null;
    context.diagnostic(`at most ${most.toFixed(0)} s in memory${memory === null ? '' : `, ${(memory / 1e6).toFixed(0)} MB`}`);
    assert.ok(most < MOST_BUFFERED, `${most} s are in memory`);
    assert.ok(memory === null || memory < MOST_MEMORY, `${memory} bytes`);
    assert.deepEqual(await browser.console(), []);
  });
}

/** Goes to a place, waits until there is sound, and gives how many seconds are buffered. */
async function stepTo(browser, place) {
  await seek(browser, place);
  // Now and then it is listened to for a moment.
  if (place % (10 * STEP) === 0) await playsBeyond(browser, place + 0.1);
  const { at, shown, buffered } = await browser.run(() => {
    const audio = document.querySelector('audio');
    let buffered = 0;
    for (let index = 0; index < audio.buffered.length; index += 1) buffered += audio.buffered.end(index) - audio.buffered.start(index);
    return { at: audio.currentTime, shown: document.querySelector('#seek').valueAsNumber, buffered };
  });
  assert.ok(at >= place - 0.001 && at < place + 2, `it plays at ${at} s instead of ${place} s`);
  assert.ok(Math.abs(shown - at) < 1, `the slider shows ${shown} s at ${at} s`);
  return buffered;
}
