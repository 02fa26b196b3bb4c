/**
 * What the page says when something is wrong: what happened, and what to do about it.
 */

/** @typedef {import('../store.js').Problem} Problem */
/** @typedef {{ what: string, advice: string }} Words */

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
 * Artist and album in one line; empty when neither is known.
 * @param {import('../store.js').Track} track
 */
export function creditOf({ artist, album }) {
  return [artist, album].filter(Boolean).join(' · ');
}
