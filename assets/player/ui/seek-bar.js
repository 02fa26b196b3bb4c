/**
 * The seek bar and the times beside it: a range input, so that it is a slider to everyone. Arrow keys step 5 s,
 * Page keys 30 s, Home and End go to the ends. While it is dragged the time under the pointer shows; the seek
 * happens when it is let go.
 */

import { clock } from '../timeline.js';
import { find, write } from './elements.js';

const STEP = 5;
const PAGE = 30;

/**
 * @param {HTMLElement} player
 * @param {{ store: import('../store.js').Store, onSeek: (seconds: number) => void }} parts
 */
export function createSeekBar(player, { store, onSeek }) {
  /** @type {HTMLInputElement} */
  const slider = find(player, '#seek');
  const elapsed = find(player, '#elapsed');
  const remaining = find(player, '#remaining');
  let dragging = false;

  const draw = () => {
    const { duration, loaded, position, current } = store.getState();
    const shown = dragging ? slider.valueAsNumber : position;
    slider.disabled = current === null;
    slider.max = String(duration);
    if (!dragging) slider.value = String(shown);
    slider.setAttribute('aria-valuetext', `${clock(shown)} of ${clock(duration)}`);
    slider.style.setProperty('--played', share(shown, duration));
    slider.style.setProperty('--loaded', share(Math.max(shown, loaded), duration));
    write(elapsed, clock(shown));
    write(remaining, current === null ? clock(0) : `-${clock(Math.round(duration) - Math.floor(shown))}`);
  };

  slider.addEventListener('input', () => {
    dragging = true;
    draw();
  });
  slider.addEventListener('change', () => {
    dragging = false;
    onSeek(slider.valueAsNumber);
  });
  slider.addEventListener('keydown', (event) => {
    const { position, duration } = store.getState();
    const target = keyTarget(event.key, position, duration);
    if (target === null) return;
    event.preventDefault();
    onSeek(target);
  });
  store.subscribe(draw);
}

/**
 * @param {string} key
 * @param {number} position
 * @param {number} duration
 */
function keyTarget(key, position, duration) {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return position - STEP;
    case 'ArrowRight':
    case 'ArrowUp':
      return position + STEP;
    case 'PageDown':
      return position - PAGE;
    case 'PageUp':
      return position + PAGE;
    case 'Home':
      return 0;
    case 'End':
      return duration;
    default:
      return null;
  }
}

/**
 * @param {number} part
 * @param {number} whole
 */
function share(part, whole) {
  return whole > 0 ? `${(100 * Math.min(1, part / whole)).toFixed(3)}%` : '0%';
}
