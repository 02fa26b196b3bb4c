/**
 * Starts the page, and alone knows all its parts: loads the catalog and the settings, joins store, player and views,
 * and brings back what was there before a reload, or what a shared link names.
 */

import { parseAddress } from './address.js';
import { ApiError, fetchJson, fetchJsonWithHeaders } from './api.js';
import { createManifests } from './manifests.js';
import { joinMediaSession } from './media-session.js';
import { createPlayer } from './player.js';
import { loadAhead } from './prefetch.js';
import { createReadySource } from './ready-source.js';
import { createReport } from './report.js';
import { createSegments } from './segments.js';
import { abilitiesOf } from './source-buffer.js';
import { createStorage, keepSession, queueOf, readSession } from './storage.js';
import { createStore, currentTrack } from './store.js';
import { find } from './ui/elements.js';
import { createHelp } from './ui/help.js';
import { listenForKeys } from './ui/keys.js';
import { createLibraryView } from './ui/library-view.js';
import { createNavigation } from './ui/navigation.js';
import { createNowPlaying } from './ui/now-playing.js';
import { createPlayerBar } from './ui/player-bar.js';
import { createThemeSwitch } from './ui/theme-switch.js';
import { ORIGINAL } from './variants.js';
import { watchPlayback } from './watch.js';
import { drawOf, isMseAllowed, wayOf } from './ways.js';

/** A host that still reads its library is asked again after so many milliseconds. */
const ASK_AGAIN = 3000;

const siteUrl = new URL('.', document.baseURI);
const storage = createStorage(siteUrl.pathname);
const store = createStore();
const manifests = createManifests();
const segments = createSegments();
/** @type {HTMLAudioElement} */
const audio = find(document, 'audio');
/** @type {import('./store.js').Path} */
let way = 'mse';
/** @type {ReturnType<typeof createReport> | null} */
let report = null;
const readySource = createReadySource(audio, segments);
const player = createPlayer({ audio, store, siteUrl, manifests, segments, readySource, way: () => way });

const navigation = createNavigation();
const help = createHelp(find(document, '#help'));
const nowPlaying = createNowPlaying(find(document, '#now'), { store, player, navigation });
createLibraryView(find(document, '#library'), { store, player, navigation, onReload: load });
createPlayerBar(find(document, '#player'), { store, player, onOpen: nowPlaying.open });
createThemeSwitch(find(document, '#theme'), {
  theme: storage.read('theme'),
  onTheme: (theme) => storage.write('theme', theme),
});
find(document, '#show-keys').addEventListener('click', help.open);
listenForKeys({ store, player, onHelp: help.open });
joinMediaSession({ store, player, siteUrl });
loadAhead(find(document, '#tracks'), { store, manifests, segments, readySource, siteUrl, way: () => way });
watchPlayback(audio, {
  onStuck: player.nudge,
  onFirstSound: (milliseconds) => report?.firstSound(milliseconds),
  onStall: () => report?.stall(),
});
watchNetwork();
watchAddress();
load();

/** Loads what the site holds. */
async function load() {
  store.dispatch({ type: 'library/loading' });
  try {
    const [catalog, settings] = await Promise.all([fetchJson(new URL('catalog.json', siteUrl)), loadSettings()]);
    prepareWay(settings);
    const isFirst = store.getState().tracks.length === 0;
    show(catalog);
    if (isFirst) restore(settings.json);
    if (catalog.on_demand) followGrowth(catalog.checksum);
  } catch (error) {
    store.dispatch({ type: 'library/failed', problem: error instanceof ApiError ? error.kind : 'damaged' });
  }
}

/** @param {{ tracks: import('./store.js').Track[], presets: import('./store.js').Preset[], on_demand: boolean }} catalog */
function show({ tracks, presets = [], on_demand: onDemand = false }) {
  // With a track that is still to be rendered there is nothing to click.
  const playable = onDemand ? tracks : tracks.filter(({ variants }) => Object.keys(variants).length > 0);
  store.dispatch({ type: 'library/loaded', tracks: playable, presets, onDemand });
}

/**
 * The page works without its settings.
 * @returns {Promise<{ json: { mse?: unknown, variant?: string }, endpoint: string | null }>}
 */
async function loadSettings() {
  try {
    const { json, headers } = await fetchJsonWithHeaders(new URL('player.json', siteUrl));
    return { json, endpoint: headers.get('Segue-Report') };
  } catch {
    return { json: {}, endpoint: null };
  }
}

/** @param {Awaited<ReturnType<typeof loadSettings>>} settings */
function prepareWay({ json, endpoint }) {
  const address = new URLSearchParams(location.search).get('mse');
  way = wayOf(abilitiesOf(audio), isMseAllowed({ setting: json.mse, address, draw: drawOf(storage) }));
  report ??= endpoint === null ? null : createReport({ endpoint: new URL(endpoint, siteUrl), path: way });
}

/**
 * What was there before a reload; a shared link outranks it.
 * @param {{ variant?: string }} settings
 */
function restore(settings) {
  const state = store.getState();
  const { moment } = parseAddress(location.hash);
  const session = readSession(storage);
  const variant = moment?.variant ?? new URLSearchParams(location.search).get('variant') ?? (session ? null : settings.variant);
  if (session) {
    const { volume, muted, side, mastered } = session;
    store.dispatch({ type: 'choices/restored', queue: queueOf(session, state.tracks), volume, muted, side, mastered });
  }
  if (variant) choose(variant);
  if (!goTo(moment) && session && currentTrack(store.getState())) player.prepare(session.position);
  keepSession(storage, store);
}

/** @param {string} variant */
function choose(variant) {
  if (variant === ORIGINAL) store.dispatch({ type: 'mastering/chosen', side: 'original' });
  else store.dispatch({ type: 'mastering/chosen', side: 'mastered', mastered: variant });
}

/**
 * Loads what a shared link names, without playing it; false when it is not here. The address then lets it go: a
 * reload comes back to what was reached since.
 * @param {import('./address.js').Moment | null} moment
 */
function goTo(moment) {
  const { tracks } = store.getState();
  const index = tracks.findIndex(({ id }) => id === moment?.id);
  if (!moment || index < 0) return false;
  player.queueUp([...tracks.keys()], index);
  player.prepare(moment.time);
  navigation.replace({});
  return true;
}

/** A shared link may be opened where the page is open already. */
function watchAddress() {
  globalThis.addEventListener('hashchange', () => {
    const { moment } = parseAddress(location.hash);
    if (moment?.variant) choose(moment.variant);
    goTo(moment);
  });
}

/**
 * The catalog of a host grows while it reads its library: asks for it until it stays as it is.
 * @param {string} checksum
 */
async function followGrowth(checksum) {
  await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN));
  const catalog = await fetchJson(new URL('catalog.json', siteUrl)).catch(() => null);
  if (!catalog || catalog.checksum === checksum) return;
  show(catalog);
  followGrowth(catalog.checksum);
}

function watchNetwork() {
  const tell = () => {
    store.dispatch({ type: 'network/changed', online: navigator.onLine });
    if (navigator.onLine) player.recover();
  };
  globalThis.addEventListener('online', tell);
  globalThis.addEventListener('offline', tell);
}
