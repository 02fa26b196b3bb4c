//! A site that `segue verify` reads back: made of a small library, told what is found in it, and mended.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use image::{Rgb, RgbImage};
use segue::progress::{Event, Progress};
use segue::verify::{Report, verify};

use super::library::Library;
use super::run::{Outcome, Segue, folder};
use super::site::{Rendition, Site, differences, files_below};
use super::sound::{Sound, write_wav};

/// A library of two tracks with a cover, and the site that is made of it.
pub(crate) struct Ground {
    /// Its sources.
    pub(crate) library: Library,
    /// What is made of them.
    pub(crate) site: Site,
    /// What is found is told with the file's place in this.
    _scratch: tempfile::TempDir,
}

impl Ground {
    /// Small, in two variants, with whole files.
    pub(crate) fn new() -> Self {
        let scratch = folder();
        let library = Library::at(&scratch.path().join("library"));
        for (name, seed) in [("one.wav", 1), ("two.wav", 2)] {
            let samples = 44_100 * 2 + 17 * usize::try_from(seed).expect("small");
            write_wav(&library.file(name), Sound::Music(seed), 44_100, 2, samples);
        }
        let cover = RgbImage::from_pixel(80, 60, Rgb([180, 20, 30]));
        cover
            .save(library.file("cover.png"))
            .expect("the picture can be written");
        let ground = Self {
            site: Site::at(&scratch.path().join("site")),
            library,
            _scratch: scratch,
        };
        ground.render();
        ground
    }

    /// Renders what is missing, as JSON.
    pub(crate) fn render(&self) -> Outcome {
        Segue::render_presets(self.library.path(), self.site.path(), "original,warm")
            .with("--whole-file")
            .with("--segment=1")
            .with("--json")
            .run_well()
    }

    /// Reads it back.
    pub(crate) fn verify(&self) -> Outcome {
        Segue::new("verify").with(self.site.path()).run()
    }

    /// Has it mended: `again` renditions are made anew, and all is as it was `before`.
    pub(crate) fn check_mended(&self, before: &BTreeMap<PathBuf, String>, again: u64, what: &str) {
        let outcome = self.render();
        assert_eq!(outcome.summary_count("rendered"), again, "{what}");
        assert_eq!(outcome.summary_count("up_to_date"), 4 - again, "{what}");
        let after = self.published();
        assert_eq!(differences(before, &after), Vec::<String>::new(), "{what}");
        check_silent(&self.verify());
        assert!(
            !self.path(".segue/damaged.json").exists(),
            "{what}: it is off the list"
        );
    }

    /// Every published file, by its place in the site.
    pub(crate) fn published(&self) -> BTreeMap<PathBuf, String> {
        let files = files_below(self.site.path()).into_iter();
        let published = files.filter_map(|path| {
            let place = path
                .strip_prefix(self.site.path())
                .expect("below it")
                .to_owned();
            let hash = blake3::hash(&fs::read(&path).expect("it can be read"));
            (!place.starts_with(".segue")).then(|| (place, hash.to_string()))
        });
        published.collect()
    }

    /// Where a published file is.
    pub(crate) fn path(&self, place: &str) -> PathBuf {
        self.site.path().join(place)
    }

    /// A file's place in the site.
    pub(crate) fn place(&self, path: &Path) -> String {
        let place = path.strip_prefix(self.site.path()).expect("below the site");
        place.to_str().expect("plain names").to_owned()
    }

    /// The rendition of the first track in the catalog, mastered.
    pub(crate) fn rendition(&self) -> Rendition {
        let mut all = self.site.all_renditions();
        let at = all
            .iter()
            .position(|rendition| rendition.manifest["variant"] == "warm");
        all.swap_remove(at.expect("it was rendered"))
    }

    /// One file of each kind, with how many renditions are made again to mend it.
    pub(crate) fn one_of_each(&self) -> Vec<(String, u64)> {
        let rendition = self.rendition();
        let track = self.place(rendition.folder.parent().expect("a track's folder"));
        let media = self.place(&rendition.media_folder());
        let mut kinds: Vec<(String, u64)> = [
            "index.html",
            "player/ui/words.js",
            "catalog.json",
            &format!("{track}/track.json"),
            &format!("{track}/cover.jpg"),
        ]
        .map(|place| (place.to_owned(), 0))
        .into();
        let folder = self.place(&rendition.folder);
        kinds.push((format!("{folder}/manifest.json"), 1));
        for name in [
            "init.mp4",
            "0.m4s",
            "1.m4s",
            "index.m3u8",
            "main.m3u8",
            "index.mpd",
            "b3sums",
            "audio.mp4",
        ] {
            kinds.push((format!("{media}/{name}"), 1));
        }
        kinds
    }
}

/// Holds what was printed against the one file that is damaged.
pub(crate) fn check_names_only(outcome: &Outcome, place: &str) {
    assert_eq!(outcome.code, Some(1), "{place}: {}", outcome.stderr);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{place}: {}", outcome.stdout);
    assert!(lines[0].starts_with(&format!("{place}: ")), "{}", lines[0]);
    assert!(
        lines[0].contains("segue render") || lines[0].contains("segue catalog"),
        "it says how that is mended: {}",
        lines[0]
    );
}

/// Nothing is found.
pub(crate) fn check_silent(outcome: &Outcome) {
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (Some(0), ""),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains("all is as it was written"),
        "{}",
        outcome.stderr
    );
}

/// Keeps what is found.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl Progress for Kept {
    fn report(&self, event: Event) {
        if let Event::Found { file, .. } = event {
            self.0.lock().expect("nobody panics").push(file);
        }
    }
}

/// The files in which something is found.
pub(crate) fn found(site: &Site) -> (Vec<String>, Report) {
    let kept = Kept::default();
    let report = verify(site.path(), &kept).expect("it is a site");
    let files = kept.0.into_inner().expect("nobody panics");
    assert_eq!(files.len(), report.findings);
    (files, report)
}
