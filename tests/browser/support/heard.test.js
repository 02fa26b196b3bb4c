/** The analysis finds what would be wrong with a sound, and nothing where nothing is. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { align, changeOver, compare, excessAbove8k } from './heard.js';

const RATE = 44100;
const FRAME = 1024;
/** Where each fault is: no multiple of a frame or of a window. */
const PLACE = 70_001;

const random = (seed) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 31 - 1;
};

/** Some seconds of what behaves as music does: chords that change, with a little noise that dies away. */
function music(seconds = 4) {
  const noise = random(7);
  const roots = [220, 261.6, 196, 293.7, 246.9];
  const channel = (detune) =>
    Float32Array.from({ length: seconds * RATE }, (_, index) => {
      const time = index / RATE;
      const [chord, since] = [Math.floor(time / 0.37), time % 0.37];
      const root = roots[(chord * chord) % roots.length] * detune;
      const tone = [1, 1.26, 1.5, 2.01].reduce((sum, ratio) => sum + Math.sin(2 * Math.PI * root * ratio * time), 0);
      return 0.08 * tone * Math.exp(-2 * since) + 0.05 * noise() * Math.exp(-8 * since);
    });
  return { sampleRate: RATE, channels: [channel(1), channel(1.003)] };
}

const each = (sound, change) => ({ ...sound, channels: sound.channels.map(change) });
const spliced = (channel, ...parts) => {
  const whole = new Float32Array(parts.reduce((sum, [start, end]) => sum + end - start, 0));
  let at = 0;
  for (const [start, end] of parts) {
    whole.set(start < 0 ? new Float32Array(end - start) : channel.subarray(start, end), at);
    at += end - start;
  }
  return whole;
};
const splice = (sound, ...parts) => each(sound, (channel) => spliced(channel, ...parts));

const reference = music();
const END = reference.channels[0].length;

test('a copy with noise at -70 dBFS, later by some silence, is clean', () => {
  const noise = random(3);
  const late = splice(reference, [-12_345, 0], [0, END]);
  const heard = each(late, (channel) => channel.map((value) => value + 10 ** (-70 / 20) * Math.sqrt(3) * noise()));
  const result = compare(heard, reference);
  assert.equal(result.lag, 12_345);
  assert.deepEqual(result.findings, []);
  assert.ok(result.compared > END - 0.02 * RATE);
  assert.ok(Math.abs(result.snr - 48) < 6, `an SNR of ${result.snr} dB`);
});

test('a recording that begins in the middle is aligned', () => {
  const { lag, likeness } = align(splice(reference, [30_000, END]), reference);
  assert.equal(lag, -30_000);
  assert.ok(likeness > 0.999);
});

const faults = [
  { name: 'a frame that was dropped', parts: [[0, PLACE], [PLACE + FRAME, END]], kind: 'missing', samples: FRAME },
  { name: 'a frame that was played twice', parts: [[0, PLACE], [PLACE - FRAME, END]], kind: 'doubled', samples: FRAME },
  { name: '64 samples that are missing', parts: [[0, PLACE], [PLACE + 64, END]], kind: 'missing', samples: 64 },
  { name: 'one sample that is missing', parts: [[0, PLACE], [PLACE + 1, END]], kind: 'missing', samples: 1 },
  { name: 'a second that is missing', parts: [[0, PLACE], [PLACE + RATE, END]], kind: 'missing', samples: RATE },
  { name: 'silence that was put in', parts: [[0, PLACE], [-333, 0], [PLACE, END]], kind: 'inserted silence', samples: 333 },
  { name: 'a pause of two seconds', parts: [[0, PLACE], [-2 * RATE, 0], [PLACE, END]], kind: 'inserted silence', samples: 2 * RATE },
];

for (const { name, parts, kind, samples } of faults) {
  test(`finds ${name}`, () => {
    const { findings } = compare(splice(reference, ...parts), reference);
    assert.equal(findings.length, 1, JSON.stringify(findings));
    assert.equal(findings[0].kind, kind);
    assert.equal(findings[0].samples, samples);
    assert.ok(Math.abs(findings[0].at - PLACE) <= 4, `at ${findings[0].at} instead of ${PLACE}`);
  });
}

test('finds a shift by 64 samples from one place on, of sound that is like that before it', () => {
  const noise = random(5);
  const added = Float32Array.from({ length: 64 }, () => 0.1 * noise());
  const heard = each(reference, (channel) => {
    const whole = spliced(channel, [0, PLACE], [-64, 0], [PLACE, END]);
    whole.set(added, PLACE);
    return whole;
  });
  const { findings } = compare(heard, reference);
  assert.deepEqual(findings.map(({ kind, samples }) => ({ kind, samples })), [{ kind: 'inserted', samples: 64 }]);
  assert.ok(Math.abs(findings[0].at - PLACE) <= 4);
});

test('finds an access unit that was dropped, though its neighbours overlap', () => {
  const heard = each(reference, (channel) => {
    const whole = spliced(channel, [0, PLACE], [PLACE + FRAME, END]);
    for (let index = 0; index < FRAME; index++) {
      const phase = ((index + 0.5) * Math.PI) / (2 * FRAME);
      const [before, after] = [channel[PLACE - FRAME + index], whole[PLACE - FRAME + index + FRAME]];
      whole[PLACE - FRAME + index] = before * Math.cos(phase) ** 2 + after * Math.sin(phase) ** 2;
    }
    return whole;
  });
  const { findings } = compare(heard, reference);
  const missing = findings.filter(({ kind }) => kind === 'missing');
  assert.deepEqual(missing.map(({ samples }) => samples), [FRAME], JSON.stringify(findings));
  assert.ok(Math.abs(missing[0].at - PLACE) <= 2 * FRAME);
  assert.ok(findings.every(({ at, samples }) => at >= PLACE - 2 * FRAME && at + samples <= PLACE + 4 * FRAME));
});

test('finds silence, and another sound, instead of a frame', () => {
  const instead = (put) =>
    compare(each(reference, (channel) => put(Float32Array.from(channel))), reference, { window: 0.005 }).findings;
  const silent = instead((channel) => channel.fill(0, PLACE, PLACE + FRAME));
  assert.ok(silent.some(({ kind, samples }) => kind === 'silence' && samples >= FRAME - 2 * 221), JSON.stringify(silent));
  const other = instead((channel) => channel.map((value, index) => (index >= PLACE && index < PLACE + FRAME ? -value : value)));
  assert.ok(other.every(({ kind }) => kind === 'damaged'), JSON.stringify(other));
  const samples = other.reduce((sum, finding) => sum + finding.samples, 0);
  assert.ok(samples >= FRAME && samples <= FRAME + 2 * 221, `${samples} samples`);
});

test('finds a click, and none in a clean copy', () => {
  const clean = excessAbove8k(reference, [reference], 0);
  assert.ok(clean.every(({ excess }) => Math.abs(excess) < 0.1));
  const heard = each(reference, (channel) => channel.map((value, index) => (index === PLACE ? value + 0.5 : value)));
  const excess = excessAbove8k(heard, [reference], 0).filter(({ excess }) => excess > 6);
  assert.ok(excess.length >= 1 && excess.length <= 2, JSON.stringify(excess));
  assert.ok(excess.every(({ at }) => Math.abs(at - PLACE) <= 300));
});

test('a louder of two references excuses what it has itself', () => {
  const loud = each(reference, (channel) => channel.map((value) => 2 * value));
  const most = (references) => Math.max(...excessAbove8k(loud, references, 0).map(({ excess }) => excess));
  assert.ok(most([reference]) > 5.5);
  assert.ok(most([reference, loud]) < 0.1);
});

test('where the volume is free a softer copy is none, and a click in it is one', () => {
  const soft = each(reference, (channel) => channel.map((value, index) => value * 0.8 ** (index / RATE)));
  const most = (heard) => Math.max(...excessAbove8k(heard, [reference], 0, { level: 'free' }).map(({ excess }) => excess));
  assert.ok(most(soft) < 0.1);
  assert.ok(most(each(soft, (channel) => channel.map((value, index) => (index === PLACE ? value + 0.5 : value)))) > 6);
});

test('finds where one variant takes over from another', () => {
  const other = each(reference, (channel) => channel.map((value) => Math.tanh(3 * value)));
  const heard = each(reference, (channel, index) =>
    channel.map((value, place) => (place < PLACE ? value : other.channels[index][place])),
  );
  assert.ok(Math.abs(changeOver(heard, [reference, other], 0) - PLACE) <= 0.02 * RATE);
  assert.equal(changeOver(reference, [reference, other], 0), -1);
});
