/** Cutting a media segment at an access unit: what is left, byte by byte. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutUnits } from '../../assets/player/fragment.js';

const u32 = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const u64 = (value) => [...u32(Math.floor(value / 2 ** 32)), ...u32(value % 2 ** 32)];
const box = (type, ...content) => {
  const bytes = content.flat();
  return [...u32(bytes.length + 8), ...[...type].map((letter) => letter.charCodeAt(0)), ...bytes];
};

/** A segment as segue writes it: styp, moof { mfhd, traf { tfhd, tfdt, trun, sbgp, sgpd } }, mdat. */
function segmentOf({ time, units, roll = true }) {
  const groups = roll ? [box('sbgp', u32(0), u32(0)), box('sgpd', u32(0), u32(0))].flat() : [];
  const moof = (offset) =>
    box('moof', box('mfhd', u32(0), u32(1)), box('traf',
      box('tfhd', u32(0x020000), u32(1)),
      box('tfdt', u32(0x01000000), u64(time)),
      box('trun', u32(0x000201), u32(units.length), u32(offset), units.flatMap((unit) => u32(unit.length))),
      groups,
    ));
  const bytes = [box('styp', u32(0)), moof(moof(0).length + 8), box('mdat', units.flat())].flat();
  return new Uint8Array(bytes).buffer;
}

const units = [[1, 1], [2, 2, 2], [3], [4, 4, 4, 4]];

test('what is left is the segment that begins at that unit', () => {
  for (const count of [1, 2, 3]) {
    const cut = withoutUnits(segmentOf({ time: 262144, units }), count);
    const expected = segmentOf({ time: 262144 + 1024 * count, units: units.slice(count), roll: false });
    assert.deepEqual(new Uint8Array(cut), new Uint8Array(expected), `without ${count}`);
  }
});

test('a time beyond 32 bits moves as well', () => {
  const time = 2 ** 32 - 512;
  const cut = withoutUnits(segmentOf({ time, units }), 1);
  assert.deepEqual(new Uint8Array(cut), new Uint8Array(segmentOf({ time: time + 1024, units: units.slice(1), roll: false })));
});

test('nothing to cut leaves the segment as it is', () => {
  const segment = segmentOf({ time: 0, units });
  assert.equal(withoutUnits(segment, 0), segment);
});

test('what is no such segment is refused', () => {
  assert.throws(() => withoutUnits(segmentOf({ time: 0, units }), 4), RangeError);
  assert.throws(() => withoutUnits(new Uint8Array(16).buffer, 1), RangeError);
  assert.throws(() => withoutUnits(new TextEncoder().encode('not a segment at all').buffer, 1), RangeError);
});
