/**
 * The keys of a seek bar, wherever it stands: arrow keys step 5 s, Page keys 30 s, Home and End go to the ends. Coarser
 * than the steps of a range input, which are shares of a track of any length.
 */

const STEP = 5;
const PAGE = 30;

/**
 * Where a key leads, in seconds, which may lie outside the track; null for a key that leads nowhere.
 * @param {string} key
 * @param {number} position
 * @param {number} duration
 */
export function keyTarget(key, position, duration) {
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
