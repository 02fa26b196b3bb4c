/**
 * The queue in the listener's hands: dragged by a pointer, moved by a menu and by keys, taken from, added to, cleared;
 * the focus is never lost on the way. In Chromium. SITE names a rendered site.
 */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { needs } from './support/browsers.js';
import { WIDE, showOn } from './support/looks.js';
import { visit } from './support/page.js';
import { readCatalog } from './support/site.js';
import { KEYS } from './support/webdriver.js';

const LIMIT = { timeout: 60_000 };

describe('the queue', { ...needs('chromium') }, () => {
  let browser;
  let page;
  let close;
  let tracks;
  let rest;

  before(async () => {
    ({ tracks } = await readCatalog());
    rest = tracks.slice(1).map(({ title }) => title);
    ({ browser, page, close } = await visit('chromium'));
  });
  after(() => close?.());
  beforeEach(async () => {
    await page.forget();
    // High, so that all rows are in sight.
    await showOn(browser, { ...WIDE, height: 1600 }, 'light');
    await page.open();
    await page.press(tracks[0].id);
    await page.sounds(0.2);
  });

  const queued = () => browser.run(() => Array.from(document.querySelectorAll('#queue .title'), ({ textContent }) => textContent));
  const said = () => browser.run(() => document.querySelector('#status').textContent);
  const menu = () => browser.run(() => Array.from(document.querySelectorAll('.menu button'), ({ textContent }) => textContent));
  /** What has the focus: the title of its row, or its class. */
  const focused = () =>
    browser.run(() => {
      const row = document.activeElement.closest('li');
      return row ? row.querySelector('.title').textContent : document.activeElement.className;
    });
  /** The middle of a control of a row, by its place from 0. */
  const middle = (selector, place) =>
    browser.run((selector, place) => {
      const { left, top, width, height } = document.querySelectorAll(`#queue ${selector}`)[place].getBoundingClientRect();
      return [left + width / 2, top + height / 2];
    }, selector, place);
  const click = async (selector, place) => browser.clickAt(...(await middle(selector, place)));
  const choose = async (name) => {
    const place = (await menu()).indexOf(name);
    await (await browser.find(`.menu button:nth-child(${place + 1})`)).click();
  };
  const openTrackMenu = async (track) => {
    await browser.run((id) => document.querySelector(`.track[data-id="${id}"]`).parentElement.querySelector('.more').click(), track.id);
  };
  const [A, B, C, D] = [0, 1, 2, 3];
  const inOrder = (...places) => [...places.map((place) => rest[place]), ...rest.filter((_, place) => !places.includes(place))];

  test('a row is dragged by its handle, down and up; the rows between make room', LIMIT, async () => {
    assert.deepEqual(await queued(), rest);
    const [x, y] = await middle('.handle', A);
    await browser.drag([x, y], [x, y + 30], [x, y + 112]);
    const moved = () => browser.run(() => Array.from(document.querySelectorAll('.queue-row'), ({ style }) => style.translate));
    assert.deepEqual((await moved()).slice(0, 4), ['0px 112px', '0px -56px', '0px -56px', '']);
    await browser.letGo();
    assert.deepEqual(await queued(), inOrder(B, C, A));
    assert.deepEqual([...new Set(await moved())], ['']);
    assert.equal(await said(), 'Moved to place 3');
    assert.deepEqual([await focused(), await menu()], [rest[A], []]);

    const [left, top] = await middle('.handle', 2);
    await browser.drag([left, top], [left, top - 30], [left, top - 400]);
    await browser.letGo();
    assert.deepEqual(await queued(), rest, 'not before the track that plays');
  });

  test('a row that is dragged and brought back stays, and opens no menu', LIMIT, async () => {
    const [x, y] = await middle('.handle', B);
    await browser.drag([x, y], [x, y + 90], [x, y + 2]);
    await browser.letGo();
    assert.deepEqual([await queued(), await menu()], [rest, []]);
    await click('.handle', B);
    assert.equal((await menu()).length, 4);
  });

  test('a row that is held at the edge of the sight scrolls the list along', LIMIT, async () => {
    await showOn(browser, { ...WIDE, height: 480 }, 'light');
    await browser.run(() => document.querySelector('#queue').scrollIntoView());
    const [x, y] = await middle('.handle', A);
    const bottom = await browser.run(() => document.querySelector('#now').getBoundingClientRect().bottom);
    await browser.drag([x, y], [x, y + 60], [x, bottom - 8]);
    await browser.run(() => new Promise((resolve) => {
      const now = document.querySelector('#now');
      const check = () => now.scrollTop + now.clientHeight >= now.scrollHeight - 1 && resolve();
      now.addEventListener('scroll', check);
      check();
    }));
    await browser.letGo();
    assert.deepEqual(await queued(), [...rest.slice(1), rest[A]]);
  });

  test('the menu of a handle moves a row, and leads the focus along', LIMIT, async () => {
    const moves = [
      [1, 'Move down', B, inOrder(A, C, B)],
      [1, 'Move up', C, inOrder(C, A, B)],
      [2, 'Play next', B, inOrder(B, C, A)],
      [0, 'Move to the end', B, [...inOrder(C, A, B).filter((title) => title !== rest[B]), rest[B]]],
    ];
    for (const [place, name, row, order] of moves) {
      await click('.handle', place);
      await choose(name);
      assert.deepEqual(await queued(), order, name);
      assert.deepEqual([await focused(), await menu()], [rest[row], []], name);
    }
    await click('.handle', A);
    await browser.press(KEYS.escape);
    assert.deepEqual([await menu(), await focused()], [[], rest[C]]);
  });

  test('keys move a row, and take it out', LIMIT, async () => {
    await browser.run(() => document.querySelectorAll('#queue .queued')[1].focus());
    await browser.chord(KEYS.alt, KEYS.arrowUp);
    assert.deepEqual([await queued(), await focused()], [inOrder(B, A), rest[B]]);
    await browser.chord(KEYS.alt, KEYS.arrowUp);
    assert.deepEqual(await queued(), inOrder(B, A), 'it is the first already');
    await browser.chord(KEYS.alt, KEYS.arrowDown);
    assert.deepEqual([await queued(), await focused()], [rest, rest[B]]);
    await browser.press(KEYS.delete);
    assert.deepEqual([await queued(), await focused()], [inOrder(A, C).filter((title) => title !== rest[B]), rest[C]]);
  });

  test('a row is taken out by its cross, the last one too', LIMIT, async () => {
    await click('.remove', B);
    assert.deepEqual([await queued(), await focused()], [rest.filter((title) => title !== rest[B]), rest[C]]);
    assert.equal(await said(), `Removed: ${rest[B]}`);
    for (let left = rest.length - 1; left > 0; left -= 1) await click('.remove', 0);
    assert.deepEqual([await queued(), await focused()], [[], 'nothing']);
    assert.match(await page.says('#queue .nothing'), /^Nothing/);
    assert.equal((await page.state()).track, tracks[0].id, 'what plays goes on');
  });

  test('all of it is cleared, and the focus goes to what says so', LIMIT, async () => {
    await (await browser.find('#clear-queue')).click();
    assert.deepEqual([await queued(), await focused()], [[], 'nothing']);
    assert.equal(await page.says('#clear-queue'), null);
    assert.equal((await page.state()).state, 'playing');
  });

  test('a track plays next, or is added to the end', LIMIT, async () => {
    await openTrackMenu(tracks[4]);
    await choose('Play next');
    assert.deepEqual(await queued(), [rest[D], ...rest]);
    assert.equal(await said(), `Plays next: ${rest[D]}`);
    await openTrackMenu(tracks[2]);
    await choose('Add to queue');
    assert.deepEqual(await queued(), [rest[D], ...rest, rest[B]]);
    await browser.run(() => document.activeElement.blur());
    await browser.press('k');
    await page.plays(tracks[4].id);
    assert.deepEqual(await queued(), [...rest, rest[B]]);
  });
});
