/**
 * The sheet that tells of the keys: a modal dialog, filled when it is first opened.
 */

import { find } from './elements.js';
import { KEYS } from './keys.js';

/** @param {HTMLDialogElement} dialog */
export function createHelp(dialog) {
  const list = find(dialog, 'dl');
  const close = () => dialog.close();
  find(dialog, '#close-help').addEventListener('click', close);
  dialog.addEventListener('click', (event) => event.target === dialog && close());
  return {
    open() {
      if (dialog.open) return;
      if (list.childElementCount === 0) list.append(...KEYS.map(([keys, what]) => entryOf(keys, what)));
      dialog.showModal();
    },
  };
}

/**
 * @param {string} keys  apart by two spaces; a word of one key has none
 * @param {string} what
 */
function entryOf(keys, what) {
  const entry = document.createElement('div');
  const term = document.createElement('dt');
  const description = document.createElement('dd');
  for (const key of keys.split(/ +/)) {
    const element = document.createElement(key === '…' ? 'span' : 'kbd');
    element.textContent = key;
    term.append(element);
  }
  description.textContent = what;
  entry.append(term, description);
  return entry;
}
