/** The tracks on the axis: which are kept as time goes on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lanes } from '../../assets/player/lanes.js';
import { manifestOf } from './support.js';

const RATE = 44100;
const url = new URL('https://example.org/');

/** Tracks of 10 s, one behind the other, all of which is held. */
function axisOf(...ids) {
  const lanes = new Lanes('sample');
  for (const id of ids) {
    lanes.add({ id, variant: 'original', urlOf: () => url }, manifestOf({ samples: 10 * RATE }), url);
    const { origin } = lanes.last.placement;
    lanes.hold({ start: origin, end: origin + 10, variant: 'original' });
  }
  return lanes;
}

const idsOf = (lanes) => lanes.all.map(({ item }) => item.id);

test('a track that ended before what is kept is let go of, and the next one is put where it would have been', () => {
  const [lanes, others] = [axisOf('a', 'b', 'c'), axisOf('a', 'b', 'c', 'd')];
  lanes.keepOnly([{ start: 15, end: 30 }]);
  lanes.forgetBefore(15);
  assert.deepEqual(idsOf(lanes), ['b', 'c']);
  assert.equal(lanes.at(15).item.id, 'b');
  assert.equal(lanes.after(15).item.id, 'c');
  const { item, manifest } = others.last;
  lanes.add(item, manifest, url);
  assert.deepEqual(lanes.last.placement, others.last.placement);
});

test('a track of which something is held stays, so that one may go back to it', () => {
  const lanes = axisOf('a', 'b', 'c');
  lanes.keepOnly([{ start: 9, end: 30 }]);
  lanes.forgetBefore(25);
  assert.deepEqual(idsOf(lanes), ['a', 'b', 'c']);
  assert.equal(lanes.within(lanes.all[0], [{ start: 9, end: 30 }])[0].start, 9);
});

test('the last track stays, though nothing of it is held', () => {
  const lanes = axisOf('a', 'b');
  lanes.keepOnly([]);
  lanes.forgetBefore(100);
  assert.deepEqual(idsOf(lanes), ['b']);
  lanes.forgetBefore(100);
  assert.deepEqual(idsOf(lanes), ['b']);
});

test('nothing is let go of before the first track has ended', () => {
  const lanes = axisOf('a', 'b');
  lanes.forgetBefore(-30);
  assert.deepEqual(idsOf(lanes), ['a', 'b']);
  new Lanes('sample').forgetBefore(5);
});
