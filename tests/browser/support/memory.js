/** How much memory the process takes that shows a page in Chromium. */

import { readFile, readdir } from 'node:fs/promises';

/**
 * Bytes that belong to this process alone (Private_Clean and Private_Dirty of smaps_rollup, proc(5)), after the page's
 * garbage was collected: what is shared with Chromium's other processes is its program, not the page.
 * @param {import('./browsers.js').Browser} browser
 */
export async function privateBytes(browser) {
  await browser.devTools('HeapProfiler.collectGarbage');
  const profile = browser.capabilities.chrome.userDataDir;
  const processes = await allProcesses();
  const main = processes.find(({ command }) => command.includes(`--user-data-dir=${profile}`) && !command.includes('--type='));
  if (!main) throw new Error(`no process of Chromium has the profile ${profile}`);
  const renderers = processes.filter((each) => each.command.includes('--type=renderer') && descends(each, main, processes));
  // A spare one stands by, which has no page.
  return Math.max(...(await Promise.all(renderers.map(privateOf))));
}

async function allProcesses() {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = async (pid) => {
    const [command, stat] = await Promise.all([readFile(`/proc/${pid}/cmdline`, 'utf8'), readFile(`/proc/${pid}/stat`, 'utf8')]);
    // The name before it is in parentheses and may hold anything.
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    return { pid, parent, command: command.replaceAll('\0', ' ') };
  };
  // Some end while they are looked at.
  return (await Promise.all(pids.map((pid) => read(pid).catch(() => null)))).filter(Boolean);
}

function descends(process, ancestor, processes) {
  for (let each = process; each; each = processes.find(({ pid }) => pid === each.parent)) {
    if (each.pid === ancestor.pid) return true;
  }
  return false;
}

async function privateOf({ pid }) {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const sizes = Array.from(rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm), ([, size]) => Number(size));
  return 1024 * sizes.reduce((sum, size) => sum + size, 0);
}
