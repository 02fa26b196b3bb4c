/**
 * A piece that an album cuts in two, at a sample that is no multiple of an access unit, sounds as if it had not been
 * cut, also where its second part has another sample rate: what the page plays is held against the uncut piece's own
 * decode. Both are coded, each with its own frames, so that they differ by what coding costs; but no more at the join
 * than elsewhere, and without a sample more or less. LIBRARY names the demo library, SEGUE the program.
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
import { entered, playsBeyond, seekBeforeEnd } from './support/playing.js';
import { cut, decodeRendition } from './support/reference.js';
import { readManifest } from './support/site.js';

const LENGTH = 16 * RATE;
const CUT = 8 * RATE + 377;
/** A whole number of samples in the other rate as well. */
const CUT_OF_TWO_RATES = 8 * RATE + 441;
const OTHER_RATE = 48_000;
/** Seconds on either side of the join. */
const AROUND = 1.5;
/** dB that coding twice leaves at least, in each window of 20 ms. */
const CODED = 10;
/** Seconds on either side of the join that are held against the rest, and by how many dB they may be worse. */
const AT_JOIN = 0.1;
const WORSE = 3;

const run = promisify(execFile);
let folder;
let server;
let uncut;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segue-album-'));
  const [library, site] = [join(folder, 'library'), join(folder, 'site')];
  await mkdir(library);
  const source = await sourceIn(process.env.LIBRARY);
  const piece = (name, range, tags, rate) => cutOut(source, join(library, `${name}.flac`), range, { ...tags, title: name }, rate);
  await piece('a', [0, CUT], { album: 'Cut', track: 1 });
  await piece('b', [CUT, LENGTH], { album: 'Cut', track: 2 });
  await piece('c', [0, CUT_OF_TWO_RATES], { album: 'Cut, of two rates', track: 1 });
  await piece('d', [CUT_OF_TWO_RATES, LENGTH], { album: 'Cut, of two rates', track: 2 }, OTHER_RATE);
  await piece('e', [0, LENGTH], { album: 'Uncut', track: 1 });
  await run(process.env.SEGUE, ['render', library, '-o', site, '-p', 'original', '--normalize', 'album', '--quiet']);
  const { tracks } = JSON.parse(await readFile(join(site, 'catalog.json'), 'utf8'));
  assert.deepEqual(tracks.map(({ title }) => title), ['a', 'b', 'c', 'd', 'e']);
  uncut = await decodeRendition(await readManifest(tracks[4], 'original', site), site);
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
    const check = (what, ...how) => context.test(what, (context) => soundsUncut(browser, context, ...how));
    await check('cut in two', 0, CUT);
    await check('cut in two, from 44.1 to 48 kHz', 2, CUT_OF_TWO_RATES);
  });
}

/**
 * @param {number} first  the first part, by its place in the catalog; the second follows it
 * @param {number} place  where it ends, in samples
 */
async function soundsUncut(browser, context, first, place) {
  const { heard } = await listen(browser, server.origin, first, async () => {
    await seekBeforeEnd(browser, place / RATE, AROUND + 0.5);
    await entered(browser, first + 1);
    await playsBeyond(browser, place / RATE + AROUND);
  });
  await browser.open('about:blank');
  const [from, to] = [place - AROUND * RATE, place + AROUND * RATE];
  const result = compare(heard, cut(uncut, from, to), { snr: CODED });
  context.diagnostic(`SNR ${result.snr.toFixed(1)} dB, worst ${result.worst.snr.toFixed(1)} dB`);
  assertWhole(result, to - from);
  assert.equal(describe(result, RATE), '');
  const [near, before, behind] = [
    [place - AT_JOIN * RATE, place + AT_JOIN * RATE],
    [from, place - AT_JOIN * RATE],
    [place + AT_JOIN * RATE, to],
  ].map(([start, end]) => compare(heard, cut(uncut, start, end), { snr: CODED, lag: result.lag + start - from }).snr);
  context.diagnostic(`SNR ${before.toFixed(1)} dB before the join, ${near.toFixed(1)} dB at it, ${behind.toFixed(1)} dB behind it`);
  assert.ok(near > Math.min(before, behind) - WORSE, `${near} dB at the join`);
}

/** A lossless piece of the demo library that goes on from start to end. */
async function sourceIn(library) {
  const files = await readdir(library, { recursive: true });
  const found = files.find((file) => file.endsWith('Corner Table.flac'));
  assert.ok(found, `${library} has no Corner Table.flac`);
  return join(library, found);
}

function cutOut(source, target, range, tags, rate = RATE) {
  const [start, end] = range.map((sample) => (sample * rate) / RATE);
  const filter = `aresample=${rate},atrim=start_sample=${start}:end_sample=${end},asetpts=PTS-STARTPTS`;
  const named = Object.entries(tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]);
  return run('ffmpeg', ['-v', 'error', '-nostdin', '-i', source, '-map', '0:a', '-map_metadata', '-1', '-af', filter, ...named, target]);
}
