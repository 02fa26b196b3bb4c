/**
 * The three engines: the programs each needs, how its driver is started, and what is asked of the browser.
 * Firefox plays Web Audio only where there is a sound device, WebKitGTK wants a display.
 */

import { createServer } from 'node:net';
import { join } from 'node:path';
import { start } from './processes.js';
import { find, findGStreamerPlugin, findMiniBrowser } from './programs.js';

const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--autoplay-policy=no-user-gesture-required',
  '--window-size=1280,800',
];

/** It plays without a gesture, and asks the network for nothing on its own. */
const FIREFOX_PREFERENCES = {
  'media.autoplay.default': 0,
  'app.normandy.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

/**
 * @typedef {'chromium' | 'firefox' | 'webkit'} Name
 * @typedef {object} Engine
 * @property {() => Record<string, string | null>} programs  where each is; null when it is missing
 * @property {('display' | 'sound')[]} devices
 * @property {boolean} [rewinds]  of its sound card, where it needs one: devices.js says what that is
 * @property {(env: Record<string, string>) => Promise<{ port: number | string, end: () => Promise<void> }>} drive
 * @property {(folder: string) => object} capabilities
 */

/** @type {Record<Name, Engine>} */
export const ENGINES = {
  chromium: {
    programs: () => ({ chromium: find('chromium'), chromedriver: find('chromedriver') }),
    devices: [],
    drive: (env) => driveOnAnyPort('chromedriver', /started successfully on port (\d+)/, env),
    capabilities: (folder) => ({
      browserName: 'chrome',
      'goog:chromeOptions': {
        binary: find('chromium'),
        args: [...CHROMIUM_FLAGS, `--user-data-dir=${join(folder, 'profile')}`],
      },
      'goog:loggingPrefs': { browser: 'ALL' },
    }),
  },
  firefox: {
    programs: () => ({
      firefox: find('firefox', 'firefox-esr'),
      geckodriver: find('geckodriver'),
      pulseaudio: find('pulseaudio'),
      parec: find('parec'),
    }),
    devices: ['sound'],
    rewinds: true,
    drive: (env) => driveOnAnyPort('geckodriver', /Listening on \S+:(\d+)/, env),
    capabilities: () => ({
      browserName: 'firefox',
      'moz:firefoxOptions': {
        binary: find('firefox', 'firefox-esr'),
        args: ['--headless', '--width=1280', '--height=800'],
        prefs: FIREFOX_PREFERENCES,
      },
    }),
  },
  webkit: {
    programs: () => ({
      WebKitWebDriver: find('WebKitWebDriver'),
      MiniBrowser: findMiniBrowser(),
      'gstreamer1.0-libav': findGStreamerPlugin('libav'),
      'gstreamer1.0-alsa': findGStreamerPlugin('alsa'),
      Xvfb: find('Xvfb'),
      pulseaudio: find('pulseaudio'),
      parec: find('parec'),
    }),
    devices: ['display', 'sound'],
    rewinds: false,
    drive: driveWebKit,
    capabilities: () => ({
      'webkitgtk:browserOptions': {
        binary: findMiniBrowser(),
        args: ['--automation', '--autoplay-policy=allow', '--geometry=1280x800'],
      },
    }),
  },
};

/** The driver picks a free port and prints which. */
async function driveOnAnyPort(program, readyWhen, env) {
  const driver = await start(find(program), ['--port=0'], { readyWhen, env });
  return { ...driver, port: driver.match[1] };
}

/** WebKitWebDriver does not print which: it is given one that was free a moment ago. */
async function driveWebKit(env) {
  const port = await freePort();
  const driver = await start(find('WebKitWebDriver'), [`--port=${port}`], { env });
  await Promise.race([answers(`http://127.0.0.1:${port}/status`), driver.failed]);
  return { ...driver, port };
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** There is no event to wait for: connections are refused until the driver listens. */
async function answers(url) {
  for (;;) {
    const response = await fetch(url).catch(() => null);
    if (response) return response.arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
