/** The stream: what a seek, a failure and a change of variant lead to. The browser is made up. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Stream } from '../../assets/player/stream.js';
import { audioElement, makeUpBrowser } from './made-up-browser.js';
import { manifestOf, settled } from './support.js';

const RATE = 44100;
/** Seconds of each track. */
const LENGTHS = { long: 20, short: 3 };

let audio;
/** @type {Stream} */
let stream;

const itemOf = (id, variant = 'original') => ({ id, variant, urlOf: (name) => new URL(`http://site/${id}/${name}/manifest.json`) });
const manifests = async ({ pathname }) => {
  const [, id, variant] = pathname.split('/');
  return manifestOf({ samples: RATE * LENGTHS[id], variant });
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
  stream.follow(itemOf('short'));
  await settled();
  assert.equal(stream.lanes.all.length, 2);
  stream.seek(15);
  assert.equal(stream.position, 15);
  stream.seek(LENGTHS.long);
  assert.ok(stream.position > LENGTHS.long - 0.5 && stream.position < LENGTHS.long, `${stream.position} s`);
});
