/**
 * What plays, in large: cover, names, mastering, what is up next. A column beside the library where there is room; on
 * a phone a sheet that the bar opens, a modal dialog, so that the focus stays within and Escape closes it.
 */

import { addressOfMoment } from '../address.js';
import { libraryOf } from '../library.js';
import { currentOf } from '../queue.js';
import { currentTrack } from '../store.js';
import { setAccent } from './accent.js';
import { copy, find, say, show, showCover, watch, write } from './elements.js';
import { createMastering } from './mastering.js';
import { createQueueView } from './queue-view.js';
import { createSeekBar } from './seek-bar.js';
import { createTransport } from './transport.js';
import { pathInWords, titleOf } from './words.js';

/** @typedef {import('../store.js').State} State */

/** From this width on there is a column, as style.css has it. */
const WIDE = '(min-width: 900px)';

/**
 * @param {HTMLElement} now  `#now`, which moves between `#panel` and `#sheet`
 * @param {object} parts
 * @param {import('../store.js').Store} parts.store
 * @param {import('../player.js').Player} parts.player
 * @param {import('./navigation.js').Navigation} parts.navigation
 */
export function createNowPlaying(now, { store, player, navigation }) {
  /** @type {HTMLDialogElement} */
  const sheet = find(document, '#sheet');
  const panel = find(document, '#panel');
  const wide = matchMedia(WIDE);

  createTransport(find(now, '.sheet-controls'), { store, player });
  createSeekBar(find(now, '.seek'), { store, player });
  createMastering(find(now, '#mastering'), { store, player });
  const queue = createQueueView(find(now, '#queue'), { store, player, scroller: now });

  const settle = () => {
    const home = wide.matches ? panel : sheet;
    if (now.parentElement !== home) home.append(now);
    if (wide.matches && sheet.open) sheet.close();
    queue.draw();
  };
  wide.addEventListener('change', settle);
  settle();

  // What went wrong is told where one looks: outside of an open sheet nothing is seen or heard.
  const lines = find(document, '#lines');
  const bar = find(document, '#player');
  sheet.addEventListener('close', () => bar.prepend(lines));
  find(now, '#close-sheet').addEventListener('click', () => sheet.close());
  sheet.addEventListener('click', (event) => event.target === sheet && sheet.close());
  find(now, '#copy-link').addEventListener('click', () => copyLink(store.getState()));
  find(now, '#now-album').addEventListener('click', () => {
    const { tracks, queue } = store.getState();
    const item = currentOf(queue);
    const album = item === null ? null : libraryOf(tracks).albumOf(item);
    if (sheet.open) sheet.close();
    if (album) navigation.go({ view: 'albums', query: '', sort: null, open: album.key });
  });

  const changes = watch();
  store.subscribe((state) => {
    const changed = changes(state);
    if (changed('queue', 'tracks')) showTrack(now, state);
    if (changed('path', 'queue')) write(find(now, '#path'), currentTrack(state) ? pathInWords(state.path) : '');
    // Until the next track's details are there its colour is not known: the page keeps the last one.
    if (changed('details') && state.details) setAccent(document.documentElement, state.details.accent);
    show(panel, state.tracks.length > 0 || state.library === 'loading');
  });

  return {
    open() {
      if (wide.matches || sheet.open) return;
      find(now, '.sheet-lines').append(lines);
      sheet.showModal();
      now.scrollTop = 0;
      queue.draw();
    },
  };
}

/**
 * @param {HTMLElement} now
 * @param {State} state
 */
function showTrack(now, state) {
  const track = currentTrack(state);
  now.dataset.playing = String(track !== null);
  write(find(now, '.title'), track ? titleOf(track) : 'Nothing playing');
  write(find(now, '.credit'), track ? (track.artist ?? '') : 'Choose a track, or press play.');
  write(find(now, '#now-album'), track?.album ?? '');
  show(find(now, '#now-album'), Boolean(track?.album));
  show(find(now, '#copy-link'), track !== null);
  showCover(find(now, '.cover'), track?.cover, track ? track.album || track.title || track.artist || '' : '');
}

/**
 * A link to the track at this second, in the variant that sounds.
 * @param {State} state
 */
async function copyLink(state) {
  const track = currentTrack(state);
  if (!track) return;
  const hash = addressOfMoment({ id: track.id, time: state.position, variant: state.playing });
  const link = String(new URL(hash, location.href));
  say((await copy(link)) ? 'Link copied' : link);
}
