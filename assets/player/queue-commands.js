/** What a listener does to the queue, but for choosing what plays now; and what of it is told ahead. */

import * as queues from './queue.js';

/** So many tracks that follow are told: of short ones, as much is loaded ahead as of a long one. */
const TOLD_AHEAD = 8;

/**
 * What follows in a queue, as far as it is told: indices of tracks.
 * @param {queues.Queue} queue
 */
export function itemsAhead(queue) {
  const items = [];
  while (items.length < TOLD_AHEAD) {
    const place = queues.placeAfterEnd(queue);
    if (place === null) break;
    items.push(queue.items[place]);
    queue = queues.movedTo(queue, place);
  }
  return items;
}

/**
 * @param {{ store: import('./store.js').Store, random: () => number, onChange: () => void, play: (item: number) => void }} parts
 *   `onChange`: what follows may be another; `play`: plays a track by its index
 */
export function createQueueCommands({ store, random, onChange, play }) {
  /** @param {queues.Queue} queue */
  const setQueue = (queue) => {
    store.dispatch({ type: 'queue/changed', queue });
    onChange();
  };

  return {
    /**
     * Fills the queue.
     * @param {readonly number[]} items  indices of tracks
     * @param {number} at
     */
    queueUp(items, at) {
      const queue = queues.filled(store.getState().queue, items, at, random);
      store.dispatch({ type: 'queue/changed', queue });
    },

    /** @param {number} item  index of a track */
    playNext(item) {
      const { queue } = store.getState();
      if (queue.at < 0) return play(item);
      setQueue(queues.withNext(queue, item));
    },

    /** @param {number} item  index of a track */
    enqueue(item) {
      const { queue } = store.getState();
      if (queue.at < 0) return play(item);
      setQueue(queues.withLast(queue, item));
    },

    toggleShuffle() {
      const { queue } = store.getState();
      setQueue(queue.natural === null ? queues.shuffled(queue, random) : queues.unshuffled(queue));
    },

    cycleRepeat: () => setQueue(queues.repeatedNext(store.getState().queue)),

    /**
     * @param {number} from  place in the queue
     * @param {number} to
     */
    move: (from, to) => setQueue(queues.reordered(store.getState().queue, from, to)),

    /** @param {number} place */
    remove: (place) => setQueue(queues.removed(store.getState().queue, place)),

    clearQueue: () => setQueue(queues.cleared(store.getState().queue)),
  };
}
