/**
 * The bar at the bottom: what plays, its controls and its waveform, and the lines that say calmly what went wrong.
 * Its data attributes tell the state to the styles and to the tests.
 */

import { currentOf } from '../queue.js';
import { currentTrack } from '../store.js';
import { variantInWords } from '../variants.js';
import { find, show, showCover, watch, write } from './elements.js';
import { createSeekBar } from './seek-bar.js';
import { createTransport } from './transport.js';
import { creditOf, shortTitleOf, titleOf, trackProblem } from './words.js';

/** @typedef {import('../store.js').State} State */

/**
 * @param {HTMLElement} bar
 * @param {{ store: import('../store.js').Store, player: import('../player.js').Player, onOpen: () => void }} parts
 *   `onOpen`: the small player of a phone was pressed
 */
export function createPlayerBar(bar, { store, player, onOpen }) {
  // They move into the sheet while it is open.
  const lines = find(bar, '#lines');
  createTransport(bar, { store, player });
  createSeekBar(find(bar, '.seek'), { store, player });
  find(bar, '#open-now').addEventListener('click', onOpen);
  find(lines, '#again').addEventListener('click', () => player.retry());
  find(lines, '#skipped-again').addEventListener('click', () => playSkipped(store.getState(), player));
  find(lines, '#skipped-dismiss').addEventListener('click', () => player.dismissSkipped());

  const changes = watch();
  store.subscribe((state) => {
    const changed = changes(state);
    if (changed('queue', 'tracks', 'library', 'status', 'playing')) showState(bar, state);
    if (changed('queue', 'tracks')) showTrack(bar, state);
    if (changed('problem', 'status', 'skipped', 'online')) showLines(lines, state);
  });
}

/**
 * @param {HTMLElement} bar
 * @param {State} state
 */
function showState(bar, state) {
  const track = currentTrack(state);
  show(bar, state.tracks.length > 0 || state.library === 'loading');
  document.body.dataset.state = state.status;
  bar.dataset.state = state.status;
  bar.dataset.index = String(currentOf(state.queue) ?? '');
  bar.dataset.track = track?.id ?? '';
  bar.dataset.variant = state.playing ?? '';
}

/**
 * @param {HTMLElement} bar
 * @param {State} state
 */
function showTrack(bar, state) {
  const track = currentTrack(state);
  show(find(bar, '.cover'), track !== null);
  write(find(bar, '.title'), track ? titleOf(track) : 'Nothing playing');
  write(find(bar, '.credit'), track ? creditOf(track) : 'Choose a track');
  if (track) showCover(find(bar, '.cover'), track.cover, track.album || track.title || track.artist || '');
  document.title = track ? [titleOf(track), track.artist].filter(Boolean).join(' · ') : 'segue';
}

/**
 * One line at a time: what stops the sound before what was skipped, that before the network.
 * @param {HTMLElement} lines
 * @param {State} state
 */
function showLines(lines, { status, problem, skipped, online }) {
  const failed = status === 'error' && problem !== null;
  const words = failed ? trackProblem(problem) : { what: '', advice: '' };
  show(find(lines, '#problem'), failed);
  write(find(lines, '#problem-what'), words.what);
  write(find(lines, '#problem-advice'), words.advice);
  show(find(lines, '#skipped'), skipped !== null && !failed);
  if (skipped) {
    const { what, advice } = trackProblem(skipped.problem);
    write(find(lines, '#skipped-what'), skippedInWords(skipped));
    write(find(lines, '#skipped-why'), `${what} ${advice}`);
  }
  show(find(lines, '#offline'), !online && !failed && skipped === null);
}

/**
 * Plays the skipped track again: at its place of the queue, so that what follows it stays.
 * @param {State} state
 * @param {import('../player.js').Player} player
 */
function playSkipped({ skipped, tracks, queue }, player) {
  const item = tracks.findIndex(({ id }) => id === skipped?.track.id);
  if (item < 0) return;
  player.dismissSkipped();
  const before = queue.items.lastIndexOf(item, Math.max(0, queue.at));
  const place = before >= 0 ? before : queue.items.indexOf(item);
  if (place >= 0) player.playAt(place);
  else player.play([item], 0);
}

/** @param {NonNullable<State['skipped']>} skipped */
function skippedInWords({ track, variant }) {
  if (variant === null) return `“${shortTitleOf(track)}” was skipped.`;
  return `“${shortTitleOf(track)}” cannot be had in ${variantInWords(variant)}; it plays on as it was.`;
}
