/** The scheduler: what it does in one situation, and where its steps lead when they are done one after another. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AHEAD, BEHIND, nextAction, staleRanges, stillHeld } from '../../assets/player/scheduler.js';
import { placementOf, segmentRange } from '../../assets/player/timeline.js';
import { manifestOf } from './support.js';

const manifest = manifestOf({ samples: 600 * 44100 });
const placement = placementOf(manifest);
const LAST = manifest.segments.length - 1;

const situation = (changes = {}) => ({
  manifest,
  placement,
  position: 0,
  buffered: [],
  appended: new Set(),
  streaming: true,
  complete: false,
  ...changes,
});

/** A browser's buffer in small: does what the scheduler says until it says wait; gives the steps. */
function run(state) {
  const steps = [];
  for (let action = nextAction(state); action.type !== 'wait'; action = nextAction(state)) {
    assert.ok(steps.length < 1000, 'it never comes to rest');
    steps.push(action);
    perform(state, action);
  }
  return steps;
}

function perform(state, action) {
  if (action.type === 'complete') state.complete = true;
  if (action.type === 'fetch') {
    state.appended.add(action.index);
    state.complete = false;
  }
  if (action.type === 'evict') {
    const { start, end } = action.range;
    for (const index of state.appended) {
      const segment = segmentRange(manifest, placement, index);
      if (segment.start < end && segment.end > start) state.appended.delete(index);
    }
  }
  state.buffered = rangesOf(state.appended);
}

function rangesOf(appended) {
  const ranges = [];
  for (const index of [...appended].sort((a, b) => a - b)) {
    const { start, end } = segmentRange(manifest, placement, index);
    if (ranges.at(-1)?.end === start) ranges.at(-1).end = end;
    else ranges.push({ start, end });
  }
  return ranges;
}

const fetched = (steps) => steps.filter(({ type }) => type === 'fetch').map(({ index }) => index);

test('from nothing it fetches from the first segment on, in order, and rests with 30 to 60 s ahead', () => {
  const state = situation();
  const steps = run(state);
  assert.deepEqual(fetched(steps), steps.map((_, index) => index));
  const [{ start, end }] = state.buffered;
  assert.equal(start, 0);
  assert.ok(end >= 30 && end <= 60, `${end} s ahead`);
});

test('a seek to what is not loaded fetches the target first', () => {
  const state = situation();
  run(state);
  state.position = 400;
  const target = Math.floor((400 * 44100) / manifest.segment_samples);
  assert.equal(fetched(run(state))[0], target);
});

test('a seek back goes on from what is still there', () => {
  const state = situation({ position: 300 });
  run(state);
  state.position = 290;
  const steps = fetched(run(state));
  assert.deepEqual(steps, [...steps].sort((a, b) => a - b));
  assert.equal(steps.length, new Set(steps).size);
  assert.equal(state.buffered.length, 1);
  assert.ok(state.buffered[0].start <= 290);
});

test('as time goes on it keeps what is near and evicts what is far', () => {
  const state = situation();
  for (let position = 0; position < 590; position += 0.25) {
    state.position = position;
    run(state);
    assert.equal(state.buffered.length, 1, `one range at ${position}`);
    const [{ start, end }] = state.buffered;
    // A complete stream keeps what it has.
    const lowest = state.complete ? 600 - AHEAD - BEHIND - 12 : position - BEHIND - 6;
    assert.ok(start >= Math.max(0, lowest), `not much behind at ${position}: ${start}`);
    assert.ok(start <= Math.max(0, position - BEHIND), `enough behind at ${position}: ${start}`);
    assert.ok(end >= Math.min(600, position + AHEAD - 0.5), `enough ahead at ${position}: ${end}`);
  }
  assert.equal(state.complete, true);
});

test('what a seek left far ahead is evicted', () => {
  const state = situation({ position: 500 });
  run(state);
  state.position = 10;
  const steps = run(state);
  assert.equal(steps[0].type, 'evict');
  assert.ok(state.buffered.every(({ end }) => end < 80));
});

test('the end is said once, after the last segment', () => {
  const state = situation({ position: 590 });
  const steps = run(state);
  assert.equal(steps.at(-1).type, 'complete');
  assert.equal(steps.filter(({ type }) => type === 'complete').length, 1);
  assert.equal(fetched(steps).at(-1), LAST);
  assert.deepEqual(run(state), []);
});

test('a complete stream is not reopened by evicting', () => {
  const state = situation({ position: 560 });
  run(state);
  state.position = 599;
  assert.deepEqual(nextAction(state), { type: 'wait' });
});

test('while the browser asks not to fetch it waits', () => {
  assert.deepEqual(nextAction(situation({ streaming: false })), { type: 'wait' });
});

test('a track of one segment is fetched and complete', () => {
  const jingle = manifestOf({ samples: 44100 });
  const state = situation({ manifest: jingle, placement: placementOf(jingle) });
  assert.deepEqual(nextAction(state), { type: 'fetch', index: 0 });
  state.appended = new Set([0]);
  assert.deepEqual(nextAction(state), { type: 'complete' });
});

test('with a full buffer less is kept behind', () => {
  const state = situation({ position: 100, buffered: [{ start: 70, end: 150 }] });
  assert.deepEqual(staleRanges(state), []);
  const [{ start, end }] = staleRanges(state, 2);
  assert.equal(start, 70);
  assert.ok(end > 90 && end <= 98, `evicts up to ${end}`);
});

test('what the browser dropped by itself is no longer held', () => {
  const third = segmentRange(manifest, placement, 2);
  const held = stillHeld({
    manifest,
    placement,
    appended: new Set([0, 1, 2, 3]),
    // A unit of 23 ms may be missing at an edge.
    buffered: [{ start: third.start + 0.02, end: third.end + 3 }],
  });
  assert.deepEqual([...held], [2]);
});

test('long segments do not make it fetch what it evicts', () => {
  const long = manifestOf({ samples: 600 * 44100, segmentSamples: 30 * 43 * 1024 });
  const state = situation({ manifest: long, placement: placementOf(long), position: 47 });
  const first = nextAction(state);
  assert.equal(first.type, 'fetch');
  for (let index = first.index; ; index += 1) {
    const action = nextAction(state);
    if (action.type === 'wait') break;
    assert.deepEqual(action, { type: 'fetch', index });
    state.appended.add(index);
    state.buffered = [{
      start: segmentRange(long, state.placement, first.index).start,
      end: segmentRange(long, state.placement, index).end,
    }];
  }
});
