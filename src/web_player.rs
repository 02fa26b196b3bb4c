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
    "player/address.js",
    "player/api.js",
    "player/choice-commands.js",
    "player/comeback.js",
    "player/description.js",
    "player/engine.js",
    "player/fragment.js",
    "player/growth.js",
    "player/icon.svg",
    "player/lanes.js",
    "player/levels.js",
    "player/library.js",
    "player/main.js",
    "player/manifests.js",
    "player/media-session.js",
    "player/player.js",
    "player/prefetch.js",
    "player/pump.js",
    "player/queue-commands.js",
    "player/queue.js",
    "player/ready-source.js",
    "player/report.js",
    "player/rows.js",
    "player/scheduler.js",
    "player/segments.js",
    "player/segue-player.js",
    "player/source-buffer.js",
    "player/spans.js",
    "player/start.js",
    "player/storage.js",
    "player/store.js",
    "player/stream.js",
    "player/telling.js",
    "player/timeline.js",
    "player/variants.js",
    "player/watch.js",
    "player/ways.js",
    "player/whole-track.js",
    "player/ui/accent.js",
    "player/ui/curve.js",
    "player/ui/elements.js",
    "player/ui/help.js",
    "player/ui/keys.js",
    "player/ui/library-rows.js",
    "player/ui/library-view.js",
    "player/ui/library.css",
    "player/ui/mastering.js",
    "player/ui/menu.js",
    "player/ui/navigation.js",
    "player/ui/now-playing.js",
    "player/ui/player-bar.js",
    "player/ui/player-card-style.js",
    "player/ui/player-card.js",
    "player/ui/player.css",
    "player/ui/queue-drag.js",
    "player/ui/queue-view.js",
    "player/ui/seek-bar.js",
    "player/ui/seek-keys.js",
    "player/ui/theme-switch.js",
    "player/ui/toolbar.js",
    "player/ui/transport.js",
    "player/ui/virtual-list.js",
    "player/ui/waveform.js",
    "player/ui/words.js",
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_page_is_embedded() {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let entries = walkdir::WalkDir::new(&assets).into_iter();
        let files = entries
            .map(|entry| entry.expect("the page's files can be read"))
            .filter(|entry| entry.file_type().is_file());
        let mut there: Vec<String> = files
            .map(|entry| {
                let path = entry.path().strip_prefix(&assets).expect("below it");
                path.to_str().expect("plain names").to_owned()
            })
            .collect();
        there.sort();
        let mut embedded: Vec<&str> = FILES.iter().map(|file| file.path).collect();
        embedded.sort_unstable();
        assert_eq!(embedded, there, "FILES in src/web_player.rs names them all");
    }
}
