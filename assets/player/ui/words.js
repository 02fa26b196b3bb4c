/**
 * What the page says: what things are called, how many there are, and, when something is wrong, what happened and
 * what to do about it.
 */

import { lengthInWords } from '../timeline.js';

/** @typedef {import('../store.js').Problem} Problem */
/** @typedef {{ what: string, advice: string }} Words */

/** Letters of a title within a sentence. */
const LONGEST = 60;

/** @type {Record<Problem, Words>} */
const TRACK = {
  offline: {
    what: 'The server cannot be reached.',
    advice: 'Check the connection, then try again.',
  },
  missing: {
    what: 'This track’s files are missing on the server.',
    advice: 'Try again, or play another one. Who runs this site: “segue verify SITE” names them.',
  },
  busy: {
    what: 'The server is busy.',
    advice: 'Try again in a moment.',
  },
  refused: {
    what: 'The server does not give this track out.',
    advice: 'Play another one, or ask who runs this site.',
  },
  damaged: {
    what: 'This track’s files are damaged.',
    advice: 'Try again, or play another one. Who runs this site: “segue verify SITE” names them.',
  },
  unsupported: {
    what: 'This browser cannot stream this audio.',
    advice: 'A current Firefox, Chrome, Edge or Safari can.',
  },
  'no-whole-file': {
    what: 'This browser plays whole files only, and this site has none.',
    advice: 'Who runs it: publish with “segue render --whole-file”, or host with “segue serve”.',
  },
  stuck: {
    what: 'The sound stands still, although all of it is there.',
    advice: 'Try again, or load the page anew. Another program may hold the sound device.',
  },
  undecodable: {
    what: 'This browser could not decode this track.',
    advice: 'Try again, or play another one.',
  },
};

/**
 * @param {Problem} problem
 * @returns {Words}
 */
export function trackProblem(problem) {
  return TRACK[problem];
}

/**
 * @param {Problem} problem
 * @returns {Words}
 */
export function libraryProblem(problem) {
  if (problem === 'damaged') {
    return { what: 'The catalog cannot be read.', advice: 'Who runs this site: “segue catalog SITE” rebuilds it.' };
  }
  return problem === 'refused' ? { ...TRACK.refused, what: 'The server does not give the catalog out.' } : TRACK[problem];
}

/**
 * What a track is called when its tags do not say.
 * @param {import('../store.js').Track} track
 */
export function titleOf(track) {
  return track.title || `Untitled ${track.id.slice(0, 6)}`;
}

/**
 * The title of a track within a sentence, which a long one would bury.
 * @param {import('../store.js').Track} track
 */
export function shortTitleOf(track) {
  const letters = [...titleOf(track)];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join('').trimEnd()}…` : letters.join('');
}

/** @param {{ title: string | null }} album */
export function albumTitle({ title }) {
  return title ?? 'No album';
}

/** @param {{ artist: string | null, various: boolean }} album */
export function albumArtist({ artist, various }) {
  return various ? 'Various artists' : (artist ?? 'Unknown artist');
}

/** @param {{ name: string | null, various: boolean }} artist */
export function artistName({ name, various }) {
  return albumArtist({ artist: name, various });
}

/**
 * @param {number} count
 * @param {string} noun  in the singular
 */
export function counted(count, noun) {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * How much is in sight of the list.
 * @param {import('../address.js').Place} place
 * @param {number} found
 * @param {readonly import('../store.js').Track[]} tracks
 */
export function summaryOf({ view, query }, found, tracks) {
  const count = counted(found, view.slice(0, -1));
  if (query.trim() !== '') return `${count} found`;
  return `${count} · ${lengthInWords(tracks.reduce((sum, { duration }) => sum + duration, 0))}`;
}

/** @type {Record<string, string>} */
const SORTS = {
  'albums artist': 'by artist',
  'albums title': 'by title',
  'albums year': 'newest first',
  'artists name': 'by name',
  'artists count': 'most tracks first',
  'tracks album': 'by album',
  'tracks title': 'by title',
  'tracks artist': 'by artist',
  'tracks length': 'shortest first',
};

/**
 * @param {string} view
 * @param {string} sort
 */
export function sortInWords(view, sort) {
  return SORTS[`${view} ${sort}`];
}

/**
 * By which way the browser plays, where it is not the usual one.
 * @param {import('../store.js').Path | null} path
 */
export function pathInWords(path) {
  if (path === 'file') return 'Playing the whole file';
  return path === 'hls' ? 'Playing by HLS' : '';
}

/**
 * Decibels as one writes them: a real minus, one decimal.
 * @param {number} db
 */
export function decibels(db) {
  return signed(db, db > 0.05 ? '+' : '');
}

/**
 * @param {number} value
 * @param {string} plus  what a number that is not negative begins with
 */
function signed(value, plus = '') {
  const text = Math.abs(value).toFixed(1);
  return value < 0 && text !== '0.0' ? `−${text}` : `${plus}${text}`;
}

/**
 * @param {number | null} lufs  null for silence
 */
export function lufsInWords(lufs) {
  return lufs === null ? 'silent' : `${signed(lufs)} LUFS`;
}

/**
 * Artist and album in one line; empty when neither is known.
 * @param {import('../store.js').Track} track
 */
export function creditOf({ artist, album }) {
  return [artist, album].filter(Boolean).join(' · ');
}
