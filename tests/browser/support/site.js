/** The site under test: the folder that SITE names, and what its JSON says. */

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

export const siteFolder = resolve(process.env.SITE ?? 'SITE');

const readJson = async (path, site = siteFolder) => JSON.parse(await readFile(join(site, path), 'utf8'));

export async function readCatalog() {
  if (!process.env.SITE) throw new Error('name a rendered site: SITE=folder node --test …');
  return readJson('catalog.json');
}

/** The manifest of a track in its first variant or the one named, with its path. */
export async function readManifest(track, variant = Object.keys(track.variants)[0], site = siteFolder) {
  const path = track.variants[variant];
  return { path, folder: `/${path.slice(0, path.lastIndexOf('/'))}/`, ...(await readJson(path, site)) };
}
