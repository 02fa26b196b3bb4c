/**
 * Starts the page, and alone knows all its parts: loads the catalog and the settings, joins store, player and views.
 */

import { ApiError, fetchJson } from './api.js';
import { createPlayer } from './player.js';
import { createStore } from './store.js';
import { find } from './ui/elements.js';
import { listenForKeys } from './ui/keys.js';
import { createPlayerBar } from './ui/player-bar.js';
import { createSeekBar } from './ui/seek-bar.js';
import { createTrackList } from './ui/track-list.js';
import { createVariantSelect } from './ui/variant-select.js';

const siteUrl = new URL('.', document.baseURI);
const store = createStore();
const player = createPlayer({ audio: find(document, 'audio'), store, siteUrl });

createTrackList(find(document, '#library'), { store, onChoose: (index) => player.play(index), onReload: load });
createVariantSelect(find(document, '#mastering'), { store, onChoose: player.setVariant });
createPlayerBar(find(document, '#player'), { store, player });
createSeekBar(find(document, '#player'), { store, onSeek: player.seek });
listenForKeys(player);
load();

/** Loads what the site holds. The address (`?variant=`) outranks player.json. */
async function load() {
  store.dispatch({ type: 'library/loading' });
  try {
    const [catalog, settings] = await Promise.all([fetchJson(new URL('catalog.json', siteUrl)), loadSettings()]);
    const variant = new URLSearchParams(location.search).get('variant') ?? settings.variant ?? null;
    store.dispatch({ type: 'library/loaded', tracks: playable(catalog.tracks), variant });
  } catch (error) {
    store.dispatch({ type: 'library/failed', problem: error instanceof ApiError ? error.kind : 'damaged' });
  }
}

/** The page works without its settings. */
async function loadSettings() {
  try {
    return await fetchJson(new URL('player.json', siteUrl));
  } catch {
    return {};
  }
}

/**
 * Tracks that have something to play; with one still to be rendered there is nothing to click.
 * @param {import('./store.js').Track[]} tracks
 */
function playable(tracks) {
  return tracks.filter((track) => Object.keys(track.variants).length > 0);
}
