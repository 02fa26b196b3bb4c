/**
 * One small menu for the whole page, opened by a button and closed by Escape, by a choice, or by a press elsewhere.
 * The focus goes in with the keys of a menu and back to the button.
 */

/** @typedef {{ name: string, act: () => void }} Entry */

/** @type {(() => void) | null} */
let closeOpen = null;

/**
 * @param {HTMLElement} button  that opened it
 * @param {string} name         for screen readers
 * @param {readonly Entry[]} entries
 */
export function openMenu(button, name, entries) {
  if (button.getAttribute('aria-expanded') === 'true') return closeOpen?.();
  closeOpen?.();
  const menu = document.createElement('div');
  menu.className = 'menu';
  menu.setAttribute('role', 'menu');
  menu.setAttribute('aria-label', name);
  const items = entries.map((entry) => itemOf(entry, () => close(true)));
  menu.append(...items);
  // Within an open dialog, since all outside of it is inert; within its part of the page otherwise.
  (button.closest('dialog, main, aside') ?? document.body).append(menu);
  button.setAttribute('aria-expanded', 'true');
  place(menu, button);

  const stop = new AbortController();
  const close = (/** @type {boolean} */ back) => {
    stop.abort();
    menu.remove();
    button.setAttribute('aria-expanded', 'false');
    closeOpen = null;
    if (back && button.isConnected) button.focus({ preventScroll: true });
  };
  closeOpen = () => close(false);
  menu.addEventListener('keydown', (event) => {
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    event.stopPropagation();
    if (event.key === 'Escape' || event.key === 'Tab') close(true);
    else if (to !== undefined) items.at(to % items.length)?.focus();
    else return;
    event.preventDefault();
  });
  const elsewhere = (/** @type {Event} */ event) => {
    const target = /** @type {Node} */ (event.target);
    if (!menu.contains(target) && !button.contains(target)) close(false);
  };
  document.addEventListener('pointerdown', elsewhere, { capture: true, signal: stop.signal });
  document.addEventListener('scroll', elsewhere, { capture: true, signal: stop.signal });
  globalThis.addEventListener('resize', () => close(false), { signal: stop.signal });
  items[0]?.focus();
}

/**
 * @param {Entry} entry
 * @param {() => void} close
 */
function itemOf({ name, act }, close) {
  const item = document.createElement('button');
  item.type = 'button';
  item.setAttribute('role', 'menuitem');
  item.tabIndex = -1;
  item.textContent = name;
  item.addEventListener('click', () => {
    close();
    act();
  });
  return item;
}

/**
 * Below the button, or above where there is no room.
 * @param {HTMLElement} menu
 * @param {HTMLElement} button
 */
function place(menu, button) {
  const { top, bottom, right } = button.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = menu;
  const below = bottom + offsetHeight + 8 < innerHeight;
  menu.style.left = `${Math.max(8, Math.min(right - offsetWidth, innerWidth - offsetWidth - 8))}px`;
  menu.style.top = `${below ? bottom + 4 : Math.max(8, top - offsetHeight - 4)}px`;
}
