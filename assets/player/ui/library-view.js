/**
 * The library: albums, artists and tracks in one list, what is searched and how it is sorted, and what stands in the
 * list's place while it loads, when it is empty and when it cannot be read.
 */

import { addressOfMoment } from '../address.js';
import { libraryOf } from '../library.js';
import { currentOf } from '../queue.js';
import { rowsOf } from '../rows.js';
import { attribute, copy, find, say, show, watch, write } from './elements.js';
import { createRow, fillRow } from './library-rows.js';
import { openMenu } from './menu.js';
import { createToolbar } from './toolbar.js';
import { VirtualList } from './virtual-list.js';
import { counted, libraryProblem, summaryOf, titleOf } from './words.js';

/** @typedef {import('../store.js').State} State */
/** @typedef {import('../rows.js').Row} Row */
/** @typedef {import('../rows.js').TrackRow} TrackRow */

/** So many albums have room to be shown large. */
const FEW = 6;

/**
 * @param {HTMLElement} element  `#library`, which scrolls
 * @param {object} parts
 * @param {import('../store.js').Store} parts.store
 * @param {import('../player.js').Player} parts.player
 * @param {import('./navigation.js').Navigation} parts.navigation
 * @param {() => void} parts.onReload
 */
export function createLibraryView(element, { store, player, navigation, onReload }) {
  let library = libraryOf([]);
  let layout = layoutOf(element, 0);
  /** Whether there is another amount of room than before. */
  const measure = () => {
    const next = layoutOf(element, library.albums('artist').length);
    element.style.setProperty('--columns', String(next.columns));
    const changed = JSON.stringify(next) !== JSON.stringify(layout);
    layout = next;
    return changed;
  };
  const ol = find(element, '#tracks');
  /** @type {VirtualList<Row>} */
  const list = new VirtualList(ol, {
    scroller: element,
    create: createRow,
    fill: (row, content) => fillRow(row, content, nowOf(store.getState())),
  });
  navigation.watchScroll(element);

  const draw = (/** @type {number | null} */ scroll = null) => {
    if (store.getState().library !== 'ready') return;
    const place = navigation.place();
    const { rows, found } = rowsOf(library, place, layout);
    attribute(ol, 'aria-label', place.view);
    list.setRows(rows);
    if (scroll !== null) {
      element.scrollTop = scroll;
      list.draw();
    }
    showPlace(element, store.getState(), found);
    write(find(document, '#summary'), summaryOf(place, found, library.tracks));
  };

  createToolbar({ navigation, onDown: () => list.focusActive() });
  const goTo = (/** @type {number | null} */ scroll) => {
    draw(scroll);
    const { open } = navigation.place();
    if (scroll !== null || open === null) return;
    list.revealRows((row) => opens(row, open), (row) => row.key === `end ${open}`);
  };
  navigation.subscribe((_, scroll) => goTo(scroll));

  const changes = watch();
  store.subscribe((state) => {
    const changed = changes(state);
    if (changed('tracks')) library = libraryOf(state.tracks);
    if (!changed('library', 'problem', 'tracks')) {
      if (changed('queue', 'status')) list.refresh();
      return;
    }
    measure();
    showPlace(element, state, state.tracks.length);
    if (changed('library') && state.library === 'ready') goTo(navigation.scroll());
    else list.hold(draw);
  });
  new ResizeObserver(() => measure() && list.hold(draw)).observe(element);

  listen(element, {
    navigation,
    onReload,
    onChoose(target) {
      const row = list.rowOf(target);
      if (row) choose(target, row, { store, player, navigation, library });
    },
  });
}

/**
 * What of the state the rows show.
 * @param {State} state
 */
function nowOf({ tracks, queue, status }) {
  const sounds = status === 'playing' || status === 'buffering' || status === 'starting';
  return { tracks, current: currentOf(queue), sounds };
}

/**
 * @param {HTMLElement} element
 * @param {{ navigation: import('./navigation.js').Navigation, onReload: () => void,
 *   onChoose: (target: HTMLElement) => void }} parts
 */
function listen(element, { navigation, onReload, onChoose }) {
  element.addEventListener('click', (event) => onChoose(/** @type {HTMLElement} */ (event.target)));
  element.addEventListener('contextmenu', (event) => {
    const more = /** @type {HTMLElement} */ (event.target).closest('.track-row')?.querySelector('.more');
    if (!(more instanceof HTMLElement)) return;
    event.preventDefault();
    more.click();
  });
  find(element, '#reload').addEventListener('click', onReload);
  find(element, '#clear-search').addEventListener('click', () => {
    navigation.replace({ query: '' });
    find(document, '#search').focus();
  });
  find(element, '#copy').addEventListener('click', () => copyCommand(element));
}

/**
 * @param {HTMLElement} target
 * @param {Row} row
 * @param {{ store: import('../store.js').Store, player: import('../player.js').Player,
 *   navigation: import('./navigation.js').Navigation, library: import('../library.js').Library }} parts
 */
function choose(target, row, { store, player, navigation, library }) {
  const { open } = navigation.place();
  const toggle = (/** @type {string} */ key) => navigation.go({ open: open === key ? null : key });
  if (row.type === 'cards') {
    const key = /** @type {HTMLElement | null} */ (target.closest('.card'))?.dataset.key;
    const album = row.albums.find((one) => one.key === key);
    if (album && target.closest('.play')) player.play(album.items, 0);
    else if (album && target.closest('.open')) toggle(album.key);
  } else if (row.type === 'album') {
    if (target.closest('.play')) player.play(row.album.items, 0);
    else if (target.closest('.add')) {
      row.album.items.forEach((item) => player.enqueue(item));
      say(`Added ${counted(row.album.items.length, 'track')} to the queue`);
    }
  } else if (row.type === 'artist' && target.closest('.artist')) toggle(row.artist.key);
  else if (row.type === 'track') {
    const more = target.closest('.more');
    if (more) openTrackMenu(/** @type {HTMLElement} */ (more), row, { store, player, navigation, library });
    else if (target.closest('.track')) player.play([...row.items], row.at);
  }
}

/**
 * Whether a row is the one under which a key opens.
 * @param {Row} row
 * @param {string | null} key
 */
function opens(row, key) {
  if (row.type === 'artist') return row.artist.key === key;
  return row.type === 'cards' && row.albums.some((album) => album.key === key);
}

/**
 * @param {HTMLElement} button
 * @param {TrackRow} row
 * @param {{ store: import('../store.js').Store, player: import('../player.js').Player,
 *   navigation: import('./navigation.js').Navigation, library: import('../library.js').Library }} parts
 */
function openTrackMenu(button, { items, at, album }, { store, player, navigation, library }) {
  const item = items[at];
  const track = store.getState().tracks[item];
  const title = titleOf(track);
  const link = String(new URL(addressOfMoment({ id: track.id, time: 0, variant: null }), location.href));
  const told = (/** @type {() => void} */ act, /** @type {string} */ what) => () => {
    act();
    say(`${what}: ${title}`);
  };
  openMenu(button, `More for ${title}`, [
    { name: 'Play next', act: told(() => player.playNext(item), 'Plays next') },
    { name: 'Add to queue', act: told(() => player.enqueue(item), 'Added to the queue') },
    { name: 'Copy link', act: () => copy(link).then((done) => say(done ? 'Link copied' : link)) },
    ...(album ? [] : [{ name: 'Go to album', act: () => showAlbum(navigation, library.albumOf(item)) }]),
  ]);
}

/**
 * @param {import('./navigation.js').Navigation} navigation
 * @param {import('../library.js').Album | null} album
 */
function showAlbum(navigation, album) {
  if (album) navigation.go({ view: 'albums', query: '', sort: null, open: album.key });
}

/**
 * Shows the one part of the library that fits its state.
 * @param {HTMLElement} element
 * @param {State} state
 * @param {number} found
 */
function showPlace(element, state, found) {
  // Without a catalog nothing was rendered yet: the same to do as for an empty one.
  const absent = state.library === 'failed' && state.problem === 'missing';
  const empty = absent || (state.library === 'ready' && state.tracks.length === 0);
  const place = empty ? 'empty' : state.library;
  const ready = place === 'ready';
  element.dataset.state = place;
  attribute(element, 'aria-busy', String(place === 'loading'));
  for (const part of ['loading', 'empty', 'failed']) show(find(element, `#${part}`), part === place);
  show(find(element, '#tracks'), ready && found > 0);
  show(find(element, '#nothing'), ready && found === 0);
  /** @type {HTMLInputElement} */
  const search = find(document, '#search');
  write(find(element, '#nothing-query'), search.value);
  document.body.dataset.library = place;
  if (place !== 'failed' || state.problem === null) return;
  const { what, advice } = libraryProblem(state.problem);
  write(find(element, '#failed-what'), what);
  write(find(element, '#failed-advice'), advice);
}

/** @param {HTMLElement} element */
async function copyCommand(element) {
  const command = find(element, '#command');
  const copied = await copy(command.textContent ?? '');
  // Without a secure origin there is no clipboard: select it, so that the copy key does it.
  if (!copied) getSelection()?.selectAllChildren(command);
  write(find(element, '#copy'), copied ? 'Copied' : 'Selected');
}

/**
 * How much room the rows have; library.css draws them to these measures. A few albums get larger cards.
 * @param {HTMLElement} element
 * @param {number} albums
 * @returns {import('../rows.js').Layout}
 */
function layoutOf(element, albums) {
  const { paddingLeft, paddingRight } = getComputedStyle(element);
  const width = element.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  const phone = matchMedia('(max-width: 559px)').matches;
  const gap = phone ? 16 : 24;
  const few = albums > 0 && albums <= FEW;
  const least = phone ? 128 : few ? 224 : width < 1200 ? 152 : 184;
  const columns = Math.max(2, Math.floor((width + gap) / (least + gap)));
  const cover = Math.floor((width - gap * (columns - 1)) / columns);
  return { columns, card: cover + 72, head: phone ? 128 : 152, track: 56, artist: 72, end: 40 };
}
