/**
 * What plays, and in which order, as pure functions over one value. A queue holds indices of tracks, in the order
 * they play, and its place among them; what stands before the place was played, what follows is up next.
 *
 * A shuffle reorders what is up next and remembers the order as it was, so that it can be undone. A track may
 * stand in the queue twice. No DOM, no randomness of its own: who shuffles brings it.
 */

/** @typedef {'off' | 'all' | 'one'} Repeat */
/**
 * @typedef {object} Queue
 * @property {readonly number[]} items           indices of tracks, in the order they play
 * @property {number} at                         place of the current one; -1 while nothing was chosen
 * @property {readonly number[] | null} natural  the order before it was shuffled; null when it is not shuffled
 * @property {Repeat} repeat
 */

/** @type {Queue} */
export const EMPTY_QUEUE = Object.freeze({ items: Object.freeze([]), at: -1, natural: null, repeat: 'off' });

/**
 * The track at the queue's place; null while nothing was chosen.
 * @param {Queue} queue
 */
export function currentOf({ items, at }) {
  return items[at] ?? null;
}

/**
 * What is up next, in order; without what repeating would bring again.
 * @param {Queue} queue
 */
export function upNext({ items, at }) {
  return items.slice(at + 1);
}

/**
 * The place that follows when a track has ended; null when nothing does.
 * @param {Queue} queue
 * @returns {number | null}
 */
export function placeAfterEnd(queue) {
  return queue.repeat === 'one' && queue.at >= 0 ? queue.at : placeAfter(queue);
}

/**
 * The place that "next" goes to; null when there is none.
 * @param {Queue} queue
 * @returns {number | null}
 */
export function placeAfter({ items, at, repeat }) {
  if (at + 1 < items.length) return at + 1;
  return repeat === 'all' && items.length > 0 ? 0 : null;
}

/**
 * The place that "previous" goes to; null when there is none.
 * @param {Queue} queue
 * @returns {number | null}
 */
export function placeBefore({ items, at, repeat }) {
  if (at > 0) return at - 1;
  return repeat === 'all' && items.length > 1 ? items.length - 1 : null;
}

/**
 * These tracks, from one of them on; shuffled when the queue was.
 * @param {Queue} queue
 * @param {readonly number[]} items
 * @param {number} at
 * @param {() => number} random  from 0 up to, but not including, 1
 * @returns {Queue}
 */
export function filled(queue, items, at, random) {
  const next = { ...queue, items, at, natural: null };
  return queue.natural === null ? next : shuffled(next, random);
}

/**
 * @param {Queue} queue
 * @param {number} at
 * @returns {Queue}
 */
export function movedTo(queue, at) {
  return at >= 0 && at < queue.items.length && at !== queue.at ? { ...queue, at } : queue;
}

/**
 * With a track that plays right after the current one.
 * @param {Queue} queue
 * @param {number} item
 */
export function withNext(queue, item) {
  return inserted(queue, queue.at + 1, item);
}

/**
 * With a track at the end.
 * @param {Queue} queue
 * @param {number} item
 */
export function withLast(queue, item) {
  return inserted(queue, queue.items.length, item);
}

/**
 * @param {Queue} queue
 * @param {number} place
 * @param {number} item
 * @returns {Queue}
 */
function inserted(queue, place, item) {
  const natural = queue.natural && [...queue.natural, item];
  return { ...queue, items: spliced(queue.items, place, 0, item), natural };
}

/**
 * With what is up next at one place moved to another.
 * @param {Queue} queue
 * @param {number} from
 * @param {number} to
 * @returns {Queue}
 */
export function reordered(queue, from, to) {
  const first = queue.at + 1;
  const last = queue.items.length - 1;
  if (from < first || from > last) return queue;
  const place = Math.min(Math.max(to, first), last);
  if (place === from) return queue;
  return { ...queue, items: spliced(spliced(queue.items, from, 1), place, 0, queue.items[from]) };
}

/**
 * Without one place; the current one stays.
 * @param {Queue} queue
 * @param {number} place
 * @returns {Queue}
 */
export function removed(queue, place) {
  if (place === queue.at || place < 0 || place >= queue.items.length) return queue;
  const at = place < queue.at ? queue.at - 1 : queue.at;
  return { ...queue, items: spliced(queue.items, place, 1), at, natural: without(queue.natural, queue.items[place]) };
}

/**
 * Without what is up next.
 * @param {Queue} queue
 * @returns {Queue}
 */
export function cleared(queue) {
  const items = queue.items.slice(0, queue.at + 1);
  return { ...queue, items, natural: queue.natural && items };
}

/**
 * With what is up next in a random order (Fisher and Yates).
 * @param {Queue} queue
 * @param {() => number} random
 * @returns {Queue}
 */
export function shuffled(queue, random) {
  const items = [...queue.items];
  const first = queue.natural === null && queue.at >= 0 ? putFirst(items, queue.at) : queue.at + 1;
  for (let last = items.length - 1; last > first; last -= 1) {
    const other = first + Math.floor(random() * (last - first + 1));
    [items[last], items[other]] = [items[other], items[last]];
  }
  return { ...queue, items, at: queue.at >= 0 ? first - 1 : -1, natural: queue.natural ?? queue.items };
}

/**
 * Puts one item before all others: a shuffle plays what stood before the current track as well. Gives where the
 * others begin.
 * @param {number[]} items
 * @param {number} place
 */
function putFirst(items, place) {
  items.unshift(...items.splice(place, 1));
  return 1;
}

/**
 * In the order before the shuffle, at the same track.
 * @param {Queue} queue
 * @returns {Queue}
 */
export function unshuffled(queue) {
  if (queue.natural === null) return queue;
  const at = queue.at < 0 ? -1 : queue.natural.indexOf(queue.items[queue.at]);
  return { ...queue, items: queue.natural, at, natural: null };
}

/**
 * @param {Queue} queue
 * @returns {Queue}
 */
export function repeatedNext(queue) {
  const after = /** @type {const} */ ({ off: 'all', all: 'one', one: 'off' });
  return { ...queue, repeat: after[queue.repeat] };
}

/**
 * @param {readonly number[] | null} items
 * @param {number} item
 */
function without(items, item) {
  const place = items?.indexOf(item) ?? -1;
  return items && place >= 0 ? spliced(items, place, 1) : items;
}

/**
 * A copy with so many items at a place replaced.
 * @param {readonly number[]} items
 * @param {number} place
 * @param {number} count
 * @param {...number} more
 */
function spliced(items, place, count, ...more) {
  return [...items.slice(0, place), ...more, ...items.slice(place + count)];
}
