/** How loud the two sides of a comparison are played. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchingGain } from '../../assets/player/levels.js';
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
