/**
 * Which track plays, and what comes after it. Keeps one media element for all tracks, gives each its stream, and
 * tells the store what the element says. A track that ends hands over to the next.
 */

import { canStream } from './source-buffer.js';
import { variantOf } from './store.js';
import { Stream } from './stream.js';
import { durationOf } from './timeline.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {ReturnType<typeof createPlayer>} Player */

/** "Previous" goes back to the start of the track when more than this many seconds of it were heard. */
const RESTART_AFTER = 3;

/**
 * @param {{ audio: HTMLMediaElement, store: Store, siteUrl: URL }} parts  `siteUrl`: where catalog.json stands
 */
export function createPlayer({ audio, store, siteUrl }) {
  /** @type {Stream | null} */
  let stream = null;

  const report = () => {
    if (stream) store.dispatch({ type: 'track/progressed', position: stream.position, loaded: stream.loaded });
  };

  /**
   * @param {number} index
   * @param {number} startAt  seconds
   */
  const load = (index, startAt) => {
    const { tracks, variant: wanted } = store.getState();
    const variant = variantOf(tracks[index], wanted);
    stream?.close();
    stream = null;
    store.dispatch({ type: 'track/chosen', index, variant, position: startAt });
    if (!canStream()) return store.dispatch({ type: 'track/failed', problem: 'unsupported' });
    stream = new Stream({
      audio,
      manifestUrl: new URL(tracks[index].variants[variant], siteUrl),
      startAt,
      onManifest: (manifest) => store.dispatch({ type: 'track/measured', duration: durationOf(manifest) }),
      onFailure: (problem) => store.dispatch({ type: 'track/failed', problem }),
    });
  };

  const resume = () => {
    audio.play().catch((error) => {
      // Another track chosen meanwhile is no refusal; a browser that wants a gesture first is.
      if (error.name === 'NotAllowedError') store.dispatch({ type: 'media/paused' });
    });
  };

  const player = {
    /**
     * @param {number} index
     * @param {number} startAt  seconds
     */
    play(index, startAt = 0) {
      load(index, startAt);
      resume();
    },

    toggle() {
      const { status, tracks, current, position } = store.getState();
      if (status === 'error' && current !== null) return player.play(current, position);
      if (current === null) return tracks.length > 0 && player.play(0);
      if (audio.paused) resume();
      else audio.pause();
    },

    /** @param {number} seconds */
    seek(seconds) {
      const { duration } = store.getState();
      stream?.seek(Math.min(Math.max(0, seconds), duration));
      report();
    },

    /** @param {number} seconds */
    seekBy: (seconds) => player.seek(store.getState().position + seconds),

    next() {
      const { current, tracks } = store.getState();
      if (current !== null && current + 1 < tracks.length) player.play(current + 1);
    },

    previous() {
      const { current, position } = store.getState();
      if (current === null) return;
      if (position > RESTART_AFTER || current === 0) player.seek(0);
      else player.play(current - 1);
    },

    /**
     * Changes the mastering; what plays goes on from where it is.
     * @param {string} variant
     */
    setVariant(variant) {
      store.dispatch({ type: 'variant/chosen', variant });
      const { current, playing, position, tracks, status } = store.getState();
      if (current === null || variantOf(tracks[current], variant) === playing) return;
      const wasPaused = status === 'paused' || status === 'ended';
      load(current, status === 'ended' ? 0 : position);
      if (wasPaused) store.dispatch({ type: 'media/paused' });
      else resume();
    },
  };

  /** @type {Record<string, () => void>} */
  const reactions = {
    playing: () => store.dispatch({ type: 'media/playing' }),
    pause: () => !audio.ended && store.dispatch({ type: 'media/paused' }),
    waiting: () => {
      if (audio.paused) return;
      store.dispatch({ type: 'media/waiting' });
      stream?.stalled();
    },
    seeking: () => stream?.redirect(),
    seeked: report,
    progress: report,
    timeupdate: () => {
      report();
      stream?.wake();
    },
    ended: () => {
      store.dispatch({ type: 'media/ended' });
      player.next();
    },
    error: () => store.dispatch({ type: 'track/failed', problem: 'undecodable' }),
  };
  for (const [type, react] of Object.entries(reactions)) audio.addEventListener(type, react);
  globalThis.addEventListener('online', () => {
    const { status, problem } = store.getState();
    if (status === 'error' && problem === 'offline') player.toggle();
    else stream?.recover();
  });

  return player;
}
