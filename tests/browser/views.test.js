/**
 * What the page shows and how one gets about in it, in Chromium, on catalogs that are made up: no music is needed to
 * scroll through 50,000 tracks, to search them, to use the keys, and to be read by a screen reader (axe-core).
 */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openChromium } from './support/chromium.js';
import { serveStatic } from './support/static-server.js';
import { KEYS } from './support/webdriver.js';

const LIMIT = { timeout: 60_000 };
const MANY = 50_000;
const PHONE = { width: 360, height: 740, deviceScaleFactor: 2, mobile: true };

let server;
let browser;
let axe;

before(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  server = await serveStatic({ '/': fileURLToPath(new URL('../../assets', import.meta.url)) });
  browser = await openChromium();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

beforeEach(async () => {
  server.restore();
  await browser.devTools('Emulation.clearDeviceMetricsOverride');
  await browser.open('about:blank');
});

/** Albums of ten tracks, three albums an artist; every seventh title has letters with accents. */
function catalogOf(count, presets = ['original', 'adaptive', 'warm']) {
  const tracks = Array.from({ length: count }, (_, n) => {
    const id = n.toString(16).padStart(32, '0');
    const album = Math.floor(n / 10);
    return {
      id,
      title: n % 7 === 0 ? `Émigré ${n}` : `Piece ${n}`,
      artist: `Artist ${Math.floor(album / 3)}`,
      album: `Album ${album}`,
      album_artist: null,
      track: (n % 10) + 1,
      year: 1960 + (album % 60),
      duration: 100 + (n % 200),
      cover: null,
      variants: Object.fromEntries(presets.map((name) => [name, `tracks/${id}/${name}/manifest.json`])),
    };
  });
  return { version: 1, on_demand: false, presets: presets.map((name) => ({ name, description: `as ${name} as can be` })), tracks };
}

async function openLibrary(catalog, hash = '', state = 'ready') {
  server.override('/catalog.json', { status: 200, body: JSON.stringify(catalog) });
  await browser.open(`${server.origin}/${hash}`);
  await libraryReaches(state);
}

function libraryReaches(state) {
  return browser.run(
    (state) =>
      new Promise((resolve) => {
        const library = document.querySelector('#library');
        const check = () => library.dataset.state === state && resolve();
        new MutationObserver(check).observe(library, { attributes: true });
        check();
      }),
    state,
  );
}

/** Runs a function in the page, then gives the page two frames to draw. */
async function act(script, ...args) {
  const result = await browser.run(script, ...args);
  await browser.run(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))));
  return result;
}

const type = (text) =>
  act((text) => {
    const search = document.querySelector('#search');
    search.value = text;
    search.dispatchEvent(new Event('input', { bubbles: true }));
  }, text);

const focused = () =>
  browser.run(() => {
    const element = document.activeElement;
    const { top, bottom } = element.getBoundingClientRect();
    const sight = document.querySelector('#library').getBoundingClientRect();
    return {
      id: element.id,
      track: element.dataset.index ?? null,
      place: element.closest('li')?.getAttribute('aria-posinset') ?? null,
      inSight: top >= sight.top && bottom <= sight.bottom,
    };
  });

test('50,000 tracks: only what is in sight is in the document, and each knows its place', LIMIT, async () => {
  await openLibrary(catalogOf(MANY), '#/tracks');
  const rows = () => browser.run(() => document.querySelectorAll('#tracks .track').length);
  assert.ok((await rows()) < 60);
  await act(() => (document.querySelector('#library').scrollTop = 1e9));
  assert.ok((await rows()) < 60);
  const last = await browser.run(() => {
    const row = document.querySelector('#tracks li:last-child');
    return { place: row.getAttribute('aria-posinset'), size: row.getAttribute('aria-setsize'), shown: row.textContent };
  });
  assert.deepEqual([last.place, last.size], [String(MANY), String(MANY)]);
  assert.match(last.shown, new RegExp(`${MANY - 1}`));
});

test('50,000 tracks: the keys go from end to end, and scrolling away does not lose the focus', LIMIT, async () => {
  await openLibrary(catalogOf(MANY), '#/tracks');
  await browser.run(() => document.querySelector('#tracks .track').focus());
  await browser.press(KEYS.end);
  assert.deepEqual(await focused(), { id: '', track: String(MANY - 1), place: String(MANY), inSight: true });
  await act(() => (document.querySelector('#library').scrollTop = 0));
  assert.equal((await focused()).track, String(MANY - 1), 'it stays where it was');
  await browser.press(KEYS.arrowUp);
  assert.deepEqual(await focused(), { id: '', track: String(MANY - 2), place: String(MANY - 1), inSight: true });
});

test('50,000 tracks: a search finds without accents, keeps the view, and leads back', LIMIT, async () => {
  await openLibrary(catalogOf(MANY), '#/tracks');
  await type('emigre 4900 album');
  const found = () => browser.run(() => Array.from(document.querySelectorAll('#tracks .title'), (title) => title.textContent));
  assert.deepEqual(await found(), ['Émigré 4900', 'Émigré 49000', 'Émigré 49007']);
  assert.match(await browser.run(() => location.hash), /^#\/tracks\?q=emigre/);
  await type('no such thing');
  assert.equal(await (await browser.find('#nothing')).isDisplayed(), true);
  await (await browser.find('#clear-search')).click();
  assert.equal((await focused()).id, 'search');
  assert.ok((await found()).length > 5);
});

test('50,000 tracks: how long a search takes, and a frame while it scrolls', LIMIT, async (context) => {
  await openLibrary(catalogOf(MANY), '#/tracks');
  const queries = ['p', 'pi', 'piece', 'piece 4', 'piece 49', 'emigre', 'emigre 4', 'artist 12', 'album 333', 'artist 1 album 4'];
  const taken = [];
  for (const query of queries) {
    const { milliseconds, texts } = await browser.run(timeQuery, query);
    taken.push(milliseconds);
    assert.ok(texts.length > 0, query);
    const words = query.replace('emigre', 'émigré').split(' ');
    assert.ok(texts.every((text) => words.every((word) => text.includes(word))), query);
  }
  await type('');
  const { longest, empty } = await browser.run(timeScroll, 200);
  assert.equal(empty, 0, 'there were rows to be seen in every frame');
  const list = taken.map((milliseconds) => milliseconds.toFixed(0)).join(', ');
  context.diagnostic(`from input to rows, ms: ${list} (the first folds all names); longest frame: ${longest.toFixed(0)} ms`);
});

test('the order of the tracks is chosen, kept in the address, and comes back', LIMIT, async () => {
  await openLibrary(catalogOf(600), '#/tracks');
  const lengths = () =>
    browser.run(() => Array.from(document.querySelectorAll('#tracks .track .length'), (length) => length.textContent).slice(0, 4));
  const sortBy = (name) =>
    act((name) => {
      const sort = document.querySelector('#sort');
      sort.value = name;
      sort.dispatchEvent(new Event('change', { bubbles: true }));
    }, name);
  assert.deepEqual(await lengths(), ['1:40', '1:41', '1:42', '1:43'], 'as the albums are');
  await sortBy('length');
  assert.deepEqual(await lengths(), ['1:40', '1:40', '1:40', '1:41']);
  assert.match(await browser.run(() => location.hash), /sort=length/);
  await browser.reload();
  await libraryReaches('ready');
  assert.deepEqual(await lengths(), ['1:40', '1:40', '1:40', '1:41']);
  assert.equal(await browser.run(() => document.querySelector('#sort').value), 'length');
  await sortBy('album');
  assert.deepEqual(await lengths(), ['1:40', '1:41', '1:42', '1:43']);
});

test("the theme is light, dark, or the system's, and a reload keeps it", LIMIT, async () => {
  const looksLike = () => browser.run(() => [document.documentElement.dataset.theme ?? 'system', getComputedStyle(document.documentElement).colorScheme]);
  const features = [{ name: 'prefers-color-scheme', value: 'dark' }];
  await browser.devTools('Emulation.setEmulatedMedia', { features });
  await openLibrary(catalogOf(20));
  await browser.run(() => localStorage.clear());
  await browser.reload();
  await libraryReaches('ready');
  assert.deepEqual(await looksLike(), ['system', 'dark']);
  const press = async () => (await browser.find('#theme')).click();
  await press();
  assert.deepEqual(await looksLike(), ['light', 'light']);
  await browser.reload();
  await libraryReaches('ready');
  assert.deepEqual(await looksLike(), ['light', 'light']);
  await press();
  await browser.devTools('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: 'light' }] });
  assert.deepEqual(await looksLike(), ['dark', 'dark']);
  await press();
  assert.deepEqual(await looksLike(), ['system', 'light']);
});

test('an album opens in place; back closes it, forward opens it again', LIMIT, async () => {
  await openLibrary(catalogOf(600));
  const isOpen = () => browser.run(() => document.querySelectorAll('#tracks .album-head').length === 1);
  await act(() => document.querySelectorAll('.card .open')[1].click());
  assert.equal(await isOpen(), true);
  assert.equal(await browser.run(() => document.querySelector('.album-head .name').textContent), 'Album 1');
  assert.equal((await browser.run(() => document.querySelectorAll('#tracks .track').length)) > 0, true);
  const went = (by) =>
    act((by) => new Promise((resolve) => {
      addEventListener('popstate', () => resolve(), { once: true });
      history.go(by);
    }), by);
  await went(-1);
  assert.equal(await isOpen(), false);
  await went(1);
  assert.equal(await isOpen(), true);
});

test('an open album keeps its rows in order when the window becomes another', LIMIT, async () => {
  await openLibrary(catalogOf(600));
  await act(() => document.querySelectorAll('.card .open')[1].click());
  const WIDE = { width: 1920, height: 1080, deviceScaleFactor: 1, mobile: false };
  for (const size of [WIDE, PHONE, WIDE]) {
    await browser.devTools('Emulation.setDeviceMetricsOverride', size);
    const apart = await act(() => {
      const boxes = Array.from(document.querySelectorAll('#tracks > li'), (row) => row.getBoundingClientRect());
      return boxes.slice(1).map(({ top }, index) => Math.round(top - boxes[index].bottom)).filter((gap) => gap !== 0);
    });
    assert.deepEqual(apart, [], `at ${size.width} px`);
  }
});

test('what is in sight, and the focus, stay where they are while the library grows', LIMIT, async () => {
  const whole = { ...catalogOf(600), on_demand: true, checksum: 'whole' };
  const half = { ...whole, tracks: whole.tracks.filter((_, index) => index % 20 < 10), checksum: 'half' };
  const progress = (identified) => ({ status: 200, body: JSON.stringify({ library: { sources: 600, identified, failed: 0 } }) });
  const top = () =>
    act(() => {
      const library = document.querySelector('#library').getBoundingClientRect();
      const row = document.elementFromPoint(library.left + 100, library.top + 60).closest('.track-row');
      const focused = document.activeElement.querySelector('.title').textContent;
      return { title: row.querySelector('.title').textContent, top: row.getBoundingClientRect().top, focused };
    });
  server.override('/healthz', progress(300));
  await openLibrary(half, '#/tracks');
  await act(() => (document.querySelector('#library').scrollTop = 6000));
  await act(() => document.querySelectorAll('#tracks .track')[9].focus({ preventScroll: true }));
  const before = await top();
  server.override('/catalog.json', { status: 200, body: JSON.stringify(whole) });
  server.override('/healthz', progress(600));
  await browser.run(() => new Promise((resolve) => {
    const summary = document.querySelector('#summary');
    new MutationObserver(() => /^600/.test(summary.textContent) && resolve()).observe(summary, { childList: true });
  }));
  assert.deepEqual(await top(), before);
});

test('a page that is loaded again comes back to where it was scrolled', LIMIT, async () => {
  await openLibrary(catalogOf(600), '#/tracks');
  await browser.run(
    () =>
      new Promise((resolve) => {
        document.querySelector('#library').scrollTop = 2000;
        const check = () => (history.state?.scroll === 2000 ? resolve() : requestAnimationFrame(check));
        check();
      }),
  );
  await browser.reload();
  await libraryReaches('ready');
  assert.equal(await browser.run(() => document.querySelector('#library').scrollTop), 2000);
});

test('a link to an album shows it, open and in sight', LIMIT, async () => {
  const open = `#/albums?open=${encodeURIComponent('Artist 9/Album 28')}`;
  await openLibrary(catalogOf(600), open);
  const head = await (await browser.find('.album-head .name')).text();
  assert.equal(head, 'Album 28');
  const inSight = await browser.run(() => document.querySelector('.album-head').getBoundingClientRect().top < innerHeight);
  assert.equal(inSight, true);
});

test('keys lead to the search and to the sheet that tells of them, and Escape back', LIMIT, async () => {
  await openLibrary(catalogOf(20));
  await browser.press('/');
  assert.equal((await focused()).id, 'search');
  await browser.press('?');
  assert.equal(await browser.run(() => document.querySelector('#help').open), false, 'one may search for a question mark');
  await browser.run(() => document.activeElement.blur());
  await browser.press('?');
  assert.equal(await browser.run(() => document.querySelector('#help').open), true);
  await browser.press(KEYS.escape);
  assert.equal(await browser.run(() => document.querySelector('#help').open), false);
});

/** @type {Record<string, { catalog?: object, hash?: string, state?: string, phone?: boolean, act?: () => Promise<unknown> }>} */
const STATES = {
  loading: { state: 'loading', catalog: null },
  empty: { state: 'empty', catalog: catalogOf(0) },
  'cannot be read': { state: 'failed', catalog: 'nonsense' },
  albums: {},
  'an open album': { act: () => act(() => document.querySelector('.card .open').click()) },
  artists: { hash: '#/artists?open=Artist+1' },
  tracks: { hash: '#/tracks' },
  'nothing found': { hash: '#/tracks?q=zzz' },
  'a menu': { hash: '#/tracks', act: () => act(() => document.querySelector('.track-row .more').click()) },
  'the sheet of keys': { act: () => act(() => document.querySelector('#show-keys').click()) },
  'without mastering': { catalog: catalogOf(20, ['original']) },
  'a phone': { phone: true },
  'now playing on a phone': { phone: true, act: () => act(() => document.querySelector('#open-now').click()) },
};

for (const [name, state] of Object.entries(STATES)) {
  test(`axe-core finds nothing to mend, light and dark: ${name}`, LIMIT, async () => {
    if (state.phone) await browser.devTools('Emulation.setDeviceMetricsOverride', PHONE);
    if (state.catalog === null) {
      server.override('/catalog.json', 'hang');
      await browser.open(server.origin);
    } else await openLibrary(state.catalog ?? catalogOf(200), state.hash, state.state);
    await state.act?.();
    for (const scheme of ['light', 'dark']) {
      const features = [{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }];
      await browser.devTools('Emulation.setEmulatedMedia', { features });
      // The page's policy refuses what is not its own: DevTools may.
      await browser.devTools('Runtime.evaluate', { expression: axe });
      const violations = await browser.run(async () => {
        const results = await window.axe.run(document);
        return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`);
      });
      assert.deepEqual(violations, [], scheme);
    }
    const wider = await browser.run(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wider, false, 'nothing is wider than the window');
  });
}

/** Runs in the page: types a query; gives the time until its rows are drawn, and what they say. */
async function timeQuery(query) {
  const drawn = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  await drawn();
  const search = document.querySelector('#search');
  search.value = query;
  const begun = performance.now();
  search.dispatchEvent(new Event('input', { bubbles: true }));
  await drawn();
  const milliseconds = performance.now() - begun;
  const texts = Array.from(document.querySelectorAll('#tracks .track'), (row) => row.textContent.toLowerCase());
  return { milliseconds, texts };
}

/** Runs in the page: scrolls by some rows in each frame; gives the longest time between two, and how often no row was in sight. */
async function timeScroll(steps) {
  const library = document.querySelector('#library');
  const { left, top, bottom } = library.getBoundingClientRect();
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  let before = await frame();
  let longest = 0;
  let empty = 0;
  for (let step = 0; step < steps; step += 1) {
    library.scrollTop += 700;
    const now = await frame();
    longest = Math.max(longest, now - before);
    before = now;
    await new Promise((resolve) => setTimeout(resolve));
    if (!document.elementFromPoint(left + 100, (top + bottom) / 2)?.closest('.track-row')) empty += 1;
  }
  return { longest, empty };
}
