/**
 * How the rows of the library look: cards of albums, the head of an open album, artists, tracks. Each is a copy of a
 * template of index.html, filled with what the row says.
 */

import { clock, lengthInWords } from '../timeline.js';
import { attribute, copyOf, find, label, show, showCover, write } from './elements.js';
import { albumArtist, albumTitle, artistName, counted, titleOf } from './words.js';

/** @typedef {import('../rows.js').Row} Row */
/** @typedef {import('../rows.js').CardsRow} CardsRow */
/** @typedef {import('../rows.js').AlbumRow} AlbumRow */
/** @typedef {import('../rows.js').ArtistRow} ArtistRow */
/** @typedef {import('../rows.js').TrackRow} TrackRow */
/** @typedef {import('../store.js').Track} Track */
/** @typedef {{ tracks: readonly Track[], current: number | null, sounds: boolean }} Now */

/** @param {Row} row */
export function createRow({ type }) {
  const element = document.createElement('li');
  element.className = `row ${type}-row`;
  if (type === 'cards') element.append(Object.assign(document.createElement('div'), { className: 'cards' }));
  else if (type !== 'end') element.append(copyOf(`${type}-row`));
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {Row} row
 * @param {Now} now
 */
export function fillRow(element, row, now) {
  switch (row.type) {
    case 'cards':
      attribute(element, 'role', 'none');
      return fillCards(/** @type {HTMLElement} */ (element.firstElementChild), row, now);
    case 'album':
      return fillAlbum(element, row, now);
    case 'artist':
      placeAmong(element, row.place, row.size);
      return fillArtist(element, row);
    case 'track':
      placeAmong(element, row.place, row.size);
      return fillTrack(element, row, now);
    case 'end':
      attribute(element, 'role', 'none');
  }
}

/**
 * @param {Element} element
 * @param {number} place
 * @param {number} size
 */
function placeAmong(element, place, size) {
  attribute(element, 'aria-posinset', String(place));
  attribute(element, 'aria-setsize', String(size));
}

/**
 * @param {HTMLElement} cards
 * @param {CardsRow} row
 * @param {Now} now
 */
function fillCards(cards, { albums, open, place, size }, { tracks }) {
  while (cards.childElementCount > albums.length) cards.lastElementChild?.remove();
  while (cards.childElementCount < albums.length) cards.append(copyOf('card'));
  albums.forEach((album, index) => {
    const card = /** @type {HTMLElement} */ (cards.children[index]);
    const title = albumTitle(album);
    placeAmong(card, place + index, size);
    card.dataset.key = album.key;
    attribute(find(card, '.open'), 'aria-expanded', String(album.key === open));
    showCover(find(card, '.cover'), album.cover, album.title ?? album.artist ?? '');
    write(find(card, '.name'), title);
    write(find(card, '.credit'), albumArtist(album));
    label(find(card, '.play'), `Play ${title}`, 'play');
    find(card, '.play').dataset.id = tracks[album.items[0]].id;
  });
}

/**
 * @param {HTMLElement} element
 * @param {AlbumRow} row
 * @param {Now} now
 */
function fillAlbum(element, { album }, { tracks }) {
  const facts = [album.year, counted(album.items.length, 'track'), lengthInWords(album.duration)];
  showCover(find(element, '.cover'), album.cover, album.title ?? album.artist ?? '');
  write(find(element, '.name'), albumTitle(album));
  write(find(element, '.credit'), albumArtist(album));
  write(find(element, '.facts'), facts.filter(Boolean).join(' · '));
  attribute(find(element, '.play'), 'aria-label', `Play ${albumTitle(album)}`);
  find(element, '.play').dataset.id = tracks[album.items[0]].id;
}

/**
 * @param {HTMLElement} element
 * @param {ArtistRow} row
 */
function fillArtist(element, { artist, open }) {
  const button = find(element, '.artist');
  attribute(button, 'aria-expanded', String(open));
  showCover(find(element, '.cover'), artist.cover, artist.name ?? '');
  write(find(element, '.name'), artistName(artist));
  write(find(element, '.facts'), `${counted(artist.albums.length, 'album')} · ${counted(artist.count, 'track')}`);
}

/**
 * @param {HTMLElement} element
 * @param {TrackRow} row
 * @param {Now} now
 */
function fillTrack(element, { items, at, album }, { tracks, current, sounds }) {
  const item = items[at];
  const track = tracks[item];
  /** @type {HTMLElement} */
  const button = find(element, '.track');
  const title = titleOf(track);
  button.dataset.id = track.id;
  button.dataset.index = String(item);
  attribute(button, 'aria-current', item === current ? 'true' : null);
  element.classList.toggle('sounds', item === current && sounds);
  element.classList.toggle('in-album', album !== null);
  show(find(element, '.cover'), album === null);
  show(find(element, '.number'), album !== null);
  if (album === null) showCover(find(element, '.cover'), track.cover, track.album || track.title || track.artist || '');
  write(find(element, '.number-text'), album ? numberOf(track, album, at) : '');
  write(find(element, '.title'), title);
  // On a record by one artist the name stands in its head.
  const isOwn = album !== null && !album.various && track.artist === album.artist;
  write(find(element, '.by'), isOwn ? '' : (track.artist ?? ''));
  write(find(element, '.from'), album === null ? (track.album ?? '') : '');
  write(find(element, '.length'), clock(Math.round(track.duration)));
  attribute(find(element, '.more'), 'aria-label', `More for ${title}`);
}

/**
 * The number on the record, with the disc where there are several.
 * @param {Track} track
 * @param {import('../library.js').Album} album
 * @param {number} at
 */
function numberOf({ track, disc }, { title }, at) {
  if (title === null || !track) return String(at + 1);
  return disc && disc > 1 ? `${disc}.${track}` : String(track);
}
