/**
 * Fills the page with two tracks of a site. Where the site is, `?site=` says; without it, this page's own host.
 */

const site = new URL(new URLSearchParams(location.search).get('site') ?? '/', location.href);
const find = (id) => document.getElementById(id);
const [first, second, variants] = [find('first'), find('second'), find('variants')];

try {
  await import(new URL('player/segue-player.js', site));
  const { tracks } = await (await fetch(new URL('catalog.json', site))).json();
  show(tracks);
} catch (error) {
  find('wrong').textContent = `${site} gives no music: ${error.message}`;
}

function show(tracks) {
  const manifests = tracks.slice(0, 2).map((track) => Object.values(track.variants)[0]);
  [first, second].forEach((player, index) => (player.src = new URL(manifests[index] ?? manifests[0], site)));
  for (const name of Object.keys(tracks[0].variants)) variants.append(new Option(name, name));
  variants.value = first.variant;
}

variants.addEventListener('change', () => (first.variant = variants.value));
first.addEventListener('variantchange', ({ detail }) => {
  find('sounding').value = `${detail.variant} sounds now`;
});
first.addEventListener('error', ({ detail }) => console.warn(`the first track: ${detail.problem}`));
