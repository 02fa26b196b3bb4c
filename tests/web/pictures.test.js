/** What the pictures are drawn from: the waveform's bytes, the curves of presets, the contrast of an accent. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contrast, isReadable } from '../../assets/player/ui/accent.js';
import { changeInWords, curveOfBands, pathOf } from '../../assets/player/ui/curve.js';
import { barsOf, pointsOf } from '../../assets/player/ui/waveform.js';

test('a point is least, greatest and power, in three bytes', () => {
  // As src/analysis/waveform.rs writes the samples 0.5 and -1: round(0.5 * 127) = 64, round(0.5 * 255) = 128.
  const data = Buffer.from([0, 64, 128, -127 & 255, 0, 255]).toString('base64');
  assert.deepEqual(pointsOf({ data }), [
    { least: 0, greatest: 64 / 127, power: 128 / 255 },
    { least: -1, greatest: 0, power: 1 },
  ]);
});

test('damaged overviews give no points', () => {
  assert.deepEqual(pointsOf({ data: '%%%' }), []);
  assert.deepEqual(pointsOf({ data: '' }), []);
  assert.equal(pointsOf({ data: 'AAAAAA==' }).length, 1);
});

test('bars take the greatest of their points, and the loudest fills the height', () => {
  const points = [0.1, 0.5, 0.2, 0.3].map((level) => ({ least: -level, greatest: 0, power: level / 2 }));
  assert.deepEqual(barsOf(points, 2), [{ peak: 1, power: 0.5 }, { peak: 0.6, power: 0.3 }]);
  const wide = barsOf(points, 8).map(({ peak }) => peak);
  assert.deepEqual(wide, [0.2, 0.2, 1, 1, 0.4, 0.4, 0.6, 0.6]);
  assert.deepEqual(barsOf(points.map(() => ({ least: 0, greatest: 0, power: 0 })), 1), [{ peak: 0, power: 0 }]);
});

test('a curve goes from edge to edge, through the middle where nothing changes', () => {
  const box = { width: 64, height: 24, most: 4 };
  assert.equal(pathOf([], box), 'M0 12H64');
  const flat = pathOf(curveOfBands([0, 0, 0, 0, 0]), box);
  assert.match(flat, /^M0 12C/);
  assert.match(flat, /64 12$/);
  const heights = (path) => [...path.matchAll(/ ([\d.]+)(?=C|$)/g)].map(([, y]) => Number(y));
  assert.ok(heights(pathOf(curveOfBands([4, 0, 0, 0, -9]), box)).every((y) => y >= 0 && y <= 24), 'nothing leaves the picture');
  assert.equal(curveOfBands(undefined), null);
});

test('the change in words names the two bands that changed most', () => {
  const steps = [50, 100, 500, 1000, 5000, 12000].map((hz) => ({ hz, db: { 50: 2, 100: 2.2, 500: 0.1, 1000: 0, 5000: -0.8, 12000: 0.5 }[hz] }));
  assert.equal(changeInWords(steps), '+2.1 dB low, −0.8 dB presence');
  assert.equal(changeInWords(steps.map(({ hz }) => ({ hz, db: 0.1 }))), '');
});

test('an accent is used where it can be read', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.ok(Math.abs(contrast('#777777', '#ffffff') - 4.48) < 0.01, 'as WCAG tables have it');
  assert.equal(isReadable('light', '#2a6678'), true);
  assert.equal(isReadable('dark', '#2a6678'), false);
  assert.equal(isReadable('dark', '#7fbfd2'), true);
  assert.equal(isReadable('light', 'red'), false);
  assert.equal(isReadable('light', '#fff'), false);
});
