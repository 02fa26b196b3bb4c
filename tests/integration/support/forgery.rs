//! Forging a rendition's files so that they agree with their hashes, and holding what `segue verify` says of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::boxes::{find, number};
use super::ground::{Ground, check_silent};
use super::site::{Rendition, forge};

/// A site of which one rendition, mastered, is forged again and again.
pub(crate) struct Scene {
    /// Where it is.
    pub(crate) ground: Ground,
    /// As it was published.
    before: BTreeMap<PathBuf, String>,
    /// The one that is forged.
    pub(crate) rendition: Rendition,
}

impl Scene {
    /// With nothing forged yet.
    pub(crate) fn new() -> Self {
        let ground = Ground::new();
        check_silent(&ground.verify());
        Self {
            before: ground.published(),
            rendition: ground.rendition(),
            ground,
        }
    }

    /// A file of the rendition, by its name.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        match name {
            "manifest.json" => self.rendition.folder.join(name),
            _ => self.rendition.media_folder().join(name),
        }
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("it is there")
    }

    /// Another variant of the track, and the same variant of another track.
    pub(crate) fn others(&self) -> [Rendition; 2] {
        let find = |is_same_track: bool| {
            let mut all = self.ground.site.all_renditions().into_iter();
            let other = all.find(|other| {
                let is_same = |key| other.manifest[key] == self.rendition.manifest[key];
                is_same("track") == is_same_track && is_same("variant") != is_same_track
            });
            other.expect("there is one")
        };
        [find(true), find(false)]
    }

    /// Takes the whole file out of the rendition, and out of the list of hashes.
    pub(crate) fn remove_whole_file(&self) {
        fs::remove_file(self.path("audio.mp4")).expect("it is there");
        let sums = self.path("b3sums");
        let lines = fs::read_to_string(&sums).expect("it is there");
        let kept = lines.lines().filter(|line| !line.ends_with("  audio.mp4"));
        let kept = kept.collect::<Vec<_>>().join("\n") + "\n";
        fs::write(sums, kept).expect("it can be written");
    }

    /// Replaces a file, and its hash.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("it can be written");
        let sums = self.path("b3sums");
        let lines = fs::read_to_string(&sums).expect("it is there");
        let lines = lines.lines().map(|line| match line.split_once("  ") {
            Some((_, listed)) if listed == name => format!("{}  {name}\n", blake3::hash(bytes)),
            _ => format!("{line}\n"),
        });
        fs::write(sums, lines.collect::<String>()).expect("it can be written");
    }

    /// Replaces a segment, its hash, and its size in the manifest.
    pub(crate) fn replace_segment(&self, index: usize, bytes: &[u8]) {
        self.replace(&format!("{index}.m4s"), bytes);
        forge(&self.path("manifest.json"), |manifest| {
            manifest["segments"][index]["bytes"] = bytes.len().into();
        });
    }

    /// What is to be printed of a file.
    pub(crate) fn line(&self, path: &Path, variant: &str, what: &str) -> String {
        let (place, site) = (self.ground.place(path), self.ground.site.path().display());
        format!("{place}: {what}; `segue render LIBRARY -o {site} -p {variant}` renders it again")
    }

    /// Exactly these lines are printed, and making `again` renditions mends it all.
    pub(crate) fn check_lines(&self, lines: &[String], again: u64) {
        let outcome = self.ground.verify();
        let told: Vec<&str> = outcome.stdout.lines().collect();
        assert_eq!(told, lines);
        assert_eq!(outcome.code, Some(1), "{told:?}");
        self.ground
            .check_mended(&self.before, again, &lines.join("\n"));
    }

    /// Exactly this is found in files of the rendition, and making it again mends it.
    pub(crate) fn check(&self, findings: &[(&str, &str)]) {
        let line = |(name, what): &(&str, &str)| self.line(&self.path(name), "warm", what);
        let lines: Vec<String> = findings.iter().map(line).collect();
        self.check_lines(&lines, 1);
    }

    /// Changes a file and its hash; `what` is then found in it.
    pub(crate) fn hold(&self, name: &str, change: impl FnOnce(&mut Vec<u8>), what: &str) {
        let mut bytes = self.read(name);
        change(&mut bytes);
        self.replace(name, &bytes);
        self.check(&[(name, what)]);
    }

    /// The same with the first segment, and its size in the manifest.
    pub(crate) fn hold_segment(&self, change: impl FnOnce(&mut Vec<u8>), what: &str) {
        let mut bytes = self.read("0.m4s");
        change(&mut bytes);
        self.replace_segment(0, &bytes);
        self.check(&[("0.m4s", what)]);
    }

    /// Changes the manifest and its checksum; `what` is then found in it.
    pub(crate) fn hold_manifest(&self, change: impl FnOnce(&mut Value), what: &str) {
        forge(&self.path("manifest.json"), change);
        self.check(&[("manifest.json", what)]);
    }
}

/// Where the first box of a kind has its contents.
pub(crate) fn contents_at(bytes: &[u8], kind: &str) -> usize {
    let mut places = bytes.windows(4);
    let place = places.position(|place| place == kind.as_bytes());
    4 + place.expect("there is one")
}

/// Puts another number in the place of the first one like `from` in a box.
pub(crate) fn put(bytes: &mut [u8], kind: &str, from: u32, to: u32) {
    let begin = contents_at(bytes, kind);
    let mut places = bytes[begin..].windows(4);
    let at = begin
        + places
            .position(|place| place == from.to_be_bytes())
            .expect("it is told");
    assert!(at < begin + 40, "{kind} tells of {from}");
    bytes[at..at + 4].copy_from_slice(&to.to_be_bytes());
}

/// Gives the first box of a kind another name, so that readers skip it.
pub(crate) fn hide(bytes: &mut [u8], kind: &str) {
    let end = contents_at(bytes, kind);
    bytes[end - 4..end].copy_from_slice(b"free");
}

/// Puts a second box behind the one of this kind in `outer`, the same.
pub(crate) fn double(bytes: &mut Vec<u8>, outer: &str, kind: &str) {
    let outer = find(bytes, &[outer]).expect("there is one").start;
    let begin = contents_at(bytes, kind) - 8;
    let size = number(bytes, begin);
    let copy = bytes[begin..begin + size as usize].to_vec();
    bytes.splice(begin..begin, copy);
    let grown = number(bytes, outer) + size;
    bytes[outer..outer + 4].copy_from_slice(&grown.to_be_bytes());
}

/// What a whole file has before its segments.
pub(crate) fn header(whole: &[u8]) -> &[u8] {
    let moov = find(whole, &["moov"]).expect("there is one");
    &whole[..moov.start + 8 + moov.payload.len()]
}
