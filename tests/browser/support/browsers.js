/**
 * A browser of each engine, headless behind its W3C WebDriver, with one way of using them. Each has a scratch folder
 * that is its home, its profile and its temporary folder, and a display and a sound daemon of its own where the engine
 * needs them. `close()` ends them all and removes the folder; should the tests die first, they die with them.
 *
 * The console of Chromium is the browser's own, with failed requests and refusals by the Content Security Policy.
 * Those of Firefox and WebKit are what harness/console.js saw in the page since it was opened, so only in pages that
 * the fault server gave: uncaught errors, rejected promises, files that elements could not load, refusals by the
 * policy, console.error and console.warn; nothing of what a worker says.
 */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEVICES } from './devices.js';
import { ENGINES } from './engines.js';
import { openSession } from './webdriver.js';

/** @typedef {import('./engines.js').Name} Name */
/** @typedef {Awaited<ReturnType<typeof openBrowser>>} Browser */

/** All of them, unless BROWSERS names some: `BROWSERS=chromium,webkit make browser-test`. @type {Name[]} */
export const NAMES = process.env.BROWSERS?.split(',') ?? Object.keys(ENGINES);

/**
 * What this machine lacks for these engines, as a sentence; null when they can be opened.
 * @param {...Name} names
 */
export function missing(...names) {
  const programs = Object.assign({}, ...names.map((name) => ENGINES[name].programs()));
  const absent = Object.keys(programs).filter((program) => programs[program] === null);
  if (absent.length === 0) return null;
  return `${absent.join(', ')} ${absent.length === 1 ? 'is' : 'are'} missing (tests/tools/install test)`;
}

/**
 * The options of a test that needs these engines: without them it is skipped, saying why. Where CI is set nobody
 * reads what was left out, so there the test runs, and fails when it opens the browser.
 * @param {...Name} names
 */
export function needs(...names) {
  const reason = missing(...names);
  return reason && !process.env.CI ? { skip: `SKIPPED: ${reason}` } : {};
}

/**
 * @param {Name} name
 * @param {{ sampleRate?: number }} [options]  of the sound card, where the engine needs one
 */
export async function openBrowser(name, { sampleRate = 44_100 } = {}) {
  const reason = missing(name);
  if (reason) throw new Error(`cannot open ${name}: ${reason}`);
  const folder = await mkdtemp(join(tmpdir(), `segue-${name}-`));
  const started = [];
  const end = async () => {
    for (const { end } of started.reverse()) await end();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    return await openIn(folder, name, sampleRate, started, end);
  } catch (error) {
    await end();
    throw error;
  }
}

async function openIn(folder, name, sampleRate, started, end) {
  const engine = ENGINES[name];
  const env = await homeIn(folder);
  for (const device of engine.devices) {
    const opened = await DEVICES[device](folder, env, { sampleRate, rewinds: engine.rewinds ?? true });
    started.push(opened);
    Object.assign(env, opened.variables);
  }
  const speaker = started.map(({ speaker }) => speaker).find(Boolean);
  const driver = await engine.drive(env);
  started.push(driver);
  const session = await openSession(`http://127.0.0.1:${driver.port}`, engine.capabilities(folder));
  return {
    ...session,
    /** @type {Name} */
    name,
    /** @type {string} */
    version: session.capabilities.browserVersion,
    /** Its sound card, which can be listened to; Chromium has none. */
    speaker,
    /** What was said since the last call, see above. */
    console: name === 'chromium' ? session.console : () => session.run(takeConsole),
    close: () => session.close().catch(() => {}).then(end),
  };
}

/** Runs in the page. */
function takeConsole() {
  return globalThis.segueConsole?.splice(0) ?? [];
}

/** Nothing is read from, or left in, the home of whoever runs the tests. */
async function homeIn(folder) {
  const runtime = join(folder, 'runtime');
  await mkdir(runtime, { mode: 0o700 });
  return {
    HOME: folder,
    TMPDIR: folder,
    XDG_RUNTIME_DIR: runtime,
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_DATA_HOME: join(folder, 'data'),
  };
}
