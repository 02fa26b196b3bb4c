/**
 * What a look at the page finds, in Chromium: on which screen it is shown, and what axe-core and a ruler say of it.
 * axe-core has to stand before the page's scripts: `server.addInitScript(await axe())`.
 */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** @typedef {import('./browsers.js').Browser} Browser */
/** @typedef {{ width: number, height: number, deviceScaleFactor: number, mobile: boolean }} Size */

export const PHONE = { width: 360, height: 740, deviceScaleFactor: 2, mobile: true };
export const WIDE = { width: 1280, height: 800, deviceScaleFactor: 1, mobile: false };
export const WIDEST = { width: 1920, height: 1080, deviceScaleFactor: 1, mobile: false };
export const SIZES = /** @type {const} */ ([['a phone', PHONE], ['a wide screen', WIDE]]);
export const SCHEMES = /** @type {const} */ (['light', 'dark']);

export const axe = () => readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * @param {Browser} browser
 * @param {Size} size
 * @param {'light' | 'dark'} scheme
 * @param {'reduce' | 'no-preference'} [motion]
 */
export async function showOn(browser, size, scheme, motion = 'no-preference') {
  const features = [
    { name: 'prefers-color-scheme', value: scheme },
    { name: 'prefers-reduced-motion', value: motion },
  ];
  await browser.devTools('Emulation.setDeviceMetricsOverride', size);
  await browser.devTools('Emulation.setEmulatedMedia', { features });
}

/**
 * What axe-core finds against WCAG 2.2, levels A and AA, in a few words each.
 * @param {Browser} browser
 * @returns {Promise<string[]>}
 */
export const violations = (browser) =>
  browser.run(async () => {
    // Colours on their way would be measured half way; what turns without an end changes none.
    const ends = document.getAnimations().filter(({ effect, playState }) => {
      return playState === 'running' && Number.isFinite(effect.getComputedTiming().endTime);
    });
    await Promise.all(ends.map(({ finished }) => finished.catch(() => {})));
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await window.axe.run(document, { runOnly: tags });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(' · ')}`);
  });

/**
 * What can be pressed and is smaller than 44 px.
 * @param {Browser} browser
 * @returns {Promise<string[]>}
 */
export const tooSmall = (browser) =>
  browser.run(() =>
    Array.from(document.querySelectorAll('button, select, input, a'))
      .filter((control) => control.checkVisibility({ visibilityProperty: true }))
      .map((control) => ({ control: control.id || control.className || control.textContent, box: control.getBoundingClientRect() }))
      .filter(({ box }) => box.width < 43.99 || box.height < 43.99)
      .map(({ control, box }) => `${control}: ${box.width} x ${box.height}`),
  );

/**
 * What is wider than its place: the page, the library, or what plays in large.
 * @param {Browser} browser
 * @returns {Promise<string[]>}
 */
export const tooWide = (browser) =>
  browser.run(() =>
    [document.documentElement, ...document.querySelectorAll('#library, #now, #player, dialog[open]')]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(({ localName, id, scrollWidth, clientWidth }) => `${localName} ${id}: ${scrollWidth} in ${clientWidth}`),
  );

/**
 * Tracks whose length does not stand where those of the others stand.
 * @param {Browser} browser
 * @returns {Promise<string[]>}
 */
export const ragged = (browser) =>
  browser.run(() => {
    const edge = (/** @type {Element} */ element) => Math.round(element.getBoundingClientRect().right);
    const lengths = Array.from(document.querySelectorAll('#tracks .track .length'));
    const isOff = (/** @type {Element} */ length) => {
      const row = /** @type {Element} */ (length.closest('.track')).getBoundingClientRect();
      const { top, bottom } = length.getBoundingClientRect();
      return edge(length) !== edge(lengths[0]) || Math.abs(top + bottom - row.top - row.bottom) > 2;
    };
    return lengths.filter(isOff).map((length) => /** @type {HTMLElement} */ (length.closest('.track')).innerText);
  });

/**
 * Rows of a list between which there is air, or which lie upon each other.
 * @param {Browser} browser
 * @returns {Promise<string[]>}
 */
export const displaced = (browser) =>
  browser.run(() =>
    Array.from(document.querySelectorAll('ol.rows > li + li')).flatMap((row) => {
      const before = /** @type {HTMLElement} */ (row.previousElementSibling);
      const gap = Math.round(row.getBoundingClientRect().top - before.getBoundingClientRect().bottom);
      return gap === 0 ? [] : [`${gap} px between ${before.innerText} and ${/** @type {HTMLElement} */ (row).innerText}`];
    }),
  );

/**
 * Times that have less room than they need: what stands beside them would move as they change.
 * @param {Browser} browser
 * @returns {Promise<string[]>}
 */
export const cramped = (browser) =>
  browser.run(() =>
    Array.from(document.querySelectorAll('.time, .length'))
      .filter((time) => time.checkVisibility())
      .filter((time) => {
        const range = document.createRange();
        range.selectNodeContents(time);
        const room = time.closest('.sheet') || time.matches('.length') ? time.clientWidth : parseFloat(getComputedStyle(time).minWidth);
        return range.getBoundingClientRect().width > room + 0.5;
      })
      .map((time) => `${time.className}: ${time.textContent}`),
  );
