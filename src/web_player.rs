//! The page, embedded: what is published beside the catalog.

/// A file of the page.
#[derive(Clone, Copy, Debug)]
pub struct PageFile {
    /// Where it is published, relative to the site.
    pub path: &'static str,
    /// Its bytes.
    pub contents: &'static [u8],
}

/// The page's settings, which are never overwritten once they are there.
pub const SETTINGS: &str = "player.json";

macro_rules! page_files {
    ($($path:literal),* $(,)?) => {
        &[$(PageFile { path: $path, contents: include_bytes!(concat!("../assets/", $path)) }),*]
    };
}

/// All files of the page.
pub const FILES: &[PageFile] = page_files![
    "index.html",
    "player.json",
    "style.css",
    "player/api.js",
    "player/icon.svg",
    "player/main.js",
    "player/player.js",
    "player/scheduler.js",
    "player/source-buffer.js",
    "player/store.js",
    "player/stream.js",
    "player/timeline.js",
    "player/ui/elements.js",
    "player/ui/keys.js",
    "player/ui/player-bar.js",
    "player/ui/seek-bar.js",
    "player/ui/track-list.js",
    "player/ui/variant-select.js",
    "player/ui/words.js",
];
