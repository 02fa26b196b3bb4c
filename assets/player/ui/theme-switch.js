/**
 * The switch between the system's theme, light and dark. The choice stands on the root element, where the styles find
 * it; who keeps it is told.
 */

import { label, say } from './elements.js';

/** @typedef {import('../store.js').Theme} Theme */

const NEXT = /** @type {const} */ ({ system: 'light', light: 'dark', dark: 'system' });
const ICONS = /** @type {const} */ ({ system: 'system', light: 'sun', dark: 'moon' });

/**
 * @param {HTMLElement} button
 * @param {{ theme: unknown, onTheme: (theme: Theme) => void }} parts  `theme`: as it was kept, if it was
 */
export function createThemeSwitch(button, { theme: kept, onTheme }) {
  /** @type {Theme} */
  let theme = kept === 'light' || kept === 'dark' ? kept : 'system';
  const show = () => {
    const root = document.documentElement;
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    label(button, `Theme: ${theme}`, ICONS[theme]);
  };
  button.addEventListener('click', () => {
    theme = NEXT[theme];
    show();
    say(`Theme: ${theme}`);
    onTheme(theme);
  });
  show();
}
