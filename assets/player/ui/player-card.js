/**
 * What `<segue-player>` shows: cover, button, title, artist, the waveform as seek bar, the time, and a line for what is
 * wrong. All of it stands in a shadow root, made by hand, so that neither the page's styles nor a strict Content
 * Security Policy break it. Its colours follow the text of the page around it; its parts have names for `::part()`.
 */

import { clock } from '../timeline.js';
import { contrast, isReadable } from './accent.js';
import { attribute, show, write } from './elements.js';
import { STYLE } from './player-card-style.js';
import { keyTarget } from './seek-keys.js';
import { drawWaveform } from './waveform.js';

/** @typedef {ReturnType<typeof createCard>} Card */
/**
 * @typedef {object} Shown
 * @property {string} title
 * @property {string} artist
 * @property {string | null} cover  address of the picture
 * @property {import('./accent.js').Accent | null} accent
 * @property {readonly import('./waveform.js').Point[] | null} points
 * @property {boolean} enabled      whether there is something to play
 * @property {boolean} playing
 * @property {boolean} waiting
 * @property {number} position      seconds
 * @property {number} duration      seconds; 0 while it is not known
 * @property {readonly import('../timeline.js').Range[]} loaded
 * @property {string} message       empty when nothing is wrong
 */

const SVG = 'http://www.w3.org/2000/svg';
/** Icons of 24 by 24, filled. */
const ICONS = { play: 'M8 5v14l11.5-7z', pause: 'M7 5h3.5v14H7zM13.5 5H17v14h-3.5z' };
/** The accents where the cover gives none, as style.css has them. */
const ACCENTS = { light: '#2a6678', dark: '#7fbfd2' };

/** @type {CSSStyleSheet | null} */
let sheet = null;

/**
 * @param {ShadowRoot} root
 * @param {{ onToggle: () => void, onSeek: (seconds: number) => void }} listener
 */
export function createCard(root, { onToggle, onSeek }) {
  const parts = buildIn(root);
  const { card, canvas, button, slider } = parts;
  /** @type {Shown | null} */
  let shown = null;
  let dragging = false;
  let frame = 0;

  const draw = () => {
    frame = 0;
    if (!shown) return;
    colour(card, shown.accent);
    const { duration, loaded, points } = shown;
    const share = (/** @type {number} */ seconds) => (duration > 0 ? Math.min(1, Math.max(0, seconds / duration)) : 0);
    drawWaveform(canvas, {
      points,
      played: share(positionOf(shown)),
      loaded: loaded.map(({ start, end }) => ({ start: share(start), end: share(end) })),
      colours: coloursOf(canvas, parts.wave),
    });
  };
  const redraw = () => {
    frame ||= requestAnimationFrame(draw);
  };
  const positionOf = (/** @type {Shown} */ { position }) => (dragging ? slider.valueAsNumber : position);

  const showTime = (/** @type {Shown} */ state) => {
    const { duration, enabled } = state;
    const position = positionOf(state);
    slider.disabled = !enabled || duration === 0;
    attribute(slider, 'max', String(duration));
    if (!dragging) slider.value = String(position);
    attribute(slider, 'aria-valuetext', `${clock(position)} of ${clock(duration)}`);
    write(parts.time, duration > 0 ? `${clock(position)} / ${clock(duration)}` : clock(position));
    redraw();
  };

  button.addEventListener('click', onToggle);
  slider.addEventListener('input', () => {
    dragging = true;
    if (shown) showTime(shown);
  });
  slider.addEventListener('change', () => {
    dragging = false;
    onSeek(slider.valueAsNumber);
  });
  slider.addEventListener('keydown', (event) => {
    if (!shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = keyTarget(event.key, shown.position, shown.duration);
    if (target === null) return;
    event.preventDefault();
    onSeek(target);
  });

  return {
    /** @param {Shown} state */
    show(state) {
      shown = state;
      showWords(parts, state);
      showTime(state);
    },
    /**
     * Draws again when its size or the colours change.
     * @param {AbortSignal} signal  ends it
     */
    watch(signal) {
      const observer = new ResizeObserver(redraw);
      observer.observe(canvas);
      signal.addEventListener('abort', () => observer.disconnect());
      matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw, { signal });
    },
  };
}

/** @typedef {ReturnType<typeof buildIn>} Parts */

/** @param {ShadowRoot} root */
function buildIn(root) {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  root.adoptedStyleSheets = [sheet];
  const cover = make('img', { part: 'cover', class: 'cover', alt: '', hidden: '', decoding: 'async' });
  cover.addEventListener('error', () => (cover.hidden = true));
  const icon = document.createElementNS(SVG, 'path');
  const picture = document.createElementNS(SVG, 'svg');
  picture.setAttribute('viewBox', '0 0 24 24');
  picture.setAttribute('aria-hidden', 'true');
  picture.append(icon);
  const button = make('button', { part: 'button', class: 'button', type: 'button' }, picture);
  const title = make('span', { part: 'title', class: 'title', dir: 'auto' });
  const artist = make('span', { part: 'artist', class: 'artist', dir: 'auto' });
  const time = make('span', { part: 'time', class: 'time', 'aria-hidden': 'true' });
  const canvas = make('canvas', {});
  const range = { type: 'range', min: '0', max: '0', step: 'any', value: '0', 'aria-label': 'Position in the track' };
  const slider = make('input', { part: 'slider', ...range });
  const wave = make('div', { part: 'wave', class: 'wave' }, canvas, slider);
  const message = make('p', { part: 'message', class: 'message', role: 'status' });
  const words = make('div', { class: 'words' }, title, artist);
  const card = make('div', { part: 'card', class: 'card' }, cover, button, words, time, wave, message);
  root.append(card);
  return { card, cover, button, icon, title, artist, time, wave, canvas, slider, message };
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string>} attributes
 * @param {Node[]} children
 */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/**
 * @param {Parts} parts
 * @param {Shown} state
 */
function showWords({ card, cover, button, icon, ...lines }, state) {
  write(lines.title, state.title);
  write(lines.artist, state.artist);
  write(lines.message, state.message);
  button.disabled = !state.enabled;
  attribute(button, 'aria-label', [state.playing ? 'Pause' : 'Play', state.title].filter(Boolean).join(' '));
  attribute(icon, 'd', state.playing ? ICONS.pause : ICONS.play);
  attribute(card, 'data-waiting', state.waiting ? '' : null);
  if (cover.getAttribute('src') === state.cover) return;
  attribute(cover, 'src', state.cover);
  show(cover, state.cover !== null);
}

/**
 * Gives the card the accent of the cover, for light or dark text: what a page's palette is cannot be asked for.
 * @param {HTMLElement} card
 * @param {Shown['accent']} accent
 */
function colour(card, accent) {
  const theme = isLight(getComputedStyle(card).color) ? 'dark' : 'light';
  const own = accent?.[theme];
  const good = own !== undefined && isReadable(theme, own) ? own : ACCENTS[theme];
  card.style.setProperty('--cover', good);
  card.style.setProperty('--on-cover', contrast(good, '#ffffff') >= 4.5 ? '#ffffff' : '#101214');
}

/** @param {string} colour  as computed */
function isLight(colour) {
  const [red, green, blue] = (/^rgba?\((\d+), (\d+), (\d+)/.exec(colour) ?? []).slice(1).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 128;
}

/**
 * The colours as the styles computed them: a canvas understands no variables. Two properties that do nothing on a
 * `div` carry what is not the colour of text.
 * @param {HTMLElement} canvas
 * @param {HTMLElement} wave
 */
function coloursOf(canvas, wave) {
  const { caretColor, columnRuleColor } = getComputedStyle(wave);
  return { played: getComputedStyle(canvas).color, loaded: caretColor, rest: columnRuleColor };
}
