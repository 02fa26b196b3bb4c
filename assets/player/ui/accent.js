/**
 * The one accent of the page, taken from the cover: used where it can be read, which is checked here, since the site
 * may come from another version. Colours are `#rrggbb`; contrast is that of WCAG 2.
 */

/** @typedef {{ light: string, dark: string }} Accent */

/** What the accent stands on, as style.css has it: the palette's surfaces that are hardest to read on. */
const GROUNDS = { light: ['#ffffff', '#f0f0ed'], dark: ['#141517', '#24272b'] };
const LEAST = 4.5;

/**
 * @param {string} colour
 * @returns {number | null} relative luminance; null for what is no colour
 */
function luminance(colour) {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  if (!match) return null;
  const [red, green, blue] = match.slice(1).map((hex) => {
    const share = parseInt(hex, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * @param {string} one
 * @param {string} other
 * @returns {number} from 1 to 21; 0 when either is no colour
 */
export function contrast(one, other) {
  const [a, b] = [luminance(one), luminance(other)];
  return a === null || b === null ? 0 : (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/**
 * Whether an accent can be read on its palette.
 * @param {'light' | 'dark'} theme
 * @param {string} colour
 */
export function isReadable(theme, colour) {
  return GROUNDS[theme].every((ground) => contrast(colour, ground) >= LEAST);
}

/**
 * Gives the page the accent of a cover; null, or what cannot be read, for its own.
 * @param {HTMLElement} root
 * @param {Accent | null | undefined} accent
 */
export function setAccent(root, accent) {
  for (const theme of /** @type {const} */ (['light', 'dark'])) {
    const colour = accent?.[theme];
    const good = colour !== undefined && isReadable(theme, colour);
    const letters = good && contrast(colour, '#ffffff') >= LEAST ? '#ffffff' : '#101214';
    const values = { [`--cover-${theme}`]: colour ?? '', [`--on-cover-${theme}`]: letters };
    for (const [name, value] of Object.entries(values)) {
      if (good) root.style.setProperty(name, value);
      else root.style.removeProperty(name);
    }
  }
}
