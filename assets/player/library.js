/**
 * The library as a listener thinks of it: albums, artists and tracks, in the order asked for, and what a search
 * leaves of them. Pure functions over the catalog's tracks; a track is its index there.
 *
 * What costs time with 50,000 tracks (grouping, folding the words, sorting by name) is done once for a catalog, and
 * only when it is needed.
 */

/** @typedef {import('./store.js').Track} Track */
/** @typedef {'albums' | 'artists' | 'tracks'} View */
/**
 * @typedef {object} Album
 * @property {string} key            names it in the address
 * @property {string | null} title   null for the tracks of an artist that belong to no album
 * @property {string | null} artist  null when it is not known, or when there are various
 * @property {boolean} various       a compilation
 * @property {number | null} year
 * @property {string | null} cover
 * @property {number[]} items        its tracks, in the order of the record
 * @property {number} duration       seconds
 */
/**
 * @typedef {object} Artist
 * @property {string} key
 * @property {string | null} name
 * @property {boolean} various
 * @property {string | null} cover
 * @property {Album[]} albums
 * @property {number} count          of tracks
 */
/** @typedef {ReturnType<typeof libraryOf>} Library */

/** The orders of each view; the first is the usual one. */
export const SORTS = Object.freeze({
  albums: Object.freeze(['artist', 'title', 'year']),
  artists: Object.freeze(['name', 'count']),
  tracks: Object.freeze(['album', 'title', 'artist', 'length']),
});

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** @type {WeakMap<readonly Track[], ReturnType<typeof newLibrary>>} */
const libraries = new WeakMap();

/**
 * The library of a catalog: one for all who ask, so that its tracks are grouped once.
 * @param {readonly Track[]} tracks
 */
export function libraryOf(tracks) {
  let library = libraries.get(tracks);
  if (library === undefined) libraries.set(tracks, (library = newLibrary(tracks)));
  return library;
}

/** @param {readonly Track[]} tracks */
function newLibrary(tracks) {
  const albums = once(() => albumsOf(tracks));
  const artists = once(() => artistsOf(albums()));
  const texts = once(() => textsOf(tracks));
  /** @type {Map<string, readonly any[]>} */
  const orders = new Map();
  /**
   * @template T
   * @param {string} name
   * @param {() => readonly T[]} make
   * @returns {readonly T[]}
   */
  const ordered = (name, make) => {
    if (!orders.has(name)) orders.set(name, make());
    return /** @type {readonly T[]} */ (orders.get(name));
  };
  return {
    tracks,
    /** @param {string} sort */
    albums: (sort) => ordered(`albums ${sort}`, () => sortedAlbums(albums(), sort)),
    /** @param {string} sort */
    artists: (sort) => ordered(`artists ${sort}`, () => sortedArtists(artists(), sort)),
    /** @param {string} sort */
    items: (sort) => ordered(`tracks ${sort}`, () => sortedItems(tracks, sortedAlbums(albums(), 'artist'), sort)),
    /** @param {string} query */
    matches: (query) => matchesOf(texts(), query),
    /** @param {number} item */
    albumOf: (item) => albums().find((album) => album.items.includes(item)) ?? null,
  };
}

/**
 * Without case and diacritics, and with full-width and ligature forms as plain ones.
 * @param {string} text
 */
export function folded(text) {
  const lower = text.toLowerCase();
  // Most names are plain: normalising all of a large library would take long.
  if (/^[\x20-\x7f]*$/.test(lower)) return lower;
  return lower
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[øłđæœßı]/g, (letter) => UNDIVIDED[letter]);
}

/** Letters that Unicode does not take apart, as one types them without the key. @type {Record<string, string>} */
const UNDIVIDED = { ø: 'o', ł: 'l', đ: 'd', æ: 'ae', œ: 'oe', ß: 'ss', ı: 'i' };

/**
 * For each track whether every word of the query is in its title, artist or album; null when nothing is asked.
 * @param {readonly string[]} texts
 * @param {string} query
 * @returns {Uint8Array | null}
 */
function matchesOf(texts, query) {
  const words = folded(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  return Uint8Array.from(texts, (text) => (words.every((word) => text.includes(word)) ? 1 : 0));
}

/** @param {readonly Track[]} tracks */
function textsOf(tracks) {
  const fold = remembered(folded);
  return tracks.map(({ title, artist, album, album_artist: albumArtist }) => {
    const other = albumArtist && albumArtist !== artist ? fold(albumArtist) : '';
    return `${folded(title ?? '')}\n${fold(artist ?? '')}\n${fold(album ?? '')}\n${other}`;
  });
}

/**
 * @param {readonly Track[]} tracks
 * @returns {Album[]}
 */
function albumsOf(tracks) {
  /** @type {Map<string, { artist: string | null, title: string | null, various: boolean, items: number[] }>} */
  const groups = new Map();
  /** @type {(artist: string | null, title: string | null, item: number, various?: boolean) => void} */
  const put = (artist, title, item, various = false) => {
    const key = `${various ? '*' : (artist ?? '')}/${title ?? ''}`;
    const group = groups.get(key);
    if (group) group.items.push(item);
    else groups.set(key, { artist, title, various, items: [item] });
  };
  /** @type {Map<string, number[]>} */
  const loose = new Map();
  tracks.forEach(({ artist, album, album_artist: albumArtist }, item) => {
    if (!album || albumArtist) return put(albumArtist || artist || null, album || null, item);
    const same = loose.get(album);
    if (same) same.push(item);
    else loose.set(album, [item]);
  });
  for (const [title, items] of loose) {
    const various = isCompilation(tracks, items);
    for (const item of items) put(various ? null : tracks[item].artist || null, title, item, various);
  }
  return Array.from(groups, ([key, group]) => albumOf(tracks, key, group));
}

/**
 * Tracks of one album title by several artists: one record when every place on it is taken once, several records
 * of that name otherwise.
 * @param {readonly Track[]} tracks
 * @param {readonly number[]} items
 */
function isCompilation(tracks, items) {
  if (new Set(items.map((item) => tracks[item].artist)).size < 2) return false;
  const places = items.map((item) => `${tracks[item].disc ?? 1}/${tracks[item].track}`);
  return items.every((item) => tracks[item].track) && new Set(places).size === items.length;
}

/**
 * @param {readonly Track[]} tracks
 * @param {string} key
 * @param {{ artist: string | null, title: string | null, various: boolean, items: number[] }} group
 * @returns {Album}
 */
function albumOf(tracks, key, { artist, title, various, items }) {
  const place = (/** @type {number} */ item) => 1e4 * (tracks[item].disc ?? 1) + (tracks[item].track ?? 1e4 - 1);
  items.sort((a, b) => place(a) - place(b) || a - b);
  return {
    key,
    title,
    artist,
    various,
    year: items.map((item) => tracks[item].year).find(Boolean) ?? null,
    cover: items.map((item) => tracks[item].cover).find(Boolean) ?? null,
    items,
    duration: items.reduce((sum, item) => sum + tracks[item].duration, 0),
  };
}

/**
 * @param {readonly Album[]} albums
 * @returns {Artist[]}
 */
function artistsOf(albums) {
  /** @type {Map<string, Artist>} */
  const artists = new Map();
  for (const album of albums) {
    const key = album.various ? '*' : (album.artist ?? '');
    /** @type {Artist} */
    const fresh = { key, name: album.artist, various: album.various, cover: null, albums: [], count: 0 };
    const artist = artists.get(key) ?? fresh;
    artist.albums.push(album);
    artist.cover ??= album.cover;
    artist.count += album.items.length;
    artists.set(key, artist);
  }
  for (const artist of artists.values()) {
    artist.albums.sort((a, b) => untitledLast(a, b) || (a.year ?? 1e4) - (b.year ?? 1e4));
  }
  return [...artists.values()];
}

/**
 * @param {Album} a
 * @param {Album} b
 */
function untitledLast(a, b) {
  return Number(a.title === null) - Number(b.title === null);
}

/**
 * @param {readonly Album[]} albums
 * @param {string} sort
 * @returns {readonly Album[]}
 */
function sortedAlbums(albums, sort) {
  const title = rank(albums.map((album) => album.title));
  const artist = rank(albums.map((album) => album.artist));
  const byTitle = (/** @type {Album} */ a, /** @type {Album} */ b) => title(a.title) - title(b.title);
  const byArtist = (/** @type {Album} */ a, /** @type {Album} */ b) => artist(a.artist) - artist(b.artist);
  const later = (/** @type {Album} */ a, /** @type {Album} */ b) => (b.year ?? 0) - (a.year ?? 0);
  return albums.slice().sort((a, b) => {
    if (sort === 'title') return byTitle(a, b) || byArtist(a, b);
    if (sort === 'year') return later(a, b) || byArtist(a, b) || byTitle(a, b);
    return byArtist(a, b) || untitledLast(a, b) || -later(a, b) || byTitle(a, b);
  });
}

/**
 * @param {readonly Artist[]} artists
 * @param {string} sort
 * @returns {readonly Artist[]}
 */
function sortedArtists(artists, sort) {
  const name = rank(artists.map((artist) => artist.name));
  const most = (/** @type {Artist} */ a, /** @type {Artist} */ b) => (sort === 'count' ? b.count - a.count : 0);
  return artists.slice().sort((a, b) => most(a, b) || name(a.name) - name(b.name));
}

/**
 * @param {readonly Track[]} tracks
 * @param {readonly Album[]} albums  by artist
 * @param {string} sort
 * @returns {readonly number[]}
 */
function sortedItems(tracks, albums, sort) {
  const items = albums.flatMap((album) => album.items);
  if (sort === 'length') return items.sort((a, b) => tracks[a].duration - tracks[b].duration);
  if (sort === 'album') return items;
  const field = sort === 'title' ? 'title' : 'artist';
  const place = rank(tracks.map((track) => track[field] ?? null));
  const places = tracks.map((track) => place(track[field] ?? null));
  return items.sort((a, b) => places[a] - places[b]);
}

/**
 * The place of each name in the order of a dictionary; what has no name comes last. Comparing names is slow, so each
 * is compared once, not once for each track that bears it.
 * @param {readonly (string | null)[]} names
 */
function rank(names) {
  const distinct = [...new Set(names)].filter((name) => name !== null);
  const keys = new Map(distinct.map((name) => [name, name.replace(/^the\s+/i, '')]));
  distinct.sort((a, b) => collator.compare(/** @type {string} */ (keys.get(a)), /** @type {string} */ (keys.get(b))));
  const places = new Map(distinct.map((name, place) => [name, place]));
  return (/** @type {string | null} */ name) => (name === null ? distinct.length : (places.get(name) ?? distinct.length));
}

/**
 * @template T
 * @param {() => T} make
 */
function once(make) {
  /** @type {{ value: T } | null} */
  let made = null;
  return () => (made ??= { value: make() }).value;
}

/** @param {(text: string) => string} make */
function remembered(make) {
  /** @type {Map<string, string>} */
  const known = new Map();
  return (/** @type {string} */ text) => {
    let value = known.get(text);
    if (value === undefined) known.set(text, (value = make(text)));
    return value;
  };
}
