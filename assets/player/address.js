/**
 * What the address of the page says, and how it is written: a place in the library (`#/albums?q=rain&open=…`), or a
 * moment of a track that someone shares (`#/track/<id>?t=42&variant=warm`). Pure; an address that makes no sense
 * leads to the albums.
 */

/** @typedef {import('./library.js').View} View */
/** @typedef {{ view: View, query: string, sort: string | null, open: string | null }} Place */
/** @typedef {{ id: string, time: number, variant: string | null }} Moment  `time`: seconds. */
/** @typedef {{ place: Place, moment: Moment | null }} Address */

/** @type {Place} */
export const HOME = Object.freeze({ view: 'albums', query: '', sort: null, open: null });

/**
 * @param {string} hash  with or without its `#`
 * @returns {Address}
 */
export function parseAddress(hash) {
  const [path, query = ''] = split(hash.replace(/^#/, ''), '?');
  const [, kind, id] = path.split('/');
  const values = new URLSearchParams(query);
  if (kind === 'track' && /^[0-9a-f]{32}$/.test(id ?? '')) {
    const time = Number(values.get('t'));
    const moment = { id, time: Number.isFinite(time) ? Math.max(0, time) : 0, variant: values.get('variant') };
    return { place: HOME, moment };
  }
  if (kind !== 'albums' && kind !== 'artists' && kind !== 'tracks') return { place: HOME, moment: null };
  /** @type {Place} */
  const place = { view: kind, query: values.get('q') ?? '', sort: values.get('sort'), open: values.get('open') };
  return { place, moment: null };
}

/**
 * @param {Place} place
 * @returns {string} with its `#`
 */
export function addressOf({ view, query, sort, open }) {
  return `#/${view}${queryOf({ q: query || null, sort, open })}`;
}

/**
 * @param {Moment} moment
 * @returns {string} with its `#`
 */
export function addressOfMoment({ id, time, variant }) {
  const seconds = Math.floor(time);
  return `#/track/${id}${queryOf({ t: seconds > 0 ? String(seconds) : null, variant })}`;
}

/** @param {Record<string, string | null>} values */
function queryOf(values) {
  const given = Object.entries(values).filter(([, value]) => value !== null);
  const query = new URLSearchParams(/** @type {[string, string][]} */ (given)).toString();
  return query && `?${query}`;
}

/**
 * At the first separator only.
 * @param {string} text
 * @param {string} separator
 */
function split(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
