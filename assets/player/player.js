/**
 * Which track plays, in which variant, and what comes after it: keeps one media element for the whole queue, gives
 * it a way of playing, and tells the store what happens. A track that fails does not end the music: the next one
 * plays, and the page says which was left out.
 */

import { createChoiceCommands } from './choice-commands.js';
import { openEngine } from './engine.js';
import { createQueueCommands, itemsAhead } from './queue-commands.js';
import * as queues from './queue.js';
import { currentTrack, variantFor } from './store.js';
import { Stream } from './stream.js';
import { createTelling } from './telling.js';
import { manifestPath } from './variants.js';
import { createAttempts } from './watch.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').Problem} Problem */
/** @typedef {import('./store.js').Path} Path */
/** @typedef {import('./lanes.js').Item} Item */
/** @typedef {import('./timeline.js').Manifest} Manifest */
/** @typedef {ReturnType<typeof createPlayer>} Player */
/**
 * @typedef {object} Parts
 * @property {HTMLMediaElement} audio
 * @property {Store} store
 * @property {URL} siteUrl  where catalog.json stands
 * @property {import('./manifests.js').Manifests} manifests
 * @property {import('./segments.js').Segments} segments
 * @property {import('./ready-source.js').ReadySource} readySource
 * @property {() => Path} way  asked for each track
 * @property {() => number} [random]
 */

/** "Previous" goes back to the start of the track when more than this many seconds of it were heard. */
const RESTART_AFTER = 3;
/** After so many tracks in a row that failed it is not the tracks. */
const MOST_SKIPPED = 3;
/** The listener hears sound, or waits for it. */
const WANTED = /** @type {import('./store.js').Status[]} */ (['starting', 'playing', 'buffering']);
/** What the listener can wait for, or try again; the next track would fare no better. */
const PASSING = /** @type {Problem[]} */ (['offline', 'busy', 'unsupported', 'no-whole-file']);

/** @param {Parts} parts */
export function createPlayer({ audio, store, siteUrl, manifests, segments, readySource, way, random = Math.random }) {
  /** @type {import('./engine.js').Engine | null} */
  let engine = null;
  let skippedInARow = 0;
  /** Whether the sound was wanted when it failed. */
  let wasWanted = false;
  const attempts = createAttempts();
  const telling = createTelling({ audio, store, siteUrl, manifests });

  const report = () => {
    if (!engine) return;
    const { position, loaded } = engine;
    attempts.note(position);
    store.dispatch({ type: 'track/progressed', position, loaded });
  };

  /**
   * @param {number} index
   * @returns {Item}
   */
  const itemOf = (index) => {
    const state = store.getState();
    const track = state.tracks[index];
    const urlOf = (/** @type {string} */ variant) => new URL(manifestPath(track, variant), siteUrl);
    return { id: track.id, variant: variantFor(state, track), urlOf };
  };

  const planNext = () => engine?.follow(itemsAhead(store.getState().queue).map(itemOf));

  const listener = {
    /** @param {Manifest} manifest */
    onManifest(manifest) {
      telling.rendition(manifest);
      telling.otherSide();
      // The first sound comes before its picture.
      if (store.getState().status !== 'starting') telling.details();
    },
    /**
     * @param {Item} item
     * @param {Manifest} manifest
     */
    onEntered(item, manifest) {
      const { queue } = store.getState();
      const place = queues.placeAfterEnd(queue) ?? queue.at;
      store.dispatch({ type: 'track/followed', queue: queues.movedTo(queue, place), variant: manifest.variant });
      listener.onManifest(manifest);
      skippedInARow = 0;
      planNext();
      report();
    },
    /** @param {string} variant */
    onSounding(variant) {
      store.dispatch({ type: 'variant/sounded', variant });
      telling.setLevel();
    },
    /** @param {string} variant @param {Problem} problem */
    onVariantFailure(variant, problem) {
      const track = currentTrack(store.getState());
      const { playing } = store.getState();
      if (track) store.dispatch({ type: 'track/skipped', track, variant, problem });
      if (playing) store.dispatch({ type: 'variant/asked', variant: playing });
    },
    onFailure: (/** @type {Problem} */ problem) => fail(problem),
    // WebKitGTK's clock stands still now and then behind a seek to where the next track begins.
    onStuck() {
      const { position } = store.getState();
      if (!attempts.another(position)) return stop('stuck');
      load(position);
      resume();
    },
  };

  /** @param {number} startAt  seconds */
  const load = (startAt) => {
    const state = store.getState();
    const index = queues.currentOf(state.queue);
    if (index === null || !state.tracks[index]) return;
    engine?.close();
    engine = null;
    const item = itemOf(index);
    const path = way();
    store.dispatch({ type: 'track/started', position: startAt, variant: item.variant });
    store.dispatch({ type: 'path/taken', path });
    const options = { audio, manifests, segments, item, startAt, listener, ready: readySource.take() };
    engine = openEngine(path, options);
    telling.setLevel();
    planNext();
  };

  const resume = () => {
    audio.play().catch((error) => {
      // Another track chosen meanwhile is no refusal; a browser that wants a gesture first is.
      if (error.name === 'NotAllowedError') rest();
    });
  };

  const rest = () => {
    store.dispatch({ type: 'media/paused' });
    telling.details();
  };

  /** @param {Problem} problem */
  const fail = (problem) => {
    const state = store.getState();
    // Nobody waits for sound: another track would begin to play by itself.
    if (!WANTED.includes(state.status)) return stop(problem);
    const track = currentTrack(state);
    const place = queues.placeAfter(state.queue);
    const skips = track && place !== null && place !== state.queue.at && !PASSING.includes(problem);
    if (!skips || skippedInARow + 1 >= MOST_SKIPPED) return stop(problem);
    skippedInARow += 1;
    store.dispatch({ type: 'track/skipped', track, variant: null, problem });
    player.playAt(place);
  };

  /** @param {Problem} problem */
  const stop = (problem) => {
    const { status } = store.getState();
    if (status !== 'error') wasWanted = WANTED.includes(status);
    audio.pause();
    store.dispatch({ type: 'track/failed', problem });
  };

  const choiceCommands = createChoiceCommands({
    store,
    telling,
    onVariant(variant) {
      engine?.setVariant(variant);
      planNext();
    },
    isLoaded: () => engine !== null,
  });

  const queueCommands = createQueueCommands({
    store,
    random,
    onChange: planNext,
    play(item) {
      player.play([item], 0);
    },
  });

  const player = {
    ...queueCommands,
    ...choiceCommands,

    /**
     * Fills the queue and plays one of its tracks.
     * @param {readonly number[]} items  indices of tracks
     * @param {number} at
     * @param {number} startAt  seconds
     */
    play(items, at, startAt = 0) {
      skippedInARow = 0;
      player.queueUp(items, at);
      load(startAt);
      resume();
    },

    /**
     * Loads the queue's track without playing it.
     * @param {number} startAt  seconds
     */
    prepare(startAt) {
      load(startAt);
      store.dispatch({ type: 'media/paused' });
    },

    /** @param {number} place */
    playAt(place) {
      const { queue, tracks } = store.getState();
      if (!(place in queue.items)) return;
      const goesOn = place === queue.at + 1 && engine?.skipTo(tracks[queue.items[place]].id);
      if (!goesOn) {
        store.dispatch({ type: 'queue/changed', queue: queues.movedTo(queue, place) });
        load(0);
      }
      resume();
    },

    toggle() {
      const { status } = store.getState();
      if (audio.paused || status === 'error' || status === 'idle') player.goOn();
      else player.pause();
    },

    /** Plays from where it is; what was played to its end, from its start. */
    goOn() {
      const { status, queue, tracks } = store.getState();
      if (status === 'error') return player.retry();
      if (queue.at < 0) return tracks.length > 0 && player.play([...tracks.keys()], 0);
      if (status === 'idle') return player.playAt(queue.at);
      // By itself the element would go back to the first track on the axis.
      if (audio.ended) player.seek(0);
      resume();
    },

    pause: () => audio.pause(),

    /** The track that failed, once more, from where it was. */
    retry() {
      skippedInARow = 0;
      attempts.forget();
      load(store.getState().position);
      resume();
    },

    /** @param {number} seconds */
    seek(seconds) {
      const { duration } = store.getState();
      engine?.seek(Math.min(Math.max(0, seconds), duration));
      report();
    },

    /** @param {number} seconds */
    seekBy: (seconds) => player.seek(store.getState().position + seconds),

    next() {
      const place = queues.placeAfter(store.getState().queue);
      if (place !== null) player.playAt(place);
    },

    previous() {
      const { queue, position } = store.getState();
      const place = queues.placeBefore(queue);
      if (position > RESTART_AFTER || place === null) player.seek(0);
      else player.playAt(place);
    },

    dismissSkipped: () => store.dispatch({ type: 'skipped/dismissed' }),

    /** The network is back, or the host: what played goes on, and what was paused stays so. */
    recover() {
      const { status, problem, position } = store.getState();
      if (status !== 'error' || problem !== 'offline') engine?.recover();
      else if (wasWanted) player.retry();
      else player.prepare(position);
    },

    /** The sound stands still although nothing is missing. */
    nudge: (/** @type {number} */ times) => engine?.nudge(times),
  };

  /**
   * Whether the media element cannot go on. Chromium says `ended`, and no `error`, where bytes that it cannot read come
   * first of all. A whole track asks first what is wrong.
   */
  const refused = () => {
    if (!(engine instanceof Stream) || !audio.error) return false;
    fail('undecodable');
    return true;
  };

  /** @type {Record<string, () => void>} */
  const reactions = {
    playing() {
      skippedInARow = 0;
      store.dispatch({ type: 'media/playing' });
      telling.details();
    },
    pause: () => audio.ended || rest(),
    waiting() {
      if (audio.paused) return;
      store.dispatch({ type: 'media/waiting' });
      engine?.stalled();
    },
    seeking: () => engine?.redirect(),
    seeked: report,
    progress: report,
    timeupdate() {
      engine?.wake();
      report();
    },
    ended() {
      if (!engine || refused()) return;
      const place = queues.placeAfterEnd(store.getState().queue);
      if (place === null) store.dispatch({ type: 'media/ended' });
      else player.playAt(place);
    },
    error: () => refused(),
  };
  for (const [type, react] of Object.entries(reactions)) audio.addEventListener(type, react);

  return player;
}
