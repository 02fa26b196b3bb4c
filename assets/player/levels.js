/**
 * How loud the media element plays: the listener's volume, and while original and mastered are compared, the
 * louder of the two is taken down to the softer. Else one would hear which is louder, not which is better.
 *
 * The element's own volume does it; Web Audio in the playing path would stop in the background on phones. A change
 * by several decibels at once is a click, so it goes in small steps.
 */

import { currentTrack, variantFor } from './store.js';
import { ORIGINAL } from './variants.js';

/**
 * 3 dB take 0.6 s. At a switch by 1.3 dB no 5 ms have more than 4 dB more above 8 kHz than the music itself, measured
 * in Chromium, whose audio goes in blocks of 10 ms; steps of twice the size, or in half the time, have 10.
 */
const STEP_DB = 0.05;
const STEP_MILLISECONDS = 10;

/**
 * Decibels, 0 or less, by which the variant that sounds is taken down.
 * @param {import('./store.js').State} state
 * @param {number} before  what it is, which it stays while a side of the comparison is still to be loaded: of a track
 *   that follows only one is known at first
 */
export function matchingGain(state, before = 0) {
  const track = currentTrack(state);
  if (!state.matched || !track || state.playing === null) return 0;
  const variants = [ORIGINAL, variantFor({ ...state, side: 'mastered' }, track), state.playing];
  if (variants.some((variant) => !(variant in state.renditions))) return before;
  const [original, mastered, sounding] = variants.map((variant) => state.renditions[variant].loudness.integrated_lufs);
  if (original === null || mastered === null || sounding === null) return 0;
  return Math.min(0, Math.min(original, mastered) - sounding);
}

/**
 * Keeps the element's volume as the state wants it.
 * @param {HTMLMediaElement} audio
 */
export function createLevel(audio) {
  let volume = 1;
  let gain = 0;
  let wanted = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  const apply = () => {
    audio.volume = Math.min(1, volume * 10 ** (gain / 20));
  };
  const step = () => {
    const left = wanted - gain;
    gain = Math.abs(left) <= STEP_DB ? wanted : gain + Math.sign(left) * STEP_DB;
    apply();
    if (gain !== wanted) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    /** @param {import('./store.js').State} state */
    follow(state) {
      wanted = matchingGain(state, wanted);
      if (audio.paused) gain = wanted;
      if (gain !== wanted) timer ??= setInterval(step, STEP_MILLISECONDS);
      volume = state.volume;
      audio.muted = state.muted;
      apply();
    },
    /** Phones leave the volume to their keys; there nothing can be matched. */
    canMatch() {
      const before = audio.volume;
      audio.volume = before > 0.5 ? before - 0.25 : before + 0.25;
      const changes = audio.volume !== before;
      audio.volume = before;
      return changes;
    },
  };
}
