/**
 * Notes what a page complains of, for the engines whose driver does not tell: the fault server puts it in front of
 * the page's own scripts. `{ level, message }`, as Chromium's log has them.
 */

(() => {
  const entries = [];
  window.segueConsole = entries;
  const note = (level, message) => entries.push({ level, message: String(message) });

  window.addEventListener(
    'error',
    ({ message, error, target }) => {
      if (target === window) note('SEVERE', error?.stack ? `${message}\n${error.stack}` : message);
      else note('SEVERE', `${target.localName} could not be loaded: ${target.currentSrc || target.src || target.href}`);
    },
    true,
  );
  window.addEventListener('unhandledrejection', ({ reason }) =>
    note('SEVERE', `unhandled rejection: ${reason?.stack ?? reason}`),
  );
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    note('SEVERE', `refused by the Content Security Policy: ${violatedDirective}: ${blockedURI}`),
  );
  for (const [name, level] of Object.entries({ error: 'SEVERE', warn: 'WARNING' })) {
    const original = console[name];
    console[name] = (...values) => {
      note(level, values.map((value) => value?.stack ?? value).join(' '));
      original.apply(console, values);
    };
  }
})();
