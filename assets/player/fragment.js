/**
 * A media segment from one of its access units on, as bytes: what stands before is cut out of `trun` and `mdat`,
 * and `tfdt` moves by what was cut (ISO/IEC 14496-12, 8.8). So a variant takes over in the middle of a segment at
 * an access unit, where the decoder goes on and the two cross-fade over the 1024 samples that two units share.
 * An append window in its place would cut hard, at a sample.
 *
 * The roll-distance groups (`sgpd`, `sbgp`), which count samples, are left out: they tell where one may begin to
 * decode, and here the decoder goes on.
 */

import { ACCESS_UNIT_SAMPLES } from './timeline.js';

/** @typedef {{ type: string, start: number, content: number, end: number }} Box  Offsets in bytes. */

const DATA_OFFSET = 0x1;
const FIRST_SAMPLE_FLAGS = 0x4;
const SAMPLE_SIZE = 0x200;
/** The fields of a sample in a `trun`, by the flag that says that they are there; four bytes each. */
const SAMPLE_FIELDS = [0x100, SAMPLE_SIZE, 0x400, 0x800];

/**
 * @param {ArrayBuffer} segment
 * @param {number} units  how many access units to leave out
 * @returns {ArrayBuffer}
 */
export function withoutUnits(segment, units) {
  if (units <= 0) return segment;
  const view = new DataView(segment);
  const top = boxesOf(view, 0, view.byteLength);
  const moof = boxOf(top, 'moof');
  const mdat = boxOf(top, 'mdat');
  const inMoof = boxesOf(view, moof.content, moof.end);
  const inTraf = boxesOf(view, boxOf(inMoof, 'traf').content, boxOf(inMoof, 'traf').end);
  const bytesOf = (/** @type {Box} */ { start, end }) => new Uint8Array(segment, start, end - start);

  const { trun, skipped } = cutRun(view, boxOf(inTraf, 'trun'), units);
  const parts = [bytesOf(boxOf(inTraf, 'tfhd')), movedTime(bytesOf(boxOf(inTraf, 'tfdt')), units), trun];
  const head = boxFrom('moof', [bytesOf(boxOf(inMoof, 'mfhd')), boxFrom('traf', parts)]);
  pointAt(head, trun, head.byteLength + 8);
  const media = new Uint8Array(segment, mdat.content + skipped, mdat.end - mdat.content - skipped);
  return joined([...top.filter(({ type }) => type === 'styp').map(bytesOf), head, boxFrom('mdat', [media])]);
}

/**
 * @param {DataView} view
 * @param {number} start
 * @param {number} end
 * @returns {Box[]}
 */
function boxesOf(view, start, end) {
  const boxes = [];
  for (let at = start; at + 8 <= end; ) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > end) throw new RangeError(`a box of ${size} bytes at ${at}`);
    const type = String.fromCharCode(...new Uint8Array(view.buffer, at + 4, 4));
    boxes.push({ type, start: at, content: at + 8, end: at + size });
    at += size;
  }
  return boxes;
}

/**
 * @param {Box[]} boxes
 * @param {string} type
 */
function boxOf(boxes, type) {
  const box = boxes.find((candidate) => candidate.type === type);
  if (!box) throw new RangeError(`no ${type} box`);
  return box;
}

/**
 * The `trun` without its first samples, and how many bytes of media those have.
 * @param {DataView} view
 * @param {Box} box
 * @param {number} units
 */
function cutRun(view, box, units) {
  const flags = view.getUint32(box.content) & 0xffffff;
  const count = view.getUint32(box.content + 4);
  if (units >= count) throw new RangeError(`${units} of ${count} access units`);
  const header = 8 + (flags & DATA_OFFSET ? 4 : 0) + (flags & FIRST_SAMPLE_FLAGS ? 4 : 0);
  const present = SAMPLE_FIELDS.filter((flag) => flags & flag);
  if (!present.includes(SAMPLE_SIZE)) throw new RangeError('a trun without sizes');
  const table = box.content + header;
  const stride = 4 * present.length;
  const size = 4 * present.indexOf(SAMPLE_SIZE);
  let skipped = 0;
  for (let unit = 0; unit < units; unit += 1) skipped += view.getUint32(table + unit * stride + size);

  const kept = new Uint8Array(view.buffer, table + units * stride, (count - units) * stride);
  const trun = boxFrom('trun', [new Uint8Array(view.buffer, box.content, header), kept]);
  new DataView(trun.buffer).setUint32(12, count - units);
  return { trun, skipped };
}

/**
 * A `tfdt` so many access units later.
 * @param {Uint8Array} tfdt
 * @param {number} units
 */
function movedTime(tfdt, units) {
  const moved = tfdt.slice();
  const view = new DataView(moved.buffer);
  const samples = units * ACCESS_UNIT_SAMPLES;
  if (view.getUint8(8) === 1) view.setBigUint64(12, view.getBigUint64(12) + BigInt(samples));
  else view.setUint32(12, view.getUint32(12) + samples);
  return moved;
}

/**
 * Sets the data offset of the `trun` that ends a `moof`: from the start of the `moof` to the media.
 * @param {Uint8Array} moof
 * @param {Uint8Array} trun
 * @param {number} offset
 */
function pointAt(moof, trun, offset) {
  new DataView(moof.buffer).setInt32(moof.byteLength - trun.byteLength + 16, offset);
}

/**
 * @param {string} type
 * @param {Uint8Array[]} contents
 */
function boxFrom(type, contents) {
  const size = contents.reduce((sum, { byteLength }) => sum + byteLength, 8);
  const header = new Uint8Array(8);
  new DataView(header.buffer).setUint32(0, size);
  header.set([...type].map((letter) => letter.charCodeAt(0)), 4);
  return new Uint8Array(joined([header, ...contents]));
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole.buffer;
}
