/**
 * Brings back what was there before a reload, or what a shared link names, as soon as its tracks are there: a host that
 * still reads its library comes to them later. Who chooses something meanwhile is not disturbed.
 */

import { queueOf } from './storage.js';
import { currentTrack } from './store.js';

/** @typedef {import('./storage.js').Session} Session */
/** @typedef {import('./address.js').Moment} Moment */

/**
 * @param {object} parts
 * @param {import('./store.js').Store} parts.store
 * @param {Pick<import('./player.js').Player, 'queueUp' | 'prepare'>} parts.player
 * @param {() => void} parts.onArrival  what the link named is loaded
 */
export function createComeback({ store, player, onArrival }) {
  /** @type {Session | null} */
  let session = null;
  /** @type {Moment | null} */
  let moment = null;

  const comeback = {
    /** The session whose queue has not come back yet. */
    session: () => session,

    /**
     * What is to come back. What needs no track does at once.
     * @param {Session | null} kept
     * @param {Moment | null} shared  outranks it
     */
    expect(kept, shared) {
      session = kept;
      moment = shared;
      if (!kept) return;
      const { volume, muted, side, mastered } = kept;
      store.dispatch({ type: 'choices/restored', volume, muted, side, mastered });
      store.dispatch({ type: 'queue/changed', queue: queueOf(kept, []) });
    },

    /**
     * Brings back what can be by now.
     * @param {boolean} isWhole  no more tracks will come
     */
    attempt(isWhole) {
      const isTaken = store.getState().queue.items.length > 0;
      if (isTaken || (moment && comeback.goTo(moment))) {
        session = null;
        moment = null;
      }
      if (isWhole) moment = null;
      if (session && moment === null && (isWhole || isThere(session))) restore(session);
    },

    /**
     * Loads what a shared link names, without playing it; false when it is not here.
     * @param {Moment} moment
     */
    goTo({ id, time }) {
      const { tracks } = store.getState();
      const index = tracks.findIndex((track) => track.id === id);
      if (index < 0) return false;
      player.queueUp([...tracks.keys()], index);
      player.prepare(time);
      onArrival();
      return true;
    },
  };

  /** @param {Session} session */
  const isThere = ({ queue }) => {
    const ids = new Set(store.getState().tracks.map(({ id }) => id));
    return queue.every((id) => ids.has(id));
  };

  /** @param {Session} kept */
  const restore = (kept) => {
    session = null;
    store.dispatch({ type: 'queue/changed', queue: queueOf(kept, store.getState().tracks) });
    if (currentTrack(store.getState())) player.prepare(kept.position);
  };

  return comeback;
}
