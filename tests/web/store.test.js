/** The store: what the page's state becomes, step by step. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStore, initialState, reduce, variantOf } from '../../assets/player/store.js';

const track = (id, ...variants) => ({
  id,
  duration: 60,
  variants: Object.fromEntries(variants.map((name) => [name, `tracks/${id}/${name}/manifest.json`])),
});
const tracks = [track('a', 'original', 'adaptive'), track('b', 'original', 'warm@50')];

const after = (...actions) => actions.reduce(reduce, initialState);
const loaded = { type: 'library/loaded', tracks, variant: null };
const chosen = { type: 'track/chosen', index: 0, variant: 'original', position: 0 };
const media = (name) => ({ type: `media/${name}` });
const [playing, waiting, paused, ended] = ['playing', 'waiting', 'paused', 'ended'].map(media);

test('a library knows the variants of all its tracks, the first by default', () => {
  const state = after(loaded);
  assert.equal(state.library, 'ready');
  assert.deepEqual(state.variants, ['original', 'adaptive', 'warm@50']);
  assert.equal(state.variant, 'original');
});

test('the variant asked for is taken when some track has it', () => {
  assert.equal(after({ ...loaded, variant: 'warm@50' }).variant, 'warm@50');
  assert.equal(after({ ...loaded, variant: 'loud' }).variant, 'original');
});

test('an empty library is ready and has no variant', () => {
  const state = after({ type: 'library/loaded', tracks: [], variant: 'warm' });
  assert.equal(state.library, 'ready');
  assert.equal(state.variant, null);
});

test('a track without the variant asked for plays in its first', () => {
  assert.equal(variantOf(tracks[0], 'adaptive'), 'adaptive');
  assert.equal(variantOf(tracks[1], 'adaptive'), 'original');
  assert.equal(variantOf(tracks[1], null), 'original');
});

test('choosing a track starts it', () => {
  const state = after(loaded, { ...chosen, position: 7 });
  assert.equal(state.status, 'starting');
  assert.equal(state.current, 0);
  assert.equal(state.duration, 60);
  assert.equal(state.position, 7);
});

test('statuses follow what the media element says', () => {
  const path = [
    [chosen, 'starting'],
    [waiting, 'starting'],
    [playing, 'playing'],
    [waiting, 'buffering'],
    [paused, 'paused'],
    [waiting, 'buffering'],
    [playing, 'playing'],
    [ended, 'ended'],
    [playing, 'playing'],
  ];
  path.reduce((state, [action, status]) => {
    const next = reduce(state, action);
    assert.equal(next.status, status, `after ${action.type}`);
    return next;
  }, after(loaded));
});

test('an error stays until a track is chosen', () => {
  const failed = after(loaded, chosen, { type: 'track/failed', problem: 'missing' }, waiting, paused);
  assert.equal(failed.status, 'error');
  assert.equal(failed.problem, 'missing');
  const again = reduce(failed, chosen);
  assert.equal(again.status, 'starting');
  assert.equal(again.problem, null);
});

test('with no track chosen the media element says nothing of interest', () => {
  assert.equal(after(loaded, playing).status, 'idle');
});

test('the library may fail and be loaded again', () => {
  const failed = after({ type: 'library/failed', problem: 'offline' });
  assert.equal(failed.library, 'failed');
  assert.equal(failed.problem, 'offline');
  const again = reduce(failed, { type: 'library/loading' });
  assert.equal(again.library, 'loading');
  assert.equal(again.problem, null);
});

test('subscribers hear the state at once and after each change, and only then', () => {
  const store = createStore();
  const heard = [];
  const unsubscribe = store.subscribe((state) => heard.push(state.library));
  store.dispatch(loaded);
  store.dispatch({ type: 'media/playing' });
  assert.deepEqual(heard, ['loading', 'ready']);
  unsubscribe();
  store.dispatch({ type: 'library/loading' });
  assert.deepEqual(heard, ['loading', 'ready']);
  assert.equal(store.getState().library, 'loading');
});

test('no action changes the state it was given', () => {
  const state = Object.freeze(after(loaded, chosen));
  const actions = [loaded, chosen, playing, waiting, paused, ended, { type: 'track/progressed', position: 1, loaded: 2 }];
  for (const action of actions) assert.doesNotThrow(() => reduce(state, action));
});
