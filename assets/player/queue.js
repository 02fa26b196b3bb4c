/**
 * What plays, and in which order, as pure functions over one value. A queue holds indices of tracks, in the order
 * they play, and its place among them; what stands before the place was played, what follows is up next.
 *
 * A shuffle reorders what is up next and remembers the order as it was, so that it can be undone. A track may
 * stand in the queue twice, so that order is one of places: by the tracks alone nobody could tell which of the two
 * plays. No DOM, no randomness of its own: who shuffles brings it.
 */

/** @typedef {'off' | 'all' | 'one'} Repeat */
/**
 * @typedef {object} Queue
 * @property {readonly number[]} items           indices of tracks, in the order they play
 * @property {number} at                         place of the current one; -1 while nothing was chosen
 * @property {readonly number[] | null} natural  the places of `items`, each once, in the order before it was shuffled;
 *   null when it is not shuffled
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
 * With a track that plays right after the current one, in both orders.
 * @param {Queue} queue
 * @param {number} item
 */
export function withNext(queue, item) {
  const before = queue.at < 0 || queue.natural === null ? queue.at : queue.natural.indexOf(queue.at);
  return inserted(queue, queue.at + 1, item, before + 1);
}

/**
 * With a track at the end, in both orders.
 * @param {Queue} queue
 * @param {number} item
 */
export function withLast(queue, item) {
  return inserted(queue, queue.items.length, item, queue.items.length);
}

/**
 * @param {Queue} queue
 * @param {number} place
 * @param {number} item
 * @param {number} rank  in the order before it was shuffled
 * @returns {Queue}
 */
function inserted({ natural, ...queue }, place, item, rank) {
  const moved = natural && natural.map((other) => (other < place ? other : other + 1));
  return { ...queue, items: spliced(queue.items, place, 0, item), natural: moved && spliced(moved, rank, 0, place) };
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
  const order = spliced(spliced([...queue.items.keys()], from, 1), place, 0, from);
  return { ...queue, ...inOrder(queue, order) };
}

/**
 * Without one place; the current one stays.
 * @param {Queue} queue
 * @param {number} place
 * @returns {Queue}
 */
export function removed(queue, place) {
  if (place === queue.at || place < 0 || place >= queue.items.length) return queue;
  return mapped(queue, (item, at) => (at === place ? undefined : item));
}

/**
 * With every track as another index, or without it; nothing is chosen where the current one goes.
 * @param {Queue} queue
 * @param {(item: number, place: number) => number | undefined} change  undefined for one that goes
 * @returns {Queue}
 */
export function mapped(queue, change) {
  const items = queue.items.map(change);
  const order = [...items.keys()].filter((place) => items[place] !== undefined);
  const changed = { ...queue, items: /** @type {number[]} */ (items) };
  return { ...queue, ...inOrder(changed, order), at: order.indexOf(queue.at) };
}

/**
 * Without what is up next. What was played stays in the order in which it was: otherwise the end of a shuffle would
 * bring it up again.
 * @param {Queue} queue
 * @returns {Queue}
 */
export function cleared(queue) {
  const items = queue.items.slice(0, queue.at + 1);
  return { ...queue, items, natural: queue.natural && [...items.keys()] };
}

/**
 * With all tracks in a random order (Fisher and Yates), the current one first: a shuffle plays what stood before it as
 * well.
 * @param {Queue} queue  that is not shuffled
 * @param {() => number} random
 * @returns {Queue}
 */
export function shuffled(queue, random) {
  const order = [...queue.items.keys()];
  const first = queue.at < 0 ? 0 : 1;
  if (first === 1) order.unshift(...order.splice(queue.at, 1));
  for (let last = order.length - 1; last > first; last -= 1) {
    const other = first + Math.floor(random() * (last - first + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return { ...queue, ...inOrder({ ...queue, natural: [...order.keys()] }, order), at: first - 1 };
}

/**
 * In the order before the shuffle, at the same place of it.
 * @param {Queue} queue
 * @returns {Queue}
 */
export function unshuffled(queue) {
  if (queue.natural === null) return queue;
  const items = queue.natural.map((place) => queue.items[place]);
  return { ...queue, items, at: queue.natural.indexOf(queue.at), natural: null };
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
 * These places in this order; the others go. The order before a shuffle stays what it was.
 * @param {Pick<Queue, 'items' | 'natural'>} queue
 * @param {readonly number[]} order
 */
function inOrder({ items, natural }, order) {
  const places = new Map(order.map((before, place) => [before, place]));
  const stay = natural && natural.filter((place) => places.has(place));
  return {
    items: order.map((place) => items[place]),
    natural: stay && stay.map((place) => /** @type {number} */ (places.get(place))),
  };
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
