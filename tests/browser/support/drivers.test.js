/**
 * Each engine can be driven, says what it complains of, and plays a rendition through the fault server under a strict
 * Content Security Policy, recorded to the sample. SITE names a rendered site with a track of two segments or more.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NAMES, needs, openBrowser } from './browsers.js';
import { openFaultServer } from './fault-server.js';
import { compare, describe } from './heard.js';
import { record } from './recorder.js';
import { cut, decodeRendition } from './reference.js';
import { readCatalog, readManifest, siteFolder } from './site.js';
import { KEYS } from './webdriver.js';

const LIMIT = { timeout: 60_000 };
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; media-src blob:; img-src data:";

/** Runs in every page before its scripts. */
const INIT = `
  console.error('said by the page');
  setTimeout(() => { throw new Error('thrown by the page'); });
  addEventListener('click', ({ target }) => (target.textContent = 'pressed'));
`;

let server;
let manifest;
let reference;

before(async () => {
  const { tracks } = await readCatalog();
  const manifests = await Promise.all(tracks.map((track) => readManifest(track)));
  manifest = manifests.find(({ segments, channels }) => segments.length > 1 && channels === 2);
  assert.ok(manifest, 'the site needs a stereo track of two segments or more');
  reference = await decodeRendition(manifest);
  server = await openFaultServer({ mounts: { '/': siteFolder }, headers: { 'Content-Security-Policy': POLICY } });
  server.addInitScript(INIT);
});

after(() => server?.close());

for (const name of NAMES) {
  test(name, { ...LIMIT, ...needs(name) }, async (context) => {
    const sampleRate = manifest.sample_rate;
    const browser = await openBrowser(name, { sampleRate });
    context.after(() => browser.close());
    await browser.open(`${server.origin}/test/audio.html`);

    await context.test('presses, clicks, resizes and takes pictures', () => isDriven(browser));
    await context.test('tells what the page complains of', async () => {
      const said = JSON.stringify(await browser.console());
      assert.match(said, /said by the page/);
      assert.match(said, /thrown by the page/);
      assert.deepEqual(await browser.console(), []);
    });
    await context.test('plays across a join of two segments without a fault', async () => {
      const recorder = await record(browser, { sampleRate });
      const join = manifest.segments[1].start;
      await browser.run(play, mediaOf(manifest), join / sampleRate - 2, join / sampleRate + 1);
      const heard = await recorder.recording();
      // Of WebKitGTK's first third of a second a part is silent: that is its own.
      const around = Math.round(0.8 * sampleRate);
      const result = compare(heard, cut(reference, join - around, join + around));
      context.diagnostic(`${browser.version}: ${result.compared} samples, SNR ${result.snr.toFixed(1)} dB`);
      assert.equal(describe(result, sampleRate), '');
      assert.ok(result.compared > 2 * around - 0.02 * sampleRate, `only ${result.compared} samples were heard`);
      assert.ok(result.snr > 80, `an SNR of ${result.snr} dB`);
      assert.deepEqual(await browser.console(), []);
    });
  });
}

async function isDriven(browser) {
  await browser.setSize(700, 500);
  assert.ok((await browser.run(() => innerWidth)) <= 700);
  assert.match(await browser.screenshot(), /^iVBOR/);
  const button = await browser.find('button');
  await button.click();
  assert.equal(await button.text(), 'pressed');
  const label = (text) => browser.run((text) => (document.querySelector('button').textContent = text), text);
  await label('again');
  const { x, y, width, height } = await button.rect();
  await browser.clickAt(x + width / 2, y + height / 2);
  assert.equal(await button.text(), 'pressed');
  await label('and again');
  await browser.press(KEYS.enter);
  assert.equal(await button.text(), 'pressed');
}

const mediaOf = ({ folder, init, segments, mime, sample_rate }) => ({
  mime,
  offset: -1024 / sample_rate,
  files: [init, segments[0].uri, segments[1].uri].map((uri) => folder + uri),
});

/** Runs in the page. */
async function play({ mime, offset, files }, from, to) {
  const audio = document.querySelector('audio');
  const source = new MediaSource();
  const once = (target, type) => new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
  const opened = once(source, 'sourceopen');
  audio.src = URL.createObjectURL(source);
  await opened;
  const buffer = source.addSourceBuffer(mime);
  buffer.timestampOffset = offset;
  for (const file of files) {
    const bytes = await (await fetch(file)).arrayBuffer();
    const ended = once(buffer, 'updateend');
    buffer.appendBuffer(bytes);
    await ended;
  }
  const ready = once(audio, 'seeked');
  audio.currentTime = from;
  await ready;
  await audio.play();
  while (audio.currentTime < to) await once(audio, 'timeupdate');
  audio.pause();
}
