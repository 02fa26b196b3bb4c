/**
 * Mastering, as one sees it: original or mastered, the presets with their curves, how much of one, and what it did to
 * this track. Not there at all where there is nothing to choose.
 */

import { ORIGINAL, intensitiesOf, partsOf, variantOf } from '../variants.js';
import { currentTrack, presetsToChoose } from '../store.js';
import { attribute, copyOf, find, show, watch, write } from './elements.js';
import { changeInWords, curveOfBands, drawCurve } from './curve.js';
import { decibels, lufsInWords } from './words.js';

/** @typedef {import('../store.js').State} State */
/** @typedef {import('../store.js').Preset} Preset */

/** Decibels at the edge of a button's picture, and the least at the edge of the large one. */
const BUTTON_DB = 3;
const PICTURE_DB = 3;

/**
 * @param {HTMLElement} panel
 * @param {{ store: import('../store.js').Store, player: import('../player.js').Player }} parts
 */
export function createMastering(panel, { store, player }) {
  const presets = find(panel, '.presets');
  /** @type {HTMLInputElement} */
  const intensity = find(panel, '.intensity input');

  for (const side of /** @type {const} */ (['original', 'mastered'])) {
    find(panel, `[data-side="${side}"]`).addEventListener('click', () => player.setSide(side));
  }
  presets.addEventListener('click', (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('button');
    if (button?.dataset.preset) player.setMastered(variantFromPreset(store.getState(), button.dataset.preset));
  });
  intensity.addEventListener('input', () => writePercent(panel, percentAt(store.getState(), intensity.valueAsNumber)));
  intensity.addEventListener('change', () => {
    const state = store.getState();
    const { preset } = partsOf(state.mastered);
    player.setMastered(variantOf(preset, percentAt(state, intensity.valueAsNumber)));
  });

  const changes = watch();
  store.subscribe((state) => {
    const changed = changes(state);
    if (changed('presets', 'variants', 'onDemand')) {
      const choice = presetsToChoose(state);
      show(panel, choice.length > 0);
      presets.replaceChildren(...choice.map(buttonOf));
    }
    if (changed('presets', 'variants', 'onDemand', 'mastered', 'side', 'matched', 'pending', 'renditions')) {
      showChoice(panel, state);
      showResult(panel, state);
    } else if (changed('queue', 'details', 'playing')) showResult(panel, state);
  });
}

/**
 * The variant that a preset stands for: as much of it as of the last one, where there is that.
 * @param {State} state
 * @param {string} preset
 */
export function variantFromPreset({ mastered, onDemand, variants }, preset) {
  const { percent } = partsOf(mastered);
  if (onDemand || variants.length === 0) return variantOf(preset, percent);
  const known = intensitiesOf(variants, preset);
  const nearest = known.slice().sort((a, b) => Math.abs(a - percent) - Math.abs(b - percent) || b - a)[0];
  return variantOf(preset, nearest ?? 100);
}

/** @param {Preset} preset */
function buttonOf({ name, description, eq }) {
  const button = copyOf('preset');
  button.dataset.preset = name;
  button.title = description;
  write(find(button, '.name'), name);
  const curve = curveOfBands(eq && Object.values(eq));
  button.classList.toggle('by-track', curve === null);
  drawCurve(find(button, 'svg'), curve, BUTTON_DB);
  return button;
}

/**
 * @param {HTMLElement} panel
 * @param {State} state
 */
function showChoice(panel, state) {
  const { preset } = partsOf(state.mastered);
  for (const side of ['original', 'mastered']) {
    attribute(find(panel, `[data-side="${side}"]`), 'aria-pressed', String(state.side === side));
  }
  panel.dataset.side = state.side;
  write(find(panel, '.matched'), state.matched ? 'Levels matched' : '');
  for (const button of panel.querySelectorAll('.presets button')) {
    const { dataset } = /** @type {HTMLElement} */ (button);
    const isPending = state.pending !== null && partsOf(state.pending).preset === dataset.preset;
    attribute(button, 'aria-pressed', String(dataset.preset === preset));
    attribute(button, 'aria-busy', isPending ? 'true' : null);
    // What an adaptive preset does is known once it was done.
    const applied = state.renditions[state.mastered]?.applied;
    if (button.classList.contains('by-track')) {
      const own = dataset.preset === preset && applied ? applied.equaliser : null;
      button.classList.toggle('decided', own !== null);
      drawCurve(find(button, 'svg'), own, BUTTON_DB);
    }
  }
  const chosen = state.presets.find(({ name }) => name === preset);
  write(find(panel, '.description'), sentence(chosen?.description ?? ''));
  showIntensity(panel, state);
}

/**
 * @param {HTMLElement} panel
 * @param {State} state
 */
function showIntensity(panel, state) {
  const { preset, percent } = partsOf(state.mastered);
  const steps = stepsOf(state, preset);
  show(find(panel, '.intensity'), steps === null || steps.length > 1);
  /** @type {HTMLInputElement} */
  const slider = find(panel, '.intensity input');
  attribute(slider, 'min', steps ? '0' : '1');
  attribute(slider, 'max', String(steps ? steps.length - 1 : 100));
  slider.value = String(steps ? Math.max(0, steps.indexOf(percent)) : percent);
  writePercent(panel, percent);
}

/**
 * @param {HTMLElement} panel
 * @param {number} percent
 */
function writePercent(panel, percent) {
  /** @type {HTMLInputElement} */
  const slider = find(panel, '.intensity input');
  const { min, max } = slider;
  const share = (100 * (slider.valueAsNumber - Number(min))) / Math.max(1, Number(max) - Number(min));
  slider.style.setProperty('--share', `${share}%`);
  attribute(slider, 'aria-valuetext', `${percent} %`);
  write(find(panel, '.intensity output'), `${percent} %`);
}

/**
 * The intensities to choose among; null where each of 1 to 100 is one.
 * @param {State} state
 * @param {string} preset
 */
function stepsOf({ onDemand, variants }, preset) {
  return onDemand ? null : intensitiesOf(variants, preset);
}

/**
 * @param {State} state
 * @param {number} value  of the slider
 */
function percentAt(state, value) {
  const steps = stepsOf(state, partsOf(state.mastered).preset);
  return steps ? (steps[value] ?? 100) : value;
}

/**
 * What the variant did to this track: its curve, the loudness before and after, and the change in words.
 * @param {HTMLElement} panel
 * @param {State} state
 */
function showResult(panel, state) {
  const { renditions, details, playing, side, mastered } = state;
  const result = find(panel, '.result');
  show(result, currentTrack(state) !== null);
  const variant = side === 'original' ? ORIGINAL : mastered;
  const own = renditions[variant] ?? (playing ? renditions[playing] : undefined);
  const steps = side === 'original' ? null : (own?.applied?.equaliser ?? null);
  const most = Math.max(PICTURE_DB, ...(steps ?? []).map(({ db }) => Math.abs(db)));
  drawCurve(find(result, 'svg'), steps, Math.ceil(most));
  for (const edge of result.querySelectorAll('.edge')) {
    write(edge, `${edge.classList.contains('most') ? '+' : '−'}${Math.ceil(most)} dB`);
  }
  const before = renditions[ORIGINAL]?.loudness.integrated_lufs ?? details?.analysis?.integrated_lufs;
  const after = own?.loudness;
  const nearly = after && !after.measured ? '≈ ' : '';
  write(find(result, '.before'), before === undefined ? '–' : lufsInWords(before));
  write(find(result, '.after'), after ? nearly + lufsInWords(after.integrated_lufs) : '–');
  const peak = after?.true_peak_dbtp ?? null;
  write(find(result, '.peak'), peak === null ? '–' : `${decibels(peak)} dBTP`);
  write(find(result, '.change-in-words'), changeOf(state, steps));
  const change = steps ? changeInWords(steps) || 'hardly changed' : 'unchanged';
  attribute(find(result, 'svg'), 'aria-label', `Spectrum: ${change}`);
}

/**
 * @param {State} state
 * @param {{ hz: number, db: number }[] | null} steps
 */
function changeOf({ side, pending, mastered, renditions, onDemand }, steps) {
  if (side === 'original') return 'As the source sounds';
  if (pending === mastered) return onDemand ? 'Being made; it comes in without a gap' : 'Comes in without a gap';
  if (steps === null) return '';
  const tone = changeInWords(steps);
  if (tone) return tone;
  // Never more than a line: what stands below must not jump while one compares.
  const gain = renditions[mastered]?.applied?.gain_db ?? 0;
  return Math.abs(gain) >= 0.3 ? `Tone as it was, level ${decibels(gain)} dB` : 'Tone as it was';
}

/**
 * What the catalog says of a preset, as a line of the page.
 * @param {string} description
 */
function sentence(description) {
  return description.charAt(0).toUpperCase() + description.slice(1);
}
