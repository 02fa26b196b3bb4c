/** By which way a browser plays. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawOf, isMseAllowed, wayOf } from '../../assets/player/ways.js';

const can = (...names) => ({ mse: names.includes('mse'), managed: names.includes('managed'), hls: names.includes('hls') });

test('the first that the browser can', () => {
  assert.equal(wayOf(can('mse', 'managed', 'hls'), true), 'mse');
  assert.equal(wayOf(can('managed', 'hls'), true), 'managed');
  assert.equal(wayOf(can('hls'), true), 'hls');
  assert.equal(wayOf(can(), true), 'file');
});

test('without MSE what is left', () => {
  assert.equal(wayOf(can('mse', 'managed', 'hls'), false), 'hls');
  assert.equal(wayOf(can('mse'), false), 'file');
});

test('player.json turns MSE off, or on for a share of the visitors; the address outranks it', () => {
  const visit = (setting, draw = 50, address = null) => isMseAllowed({ setting, address, draw });
  assert.equal(visit(undefined), true);
  assert.equal(visit(true), true);
  assert.equal(visit(false), false);
  assert.equal(visit(25, 24.9), true);
  assert.equal(visit(25, 25), false);
  assert.equal(visit(0, 0), false);
  assert.equal(visit(100, 99.99), true);
  assert.equal(visit(true, 0, 'off'), false);
  assert.equal(visit(false, 0, 'on'), true);
});

test('a visitor draws once', () => {
  const kept = new Map();
  const storage = { read: (name) => kept.get(name) ?? null, write: (name, value) => kept.set(name, value) };
  assert.equal(drawOf(storage, () => 0.25), 25);
  assert.equal(drawOf(storage, () => 0.75), 25);
});
