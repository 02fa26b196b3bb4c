/**
 * `<segue-player>` as a component of React 19 or later. Props are the element's attributes and properties (`src`,
 * `variant`, `start`, `label`, `preload`, `volume`, `muted`) and whatever any element takes (`className`, `style`, `ref`);
 * callbacks are its events, in React's way of writing them. The ref gives the element: `play()`, `pause()`, `currentTime`.
 *
 * The page loads the element itself from the site, `player/segue-player.js`, before or after this.
 */

/** React listens by itself to what a custom element has in lower case, by the event's very name. */
const EVENTS = new Set([
  'onPlay',
  'onPause',
  'onPlaying',
  'onWaiting',
  'onSeeking',
  'onSeeked',
  'onTimeUpdate',
  'onDurationChange',
  'onVolumeChange',
  'onEnded',
  'onError',
  'onVariantChange',
]);

export function SeguePlayer(props) {
  const named = Object.entries(props).map(([name, value]) => [EVENTS.has(name) ? name.toLowerCase() : name, value]);
  return <segue-player {...Object.fromEntries(named)} />;
}
