/** What plays a track in the media element, by the way that the browser and the site allow. */

import { Stream } from './stream.js';
import { WholeTrack } from './whole-track.js';

/** @typedef {Stream | WholeTrack} Engine */

/**
 * @param {import('./store.js').Path} way
 * @param {Omit<import('./stream.js').Options, 'way'>} options
 * @returns {Engine}
 */
export function openEngine(way, options) {
  if (way === 'mse' || way === 'managed') return new Stream({ ...options, way });
  return new WholeTrack({ ...options, way });
}
