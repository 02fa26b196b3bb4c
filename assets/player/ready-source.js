/**
 * A source that stands open at the media element before anything plays, with an init segment in it: a browser that
 * has its decoder by the first click plays sooner.
 */

import { attachSource, trimming } from './source-buffer.js';
import { placementOf } from './timeline.js';

/** @typedef {import('./source-buffer.js').Sink} Sink */
/** @typedef {ReturnType<typeof createReadySource>} ReadySource */

/**
 * @param {HTMLMediaElement} audio
 * @param {import('./segments.js').Segments} segments
 */
export function createReadySource(audio, segments) {
  /** @type {Sink | null} */
  let ready = null;

  return {
    /**
     * Makes one for what may be played, unless the media element has a source.
     * @param {import('./segments.js').Source} source
     */
    async prepare(source) {
      if (audio.hasAttribute('src')) return;
      const sink = attachSource(audio, 'mse', () => {});
      ready = sink;
      const [init] = await Promise.all([segments.init(source), sink.opened]);
      if (ready !== sink) return;
      sink.begin(source.manifest.mime);
      try {
        await sink.prime(init, placementOf(source.manifest, undefined, trimming()));
      } catch (error) {
        // Another track need not suffer for what the browser refused of this one.
        if (ready === sink) ready = null;
        throw error;
      }
    },

    /** Gives it away; null when there is none, or none that is any good. */
    take() {
      const taken = audio.error ? null : ready;
      ready = null;
      return taken;
    },
  };
}
