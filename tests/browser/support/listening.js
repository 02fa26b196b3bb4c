/** Has the page play, records it, and says what must be true of the sound. */

import assert from 'node:assert/strict';
import { describe } from './heard.js';
import { currentTime, openTracks, playTrack } from './playing.js';
import { record } from './recorder.js';

/** Samples a second of all that is listened to. */
export const RATE = 44_100;
/** dB: what is left is how two decoders round. */
const SAME = 80;
/** dB that a window of 5 ms may have more above 8 kHz than it should: less than a click. */
const CLICK = 6;

/**
 * Plays a track from its start, and what follows it in the catalog; records until `act` is done.
 * @param {import('./browsers.js').Browser} browser
 * @param {string} origin
 * @param {number} index  of the track
 * @param {() => Promise<unknown>} act
 * @returns {Promise<{ heard: import('./heard.js').Sound, end: number }>}  `end`: sample of the axis that was reached
 */
export async function listen(browser, origin, index, act) {
  const order = await openTracks(browser, origin);
  assert.deepEqual(order, order.map((_, place) => place), 'the rows are in the order of the catalog');
  const recorder = await record(browser, { sampleRate: RATE });
  await playTrack(browser, index);
  await act();
  const end = Math.floor((await currentTime(browser)) * RATE);
  const heard = await recorder.recording();
  assert.deepEqual(await browser.console(), []);
  return { heard, end };
}

/**
 * That all of it was heard, and nothing else.
 * @param {ReturnType<typeof import('./heard.js').compare>} result
 * @param {number} samples  that the reference has
 * @param {{ diagnostic: (message: string) => void }} [context]
 */
export function assertExact(result, samples, context) {
  assertWhole(result, samples);
  assert.equal(describe(result, RATE), '');
  context?.diagnostic(`${result.compared} samples, SNR ${result.snr.toFixed(1)} dB, worst ${result.worst.snr.toFixed(1)} dB`);
  assert.ok(result.snr > SAME, `an SNR of ${result.snr} dB`);
}

/** That it was heard to its end; the last window may not be whole. */
export function assertWhole({ compared }, samples) {
  assert.ok(compared > samples - 0.02 * RATE, `only ${compared} of ${samples} samples were heard`);
}

/**
 * @param {{ at: number, excess: number }[]} windows
 * @param {{ diagnostic: (message: string) => void }} context
 */
export function assertNoClick(windows, context) {
  const worst = windows.reduce((most, each) => (each.excess > most.excess ? each : most));
  const said = `${worst.excess.toFixed(1)} dB more above 8 kHz than either at ${(worst.at / RATE).toFixed(3)} s`;
  context.diagnostic(said);
  assert.ok(worst.excess <= CLICK, said);
}
