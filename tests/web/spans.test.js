/** Which variant stands where on the axis. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCovered, outside, stillHeld, variantAt, withSpan } from '../../assets/player/spans.js';

const span = (start, end, variant = 'original') => ({ start, end, variant });

test('a later span replaces what it covers, and no more', () => {
  const spans = withSpan([span(0, 6), span(6, 12)], span(4, 8, 'warm'));
  assert.deepEqual(spans, [span(0, 4), span(4, 8, 'warm'), span(8, 12)]);
});

test('a span within another leaves both of its ends', () => {
  assert.deepEqual(outside([span(0, 10)], { start: 3, end: 4 }), [span(0, 3), span(4, 10)]);
});

test('what the browser dropped is no longer held; its bounds are good to an access unit', () => {
  assert.deepEqual(stillHeld([span(0, 6), span(6, 12)], [{ start: 6.02, end: 11.98 }]), [span(6, 12)]);
  assert.deepEqual(stillHeld([span(0, 6)], [{ start: 2, end: 3 }]), [span(2, 3)]);
  assert.deepEqual(stillHeld([span(0, 6)], []), []);
});

test('a range is covered by spans without a hole, of one variant where it is named', () => {
  const spans = [span(0, 6), span(6, 12, 'warm')];
  assert.ok(isCovered(spans, { start: 1, end: 11 }));
  assert.ok(!isCovered(spans, { start: 1, end: 11 }, 'warm'));
  assert.ok(isCovered(spans, { start: 6, end: 12 }, 'warm'));
  assert.ok(!isCovered([span(0, 5), span(6, 12)], { start: 0, end: 12 }));
});

test('a moment has the variant of the span that holds it', () => {
  const spans = [span(0, 6), span(6, 12, 'warm')];
  assert.equal(variantAt(spans, 5.999), 'original');
  assert.equal(variantAt(spans, 6), 'warm');
  assert.equal(variantAt(spans, 12), null);
});
