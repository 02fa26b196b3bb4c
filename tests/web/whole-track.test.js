/** A track that the browser plays by itself: what becomes of a position and of a variant that are asked for. The browser is made up. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ApiError } from '../../assets/player/api.js';
import { WholeTrack } from '../../assets/player/whole-track.js';
import { audioElement } from './made-up-browser.js';
import { manifestOf, settled } from './support.js';

const urlOf = (variant) => new URL(`http://site/a/${variant}/manifest.json`);
const item = { id: 'a', variant: 'original', urlOf };

let audio;
let told;
/** Gives what was asked for. @type {Map<string, (variant: string) => void>} */
let asked;

const listener = {
  onManifest: ({ variant }) => told.push(['manifest', variant]),
  onEntered() {},
  onSounding: (variant) => told.push(['sounding', variant]),
  onVariantFailure: (variant, problem) => told.push(['variant failure', variant, problem]),
  onFailure: (problem) => told.push(['failure', problem]),
  onStuck() {},
};
const manifests = ({ pathname }) => {
  const variant = pathname.split('/')[2];
  return new Promise((resolve, reject) =>
    asked.set(variant, (isThere) =>
      isThere ? resolve(manifestOf({ samples: 20 * 44100, variant })) : reject(new ApiError('missing', pathname)),
    ),
  );
};
const open = (startAt = 0) => new WholeTrack(/** @type {any} */ ({ audio, way: 'file', manifests, item, startAt, listener }));
const give = async (variant, isThere = true) => {
  asked.get(variant)(isThere);
  await settled();
};

beforeEach(() => {
  told = [];
  asked = new Map();
  const element = { readyState: 0, buffered: { length: 0 }, src: '', loads: 0, load: () => (audio.loads += 1) };
  audio = Object.assign(audioElement(), element, { hasAttribute: () => audio.src !== '', removeAttribute: () => (audio.src = '') });
});

test('the track before is taken off at once; a position that is asked for meanwhile is kept', async () => {
  audio.src = 'http://site/before/audio.mp4';
  const track = open(3);
  assert.deepEqual([audio.src, audio.loads], ['', 1]);
  assert.equal(track.position, 3);
  track.seek(12);
  await give('original');
  assert.equal(track.position, 12);
  assert.equal(audio.src, 'http://site/a/original/f/audio.mp4');
  audio.dispatchEvent(new Event('loadedmetadata'));
  assert.equal(audio.currentTime, 12);
});

test('while another variant is asked for the one that sounds goes on, and so it does when there is none', async () => {
  const track = open();
  await give('original');
  Object.assign(audio, { readyState: 4, currentTime: 5 });
  track.setVariant('warm');
  audio.currentTime = 7;
  await give('warm');
  assert.equal(track.position, 7);
  audio.dispatchEvent(new Event('loadedmetadata'));
  told.length = 0;
  track.setVariant('bright');
  await give('bright', false);
  assert.deepEqual(told, [['variant failure', 'bright', 'missing']]);
  assert.match(audio.src, /warm/);
});

test('a variant that was no longer wanted fails unheard; a track of which there is nothing fails', async () => {
  const track = open();
  track.setVariant('warm');
  await give('original', false);
  assert.deepEqual(told, []);
  await give('warm', false);
  assert.deepEqual(told, [['failure', 'missing']]);
});
