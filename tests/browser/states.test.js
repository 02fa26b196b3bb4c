/**
 * The states that are hard to make look well, each on a phone and on a wide screen, light and dark, and on the widest:
 * axe-core finds nothing (WCAG 2.2 AA), nothing is wider than its place or out of its column or row, and on the phone
 * nothing is narrower than a thumb. Motion stops for who wants none, and the focus is always to be seen. In Chromium. SITE names a rendered
 * site.
 */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { needs } from './support/browsers.js';
import { PHONE, SCHEMES, SIZES, WIDE, WIDEST, axe, cramped, displaced, ragged, showOn, tooSmall, tooWide, violations } from './support/looks.js';
import { visit } from './support/page.js';
import { readCatalog, readManifest } from './support/site.js';

const LIMIT = { timeout: 60_000 };
const TAB = '\uE004';
/** More controls than the page has to step through. */
const MANY = 100;
const LONG = 'A Title That Nobody Would Ever Give to a Piece of Music, Were It Not for the Sake of a Test, '.repeat(3).slice(0, 200);
const UNBROKEN = 'Donaudampfschifffahrtsgesellschaft'.repeat(6).slice(0, 200);
/** Each size in each scheme, and the widest in one: there it is measured only. */
const SCREENS = [...SIZES.flatMap(([screen, size]) => SCHEMES.map((scheme) => [screen, size, scheme])), ['the widest screen', WIDEST, 'light']];
/** A browser that is told to do without MSE has no HLS of its own either. */
const WHOLE_FILE = "if (location.search.includes('mse=off')) HTMLMediaElement.prototype.canPlayType = () => '';";

describe('every state is designed', { ...needs('chromium') }, () => {
  let server;
  let browser;
  let page;
  let close;
  let catalog;
  let first;
  let last;

  before(async () => {
    catalog = await readCatalog();
    [first] = catalog.tracks;
    const { folder, segments } = await readManifest(first, 'original');
    last = { path: folder + segments.at(-1).uri, seconds: first.duration - 1 };
    ({ server, browser, page, close } = await visit('chromium'));
    server.addInitScript(await axe());
    server.addInitScript(WHOLE_FILE);
  });
  after(() => close?.());
  beforeEach(async () => {
    server.restore();
    await setOffline(false);
    await page.forget();
    await showOn(browser, WIDE, 'light');
  });

  const setOffline = (offline) =>
    browser.devTools('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  const click = async (selector) => (await browser.find(selector)).click();
  const leaveFocus = () => browser.run(() => document.activeElement.blur());

  /** The page finds this library instead of the site's: changes to its first tracks, and to the whole. */
  const give = (changes, whole = {}) => {
    const tracks = catalog.tracks.map((track, index) => ({ ...track, ...changes[index] }));
    server.fault('/catalog.json', { status: 200, body: JSON.stringify({ ...catalog, tracks, ...whole }) });
  };
  const play = async () => {
    await page.open();
    await page.press(first.id);
    await page.sounds(0.3);
  };
  /** The first track takes so long; it is not to be played, since it still sounds as it did. */
  const giveLength = async (seconds) => {
    const { path, folder, ...manifest } = await readManifest(first, 'original');
    const { sample_rate: rate, segment_samples: most, segments: known } = manifest;
    const samples = seconds * rate;
    const segments = Array.from({ length: Math.ceil(samples / most) }, (_, index) => {
      return { ...known[index % known.length], start: index * most, samples: Math.min(most, samples - index * most) };
    });
    server.fault(`/${path}`, { status: 200, body: JSON.stringify({ ...manifest, samples, segments }) });
    give([{ duration: seconds }]);
  };
  /** The first track stands at a second of it. */
  const standAt = async (seconds) => {
    await page.open(`#/track/${first.id}?t=${seconds}`);
    await page.reaches('paused');
    await click('[data-view="tracks"]');
  };
  const timesAre = async (...times) => {
    assert.deepEqual([await page.says('#elapsed'), await page.says('#remaining')], times);
    assert.deepEqual(await cramped(browser), []);
  };
  const playNamed = async (...changes) => {
    give(changes);
    await play();
  };

  /** How each is reached; then it is looked at. @type {Record<string, () => Promise<unknown>>} */
  const STATES = {
    async 'an empty site'() {
      give([], { tracks: [] });
      await page.open('', 'empty');
    },
    async 'a library on its way'() {
      server.fault('/catalog.json', { hang: true });
      await page.open('', 'loading');
    },
    async 'a search that finds nothing'() {
      await page.open(`#/tracks?q=${UNBROKEN}`);
      assert.match(await page.says('#nothing'), /Donau/);
    },
    async 'an album that is open'() {
      await page.open('#/albums');
      await click('.card .open');
      await browser.find('.in-album .track');
    },
    async 'a library of one track'() {
      give([], { tracks: [first] });
      await play();
      await click('[data-view="albums"]');
      assert.equal(await page.says('#summary'), '1 album · 1 min');
      assert.match(await page.says('#queue .nothing'), /^Nothing/);
    },
    async 'a track that starts'() {
      server.fault(/\/0\.m4s/, { hang: true });
      await page.open();
      await page.press(first.id);
      await page.reaches('starting');
    },
    async 'a browser without MSE'() {
      await page.open('?mse=off#/tracks');
      await page.press(first.id);
      await page.sounds(0.3);
      assert.equal(await page.says('#path'), 'Playing the whole file');
    },
    async 'a jingle of 10 seconds'() {
      await giveLength(10);
      await standAt(4);
      await timesAre('0:04', '−0:06');
    },
    async 'a mix of 10 hours'() {
      await giveLength(36_000);
      await standAt(0);
      await timesAre('0:00', '−10:00:00');
      await standAt(35_995);
      await timesAre('9:59:55', '−0:05');
    },
    async 'a track that cannot be played'() {
      server.fault(/\/original\/[0-9a-f]+\/0\.m4s/, { status: 404 });
      await page.open(`#/track/${first.id}?t=3`);
      await page.reaches('error');
    },
    async 'a track that was skipped, with a title of 200 characters'() {
      give([{ title: LONG }]);
      // However often: what pressing it asks for ahead may fail before the click comes, which then asks anew.
      server.fault(new RegExp(`${first.id}/original/[0-9a-f]+/0\\.m4s`), { status: 404 });
      await page.open();
      await page.press(first.id);
      await page.plays(catalog.tracks[1].id);
      assert.match(await page.says('#skipped'), /^“A Title[^”]{40,55}…” was skipped/, 'the title does not bury what is said');
    },
    async 'no network'() {
      await play();
      await setOffline(true);
      await browser.run(() => navigator.onLine && new Promise((resolve) => addEventListener('offline', resolve, { once: true })));
      assert.match(await page.says('#offline'), /offline/);
    },
    async 'a sound that is waited for'() {
      server.fault(last.path, { hang: true });
      await play();
      await page.seek(last.seconds);
      await page.reaches('buffering');
    },
    async 'a variant that is being made'() {
      give([], { on_demand: true });
      await play();
      server.fault(/\/warm\//, { hang: true });
      await click('[data-preset="warm"]');
      await browser.find('[data-preset="warm"][aria-busy="true"]');
    },
    'a track without a cover': () => playNamed({ cover: null }),
    'a track without tags': () => playNamed({ cover: null, title: null, artist: null, album: null, track: null, year: null }),
    'names of 200 characters': () => playNamed({ title: UNBROKEN, artist: UNBROKEN, album: UNBROKEN }, { title: LONG, artist: LONG, album: LONG }),
    'names from right to left': () => playNamed({ title: 'موسيقى البحر الهادئ في الليل', artist: 'فرقة النور', album: 'أغاني البحر' }),
    'names without spaces between words': () => playNamed({ title: '静かな海の歌そして長い夜の終わりに聞こえる音', artist: '山田花子', album: '夜の音楽' }),
    async 'the sheet of keys'() {
      await page.open();
      await leaveFocus();
      await browser.press('?');
      await browser.find('#help[open]');
    },
  };

  for (const [state, reach] of Object.entries(STATES)) {
    test(state, LIMIT, async () => {
      await reach();
      for (const [screen, size, scheme] of SCREENS) {
        await showOn(browser, size, scheme);
        const where = `on ${screen}, ${scheme}`;
        await looksWell(size, where);
        if (size !== PHONE || !(await opensSheet())) continue;
        await looksWell(size, `in the sheet ${where}`);
        await click('#close-sheet');
      }
    });
  }

  const looksWell = async (size, where) => {
    // On the widest screen colours and names are those of the wide one.
    if (size !== WIDEST) assert.deepEqual(await violations(browser), [], where);
    for (const look of [tooWide, ragged, displaced, cramped]) assert.deepEqual(await look(browser), [], where);
    if (size === PHONE) assert.deepEqual(await tooSmall(browser), [], where);
  };

  /** Opens what plays in large, if anything does. */
  const opensSheet = async () => {
    if ((await page.state()).track === '') return false;
    await click('#open-now');
    return true;
  };

  test('nothing moves for who wants no motion', LIMIT, async () => {
    await STATES['a variant that is being made']();
    for (const [, size] of SIZES) {
      await showOn(browser, size, 'light', 'no-preference');
      assert.ok((await browser.run(moving)).length > 20, 'there is motion to stop');
      await showOn(browser, size, 'light', 'reduce');
      assert.deepEqual(await browser.run(moving), []);
    }
  });

  test('the line that pulses while sound is waited for stands still for who wants no motion, and is there', LIMIT, async () => {
    await STATES['a sound that is waited for']();
    assert.ok((await browser.run(moving)).includes('.line'));
    await showOn(browser, WIDE, 'light', 'reduce');
    assert.deepEqual(await browser.run(moving), []);
    assert.ok((await browser.run(() => Number(getComputedStyle(document.querySelector('#player .line')).opacity))) > 0.5);
  });

  test('who steps through the page with Tab sees where the focus is', LIMIT, async () => {
    await play();
    await leaveFocus();
    assert.deepEqual(await unseenStops(['search', 'theme', 'sort', 'copy-link', 'clear-queue', 'toggle', 'seek']), []);
  });

  test('and through the sheet of a phone', LIMIT, async () => {
    await showOn(browser, PHONE, 'dark');
    await play();
    await click('#open-now');
    assert.deepEqual(await unseenStops(['close-sheet', 'copy-link', 'clear-queue']), []);
  });

  /** Presses Tab until it comes round; gives the controls that do not look otherwise while they have the focus. */
  const unseenStops = async (ids) => {
    const stops = [];
    for (let presses = 0; presses < MANY; presses += 1) {
      await browser.press(TAB);
      const stop = await browser.run(focusedStop);
      // Between the last and the first the page itself has it.
      if (stop === null) continue;
      if (stops.some(({ place }) => place === stop.place)) break;
      stops.push(stop);
    }
    assert.deepEqual(ids.filter((id) => !stops.some((stop) => stop.id === id)), [], 'Tab reached them');
    return stops.filter(({ isSeen }) => !isSeen).map(({ name }) => name);
  };
});

/** Runs in the page: what takes its time when it changes, or moves by itself. */
function moving() {
  const seconds = (list) => Math.max(...list.split(',').map(parseFloat));
  return Array.from(document.querySelectorAll('body *')).flatMap((element) =>
    ['', '::before', '::after', '::backdrop'].flatMap((part) => {
      const style = getComputedStyle(element, part);
      const moves = style.animationName !== 'none' && seconds(style.animationDuration) > 0;
      if (!moves && seconds(style.transitionDuration) === 0) return [];
      return [`${element.id ? `#${element.id}` : `.${element.classList[0] ?? element.localName}`}${part}`];
    }),
  );
}

/**
 * Runs in the page: what has the focus, and whether an outline or a shadow shows it that is not there without, with all
 * of it in sight; null for none.
 */
function focusedStop() {
  const element = document.activeElement;
  if (element === null || element === document.body) return null;
  const look = () => {
    const { outlineStyle, outlineWidth, outlineOffset, outlineColor, boxShadow } = getComputedStyle(element);
    const outline = outlineStyle === 'none' || parseFloat(outlineWidth) < 1 ? '' : `${outlineStyle} ${outlineWidth} ${outlineColor}`;
    const ring = outline === '' ? 0 : parseFloat(outlineWidth) + parseFloat(outlineOffset);
    return { shows: outline !== '' || boxShadow !== 'none', all: `${outline} ${boxShadow}`, ring };
  };
  const focused = look();
  element.blur();
  const rested = look();
  element.focus({ preventScroll: true });
  const box = element.getBoundingClientRect();
  const sight = (element.closest('.library, .now') ?? document.documentElement).getBoundingClientRect();
  const isWhole = box.top - focused.ring > sight.top - 0.5 && box.bottom + focused.ring < sight.bottom + 0.5;
  return {
    id: element.id,
    name: element.id || element.getAttribute('aria-label') || element.className || element.textContent.trim(),
    place: Array.from(document.querySelectorAll('*')).indexOf(element),
    isSeen: focused.shows && focused.all !== rested.all && isWhole,
  };
}
