/** The address: what is written is read again, and what makes no sense leads to the albums. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOME, addressOf, addressOfMoment, parseAddress } from '../../assets/player/address.js';

const id = '0b6f56aa7d00f089f97e20ebb6b2a5f0';

test('a place is read as it was written', () => {
  for (const place of [
    HOME,
    { view: 'tracks', query: 'a & b=c?#+%', sort: 'title', open: null },
    { view: 'artists', query: '', sort: null, open: '' },
    { view: 'albums', query: '夜', sort: null, open: 'AC/DC/Who made who?' },
  ]) {
    assert.deepEqual(parseAddress(addressOf(place)), { place, moment: null });
  }
  assert.equal(addressOf(HOME), '#/albums');
});

test('a moment is read as it was written, to the second', () => {
  assert.equal(addressOfMoment({ id, time: 42.9, variant: 'warm@50' }), `#/track/${id}?t=42&variant=warm%4050`);
  assert.deepEqual(parseAddress(`#/track/${id}?t=42&variant=warm@50`).moment, { id, time: 42, variant: 'warm@50' });
  assert.equal(addressOfMoment({ id, time: 0.4, variant: null }), `#/track/${id}`);
  assert.deepEqual(parseAddress(`#/track/${id}`), { place: HOME, moment: { id, time: 0, variant: null } });
});

test('what makes no sense leads to the albums', () => {
  for (const hash of ['', '#', '#/', '#/songs', '#albums', '#/track/../../x', '#/track/xyz?t=1', '#%', '#/albums%']) {
    assert.deepEqual(parseAddress(hash), { place: HOME, moment: null }, hash);
  }
  for (const time of ['-5', 'NaN', 'Infinity', '', 'x']) {
    assert.equal(parseAddress(`#/track/${id}?t=${time}`).moment.time, 0, time);
  }
});
