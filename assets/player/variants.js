/**
 * Variants by name, as pure functions: a preset, and how much of it (`warm`, `warm@50`). A site has those that
 * were rendered; a host that renders on demand has every one.
 */

/** @typedef {import('./store.js').Track} Track */

export const ORIGINAL = 'original';

/**
 * The preset and the intensity, in per cent.
 * @param {string} variant
 */
export function partsOf(variant) {
  const [preset, percent] = variant.split('@');
  return { preset, percent: percent === undefined ? 100 : Number(percent) };
}

/**
 * The one name of a preset at an intensity; none of it is the original.
 * @param {string} preset
 * @param {number} percent
 */
export function variantOf(preset, percent) {
  const whole = Math.round(Math.min(100, Math.max(0, percent)));
  if (whole === 0 || preset === ORIGINAL) return ORIGINAL;
  return whole === 100 ? preset : `${preset}@${whole}`;
}

/**
 * Where a track's manifest is, relative to the catalog.
 * @param {Track} track
 * @param {string} variant
 */
export function manifestPath(track, variant) {
  return track.variants[variant] ?? `tracks/${track.id}/${variant}/manifest.json`;
}

/**
 * The variant that a track can be played in, nearest to the one asked for: itself; the same preset at the nearest
 * intensity; the original; whatever there is.
 * @param {Track} track
 * @param {string | null} asked
 * @param {boolean} onDemand  whether the host makes what is missing
 */
export function nearestVariant(track, asked, onDemand) {
  if (asked !== null && (onDemand || asked in track.variants)) return asked;
  const names = Object.keys(track.variants);
  if (asked !== null) {
    const { preset, percent } = partsOf(asked);
    const distance = (/** @type {string} */ name) => Math.abs(partsOf(name).percent - percent);
    const same = names.filter((name) => partsOf(name).preset === preset).sort((a, b) => distance(a) - distance(b));
    if (same.length > 0) return same[0];
  }
  return names.includes(ORIGINAL) || names.length === 0 ? ORIGINAL : names[0];
}

/**
 * The intensities of a preset that were rendered for any of these tracks, in per cent, ascending.
 * @param {readonly string[]} variants
 * @param {string} preset
 */
export function intensitiesOf(variants, preset) {
  const parts = variants.map(partsOf).filter((part) => part.preset === preset);
  return [...new Set(parts.map(({ percent }) => percent))].sort((a, b) => a - b);
}

/**
 * "warm@50" as "warm, 50 %".
 * @param {string} variant
 */
export function variantInWords(variant) {
  const { preset, percent } = partsOf(variant);
  return percent === 100 ? preset : `${preset}, ${percent} %`;
}

/**
 * The variant whose manifest stands there: the name of its folder.
 * @param {URL} address
 */
export function variantIn({ pathname }) {
  return decodeURIComponent(pathname.split('/').at(-2) ?? '');
}

/**
 * Where another variant's manifest of the same track stands.
 * @param {URL} address  of a manifest
 * @param {string} variant
 */
export function manifestBeside(address, variant) {
  if (variant === variantIn(address)) return address;
  return new URL(`../${encodeURIComponent(variant).replace('%40', '@')}/manifest.json`, address);
}
