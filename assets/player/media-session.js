/**
 * The lock screen, the headset's keys and the system's media overlay (W3C Media Session): what plays, with its
 * cover and position, and the player's commands.
 */

import { currentTrack } from './store.js';

/** @typedef {import('./store.js').State} State */

const STEP = 10;

/**
 * @param {{ store: import('./store.js').Store, player: import('./player.js').Player, siteUrl: URL }} parts
 */
export function joinMediaSession({ store, player, siteUrl }) {
  if (!('mediaSession' in navigator)) return;
  const session = navigator.mediaSession;
  /** @type {Partial<Record<MediaSessionAction, (details: MediaSessionActionDetails) => void>>} */
  const actions = {
    play: player.goOn,
    pause: player.pause,
    previoustrack: player.previous,
    nexttrack: player.next,
    seekto: ({ seekTime }) => seekTime != null && player.seek(seekTime),
    seekbackward: ({ seekOffset }) => player.seekBy(-(seekOffset ?? STEP)),
    seekforward: ({ seekOffset }) => player.seekBy(seekOffset ?? STEP),
  };
  for (const [action, act] of Object.entries(actions)) {
    try {
      session.setActionHandler(/** @type {MediaSessionAction} */ (action), act);
    } catch {
      // A browser may not know every action.
    }
  }

  /** @type {State | null} */
  let before = null;
  store.subscribe((state) => {
    const track = currentTrack(state);
    if (track !== (before && currentTrack(before))) session.metadata = track && metadataOf(track, siteUrl);
    if (state.status !== before?.status) session.playbackState = playbackStateOf(state);
    if (jumped(before, state)) tellPosition(session, state);
    before = state;
  });
}

/**
 * @param {import('./store.js').Track} track
 * @param {URL} siteUrl
 */
function metadataOf({ title, artist, album, cover }, siteUrl) {
  const artwork = cover ? [{ src: String(new URL(cover, siteUrl)), sizes: '640x640', type: 'image/jpeg' }] : [];
  return new MediaMetadata({ title: title ?? '', artist: artist ?? '', album: album ?? '', artwork });
}

/** @param {State} state */
function playbackStateOf({ status }) {
  if (status === 'playing' || status === 'starting' || status === 'buffering') return 'playing';
  return status === 'paused' ? 'paused' : 'none';
}

/**
 * The system counts on by itself; it has to be told of what it cannot know.
 * @param {State | null} before
 * @param {State} state
 */
function jumped(before, state) {
  if (before === null) return false;
  const step = state.position - before.position;
  return state.status !== before.status || state.duration !== before.duration || step < 0 || step > 1.5;
}

/**
 * @param {MediaSession} session
 * @param {State} state
 */
function tellPosition(session, { duration, position }) {
  if (!('setPositionState' in session) || !(duration > 0)) return;
  session.setPositionState({ duration, playbackRate: 1, position: Math.min(position, duration) });
}
