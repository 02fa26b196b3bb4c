/** What the page tells a host that asks for it: counted by the watch, sent by the report. The browser is made up. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counts } from '../../assets/player/api.js';
import { createReport } from '../../assets/player/report.js';
import { watchPlayback } from '../../assets/player/watch.js';

const endpoint = new URL('http://site/api/report');
const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
const sent = [];
Object.assign(globalThis, {
  document: page,
  fetch: async (url, { method, body }) => sent.push({ url: String(url), method, ...JSON.parse(body) }),
});

const leave = () => {
  page.visibilityState = 'hidden';
  page.dispatchEvent(new Event('visibilitychange'));
};

test('the first sound is told at once, stalls and retries when the page is left, each once', () => {
  const report = createReport({ endpoint, path: 'mse' });
  const told = { url: endpoint.href, method: 'POST', path: 'mse' };
  report.firstSound(41.26);
  assert.deepEqual(sent.splice(0), [{ ...told, stalls: 0, retries: 0, first_sound_ms: 41.3 }]);
  leave();
  assert.deepEqual(sent, [], 'nothing to tell');
  report.stall();
  report.stall();
  counts.retries += 3;
  leave();
  leave();
  assert.deepEqual(sent.splice(0), [{ ...told, stalls: 2, retries: 3 }]);
});

test('a stall is what a listener hears: not the start, nor what a seek or a pause takes', (context) => {
  const audio = Object.assign(new EventTarget(), { currentTime: 0, paused: false, seeking: false, ended: false, error: null });
  const heard = { firsts: 0, stalls: 0 };
  const { stop } = watchPlayback(/** @type {any} */ (audio), {
    onStuck: () => {},
    onFirstSound: () => (heard.firsts += 1),
    onStall: () => (heard.stalls += 1),
  });
  context.after(stop);
  const says = (...types) => types.forEach((type) => audio.dispatchEvent(new Event(type)));
  says('emptied', 'play', 'waiting', 'playing');
  assert.deepEqual(heard, { firsts: 1, stalls: 0 });
  says('seeking', 'waiting', 'playing');
  assert.deepEqual(heard, { firsts: 1, stalls: 0 });
  says('waiting', 'playing');
  assert.deepEqual(heard, { firsts: 1, stalls: 1 });
  audio.paused = true;
  says('pause', 'waiting', 'play', 'playing');
  assert.deepEqual(heard, { firsts: 1, stalls: 1 });
  says('emptied', 'play', 'playing');
  assert.equal(heard.firsts, 2, 'of another source');
});

test('a clock that stands still is told once a while, with how often in a row', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  let now = 0;
  context.mock.method(performance, 'now', () => now);
  const audio = Object.assign(new EventTarget(), { currentTime: 5, paused: false, seeking: false, ended: false, error: null });
  const stuck = [];
  const { stop } = watchPlayback(/** @type {any} */ (audio), { onStuck: (times) => stuck.push(times), onFirstSound() {}, onStall() {} });
  context.after(stop);
  const pass = (milliseconds) => {
    for (const end = now + milliseconds; now < end; ) {
      now += 500;
      context.mock.timers.tick(500);
    }
  };
  pass(2000);
  assert.deepEqual(stuck, []);
  pass(2500);
  assert.deepEqual(stuck, [1, 2]);
  audio.currentTime += 0.02;
  pass(2000);
  assert.deepEqual(stuck, [1, 2, 3], 'a push is not the sound');
  audio.currentTime += 1;
  pass(2000);
  assert.deepEqual(stuck, [1, 2, 3]);
  audio.paused = true;
  pass(10_000);
  assert.deepEqual(stuck, [1, 2, 3]);
});
