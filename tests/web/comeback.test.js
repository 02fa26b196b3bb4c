/** What comes back after a reload, or from a link, to a page whose library may still grow. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createComeback } from '../../assets/player/comeback.js';
import { EMPTY_QUEUE } from '../../assets/player/queue.js';
import { keepSession, sessionOf } from '../../assets/player/storage.js';
import { createStore, initialState } from '../../assets/player/store.js';

const trackOf = (id) => ({ id, duration: 60, variants: { original: '' } });
const ALL = ['a', 'b', 'c', 'd'];
const PRESETS = [{ name: 'original', description: '' }, { name: 'warm', description: '' }];
const saved = sessionOf({
  ...initialState,
  tracks: ALL.map(trackOf),
  queue: { items: [3, 0, 2], at: 1, natural: [2, 0, 1], repeat: 'all' },
  position: 12.5,
  volume: 0.5,
  side: 'mastered',
  mastered: 'warm',
});

/** A page as far as it is needed: what its player was asked for, and what it keeps. */
function pageWith(session, moment = null) {
  const store = createStore();
  const prepared = [];
  let kept = null;
  const arrivals = [];
  const player = {
    queueUp: (items, at) => store.dispatch({ type: 'queue/changed', queue: { ...store.getState().queue, items, at } }),
    prepare: (position) => prepared.push([idsOf().at(store.getState().queue.at), position]),
  };
  const idsOf = () => store.getState().queue.items.map((item) => store.getState().tracks[item].id);
  const comeback = createComeback({ store, player, onArrival: () => arrivals.push(idsOf().length) });
  globalThis.addEventListener = () => {};
  comeback.expect(session, moment);
  keepSession({ read: () => null, write: (name, value) => (kept = value) }, store, comeback.session);
  return {
    store, prepared, idsOf, arrivals,
    kept: () => kept,
    async knows(ids, isWhole) {
      store.dispatch({ type: 'library/loaded', tracks: ids.map(trackOf), presets: PRESETS, onDemand: true });
      comeback.attempt(isWhole);
      await null;
    },
    async dispatch(action) {
      store.dispatch(action);
      await null;
    },
  };
}

test('the queue waits for its tracks; what needs none comes at once', async () => {
  const { store, knows, prepared, idsOf, kept, dispatch } = pageWith(saved);
  await knows(['a', 'b'], false);
  const { volume, side, mastered, queue } = store.getState();
  assert.deepEqual([volume, side, mastered, queue.repeat, queue.natural], [0.5, 'mastered', 'warm', 'all', []]);
  assert.deepEqual([idsOf(), prepared], [[], []]);
  await dispatch({ type: 'volume/changed', volume: 0.25, muted: false });
  assert.deepEqual(kept(), { ...saved, volume: 0.25 }, 'what was saved is not lost meanwhile');
  await knows(ALL, false);
  assert.deepEqual(idsOf(), ['d', 'a', 'c']);
  assert.deepEqual(store.getState().queue.natural, [2, 0, 1]);
  assert.deepEqual(prepared, [['a', 12.5]]);
});

test('when the library is known what is there of the queue comes back', async () => {
  const { knows, prepared, idsOf } = pageWith(saved);
  await knows(['a', 'b'], false);
  await knows(['a', 'b', 'd'], true);
  assert.deepEqual([idsOf(), prepared], [['d', 'a'], [['a', 12.5]]]);
});

test('who plays something meanwhile is not disturbed', async () => {
  const { store, knows, prepared, idsOf, kept, dispatch } = pageWith(saved, { id: 'd', time: 3, variant: null });
  await knows(['a', 'b'], false);
  await dispatch({ type: 'queue/changed', queue: { ...EMPTY_QUEUE, items: [1], at: 0 } });
  assert.deepEqual(kept().queue, ['b']);
  await knows(ALL, true);
  assert.deepEqual([idsOf(), prepared], [['b'], []]);
  store.dispatch({ type: 'queue/changed', queue: EMPTY_QUEUE });
  await knows(ALL, true);
  assert.deepEqual(idsOf(), [], 'nor later');
});

test('a link outranks the queue, and waits for its track', async () => {
  const { knows, prepared, arrivals } = pageWith(saved, { id: 'd', time: 3, variant: null });
  await knows(['a', 'c'], false);
  assert.deepEqual([prepared, arrivals], [[], []]);
  await knows(ALL, false);
  assert.deepEqual([prepared, arrivals], [[['d', 3]], [4]]);
  await knows(ALL, true);
  assert.equal(prepared.length, 1);
});

test('a link to a track that is not here leads to the queue that there was', async () => {
  const { knows, prepared } = pageWith(saved, { id: 'z', time: 3, variant: null });
  await knows(ALL, false);
  assert.deepEqual(prepared, []);
  await knows(ALL, true);
  assert.deepEqual(prepared, [['a', 12.5]]);
});

test('a preset that is no more is not asked for', async () => {
  const { store, knows } = pageWith({ ...saved, mastered: 'mine' });
  await knows(ALL, true);
  assert.equal(store.getState().mastered, 'warm');
});
