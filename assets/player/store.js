/**
 * All that the page shows, in one place: `getState`, `dispatch`, `subscribe`. The state is replaced, never
 * changed, so that a view may compare with `===` what concerns it. No DOM, no network; `reduce` is pure.
 */

/** @typedef {'idle' | 'starting' | 'playing' | 'paused' | 'buffering' | 'ended' | 'error'} Status */
/** @typedef {'loading' | 'ready' | 'failed'} LibraryStatus */
/** @typedef {'offline' | 'missing' | 'busy' | 'refused' | 'damaged' | 'unsupported' | 'undecodable'} Problem */
/**
 * @typedef {object} Track  As catalog.json has it.
 * @property {string} id
 * @property {string | null} [title]
 * @property {string | null} [artist]
 * @property {string | null} [album]
 * @property {number} duration  seconds
 * @property {string | null} [cover]
 * @property {Record<string, string>} variants  name to manifest URI
 */
/**
 * @typedef {object} State
 * @property {LibraryStatus} library
 * @property {Track[]} tracks
 * @property {string[]} variants          names that any track has
 * @property {string | null} variant      the one asked for
 * @property {Status} status
 * @property {number | null} current      index of the track in the player
 * @property {string | null} playing      the variant it plays in
 * @property {number} duration            seconds
 * @property {number} position            seconds
 * @property {number} loaded              seconds; loaded without a hole up to here
 * @property {Problem | null} problem     what is wrong with the library or the track
 */
/**
 * @typedef {{ type: 'library/loading' }
 *   | { type: 'library/loaded', tracks: Track[], variant: string | null }
 *   | { type: 'library/failed', problem: Problem }
 *   | { type: 'variant/chosen', variant: string }
 *   | { type: 'track/chosen', index: number, variant: string, position: number }
 *   | { type: 'track/measured', duration: number }
 *   | { type: 'track/progressed', position: number, loaded: number }
 *   | { type: 'track/failed', problem: Problem }
 *   | { type: 'media/playing' } | { type: 'media/waiting' } | { type: 'media/paused' } | { type: 'media/ended' }} Action
 */

/** @type {State} */
export const initialState = Object.freeze({
  library: 'loading',
  tracks: [],
  variants: [],
  variant: null,
  status: 'idle',
  current: null,
  playing: null,
  duration: 0,
  position: 0,
  loaded: 0,
  problem: null,
});

/** @param {State} state */
export function createStore(state = initialState) {
  /** @type {Set<(state: State) => void>} */
  const listeners = new Set();
  return {
    getState: () => state,
    /** @param {Action} action */
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener(state);
    },
    /**
     * Calls back now and after every change.
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
 * @param {State} state
 * @param {Action} action
 * @returns {State}
 */
export function reduce(state, action) {
  switch (action.type) {
    case 'library/loading':
      return { ...state, library: 'loading', problem: null };
    case 'library/loaded':
      return withLibrary(state, action.tracks, action.variant);
    case 'library/failed':
      return { ...state, library: 'failed', problem: action.problem };
    case 'variant/chosen':
      return { ...state, variant: action.variant };
    case 'track/chosen':
      return withTrack(state, action);
    case 'track/measured':
      return { ...state, duration: action.duration };
    case 'track/progressed':
      return withProgress(state, action.position, action.loaded);
    case 'track/failed':
      return { ...state, status: 'error', problem: action.problem };
    default:
      return withStatus(state, action.type);
  }
}

/**
 * The name of a track's manifest in the variant asked for, else in the first it has.
 * @param {Track} track
 * @param {string | null} variant
 */
export function variantOf(track, variant) {
  const names = Object.keys(track.variants);
  return variant !== null && names.includes(variant) ? variant : names[0];
}

/**
 * @param {State} state
 * @param {Track[]} tracks
 * @param {string | null} wanted
 */
function withLibrary(state, tracks, wanted) {
  const variants = [...new Set(tracks.flatMap((track) => Object.keys(track.variants)))];
  const variant = wanted !== null && variants.includes(wanted) ? wanted : (variants[0] ?? null);
  /** @type {State} */
  const next = { ...state, library: 'ready', tracks, variants, variant, problem: null };
  return next;
}

/**
 * @param {State} state
 * @param {{ index: number, variant: string, position: number }} choice
 * @returns {State}
 */
function withTrack(state, { index, variant, position }) {
  const { duration } = state.tracks[index];
  return {
    ...state,
    status: 'starting',
    current: index,
    playing: variant,
    duration,
    position,
    loaded: position,
    problem: null,
  };
}

/**
 * @param {State} state
 * @param {number} position
 * @param {number} loaded
 */
function withProgress(state, position, loaded) {
  if (state.position === position && state.loaded === loaded) return state;
  return { ...state, position, loaded };
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
