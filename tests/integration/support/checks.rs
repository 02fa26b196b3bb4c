//! What must hold for every published site, whatever was rendered: all that is named is there, hashes are right, lengths
//! add up, nothing is left over.

use std::fs;
use std::path::PathBuf;

use super::site::{Rendition, Site, files_below, read_json, text};

impl Site {
    /// Checks all that is published: whatever a JSON file names is there, checksums hold, lengths add up, nothing lies
    /// about half written.
    pub(crate) fn check(&self) {
        for rendition in self.all_renditions() {
            rendition.check();
        }
        for track in self.tracks() {
            let id = text(&track["id"]);
            assert!(
                id.len() == 32
                    && id
                        .chars()
                        .all(|digit| digit.is_ascii_digit() || ('a'..='f').contains(&digit)),
                "{id} is no track id"
            );
            let folder = self.path().join("tracks").join(id);
            let details = read_json(&folder.join("track.json"));
            assert_eq!(text(&details["id"]), id, "track.json tells its own id");
            if let Some(cover) = details["cover"].as_str() {
                assert!(
                    folder.join("cover.jpg").exists(),
                    "{id} names a cover ({cover}) that is not there"
                );
            }
        }
        self.check_nothing_is_left_over();
    }

    /// No staging, no partly written file, no track or fingerprint folder that nothing refers to.
    pub(crate) fn check_nothing_is_left_over(&self) {
        let known: Vec<PathBuf> = self
            .all_renditions()
            .iter()
            .map(|rendition| {
                rendition
                    .folder
                    .join(text(&rendition.manifest["fingerprint"]))
            })
            .collect();
        for path in files_below(self.path()) {
            let name = path
                .file_name()
                .expect("a file has a name")
                .to_string_lossy()
                .into_owned();
            let shown = path.display();
            assert!(
                !name.contains(".tmp") && !name.contains(".part") && !name.starts_with(".tmp"),
                "{shown} was left half written"
            );
            let media = path
                .extension()
                .is_some_and(|extension| extension == "m4s" || extension == "mp4");
            if media {
                let parent = path.parent().expect("a file lies in a folder");
                assert!(
                    known.iter().any(|folder| folder == parent),
                    "{shown} belongs to no manifest"
                );
            }
        }
    }
}

impl Rendition {
    /// Checks the manifest against itself and against the files it names.
    pub(crate) fn check(&self) {
        let title = &self.title;
        assert_eq!(self.number("version"), 1, "{title}");
        assert_eq!(self.number("pre_roll_samples"), 1024, "{title}");
        assert!(
            self.folder.ends_with(text(&self.manifest["variant"])),
            "{title}: the manifest lies in the folder of its variant"
        );
        assert_eq!(
            text(&self.manifest["mime"]),
            "audio/mp4; codecs=\"mp4a.40.2\"",
            "{title}"
        );
        for key in ["init", "hls", "dash"] {
            assert!(
                self.file(key).is_file(),
                "{title}: {key} is named and not there"
            );
        }
        self.check_lengths();
        self.check_hashes();
    }

    /// The segments follow each other, add up, and have the length that the manifest says.
    fn check_lengths(&self) {
        let title = &self.title;
        let (rate, usual) = (self.number("sample_rate"), self.number("segment_samples"));
        assert_eq!(
            usual % (16 * 1024),
            0,
            "{title}: a segment is a multiple of 16 access units"
        );
        let segments = self.segments();
        let mut end = 0;
        for (index, segment) in segments.iter().enumerate() {
            assert_eq!(
                segment.start, end,
                "{title}: segment {index} starts where the one before ends"
            );
            assert_eq!(
                segment.start,
                usual * index as u64,
                "{title}: segment {index} is on the grid"
            );
            if index + 1 < segments.len() {
                assert_eq!(
                    segment.samples, usual,
                    "{title}: segment {index} has the usual length"
                );
            } else {
                assert!(
                    segment.samples > 0 && segment.samples < usual + rate,
                    "{title}: the last is at most a second longer"
                );
                assert!(
                    index == 0 || segment.samples >= rate,
                    "{title}: a tail below a second joins the one before"
                );
            }
            let size = fs::metadata(&segment.path)
                .unwrap_or_else(|error| panic!("{title}: segment {index}: {error}"))
                .len();
            assert_eq!(
                size, segment.bytes,
                "{title}: segment {index} has the size that is told"
            );
            end += segment.samples;
        }
        assert_eq!(end, self.samples(), "{title}: the segments add up");
    }

    /// `b3sums` lists every other file of the folder, once, in the form that `b3sum --check` reads, and is right.
    fn check_hashes(&self) {
        let folder = self.media_folder();
        let list = fs::read_to_string(folder.join("b3sums")).expect("b3sums can be read");
        let mut listed: Vec<&str> = Vec::new();
        for line in list.lines() {
            let (hash, name) = line
                .split_once("  ")
                .unwrap_or_else(|| panic!("b3sums has a line {line:?}"));
            let bytes = fs::read(folder.join(name))
                .unwrap_or_else(|error| panic!("b3sums names {name}: {error}"));
            assert_eq!(
                blake3::hash(&bytes).to_string(),
                hash,
                "{}: {name} has changed",
                self.title
            );
            listed.push(name);
        }
        listed.sort_unstable();
        let mut present: Vec<String> = fs::read_dir(&folder)
            .expect("the folder can be read")
            .map(|entry| {
                entry
                    .expect("the folder can be read")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .filter(|name| name != "b3sums")
            .collect();
        present.sort_unstable();
        assert_eq!(
            listed, present,
            "{}: b3sums lists every file of the folder",
            self.title
        );
    }
}

/// Checks the field `checksum`, which is the last of every JSON file: the BLAKE3, in hex, of all bytes before the comma
/// that precedes it. The one place that knows which bytes are meant.
///
/// # Errors
/// Says what is wrong.
pub(crate) fn verify_checksum(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8: {error}"))?;
    let key = text.rfind("\"checksum\"").ok_or("there is no checksum")?;
    let comma = text[..key]
        .rfind(',')
        .ok_or("the checksum is the only field")?;
    if !text[comma + 1..key].trim().is_empty() {
        return Err("something stands between the last comma and the checksum".into());
    }
    let after = text[key + "\"checksum\"".len()..].trim();
    let told = after
        .strip_prefix(':')
        .and_then(|rest| rest.trim_start().strip_prefix('"'))
        .and_then(|rest| rest.strip_suffix('}'))
        .and_then(|rest| rest.trim_end().strip_suffix('"'))
        .ok_or("the checksum is not the last field")?;
    let right = blake3::hash(&bytes[..comma]).to_string();
    if told == right {
        Ok(())
    } else {
        Err(format!("the checksum is {told}, should be {right}"))
    }
}

#[test]
fn the_checksum_is_read_as_it_should_be() {
    let body = "{\n  \"version\": 1";
    let hash = blake3::hash(body.as_bytes());
    let good = format!("{body},\n  \"checksum\": \"{hash}\"\n}}\n");
    assert_eq!(verify_checksum(good.as_bytes()), Ok(()));
    assert!(
        verify_checksum(good.replace("1,", "2,").as_bytes()).is_err(),
        "a changed byte is found"
    );
    assert!(
        verify_checksum(format!("{body}\n}}").as_bytes()).is_err(),
        "a missing checksum is found"
    );
}
