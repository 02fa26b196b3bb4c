/**
 * The page's process stays small: over 500 seeks, and with SEGUE_SOAK=1 over an hour of playing, it takes less than
 * 200 MB, and in the end no more than near the start. SITE names a rendered site; only Chromium tells what it takes.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { needs, openBrowser } from './support/browsers.js';
import { openFaultServer } from './support/fault-server.js';
import { privateBytes } from './support/memory.js';
import { openTracks, playTrack } from './support/playing.js';
import { siteFolder } from './support/site.js';

const MOST = 200e6;
/**
 * What garbage collection and caches leave to chance, in bytes: Chromium takes 4 MB once, at about the 290th seek. Were
 * the segments kept, it would be 40 MB.
 */
const FLAT = 8e6;
const SEEKS = 500;
/** So many between two looks at the memory. */
const BATCH = 10;
/** Seconds. */
const HOUR = 3600;
/** Seconds of playing between two looks. */
const LOOK_AFTER = 20;

const needsChromium = needs('chromium');
let server;
let browser;

before(async () => {
  if (needsChromium.skip) return;
  server = await openFaultServer({ mounts: { '/': siteFolder } });
  browser = await openBrowser('chromium');
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('500 seeks leave no memory behind', { ...needsChromium, timeout: 120_000 }, async (context) => {
  const [first] = await openTracks(browser, server.origin);
  await playTrack(browser, first);
  const taken = [];
  for (let done = 0; done < SEEKS; done += BATCH) {
    await browser.run(seekAround, BATCH, done);
    taken.push(await privateBytes(browser));
  }
  assertFlat(taken, [taken.slice(100 / BATCH, 200 / BATCH), taken.slice(-100 / BATCH)], context);
});

const soak = process.env.SEGUE_SOAK ? {} : { skip: 'takes an hour: make soak' };
test('an hour of playing leaves no memory behind', { ...soak, ...needsChromium, timeout: 2 * HOUR * 1000 }, async (context) => {
  const [first] = await openTracks(browser, server.origin);
  // All tracks, over and over.
  await browser.press('r');
  await playTrack(browser, first);
  const taken = [];
  for (let played = 0; played < HOUR; played += LOOK_AFTER) {
    await browser.run(playFor, LOOK_AFTER);
    taken.push(await privateBytes(browser));
  }
  const share = taken.length / 6;
  assertFlat(taken, [taken.slice(share, 2 * share), taken.slice(-share)], context);
});

function assertFlat(taken, [early, late], context) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const megabytes = (value) => `${(value / 1e6).toFixed(1)} MB`;
  const most = Math.max(...taken);
  context.diagnostic(`at most ${megabytes(most)}; first ${megabytes(mean(early))}, in the end ${megabytes(mean(late))}`);
  assert.ok(most < MOST, `${megabytes(most)} at most`);
  assert.ok(mean(late) < mean(early) + FLAT, `from ${megabytes(mean(early))} to ${megabytes(mean(late))}`);
}

/** Runs in the page: goes here and there, to where nothing is loaded as to where something is. */
async function seekAround(count, done) {
  const audio = document.querySelector('audio');
  const slider = document.querySelector('#seek');
  for (let index = done; index < done + count; index += 1) {
    const seeked = new Promise((resolve) => audio.addEventListener('seeked', resolve, { once: true }));
    // Multiples of the golden section fall everywhere, and never twice on the same place.
    slider.value = String(((index * 0.618034) % 1) * 0.95 * Number(slider.max));
    for (const type of ['input', 'change']) slider.dispatchEvent(new Event(type, { bubbles: true }));
    await seeked;
  }
}

/** Runs in the page: waits until so much was played, whatever track it is in. */
async function playFor(seconds) {
  const audio = document.querySelector('audio');
  let played = 0;
  let last = audio.currentTime;
  const limit = performance.now() + 1500 * seconds;
  while (played < seconds) {
    await new Promise((resolve) => audio.addEventListener('timeupdate', resolve, { once: true }));
    played += Math.min(1, Math.max(0, audio.currentTime - last));
    last = audio.currentTime;
    if (performance.now() > limit) throw new Error(`only ${played} s of ${seconds} s were played`);
  }
}
