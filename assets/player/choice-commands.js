/** How a listener wants to hear what plays: in which variant, on which side of the switch, how loud. */

import { currentTrack, variantFor } from './store.js';

/**
 * @param {{ store: import('./store.js').Store, telling: import('./telling.js').Telling, isLoaded: () => boolean,
 *   onVariant: (variant: string) => void }} parts  `onVariant`: what is loaded is wanted in another variant
 */
export function createChoiceCommands({ store, telling, isLoaded, onVariant }) {
  const changeVariant = () => {
    telling.setLevel();
    const state = store.getState();
    const track = currentTrack(state);
    if (!track || !isLoaded()) return;
    const variant = variantFor(state, track);
    store.dispatch({ type: 'variant/asked', variant });
    onVariant(variant);
  };

  const commands = {
    /**
     * Chooses a variant of the mastered side; what plays goes on from where it is.
     * @param {string} mastered
     */
    setMastered(mastered) {
      store.dispatch({ type: 'mastering/chosen', side: 'mastered', mastered });
      changeVariant();
    },

    /**
     * The switch between original and mastered, at equal loudness.
     * @param {'original' | 'mastered'} side
     */
    setSide(side) {
      store.dispatch({ type: 'mastering/chosen', side, matched: telling.canMatch });
      changeVariant();
      telling.otherSide();
    },

    compare() {
      commands.setSide(store.getState().side === 'original' ? 'mastered' : 'original');
    },

    /** @param {number} volume  0 to 1 */
    setVolume(volume) {
      store.dispatch({ type: 'volume/changed', volume, muted: false });
      telling.setLevel();
    },

    toggleMute() {
      const { volume, muted } = store.getState();
      store.dispatch({ type: 'volume/changed', volume, muted: !muted });
      telling.setLevel();
    },
  };
  return commands;
}
