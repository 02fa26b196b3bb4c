/** The scheduler: what it does in one situation, and where its steps lead when they are done one after another. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AHEAD, BEHIND, nextAction, placeAt, staleRanges, takeOverFrom } from '../../assets/player/scheduler.js';
import { isCovered, outside, variantAt, withSpan } from '../../assets/player/spans.js';
import { AXIS_START, durationOf, originAfter, placementOf, segmentRange } from '../../assets/player/timeline.js';
import { manifestOf } from './support.js';

/** These tracks one behind the other. */
function axisOf(...manifests) {
  const placed = [];
  let origin = AXIS_START;
  manifests.forEach((manifest, index) => {
    if (index > 0) origin = originAfter(manifests[index - 1], origin, manifest);
    placed.push({ manifest, placement: placementOf(manifest, origin) });
  });
  return placed;
}

const whole = manifestOf({ samples: 600 * 44100 });
const LEAD = 0.3;
const SEGMENT = whole.segment_samples / 44100;

const situation = (changes = {}) => ({
  placed: axisOf(whole),
  position: 0,
  buffered: [],
  spans: [],
  lead: LEAD,
  streaming: true,
  starting: false,
  complete: false,
  last: true,
  ...changes,
});

const rangeOf = ({ placed }, { place, index }) => segmentRange(placed[place].manifest, placed[place].placement, index);

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
  if (action.type === 'evict') state.spans = outside(state.spans, action.range);
  if (action.type === 'fetch') {
    const { variant } = state.placed[action.place].manifest;
    const segment = rangeOf(state, action);
    const start = takeOverFrom(state, segment, variant);
    if (start !== null) state.spans = withSpan(state.spans, { start, end: segment.end, variant });
    state.complete = false;
  }
  state.buffered = joined(state.spans);
}

function joined(spans) {
  const ranges = [];
  for (const { start, end } of spans) {
    if (Math.abs(ranges.at(-1)?.end - start) < 1e-6) ranges.at(-1).end = end;
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
  assert.equal(fetched(run(state))[0], Math.floor(400 / SEGMENT));
});

test('a seek into the last moment of a segment fetches it', () => {
  const { start, end } = rangeOf(situation(), { place: 0, index: 5 });
  const spans = [{ start, end, variant: 'original' }];
  for (const before of [0.001, 0.05, 0.083, 0.15]) {
    const state = situation({ spans, buffered: joined(spans), position: start - before });
    assert.deepEqual(nextAction(state), { type: 'fetch', place: 0, index: 4 }, `${before} s before the end`);
  }
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

test('until the first sound nothing is fetched behind what it needs', () => {
  const state = situation({ starting: true, position: 2 });
  assert.deepEqual(run(state), [{ type: 'fetch', place: 0, index: 0 }]);
  // Too little is left of the segment for a start without a gap.
  state.position = SEGMENT - 1;
  assert.deepEqual(run(state), [{ type: 'fetch', place: 0, index: 1 }]);
  state.starting = false;
  assert.ok(run(state).length > 5);
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
  assert.equal(run(state)[0].type, 'evict');
  assert.ok(state.buffered.every(({ end }) => end < 80));
});

test('the end is said once, after the last segment, and not while something follows', () => {
  const state = situation({ position: 590 });
  const steps = run(state);
  assert.equal(steps.at(-1).type, 'complete');
  assert.equal(steps.filter(({ type }) => type === 'complete').length, 1);
  assert.equal(fetched(steps).at(-1), whole.segments.length - 1);
  assert.deepEqual(run(state), []);
  assert.ok(run(situation({ position: 590, last: false })).every(({ type }) => type === 'fetch'));
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
  const placed = axisOf(manifestOf({ samples: 44100 }));
  assert.deepEqual(run(situation({ placed })), [{ type: 'fetch', place: 0, index: 0 }, { type: 'complete' }]);
});

test('a track of a few hundredths of a second is fetched like any other, and in another variant once', () => {
  const [first, jingle, last] = [4, 0.05, 4].map((seconds) => manifestOf({ samples: seconds * 44100 }));
  const state = situation({ placed: axisOf(first, jingle, last) });
  const places = (steps) => steps.map(({ type, place }) => place ?? type);
  assert.deepEqual(places(run(state)), [0, 1, 2, 'complete']);
  state.placed = axisOf(first, { ...jingle, variant: 'warm' }, last);
  assert.deepEqual(places(run(state)), [1, 'complete']);
  assert.deepEqual(places(run(situation({ placed: axisOf(jingle) }))), [0, 'complete']);
});

test('the track that follows is loaded before this one ends', () => {
  const [first, second] = [manifestOf({ samples: 40 * 44100 }), manifestOf({ samples: 99 * 44100 })];
  const state = situation({ placed: axisOf(first, second), position: 5 });
  const steps = run(state).map(({ place, index }) => [place, index]);
  const count = first.segments.length;
  assert.deepEqual(steps.slice(0, count), first.segments.map((_, index) => [0, index]));
  assert.deepEqual(steps[count], [1, 0]);
  assert.equal(state.buffered.length, 1, 'without a hole between them');
  assert.equal(placeAt(state.placed, durationOf(first) - 0.001), 0);
  assert.equal(placeAt(state.placed, durationOf(first)), 1);
});

test('another variant takes over ahead of the position, and what was played stays', () => {
  const state = situation({ position: 100 });
  run(state);
  state.placed = axisOf({ ...whole, variant: 'warm' });
  const first = nextAction(state);
  assert.equal(first.index, Math.floor(100 / SEGMENT), 'the segment that plays comes first');
  run(state);
  assert.equal(variantAt(state.spans, 100 + LEAD - 0.01), 'original');
  assert.equal(variantAt(state.spans, 100 + LEAD + 0.01), 'warm');
  assert.ok(isCovered(state.spans, { start: 100 + LEAD, end: 100 + AHEAD }, 'warm'));
  assert.equal(state.buffered.length, 1, 'the sound is uninterrupted');
});

test('where almost nothing of a segment is left, the next one takes over', () => {
  const position = 20 * SEGMENT - 0.2;
  const state = situation({ position });
  run(state);
  state.placed = axisOf({ ...whole, variant: 'warm' });
  assert.equal(nextAction(state).index, 20);
});

test('as it plays on, what took over is not fetched again', () => {
  const state = situation({ position: 50 });
  run(state);
  state.placed = axisOf({ ...whole, variant: 'warm' });
  run(state);
  const steps = [];
  for (; state.position < 62; state.position += 0.1) steps.push(...fetched(run(state)));
  assert.deepEqual(steps, [...new Set(steps)]);
  assert.ok(steps.every((index) => index > Math.floor((50 + AHEAD) / SEGMENT)), `${steps}`);
});

test('a seek back to what was played in another variant fetches the wanted one', () => {
  const state = situation({ position: 50 });
  run(state);
  state.placed = axisOf({ ...whole, variant: 'warm' });
  run(state);
  state.position = 40;
  assert.equal(fetched(run(state))[0], Math.floor((40 + LEAD) / SEGMENT));
  assert.ok(isCovered(state.spans, { start: 40 + LEAD, end: 60 }, 'warm'));
});

test('a change that comes while nothing is loaded at the position has no run-up', () => {
  const state = situation({ position: 50, placed: axisOf({ ...whole, variant: 'warm' }) });
  run(state);
  assert.equal(variantAt(state.spans, 50), 'warm');
});

test('with a full buffer less is kept behind', () => {
  const state = situation({ position: 100, buffered: [{ start: 70, end: 150 }] });
  assert.deepEqual(staleRanges(state), []);
  const [{ start, end }] = staleRanges(state, 2);
  assert.equal(start, 70);
  assert.ok(end > 90 && end <= 98, `evicts up to ${end}`);
});

test('long segments do not make it fetch what it evicts', () => {
  const long = manifestOf({ samples: 600 * 44100, segmentSamples: 30 * 43 * 1024 });
  const state = situation({ placed: axisOf(long), position: 47 });
  const steps = fetched(run(state));
  assert.ok(steps.length > 0);
  assert.deepEqual(steps, [...new Set(steps)]);
});
