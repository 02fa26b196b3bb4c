/** How loud the two sides of a comparison are played. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLevel, matchingGain } from '../../assets/player/levels.js';
import { EMPTY_QUEUE } from '../../assets/player/queue.js';
import { initialState } from '../../assets/player/store.js';

const rendition = (integrated_lufs) => ({ loudness: { integrated_lufs, range_lu: 5, true_peak_dbtp: -1, measured: true }, applied: null });
const state = (changes) => ({
  ...initialState,
  tracks: [{ id: 'a', duration: 9, variants: { original: 'o', warm: 'w' } }],
  queue: { ...EMPTY_QUEUE, items: [0], at: 0 },
  side: 'mastered',
  mastered: 'warm',
  matched: true,
  playing: 'warm',
  renditions: { original: rendition(-18), warm: rendition(-13) },
  ...changes,
});

test('the louder side is taken down to the softer', () => {
  assert.equal(matchingGain(state({})), -5);
  assert.equal(matchingGain(state({ playing: 'original', side: 'original' })), 0);
  const soft = { original: rendition(-9), warm: rendition(-13) };
  assert.equal(matchingGain(state({ renditions: soft })), 0);
  assert.equal(matchingGain(state({ renditions: soft, playing: 'original' })), -4);
});

test('nothing is changed where nothing is compared, or a loudness is not known', () => {
  assert.equal(matchingGain(state({ matched: false })), 0);
  assert.equal(matchingGain(state({ renditions: { warm: rendition(-13) } })), 0);
  assert.equal(matchingGain(state({ renditions: { original: rendition(null), warm: rendition(-13) } })), 0);
  assert.equal(matchingGain(state({ playing: null })), 0);
});

test('at a track that follows the level stays until both sides of it are known', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const audio = { volume: 1, muted: false, paused: true };
  const level = createLevel(audio);
  const decibels = () => Math.round(2000 * Math.log10(audio.volume)) / 100;
  level.follow(state({}));
  assert.equal(decibels(), -5);
  audio.paused = false;
  for (const renditions of [{}, { warm: rendition(-12) }]) {
    level.follow(state({ renditions }));
    context.mock.timers.tick(2000);
    assert.equal(decibels(), -5);
  }
  level.follow(state({ renditions: { original: rendition(-18), warm: rendition(-12) } }));
  context.mock.timers.tick(2000);
  assert.equal(decibels(), -6);
});
