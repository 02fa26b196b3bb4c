/**
 * A piece that an album cuts in two, at a sample that is no multiple of an access unit, sounds as if it had not been
 * cut: what the page plays is held against the uncut piece's own decode. Both are coded, each with its own frames, so
 * that they differ by what coding costs; but no more at the join than elsewhere, and without a sample more or less.
 * LIBRARY names the demo library, SEGUE the program.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { needs, openBrowser } from './support/browsers.js';
import { openFaultServer } from './support/fault-server.js';
import { compare, describe } from './support/heard.js';
import { RATE, assertWhole, listen } from './support/listening.js';
import { entered, playsBeyond, seek } from './support/playing.js';
import { cut, decodeRendition } from './support/reference.js';
import { readManifest } from './support/site.js';

const LENGTH = 16 * RATE;
const CUT = 8 * RATE + 377;
/** Seconds on either side of the join. */
const AROUND = 1.5;
/** dB that coding twice leaves at least, in each window of 20 ms. */
const CODED = 10;

const run = promisify(execFile);
let folder;
let server;
let uncut;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segue-album-'));
  const [library, site] = [join(folder, 'library'), join(folder, 'site')];
  await mkdir(library);
  const source = await sourceIn(process.env.LIBRARY);
  // By title, the uncut piece comes last.
  await piece(source, join(library, '1.flac'), [0, CUT], { album: 'Cut', title: 'a', track: 1 });
  await piece(source, join(library, '2.flac'), [CUT, LENGTH], { album: 'Cut', title: 'b', track: 2 });
  await piece(source, join(library, '3.flac'), [0, LENGTH], { album: 'Uncut', title: 'c', track: 1 });
  await run(process.env.SEGUE, ['render', library, '-o', site, '-p', 'original', '--normalize', 'album', '--quiet']);
  const { tracks } = JSON.parse(await readFile(join(site, 'catalog.json'), 'utf8'));
  assert.deepEqual(tracks.map(({ title }) => title), ['a', 'b', 'c']);
  uncut = await decodeRendition(await readManifest(tracks[2], 'original', site), site);
  server = await openFaultServer({ mounts: { '/': site } });
});

after(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

for (const name of ['chromium', 'firefox']) {
  test(name, { timeout: 60_000, ...needs(name) }, async (context) => {
    const browser = await openBrowser(name, { sampleRate: RATE });
    context.after(() => browser.close());
    const { heard } = await listen(browser, server.origin, 0, async () => {
      await seek(browser, CUT / RATE - AROUND - 0.5);
      await entered(browser, 1);
      await playsBeyond(browser, CUT / RATE + AROUND);
    });
    const [from, to] = [CUT - AROUND * RATE, CUT + AROUND * RATE];
    const result = compare(heard, cut(uncut, from, to), { snr: CODED });
    context.diagnostic(`SNR ${result.snr.toFixed(1)} dB, worst ${result.worst.snr.toFixed(1)} dB`);
    assertWhole(result, to - from);
    assert.equal(describe(result, RATE), '');
  });
}

/** A lossless piece of the demo library that goes on from start to end. */
async function sourceIn(library) {
  const files = await readdir(library, { recursive: true });
  const found = files.find((file) => file.endsWith('Corner Table.flac'));
  assert.ok(found, `${library} has no Corner Table.flac`);
  return join(library, found);
}

function piece(source, target, [start, end], tags) {
  const filter = `atrim=start_sample=${start}:end_sample=${end},asetpts=PTS-STARTPTS`;
  const named = Object.entries(tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]);
  return run('ffmpeg', ['-v', 'error', '-nostdin', '-i', source, '-map', '0:a', '-map_metadata', '-1', '-af', filter, ...named, target]);
}
