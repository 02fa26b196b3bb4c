/**
 * The choice of mastering, as a plain select; hidden while there is nothing to choose.
 */

import { find, show } from './elements.js';

/**
 * @param {HTMLElement} label
 * @param {{ store: import('../store.js').Store, onChoose: (variant: string) => void }} parts
 */
export function createVariantSelect(label, { store, onChoose }) {
  /** @type {HTMLSelectElement} */
  const select = find(label, 'select');
  /** @type {string[] | null} */
  let shown = null;
  select.addEventListener('change', () => onChoose(select.value));
  store.subscribe(({ variants, variant }) => {
    if (variants !== shown) {
      shown = variants;
      select.replaceChildren(...variants.map((name) => new Option(inWords(name), name)));
      show(label, variants.length > 1);
    }
    if (variant !== null && select.value !== variant) select.value = variant;
  });
}

/**
 * "warm@50" as "warm 50 %".
 * @param {string} variant
 */
function inWords(variant) {
  return variant.replace(/@(\d+)$/, ' $1 %');
}
