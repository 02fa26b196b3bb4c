/**
 * The library: the list of tracks, and what stands in its place while it loads, when it is empty and when it
 * cannot be read. Each row is a button, so that click, Enter, Space and screen readers need nothing more.
 */

import { clock, lengthInWords } from '../timeline.js';
import { copyOf, find, show, showCover, write } from './elements.js';
import { libraryProblem, titleOf } from './words.js';

/** @typedef {import('../store.js').State} State */
/** @typedef {import('../store.js').Track} Track */

/**
 * @param {HTMLElement} library
 * @param {{ store: import('../store.js').Store, onChoose: (index: number) => void, onReload: () => void }} parts
 */
export function createTrackList(library, { store, onChoose, onReload }) {
  /** @type {HTMLOListElement} */
  const list = find(library, '#tracks');
  /** @type {Track[] | null} */
  let shown = null;
  /** @type {number | null} */
  let marked = null;

  list.addEventListener('click', (event) => {
    const row = /** @type {Element} */ (event.target).closest('.track');
    if (row instanceof HTMLElement) onChoose(Number(row.dataset.index));
  });
  find(library, '#reload').addEventListener('click', onReload);
  find(library, '#copy').addEventListener('click', () => copyCommand(library));

  store.subscribe((state) => {
    showPlace(library, state);
    if (state.tracks !== shown) {
      shown = state.tracks;
      marked = null;
      list.replaceChildren(...shown.map(rowOf));
      showSummary(shown);
    }
    if (state.current !== marked) {
      mark(list, marked, state.current);
      marked = state.current;
    }
  });
}

/**
 * Shows the one part of the library that fits its state.
 * @param {HTMLElement} library
 * @param {State} state
 */
function showPlace(library, state) {
  // Without a catalog nothing was rendered yet: the same to do as for an empty one.
  const absent = state.library === 'failed' && state.problem === 'missing';
  const empty = absent || (state.library === 'ready' && state.tracks.length === 0);
  const place = empty ? 'empty' : state.library;
  if (library.dataset.state === place) return;
  library.dataset.state = place;
  library.setAttribute('aria-busy', String(place === 'loading'));
  for (const part of ['loading', 'empty', 'failed']) show(find(library, `#${part}`), part === place);
  show(find(library, '#tracks'), place === 'ready');
  if (place === 'failed') {
    const { what, advice } = libraryProblem(state.problem);
    write(find(library, '#failed-what'), what);
    write(find(library, '#failed-advice'), advice);
  }
}

/**
 * @param {Track} track
 * @param {number} index
 */
function rowOf(track, index) {
  const item = copyOf('track-row');
  /** @type {HTMLButtonElement} */
  const row = find(item, '.track');
  row.dataset.index = String(index);
  row.dataset.id = track.id;
  showCover(find(item, '.cover'), track);
  write(find(item, '.title'), titleOf(track));
  write(find(item, '.artist'), track.artist ?? '');
  write(find(item, '.album'), track.album ?? '');
  write(find(item, '.length'), clock(Math.round(track.duration)));
  return item;
}

/**
 * @param {HTMLElement} list
 * @param {number | null} before
 * @param {number | null} now
 */
function mark(list, before, now) {
  const row = (/** @type {number | null} */ index) => (index === null ? null : list.children[index]?.firstElementChild);
  row(before)?.removeAttribute('aria-current');
  row(now)?.setAttribute('aria-current', 'true');
}

/** @param {Track[]} tracks */
function showSummary(tracks) {
  const seconds = tracks.reduce((sum, track) => sum + track.duration, 0);
  const count = tracks.length === 1 ? '1 track' : `${tracks.length.toLocaleString('en')} tracks`;
  write(find(document, '#count'), tracks.length === 0 ? '' : count);
  write(find(document, '#total'), tracks.length === 0 ? '' : ` · ${lengthInWords(seconds)}`);
}

/** @param {HTMLElement} library */
async function copyCommand(library) {
  const command = find(library, '#command');
  const button = find(library, '#copy');
  try {
    await navigator.clipboard.writeText(command.textContent ?? '');
    write(button, 'Copied');
  } catch {
    // Without a secure origin there is no clipboard: select it, so that the copy key does it.
    getSelection()?.selectAllChildren(command);
    write(button, 'Selected');
  }
}
