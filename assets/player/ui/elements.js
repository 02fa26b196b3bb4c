/**
 * Small helpers of the views: find what index.html promises, copy a template, show a cover or its stand-in, say
 * something in passing.
 */

/** @typedef {import('../store.js').State} State */

/**
 * @template {Element} [T=HTMLElement]
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
  return /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
}

/**
 * Fills a `.cover`: the picture, or initials where there is none or it does not load.
 * @param {HTMLElement} cover
 * @param {string | null | undefined} picture  relative to the page
 * @param {string} name                        whose initials stand in
 */
export function showCover(cover, picture, name) {
  /** @type {HTMLImageElement} */
  const image = find(cover, 'img');
  write(find(cover, '.initials'), initials(name) || '♪');
  const wanted = picture ?? '';
  if ((image.getAttribute('src') ?? '') === wanted) return;
  image.hidden = wanted === '';
  image.onerror = () => (image.hidden = true);
  if (wanted) image.src = wanted;
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
 * Sets an attribute, or takes it away; touches the document only when that changes.
 * @param {Element} element
 * @param {string} name
 * @param {string | null} value
 */
export function attribute(element, name, value) {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/**
 * Names a button and gives it the icon that fits.
 * @param {Element} button
 * @param {string} name
 * @param {string} icon
 */
export function label(button, name, icon) {
  attribute(button, 'aria-label', name);
  attribute(button, 'title', name);
  attribute(find(button, 'use'), 'href', `#icon-${icon}`);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let passing;

/**
 * Says in passing what was done: a line that screen readers speak and that goes by itself.
 * @param {string} text
 */
export function say(text) {
  const line = find(document, '#status');
  // Outside of an open dialog nothing is heard or seen.
  const place = document.querySelector('dialog[open]') ?? document.body;
  if (line.parentElement !== place) place.append(line);
  write(line, text);
  line.classList.add('shown');
  clearTimeout(passing);
  passing = setTimeout(() => line.classList.remove('shown'), 3000);
}

/**
 * Copies text; false where the browser does not let it, as without a secure origin.
 * @param {string} text
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Sets properties once more that were set before the browser knew what the element is, and so went past its setters.
 * @param {any} element
 * @param {readonly string[]} names
 */
export function takeUp(element, names) {
  for (const name of names.filter((each) => Object.hasOwn(element, each))) {
    const value = element[name];
    delete element[name];
    element[name] = value;
  }
}

/** Tells which parts of the state changed since the last call. */
export function watch() {
  /** @type {State | null} */
  let before = null;
  return (/** @type {State} */ state) => {
    const last = before;
    before = state;
    return (/** @type {(keyof State)[]} */ ...keys) => last === null || keys.some((key) => last[key] !== state[key]);
  };
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
