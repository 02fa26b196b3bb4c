/**
 * `<segue-player>` in pages of other people, as examples/component and examples/react have it: the page comes from one
 * host, under a strict Content Security Policy, music and module from another. SITE names a rendered site.
 */

import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { NAMES, needs, openBrowser } from './support/browsers.js';
import { openFaultServer } from './support/fault-server.js';
import { readCatalog, siteFolder } from './support/site.js';
import { KEYS } from './support/webdriver.js';

const LIMIT = { timeout: 60_000 };
const folderOf = (path) => fileURLToPath(new URL(path, import.meta.url));

let tracks;
let music;
let pages;
let browser;
let built;

for (const name of NAMES) {
  describe(name, { ...needs(name) }, () => listen(name));
}

function listen(name) {
  before(async () => {
    ({ tracks } = await readCatalog());
    assert.ok(tracks.length >= 2 && tracks[0].duration >= 20, 'the site needs two tracks, the first of 20 s or more');
    built = await mkdtemp(join(tmpdir(), 'segue-react-'));
    await buildReactExample(built);
    music = await openFaultServer({
      mounts: { '/player/': folderOf('../../assets/player/'), '/': siteFolder },
      headers: { 'Access-Control-Allow-Origin': '*' },
    });
    const policy = `default-src 'none'; script-src 'self' ${music.origin}; style-src 'self'; connect-src ${music.origin};
      img-src ${music.origin} data:; media-src blob:`;
    pages = await openFaultServer({
      mounts: { '/component/': folderOf('../../examples/component/'), '/react/': built },
      headers: { 'Content-Security-Policy': policy.replace(/\s+/g, ' ') },
    });
    browser = await openBrowser(name);
  });

  after(async () => {
    await browser?.close();
    await Promise.all([pages?.close(), music?.close()]);
    if (built) await rm(built, { recursive: true });
  });

  beforeEach(async () => {
    music.restore();
    await browser.open('about:blank');
    await browser.console();
    music.requests.length = 0;
  });

  test('shows a track, loads no sound before it is asked for, and plays it', LIMIT, async () => {
    await openExample();
    const shown = await browser.run(() => {
      const part = (name) => document.querySelector('#first').shadowRoot.querySelector(`[part=${name}]`);
      return { title: part('title').textContent, button: part('button').ariaLabel, slider: part('slider').ariaLabel };
    });
    assert.deepEqual(shown, { title: tracks[0].title, button: `Play ${tracks[0].title}`, slider: 'Position in the track' });
    assert.deepEqual(asked(/manifest\.json$|\.m4s$|\.mp4$/), []);
    await pressButton('#first');
    await reaches('#first', 1);
    assert.equal(await partOf('#first', 'button', 'ariaLabel'), `Pause ${tracks[0].title}`);
    assert.ok(Math.abs((await get('#first', 'duration')) - tracks[0].duration) < 0.001);
    await assertQuiet();
  });

  test('another variant takes over while it plays, without a pause', LIMIT, async () => {
    await openExample();
    await pressButton('#first');
    await reaches('#first', 1);
    const other = Object.keys(tracks[0].variants)[1];
    const said = await browser.run(async (name) => {
      const player = document.querySelector('#first');
      const variants = document.querySelector('#variants');
      const interruptions = [];
      for (const type of ['pause', 'waiting', 'error']) player.addEventListener(type, () => interruptions.push(type));
      const changed = new Promise((resolve) => player.addEventListener('variantchange', resolve, { once: true }));
      variants.value = name;
      variants.dispatchEvent(new Event('change'));
      const { detail } = await changed;
      return { interruptions, variant: detail.variant, sounding: player.soundingVariant, paused: player.paused };
    }, other);
    assert.deepEqual(said, { interruptions: [], variant: other, sounding: other, paused: false });
    await assertQuiet();
  });

  test('of two on a page one plays at a time', LIMIT, async () => {
    await openExample();
    await pressButton('#first');
    await reaches('#first', 0.2);
    await browser.run(eventAfterPress, '#second', '#first', 'pause');
    await reaches('#second', 0.2);
    assert.equal(await get('#first', 'paused'), true);
    await pressButton('#first');
    await reaches('#first', 0.4);
    assert.equal(await get('#second', 'paused'), true);
    await assertQuiet();
  });

  test('is used by keys alone', LIMIT, async () => {
    await openExample();
    await browser.run(() => document.querySelector('#first').shadowRoot.querySelector('button').focus());
    await browser.press(KEYS.space);
    await reaches('#first', 0.2);
    await browser.press(KEYS.enter);
    assert.equal(await get('#first', 'paused'), true);
    const before = await get('#first', 'currentTime');
    await browser.run(() => document.querySelector('#first').shadowRoot.querySelector('input').focus());
    await browser.press(KEYS.arrowRight);
    assert.ok(Math.abs((await get('#first', 'currentTime')) - before - 5) < 0.01);
    assert.match(await partOf('#first', 'slider', 'ariaValueText'), /^0:0[5-6] of \d+:\d\d$/);
  });

  test('says in words what is wrong, and tries again', LIMIT, async () => {
    await openExample();
    music.fault(/manifest\.json/, { status: 404 });
    assert.deepEqual(await browser.run(eventAfterPress, '#first', '#first', 'error'), { problem: 'missing' });
    assert.match(await partOf('#first', 'message', 'textContent'), /files are missing on the server.*Try again/);
    assert.equal(await get('#first', 'paused'), true);
    music.restore();
    await pressButton('#first');
    await reaches('#first', 0.2);
    assert.equal(await partOf('#first', 'message', 'textContent'), '');
    // A variant that cannot be had leaves the sound alone.
    const refused = await browser.run(() => {
      const player = document.querySelector('#first');
      player.variant = 'no-such-one';
      return new Promise((resolve) => player.addEventListener('error', ({ detail }) => resolve(detail)));
    });
    assert.deepEqual(refused, { problem: 'missing', variant: 'no-such-one' });
    assert.equal(await get('#first', 'paused'), false);
  });

  test('what failed while it was paused is not played when the network is back', LIMIT, async () => {
    await openExample();
    await pressButton('#first');
    await reaches('#first', 0.3);
    await pressButton('#first');
    await music.goOffline();
    const target = Math.floor(tracks[0].duration) - 2;
    const failed = await browser.run(seekUntilError, '#first', target);
    assert.deepEqual(failed, { problem: 'offline' });
    await music.comeBack();
    await browser.run(() => dispatchEvent(new Event('online')));
    assert.equal(await get('#first', 'paused'), true);
    assert.equal(await get('#first', 'problem'), null);
    assert.equal(await partOf('#first', 'message', 'textContent'), '');
    assert.equal(await get('#first', 'currentTime'), target);
    await pressButton('#first');
    await reaches('#first', target + 0.3);
  });

  test('lets go of everything when it leaves the page, and goes on where it was', LIMIT, async () => {
    await openExample();
    await pressButton('#first');
    await reaches('#first', 1);
    const left = await browser.run(async () => {
      const player = document.querySelector('#first');
      const audio = player.shadowRoot.querySelector('audio');
      const paused = new Promise((resolve) => player.addEventListener('pause', resolve, { once: true }));
      player.remove();
      await paused;
      const refusal = await player.play().catch(({ name }) => name);
      document.querySelector('main').append(player);
      return { src: audio.src, buffered: audio.buffered.length, refusal, at: player.currentTime };
    });
    assert.deepEqual({ ...left, at: left.at >= 1 }, { src: '', buffered: 0, refusal: 'InvalidStateError', at: true });
    await pressButton('#first');
    await reaches('#first', left.at + 0.3);
    await assertQuiet();
  });

  test('ends, also when it begins behind its end, and plays again from the start', LIMIT, async () => {
    await openExample();
    const ended = await browser.run(async () => {
      const player = document.querySelector('#first');
      const end = new Promise((resolve) => player.addEventListener('ended', resolve, { once: true }));
      player.start = 10 * player.duration;
      await player.play();
      await end;
      return { paused: player.paused, short: player.duration - player.currentTime };
    });
    assert.equal(ended.paused, true);
    assert.ok(Math.abs(ended.short) < 0.05, `${ended.short} s before its end`);
    await pressButton('#first');
    await reaches('#first', 0.3);
    assert.ok((await get('#first', 'currentTime')) < 5);
    await assertQuiet();
  });

  test('with preload="none" nothing is loaded; start and label are obeyed', LIMIT, async () => {
    await openExample();
    music.requests.length = 0;
    const src = new URL(Object.values(tracks[1].variants)[0], music.origin).href;
    await browser.run(async (address, catalog) => {
      const player = document.createElement('segue-player');
      Object.assign(player, { id: 'third', preload: 'none', src: address, start: 10, label: 'By another name' });
      document.querySelector('main').append(player);
      // What had been asked for by now would stand before this.
      await fetch(catalog);
    }, src, `${music.origin}/catalog.json`);
    assert.deepEqual(asked(/./), ['/catalog.json']);
    assert.equal(await partOf('#third', 'button', 'ariaLabel'), 'Play By another name');
    assert.equal(await get('#third', 'currentTime'), 10);
    await pressButton('#third');
    await reaches('#third', 10.2);
    assert.ok((await get('#third', 'currentTime')) < 15);
  });

  test('works as a component of React', LIMIT, async () => {
    await browser.open(`${pages.origin}/react/?site=${music.origin}/`);
    await until(() => document.querySelector('segue-player')?.shadowRoot);
    await pressButton('segue-player');
    await reaches('segue-player', 1);
    assert.equal(await browser.run(() => document.querySelector('output').textContent), 'plays');
    const nth = (index) => `main p button:nth-child(${index + 1})`;
    const names = Object.keys(tracks[0].variants);
    const changed = await browser.run(eventAfterPress, nth(1), 'segue-player', 'variantchange');
    assert.deepEqual(changed, { variant: names[1] });
    await until(() => /sounds now/.test(document.querySelector('output').textContent));
    // Another track is in its own variant again, and is not played unasked.
    await pressButton(nth(names.length + 1));
    await until(() => document.querySelector('segue-player').paused);
    assert.equal(await get('segue-player', 'variant'), Object.keys(tracks[1].variants)[0]);
    assert.equal(await browser.run(() => document.querySelector('segue-player').hasAttribute('variant')), false);
    await assertQuiet();
  });
}

/** With React from the node_modules of these tests. */
async function buildReactExample(folder) {
  await build({
    entryPoints: [folderOf('../../examples/react/main.jsx')],
    outfile: join(folder, 'main.js'),
    nodePaths: [folderOf('node_modules')],
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    logLevel: 'warning',
  });
  await copyFile(folderOf('../../examples/react/index.html'), join(folder, 'index.html'));
}

async function openExample() {
  await browser.open(`${pages.origin}/component/?site=${music.origin}/`);
  // The button has its name when track.json is there.
  await until(() => {
    const buttons = Array.from(document.querySelectorAll('segue-player'), ({ shadowRoot }) => shadowRoot?.querySelector('button'));
    return buttons.every((button) => /^Play ./.test(button?.ariaLabel ?? ''));
  });
}

/** The paths that were asked for. */
const asked = (pattern) => music.requests.map(({ path }) => path).filter((path) => pattern.test(path));

const get = (selector, property) =>
  browser.run((target, name) => document.querySelector(target)[name], selector, property);

const partOf = (selector, part, property) =>
  browser.run(
    (target, named, name) => document.querySelector(target).shadowRoot.querySelector(`[part=${named}]`)[name],
    selector,
    part,
    property,
  );

const pressButton = (selector) => browser.run(eventAfterPress, selector, selector, null);

const reaches = (selector, seconds) => browser.run(playUntil, selector, seconds);

/** Looks at every frame: what the page shows comes with no event. @param {() => unknown} condition  runs in the page */
const until = (condition) =>
  browser.run(`async () => { while (!(${condition})()) await new Promise(requestAnimationFrame); }`);

/** Neither the page nor the browser complained. */
async function assertQuiet() {
  // React recommends its tools.
  assert.deepEqual((await browser.console()).filter(({ level }) => level !== 'INFO'), []);
  assert.deepEqual([...pages.refused(), ...music.refused()], []);
}

/** Runs in the page. */
function playUntil(selector, seconds) {
  const player = document.querySelector(selector);
  return new Promise((resolve, reject) => {
    player.addEventListener('timeupdate', () => !player.paused && player.currentTime >= seconds && resolve());
    player.addEventListener('error', ({ detail }) => reject(new Error(detail.problem)));
  });
}

/** Runs in the page: goes where nothing is loaded; gives the detail of the error. */
function seekUntilError(selector, seconds) {
  const player = document.querySelector(selector);
  return new Promise((resolve) => {
    player.addEventListener('error', ({ detail }) => resolve(detail), { once: true });
    player.currentTime = seconds;
  });
}

/** Runs in the page: presses a button, or that of a player, and gives the detail of the next such event, if one is named. */
function eventAfterPress(pressed, selector, type) {
  const event = new Promise((resolve) => {
    if (type === null) resolve(null);
    document.querySelector(selector).addEventListener(type, ({ detail }) => resolve(detail ?? null), { once: true });
  });
  const target = document.querySelector(pressed);
  (target.shadowRoot?.querySelector('button') ?? target).click();
  return event;
}
