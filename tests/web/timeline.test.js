/** Time and segments: the sums that gapless playing rests on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clock,
  durationOf,
  lengthInWords,
  loadedUntil,
  originAfter,
  placementOf,
  segmentAt,
  segmentRange,
  shareGrid,
} from '../../assets/player/timeline.js';
import { manifestOf } from './support.js';

const RATE = 44100;
const SEGMENT = 262144;
const UNIT = 1024;
const from = (samples, seconds = 0) => ({ seconds, samples });

/** Not before the exact moment, and less than a tenth of a sample behind it. */
function isAtBorder(seconds, exact) {
  const late = (seconds - exact) * 1e6;
  assert.ok(late >= -1 && late < 4.2, `${late} microseconds late`);
}

test('the first track begins at 0, its pre-roll before it', () => {
  const placement = placementOf(manifestOf({ samples: 10 * RATE }));
  assert.equal(placement.origin, 0);
  assert.equal(placement.windowStart, 0);
  isAtBorder(placement.windowEnd, 10);
  isAtBorder(placement.timestampOffset + UNIT / RATE, 0);
});

test('borders stand on whole microseconds, as a browser that rounds down counts them', () => {
  for (const samples of [441007, 486509, 600001, 3395700, 14033601]) {
    for (const sampleRate of [22050, 44100, 48000]) {
      const manifest = manifestOf({ samples, sampleRate });
      const { windowStart, windowEnd, timestampOffset } = placementOf(manifest, from(777777));
      const whole = (seconds) => Math.floor(seconds * 1e6);
      assert.ok(whole(windowStart) >= (777777 / sampleRate) * 1e6);
      assert.ok(whole(windowEnd) >= ((777777 + samples) / sampleRate) * 1e6);
      // The first unit, which stands 1024 samples behind the offset, is not before the window.
      const firstUnit = whole(timestampOffset) + Math.round((UNIT / sampleRate) * 1e6);
      assert.ok(firstUnit >= whole(windowStart) - 1 && firstUnit <= whole(windowStart) + 1, `${firstUnit}`);
    }
  }
});

test('a later track begins at the exact sum of the samples before it', () => {
  const before = 14033601;
  const manifest = manifestOf({ samples: 777777 });
  const placement = placementOf(manifest, from(before));
  isAtBorder(placement.windowStart, before / RATE);
  isAtBorder(placement.windowEnd, (before + 777777) / RATE);
  isAtBorder(placement.timestampOffset + UNIT / RATE, before / RATE);
});

test('neighbours share the moment at which one ends and the other begins', () => {
  const first = manifestOf({ samples: 14033601 });
  const second = manifestOf({ samples: 777777 });
  const end = placementOf(first, from(333)).windowEnd;
  assert.equal(placementOf(second, originAfter(first, from(333), second)).windowStart, end);
});

test('behind a track of another rate the sum begins anew, at the moment where that track ends', () => {
  const first = manifestOf({ samples: 14033601 });
  const second = manifestOf({ samples: 777777, sampleRate: 48000 });
  const origin = originAfter(first, from(99), second);
  assert.deepEqual(origin, from(0, (99 + 14033601) / RATE));
  assert.deepEqual(originAfter(second, origin, second), from(777777, origin.seconds));
  assert.equal(placementOf(second, origin).windowStart, placementOf(first, from(99)).windowEnd);
});

test('renditions of one track share a grid unless their lengths or segments differ', () => {
  const one = manifestOf({ samples: 3 * SEGMENT });
  assert.ok(shareGrid(one, { ...one, variant: 'warm' }));
  assert.ok(!shareGrid(one, manifestOf({ samples: 3 * SEGMENT, segmentSamples: SEGMENT / 2 })));
  assert.ok(!shareGrid(one, manifestOf({ samples: 3 * SEGMENT, sampleRate: 48000 })));
});

test('a browser that trims whole units gets a microsecond and a unit more', () => {
  const manifest = manifestOf({ samples: 10 * RATE });
  const placement = placementOf(manifest, from(0), 'unit');
  assert.equal(placement.windowStart, 0);
  assert.equal(placement.windowEnd, (10 * RATE + UNIT) / RATE);
  assert.equal(placement.timestampOffset, -UNIT / RATE + 1e-6);
});

test('every segment holds its first and last sample, wherever the track begins', () => {
  for (const sampleRate of [8000, 22050, 44100, 48000]) {
    for (const origin of [0, 1, 14033601, 999999999]) {
      const manifest = manifestOf({ samples: 3 * SEGMENT + 99999, sampleRate });
      const placement = placementOf(manifest, from(origin));
      manifest.segments.forEach(({ start, samples }, index) => {
        const at = (sample) => segmentAt(manifest, placement, (origin + sample) / sampleRate);
        assert.equal(at(start), index, `first sample of ${index}, origin ${origin}`);
        assert.equal(at(start + samples - 1), index, `last sample of ${index}, origin ${origin}`);
      });
    }
  }
});

test('a last segment that is longer than the others holds its end', () => {
  const manifest = manifestOf({ samples: 2 * SEGMENT + 100 });
  assert.equal(manifest.segments.length, 2, 'the short tail joined the segment before it');
  assert.equal(segmentAt(manifest, placementOf(manifest), (2 * SEGMENT + 50) / RATE), 1);
});

test('moments outside the track give its first and last segment', () => {
  const manifest = manifestOf({ samples: 3 * SEGMENT });
  const placement = placementOf(manifest, from(5 * RATE));
  assert.equal(segmentAt(manifest, placement, 0), 0);
  assert.equal(segmentAt(manifest, placement, 1e6), 2);
});

test('segments follow each other without a gap, and end where the track ends', () => {
  const manifest = manifestOf({ samples: 3 * SEGMENT + 99999 });
  const placement = placementOf(manifest, from(14033601));
  const ranges = manifest.segments.map((_, index) => segmentRange(manifest, placement, index));
  assert.equal(ranges[0].start, placement.origin);
  ranges.slice(1).forEach((range, index) => assert.equal(range.start, ranges[index].end));
  isAtBorder(placement.windowEnd, ranges.at(-1).end);
});

test('the length comes from the samples', () => {
  assert.equal(durationOf(manifestOf({ samples: 66150 })), 1.5);
});

test('loaded is what can be played on from the position without a hole', () => {
  const buffered = [{ start: 0, end: 12 }, { start: 30, end: 40 }];
  assert.equal(loadedUntil(buffered, 5), 12);
  assert.equal(loadedUntil(buffered, 12), 12);
  assert.equal(loadedUntil(buffered, 20), 20);
  assert.equal(loadedUntil(buffered, 30), 40);
  assert.equal(loadedUntil([], 3), 3);
});

test('times for people', () => {
  assert.equal(clock(0), '0:00');
  assert.equal(clock(59.99), '0:59');
  assert.equal(clock(60), '1:00');
  assert.equal(clock(3599), '59:59');
  assert.equal(clock(36610), '10:10:10');
  assert.equal(clock(Number.NaN), '0:00');
  assert.equal(lengthInWords(12.4), '12 s');
  assert.equal(lengthInWords(48 * 60), '48 min');
  assert.equal(lengthInWords(3599), '1 h');
  assert.equal(lengthInWords(3 * 3600 + 5 * 60), '3 h 5 min');
});
