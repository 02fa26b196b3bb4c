/**
 * Search, views and order, in the page's head: what the address says, and how it is changed.
 */

import { addressOf } from '../address.js';
import { SORTS } from '../library.js';
import { sortOf } from '../rows.js';
import { attribute, find } from './elements.js';
import { sortInWords } from './words.js';

/**
 * @param {{ navigation: import('./navigation.js').Navigation, onDown: () => void }} parts
 */
export function createToolbar({ navigation, onDown }) {
  /** @type {HTMLInputElement} */
  const search = find(document, '#search');
  /** @type {HTMLSelectElement} */
  const sort = find(document, '#sort');
  /** @type {NodeListOf<HTMLAnchorElement>} */
  const views = document.querySelectorAll('#views a');

  const showToolbar = () => {
    const place = navigation.place();
    if (search.value !== place.query && document.activeElement !== search) search.value = place.query;
    if (search.value !== place.query && place.query === '') search.value = '';
    for (const link of views) {
      const view = viewOf(link);
      link.href = addressOf({ view, query: place.query, sort: null, open: null });
      attribute(link, 'aria-current', view === place.view ? 'page' : null);
    }
    if (sort.dataset.view !== place.view) {
      sort.dataset.view = place.view;
      sort.replaceChildren(...SORTS[place.view].map((name) => new Option(sortInWords(place.view, name), name)));
    }
    sort.value = sortOf(place);
  };

  search.addEventListener('input', () => navigation.replace({ query: search.value, open: null }));
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && search.value === '') search.blur();
    else if (event.key === 'ArrowDown' || event.key === 'Enter') onDown();
    else return;
    event.preventDefault();
  });
  sort.addEventListener('change', () => navigation.go({ sort: sort.value }, 0));
  for (const link of views) {
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      navigation.go({ view: viewOf(link), sort: null, open: null }, 0);
    });
  }
  navigation.subscribe(showToolbar);
  showToolbar();
}

/** @param {HTMLElement} link */
function viewOf(link) {
  return /** @type {import('../library.js').View} */ (link.dataset.view);
}
