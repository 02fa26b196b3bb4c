/**
 * ManagedMediaSource, which is all that iPhones have: made here from MediaSource, as the Media Source Extensions
 * (https://w3c.github.io/media-source/#managedmediasource-interface) and WebKit want it. It opens only where nothing
 * can be handed to a remote player, and says when it wants data and when it has enough. SITE names a rendered site.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NAMES, needs } from './support/browsers.js';
import { visit } from './support/page.js';
import { readCatalog, readManifest } from './support/site.js';

const LIMIT = { timeout: 90_000 };

// WebKitGTK's own MediaSource cannot be made into another.
for (const name of NAMES.filter((name) => name !== 'webkit')) {
  test(`${name}: a ManagedMediaSource plays, seeks and follows, fed only when it asks`, { ...LIMIT, ...needs(name) }, async (context) => {
    const [first, second] = (await readCatalog()).tracks;
    const { segments, samples, sample_rate: rate } = await readManifest(first, 'original');
    const { server, browser, page, close } = await visit(name);
    context.after(close);
    server.addInitScript(`(${manageSources})()`);

    await page.open();
    await page.press(first.id);
    await page.sounds(0.5);
    assert.equal(await browser.run(() => typeof MediaSource), 'undefined');
    // From here it plays into a segment that was not asked for yet.
    await page.seek(segments[1].start / rate + 0.5);
    await page.sounds(segments[2].start / rate + 0.3);
    await page.seek(45);
    await page.sounds(45.3);
    await page.seek(samples / rate - 3);
    await page.plays(second.id);
    await page.sounds(0.3);

    const told = await browser.run(() => window.told);
    const spans = told.join(' ').split('end').slice(1);
    const unasked = spans.map((span) => span.split('start')[0].trim());
    assert.deepEqual(unasked, unasked.map(() => ''), told.join(' '));
    assert.ok(spans.filter((span) => /start.*fetch/.test(span)).length >= 3, told.join(' '));
  });
}

/** Runs in the page. Notes in which order data was asked for, fetched, and enough. */
function manageSources() {
  /** It asks for data with less than so many seconds ahead, and has enough with so many. */
  const [LOW, HIGH] = [5, 10];
  const Plain = window.MediaSource;
  const { fetch } = window;
  window.told = [];
  window.fetch = (address, options) => {
    if (String(address).endsWith('.m4s')) window.told.push('fetch');
    return fetch(address, options);
  };
  Object.defineProperty(window, 'MediaSource', { value: undefined });
  window.ManagedMediaSource = class ManagedMediaSource extends Plain {
    streaming = false;

    constructor() {
      super();
      this.addEventListener('sourceopen', (event) => {
        const audio = document.querySelector('audio');
        if (!audio.disableRemotePlayback) return event.stopImmediatePropagation();
        for (const type of ['timeupdate', 'seeking']) audio.addEventListener(type, () => this.#look(audio));
        this.#look(audio);
      });
    }

    addSourceBuffer(type) {
      const buffer = super.addSourceBuffer(type);
      buffer.addEventListener('updateend', () => this.#look(document.querySelector('audio')));
      return buffer;
    }

    #look({ buffered, currentTime }) {
      if (this.readyState === 'closed') return;
      let ahead = 0;
      for (let at = 0; at < buffered.length; at += 1) {
        if (buffered.start(at) <= currentTime && currentTime < buffered.end(at)) ahead = buffered.end(at) - currentTime;
      }
      if (this.streaming ? ahead < HIGH : ahead >= LOW) return;
      this.streaming = !this.streaming;
      window.told.push(this.streaming ? 'start' : 'end');
      this.dispatchEvent(new Event(this.streaming ? 'startstreaming' : 'endstreaming'));
    }
  };
}
