/**
 * A page in React with a track of a segue site in it. Where the site is, `?site=` says; without it, this page's own host.
 */

import { StrictMode, use, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { SeguePlayer } from './SeguePlayer.jsx';

const site = new URL(new URLSearchParams(location.search).get('site') ?? '/', location.href);
const catalog = loadCatalog();

async function loadCatalog() {
  await import(new URL('player/segue-player.js', site));
  return (await fetch(new URL('catalog.json', site))).json();
}

function Listen() {
  const { tracks } = use(catalog);
  const [place, setPlace] = useState(0);
  const [variant, setVariant] = useState();
  const [said, setSaid] = useState('');
  const player = useRef(null);
  const { title, variants } = tracks[place];

  const choose = (next) => {
    setPlace(next);
    setVariant(undefined);
  };
  return (
    <main>
      <h1>{title}</h1>
      <SeguePlayer
        ref={player}
        src={new URL(Object.values(variants)[0], site).href}
        variant={variant}
        onPlay={() => setSaid('plays')}
        onPause={() => setSaid('paused')}
        onVariantChange={({ detail }) => setSaid(`${detail.variant} sounds now`)}
        onError={({ detail }) => setSaid(`failed: ${detail.problem}`)}
      />
      <p>
        {Object.keys(variants).map((name) => (
          <button key={name} type="button" onClick={() => setVariant(name)}>
            {name}
          </button>
        ))}
        <button type="button" onClick={() => (player.current.currentTime = 0)}>
          From the start
        </button>
        <button type="button" onClick={() => choose((place + 1) % tracks.length)}>
          Another track
        </button>
      </p>
      <output>{said}</output>
    </main>
  );
}

createRoot(document.getElementById('root'), {
  onUncaughtError: (error) => (document.body.textContent = `${site} gives no music: ${error.message}`),
}).render(
  <StrictMode>
    <Listen />
  </StrictMode>,
);
