/** What survives a reload. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_QUEUE, currentOf, unshuffled } from '../../assets/player/queue.js';
import { queueOf, readSession, sessionOf } from '../../assets/player/storage.js';
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

test('a session that does not fit is as if it were not there', () => {
  const good = { ...sessionOf(state({ items: [4, 2, 9], at: 1, natural: [1, 0, 2] })) };
  const read = (session) => readSession({ read: () => JSON.parse(JSON.stringify(session)), write() {} });
  assert.deepEqual(read(good), good);
  const { queue, natural, volume, version, ...rest } = good;
  const misfits = [
    null, 7, 'session', [], {},
    // As it was kept when it had no version.
    { ...rest, queue, natural: ['t2', 't4', 't9'], volume },
    { ...good, version: version + 1 },
    { ...rest, version, natural, volume },
    ...[null, 'queue', {}, [1, 2, 3], [null]].map((queue) => ({ ...good, queue })),
    ...[null, 'one', 0.5, -2, 3].map((at) => ({ ...good, at })),
    ...[undefined, 'queue', [0, 1], [0, 1, 1], [0, 1, 3], ['a', 'b', 'c']].map((natural) => ({ ...good, natural })),
    ...[null, 'loud', -1, 1.5].map((volume) => ({ ...good, volume })),
    ...[{ repeat: 'twice' }, { position: null }, { position: -1 }, { muted: 0 }, { side: 'b' }, { mastered: null }].map((change) => ({ ...good, ...change })),
  ];
  for (const misfit of misfits) assert.equal(read(misfit), null, JSON.stringify(misfit));
});
