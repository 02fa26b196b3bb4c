/**
 * Keys that work anywhere on the page. What a control uses for itself is left to it, and nothing happens while one
 * types or holds a modifier.
 */

import { ORIGINAL } from '../variants.js';
import { presetsToChoose } from '../store.js';
import { find } from './elements.js';
import { variantFromPreset } from './mastering.js';

/** Seconds of a step with the arrow keys. */
const STEP = 5;

/** What the keys do, for the sheet that tells of them. */
export const KEYS = Object.freeze([
  ['Space', 'Play or pause'],
  ['J  K', 'Previous, next track'],
  ['←  →', 'Back, ahead 5 seconds'],
  ['M', 'Mute'],
  ['S', 'Shuffle'],
  ['R', 'Repeat: off, all, this track'],
  ['B', 'Compare original and mastered'],
  ['1 … 7', 'Original, and the presets in order'],
  ['/', 'Search'],
  ['↑  ↓', 'From row to row; Enter plays'],
  ['Alt ↑  ↓', 'Move a track of the queue'],
  ['Delete', 'Take a track out of the queue'],
  ['Esc', 'Close'],
  ['?', 'These keys'],
]);

/**
 * @param {object} parts
 * @param {import('../store.js').Store} parts.store
 * @param {import('../player.js').Player} parts.player
 * @param {() => void} parts.onHelp
 */
export function listenForKeys({ store, player, onHelp }) {
  /** @type {Record<string, () => void>} */
  const actions = {
    ' ': () => player.toggle(),
    k: () => player.next(),
    j: () => player.previous(),
    ArrowLeft: () => player.seekBy(-STEP),
    ArrowRight: () => player.seekBy(STEP),
    m: () => player.toggleMute(),
    s: () => player.toggleShuffle(),
    r: () => player.cycleRepeat(),
    b: () => player.compare(),
    '/': () => goToSearch(),
    '?': onHelp,
  };
  let taken = false;
  let clicked = false;
  document.addEventListener('pointerdown', () => (clicked = true), { capture: true });
  document.addEventListener('keydown', (event) => {
    taken = false;
    if (event.key === 'Tab' || event.key.startsWith('Arrow')) clicked = false;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const preset = () => choosePreset(store.getState(), player, Number(key));
    const action = /^[1-9]$/.test(key) ? preset : actions[key];
    const chosen = store.getState().queue.at >= 0;
    if (!action || isUsed(/** @type {Element} */ (event.target), key, { clicked, chosen })) return;
    event.preventDefault();
    taken = true;
    action();
  });
  // Firefox presses a button when Space is let go.
  document.addEventListener('keyup', (event) => event.key === ' ' && taken && event.preventDefault());
}

/**
 * Whether a control, or an open dialog, uses the key itself. Space is a button's where the keys led to it: one that
 * was clicked has had its turn. On a track it pauses what plays; Enter plays the track.
 * @param {Element} target
 * @param {string} key
 * @param {{ clicked: boolean, chosen: boolean }} situation  the focus came by a click; a track was chosen
 */
function isUsed(target, key, { clicked, chosen }) {
  if (target.matches('input:not([type="range"]), textarea, [contenteditable]')) return true;
  if (target.matches('select') || target.closest('[role="menu"]')) return true;
  const isLeft = chosen && (clicked || target.matches('.track, .queued'));
  if (key === ' ' && target.matches('button, a') && !isLeft) return true;
  if (key.startsWith('Arrow') && target.matches('input')) return true;
  // The sheet of keys is read, not played.
  return document.querySelector('#help[open]') !== null;
}

function goToSearch() {
  /** @type {HTMLDialogElement} */
  const sheet = find(document, '#sheet');
  if (sheet.open) sheet.close();
  /** @type {HTMLInputElement} */
  const search = find(document, '#search');
  search.focus();
  search.select();
}

/**
 * Presets by their place in the catalog, of which the first is the original.
 * @param {import('../store.js').State} state
 * @param {import('../player.js').Player} player
 * @param {number} place  from 1
 */
function choosePreset(state, player, place) {
  const preset = state.presets[place - 1];
  if (preset?.name === ORIGINAL) player.setSide('original');
  else if (preset && presetsToChoose(state).includes(preset)) player.setMastered(variantFromPreset(state, preset.name));
}
