/** The store: what the page's state becomes, step by step. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_QUEUE } from '../../assets/player/queue.js';
import { createStore, currentTrack, initialState, presetsToChoose, reduce, variantFor } from '../../assets/player/store.js';

const track = (id, ...variants) => ({
  id,
  duration: 60,
  variants: Object.fromEntries(variants.map((name) => [name, `tracks/${id}/${name}/manifest.json`])),
});
const tracks = [track('a', 'original', 'adaptive'), track('b', 'original', 'warm@50')];
const presets = ['original', 'adaptive', 'gentle', 'warm'].map((name) => ({ name, description: name }));

const after = (...actions) => actions.reduce(reduce, initialState);
const loaded = { type: 'library/loaded', tracks, presets, onDemand: false };
const queued = { type: 'queue/changed', queue: { ...EMPTY_QUEUE, items: [0, 1], at: 0 } };
const started = { type: 'track/started', variant: 'original', position: 0 };
const media = (name) => ({ type: `media/${name}` });
const [playing, waiting, paused, ended] = ['playing', 'waiting', 'paused', 'ended'].map(media);

test('a library knows the variants of all its tracks, and masters by the first', () => {
  const state = after(loaded);
  assert.equal(state.library, 'ready');
  assert.deepEqual(state.variants, ['original', 'adaptive', 'warm@50']);
  assert.equal(state.mastered, 'adaptive');
  assert.deepEqual(presetsToChoose(state).map(({ name }) => name), ['adaptive', 'warm']);
});

test('a host that renders on demand offers every preset', () => {
  const state = after({ ...loaded, tracks: [track('a')], onDemand: true });
  assert.deepEqual(presetsToChoose(state).map(({ name }) => name), ['adaptive', 'gentle', 'warm']);
  assert.equal(variantFor({ ...state, side: 'mastered', mastered: 'warm@7' }, state.tracks[0]), 'warm@7');
});

test('an empty library is ready and has nothing to choose', () => {
  const state = after({ ...loaded, tracks: [] });
  assert.equal(state.library, 'ready');
  assert.deepEqual(presetsToChoose(state), []);
  assert.equal(currentTrack(state), null);
});

test('the original is played until a mastered variant is chosen', () => {
  const state = after(loaded);
  assert.equal(variantFor(state, tracks[0]), 'original');
  const warm = reduce(state, { type: 'mastering/chosen', side: 'mastered', mastered: 'warm@50' });
  assert.equal(variantFor(warm, tracks[1]), 'warm@50');
  assert.equal(variantFor(warm, tracks[0]), 'original', 'it has no warm');
  const back = reduce(warm, { type: 'mastering/chosen', side: 'original', matched: true });
  assert.deepEqual([back.side, back.mastered, back.matched], ['original', 'warm@50', true]);
  assert.equal(reduce(back, { type: 'mastering/chosen', side: 'mastered', mastered: 'adaptive' }).matched, false);
});

test('a library that is loaded again keeps what plays', () => {
  const before = after(loaded, queued, started, { type: 'track/progressed', position: 9, loaded: [] }, playing);
  const state = reduce(before, { ...loaded, tracks: [track('new', 'original'), tracks[1], tracks[0]] });
  assert.equal(currentTrack(state).id, 'a');
  assert.deepEqual(state.queue.items, [2, 1]);
  assert.equal(state.position, 9);
  assert.equal(state.status, 'playing');
  const gone = reduce(before, { ...loaded, tracks: [tracks[1]] });
  assert.deepEqual(gone.queue.items, [0]);
  assert.equal(currentTrack(gone), null);
});

test('a track starts, plays, waits and ends', () => {
  const start = after(loaded, queued, started);
  assert.equal(start.status, 'starting');
  assert.equal(start.duration, 60);
  assert.equal(reduce(start, waiting).status, 'starting', 'before the first sound it is not stuck');
  assert.equal(after(loaded, queued, started, playing, waiting).status, 'buffering');
  assert.equal(after(loaded, queued, started, playing, waiting, playing, ended).status, 'ended');
  assert.equal(after(loaded, queued, started, paused).status, 'paused');
});

test('the next track follows without a pause, and its numbers are its own', () => {
  const measured = { type: 'track/measured', variant: 'original', duration: 61, rendition: { loudness: {}, applied: null } };
  const before = after(loaded, queued, started, playing, measured);
  assert.equal(before.duration, 61);
  const state = reduce(before, { type: 'track/followed', queue: { ...queued.queue, at: 1 }, variant: 'warm@50' });
  assert.equal(currentTrack(state).id, 'b');
  assert.deepEqual([state.status, state.playing, state.position, state.duration], ['playing', 'warm@50', 0, 60]);
  assert.deepEqual(state.renditions, {});
});

test('a variant is pending until it sounds', () => {
  const asked = after(loaded, queued, started, { type: 'variant/asked', variant: 'adaptive' });
  assert.deepEqual([asked.playing, asked.pending], ['original', 'adaptive']);
  const other = reduce(asked, { type: 'variant/sounded', variant: 'warm@50' });
  assert.equal(other.pending, 'adaptive');
  const sounded = reduce(asked, { type: 'variant/sounded', variant: 'adaptive' });
  assert.deepEqual([sounded.playing, sounded.pending], ['adaptive', null]);
  assert.equal(reduce(asked, { type: 'variant/asked', variant: 'original' }).pending, null);
});

test('an error stays until a track is started', () => {
  const failed = after(loaded, queued, started, { type: 'track/failed', problem: 'missing' });
  assert.equal(reduce(failed, playing).status, 'error');
  assert.equal(reduce(failed, paused).problem, 'missing');
  assert.equal(reduce(failed, started).problem, null);
});

test('a skipped track is told until it is dismissed, while the next one plays', () => {
  const skipped = after(loaded, queued, { type: 'track/skipped', track: tracks[0], variant: null, problem: 'damaged' }, started, playing);
  assert.equal(skipped.skipped.problem, 'damaged');
  assert.equal(skipped.status, 'playing');
  assert.equal(reduce(skipped, { type: 'skipped/dismissed' }).skipped, null);
});

test('details of another track than the current one are not shown', () => {
  const state = after(loaded, queued, started);
  assert.equal(reduce(state, { type: 'track/described', details: { id: 'b' } }), state);
  assert.equal(reduce(state, { type: 'track/described', details: { id: 'a' } }).details.id, 'a');
});

test('views are told of changes alone, and once of what was dispatched together', async () => {
  const store = createStore();
  const seen = [];
  const stop = store.subscribe((state) => seen.push(state.library));
  store.dispatch({ type: 'library/failed', problem: 'busy' });
  store.dispatch(loaded);
  assert.equal(store.getState().library, 'ready', 'who asks is told at once');
  assert.deepEqual(seen, ['loading']);
  await Promise.resolve();
  assert.deepEqual(seen, ['loading', 'ready']);
  store.dispatch({ type: 'queue/changed', queue: store.getState().queue });
  store.dispatch({ type: 'track/progressed', position: 0, loaded: [] });
  await Promise.resolve();
  stop();
  store.dispatch({ type: 'library/loading' });
  await Promise.resolve();
  assert.deepEqual(seen, ['loading', 'ready']);
});

test('views are told of a track that starts a tenth of a second later, and at once when it does not', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const store = createStore();
  store.dispatch(loaded);
  await Promise.resolve();
  const seen = [];
  store.subscribe(({ status }) => seen.push(status));

  store.dispatch(started);
  await Promise.resolve();
  context.mock.timers.tick(50);
  store.dispatch(playing);
  await Promise.resolve();
  context.mock.timers.tick(49);
  assert.deepEqual(seen, ['idle']);
  context.mock.timers.tick(1);
  assert.deepEqual(seen, ['idle', 'playing']);
  store.dispatch(waiting);
  await Promise.resolve();
  assert.deepEqual(seen, ['idle', 'playing', 'buffering']);

  store.dispatch(started);
  store.dispatch(paused);
  await Promise.resolve();
  assert.deepEqual(seen, ['idle', 'playing', 'buffering', 'paused']);

  store.dispatch(started);
  store.dispatch({ type: 'volume/changed', volume: 0.5, muted: false });
  await Promise.resolve();
  assert.deepEqual(seen, ['idle', 'playing', 'buffering', 'paused', 'starting'], 'what the listener changes shows at once');
});
