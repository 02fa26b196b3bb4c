/** The stream: what a seek, a failure and a change of variant lead to. The browser is made up. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ApiError } from '../../assets/player/api.js';
import { Stream } from '../../assets/player/stream.js';
import { audioElement, makeUpBrowser } from './made-up-browser.js';
import { manifestOf, settled } from './support.js';

const RATE = 44100;
/** Seconds of each track. */
const LENGTHS = { long: 20, short: 3, moment: 0.05 };

let audio;
/** @type {Stream} */
let stream;

const itemOf = (id, variant = 'original') => ({ id, variant, urlOf: (name) => new URL(`http://site/${id}/${name}/manifest.json`) });
const manifests = async ({ pathname }) => {
  const [, id, variant] = pathname.split('/');
  return manifestOf({ samples: RATE * LENGTHS[id.replace(/\d+$/, '')], variant });
};
const segments = { init: async () => new ArrayBuffer(8), media: async () => new ArrayBuffer(8), expect() {} };
const listener = { onManifest() {}, onEntered() {}, onSounding() {}, onVariantFailure() {}, onFailure() {}, onStuck() {} };

/** @param {Partial<import('../../assets/player/stream.js').Options>} [changes] */
const open = (changes) => {
  const options = { audio, way: 'mse', manifests, segments, item: itemOf('long'), startAt: 0, listener, ...changes };
  stream = new Stream(/** @type {any} */ (options));
};

beforeEach(() => {
  makeUpBrowser();
  audio = audioElement();
});
afterEach(() => stream.close());

test('a seek before the first sound goes where it was asked to, though a shorter track follows', async () => {
  audio.readyState = 0;
  open();
  stream.follow([itemOf('short')]);
  await settled();
  assert.equal(stream.lanes.all.length, 2);
  stream.seek(15);
  assert.equal(stream.position, 15);
  stream.seek(LENGTHS.long);
  assert.ok(stream.position > LENGTHS.long - 0.5 && stream.position < LENGTHS.long, `${stream.position} s`);
});

test('of each variant an old manifest is read once more, past all caches', async () => {
  const missing = (address) => Promise.reject(new ApiError('missing', address));
  const read = [];
  open({
    // What caches have names files that are gone; of the original there is nothing else.
    manifests: async (address, { fresh = false } = {}) => {
      if (fresh) read.push(address.pathname);
      const manifest = await manifests(address);
      const isThere = fresh && manifest.variant !== 'original';
      return { ...manifest, init: isThere ? 'there/init.mp4' : 'gone/init.mp4' };
    },
    segments: { ...segments, init: ({ manifest }) => (manifest.init.startsWith('gone') ? missing(manifest.init) : segments.init()) },
  });
  await settled();
  stream.redirect();
  await settled();
  assert.deepEqual(read, ['/long/original/manifest.json']);
  assert.equal(stream.pump.failure?.kind, 'missing');
  stream.setVariant('warm');
  await settled();
  assert.deepEqual(read, ['/long/original/manifest.json', '/long/warm/manifest.json']);
  assert.equal(stream.pump.failure, null);
  assert.equal(stream.lanes.variantAt(19), 'warm');
});

test('a manifest that was read again is not taken for that of a variant chosen meanwhile', async () => {
  let give;
  const fresh = new Promise((resolve) => (give = resolve));
  open({
    manifests: (address, { fresh: isFresh = false } = {}) => (isFresh ? fresh : manifests(address)),
    segments: {
      ...segments,
      init: async ({ url }) => {
        if (url.pathname.includes('/original/')) throw new ApiError('missing', url.href);
        return segments.init();
      },
    },
  });
  await settled();
  stream.setVariant('warm');
  await settled();
  give({ ...(await manifests(new URL('http://site/long/original/manifest.json'))), init: 'new/init.mp4' });
  await settled();
  assert.equal(stream.current.manifest.variant, 'warm');
  assert.equal(stream.lanes.variantAt(19), 'warm');
});

test('of short tracks as many are placed as are played within the time that is loaded ahead', async () => {
  open();
  stream.follow(Array.from({ length: 12 }, (_, index) => itemOf(`short${index}`)));
  await settled();
  await settled();
  const { length } = stream.lanes.all;
  const end = LENGTHS.long + 3 * (length - 1);
  assert.ok(end > 48 && end < 60 && length < 13, `${length} tracks, ${end} s`);
  assert.equal(stream.lanes.variantAt(47), 'original');
});

test('what is told anew is placed behind the part of it that stays', async () => {
  open();
  stream.follow(['short1', 'short2', 'short3'].map((id) => itemOf(id)));
  await settled();
  const [, kept] = stream.lanes.all;
  stream.follow(['short1', 'short4'].map((id) => itemOf(id)));
  await settled();
  assert.deepEqual(stream.lanes.all.map(({ item }) => item.id), ['long', 'short1', 'short4']);
  assert.equal(stream.lanes.all[1], kept);
  stream.follow([]);
  await settled();
  assert.equal(stream.lanes.all.length, 1);
});

test('tracks that were over before it was looked are told one after the other', async () => {
  const told = [];
  open({ listener: { ...listener, onEntered: ({ id }) => told.push(id) } });
  stream.follow(['short1', 'short2', 'short3'].map((id) => itemOf(id)));
  await settled();
  audio.currentTime = LENGTHS.long + 2 * LENGTHS.short + 1;
  stream.wake();
  assert.deepEqual(told, ['short1', 'short2', 'short3']);
  assert.equal(stream.position, 1);
});

test('that nothing follows is told before a last track of a moment, once its end is near', async () => {
  open();
  stream.follow([itemOf('moment'), itemOf('short')]);
  await settled();
  audio.currentTime = LENGTHS.long - 1;
  assert.equal(stream.situation().last, false, 'the end of the last is not near');
  stream.follow([itemOf('moment')]);
  assert.equal(stream.situation().last, true);
  stream.follow([itemOf('moment'), itemOf('short')]);
  assert.equal(stream.situation().last, false, 'another is still to be placed');
});
