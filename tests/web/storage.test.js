/** What survives a reload. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_QUEUE, currentOf, unshuffled } from '../../assets/player/queue.js';
import { queueOf, sessionOf } from '../../assets/player/storage.js';
import { initialState } from '../../assets/player/store.js';

const tracks = Array.from({ length: 5000 }, (_, index) => ({ id: `t${index}`, duration: 60, variants: {} }));
const state = (queue) => ({ ...initialState, tracks, position: 12.5, queue: { ...EMPTY_QUEUE, ...queue } });
const reload = (queue, library = tracks) => queueOf(JSON.parse(JSON.stringify(sessionOf(state(queue)))), library);

test('the queue comes back as it was', () => {
  const queue = { items: [4, 2, 9], at: 1, natural: [1, 0, 2], repeat: 'all' };
  assert.deepEqual(reload(queue), queue);
  assert.deepEqual(reload(EMPTY_QUEUE), { ...EMPTY_QUEUE, items: [] });
});

test('in a library that has changed it keeps the tracks that are still there', () => {
  const library = tracks.filter(({ id }) => id !== 't4').toReversed();
  const queue = reload({ items: [4, 2, 9], at: 2 }, library);
  assert.deepEqual(queue.items.map((item) => library[item].id), ['t2', 't9']);
  assert.equal(library[currentOf(queue)].id, 't9');
  assert.equal(reload({ items: [4, 2], at: 0 }, library).at, -1, 'the current one is gone');
  const shuffled = reload({ items: [4, 2, 9, 2], at: 3, natural: [3, 2, 0, 1] }, library);
  assert.deepEqual(unshuffled(shuffled).items.map((item) => library[item].id), ['t2', 't9', 't2']);
  assert.equal(unshuffled(shuffled).at, 0, 'of the same track twice, the one that played');
});

test('of a very long queue a part around the current one is kept', () => {
  const items = tracks.map((_, index) => index);
  const queue = reload({ items, at: 3000 });
  assert.equal(currentOf(queue), 3000);
  assert.equal(queue.items.length, 1000);
  assert.ok(JSON.stringify(sessionOf(state({ items, at: 3000 }))).length < 100_000);
});
