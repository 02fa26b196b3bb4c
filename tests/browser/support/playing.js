/**
 * Uses the page as a listener does, by rows, buttons and keys, and waits for what it then shows. Waiting is done in
 * the page: a condition is looked at again whenever the page or its media element changes.
 */

/** @typedef {import('./browsers.js').Browser} Browser */

/** Firefox decodes so many seconds ahead; where nothing is loaded yet its decoder ends, and begins again with a flaw. */
const DECODED_AHEAD = 2.2;

/**
 * Opens the list of all tracks; gives their places in the catalog, in the order of the rows, which is that of the
 * queue once a row is clicked.
 * @param {Browser} browser
 * @param {string} origin
 * @returns {Promise<number[]>}
 */
export async function openTracks(browser, origin) {
  await browser.open(`${origin}/`);
  await until(browser, () => document.querySelector('#library').dataset.state === 'ready');
  await (await browser.find('[data-view="tracks"]')).click();
  await until(browser, () => document.querySelector('#tracks .track') !== null);
  return browser.run(() => Array.from(document.querySelectorAll('#tracks .track'), (row) => Number(row.dataset.index)));
}

/**
 * Clicks on a track's row and waits until the page says that it plays.
 * @param {Browser} browser
 * @param {number} index  in the catalog
 */
export async function playTrack(browser, index) {
  await (await browser.find(`#tracks .track[data-index="${index}"]`)).click();
  await until(browser, (index) => {
    const { state, index: current } = document.querySelector('#player').dataset;
    return state === 'playing' && current === index;
  }, String(index));
}

/**
 * Lets the slider go at a moment of the track, as a drag does; resolves when the media element is there.
 * @param {Browser} browser
 * @param {number} seconds
 */
export function seek(browser, seconds) {
  return browser.run(async (seconds) => {
    const slider = document.querySelector('#seek');
    const seeked = new Promise((resolve) => document.querySelector('audio').addEventListener('seeked', resolve, { once: true }));
    slider.value = String(seconds);
    for (const type of ['input', 'change']) slider.dispatchEvent(new Event(type, { bubbles: true }));
    await seeked;
  }, seconds);
}

/**
 * Goes to so many seconds before the end of the track, and a little more; plays on when the next track is there, as it
 * is long before for who listens from the start.
 * @param {Browser} browser
 * @param {number} end      seconds
 * @param {number} seconds
 */
export async function seekBeforeEnd(browser, end, seconds) {
  await browser.run(() => document.querySelector('audio').pause());
  await seek(browser, end - seconds - DECODED_AHEAD);
  await until(browser, (end) => {
    const { buffered } = document.querySelector('audio');
    return buffered.end(buffered.length - 1) > end + 1;
  }, end);
  await browser.run(() => document.querySelector('audio').play());
}

/** Waits until the sound is past a moment of the media element's axis. */
export const playsBeyond = (browser, seconds) =>
  until(browser, (seconds) => document.querySelector('audio').currentTime > seconds, seconds);

/** Waits until a variant sounds. */
export const sounds = (browser, variant) =>
  until(browser, (variant) => document.querySelector('#player').dataset.variant === variant, variant);

/** Waits until a track of the catalog plays. */
export const entered = (browser, index) =>
  until(browser, (index) => document.querySelector('#player').dataset.index === index, String(index));

/** Seconds on the media element's axis. */
export const currentTime = (browser) => browser.run(() => document.querySelector('audio').currentTime);

/**
 * Waits until a function, which runs in the page and sees only its arguments, gives true.
 * @param {Browser} browser
 * @param {(...args: any[]) => boolean} condition
 */
export function until(browser, condition, ...args) {
  return browser.run(`(...args) => (${watch})(${condition}, ${JSON.stringify(String(condition))}, args)`, ...args);
}

/** Runs in the page. */
function watch(condition, text, args) {
  const LIMIT = 40_000;
  const LOOK_EVERY = 250;
  const EVENTS = ['timeupdate', 'playing', 'pause', 'seeked', 'progress', 'ended', 'volumechange'];
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const observer = new MutationObserver(check);
    const end = (settle, value) => {
      listening.abort();
      observer.disconnect();
      clearTimeout(timer);
      clearInterval(looking);
      settle(value);
    };
    const timer = setTimeout(() => {
      const { currentTime, paused, buffered } = document.querySelector('audio') ?? {};
      const loaded = Array.from({ length: buffered?.length ?? 0 }, (_, at) => [buffered.start(at), buffered.end(at)]);
      const state = { currentTime, paused, loaded, ...document.querySelector('#player')?.dataset };
      end(reject, new Error(`never: ${text} of ${JSON.stringify(args)}, at ${JSON.stringify(state)}`));
    }, LIMIT);
    // What is appended while it is paused need not be told: WebKit may stay silent.
    const looking = setInterval(check, LOOK_EVERY);
    for (const type of EVENTS) document.addEventListener(type, check, { capture: true, signal: listening.signal });
    observer.observe(document, { attributes: true, childList: true, subtree: true });
    check();
    function check() {
      if (condition(...args)) end(resolve);
    }
  });
}
