/**
 * The page as a listener uses it, in any engine: opens it, presses what is there, and waits for what must become true.
 * Waiting is done in the page, by its own events.
 */

import { openBrowser } from './browsers.js';
import { openFaultServer } from './fault-server.js';
import { siteFolder } from './site.js';

/** @typedef {import('./browsers.js').Browser} Browser */

/**
 * Put before the page's scripts: `?without=MediaSource` takes away what a browser may not have, `?full=40` refuses to
 * append where more than 40 s are held, and all that the media element says is noted.
 */
const INIT = `
  for (const name of new URLSearchParams(location.search).getAll('without')) {
    Object.defineProperty(window, name, { value: undefined });
  }
  window.refusals = 0;
  window.removals = 0;
  const { appendBuffer, remove } = SourceBuffer.prototype;
  const full = Number(new URLSearchParams(location.search).get('full') ?? Infinity);
  SourceBuffer.prototype.appendBuffer = function (bytes) {
    let held = 0;
    for (let at = 0; at < this.buffered.length; at += 1) held += this.buffered.end(at) - this.buffered.start(at);
    if (held <= full) return appendBuffer.call(this, bytes);
    window.refusals += 1;
    throw new DOMException('the test says it is full', 'QuotaExceededError');
  };
  SourceBuffer.prototype.remove = function (start, end) {
    window.removals += 1;
    return remove.call(this, start, end);
  };
  window.noted = [];
  for (const type of ['playing', 'pause', 'waiting', 'seeked', 'ended', 'error', 'emptied']) {
    document.addEventListener(type, ({ target }) => window.noted.push({ type, at: target.currentTime }), true);
  }
`;

/**
 * A browser in front of a site: for all tests of a suite, which close it behind them.
 * @param {import('./browsers.js').Name} name
 * @param {() => ReturnType<typeof openFaultServer>} [openServer]  without: a static host of the site
 */
export async function visit(name, openServer = () => openFaultServer({ mounts: { '/': siteFolder } })) {
  const server = await openServer();
  try {
    server.addInitScript(INIT);
    const browser = await openBrowser(name);
    return { server, browser, page: pageOf(browser, server.origin), close: () => browser.close().finally(server.close) };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/**
 * @param {Browser} browser
 * @param {string} origin
 */
function pageOf(browser, origin) {
  const page = {
    /** Opens the page at the tracks, or at another address; waits until the library is there. */
    async open(address = '#/tracks', state = 'ready') {
      await browser.open('about:blank');
      await browser.open(`${origin}/${address}`);
      await page.becomes('#library', 'state', state);
    },

    /** Leaves the page; nothing of the visit until now is left in the browser's storage. */
    async forget() {
      await browser.open(`${origin}/test/audio.html`);
      await browser.run(() => localStorage.clear());
    },

    /** Presses the row of a track. */
    async press(id) {
      await browser.run((id) => document.querySelector(`.track[data-id="${id}"]`).scrollIntoView({ block: 'center' }), id);
      await (await browser.find(`.track[data-id="${id}"]`)).click();
    },

    /** What the player says of itself. */
    state: () => browser.run(() => ({ ...document.querySelector('#player').dataset })),

    /** What the media element said since the last call. */
    noted: () => browser.run(() => window.noted.splice(0)),

    /** Seconds shown by the seek bar: in the track, not on the element's axis. */
    position: () => browser.run(() => document.querySelector('#seek').valueAsNumber),

    /** Moves the slider as a drag does when it is let go; gives where the page went. */
    seek: (seconds) => browser.run(drag, seconds),

    /** Waits until a data attribute has a value. */
    becomes: (selector, name, value, limit = 20) => browser.run(attributeIs, selector, name, value, limit),

    /** Waits until the player is in a state, plays a track, or sounds in a variant. */
    reaches: (state, limit) => page.becomes('#player', 'state', state, limit),
    plays: (track, limit) => page.becomes('#player', 'track', track, limit),
    soundsIn: (variant, limit) => page.becomes('#player', 'variant', variant, limit),

    /** Waits until the track that plays is past a moment; gives the moment. */
    sounds: (beyond, limit = 20) => browser.run(soundIsBeyond, beyond, limit),

    /** Whether an element is to be seen, and what it says. */
    says: (selector) =>
      browser.run((selector) => {
        const element = document.querySelector(selector);
        return element.checkVisibility() ? element.innerText : null;
      }, selector),
  };
  return page;
}

/** Runs in the page. */
function drag(seconds) {
  const slider = document.querySelector('#seek');
  slider.value = String(seconds);
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  slider.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Runs in the page. */
function attributeIs(selector, name, value, limit) {
  return new Promise((resolve, reject) => {
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
  });
}

/** Runs in the page. */
function soundIsBeyond(beyond, limit) {
  return new Promise((resolve, reject) => {
    const audio = document.querySelector('audio');
    const player = document.querySelector('#player');
    const position = () => document.querySelector('#seek').valueAsNumber;
    const timer = setTimeout(() => {
      const { state, variant } = player.dataset;
      const words = document.querySelector('#problem').innerText;
      reject(new Error(`at ${position()} s, ${state} in ${variant}, not beyond ${beyond} s and playing; ${words}`));
    }, limit * 1000);
    const check = () => {
      if (position() <= beyond || player.dataset.state !== 'playing') return;
      audio.removeEventListener('timeupdate', check);
      clearTimeout(timer);
      resolve(position());
    };
    audio.addEventListener('timeupdate', check);
  });
}
