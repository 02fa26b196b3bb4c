/**
 * From a click to the sound: on the page, which plays by Media Source Extensions, and beside it by a plain
 * `<audio src=audio.mp4>` of the same track from the same server, in turns. Two moments, in milliseconds: the media
 * element's `playing`, and the first recorded sample that is none of silence. Medians of 20 (RUNS); the page has 1.5 times
 * the plain element's time. In Firefox the sound card is recorded, which gives the second moment to a few milliseconds.
 *
 * SITE names a rendered site whose first track begins with sound, with `audio.mp4` beside its segments.
 */

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { missing, openBrowser } from './support/browsers.js';
import { openTracks, until } from './support/playing.js';
import { record } from './support/recorder.js';
import { readCatalog, readManifest, siteFolder } from './support/site.js';
import { serveStatic } from './support/static-server.js';

const RUNS = Number(process.env.RUNS ?? 20);
const GOAL = 1.5;
/** What is louder is heard: -70 dBFS. */
const AUDIBLE = 10 ** (-70 / 20);

const index = 0;
const manifest = await readManifest((await readCatalog()).tracks[index], 'original');
const file = `${manifest.folder}${manifest.init.replace('init.mp4', 'audio.mp4')}`;
const harness = fileURLToPath(new URL('harness/', import.meta.url));
const server = await serveStatic({ '/test/': harness, '/': siteFolder });
const rows = [];
try {
  for (const name of ['chromium', 'firefox']) {
    const reason = missing(name);
    if (reason) console.error(`SKIPPED: ${name}: ${reason}`);
    else rows.push(...(await measure(name)));
  }
} finally {
  await server.close();
}
console.table(rows);
const tooSlow = rows.filter(({ ratio }) => ratio > GOAL);
if (tooSlow.length > 0) console.error(`over the goal of ${GOAL}: ${tooSlow.map(({ browser, until }) => `${browser} to ${until}`).join(', ')}`);

async function measure(name) {
  const browser = await openBrowser(name, { sampleRate: manifest.sample_rate });
  const times = { page: [], bare: [], plain: [] };
  try {
    for (let run = -1; run < RUNS; run++) {
      const page = await time(browser, openPage);
      const bare = await time(browser, openBare);
      const plain = await time(browser, openPlain);
      // The first is the browser's own: it loads its decoders and opens its sound card.
      if (run >= 0) for (const [way, result] of Object.entries({ page, bare, plain })) times[way].push(result);
    }
  } finally {
    await browser.close();
  }
  return ['playing', 'sound'].map((moment) => {
    const [page, bare, plain] = [times.page, times.bare, times.plain].map((runs) => median(runs.map((result) => result[moment])));
    const ratio = Math.round((100 * page) / plain) / 100;
    return { browser: `${name} ${browser.version}`, until: moment, page, bare, plain, ratio, goal: GOAL };
  });
}

/** A new page each time, so that nothing is loaded, and nothing in the browser's cache. */
async function time(browser, open) {
  const button = await open(browser);
  const recorder = await record(browser, { sampleRate: manifest.sample_rate });
  await browser.run(notePlaying);
  const { started, before } = await bothClocks(browser, recorder);
  await button.click();
  const { clicked, playing } = await browser.run(() => window.segueBench.playing);
  await until(browser, () => document.querySelector('audio').currentTime > 0.3);
  const { channels } = await recorder.recording();
  await recorder.close();
  const first = channels[0].findIndex((sample, place) => place >= started && Math.abs(sample) > AUDIBLE);
  assert.ok(first >= 0, 'nothing was heard');
  const heard = before + ((first - started) / manifest.sample_rate) * 1000;
  return { playing: playing - clicked, sound: heard - clicked };
}

/** Which sample comes out, and the page's time at that moment, in milliseconds. */
async function bothClocks(browser, recorder) {
  if (browser.speaker) return { before: await browser.run(() => performance.now()), started: await recorder.position() };
  return browser.run(() => {
    const { node, first } = window.segueRecorder;
    const { contextTime, performanceTime } = node.context.getOutputTimestamp();
    return { started: Math.round(contextTime * node.context.sampleRate) - first, before: performanceTime };
  });
}

/**
 * For the first time: without what a visit before left behind, which the page would load again. Nobody presses before the
 * list stands: by then the page has a source open.
 */
async function openPage(browser) {
  await browser.open(`${server.origin}/test/audio.html`);
  await browser.run(() => localStorage.clear());
  await openTracks(browser, server.origin);
  await until(browser, () => document.querySelector('audio').readyState > 0);
  return browser.find(`#tracks .track[data-index="${index}"]`);
}

/** The same document without the page's scripts would still be the page: this is the harness's own, with a button. */
async function openPlain(browser) {
  await browser.open(`${server.origin}/test/audio.html`);
  await browser.run((file) => {
    document.querySelector('button').addEventListener('click', () => {
      const audio = document.querySelector('audio');
      audio.src = file;
      audio.play();
    });
  }, file);
  return browser.find('button');
}

/** The least that Media Source Extensions take: no page, no library, init and segment 0 in one append each. */
async function openBare(browser) {
  await browser.open(`${server.origin}/test/audio.html`);
  const { mime, folder, init, segments } = manifest;
  await browser.run(
    (mime, files) => {
      const bytes = async (file) => (await fetch(file)).arrayBuffer();
      document.querySelector('button').addEventListener('click', async () => {
        const audio = document.querySelector('audio');
        const source = new MediaSource();
        const fetched = files.map(bytes);
        audio.src = URL.createObjectURL(source);
        const played = audio.play();
        await new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true }));
        const buffer = source.addSourceBuffer(mime);
        buffer.timestampOffset = -1024 / 44100;
        buffer.appendWindowStart = 0;
        for (const each of fetched) {
          buffer.appendBuffer(await each);
          await new Promise((resolve) => buffer.addEventListener('updateend', resolve, { once: true }));
        }
        await played;
      });
    },
    mime,
    [init, segments[0].uri].map((uri) => folder + uri),
  );
  return browser.find('button');
}

/** Runs in the page. */
function notePlaying() {
  window.segueBench = {};
  window.segueBench.playing = new Promise((resolve) => {
    let clicked;
    addEventListener('pointerdown', ({ timeStamp }) => (clicked ??= timeStamp), true);
    addEventListener('playing', () => resolve({ clicked, playing: performance.now() }), { capture: true, once: true });
  });
}

function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  return Math.round(10 * ((sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2)) / 10;
}
