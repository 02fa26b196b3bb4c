/** What track.json tells of a track, read once. What is not told there can be played all the same. */

import { fetchJson } from './api.js';
import { pointsOf } from './ui/waveform.js';

/**
 * @typedef {import('./store.js').Details & { title: string | null, artist: string | null, duration: number,
 *   cover: string | null }} Track
 */

export function createDescription() {
  /** @type {Promise<Track | null> | null} */
  let reading = null;
  /** @type {AbortSignal | null} Of who reads, or has read it. */
  let reader = null;

  const description = {
    /** @type {Track | null} */
    track: null,
    /** @type {import('./ui/waveform.js').Point[] | null} */
    points: null,

    /**
     * Reads it, unless it is known or read already.
     * @param {URL} address  of a manifest of the track
     * @param {AbortSignal} signal
     */
    async read(address, signal) {
      if (description.track) return;
      if (reader !== signal) reading = fetchJson(new URL('../track.json', address), { signal }).catch(() => null);
      reader = signal;
      const track = await reading;
      if (signal.aborted) return;
      reader = null;
      description.track = track;
      description.points = track?.analysis?.waveform ? pointsOf(track.analysis.waveform) : null;
    },
  };
  return description;
}
