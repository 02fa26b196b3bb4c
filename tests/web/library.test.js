/** The library: how tracks become albums and artists, in which order, and what a search finds. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folded, libraryOf } from '../../assets/player/library.js';
import { HOME } from '../../assets/player/address.js';
import { rowsOf } from '../../assets/player/rows.js';

const track = (title, artist, album, more = {}) => ({ id: title, title, artist, album, duration: 60, variants: {}, ...more });
const titles = (library, items) => items.map((item) => library.tracks[item].title);

test('tracks of an album come in the order of the record, whatever their order in the catalog', () => {
  const library = libraryOf([
    track('d', 'A', 'X', { disc: 2, track: 1 }),
    track('b', 'A', 'X', { track: 2, year: 1999, cover: 'b.jpg' }),
    track('a', 'A', 'X', { disc: 1, track: 1 }),
    track('c', 'A', 'X', { disc: 1 }),
  ]);
  const [album, ...others] = library.albums('artist');
  assert.deepEqual(others, []);
  assert.deepEqual(titles(library, album.items), ['a', 'b', 'c', 'd']);
  assert.equal(album.year, 1999);
  assert.equal(album.cover, 'b.jpg');
  assert.equal(album.duration, 240);
});

test('the tracks of a catalog are grouped once, whoever asks', () => {
  let looks = 0;
  const counted = { ...track('a', 'A', 'X'), get album() { return (looks += 1) && 'X'; } };
  const tracks = [counted];
  const { key } = libraryOf(tracks).albums('artist')[0];
  const once = looks;
  assert.equal(libraryOf(tracks).albumOf(0).key, key);
  assert.equal(looks, once);
});

test('one title by two artists is two albums; a compilation is one', () => {
  const hits = libraryOf([
    track('a', 'A', 'Hits', { track: 1 }),
    track('b', 'B', 'Hits', { track: 1 }),
  ]);
  assert.deepEqual(hits.albums('artist').map(({ artist }) => artist), ['A', 'B']);
  const sampler = libraryOf([
    track('a', 'A', 'Sampler', { track: 1 }),
    track('b', 'B', 'Sampler', { track: 2 }),
    track('c', 'C', 'Own', { album_artist: 'Label', track: 1 }),
    track('d', 'D', 'Own', { album_artist: 'Label', track: 2 }),
  ]);
  assert.deepEqual(
    sampler.albums('title').map(({ title, artist, various, items }) => ({ title, artist, various, count: items.length })),
    [
      { title: 'Own', artist: 'Label', various: false, count: 2 },
      { title: 'Sampler', artist: null, various: true, count: 2 },
    ],
  );
});

test('tracks without tags are found under no album and no artist, after all others', () => {
  const library = libraryOf([track('x', null, null), track('y', 'Z', null), track('z', 'Z', 'Last')]);
  assert.deepEqual(library.albums('artist').map(({ artist, title }) => [artist, title]), [
    ['Z', 'Last'],
    ['Z', null],
    [null, null],
  ]);
  assert.deepEqual(library.artists('name').map(({ name }) => name), ['Z', null]);
});

test('albums are sorted by artist, by title, and newest first', () => {
  const library = libraryOf([
    track('1', 'The Beta', 'Zoo', { year: 2001 }),
    track('2', 'The Beta', 'Ark', { year: 1990 }),
    track('3', 'alpha', 'Moon 10', { year: 2010 }),
    track('4', 'Élan', 'Moon 9'),
  ]);
  const names = (sort) => library.albums(sort).map(({ title }) => title);
  assert.deepEqual(names('artist'), ['Moon 10', 'Ark', 'Zoo', 'Moon 9']);
  assert.deepEqual(names('title'), ['Ark', 'Moon 9', 'Moon 10', 'Zoo']);
  assert.deepEqual(names('year'), ['Moon 10', 'Zoo', 'Ark', 'Moon 9']);
});

test('tracks are sorted by album, title, artist and length', () => {
  const library = libraryOf([
    track('b', 'Y', 'Q', { duration: 3 }),
    track('c', 'X', 'P', { duration: 2, track: 2 }),
    track('a', 'X', 'P', { duration: 1, track: 1 }),
    track(null, null, null, { duration: 4 }),
  ]);
  const sorted = (sort) => titles(library, library.items(sort));
  assert.deepEqual(sorted('album'), ['a', 'c', 'b', null]);
  assert.deepEqual(sorted('title'), ['a', 'b', 'c', null]);
  assert.deepEqual(sorted('artist'), ['a', 'c', 'b', null]);
  assert.deepEqual(sorted('length'), ['a', 'c', 'b', null]);
});

test('a search finds all its words in title, artist or album, without case and diacritics', () => {
  const library = libraryOf([
    track('Sørgemarsj', 'Bjørk Ñandú', 'Café Łódź'),
    track('ＦＵＬＬ width', 'Straße', 'ﬁne'),
    track('Night', 'Nobody', 'Nowhere', { album_artist: 'Label' }),
  ]);
  const found = (query) => [...(library.matches(query) ?? ['all'])].flatMap((hit, item) => (hit ? [item] : []));
  assert.deepEqual(found('cafe LODZ'), [0]);
  assert.deepEqual(found('nandu sorge'), [0]);
  assert.deepEqual(found('full strasse fine'), [1]);
  assert.deepEqual(found('night label'), [2]);
  assert.deepEqual(found('night cafe'), []);
  assert.deepEqual(found('N'), [0, 1, 2]);
  assert.equal(library.matches('  '), null);
});

test('folding twice changes nothing', () => {
  for (const text of ['Ærø', 'İstanbul', 'ﬃ', 'Ἀθήνα', '夜のバス', 'שָׁלוֹם', 'A']) {
    assert.equal(folded(folded(text)), folded(text), text);
  }
});

const layout = { columns: 2, card: 200, head: 100, track: 50, artist: 70, end: 40 };
const some = libraryOf([
  track('a1', 'A', 'One', { track: 1 }),
  track('a2', 'A', 'One', { track: 2 }),
  track('b1', 'B', 'Two', { track: 1 }),
  track('c1', 'C', 'Three', { track: 1 }),
]);
const shape = ({ rows }) => rows.map(({ type, height }) => `${type} ${height}`);

test('an album opens under the row of cards that it stands in', () => {
  assert.deepEqual(shape(rowsOf(some, HOME, layout)), ['cards 200', 'cards 200']);
  const open = rowsOf(some, { ...HOME, open: 'A/One' }, layout);
  assert.deepEqual(shape(open), ['cards 200', 'album 100', 'track 50', 'track 50', 'end 40', 'cards 200']);
  assert.equal(new Set(open.rows.map(({ key }) => key)).size, open.rows.length, 'every key is its own');
  assert.deepEqual(open.rows[3].items, some.albums('artist')[0].items);
  assert.equal(open.rows[3].at, 1);
});

test('a search keeps the view: albums and artists with a match, tracks that match', () => {
  const found = (place) => rowsOf(some, { ...HOME, query: 'a2', ...place }, layout);
  assert.equal(found({}).found, 1);
  assert.deepEqual(shape(found({ open: 'A/One' })), ['cards 200', 'album 100', 'track 50', 'track 50', 'end 40']);
  assert.deepEqual(shape(found({ view: 'artists' })), ['artist 70']);
  const tracks = found({ view: 'tracks' });
  assert.deepEqual(tracks.rows.map(({ items, at, place, size }) => ({ item: items[at], place, size })), [{ item: 1, place: 1, size: 1 }]);
});

test('an artist opens in place, with the albums', () => {
  const { rows, found } = rowsOf(some, { ...HOME, view: 'artists', open: 'B' }, layout);
  assert.equal(found, 3);
  assert.deepEqual(rows.map(({ type }) => type), ['artist', 'artist', 'album', 'track', 'end', 'artist']);
});

test('an order that a view does not have is its usual one', () => {
  const { rows } = rowsOf(some, { ...HOME, view: 'tracks', sort: 'year' }, layout);
  assert.deepEqual(rows.map(({ items, at }) => items[at]), [0, 1, 2, 3]);
});
