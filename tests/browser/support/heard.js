/**
 * Compares what was heard with what should have been heard, sample by sample: where the one stands in the other, and
 * every place where samples are missing, stand twice or were put in, where there is silence or another sound instead,
 * and how much louder than it should be anything is above 8 kHz, which is where a click is. Pure: PCM in, findings out;
 * `reference.js` decodes what should have been heard.
 *
 * Sound is `{ sampleRate, channels: Float32Array[] }` throughout; places and lengths are samples of the reference.
 * `lag`: sample i of the reference stands at i + lag in what was heard. It must be the same everywhere.
 */

import { locate } from './fourier.js';

/** What is looked for at first: music seldom repeats a second and a half to the sample. */
const FIRST_PATTERN = 65_536;
/** What is looked for behind a place where the lag changes, and how far behind: as much may be missing. */
const PATTERN = 8192;
const BEHIND = Array.from({ length: 9 }, (_, power) => 2048 * 2 ** power);
/** What is no less alike than this is the same. */
const ALIKE = 0.99;
/** How many places of the reference are tried before it is given up to find one of them. */
const TRIES = 8;
/** A decoder that is given nothing may still ring: -80 dBFS. */
const SILENCE = 1e-4;
/** The energy of an error that says nothing about the place any more: -90 dBFS. */
const NOTHING = 1e-9;

/**
 * @typedef {{ sampleRate: number, channels: Float32Array[] }} Sound
 * @typedef {'missing' | 'doubled' | 'inserted silence' | 'inserted' | 'silence' | 'damaged'} Kind
 *   doubled, inserted: heard in addition, before `at`; silence, damaged: heard instead of what stands there
 * @typedef {{ kind: Kind, at: number, samples: number }} Finding
 * @typedef {object} Options
 * @property {number} [lag]     where the reference begins, if that is known
 * @property {number} [window]  seconds that are judged at once: 0.02
 * @property {number} [snr]     dB below the music that an error may have: 20
 * @property {number} [floor]   dBFS that an error may have whatever the music does: -60
 * @property {number} [reach]   seconds of sound that may have been put in, silence apart: 1
 */

/**
 * Where the reference begins in what was heard.
 * @param {Sound} heard
 * @param {Sound} reference
 * @returns {{ lag: number, likeness: number }}  `likeness`: 1 when it is the same but for its gain
 */
export function align(heard, reference) {
  const [samples, whole] = [mixed(heard), mixed(reference)];
  const length = Math.min(FIRST_PATTERN, whole.length, samples.length);
  let best = { lag: 0, likeness: -1 };
  for (const start of loudest(whole, length).slice(0, TRIES)) {
    const { at, likeness } = locate(whole.subarray(start, start + length), samples);
    if (likeness > best.likeness) best = { lag: at - start, likeness };
    if (likeness >= ALIKE) break;
  }
  return best;
}

/**
 * Follows the reference through what was heard, as far as both go.
 * @param {Sound} heard
 * @param {Sound} reference
 * @param {Options} [options]
 * @returns {{ lag: number, compared: number, snr: number, worst: { at: number, snr: number }, findings: Finding[] }}
 *   `compared`: samples; `snr`: dB of all that is no finding; `worst`: the worst window of that
 */
export function compare(heard, reference, options = {}) {
  const scene = sceneOf(heard, reference, options);
  const first = options.lag ?? align(heard, reference).lag;
  const begin = Math.max(0, -first);
  const findings = [];
  const judged = [];
  let [at, lag] = [begin, first];
  while (at + scene.window <= Math.min(scene.length, scene.heardLength - lag)) {
    const level = levelOf(scene, at, scene.window, lag);
    if (passes(scene, level) && inPlace(scene, at, scene.window, lag, level)) {
      judged.push({ at, ...level });
      at += scene.window;
      continue;
    }
    const change = changeAt(scene, at, lag);
    const finding = change?.finding ?? damageAt(scene, at, lag);
    findings.push(finding);
    lag = change?.lag ?? lag;
    at = Math.max(at, finding.at + (isAddition(finding) ? 0 : finding.samples));
  }
  return { lag: first, compared: at - begin, ...ratiosOf(judged), findings: joined(findings) };
}

/**
 * By how many dB what was heard is louder above 8 kHz than each of the references, in windows of 5 ms. Several
 * references: where one variant follows another, neither may be exceeded.
 * @param {Sound} heard
 * @param {Sound[]} references
 * @param {number} lag
 * @param {{ level?: 'absolute' | 'free' }} [options]  `free`: the volume may have been changed meanwhile, so what
 *   is judged is how much louder it is above 8 kHz than it is below
 * @returns {{ at: number, excess: number }[]}
 */
export function excessAbove8k(heard, references, lag, { level = 'absolute' } = {}) {
  const window = Math.round(heard.sampleRate * 0.005);
  const begin = Math.max(0, -lag);
  const measure = (sound, from) => {
    const high = energiesAbove8k(sound, from, window);
    if (level !== 'free') return { high };
    return { high, low: energiesOf(sound, from, window).map((whole, index) => Math.max(0, whole - high[index])) };
  };
  const allowed = references.map((reference) => measure(reference, begin));
  const actual = measure(heard, begin + lag);
  const count = Math.min(actual.high.length, ...allowed.map(({ high }) => high.length));
  // An energy of -90 dBFS is added to all, so that what nobody hears is no excess.
  const silence = window * 1e-9;
  const ratio = (kind, index, reference) => (actual[kind][index] + silence) / (reference[kind][index] + silence);
  return Array.from({ length: count }, (_, index) => {
    const excesses = allowed.map((reference) => {
      const gain = level === 'free' ? ratio('low', index, reference) : 1;
      return decibels(ratio('high', index, reference) / gain);
    });
    return { at: begin + index * window, excess: Math.min(...excesses) };
  });
}

/**
 * The place, in samples of the references, from which on what was heard is the second of them and no longer the
 * first; -1 when it never is.
 * @param {Sound} heard
 * @param {[Sound, Sound]} references
 * @param {number} lag
 */
export function changeOver(heard, references, lag) {
  const [before, after] = references.map((reference) => sceneOf(heard, reference, {}));
  const { window } = before;
  const error = (scene, at) => levelOf(scene, at, window, lag).error;
  const end = Math.min(before.length, after.length, before.heardLength - lag);
  let place = -1;
  for (let at = Math.max(0, -lag); at + window <= end; at += window) {
    if (error(before, at) <= error(after, at)) place = -1;
    else if (place < 0) place = at;
  }
  return place;
}

/** The findings as a sentence; empty when there are none. */
export function describe({ findings }, sampleRate) {
  const place = (at) => `${(at / sampleRate).toFixed(3)} s`;
  return findings.map(({ kind, at, samples }) => `${samples} samples ${kind} at ${place(at)}`).join('; ');
}

function sceneOf(heard, reference, { window = 0.02, snr = 20, floor = -60, reach = 1 }) {
  if (heard.sampleRate !== reference.sampleRate) {
    throw new Error(`heard at ${heard.sampleRate} Hz, but the reference is at ${reference.sampleRate} Hz`);
  }
  return {
    pairs: heard.channels.map((channel, index) => [channel, reference.channels[index] ?? reference.channels[0]]),
    heard: mixed(heard),
    reference: mixed(reference),
    heardLength: heard.channels[0].length,
    length: reference.channels[0].length,
    window: Math.round(window * heard.sampleRate),
    reach: Math.round(reach * heard.sampleRate),
    ratio: 10 ** (-snr / 10),
    floor: 10 ** (floor / 10),
  };
}

/** Mean energies a sample: of the reference, of what was heard, and of their difference. */
function levelOf({ pairs }, at, samples, lag) {
  let [music, sound, error] = [0, 0, 0];
  for (const [heard, reference] of pairs) {
    for (let index = at; index < at + samples; index++) {
      const [is, should] = [heard[index + lag], reference[index]];
      music += should * should;
      sound += is * is;
      error += (is - should) ** 2;
    }
  }
  const count = samples * pairs.length;
  return { music: music / count, sound: sound / count, error: error / count };
}

function passes({ ratio, floor }, { music, error }) {
  return error <= Math.max(floor, ratio * music);
}

/** Slow music passes a sample too early or too late as well: then it would pass better there. */
function inPlace(scene, at, samples, lag, { error }) {
  const inside = (next) => at + next >= 0 && at + next + samples <= scene.heardLength;
  const worse = (next) => !inside(next) || levelOf(scene, at, samples, next).error >= error;
  return error < NOTHING || (worse(lag - 1) && worse(lag + 1));
}

function fits(scene, at, samples, lag) {
  if (at + lag < 0 || at + lag + samples > scene.heardLength) return false;
  const level = levelOf(scene, at, samples, lag);
  return passes(scene, level) && inPlace(scene, at, samples, lag, level);
}

/** The change of lag at or behind a window that is not as it should be; null when the lag goes on as it was. */
function changeAt(scene, at, lag) {
  const silent = Math.max(...[0, scene.window].map((after) => silenceFrom(scene.heard, at + after + lag)));
  for (const behind of BEHIND) {
    const start = at + behind;
    const length = Math.min(PATTERN, scene.length - start);
    const from = Math.max(0, at + lag - scene.window);
    const region = scene.heard.subarray(from, start + lag + length + silent + scene.reach);
    if (length < 1024 || region.length < length) return null;
    if (fits(scene, start, length, lag)) return null;
    const place = locate(scene.reference.subarray(start, start + length), region, start + lag - from).at;
    const next = from + place - start;
    if (next !== lag && fits(scene, start, length, next)) {
      return { lag: next, finding: findingOf(scene, at, lag, next, behind) };
    }
  }
  return null;
}

function findingOf(scene, near, lag, next, behind) {
  const at = placeOfChange(scene, near, lag, next, behind);
  const samples = Math.abs(next - lag);
  if (next < lag) return { kind: 'missing', at, samples };
  const added = scene.heard.subarray(at + lag, at + next);
  if (energyOf(added) / samples < SILENCE ** 2) return { kind: 'inserted silence', at, samples };
  const twice = at >= samples && likenessOf(added, scene.reference.subarray(at - samples, at)) > ALIKE;
  return { kind: twice ? 'doubled' : 'inserted', at, samples };
}

/**
 * The place before which the one lag fits and behind which the other one does: the last such, since behind samples
 * that stand twice both do.
 */
function placeOfChange(scene, near, lag, next, behind) {
  const missing = Math.max(0, lag - next);
  const begin = Math.max(0, near - scene.window, -lag);
  const end = Math.min(near + behind, scene.length - missing, scene.heardLength - Math.max(lag, next + missing));
  let cost = 0;
  let [best, least] = [near, Infinity];
  for (let index = begin; index < end; index++) {
    if (cost <= least + 1e-9) [best, least] = [index, Math.min(cost, least)];
    for (const [heard, reference] of scene.pairs) {
      cost += (heard[index + lag] - reference[index]) ** 2;
      cost -= (heard[index + missing + next] - reference[index + missing]) ** 2;
    }
  }
  return best;
}

function damageAt(scene, at, lag) {
  const { sound } = levelOf(scene, at, scene.window, lag);
  return { kind: sound < SILENCE ** 2 ? 'silence' : 'damaged', at, samples: scene.window };
}

const isAddition = ({ kind }) => kind === 'doubled' || kind.startsWith('inserted');

/** Neighbouring windows of the same kind are one finding. */
function joined(findings) {
  const result = [];
  for (const finding of findings) {
    const last = result.at(-1);
    const follows = last?.kind === finding.kind && !isAddition(finding) && last.at + last.samples === finding.at;
    if (follows) last.samples += finding.samples;
    else result.push({ ...finding });
  }
  return result;
}

function ratiosOf(judged) {
  const ratio = ({ music, error }) => decibels(music / Math.max(error, 1e-15));
  const sum = (kind) => judged.reduce((total, level) => total + level[kind], 0);
  // Where there is hardly any music the ratio says nothing: -50 dBFS.
  const audible = judged.filter(({ music }) => music > 1e-5).map((level) => ({ at: level.at, snr: ratio(level) }));
  const worst = audible.reduce((least, each) => (each.snr < least.snr ? each : least), { at: -1, snr: Infinity });
  return { snr: ratio({ music: sum('music'), error: sum('error') }), worst };
}

/** Both channels in one, so that neither a left nor an opposed one is lost. */
function mixed({ channels: [left, right = left] }) {
  return left.map((value, index) => value + right[index] / 2);
}

/** The starts of runs of so many samples, the loudest first. */
function loudest(samples, length) {
  const runs = Array.from({ length: Math.floor(samples.length / length) }, (_, index) => index * length);
  const energies = new Map(runs.map((start) => [start, energyOf(samples.subarray(start, start + length))]));
  return runs.sort((one, other) => energies.get(other) - energies.get(one));
}

function silenceFrom(samples, start) {
  let end = start;
  while (end < samples.length && Math.abs(samples[end]) < SILENCE) end++;
  return end - start;
}

function energyOf(samples) {
  return samples.reduce((sum, value) => sum + value * value, 0);
}

function likenessOf(one, other) {
  const product = one.reduce((sum, value, index) => sum + value * other[index], 0);
  return product / Math.sqrt(energyOf(one) * energyOf(other) + 1e-20);
}

const decibels = (ratio) => 10 * Math.log10(ratio);

/** The energy above 8 kHz of each window, from a sample on. */
function energiesAbove8k({ sampleRate, channels }, begin, window) {
  const taps = highPass(8000 / sampleRate);
  const count = Math.floor((channels[0].length - begin) / window);
  const energies = new Float64Array(Math.max(0, count));
  for (const channel of channels) {
    for (let index = 0; index < count * window; index++) {
      let value = 0;
      const first = begin + index - (taps.length >> 1);
      for (let tap = 0; tap < taps.length; tap++) value += taps[tap] * (channel[first + tap] ?? 0);
      energies[Math.floor(index / window)] += value * value;
    }
  }
  return energies.map((energy) => energy / channels.length);
}

/** The energy of each window, from a sample on. */
function energiesOf({ channels }, begin, window) {
  const count = Math.max(0, Math.floor((channels[0].length - begin) / window));
  return Float64Array.from({ length: count }, (_, index) => {
    const start = begin + index * window;
    return channels.reduce((sum, channel) => sum + energyOf(channel.subarray(start, start + window)), 0) / channels.length;
  });
}

/** A windowed sinc of 63 taps (Blackman), with its middle at 0; `edge`: the edge's frequency over the rate. */
function highPass(edge) {
  const half = 31;
  return Float64Array.from({ length: 2 * half + 1 }, (_, tap) => {
    const x = tap - half;
    const low = x === 0 ? 2 * edge : Math.sin(2 * Math.PI * edge * x) / (Math.PI * x);
    const phase = (Math.PI * (x + half + 1)) / (half + 1);
    const shape = 0.42 - 0.5 * Math.cos(phase) + 0.08 * Math.cos(2 * phase);
    return (x === 0 ? 1 : 0) - low * shape;
  });
}
