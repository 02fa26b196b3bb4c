/**
 * The page in Chromium, on a rendered site: what a listener does, and what must then be true.
 * SITE names the site. Page and music come from a plain static server, as any host would give them.
 */

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openChromium } from './support/chromium.js';
import { readCatalog, readManifest, siteFolder } from './support/site.js';
import { KEYS } from './support/webdriver.js';
import { serveStatic } from './support/static-server.js';

const LIMIT = { timeout: 60_000 };

let tracks;
let server;
let browser;
/** Index of the track that is played: the first that is long enough to seek in and has one after it. */
let chosen;

before(async () => {
  ({ tracks } = await readCatalog());
  chosen = tracks.findIndex(({ duration }, index) => duration >= 20 && index + 1 < tracks.length);
  assert.notEqual(chosen, -1, 'the site needs two tracks, one of 20 s or more before another');
  server = await serveStatic({ '/': siteFolder });
  browser = await openChromium();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

beforeEach(async () => {
  server.restore();
  await browser.open('about:blank');
  await browser.console();
  server.requests.length = 0;
});

test('lists every track with its title and length', LIMIT, async () => {
  await openPage();
  const rows = await browser.run(() =>
    Array.from(document.querySelectorAll('#tracks .track'), (row) => ({
      id: row.dataset.id,
      title: row.querySelector('.title').textContent,
      length: row.querySelector('.length').textContent,
    })),
  );
  assert.deepEqual(rows.map(({ id }) => id), tracks.map(({ id }) => id));
  rows.forEach(({ title, length }, index) => {
    if (tracks[index].title) assert.equal(title, tracks[index].title);
    assert.notEqual(title, '');
    const seconds = length.split(':').reduce((sum, part) => 60 * sum + Number(part), 0);
    assert.equal(seconds, Math.round(tracks[index].duration));
  });
  assert.equal((await playerState()).state, 'idle');
  await assertQuiet();
});

test('a click plays a track, within 10 s', LIMIT, async () => {
  await openPage();
  await clickTrack(chosen);
  await sounds({ beyond: 1, limit: 10 });
  const { state, track } = await playerState();
  assert.equal(state, 'playing');
  assert.equal(track, tracks[chosen].id);
  await assertQuiet();
});

test('Enter plays the focused track, the button pauses and plays on', LIMIT, async () => {
  await openPage();
  await browser.run((index) => document.querySelectorAll('#tracks .track')[index].focus(), chosen);
  await browser.press(KEYS.enter);
  await sounds({ beyond: 0.3 });
  await (await browser.find('#toggle')).click();
  await reaches('paused');
  const at = await browser.run(() => document.querySelector('audio').currentTime);
  await (await browser.find('#toggle')).click();
  await sounds({ beyond: at + 0.3 });
  await assertQuiet();
});

test('what is loaded has no hole and begins with the first sample', LIMIT, async () => {
  const manifest = await manifestOf(chosen);
  await openPage();
  await clickTrack(chosen);
  const length = manifest.samples / manifest.sample_rate;
  const ranges = await loadedUpTo(Math.min(length, 30) - 0.001);
  assert.equal(ranges.length, 1, JSON.stringify(ranges));
  assert.equal(ranges[0].start, 0);
  // With the pre-roll left in, or cut elsewhere, segments would end off their borders.
  const borders = manifest.segments.map(({ start, samples }) => (start + samples) / manifest.sample_rate);
  const { end } = ranges[0];
  assert.ok(borders.some((border) => Math.abs(border - end) < 0.001), `${end} s is no end of a segment`);
  await assertQuiet();
});

test('seeks to the middle and near the end, and the next track follows', LIMIT, async () => {
  const manifest = await manifestOf(chosen);
  const length = manifest.samples / manifest.sample_rate;
  await openPage();
  await clickTrack(chosen);
  await sounds({ beyond: 0.3 });

  const middle = await seekTo(0.5);
  assert.ok(Math.abs(middle - length / 2) < 0.02 * length + 1, `${middle} s is not the middle of ${length} s`);
  await sounds({ beyond: middle + 1 });

  const near = Math.max(middle, length - 4);
  await browser.run(setSlider, near);
  await sounds({ beyond: near + 0.5 });
  const ranges = await loadedUpTo(length - 0.001);
  const last = ranges.at(-1);
  assert.ok(last.start <= near && Math.abs(last.end - length) < 0.001, `${JSON.stringify(last)} is not up to ${length} s`);

  await plays(tracks[chosen + 1].id);
  await sounds({ beyond: 0.3 });
  await assertQuiet();
});

test('a seek fetches its target first', LIMIT, async () => {
  const manifest = await manifestOf(chosen);
  const { segments, sample_rate: rate } = manifest;
  await openPage();
  await clickTrack(chosen);
  await sounds({ beyond: 0.3 });
  const target = segments.length - 1;
  const known = new Set(server.requests.map(({ path }) => path));
  const path = manifest.folder + segments[target].uri;
  const wasLoaded = known.has(path);
  const before = server.requests.length;
  await browser.run(setSlider, segments[target].start / rate + 1);
  await sounds({ beyond: segments[target].start / rate + 1.2 });
  const asked = server.requests.slice(before).filter((request) => request.path.endsWith('.m4s'));
  // What was under way when the seek came may still be noted.
  if (!wasLoaded) assert.ok(asked.slice(0, 2).some((request) => request.path === path), JSON.stringify(asked));
  await assertQuiet();
});

test('a seek does not wait for a fetch that it made useless', LIMIT, async () => {
  const { folder, segments, sample_rate: rate } = await manifestOf(chosen);
  assert.ok(segments.length >= 3, 'the track needs three segments');
  server.override(folder + segments[1].uri, 'hang');
  await openPage();
  await clickTrack(chosen);
  await sounds({ beyond: 0.3 });
  const target = segments.at(-1).start / rate + 0.5;
  await browser.run(setSlider, target);
  await sounds({ beyond: target + 0.3 });
});

test('a server that stumbles for a while is not noticed', LIMIT, async () => {
  const { folder, segments, sample_rate: rate } = await manifestOf(chosen);
  // One fetch tries four times; the next one comes while what is loaded still plays, some 10 s after the first.
  const late = segments.find(({ start }) => start / rate >= 11);
  assert.ok(late, 'the track needs a segment that begins after 11 s');
  server.override(folder + late.uri, { status: 503, times: 4 });
  await openPage();
  await clickTrack(chosen);
  await loadedUpTo((late.start + late.samples) / rate - 0.1, 40);
  assert.equal((await playerState()).state, 'playing');
  assert.equal(server.refused().length, 4);
});

test('when the buffer of the browser is full it makes room and plays on', LIMIT, async () => {
  const { folder, segments, sample_rate: rate } = await manifestOf(chosen);
  const script = await browser.devTools('Page.addScriptToEvaluateOnNewDocument', { source: `(${fillBufferOnce})()` });
  try {
    await openPage();
    await clickTrack(chosen);
    const second = segments[1].start / rate;
    const [{ start, end }] = await loadedUpTo(second + 1);
    assert.ok(start === 0 && end > second + 1, 'the refused segment was appended again');
    assert.equal(await browser.run(() => window.refusals), 1);
    const asked = server.requests.filter(({ path }) => path === folder + segments[1].uri);
    assert.equal(asked.length, 1, 'and not fetched again');
    await sounds({ beyond: 0.3 });
    await assertQuiet();
  } finally {
    await browser.devTools('Page.removeScriptToEvaluateOnNewDocument', script);
  }
});

test('a variant can be chosen, and the sound goes on from where it was', LIMIT, async (context) => {
  const names = Object.keys(tracks[chosen].variants);
  if (names.length < 2) return context.skip('the site has one variant');
  await openPage();
  await clickTrack(chosen);
  await sounds({ beyond: 0.3 });
  const first = (await playerState()).variant;
  const wanted = names.find((name) => name !== first);
  const middle = await seekTo(0.5);
  await sounds({ beyond: middle + 0.3 });
  await browser.run((name) => {
    const select = document.querySelector('#mastering select');
    select.value = name;
    select.dispatchEvent(new Event('change', { bubbles: true }));
  }, wanted);
  // From the start it could not be there so soon: the middle is 10 s away or more.
  await sounds({ beyond: middle + 0.5, limit: 8 });
  assert.equal((await playerState()).variant, wanted);
  await assertQuiet();
});

test('?variant= names the variant to play', LIMIT, async () => {
  const variant = Object.keys(tracks[chosen].variants).at(-1);
  await openPage(`?variant=${encodeURIComponent(variant)}`);
  await clickTrack(chosen);
  await sounds({ beyond: 0.3 });
  assert.equal((await playerState()).variant, variant);
});

test('an empty library says what to run', LIMIT, async () => {
  server.override('/catalog.json', { status: 200, body: '{"version":1,"tracks":[]}' });
  await openPage('', 'empty');
  assert.equal(await (await browser.find('#empty')).isDisplayed(), true);
  assert.match(await (await browser.find('#command')).text(), /^segue render YOUR-MUSIC -o SITE$/);
  assert.equal(await (await browser.find('#player')).isDisplayed(), false);
});

test('a library that cannot be read says so, and can be loaded again', LIMIT, async () => {
  server.override('/catalog.json', { status: 200, body: '{"version":1,"tra' });
  await openPage('', 'failed');
  assert.notEqual(await (await browser.find('#failed')).text(), '');
  server.restore();
  await (await browser.find('#reload')).click();
  await libraryReaches('ready');
});

test('a track whose files are missing says so in the bar, and plays when they are back', LIMIT, async () => {
  const { folder, init } = await manifestOf(chosen);
  server.override(folder + init, { status: 404 });
  await openPage();
  await clickTrack(chosen);
  await reaches('error');
  assert.match(await (await browser.find('#problem')).text(), /missing/);
  server.restore();
  await (await browser.find('#again')).click();
  await sounds({ beyond: 0.3 });
  assert.equal(await (await browser.find('#problem')).isDisplayed(), false);
});

test('nothing is wider than a phone of 360 px', LIMIT, async () => {
  const phone = { width: 360, height: 740, deviceScaleFactor: 2, mobile: true };
  await browser.devTools('Emulation.setDeviceMetricsOverride', phone);
  try {
    await openPage();
    const width = await browser.run(() => document.documentElement.scrollWidth);
    assert.equal(width, 360);
    const small = await browser.run(() =>
      Array.from(document.querySelectorAll('button, select, input'))
        .filter((control) => control.checkVisibility())
        .map((control) => ({ control: control.id || control.className, box: control.getBoundingClientRect() }))
        .filter(({ box }) => box.width < 44 || box.height < 44)
        .map(({ control }) => control),
    );
    assert.deepEqual(small, [], 'narrower than a thumb');
  } finally {
    await browser.devTools('Emulation.clearDeviceMetricsOverride');
  }
});

/** Runs before the page: the third append, which is the second segment, finds the buffer full. */
function fillBufferOnce() {
  const append = SourceBuffer.prototype.appendBuffer;
  let appends = 0;
  window.refusals = 0;
  SourceBuffer.prototype.appendBuffer = function appendBuffer(bytes) {
    appends += 1;
    if (appends === 3) {
      window.refusals += 1;
      throw new DOMException('the test says it is full', 'QuotaExceededError');
    }
    return append.call(this, bytes);
  };
}

/** The manifest that the page will choose for a track. */
async function manifestOf(index) {
  const settings = await fetch(`${server.origin}/player.json`).then((response) => (response.ok ? response.json() : {}));
  const { variants } = tracks[index];
  return readManifest(tracks[index], settings.variant in variants ? settings.variant : undefined);
}

async function openPage(query = '', state = 'ready') {
  await browser.open(`${server.origin}/${query}`);
  await libraryReaches(state);
}

async function clickTrack(index) {
  await (await browser.find(`#tracks li:nth-child(${index + 1}) .track`)).click();
}

function playerState() {
  return browser.run(() => ({ ...document.querySelector('#player').dataset }));
}

/** Clicks on the seek bar, at a share of its width; gives the time that the page went to. */
async function seekTo(share) {
  const slider = await browser.find('#seek');
  const { x, y, width, height } = await slider.rect();
  await browser.clickAt(x + share * width, y + height / 2);
  return browser.run(() => document.querySelector('#seek').valueAsNumber);
}

/** Runs in the page: moves the slider as a drag does when it is let go. */
function setSlider(seconds) {
  const slider = document.querySelector('#seek');
  slider.value = String(seconds);
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  slider.dispatchEvent(new Event('change', { bubbles: true }));
}

const libraryReaches = (state) => attributeIs('#library', 'state', state);
const reaches = (state) => attributeIs('#player', 'state', state);
const plays = (track) => attributeIs('#player', 'track', track);

/** Waits until a data attribute has a value. */
function attributeIs(selector, name, value, limit = 15) {
  return browser.run(
    (selector, name, value, limit) =>
      new Promise((resolve, reject) => {
        const element = document.querySelector(selector);
        const observer = new MutationObserver(check);
        const late = () => reject(new Error(`${selector} has ${name} "${element.dataset[name]}", not "${value}"`));
        const timer = setTimeout(late, limit * 1000);
        observer.observe(element, { attributes: true });
        check();
        function check() {
          if (element.dataset[name] !== value) return;
          observer.disconnect();
          clearTimeout(timer);
          resolve();
        }
      }),
    selector,
    name,
    value,
    limit,
  );
}

/** Waits until the sound is past a moment, and the player says that it plays. */
async function sounds({ beyond, limit = 15 }) {
  await browser.run(
    (beyond, limit) =>
      new Promise((resolve, reject) => {
        const audio = document.querySelector('audio');
        const player = document.querySelector('#player');
        const timer = setTimeout(() => {
          reject(new Error(`at ${audio.currentTime} s and ${player.dataset.state}, not beyond ${beyond} s and playing`));
        }, limit * 1000);
        const check = () => {
          if (audio.currentTime <= beyond || player.dataset.state !== 'playing') return;
          audio.removeEventListener('timeupdate', check);
          clearTimeout(timer);
          resolve();
        };
        audio.addEventListener('timeupdate', check);
      }),
    beyond,
    limit,
  );
}

/** Waits until what is loaded reaches a moment; gives the ranges. */
function loadedUpTo(seconds, limit = 15) {
  return browser.run(
    (seconds, limit) =>
      new Promise((resolve, reject) => {
        const audio = document.querySelector('audio');
        const ranges = () =>
          Array.from({ length: audio.buffered.length }, (_, index) => ({
            start: audio.buffered.start(index),
            end: audio.buffered.end(index),
          }));
        const late = () => reject(new Error(`loaded ${JSON.stringify(ranges())}, not up to ${seconds} s`));
        const timer = setTimeout(late, limit * 1000);
        const check = () => {
          const end = ranges().at(-1)?.end ?? 0;
          if (end < seconds) return;
          for (const type of ['timeupdate', 'progress']) audio.removeEventListener(type, check);
          clearTimeout(timer);
          resolve(ranges());
        };
        for (const type of ['timeupdate', 'progress']) audio.addEventListener(type, check);
        check();
      }),
    seconds,
    limit,
  );
}

/** No request was refused, and nothing was written to the console. */
async function assertQuiet() {
  assert.deepEqual(server.refused(), []);
  assert.deepEqual(await browser.console(), []);
}
