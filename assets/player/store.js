/**
 * All that the page shows, in one place: `getState`, `dispatch`, `subscribe`. The state is replaced, never
 * changed, so that a view may compare with `===` what concerns it. No DOM, no network; `reduce` is pure.
 */

import { EMPTY_QUEUE, currentOf, mapped } from './queue.js';
import { ORIGINAL, nearestVariant } from './variants.js';

/** @typedef {'idle' | 'starting' | 'playing' | 'paused' | 'buffering' | 'ended' | 'error'} Status */
/** @typedef {'loading' | 'ready' | 'failed'} LibraryStatus */
/**
 * @typedef {'offline' | 'missing' | 'busy' | 'refused' | 'damaged' | 'unsupported' | 'undecodable' | 'no-whole-file' |
 *   'stuck'} Problem
 */
/** @typedef {'mse' | 'managed' | 'hls' | 'file'} Path  By which way the browser plays. */
/** @typedef {'system' | 'light' | 'dark'} Theme */
/** @typedef {import('./queue.js').Queue} Queue */
/** @typedef {import('./timeline.js').Range} Range */
/**
 * @typedef {object} Track  As catalog.json has it.
 * @property {string} id
 * @property {string | null} [title]
 * @property {string | null} [artist]
 * @property {string | null} [album]
 * @property {string | null} [album_artist]
 * @property {number | null} [track]
 * @property {number | null} [disc]
 * @property {number | null} [year]
 * @property {number} duration  seconds
 * @property {string | null} [cover]
 * @property {Record<string, string>} variants  name to manifest URI
 */
/** @typedef {{ name: string, description: string, eq?: Record<string, number>, target_lufs?: number }} Preset  Its bands from low to high, in dB. */
/** @typedef {{ integrated_lufs: number | null, range_lu: number, true_peak_dbtp: number | null, measured: boolean }} Loudness */
/** @typedef {{ gain_db: number, equaliser: { hz: number, db: number }[] }} Applied  What mastering did to the track. */
/** @typedef {{ loudness: Loudness, applied: Applied | null }} Rendition  What a manifest tells of a variant. */
/**
 * @typedef {object} Details  What track.json tells.
 * @property {string} id
 * @property {string | null} [genre]
 * @property {string} [codec]
 * @property {number} [sample_rate]
 * @property {{ light: string, dark: string } | null} [accent]
 * @property {{ waveform: { samples_per_point: number, data: string }, spectrum: { hz: number, dbfs: number }[],
 *   integrated_lufs: number | null }} [analysis]
 */
/**
 * @typedef {object} State
 * @property {LibraryStatus} library
 * @property {Track[]} tracks
 * @property {Preset[]} presets
 * @property {boolean} onDemand           whether the host makes every variant when it is asked for
 * @property {string[]} variants          names that any track has
 * @property {string} mastered            the variant on the mastered side of the switch
 * @property {'original' | 'mastered'} side
 * @property {boolean} matched            both sides are played at the loudness of the softer one
 * @property {Queue} queue
 * @property {Status} status
 * @property {string | null} playing      the variant that sounds
 * @property {string | null} pending      the variant that was asked for and does not sound yet
 * @property {number} duration            seconds
 * @property {number} position            seconds
 * @property {Range[]} loaded             seconds of the track
 * @property {Details | null} details     of the current track, once they are there
 * @property {Record<string, Rendition>} renditions  of the current track, by variant, as far as they are known
 * @property {number} volume              0 to 1
 * @property {boolean} muted
 * @property {boolean} online
 * @property {Path | null} path           null until something was played
 * @property {Problem | null} problem     what is wrong with the library, or with the current track
 * @property {{ track: Track, variant: string | null, problem: Problem } | null} skipped  a track that failed, or only a
 *   variant of it, while the music plays on
 */
/**
 * @typedef {{ type: 'library/loading' }
 *   | { type: 'library/loaded', tracks: Track[], presets: Preset[], onDemand: boolean }
 *   | { type: 'library/failed', problem: Problem }
 *   | { type: 'mastering/chosen', side: State['side'], mastered?: string, matched?: boolean }
 *   | { type: 'queue/changed', queue: Queue }
 *   | { type: 'track/started', position: number, variant: string }
 *   | { type: 'track/followed', queue: Queue, variant: string }
 *   | { type: 'track/measured', variant: string, duration: number, rendition: Rendition }
 *   | { type: 'track/described', details: Details }
 *   | { type: 'track/progressed', position: number, loaded: Range[] }
 *   | { type: 'track/failed', problem: Problem }
 *   | { type: 'track/skipped', track: Track, variant: string | null, problem: Problem }
 *   | { type: 'skipped/dismissed' }
 *   | { type: 'variant/asked', variant: string } | { type: 'variant/sounded', variant: string }
 *   | { type: 'choices/restored', volume: number, muted: boolean, side: State['side'], mastered: string }
 *   | { type: 'volume/changed', volume: number, muted: boolean }
 *   | { type: 'network/changed', online: boolean }
 *   | { type: 'path/taken', path: Path }
 *   | { type: 'media/playing' } | { type: 'media/waiting' } | { type: 'media/paused' } | { type: 'media/ended' }} Action
 */

/** @type {State} */
export const initialState = Object.freeze({
  library: 'loading',
  tracks: [],
  presets: [],
  onDemand: false,
  variants: [],
  mastered: ORIGINAL,
  side: 'original',
  matched: false,
  queue: EMPTY_QUEUE,
  status: 'idle',
  playing: null,
  pending: null,
  duration: 0,
  position: 0,
  loaded: [],
  details: null,
  renditions: {},
  volume: 1,
  muted: false,
  online: true,
  path: null,
  problem: null,
  skipped: null,
});

/**
 * The first sound comes before its picture: views are told of a track that starts after so many milliseconds. Painting
 * takes Firefox so long that the sound would come 40 ms later.
 */
const PATIENCE = 100;

/** @param {State} state */
export function createStore(state = initialState) {
  /** @type {Set<(state: State) => void>} */
  const listeners = new Set();
  let told = state;
  /** @type {ReturnType<typeof setTimeout> | undefined} Runs while a track has started and nobody was told. */
  let patience;
  const endPatience = () => {
    clearTimeout(patience);
    patience = undefined;
  };
  const tell = () => {
    endPatience();
    if (told === state) return;
    told = state;
    for (const listener of listeners) listener(state);
  };
  // Views are told once the one who dispatches is done: fetching begins before painting.
  const tellSoon = () => {
    const starts = state.status === 'starting' || state.status === 'playing';
    if (patience === undefined || !starts) tell();
  };
  return {
    getState: () => state,
    /** @param {Action} action */
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      if (action.type === 'track/started') patience ??= setTimeout(tell, PATIENCE);
      // What else changes meanwhile is the listener's, or the library's.
      else if (!/^(track|media|path)\//.test(action.type)) endPatience();
      queueMicrotask(tellSoon);
    },
    /**
     * Calls back now, and after what was dispatched together; a little later where a track starts.
     * @param {(state: State) => void} listener
     */
    subscribe(listener) {
      listeners.add(listener);
      listener(state);
      return () => listeners.delete(listener);
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */

/**
 * The track in the player; null while nothing was chosen.
 * @param {Pick<State, 'queue' | 'tracks'>} state
 * @returns {Track | null}
 */
export function currentTrack({ queue, tracks }) {
  const index = currentOf(queue);
  return index === null ? null : (tracks[index] ?? null);
}

/**
 * The variant that a track is to be played in.
 * @param {State} state
 * @param {Track} track
 */
export function variantFor(state, track) {
  const asked = state.side === 'mastered' ? state.mastered : ORIGINAL;
  return nearestVariant(track, asked, state.onDemand);
}

/**
 * The presets that there is something to choose among, the original aside: those that any track was rendered in,
 * or all when the host makes them.
 * @param {State} state
 * @returns {Preset[]}
 */
export function presetsToChoose({ presets, variants, onDemand }) {
  const rendered = new Set(variants.map((name) => name.split('@')[0]));
  return presets.filter(({ name }) => name !== ORIGINAL && (onDemand || rendered.has(name)));
}

/**
 * @param {State} state
 * @param {Action} action
 * @returns {State}
 */
export function reduce(state, action) {
  switch (action.type) {
    case 'library/loading':
      return { ...state, library: 'loading', problem: null };
    case 'library/loaded':
      return withLibrary(state, action);
    case 'library/failed':
      return { ...state, library: 'failed', problem: action.problem };
    case 'mastering/chosen':
      return withMastering(state, action);
    case 'queue/changed':
      return state.queue === action.queue ? state : { ...state, queue: action.queue };
    case 'track/started':
      return withTrack(state, action);
    case 'track/followed':
      return { ...withTrack({ ...state, queue: action.queue }, { ...action, position: 0 }), status: state.status };
    case 'track/measured':
      return withRendition(state, action);
    case 'track/described':
      return currentTrack(state)?.id === action.details.id ? { ...state, details: action.details } : state;
    case 'track/progressed':
      return withProgress(state, action.position, action.loaded);
    case 'track/failed':
      return { ...state, status: 'error', pending: null, problem: action.problem };
    case 'track/skipped':
      return { ...state, skipped: { track: action.track, variant: action.variant, problem: action.problem } };
    case 'skipped/dismissed':
      return { ...state, skipped: null };
    case 'variant/asked':
      return { ...state, pending: action.variant === state.playing ? null : action.variant };
    case 'variant/sounded':
      return withSounding(state, action.variant);
    case 'choices/restored':
      return { ...state, ...choicesOf(action) };
    case 'volume/changed':
      return { ...state, volume: Math.min(1, Math.max(0, action.volume)), muted: action.muted };
    case 'network/changed':
      return { ...state, online: action.online };
    case 'path/taken':
      return { ...state, path: action.path };
    default:
      return withStatus(state, action.type);
  }
}

/**
 * A library that is loaded again keeps what plays, by the tracks' ids.
 * @param {State} state
 * @param {Pick<State, 'tracks' | 'presets' | 'onDemand'>} loaded
 * @returns {State}
 */
function withLibrary(state, { tracks, presets, onDemand }) {
  const variants = [...new Set(tracks.flatMap((track) => Object.keys(track.variants)))];
  const next = { ...state, library: /** @type {const} */ ('ready'), tracks, presets, onDemand, variants };
  const chosen = presetsToChoose(next).map(({ name }) => name);
  const known = state.mastered !== ORIGINAL && chosen.includes(state.mastered.split('@')[0]);
  const first = variants.find((name) => chosen.includes(name)) ?? variants.find((name) => name !== ORIGINAL) ?? chosen[0];
  return {
    ...next,
    problem: state.status === 'error' ? state.problem : null,
    mastered: known ? state.mastered : (first ?? ORIGINAL),
    queue: withPlacesOf(state, tracks),
  };
}

/**
 * The queue by the places that its tracks have now.
 * @param {State} state
 * @param {Track[]} tracks
 * @returns {Queue}
 */
function withPlacesOf({ queue, tracks: before }, tracks) {
  if (queue.items.length === 0) return queue;
  const places = new Map(tracks.map(({ id }, index) => [id, index]));
  return mapped(queue, (item) => places.get(before[item]?.id));
}

/**
 * @param {Action & { type: 'choices/restored' }} action
 */
function choicesOf({ volume, muted, side, mastered }) {
  return { volume, muted, side, mastered };
}

/**
 * Another preset or intensity is played as loud as it is; only the switch between the two sides matches them.
 * @param {State} state
 * @param {{ side: State['side'], mastered?: string, matched?: boolean }} choice
 * @returns {State}
 */
function withMastering(state, { side, mastered = state.mastered, matched = false }) {
  return { ...state, side, mastered, matched };
}

/**
 * @param {State} state
 * @param {{ position: number, variant: string }} start
 * @returns {State}
 */
function withTrack(state, { position, variant }) {
  return {
    ...state,
    status: 'starting',
    playing: variant,
    pending: null,
    duration: currentTrack(state)?.duration ?? 0,
    position,
    loaded: [],
    details: null,
    renditions: {},
    problem: null,
  };
}

/**
 * @param {State} state
 * @param {{ variant: string, duration: number, rendition: Rendition }} measured
 * @returns {State}
 */
function withRendition(state, { variant, duration, rendition }) {
  return { ...state, duration, renditions: { ...state.renditions, [variant]: rendition } };
}

/**
 * @param {State} state
 * @param {number} position
 * @param {Range[]} loaded
 */
function withProgress(state, position, loaded) {
  const same =
    loaded.length === state.loaded.length &&
    loaded.every(({ start, end }, index) => state.loaded[index].start === start && state.loaded[index].end === end);
  if (same && state.position === position) return state;
  return { ...state, position, loaded: same ? state.loaded : loaded };
}

/**
 * @param {State} state
 * @param {string} variant
 * @returns {State}
 */
function withSounding(state, variant) {
  const pending = state.pending === variant ? null : state.pending;
  return state.playing === variant && pending === state.pending ? state : { ...state, playing: variant, pending };
}

/**
 * What the media element says, in the player's words. An error stays until a track is chosen again.
 * @param {State} state
 * @param {'media/playing' | 'media/waiting' | 'media/paused' | 'media/ended'} event
 * @returns {State}
 */
function withStatus(state, event) {
  if (state.status === 'error' || state.status === 'idle') return state;
  const status = statusAfter(state.status, event);
  return status === state.status ? state : { ...state, status };
}

/**
 * @param {Status} status
 * @param {'media/playing' | 'media/waiting' | 'media/paused' | 'media/ended'} event
 * @returns {Status}
 */
function statusAfter(status, event) {
  switch (event) {
    case 'media/playing':
      return 'playing';
    case 'media/waiting':
      // Before the first sound it is starting, not stuck.
      return status === 'starting' ? status : 'buffering';
    case 'media/paused':
      return 'paused';
    case 'media/ended':
      return 'ended';
  }
}
