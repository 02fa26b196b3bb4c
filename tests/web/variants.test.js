/** Variants by name, and which one a track plays in. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  intensitiesOf,
  manifestBeside,
  manifestPath,
  nearestVariant,
  partsOf,
  variantIn,
  variantInWords,
  variantOf,
} from '../../assets/player/variants.js';

const track = (...names) => ({
  id: 'a',
  duration: 60,
  variants: Object.fromEntries(names.map((name) => [name, `tracks/a/${name}/manifest.json`])),
});

test('one name for each, and back', () => {
  assert.equal(variantOf('warm', 100), 'warm');
  assert.equal(variantOf('warm', 50.4), 'warm@50');
  assert.equal(variantOf('warm', 0), 'original');
  assert.equal(variantOf('warm', 140), 'warm');
  assert.equal(variantOf('original', 30), 'original');
  for (const name of ['original', 'warm', 'warm@1', 'my-own@99']) {
    const { preset, percent } = partsOf(name);
    assert.equal(variantOf(preset, percent), name);
  }
  assert.equal(variantInWords('warm@50'), 'warm, 50 %');
});

test('a track plays in what was asked for, else in the nearest that it has', () => {
  const both = track('original', 'warm@30', 'warm@80');
  assert.equal(nearestVariant(both, 'warm@80', false), 'warm@80');
  assert.equal(nearestVariant(both, 'warm', false), 'warm@80');
  assert.equal(nearestVariant(both, 'warm@40', false), 'warm@30');
  assert.equal(nearestVariant(both, 'bright', false), 'original');
  assert.equal(nearestVariant(track('bright'), 'warm', false), 'bright');
  assert.equal(nearestVariant(both, null, false), 'original');
});

test('a host that renders on demand has every variant', () => {
  assert.equal(nearestVariant(track(), 'warm@40', true), 'warm@40');
  assert.equal(manifestPath(track(), 'warm@40'), 'tracks/a/warm@40/manifest.json');
  assert.equal(manifestPath(track('original'), 'original'), 'tracks/a/original/manifest.json');
});

test('the intensities that there are of a preset', () => {
  assert.deepEqual(intensitiesOf(['original', 'warm', 'warm@5', 'warm@50', 'bright@7'], 'warm'), [5, 50, 100]);
});

test('the manifest of another variant stands beside', () => {
  const address = new URL('https://music.example/site/tracks/a/warm@50/manifest.json?v=2');
  assert.equal(variantIn(address), 'warm@50');
  assert.equal(variantIn(new URL('https://music.example/tracks/a/warm%4050/manifest.json')), 'warm@50');
  assert.equal(manifestBeside(address, 'warm@50'), address);
  assert.equal(String(manifestBeside(address, 'bright@7')), 'https://music.example/site/tracks/a/bright@7/manifest.json');
  assert.equal(String(manifestBeside(address, '../b')), 'https://music.example/site/tracks/a/..%2Fb/manifest.json');
});
