/**
 * The style of `<segue-player>`, as text for a constructed style sheet: a policy of `style-src 'self'` lets it pass, and
 * there is no second file to load. It takes font and text colour from the page, so that it looks well on light and on
 * dark; what a page may want to change has a `--segue-…` property.
 */

export const STYLE = `
:host { display: block; container-type: inline-size; }
:host([hidden]) { display: none; }
[hidden] { display: none !important; }
.card {
  --accent: var(--segue-accent, var(--cover));
  --on-accent: var(--segue-on-accent, var(--on-cover));
  --faint: color-mix(in srgb, currentColor 18%, transparent);
  display: grid;
  grid-template: "cover button words time" auto "cover wave wave wave" auto "message message message message" auto
    / auto auto minmax(0, 1fr) auto;
  align-items: center;
  box-sizing: border-box;
  padding: var(--segue-padding, 12px);
  border: 1px solid var(--segue-hairline, var(--faint));
  border-radius: var(--segue-radius, 8px);
  background: var(--segue-ground, transparent);
  color: var(--segue-text, inherit);
  line-height: 1.35;
}
.cover { grid-area: cover; width: 104px; height: 104px; margin-inline-end: 12px; border-radius: calc(var(--segue-radius, 8px) / 2); object-fit: cover; }
.button {
  grid-area: button;
  display: grid;
  place-items: center;
  width: 44px;
  height: 44px;
  margin: 0;
  padding: 0;
  border: 0;
  border-radius: 50%;
  background: var(--accent);
  color: var(--on-accent);
  cursor: pointer;
}
.button svg { width: 24px; height: 24px; fill: currentColor; }
.button:disabled { opacity: 0.4; cursor: default; }
.button:focus-visible, .wave:has(input:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; }
.words { grid-area: words; display: grid; margin-inline: 12px; }
.title, .artist { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.title { font-weight: 600; }
.artist, .time { font-size: 0.875em; color: color-mix(in srgb, currentColor 72%, transparent); }
.time { grid-area: time; align-self: start; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wave {
  grid-area: wave;
  position: relative;
  height: var(--segue-wave-height, 48px);
  margin-top: 12px;
  border-radius: 4px;
  caret-color: color-mix(in srgb, currentColor 50%, transparent);
  column-rule-color: color-mix(in srgb, currentColor 24%, transparent);
}
.wave canvas { display: block; width: 100%; height: 100%; color: var(--accent); }
.wave input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; touch-action: pan-y; }
.wave input:disabled { cursor: default; }
.message { grid-area: message; margin: 0; font-size: 0.875em; }
.message:not(:empty) { margin-top: 8px; }
@container (max-width: 420px) {
  .card { grid-template: "cover words button" auto "wave wave wave" auto "time time time" auto "message message message" auto
    / auto minmax(0, 1fr) auto; }
  .cover { width: 48px; height: 48px; }
  .words { margin-inline-start: 0; }
  .title { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow-wrap: anywhere; white-space: normal; }
  .time { margin-top: 4px; }
}
@media (prefers-reduced-motion: no-preference) {
  .card[data-waiting] .wave { animation: pulse 1.2s ease-in-out infinite; }
}
@media (forced-colors: active) {
  .wave { forced-color-adjust: none; caret-color: CanvasText; column-rule-color: GrayText; }
  .wave canvas { color: Highlight; }
  .button { border: 1px solid ButtonText; }
}
@keyframes pulse { 50% { opacity: 0.45; } }
`;
