/**
 * Players that are not ours play what segue wrote: from the start, from the middle, and to the end.
 * SITE names a rendered site; `npm ci` in this folder brings the players.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openChromium } from './support/chromium.js';
import { readCatalog, readManifest, siteFolder } from './support/site.js';
import { serveStatic } from './support/static-server.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const LIMIT = 60_000;

let server;
let browser;
let manifest;

before(async () => {
  manifest = await longEnough((await readCatalog()).tracks);
  const mounts = { '/harness/': here('harness/'), '/modules/': here('node_modules/'), '/': siteFolder };
  server = await serveStatic(mounts);
  browser = await openChromium();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** The first track with several segments, so that each seek crosses into another one. */
async function longEnough(tracks) {
  const track = tracks.find(({ duration }) => duration >= 15);
  assert.ok(track, 'the site needs a track of 15 s or more');
  return readManifest(track);
}

const streams = [
  { player: 'hls', playlist: 'hls', lead: 1024 },
  { player: 'shaka', playlist: 'hls', lead: 1024 },
  { player: 'shaka', playlist: 'dash', lead: 0 },
  { player: 'dash', playlist: 'dash', lead: 0 },
];

for (const { player, playlist, lead } of streams) {
  test(`${player} plays the ${playlist} stream`, { timeout: LIMIT }, async () => {
    server.requests.length = 0;
    const source = manifest.folder + manifest[playlist];
    await browser.open(`${server.origin}/harness/player.html?player=${player}&source=${encodeURIComponent(source)}`);
    const heard = await browser.run(listen, LIMIT / 2);
    assert.deepEqual(heard.failures, []);
    assert.deepEqual(server.refused(), []);

    const expected = (manifest.samples + lead) / manifest.sample_rate;
    assert.ok(Math.abs(heard.duration - expected) < 0.1, `lasts ${heard.duration} s instead of ${expected} s`);
    assert.ok(heard.fromStart >= 3, `played ${heard.fromStart} s from the start`);
    assert.ok(heard.fromMiddle >= 1, `played ${heard.fromMiddle} s from the middle`);
    assert.ok(Math.abs(heard.endedAt - expected) < 0.1, `ended at ${heard.endedAt} s instead of ${expected} s`);
  });
}

/** Runs in the page: from the start, from the middle, to the end; each waits for the media element's own events. */
async function listen(limit) {
  const audio = document.querySelector('audio');
  const failed = new Promise((_, reject) => {
    const where = () => `${audio.currentTime} s of ${audio.duration} s, readyState ${audio.readyState}: ${window.failures}`;
    setTimeout(() => reject(new Error(`no end in sight at ${where()}`)), limit);
  });
  const until = (type, reached = () => true) =>
    new Promise((resolve) => {
      const check = () => {
        if (!reached()) return;
        audio.removeEventListener(type, check);
        resolve();
      };
      audio.addEventListener(type, check);
    });
  const playFor = async (seconds) => {
    const from = audio.currentTime;
    await until('timeupdate', () => audio.currentTime >= from + seconds);
    return audio.currentTime - from;
  };
  const seek = async (seconds) => {
    const done = until('seeked');
    audio.currentTime = seconds;
    await done;
  };
  const story = async () => {
    await window.loaded;
    await audio.play();
    const fromStart = await playFor(3);
    const { duration } = audio;
    await seek(duration / 2);
    const fromMiddle = await playFor(1);
    const ended = until('ended');
    await seek(duration - 2);
    await ended;
    return { duration, fromStart, fromMiddle, endedAt: audio.currentTime, failures: window.failures };
  };
  return Promise.race([story(), failed]);
}
