/**
 * The bar at the bottom: what plays, play and pause, previous and next, and the line that says calmly what went
 * wrong. Its data attributes tell the state to style.css and to the tests.
 */

import { find, show, showCover, write } from './elements.js';
import { creditOf, titleOf, trackProblem } from './words.js';

/** @typedef {import('../store.js').State} State */

/**
 * @param {HTMLElement} bar
 * @param {{ store: import('../store.js').Store, player: import('../player.js').Player }} parts
 */
export function createPlayerBar(bar, { store, player }) {
  find(bar, '#toggle').addEventListener('click', () => player.toggle());
  find(bar, '#previous').addEventListener('click', () => player.previous());
  find(bar, '#next').addEventListener('click', () => player.next());
  find(bar, '#again').addEventListener('click', () => player.toggle());

  /** @type {State | null} */
  let before = null;
  store.subscribe((state) => {
    const changed = (/** @type {keyof State} */ key) => before === null || before[key] !== state[key];
    if (changed('current') || changed('tracks')) showTrack(bar, state);
    if (changed('status') || changed('current') || changed('playing') || changed('tracks')) showStatus(bar, state);
    if (changed('problem') || changed('status')) showProblem(bar, state);
    before = state;
  });
}

/**
 * @param {HTMLElement} bar
 * @param {State} state
 */
function showTrack(bar, { tracks, current }) {
  const track = current === null ? null : tracks[current];
  show(find(bar, '.cover'), track !== null);
  write(find(bar, '.title'), track ? titleOf(track) : 'Nothing playing');
  write(find(bar, '.credit'), track ? creditOf(track) : 'Choose a track');
  if (track) showCover(find(bar, '.cover'), track);
  document.title = track ? [titleOf(track), track.artist].filter(Boolean).join(' · ') : 'segue';
}

/**
 * @param {HTMLElement} bar
 * @param {State} state
 */
function showStatus(bar, { status, tracks, current, playing }) {
  bar.hidden = tracks.length === 0;
  bar.dataset.state = status;
  bar.dataset.index = current === null ? '' : String(current);
  bar.dataset.track = current === null ? '' : tracks[current].id;
  bar.dataset.variant = playing ?? '';
  const sounding = status === 'playing' || status === 'starting' || status === 'buffering';
  const toggle = find(bar, '#toggle');
  toggle.setAttribute('aria-label', sounding ? 'Pause' : 'Play');
  find(toggle, 'use').setAttribute('href', sounding ? '#icon-pause' : '#icon-play');
  /** @type {HTMLButtonElement} */ (find(bar, '#previous')).disabled = current === null;
  /** @type {HTMLButtonElement} */ (find(bar, '#next')).disabled = current === null || current + 1 >= tracks.length;
}

/**
 * @param {HTMLElement} bar
 * @param {State} state
 */
function showProblem(bar, { status, problem }) {
  const failed = status === 'error' && problem !== null;
  const words = failed ? trackProblem(problem) : { what: '', advice: '' };
  show(find(bar, '#problem'), failed);
  write(find(bar, '#problem-what'), words.what);
  write(find(bar, '#problem-advice'), words.advice);
}
