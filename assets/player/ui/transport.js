/**
 * Play and pause, previous and next, shuffle and repeat, mute and volume: the controls that stand in the bar and, on
 * a phone, in the sheet. Whatever of them a place has, works.
 */

import { placeAfter } from '../queue.js';
import { currentTrack } from '../store.js';
import { attribute, label, watch } from './elements.js';

/** @typedef {import('../store.js').State} State */

const REPEATS = /** @type {const} */ ({
  off: { name: 'Repeat: off', icon: 'repeat' },
  all: { name: 'Repeat: all', icon: 'repeat' },
  one: { name: 'Repeat: this track', icon: 'repeat-one' },
});

/**
 * @param {HTMLElement} place
 * @param {{ store: import('../store.js').Store, player: import('../player.js').Player }} parts
 */
export function createTransport(place, { store, player }) {
  const button = (/** @type {string} */ selector, /** @type {() => void} */ act) => {
    /** @type {HTMLButtonElement | null} */
    const element = place.querySelector(selector);
    element?.addEventListener('click', act);
    return element;
  };
  const toggle = button('.toggle', () => player.toggle());
  const previous = button('.previous', () => player.previous());
  const next = button('.next', () => player.next());
  const shuffle = button('.shuffle', () => player.toggleShuffle());
  const repeat = button('.repeat', () => player.cycleRepeat());
  const mute = button('.mute', () => player.toggleMute());
  /** @type {HTMLInputElement | null} */
  const volume = place.querySelector('.volume input');
  volume?.addEventListener('input', () => player.setVolume(volume.valueAsNumber / 100));

  const changes = watch();
  store.subscribe((state) => {
    const changed = changes(state);
    if (changed('status') && toggle) showToggle(toggle, state);
    if (changed('queue', 'tracks')) {
      if (previous) previous.disabled = currentTrack(state) === null;
      if (next) next.disabled = placeAfter(state.queue) === null;
      attribute(shuffle ?? place, 'aria-pressed', shuffle ? String(state.queue.natural !== null) : null);
      if (repeat) showRepeat(repeat, state);
    }
    if (!changed('volume', 'muted')) return;
    const silent = state.muted || state.volume === 0;
    if (mute) {
      label(mute, silent ? 'Unmute' : 'Mute', silent ? 'muted' : 'volume');
    }
    if (volume) {
      const percent = Math.round(100 * (state.muted ? 0 : state.volume));
      volume.value = String(percent);
      volume.style.setProperty('--share', `${percent}%`);
      attribute(volume, 'aria-valuetext', `${percent} %`);
    }
  });
}

/**
 * @param {HTMLButtonElement} button
 * @param {State} state
 */
function showToggle(button, { status }) {
  const sounds = status === 'playing' || status === 'starting' || status === 'buffering';
  label(button, sounds ? 'Pause' : 'Play', sounds ? 'pause' : 'play');
}

/**
 * @param {HTMLButtonElement} button
 * @param {State} state
 */
function showRepeat(button, { queue }) {
  const { name, icon } = REPEATS[queue.repeat];
  label(button, name, icon);
  button.dataset.repeat = queue.repeat;
}
