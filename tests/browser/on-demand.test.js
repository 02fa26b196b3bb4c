/**
 * The page on `segue serve --library`, with nothing rendered beforehand: a click is a sound, and so is another preset.
 * LIBRARY names the music, SEGUE the program.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openChromium } from './support/chromium.js';

const LIMIT = { timeout: 60_000 };

let folder;
let host;
let origin;
let browser;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segue-on-demand-'));
  const options = ['--library', process.env.LIBRARY, '--bind', '127.0.0.1:0', '--metrics'];
  host = spawn(process.env.SEGUE, ['serve', join(folder, 'site'), ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(host.stdout.setEncoding('utf8'), 'data');
  [origin] = line.match(/http:\/\/[\d.:]+/);
  browser = await openChromium();
});

after(async () => {
  await browser?.close();
  host?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

test('a click on what was never rendered plays it, and another preset takes over', LIMIT, async () => {
  await libraryIsKnown();
  await browser.open(`${origin}/`);
  const longest = await browser.run(async () => {
    const { tracks } = await fetch('/catalog.json').then((response) => response.json());
    return tracks.reduce((best, { duration }, index) => (duration > tracks[best].duration ? index : best), 0);
  });
  await becomes(() => document.querySelector('#library').dataset.state, 'ready');
  await (await browser.find(`#tracks li:nth-child(${longest + 1}) .track`)).click();
  await playsBeyond(1);
  const presets = await browser.run(() =>
    Array.from(document.querySelectorAll('#mastering option'), (option) => option.value),
  );
  assert.ok(presets.length >= 7, `all presets can be chosen: ${presets}`);
  const before = await browser.run(() => document.querySelector('audio').currentTime);
  await browser.run(() => {
    const select = document.querySelector('#mastering select');
    select.value = 'bright';
    select.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await playsBeyond(before + 2);
  const metrics = await fetch(`${origin}/metrics`).then((response) => response.text());
  const renders = Number(metrics.match(/^segue_renders_total (\d+)/m)[1]);
  assert.ok(renders >= 2, `${renders} segments were rendered`);
  assert.deepEqual(await browser.console(), []);
});

async function libraryIsKnown() {
  for (;;) {
    const { library } = await fetch(`${origin}/healthz`).then((response) => response.json());
    if (library.sources > 0 && library.identified + library.failed === library.sources) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until a function, which runs in the page, gives a value. */
async function becomes(read, value) {
  const began = Date.now();
  let found;
  do {
    found = await browser.run(read);
    if (found === value) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (Date.now() - began < 15_000);
  assert.fail(`it is ${found}, not ${value}`);
}

async function playsBeyond(seconds) {
  const began = Date.now();
  for (;;) {
    const [at, state] = await browser.run(() => [
      document.querySelector('audio').currentTime,
      document.querySelector('#player').dataset.state,
    ]);
    if (at > seconds && state === 'playing') return;
    assert.ok(Date.now() - began < 20_000, `at ${at} s and ${state}, not beyond ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
