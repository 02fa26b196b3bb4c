/** How the page follows a host that still reads its library. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followGrowth } from '../../assets/player/growth.js';

const known = { sources: 3, identified: 2, failed: 1 };
const partly = (identified) => ({ sources: 3, identified, failed: 0 });
const catalogOf = (tracks) => ({ checksum: String(tracks), tracks });

/**
 * A host that gives these answers in turn, the last of them for ever; an Error is thrown.
 * @returns what the page asked for, how long it waited, and what it heard
 */
async function follow(progress, catalogs, first = catalogOf(0)) {
  const inTurn = (answers) => async () => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const asked = [];
  const heard = [];
  const pauses = [];
  const [askProgress, askCatalog] = [inTurn(progress), inTurn(catalogs)];
  const ended = followGrowth(first, {
    askProgress: () => (asked.push('progress'), askProgress()),
    askCatalog: () => (asked.push('catalog'), askCatalog()),
    wait: async (seconds) => pauses.push(seconds),
    onAnswer: ({ tracks }, isKnown) => heard.push([tracks, isKnown]),
  });
  await ended.catch((error) => heard.push(error.message));
  return { asked, heard, pauses };
}

test('a source that takes long is no end: it is followed until the library is known', async () => {
  const { asked, heard } = await follow([partly(1), partly(1), partly(1), partly(1), known], [catalogOf(1), catalogOf(2)]);
  assert.deepEqual(heard, [[1, false], [1, false], [1, false], [1, false], [2, true]]);
  assert.equal(asked.filter((what) => what === 'catalog').length, 2, 'the catalog is read where there is news');
  assert.equal(asked[0], 'progress', 'the catalog is at least as new as what is known');
});

test('a library that is known at once is read once more, and not again', async () => {
  const same = catalogOf(2);
  const { asked, heard, pauses } = await follow([known], [same], same);
  assert.deepEqual([asked, heard, pauses], [['progress', 'catalog'], [[2, true]], []]);
});

test('a host that has not looked yet is asked again', async () => {
  const { heard } = await follow([{ sources: 0, identified: 0, failed: 0 }, known], [catalogOf(0), catalogOf(2)]);
  assert.deepEqual(heard, [[0, false], [2, true]]);
});

test('the pauses grow, to half a minute', async () => {
  const { pauses } = await follow([...Array(20).fill(partly(1)), known], [catalogOf(1)]);
  assert.deepEqual(pauses.slice(0, 3), [3, 4.5, 6.75]);
  assert.equal(pauses.length, 20);
  assert.ok(pauses.every((pause, index) => index === 0 || pause >= pauses[index - 1]));
  assert.equal(pauses.at(-1), 30);
});

test('failures are got over, but not for ever', async () => {
  const broken = new Error('no answer');
  const { heard } = await follow([partly(1), broken, broken, partly(2), broken, known], [catalogOf(1), broken, catalogOf(3)]);
  assert.deepEqual(heard.at(-1), [3, true]);
  const gone = await follow([partly(1), broken], [catalogOf(1)]);
  assert.deepEqual(gone.heard, [[1, false], 'no answer']);
  assert.equal(gone.asked.filter((what) => what === 'progress').length, 9);
});

test('where the host does not tell how far it is, the catalog does', async () => {
  const counts = [1, 1, 1, 2, 2, 2, 2, 3];
  const { heard, asked } = await follow([null], counts.map(catalogOf));
  assert.deepEqual(heard.map(([tracks]) => tracks).slice(0, 8), counts);
  assert.deepEqual(heard.at(-1), [3, true], 'it stays as it is');
  assert.equal(asked.filter((what) => what === 'progress').length, 1, 'it is not asked again');
  assert.ok(asked.length < 50);
});

test('what goes wrong with an answer is not taken for a failure of the host', async () => {
  const asks = { askProgress: async () => known, askCatalog: async () => catalogOf(1), wait: async () => {} };
  const broken = followGrowth(catalogOf(0), { ...asks, onAnswer: () => assert.fail('seen') });
  await assert.rejects(broken, /seen/);
});
