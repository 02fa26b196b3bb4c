/** The player on a catalog that grows while it plays: a track keeps its id, not its place. The browser is made up. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ApiError } from '../../assets/player/api.js';
import { createPlayer } from '../../assets/player/player.js';
import { createStore, currentTrack } from '../../assets/player/store.js';
import { audioElement, makeUpBrowser } from './made-up-browser.js';
import { manifestOf, settled } from './support.js';

const RATE = 44100;
/** Seconds of each track. */
const LENGTHS = { a: 20, b: 30, new: 10 };

/** What the player did to the browser. */
let made;

const track = (id) => ({ id, duration: LENGTHS[id], variants: { original: `tracks/${id}/original/manifest.json` } });
const loaded = (...ids) => ({ type: 'library/loaded', tracks: ids.map(track), presets: [], onDemand: false });
const manifests = async ({ pathname }) => ({ ...manifestOf({ samples: RATE * LENGTHS[pathname.split('/')[2]] }), loudness: {} });
const segments = { init: async () => new ArrayBuffer(8), media: async () => new ArrayBuffer(8), expect() {} };
const readySource = { prepare: async () => {}, take: () => null };

let audio;
let store;
let player;

/** Track a plays, b stands behind it, and a new track has come before both. */
beforeEach(async () => {
  made = makeUpBrowser();
  audio = audioElement();
  store = createStore();
  player = createPlayer({ audio, store, siteUrl: new URL('http://site/'), manifests, segments, readySource, way: () => 'mse' });
  store.dispatch(loaded('a', 'b'));
  player.play([0, 1], 0);
  await settled();
  store.dispatch(loaded('new', 'a', 'b'));
});

test('what is loaded of the next track stays, and plays at once', async () => {
  player.cycleRepeat();
  await settled();
  assert.deepEqual(made.removed, []);
  player.next();
  assert.equal(currentTrack(store.getState()).id, 'b');
  assert.deepEqual([made.sources, audio.currentTime], [1, LENGTHS.a]);
});

test('what no longer follows goes, though another track has its place now', async () => {
  player.playNext(1);
  await settled();
  assert.deepEqual(made.removed[0], [LENGTHS.a, Infinity]);
  audio.currentTime = LENGTHS.a + 5;
  audio.dispatchEvent(new Event('timeupdate'));
  assert.equal(currentTrack(store.getState()).id, 'a');
  assert.equal(store.getState().duration, LENGTHS.a, 'it is a that sounds');
});

test('what was taken and is not held sounds from a new source', async () => {
  audio.currentTime = LENGTHS.a;
  made.buffer.end = LENGTHS.a;
  player.nudge(1);
  assert.equal(made.sources, 2);
});

test('who pauses before the first sound sees what plays all the same', async () => {
  const details = { id: 'a', title: 'a' };
  const { fetch } = globalThis;
  globalThis.fetch = async () => new Response(JSON.stringify(details));
  assert.equal(store.getState().status, 'starting');
  assert.equal(store.getState().details, null, 'the first sound comes before its picture');
  audio.dispatchEvent(new Event('pause'));
  await settled();
  globalThis.fetch = fetch;
  assert.deepEqual(store.getState().details, details);
});

test('a source that fails before anything was chosen plays nothing', async () => {
  store = createStore();
  player = createPlayer({ audio, store, siteUrl: new URL('http://site/'), manifests, segments, readySource, way: () => 'mse' });
  const { sources } = made;
  store.dispatch(loaded('a', 'b'));
  store.dispatch({ type: 'queue/changed', queue: { ...store.getState().queue, items: [0, 1], at: -1 } });
  audio.dispatchEvent(new Event('ended'));
  await settled();
  assert.equal(store.getState().status, 'idle');
  assert.equal(made.sources, sources);
});

test('when the network is back, what played goes on, and what was paused stays so', async () => {
  let isThere = false;
  let plays = 0;
  const reach = async (address) => {
    if (!isThere) throw new ApiError('offline', address.href);
    return manifests(address);
  };
  audio = Object.assign(audioElement(), { readyState: 0, play: async () => void (plays += 1) });
  player = createPlayer({ audio, store, siteUrl: new URL('http://site/'), manifests: reach, segments, readySource, way: () => 'mse' });
  const comeBack = async () => {
    await settled();
    assert.equal(store.getState().status, 'error');
    [isThere, plays] = [true, 0];
    player.recover();
    await settled();
    isThere = false;
    return { status: store.getState().status, position: store.getState().position, plays };
  };
  player.prepare(5);
  assert.deepEqual(await comeBack(), { status: 'paused', position: 5, plays: 0 });
  player.play([1], 0, 5);
  assert.deepEqual(await comeBack(), { status: 'starting', position: 5, plays: 1 });
});

test('what fails again while nothing plays does not make the next track play', async (context) => {
  player.prepare(0);
  await settled();
  assert.equal(store.getState().status, 'paused');
  context.mock.method(segments, 'media', async () => {
    throw new ApiError('missing', 'http://site/');
  });
  audio.readyState = 0;
  for (const seconds of [3, 9]) {
    player.seek(seconds);
    made.buffer.end = 0;
    audio.dispatchEvent(new Event('seeking'));
    await settled();
    assert.equal(store.getState().status, 'error');
    assert.equal(currentTrack(store.getState()).id, 'a');
  }
});

test('a clock that stands still in every source is told in the end, and tried again when it is asked for', async () => {
  const stand = async () => {
    await settled();
    player.nudge(2);
  };
  made.buffer.end = LENGTHS.a;
  for (let time = 1; time <= 4; time += 1) {
    await stand();
    assert.deepEqual([made.sources, store.getState().status], [1 + time, 'starting']);
  }
  await stand();
  assert.deepEqual([made.sources, store.getState().status, store.getState().problem], [5, 'error', 'stuck']);
  assert.equal(currentTrack(store.getState()).id, 'a');
  player.retry();
  await stand();
  assert.deepEqual([made.sources, store.getState().status], [7, 'starting']);
});

test('a clock that moves between two new sources is no trouble, however often it stands still', async () => {
  for (let time = 1; time <= 9; time += 1) {
    await settled();
    player.nudge(2);
    assert.deepEqual([made.sources, store.getState().status], [1 + time, 'starting']);
    await settled();
    for (const moment of [1.5, 0]) {
      audio.currentTime = moment;
      audio.dispatchEvent(new Event('timeupdate'));
    }
  }
});
