/**
 * What is heard: the page is used as by a listener, what it plays is recorded, and held against ffmpeg's decode of the
 * renditions. Across segments and from track to track no sample may be missing, doubled or out of place; where another
 * mastering takes over nothing may click. The same checks must find a segment that was left out, and a track that is
 * placed 64 samples off: so the page is broken on purpose, too.
 *
 * SITE names a rendered site with two stereo tracks of 44.1 kHz that follow each other, in `original` and `adaptive`.
 */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { NAMES, needs, openBrowser } from './support/browsers.js';
import { openFaultServer } from './support/fault-server.js';
import { changeOver, compare, describe, excessAbove8k } from './support/heard.js';
import { RATE, assertExact, assertNoClick, assertWhole, listen } from './support/listening.js';
import { currentTime, entered, playsBeyond, seek, seekBeforeEnd, sounds } from './support/playing.js';
import { concatenated, cut, decodeRendition, scaled } from './support/reference.js';
import { readCatalog, readManifest, siteFolder } from './support/site.js';

const LIMIT = { timeout: 180_000 };
const UNIT = 1024;
/** Seconds that are heard before and behind what is looked at. */
const AROUND = 1.2;
/** Of so many first seconds a part is silent; of a plain media element as well. */
const WARM_UP = { chromium: 0, firefox: 0.1 };
/** A decoder that begins in the middle needs a moment, and so does a sound card. */
const AFTER_SEEK = 0.5;
/** Seconds in which the volume follows when another variant sounds. */
const SETTLED = 0.5;
/** So many seconds of what takes over are heard. Firefox has decoded two seconds ahead, and plays that first. */
const UNTIL_HEARD = { chromium: 1.5, firefox: 3 };
/** So many seconds after it is there another preset is heard. */
const TAKES_OVER_WITHIN = { chromium: 1, firefox: 3 };

let presets;
/** Two that follow each other. */
let tracks;

before(async () => {
  const catalog = await readCatalog();
  presets = catalog.presets.map(({ name }) => name);
  const manifests = await Promise.all(catalog.tracks.map((track) => readManifest(track, 'original')));
  const fits = ({ channels, sample_rate: rate, segments }) => channels === 2 && rate === RATE && segments.length > 4;
  // The last two are one concert, loud where they join: in a silence no sample would be missed.
  const first = manifests.findLastIndex((_, index) => manifests.slice(index, index + 2).filter(fits).length === 2);
  assert.ok(first >= 0, 'the site needs two stereo tracks of 44.1 kHz that follow each other');
  tracks = await Promise.all([first, first + 1].map((index) => trackOf(catalog.tracks[index], index)));
});

async function trackOf(track, index) {
  const rendition = async (variant) => {
    const manifest = await readManifest(track, variant);
    return { manifest, sound: await decodeRendition(manifest), lufs: manifest.loudness.integrated_lufs };
  };
  return { index, original: await rendition('original'), adaptive: await rendition('adaptive') };
}

for (const name of NAMES) {
  test(name, { ...LIMIT, ...needs(name) }, async (context) => {
    const browser = await openBrowser(name, { sampleRate: RATE });
    context.after(() => browser.close());
    const check = (what, run) => context.test(what, (context) => run(browser, context));
    await check('across three joins of segments nothing is missing, doubled or out of place', acrossSegments);
    await check('from one track to the next nothing is missing, doubled or out of place', acrossTracks);
    // WebKitGTK plays again what it had queued when a variant takes over, with some milliseconds of silence.
    if (name === 'webkit') return;
    await check('another preset takes over without a click', presetChange);
    await check('original and mastered are compared without a click, and equally loud', comparison);
    await check('a segment that was left out is found', withoutASegment);
    await check('a track that is 64 samples off is found', trackOff);
  });
}

async function acrossSegments(browser, context) {
  const [{ original }] = tracks;
  const { segments } = original.manifest;
  const [from, end] = [segments[1].start - AROUND * RATE, segments[3].start + AROUND * RATE];
  const act = async () => {
    await seek(browser, from / RATE - AFTER_SEEK);
    await playsBeyond(browser, end / RATE);
  };
  const { heard } = await listenTo(browser, act);
  assertExact(compare(heard, cut(original.sound, from, end)), end - from, context);
}

async function acrossTracks(browser, context) {
  const { result, samples, join } = await listenAcrossTracks(browser);
  if (browser.name !== 'webkit') return assertExact(result, samples, context);
  // It cuts whole access units, and begins a track without the decoder's run-in.
  assertWhole(result, samples);
  const said = describe(result, RATE);
  context.diagnostic(said);
  assert.ok(result.findings.every(({ at, samples }) => samples <= 2 * UNIT && Math.abs(at - join) < 4 * UNIT), said);
}

/** From a little before the end of the first track to a little after the start of the second. */
async function listenAcrossTracks(browser, broken) {
  const [first, second] = tracks.map(({ original }) => original);
  const place = first.manifest.samples;
  const act = async () => {
    await seekBeforeEnd(browser, place / RATE, AROUND + AFTER_SEEK);
    await entered(browser, tracks[1].index);
    await playsBeyond(browser, place / RATE + AROUND);
  };
  const { heard } = await listenTo(browser, act, broken);
  const [from, to] = [place - AROUND * RATE, place + AROUND * RATE].map(Math.floor);
  const whole = concatenated(first.sound, cut(second.sound, 0, 2 * AROUND * RATE));
  return { result: compare(heard, cut(whole, from, to)), samples: to - from, join: place - from };
}

async function presetChange(browser, context) {
  const [{ original, adaptive }] = tracks;
  let there;
  const act = async () => {
    await playsBeyond(browser, AROUND);
    await browser.press(String(presets.indexOf('adaptive') + 1));
    await sounds(browser, 'adaptive');
    await playsBeyond(browser, (await currentTime(browser)) + UNTIL_HEARD[browser.name]);
    there = await browser.run(() => window.adaptiveThereAt);
  };
  const { heard, end } = await listenTo(browser, act, NOTE_ADAPTIVE);
  const parts = [original, adaptive].map(({ sound }) => cut(sound, 0, end));
  const from = WARM_UP[browser.name] * RATE;
  const lag = compare(heard, cut(parts[0], from, RATE)).lag - from;
  const change = changeOver(heard, parts, lag);
  const wait = change / RATE - there;
  context.diagnostic(`sounds from ${(change / RATE).toFixed(3)} s on, ${wait.toFixed(3)} s after it was there`);
  assert.ok(wait > 0 && wait < TAKES_OVER_WITHIN[browser.name], `${wait} s`);
  assertPart(heard, parts[0], lag, from, change - 2 * UNIT);
  assertPart(heard, parts[1], lag, change + 2 * UNIT, end);
  assertNoClick(excessAbove8k(heard, parts, lag).filter(({ at }) => at >= from), context);
}

/** The first switch begins to match the loudness, the second goes between what is matched. */
async function comparison(browser, context) {
  const [{ original, adaptive }] = tracks;
  const act = async () => {
    await playsBeyond(browser, AROUND);
    for (const variant of ['adaptive', 'original']) {
      await browser.press('b');
      await sounds(browser, variant);
      await playsBeyond(browser, (await currentTime(browser)) + UNTIL_HEARD[browser.name]);
    }
  };
  const { heard, end } = await listenTo(browser, act);
  const parts = [original, adaptive].map(({ sound }) => cut(sound, 0, end));
  const from = WARM_UP[browser.name] * RATE;
  const lag = compare(heard, cut(parts[0], from, RATE)).lag - from;
  const softer = Math.min(original.lufs, adaptive.lufs);
  const [first, second] = [original, adaptive].map(({ lufs }, index) => scaled(parts[index], softer - lufs));
  const back = changeOver(heard, [second, first], lag);
  const there = changeOver(heard, [parts[0], cut(second, 0, back)], lag);
  context.diagnostic(`adaptive from ${(there / RATE).toFixed(3)} s to ${(back / RATE).toFixed(3)} s`);
  const settled = SETTLED * RATE;
  // The volume changes with the sound, not before it.
  assertPart(heard, parts[0], lag, from, there - settled);
  assertPart(heard, second, lag, there + settled, back - settled);
  assertPart(heard, first, lag, back + settled, end);
  const windows = excessAbove8k(heard, parts, lag, { level: 'free' });
  assertNoClick(windows.filter(({ at }) => at >= from), context);
}

async function withoutASegment(browser) {
  const [{ original }] = tracks;
  const [, { start, samples }] = original.manifest.segments;
  const act = async () => {
    await seek(browser, start / RATE - AROUND - AFTER_SEEK);
    await playsBeyond(browser, start / RATE + AROUND);
  };
  const { heard } = await listenTo(browser, act, leaveOut(samples / RATE));
  const result = compare(heard, cut(original.sound, start - AROUND * RATE, start + samples + AROUND * RATE));
  // Firefox plays one access unit more at the hole now and then.
  const missing = new RegExp(`(${samples}|${samples - UNIT}) samples missing at`);
  assert.throws(() => assertExact(result, result.compared), missing);
}

async function trackOff(browser) {
  const { result, samples } = await listenAcrossTracks(browser, placeLater(64 / RATE));
  assert.throws(() => assertExact(result, samples), /6[34] samples inserted/);
}

/** A script that notes where the sound is when the first of `adaptive` is there. */
const NOTE_ADAPTIVE = `{
  const { fetch } = window;
  const append = SourceBuffer.prototype.appendBuffer;
  let asked = false;
  window.fetch = (url, options) => {
    asked ||= /\\/adaptive\\/.*\\.m4s/.test(url);
    return fetch(url, options);
  };
  SourceBuffer.prototype.appendBuffer = function (bytes) {
    // One is fetched and appended at a time: what comes next is what was asked for.
    if (asked) window.adaptiveThereAt ??= document.querySelector('audio').currentTime;
    append.call(this, bytes);
  };
}`;

/**
 * A script that leaves out the second segment, as often as it comes: behind a seek the page misses it, and asks again.
 * What follows it moves up.
 */
const leaveOut = (seconds) => `{
  const append = SourceBuffer.prototype.appendBuffer;
  SourceBuffer.prototype.appendBuffer = function (bytes) {
    const number = (${numberOf})(bytes);
    if (number === 2) return;
    if (number > 2) this.timestampOffset -= ${seconds};
    append.call(this, bytes);
  };
}`;

/** Runs in the page: the number that a media segment has in its `mfhd`, from 1 on; 0 of an init segment. */
function numberOf(bytes) {
  const STYP = 0x73747970;
  const boxes = new DataView(bytes);
  // What is looked for is the last field of the first box in the `moof` that follows.
  return boxes.getUint32(4) === STYP ? boxes.getUint32(boxes.getUint32(0) + 20) : 0;
}

/** A script that places all tracks but the first later. */
const placeLater = (seconds) => `{
  const { get, set } = Object.getOwnPropertyDescriptor(SourceBuffer.prototype, 'timestampOffset');
  Object.defineProperty(SourceBuffer.prototype, 'timestampOffset', {
    get,
    set(value) {
      set.call(this, value > 1 ? value + ${seconds} : value);
    },
  });
}`;

/** @param {string} [script]  watches the page, or breaks it */
async function listenTo(browser, act, script) {
  const server = await openFaultServer({ mounts: { '/': siteFolder } });
  if (script) server.addInitScript(script);
  try {
    return await listen(browser, server.origin, tracks[0].index, act);
  } finally {
    // Else it would complain of requests that nobody answers any more.
    await browser.open('about:blank');
    await server.close();
  }
}

/** That a part is this, where the lag says. */
function assertPart(heard, reference, lag, start, end) {
  assertExact(compare(heard, cut(reference, start, end), { lag: lag + start }), end - start);
}
