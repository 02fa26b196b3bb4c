/**
 * The seek bar: the track's overview, drawn, under a range input, so that it is a slider to everyone. Arrow keys step
 * 5 s, Page keys 30 s, Home and End go to the ends. The time under the pointer shows while it is over the bar; a drag
 * seeks when it is let go.
 */

import { clock } from '../timeline.js';
import { currentTrack } from '../store.js';
import { attribute, find, show, write } from './elements.js';
import { keyTarget } from './seek-keys.js';
import { drawWaveform, pointsOf } from './waveform.js';

/** @typedef {import('../store.js').State} State */

/**
 * @param {HTMLElement} bar  a `.seek`
 * @param {{ store: import('../store.js').Store, player: import('../player.js').Player }} parts
 */
export function createSeekBar(bar, { store, player }) {
  /** @type {HTMLInputElement} */
  const slider = find(bar, 'input');
  /** @type {HTMLCanvasElement} */
  const canvas = find(bar, 'canvas');
  const elapsed = find(bar, '.elapsed');
  const remaining = find(bar, '.remaining');
  const label = createLabel(bar);
  let dragging = false;
  let frame = 0;

  const draw = () => {
    frame = 0;
    if (canvas.clientWidth > 0) drawBar(bar, canvas, store.getState(), dragging ? slider.valueAsNumber : null);
  };
  const redraw = () => {
    frame ||= requestAnimationFrame(draw);
  };

  const showTimes = () => {
    const state = store.getState();
    const { duration, position } = state;
    const shown = dragging ? slider.valueAsNumber : position;
    const nothing = currentTrack(state) === null;
    slider.disabled = nothing;
    attribute(slider, 'max', String(duration));
    bar.classList.toggle('long', duration >= 3600);
    if (!dragging) slider.value = String(shown);
    attribute(slider, 'aria-valuetext', `${clock(shown)} of ${clock(duration)}`);
    bar.style.setProperty('--at', duration > 0 ? `${(100 * shown) / duration}%` : '0%');
    write(elapsed, clock(shown));
    write(remaining, nothing ? clock(0) : `−${clock(Math.round(duration) - Math.floor(shown))}`);
    redraw();
  };

  slider.addEventListener('input', () => {
    dragging = true;
    showTimes();
    label.show(slider.valueAsNumber, store.getState().duration);
  });
  slider.addEventListener('change', () => {
    dragging = false;
    label.hide();
    player.seek(slider.valueAsNumber);
    // Should the player not take it, the bar goes back to where the sound is.
    showTimes();
  });
  listenForPointer(slider, { store, label, isDragging: () => dragging });
  listenForKeys(slider, { store, player });
  new ResizeObserver(redraw).observe(canvas);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  // The accent of a cover comes as a style of the root.
  const palette = { attributes: true, attributeFilter: ['data-theme', 'style'] };
  new MutationObserver(redraw).observe(document.documentElement, palette);
  store.subscribe(showTimes);
}

/**
 * @param {HTMLElement} bar
 * @param {HTMLCanvasElement} canvas
 * @param {State} state
 * @param {number | null} dragged  seconds, while it is
 */
function drawBar(bar, canvas, { duration, loaded, position, details }, dragged) {
  const points = pointsOnce(details);
  const share = (/** @type {number} */ seconds) => (duration > 0 ? Math.min(1, Math.max(0, seconds / duration)) : 0);
  attribute(find(bar, '.wave'), 'data-plain', points?.length ? null : '');
  drawWaveform(canvas, {
    points,
    played: share(dragged ?? position),
    loaded: loaded.map(({ start, end }) => ({ start: share(start), end: share(end) })),
    colours: coloursOf(bar),
  });
}

/**
 * The time under a pointer that is over the bar.
 * @param {HTMLInputElement} slider
 * @param {{ store: import('../store.js').Store, label: Label, isDragging: () => boolean }} parts
 */
function listenForPointer(slider, { store, label, isDragging }) {
  slider.addEventListener('pointermove', (event) => {
    if (isDragging() || slider.disabled || event.pointerType === 'touch') return;
    const { duration } = store.getState();
    // The slider is wider than the picture by half a thumb on either side.
    const { left, width } = /** @type {HTMLElement} */ (slider.parentElement).getBoundingClientRect();
    label.show(Math.min(1, Math.max(0, (event.clientX - left) / width)) * duration, duration);
  });
  slider.addEventListener('pointerleave', () => label.hide());
}

/**
 * @param {HTMLInputElement} slider
 * @param {{ store: import('../store.js').Store, player: import('../player.js').Player }} parts
 */
function listenForKeys(slider, { store, player }) {
  slider.addEventListener('keydown', (event) => {
    const { position, duration } = store.getState();
    const target = event.ctrlKey || event.metaKey || event.altKey ? null : keyTarget(event.key, position, duration);
    if (target === null) return;
    event.preventDefault();
    player.seek(Math.min(duration, Math.max(0, target)));
  });
}

/** @typedef {ReturnType<typeof createLabel>} Label */

/**
 * The little label with a time, over the bar.
 * @param {HTMLElement} bar
 */
function createLabel(bar) {
  /** @type {HTMLElement} */
  const label = find(bar, '.under');
  return {
    /**
     * @param {number} seconds
     * @param {number} duration
     */
    show(seconds, duration) {
      write(label, clock(seconds));
      label.style.left = `${duration > 0 ? (100 * seconds) / duration : 0}%`;
      show(label, true);
    },
    hide: () => show(label, false),
  };
}

/** @type {WeakMap<object, import('./waveform.js').Point[]>} */
const decoded = new WeakMap();

/**
 * The points of a track; decoded once, whoever draws them.
 * @param {State['details']} details
 */
function pointsOnce(details) {
  const waveform = details?.analysis?.waveform;
  if (!waveform) return null;
  let points = decoded.get(waveform);
  if (!points) decoded.set(waveform, (points = pointsOf(waveform)));
  return points;
}

/** @param {HTMLElement} bar */
function coloursOf(bar) {
  const style = getComputedStyle(bar);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return { played: colour('--accent'), loaded: colour('--loaded'), rest: colour('--rest') };
}
