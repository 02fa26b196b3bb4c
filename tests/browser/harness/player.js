/**
 * Plays one stream with another player: `player.html?player=hls|shaka|dash&source=URL`. Once the stream is known,
 * `window.failures` collects what the player calls an error, and `window.loaded` settles.
 */

const PLAYERS = {
  hls: { script: '/modules/hls.js/dist/hls.min.js', load: loadHls },
  shaka: { script: '/modules/shaka-player/dist/shaka-player.compiled.js', load: loadShaka },
  dash: { script: '/modules/dashjs/dist/modern/umd/dash.all.min.js', load: loadDash },
};

window.failures = [];
const audio = document.querySelector('audio');
const query = new URLSearchParams(location.search);
const { script, load } = PLAYERS[query.get('player')];
const fail = (what) => window.failures.push(String(what));

audio.addEventListener('error', () => fail(`media element: ${audio.error.message}`));
window.loaded = include(script).then(() => load(query.get('source')));

function include(src) {
  return new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement('script'), { src, onload: resolve });
    element.onerror = () => reject(new Error(`${src} is not there`));
    document.head.append(element);
  });
}

function loadHls(source) {
  const hls = new Hls();
  hls.on(Hls.Events.ERROR, (_, { type, details, error }) => fail(`hls.js: ${type} ${details} ${error?.message}`));
  hls.loadSource(source);
  hls.attachMedia(audio);
  return new Promise((resolve) => hls.once(Hls.Events.MANIFEST_PARSED, () => resolve()));
}

async function loadShaka(source) {
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  await player.attach(audio);
  player.addEventListener('error', ({ detail }) => fail(`shaka: ${detail.category} ${detail.code} ${detail.data}`));
  await player.load(source);
}

function loadDash(source) {
  const player = dashjs.MediaPlayer().create();
  player.updateSettings({ debug: { logLevel: dashjs.Debug.LOG_LEVEL_ERROR } });
  player.on(dashjs.MediaPlayer.events.ERROR, ({ error }) => fail(`dash.js: ${error.code} ${error.message}`));
  player.initialize(audio, new URL(source, location.href).href, false);
  return new Promise((resolve) => player.on(dashjs.MediaPlayer.events.STREAM_INITIALIZED, () => resolve()));
}
