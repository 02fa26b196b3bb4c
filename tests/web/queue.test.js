/** The queue: what follows what, and what becomes of it as it is changed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EMPTY_QUEUE,
  cleared,
  currentOf,
  filled,
  movedTo,
  placeAfter,
  placeAfterEnd,
  placeBefore,
  removed,
  reordered,
  repeatedNext,
  shuffled,
  unshuffled,
  upNext,
  withLast,
  withNext,
} from '../../assets/player/queue.js';

const never = () => assert.fail('nothing is shuffled');
const queueOf = (items, at, more = {}) => ({ ...EMPTY_QUEUE, items, at, ...more });

/** Numbers that look random, the same each time (a linear congruential generator, as in Numerical Recipes). */
function random(seed = 1) {
  let state = seed;
  return () => (state = (state * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
}

test('it plays in order and ends', () => {
  const queue = queueOf([7, 8, 9], 0);
  assert.equal(currentOf(queue), 7);
  assert.deepEqual(upNext(queue), [8, 9]);
  assert.equal(placeAfterEnd(queue), 1);
  assert.equal(placeAfterEnd(movedTo(queue, 2)), null);
  assert.equal(placeBefore(queue), null);
  assert.equal(currentOf(EMPTY_QUEUE), null);
  assert.equal(placeAfterEnd(EMPTY_QUEUE), null);
});

test('repeating all goes round; repeating one stays, until the listener asks for the next', () => {
  const all = queueOf([7, 8], 1, { repeat: 'all' });
  assert.equal(placeAfterEnd(all), 0);
  assert.equal(placeBefore(movedTo(all, 0)), 1);
  const one = queueOf([7, 8], 0, { repeat: 'one' });
  assert.equal(placeAfterEnd(one), 0);
  assert.equal(placeAfter(one), 1);
  assert.deepEqual(['off', 'all', 'one'].map((repeat) => repeatedNext(queueOf([], -1, { repeat })).repeat), ['all', 'one', 'off']);
});

test('a track can be put next or last', () => {
  assert.deepEqual(withNext(queueOf([1, 2], 0), 9).items, [1, 9, 2]);
  assert.deepEqual(withLast(queueOf([1, 2], 0), 9).items, [1, 2, 9]);
});

test('what is up next can be moved, what was played cannot', () => {
  const queue = queueOf([1, 2, 3, 4], 1);
  assert.deepEqual(reordered(queue, 3, 2).items, [1, 2, 4, 3]);
  assert.deepEqual(reordered(queue, 2, 99).items, [1, 2, 4, 3]);
  assert.deepEqual(reordered(queue, 3, 0).items, [1, 2, 4, 3], 'not before the current one');
  assert.equal(reordered(queue, 1, 3), queue);
  assert.equal(reordered(queue, 0, 3), queue);
});

test('a removed track leaves the current one where it is', () => {
  const queue = queueOf([1, 2, 3], 1);
  assert.deepEqual(removed(queue, 2).items, [1, 2]);
  const before = removed(queue, 0);
  assert.equal(currentOf(before), 2);
  assert.equal(removed(queue, 1), queue);
  assert.deepEqual(cleared(queue).items, [1, 2]);
});

test('a shuffle plays every track once, the current one first, and can be undone', () => {
  const items = Array.from({ length: 50 }, (_, index) => index);
  const queue = queueOf(items, 20);
  const mixed = shuffled(queue, random());
  assert.equal(mixed.at, 0);
  assert.equal(currentOf(mixed), 20);
  assert.deepEqual([...mixed.items].sort((a, b) => a - b), items);
  assert.notDeepEqual(mixed.items.slice(1), items.filter((item) => item !== 20));
  assert.deepEqual(unshuffled(movedTo(mixed, 7)), { ...queue, at: mixed.items[7] });
});

test('every order is as likely as the others', () => {
  const next = random(7);
  const counts = new Map();
  for (let round = 0; round < 6000; round += 1) {
    const order = shuffled(queueOf([0, 1, 2], -1), next).items.join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const [order, count] of counts) assert.ok(count > 850 && count < 1150, `${order}: ${count}`);
});

test('while it is shuffled, what is added and removed is so in both orders', () => {
  const mixed = shuffled(queueOf([0, 1, 2, 3], 0), random());
  const back = unshuffled(removed(withNext(mixed, 9), mixed.items.indexOf(2) + 1));
  assert.deepEqual(back.items, [0, 9, 1, 3]);
  assert.deepEqual(unshuffled(withLast(mixed, 9)).items, [0, 1, 2, 3, 9]);
});

test('what was put next while it was shuffled still plays next when the shuffle is undone', () => {
  const mixed = movedTo(shuffled(queueOf([0, 1, 2, 3, 4, 5], 2), random()), 3);
  const back = unshuffled(withNext(mixed, 9));
  assert.equal(currentOf(back), currentOf(mixed));
  assert.equal(upNext(back)[0], 9);
  assert.deepEqual(back.items.filter((item) => item !== 9), [0, 1, 2, 3, 4, 5]);
});

test('of a track that stands there twice, a shuffle undone leads back to the one that plays', () => {
  const twice = [7, 8, 7, 9];
  for (const place of twice.keys()) {
    const mixed = shuffled(queueOf(twice, place), random());
    assert.deepEqual(unshuffled(mixed), queueOf(twice, place));
    const moved = reordered(mixed, 3, 1);
    assert.notDeepEqual(moved.items, mixed.items);
    assert.deepEqual(unshuffled(moved), queueOf(twice, place));
    // Played to its end, every place was the current one once.
    const places = twice.map((_, step) => unshuffled(movedTo(mixed, step)).at);
    assert.deepEqual(places.toSorted(), [0, 1, 2, 3]);
  }
  const mixed = shuffled(queueOf(twice, 2), random());
  const other = mixed.items.indexOf(7, 1);
  assert.deepEqual(unshuffled(removed(mixed, other)), queueOf([8, 7, 9], 1), 'the one that was removed');
});

test('a queue cleared while it is shuffled stays cleared when the shuffle is undone', () => {
  const mixed = movedTo(shuffled(queueOf([0, 1, 2, 3, 4, 5], 5), random()), 2);
  const back = unshuffled(cleared(mixed));
  assert.deepEqual(upNext(back), []);
  assert.equal(currentOf(back), currentOf(mixed));
});

test('a new list is shuffled when the one before was', () => {
  const mixed = shuffled(queueOf([0, 1], 0), random());
  const next = filled(mixed, [4, 5, 6, 7], 2, random());
  assert.equal(currentOf(next), 6);
  assert.deepEqual(unshuffled(next), queueOf([4, 5, 6, 7], 2));
  assert.deepEqual(filled(queueOf([0], 0), [4, 5], 1, never), queueOf([4, 5], 1));
});
