/**
 * Keys that work anywhere on the page: Space plays and pauses, K and J go to the next and the previous track.
 * Keys that a focused control uses for itself are left to it.
 */

/** @param {import('../player.js').Player} player */
export function listenForKeys(player) {
  /** @type {Record<string, () => void>} */
  const actions = { ' ': player.toggle, k: player.next, j: player.previous };
  document.addEventListener('keydown', (event) => {
    const action = actions[event.key];
    const target = /** @type {Element} */ (event.target);
    if (!action || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (target.matches('select') || (event.key === ' ' && target.matches('button, a'))) return;
    event.preventDefault();
    action();
  });
}
