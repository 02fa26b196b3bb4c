/**
 * The part of W3C WebDriver (https://www.w3.org/TR/webdriver2/) that the tests use, over `fetch`.
 * Waiting is done inside the page, by scripts that return a promise: nothing here polls or sleeps.
 */

/** The key under which WebDriver hands out elements. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

export const KEYS = {
  enter: '\uE007',
  alt: '\uE00A',
  escape: '\uE00C',
  space: ' ',
  pageUp: '\uE00E',
  pageDown: '\uE00F',
  end: '\uE010',
  home: '\uE011',
  arrowLeft: '\uE012',
  arrowUp: '\uE013',
  arrowRight: '\uE014',
  arrowDown: '\uE015',
  delete: '\uE017',
};

/**
 * @param {string} driver        address of the driver
 * @param {object} capabilities  what the browser must be
 */
export async function openSession(driver, capabilities) {
  const created = await send('POST', `${driver}/session`, { capabilities: { alwaysMatch: capabilities } });
  const session = `${driver}/session/${created.sessionId}`;
  const command = (method, path, body) => send(method, session + path, body);
  await command('POST', '/timeouts', { script: 60_000, pageLoad: 30_000 });
  const run = (script, ...args) => command('POST', '/execute/sync', { script: `return (${script})(...arguments)`, args });

  return {
    /** What the browser says of itself. */
    capabilities: created.capabilities,
    open: (url) => command('POST', '/url', { url }),
    reload: () => command('POST', '/refresh', {}),
    /**
     * Runs a function in the page and gives what it returns, or what its promise gives. It sees only its arguments.
     * @param {Function} script
     */
    run,
    /** @param {string} selector  CSS */
    async find(selector) {
      const found = await command('POST', '/element', { using: 'css selector', value: selector });
      return elementOf(command, found);
    },
    /** Sends keys to what has the focus. */
    press: (...keys) => command('POST', '/actions', { actions: [keySource(keys.map((key) => [key]))] }),
    /** Holds the keys down together. */
    chord: (...keys) => command('POST', '/actions', { actions: [keySource([keys])] }),
    /** Clicks at a place of the window, in CSS pixels. */
    clickAt: (x, y) => command('POST', '/actions', { actions: [pointerSource([move([x, y]), DOWN, UP])] }),
    /** Presses at the first of these places of the window, and draws over the others without letting go. */
    drag: (first, ...others) => command('POST', '/actions', { actions: [pointerSource([move(first), DOWN, ...others.map(move)])] }),
    /** Lets go of what is dragged. */
    letGo: () => command('POST', '/actions', { actions: [pointerSource([UP])] }),
    /** Resizes the window, and waits until the page has the width that the browser gave it (at least its own smallest). */
    async setSize(width, height) {
      const rect = await command('POST', '/window/rect', { width, height });
      await run(untilWide, rect.width);
    },
    /** A PNG, in base64. */
    screenshot: () => command('GET', '/screenshot'),
    /** What was written to the console since the last call (Chromium only). */
    console: () => command('POST', '/se/log', { type: 'browser' }),
    /** A command of the DevTools protocol (Chromium only). */
    devTools: (cmd, params = {}) => command('POST', '/goog/cdp/execute', { cmd, params }),
    close: () => command('DELETE', ''),
  };
}

/** Runs in the page. @param {number} width */
async function untilWide(width) {
  while (innerWidth !== width) await new Promise((resolve) => addEventListener('resize', resolve, { once: true }));
}

function elementOf(command, found) {
  const path = `/element/${found[ELEMENT]}`;
  return {
    click: () => command('POST', `${path}/click`, {}),
    type: (text) => command('POST', `${path}/value`, { text }),
    text: () => command('GET', `${path}/text`),
    rect: () => command('GET', `${path}/rect`),
    isDisplayed: () => command('GET', `${path}/displayed`),
  };
}

/** @param {string[][]} chords  one after the other */
function keySource(chords) {
  const moves = (type, keys) => keys.map((value) => ({ type, value }));
  const actions = chords.flatMap((keys) => [...moves('keyDown', keys), ...moves('keyUp', [...keys].reverse())]);
  return { type: 'key', id: 'keyboard', actions };
}

const DOWN = { type: 'pointerDown', button: 0 };
const UP = { type: 'pointerUp', button: 0 };

/** @param {[number, number]} place */
function move([x, y]) {
  return { type: 'pointerMove', origin: 'viewport', x: Math.round(x), y: Math.round(y), duration: 0 };
}

function pointerSource(actions) {
  return { type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions };
}

async function send(method, url, body) {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value.error}: ${value.message}`);
  return value;
}
