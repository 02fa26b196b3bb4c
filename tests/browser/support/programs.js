/**
 * Where the programs are that the tests drive: on the path, where tests/tools/install puts what Debian does not have,
 * or where an environment variable says (CHROMIUM, CHROMEDRIVER, FIREFOX, GECKODRIVER, WEBKITWEBDRIVER, MINIBROWSER).
 */

import { accessSync, constants, readdirSync } from 'node:fs';
import { basename, delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const installed = fileURLToPath(new URL('../../../target/tools/bin', import.meta.url));

/**
 * The path of the first of these that is there; null when none is. The variable is the first name in capitals: a path,
 * or another name.
 * @param {...string} names
 */
export function find(...names) {
  const named = process.env[names[0].toUpperCase()];
  const folders = [...(process.env.PATH ?? '').split(delimiter), installed];
  const wanted = named ? [named] : names;
  return wanted.flatMap((name) => folders.map((folder) => resolve(folder, name))).find(isExecutable) ?? null;
}

/** WebKitGTK's small browser stands beside its library: in `/usr/lib/<architecture>/webkit2gtk-<version>`, or alike. */
export function findMiniBrowser() {
  if (process.env.MINIBROWSER) return process.env.MINIBROWSER;
  const roots = ['/usr/libexec', '/usr/lib64', ...entries('/usr/lib')];
  const folders = roots.flatMap(entries).filter((folder) => /\/webkit2?gtk-[\d.]+$/.test(folder));
  return folders.map((folder) => join(folder, 'MiniBrowser')).find(isExecutable) ?? null;
}

/** A plug-in of GStreamer, by which WebKitGTK plays. @param {string} name */
export function findGStreamerPlugin(name) {
  const roots = ['/usr/lib', '/usr/lib64', ...entries('/usr/lib')];
  return roots.flatMap((root) => entries(join(root, 'gstreamer-1.0'))).find((path) => basename(path) === `libgst${name}.so`) ?? null;
}

function entries(folder) {
  try {
    return readdirSync(folder).map((entry) => join(folder, entry));
  } catch {
    return [];
  }
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
