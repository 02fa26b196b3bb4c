/**
 * The rows that the library's list shows, as one flat array: every height is known beforehand, so that a list of
 * 50,000 needs no layout. An album opens under its row of cards, an artist under its own row. Pure.
 */

import { SORTS } from './library.js';

/** @typedef {import('./library.js').Album} Album */
/** @typedef {import('./library.js').Artist} Artist */
/** @typedef {import('./library.js').Library} Library */
/** @typedef {import('./address.js').Place} Place */
/**
 * @typedef {object} Layout  How much room there is, in CSS pixels.
 * @property {number} columns  cards in a row
 * @property {number} card     height of a row of cards
 * @property {number} head     of an open album's head
 * @property {number} track
 * @property {number} artist
 * @property {number} end      of the air below an open album
 */
/**
 * What every row has: a key that is its own, a height, and for screen readers its place among how many.
 * @typedef {{ key: string, height: number, place: number, size: number }} Common
 */
/** @typedef {Common & { type: 'cards', albums: readonly Album[], open: string | null }} CardsRow */
/** @typedef {Common & { type: 'album', album: Album }} AlbumRow */
/** @typedef {Common & { type: 'artist', artist: Artist, open: boolean }} ArtistRow */
/** @typedef {Common & { type: 'track', items: readonly number[], at: number, album: Album | null }} TrackRow */
/** @typedef {Common & { type: 'end' }} EndRow */
/** @typedef {CardsRow | AlbumRow | ArtistRow | TrackRow | EndRow} Row */
/** @typedef {{ rows: Row[], found: number }} Found  `found`: albums, artists or tracks. */

/**
 * @param {Library} library
 * @param {Place} place
 * @param {Layout} layout
 * @returns {Found}
 */
export function rowsOf(library, place, layout) {
  const matches = library.matches(place.query);
  const sort = sortOf(place);
  switch (place.view) {
    case 'albums': {
      const albums = library.albums(sort);
      return albumRows(library, matches ? albums.filter((album) => hasMatch(album, matches)) : albums, place.open, layout);
    }
    case 'artists': {
      const has = (/** @type {Artist} */ artist) => !matches || artist.albums.some((album) => hasMatch(album, matches));
      return artistRows(library, library.artists(sort).filter(has), place.open, matches, layout);
    }
    case 'tracks': {
      const items = library.items(sort);
      const found = matches ? items.filter((item) => matches[item]) : items;
      return { rows: trackRows(library, found, null, layout), found: found.length };
    }
  }
}

/**
 * The order that is asked for, or the view's usual one.
 * @param {Place} place
 */
export function sortOf({ view, sort }) {
  const sorts = /** @type {readonly string[]} */ (SORTS[view]);
  return sort !== null && sorts.includes(sort) ? sort : sorts[0];
}

/**
 * @param {Library} library
 * @param {readonly Album[]} albums
 * @param {string | null} open
 * @param {Layout} layout
 * @returns {Found}
 */
function albumRows(library, albums, open, layout) {
  /** @type {Row[]} */
  const rows = [];
  for (let at = 0; at < albums.length; at += layout.columns) {
    const own = albums.slice(at, at + layout.columns);
    const common = { key: `cards ${own[0].key}`, height: layout.card, place: at + 1, size: albums.length };
    rows.push({ type: 'cards', ...common, albums: own, open });
    const opened = open === null ? undefined : own.find(({ key }) => key === open);
    if (opened) rows.push(...openAlbum(library, opened, layout), endRow(opened.key, layout));
  }
  return { rows, found: albums.length };
}

/**
 * @param {Library} library
 * @param {readonly Artist[]} artists
 * @param {string | null} open
 * @param {Uint8Array | null} matches
 * @param {Layout} layout
 * @returns {Found}
 */
function artistRows(library, artists, open, matches, layout) {
  /** @type {Row[]} */
  const rows = [];
  artists.forEach((artist, index) => {
    const isOpen = artist.key === open;
    const common = { key: `artist ${artist.key}`, height: layout.artist, place: index + 1, size: artists.length };
    rows.push({ type: 'artist', ...common, artist, open: isOpen });
    if (!isOpen) return;
    const albums = matches ? artist.albums.filter((album) => hasMatch(album, matches)) : artist.albums;
    for (const album of albums) rows.push(...openAlbum(library, album, layout));
    rows.push(endRow(artist.key, layout));
  });
  return { rows, found: artists.length };
}

/**
 * @param {Library} library
 * @param {Album} album
 * @param {Layout} layout
 * @returns {Row[]}
 */
function openAlbum(library, album, layout) {
  return [
    { type: 'album', key: `album ${album.key}`, height: layout.head, place: 1, size: 1, album },
    ...trackRows(library, album.items, album, layout),
  ];
}

/** Rows of lists that stay as they are, as the whole library does: it is come back to with every search. */
const known = new WeakMap();

/**
 * @param {Library} library
 * @param {readonly number[]} items
 * @param {Album | null} album
 * @param {Layout} layout
 * @returns {Row[]}
 */
function trackRows(library, items, album, { track: height }) {
  /** @type {Row[] | undefined} */
  let rows = known.get(items);
  if (rows === undefined || rows[0]?.height !== height) {
    rows = newTrackRows(library, items, album, height);
    known.set(items, rows);
  }
  return rows;
}

/**
 * A row is told by its track's id: in a library that grows a track gets another index.
 * @param {Library} library
 * @param {readonly number[]} items
 * @param {Album | null} album
 * @param {number} height
 * @returns {Row[]}
 */
function newTrackRows({ tracks }, items, album, height) {
  const size = items.length;
  const prefix = album === null ? '' : `${album.key} `;
  return items.map((item, at) => {
    return { type: 'track', key: prefix + tracks[item].id, height, place: at + 1, size, items, at, album };
  });
}

/**
 * @param {string} key
 * @param {Layout} layout
 * @returns {EndRow}
 */
function endRow(key, { end: height }) {
  return { type: 'end', key: `end ${key}`, height, place: 0, size: 0 };
}

/**
 * @param {Album} album
 * @param {Uint8Array} matches
 */
function hasMatch({ items }, matches) {
  return items.some((item) => matches[item] === 1);
}
