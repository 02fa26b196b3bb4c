/**
 * The tracks on the axis, one behind the other to the sample, and which variant stands where. What is known of the
 * axis, without the browser: no fetch, no append.
 */

import { placeAt } from './scheduler.js';
import { outside, stillHeld, variantAt, withSpan } from './spans.js';
import { AXIS_START, durationOf, originAfter, placementOf } from './timeline.js';

/** @typedef {import('./timeline.js').Manifest} Manifest */
/** @typedef {import('./timeline.js').Range} Range */
/**
 * A track to play: its id, which stays when its place in the catalog changes, its variant, and where a variant's
 * manifest is.
 * @typedef {{ id: string, variant: string, urlOf: (variant: string) => URL }} Item
 */
/**
 * A track on the axis.
 * @typedef {object} Lane
 * @property {Item} item
 * @property {string} wanted      the variant asked for; its manifest may be under way
 * @property {Manifest} manifest  of the variant that is fetched
 * @property {URL} url            of the manifest
 * @property {import('./timeline.js').Origin} origin
 * @property {import('./timeline.js').Placement} placement
 * @property {Set<string>} refreshed  addresses of its manifests that were read again, past all caches
 */

export class Lanes {
  /** @param {import('./timeline.js').Trimming} trimming */
  constructor(trimming) {
    this.trimming = trimming;
    /** @type {Lane[]} */
    this.all = [];
    /** @type {import('./spans.js').Span[]} */
    this.spans = [];
  }

  get last() {
    return this.all.at(-1);
  }

  /**
   * The track at a moment; none while there is no track.
   * @param {number} axis
   * @returns {Lane | undefined}
   */
  at(axis) {
    return this.all[placeAt(this.all, axis)];
  }

  /**
   * The track behind that at a moment.
   * @param {number} axis
   * @returns {Lane | undefined}
   */
  after(axis) {
    return this.all[placeAt(this.all, axis) + 1];
  }

  /**
   * The tracks behind one.
   * @param {Lane} lane
   */
  behind(lane) {
    return this.all.slice(this.all.indexOf(lane) + 1);
  }

  /**
   * The next track on the way from one to another.
   * @param {Lane | null} from  null: from nowhere
   * @param {Lane} to
   */
  towards(from, to) {
    const place = from === null ? -1 : this.all.indexOf(from);
    return place >= 0 && place < this.all.indexOf(to) ? this.all[place + 1] : to;
  }

  /**
   * Puts a track behind the last.
   * @param {Item} item
   * @param {Manifest} manifest
   * @param {URL} url
   */
  add(item, manifest, url) {
    const { last } = this;
    const origin = last ? originAfter(last.manifest, last.origin, manifest) : AXIS_START;
    const placement = placementOf(manifest, origin, this.trimming);
    this.all.push({ item, wanted: manifest.variant, manifest, url, origin, placement, refreshed: new Set() });
  }

  /**
   * Takes a track and what follows off the axis; gives the range that has to be emptied.
   * @param {Lane} lane
   * @returns {Range}
   */
  dropFrom(lane) {
    this.all.splice(this.all.indexOf(lane));
    return this.emptyFrom(lane);
  }

  /**
   * Gives a track another manifest that does not fit to what stands there; gives the range to be emptied.
   * @param {Lane} lane
   * @param {Manifest} manifest
   * @returns {Range}
   */
  replace(lane, manifest) {
    this.all.splice(this.all.indexOf(lane) + 1);
    lane.placement = placementOf(manifest, lane.origin, this.trimming);
    return this.emptyFrom(lane);
  }

  /** @param {Lane} lane */
  emptyFrom({ placement }) {
    const range = { start: placement.origin, end: Infinity };
    this.spans = outside(this.spans, range);
    return range;
  }

  /** @param {import('./spans.js').Span} span */
  hold(span) {
    this.spans = withSpan(this.spans, span);
  }

  /**
   * Forgets what the browser no longer holds.
   * @param {Range[]} buffered
   */
  keepOnly(buffered) {
    this.spans = stillHeld(this.spans, buffered);
  }

  /**
   * Lets go of tracks that ended before a moment and of which nothing is held. The one that plays, if the moment lies
   * before it, and the last, behind which the next is put, stay.
   * @param {number} seconds
   */
  forgetBefore(seconds) {
    const held = this.spans[0]?.start ?? Infinity;
    this.all.splice(0, placeAt(this.all, Math.min(seconds, held)));
  }

  /**
   * The variant that stands at a moment; null where nothing does.
   * @param {number} axis
   */
  variantAt(axis) {
    return variantAt(this.spans, axis);
  }

  /**
   * When another track or variant comes next; Infinity when none does.
   * @param {number} axis
   */
  nextBorder(axis) {
    const borders = [...this.spans.map(({ start }) => start), ...this.all.map(({ placement }) => placement.origin)];
    return Math.min(...borders.filter((border) => border > axis));
  }

  /**
   * Ranges of the axis as seconds of a track.
   * @param {Lane} lane
   * @param {Range[]} ranges
   * @returns {Range[]}
   */
  within({ placement: { origin }, manifest }, ranges) {
    const duration = durationOf(manifest);
    return ranges
      .map(({ start, end }) => ({ start: Math.max(0, start - origin), end: Math.min(duration, end - origin) }))
      .filter(({ start, end }) => end > start);
  }
}
