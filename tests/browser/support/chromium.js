/**
 * A headless Chromium with a folder of its own for profile and scratch files, driven through chromedriver. `close()`
 * ends both and removes the folder; should the tests die first, the driver's process group is killed with them.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openSession } from './webdriver.js';

const FLAGS = [
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

/** CHROMIUM and CHROMEDRIVER name other programs than those on the path. */
export async function openChromium() {
  const folder = await mkdtemp(join(tmpdir(), 'segue-chromium-'));
  const driver = await startDriver(folder);
  try {
    const session = await openSession(driver.address, capabilitiesOf(join(folder, 'profile')));
    const close = () => session.close().catch(() => {}).then(() => end(driver, folder));
    return { ...session, close };
  } catch (error) {
    await end(driver, folder);
    throw error;
  }
}

function capabilitiesOf(profile) {
  const binary = process.env.CHROMIUM ? { binary: process.env.CHROMIUM } : {};
  return {
    browserName: 'chrome',
    'goog:chromeOptions': { ...binary, args: [...FLAGS, `--user-data-dir=${profile}`] },
    'goog:loggingPrefs': { browser: 'ALL' },
  };
}

async function startDriver(folder) {
  const program = process.env.CHROMEDRIVER ?? 'chromedriver';
  const env = { ...process.env, TMPDIR: folder };
  const child = spawn(program, ['--port=0'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'], env });
  const kill = () => killGroup(child);
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const port = await Promise.race([portOf(child), failureOf(child, program)]);
  return { child, address: `http://127.0.0.1:${port}` };
}

/** The driver picks a free port and prints which. */
async function portOf(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const match = /started successfully on port (\d+)/.exec(line);
    if (match) {
      child.stdout.resume();
      return match[1];
    }
  }
  return new Promise(() => {});
}

async function failureOf(child, program) {
  const [reason] = await Promise.race([once(child, 'error'), once(child, 'exit')]);
  throw new Error(`${program} did not start: ${reason?.message ?? `exit code ${reason}`}`);
}

async function end({ child }, folder) {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    killGroup(child);
    await exited;
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
