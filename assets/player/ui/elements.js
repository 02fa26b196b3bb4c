/**
 * Small helpers of the views: find what index.html promises, copy a template, show a cover or its stand-in.
 */

/**
 * @template {Element} T
 * @param {ParentNode} parent
 * @param {string} selector
 * @returns {T}
 */
export function find(parent, selector) {
  const element = parent.querySelector(selector);
  if (!element) throw new Error(`index.html has no ${selector}`);
  return /** @type {T} */ (element);
}

/**
 * A copy of the only child of a template.
 * @param {string} id
 */
export function copyOf(id) {
  /** @type {HTMLTemplateElement} */
  const template = find(document, `template#${id}`);
  return /** @type {HTMLElement} */ (template.content.firstElementChild.cloneNode(true));
}

/**
 * Fills a `.cover`: the picture, or initials where there is none or it does not load.
 * @param {HTMLElement} cover
 * @param {import('../store.js').Track} track
 */
export function showCover(cover, track) {
  /** @type {HTMLImageElement} */
  const image = find(cover, 'img');
  find(cover, '.initials').textContent = initials(track.album || track.title || track.artist || '') || '♪';
  image.hidden = !track.cover;
  image.onerror = () => (image.hidden = true);
  if (track.cover) image.src = track.cover;
  else image.removeAttribute('src');
}

/**
 * Shows or hides; touches the document only when that changes.
 * @param {HTMLElement} element
 * @param {boolean} visible
 */
export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/**
 * Sets text; touches the document only when that changes.
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * The first letters of the first two words.
 * @param {string} name
 */
function initials(name) {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words
    .slice(0, 2)
    .map((word) => [...word][0].toLocaleUpperCase())
    .join('');
}
