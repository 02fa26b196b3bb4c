/**
 * By which way a browser plays, as a pure function of what it can do and of the site's settings:
 *
 * - `mse`: segments by Media Source Extensions: gapless, preset changes at the playhead. The rule.
 * - `managed`: the same by ManagedMediaSource, which is all that iPhones have (from 17.1).
 * - `hls`: the browser plays the playlist by itself. Older iPhones.
 * - `file`: the whole file in a plain media element.
 *
 * `player.json` may turn MSE off (`"mse": false`), or on for a share of the visitors (`"mse": 25`, per cent; who
 * is among them is drawn once and kept), and `?mse=off` turns it off for one visit.
 */

/** @typedef {import('./store.js').Path} Path */
/** @typedef {{ mse: boolean, managed: boolean, hls: boolean }} Abilities */

/**
 * @param {Abilities} can
 * @param {boolean} allowed  whether MSE may be used
 * @returns {Path}
 */
export function wayOf(can, allowed) {
  if (allowed && can.mse) return 'mse';
  if (allowed && can.managed) return 'managed';
  return can.hls ? 'hls' : 'file';
}

/**
 * Whether this visit may use MSE.
 * @param {{ setting: unknown, address: string | null, draw: number }} visit
 *   `setting`: what player.json says; `address`: `?mse=`; `draw`: from 0 up to, but not including, 100
 */
export function isMseAllowed({ setting, address, draw }) {
  if (address === 'off') return false;
  if (address === 'on') return true;
  if (typeof setting === 'number') return draw < setting;
  return setting !== false;
}

/**
 * The visitor's number for a share of the visitors, drawn once and kept: from 0 up to, but not including, 100.
 * @param {import('./storage.js').Storage} storage
 */
export function drawOf(storage, random = Math.random) {
  const kept = storage.read('draw');
  if (typeof kept === 'number') return kept;
  const draw = 100 * random();
  storage.write('draw', draw);
  return draw;
}
