/**
 * Starts the page, and alone knows all its parts: loads the catalog and the settings, joins store, player and views,
 * and brings back what was there before a reload, or what a shared link names.
 */

import { parseAddress } from './address.js';
import { ApiError, fetchJson, fetchJsonWithHeaders, mayPass } from './api.js';
import { createComeback } from './comeback.js';
import { followGrowth } from './growth.js';
import { createManifests } from './manifests.js';
import { joinMediaSession } from './media-session.js';
import { createPlayer } from './player.js';
import { loadAhead } from './prefetch.js';
import { createReadySource } from './ready-source.js';
import { createReport } from './report.js';
import { createSegments } from './segments.js';
import { abilitiesOf } from './source-buffer.js';
import { createStorage, keepSession, readSession } from './storage.js';
import { createStore } from './store.js';
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

/** A host that reads its library and has no track after so many seconds has none, as far as one can tell. */
const EMPTY_AFTER = 8;

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
// The address lets go of a link that was followed: a reload comes back to what was reached since.
const comeback = createComeback({ store, player, onArrival: () => navigation.replace({}) });
let isBegun = false;
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

/** @typedef {{ checksum: string, tracks: import('./store.js').Track[], presets: import('./store.js').Preset[], on_demand: boolean }} Catalog */

/** Loads what the site holds. */
async function load() {
  store.dispatch({ type: 'library/loading' });
  try {
    const [catalog, settings] = await Promise.all([askCatalog(), loadSettings()]);
    prepareWay(settings);
    begin(settings.json);
    if (catalog.on_demand) await follow(catalog);
    else show(catalog, true);
  } catch (error) {
    const isShown = store.getState().library === 'ready';
    if (!isShown) store.dispatch({ type: 'library/failed', problem: error instanceof ApiError ? error.kind : 'damaged' });
    // What is shown of a library stays, also where no more of it can be had.
    else if (!(error instanceof ApiError)) throw error;
  }
}

/**
 * Shows what a host knows of its library, which grows while it reads.
 * @param {Catalog} first
 */
async function follow(first) {
  const begun = performance.now();
  /** @type {Catalog | null} */
  let shown = null;
  const onAnswer = (/** @type {Catalog} */ catalog, /** @type {boolean} */ isKnown) => {
    const isThere = catalog.tracks.length > 0 || isKnown || performance.now() - begun > 1000 * EMPTY_AFTER;
    if (isThere && catalog !== shown) show(catalog, isKnown);
    else if (isKnown) comeback.attempt(true);
    if (isThere) shown = catalog;
  };
  onAnswer(first, false);
  await followGrowth(first, { askProgress, askCatalog, wait, onAnswer });
}

/**
 * How far a host has come with its library; null where it does not tell.
 * @returns {Promise<import('./growth.js').Progress | null>}
 */
async function askProgress() {
  try {
    return (await fetchJson(new URL('healthz', siteUrl))).library ?? null;
  } catch (error) {
    if (mayPass(error)) throw error;
    return null;
  }
}

/** @returns {Promise<Catalog>} */
function askCatalog() {
  return fetchJson(new URL('catalog.json', siteUrl));
}

/** @param {number} seconds */
function wait(seconds) {
  return new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
}

/**
 * @param {Catalog} catalog
 * @param {boolean} isWhole  no more tracks will come
 */
function show({ tracks, presets = [], on_demand: onDemand = false }, isWhole) {
  // With a track that is still to be rendered there is nothing to click.
  const playable = onDemand ? tracks : tracks.filter(({ variants }) => Object.keys(variants).length > 0);
  store.dispatch({ type: 'library/loaded', tracks: playable, presets, onDemand });
  comeback.attempt(isWhole);
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
 * What was there before a reload is to come back; what a shared link names outranks it.
 * @param {{ variant?: string }} settings
 */
function begin(settings) {
  if (isBegun) return;
  isBegun = true;
  const { moment } = parseAddress(location.hash);
  const session = readSession(storage);
  comeback.expect(session, moment);
  const variant = moment?.variant ?? new URLSearchParams(location.search).get('variant') ?? (session ? null : settings.variant);
  if (variant) choose(variant);
  keepSession(storage, store, comeback.session);
}

/** @param {string} variant */
function choose(variant) {
  if (variant === ORIGINAL) store.dispatch({ type: 'mastering/chosen', side: 'original' });
  else store.dispatch({ type: 'mastering/chosen', side: 'mastered', mastered: variant });
}

/** A shared link may be opened where the page is open already. */
function watchAddress() {
  globalThis.addEventListener('hashchange', () => {
    const { moment } = parseAddress(location.hash);
    if (moment?.variant) choose(moment.variant);
    if (moment) comeback.goTo(moment);
  });
}

function watchNetwork() {
  const tell = () => {
    store.dispatch({ type: 'network/changed', online: navigator.onLine });
    if (navigator.onLine) player.recover();
  };
  globalThis.addEventListener('online', tell);
  globalThis.addEventListener('offline', tell);
}
