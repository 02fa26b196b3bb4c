/**
 * Follows a host that still reads its library: asks how far it is, and for the catalog whenever it has come further,
 * with growing pauses, until the library is known. One source may take it minutes, so nothing new is no end. Who
 * follows brings the ways to ask and to wait.
 */

/** @typedef {{ sources: number, identified: number, failed: number }} Progress  As `/healthz` tells it. */

/** Seconds between two questions: at first, by how much they grow, and at most. */
const FIRST_PAUSE = 3;
const GROWTH = 1.5;
const LONGEST_PAUSE = 30;
/** So many questions in a row may fail; each was tried several times. */
const MOST_FAILURES = 8;
/** A host that does not tell how far it is has come to its end when the catalog stayed as it is so many times. */
const MOST_UNCHANGED = 8;

/**
 * Resolves when the library is known; rejects with the last failure when there were too many.
 * @template {{ checksum: string }} C
 * @param {C} catalog  that was read first
 * @param {object} host
 * @param {() => Promise<Progress | null>} host.askProgress  null: the host does not tell
 * @param {() => Promise<C>} host.askCatalog
 * @param {(seconds: number) => Promise<unknown>} host.wait
 * @param {(catalog: C, isKnown: boolean) => void} host.onAnswer
 *   hears of every answer; the catalog is the same object as long as it says the same
 */
export async function followGrowth(catalog, { askProgress, askCatalog, wait, onAnswer }) {
  let failures = 0;
  let unchanged = 0;
  let before = '';
  /** Whether the library is known; a catalog that says something new takes the place of the one before. */
  const ask = async () => {
    // Asked before the catalog, so that the catalog holds at least what it tells of; not again where it does not tell.
    const progress = before === 'null' ? null : await askProgress();
    const now = JSON.stringify(progress);
    if (progress === null || now !== before) {
      const next = await askCatalog();
      unchanged = next.checksum === catalog.checksum ? unchanged + 1 : 0;
      if (unchanged === 0) catalog = next;
    }
    before = now;
    return progress === null ? unchanged >= MOST_UNCHANGED : isKnown(progress);
  };
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, GROWTH * pause)) {
    const answer = await ask().catch((error) => ({ error }));
    failures = typeof answer === 'boolean' ? 0 : failures + 1;
    if (typeof answer === 'boolean') onAnswer(catalog, answer);
    else if (failures >= MOST_FAILURES) throw answer.error;
    if (answer === true) return;
    await wait(pause);
  }
}

/**
 * Before a host has looked it knows of no source.
 * @param {Progress} progress
 */
function isKnown({ sources, identified, failed }) {
  return sources > 0 && identified + failed >= sources;
}
