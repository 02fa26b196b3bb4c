//! Reading a site as a client would: catalog, manifests, segments.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use segue::manifest::to_json;
use segue::render::{OnDemandList, OnDemandRendition};
use segue::site::ON_DEMAND;
use serde_json::Value;

use super::checks::verify_checksum;
use super::run::say;

/// A site that a test renders into.
pub(crate) struct Site {
    path: PathBuf,
}

/// A track's rendition: its manifest, and where it is.
pub(crate) struct Rendition {
    /// The folder of the manifest, which its URIs are relative to.
    pub(crate) folder: PathBuf,
    /// The manifest.
    pub(crate) manifest: Value,
    /// The track's title in the catalog.
    pub(crate) title: String,
}

/// One segment of a manifest.
pub(crate) struct Segment {
    /// Where its file is.
    pub(crate) path: PathBuf,
    /// Its first sample in the track.
    pub(crate) start: u64,
    /// Its length in samples.
    pub(crate) samples: u64,
    /// Its size.
    pub(crate) bytes: u64,
}

impl Site {
    /// The site in this folder, which need not be there yet.
    pub(crate) fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The catalog, its checksum checked.
    pub(crate) fn catalog(&self) -> Value {
        read_json(&self.path.join("catalog.json"))
    }

    /// The catalog's tracks.
    pub(crate) fn tracks(&self) -> Vec<Value> {
        let catalog = self.catalog();
        catalog["tracks"]
            .as_array()
            .expect("the catalog lists tracks")
            .clone()
    }

    /// The renditions of all tracks in the variant `original`.
    pub(crate) fn renditions(&self) -> Vec<Rendition> {
        let tracks = self.tracks();
        tracks
            .iter()
            .map(|track| self.rendition(track, "original"))
            .collect()
    }

    /// The renditions of all tracks in all their variants.
    pub(crate) fn all_renditions(&self) -> Vec<Rendition> {
        let tracks = self.tracks();
        let variants = |track: &Value| -> Vec<String> {
            let variants = track["variants"].as_object().expect("variants by name");
            variants.keys().cloned().collect()
        };
        tracks
            .iter()
            .flat_map(|track| {
                let names = variants(track);
                names.into_iter().map(|name| self.rendition(track, &name))
            })
            .collect()
    }

    /// Notes that a server made a rendition, or began it, because somebody asked for it.
    pub(crate) fn note_on_demand(&self, rendition: &Rendition) {
        let told = |key: &str| text(&rendition.manifest[key]);
        let made = OnDemandRendition {
            track: told("track").parse().expect("an id"),
            variant: told("variant").to_owned(),
            fingerprint: told("fingerprint").parse().expect("a fingerprint"),
        };
        let list = OnDemandList {
            renditions: vec![made],
        };
        fs::write(self.path.join(ON_DEMAND), to_json(&list)).expect("it can be written");
    }

    fn rendition(&self, track: &Value, variant: &str) -> Rendition {
        let path = self.path.join(text(&track["variants"][variant]));
        let folder = path.parent().expect("a manifest lies in a folder");
        Rendition {
            folder: folder.to_owned(),
            manifest: read_json(&path),
            title: text(&track["title"]).to_owned(),
        }
    }

    /// The one rendition of a site with one track.
    pub(crate) fn only_rendition(&self) -> Rendition {
        let mut renditions = self.renditions();
        assert_eq!(renditions.len(), 1, "the site has one track");
        renditions.remove(0)
    }

    /// The renditions by their tracks' titles, which have to differ.
    pub(crate) fn by_title(&self) -> BTreeMap<String, Rendition> {
        let mut titled = BTreeMap::new();
        for rendition in self.renditions() {
            let title = rendition.title.clone();
            assert!(
                titled.insert(title.clone(), rendition).is_none(),
                "two tracks are titled {title}"
            );
        }
        titled
    }

    /// Every file below `tracks/` with the BLAKE3 of its bytes.
    pub(crate) fn hashes(&self) -> BTreeMap<PathBuf, String> {
        files_below(&self.path.join("tracks"))
            .into_iter()
            .map(|path| {
                let hash = blake3::hash(&fs::read(&path).expect("a published file can be read"));
                let relative = path
                    .strip_prefix(&self.path)
                    .expect("it lies in the site")
                    .to_owned();
                (relative, hash.to_string())
            })
            .collect()
    }
}

impl Rendition {
    /// A number of the manifest.
    pub(crate) fn number(&self, key: &str) -> u64 {
        self.manifest[key]
            .as_u64()
            .unwrap_or_else(|| panic!("the manifest of {} has no number {key}", self.title))
    }

    /// The track's length in samples.
    pub(crate) fn samples(&self) -> u64 {
        self.number("samples")
    }

    /// How many channels it has, as a count to interleave by.
    pub(crate) fn channels(&self) -> usize {
        usize::try_from(self.number("channels")).expect("a channel count is small")
    }

    /// A file that the manifest names, by the key of its URI.
    pub(crate) fn file(&self, key: &str) -> PathBuf {
        self.folder.join(text(&self.manifest[key]))
    }

    /// The folder of the fingerprint.
    pub(crate) fn media_folder(&self) -> PathBuf {
        self.folder.join(text(&self.manifest["fingerprint"]))
    }

    /// The segments in order.
    pub(crate) fn segments(&self) -> Vec<Segment> {
        let number = |segment: &Value, key: &str| {
            segment[key]
                .as_u64()
                .expect("a segment's numbers are integers")
        };
        self.manifest["segments"]
            .as_array()
            .expect("the manifest lists segments")
            .iter()
            .map(|segment| Segment {
                path: self.folder.join(text(&segment["uri"])),
                start: number(segment, "start"),
                samples: number(segment, "samples"),
                bytes: number(segment, "bytes"),
            })
            .collect()
    }

    /// Init and segments in manifest order as one file, which any decoder of fragmented MP4 plays.
    pub(crate) fn join_segments(&self, scratch: &Path) -> PathBuf {
        let mut joined = fs::read(self.file("init")).expect("the init segment can be read");
        for segment in self.segments() {
            joined.extend(fs::read(&segment.path).expect("a segment can be read"));
        }
        let path = scratch.join(format!("joined-{}.mp4", text(&self.manifest["track"])));
        fs::write(&path, joined).expect("the joined file can be written");
        path
    }

    /// How many samples a decoder gives: pre-roll, and the track filled up to whole access units.
    pub(crate) fn decoded_samples(&self) -> u64 {
        1024 * (1 + self.samples().div_ceil(1024))
    }
}

/// Text of a JSON value that has to be a string.
pub(crate) fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} should be a string"))
}

/// Reads a JSON file and checks the checksum that it ends with.
pub(crate) fn read_json(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    verify_checksum(&bytes).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A JSON file without a checksum, such as a report.
pub(crate) fn read_plain_json(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Changes a JSON file as one who knows how its checksum is made.
pub(crate) fn forge(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value = read_json(path);
    change(&mut value);
    write_json(path, value);
}

/// Writes a JSON file with its checksum.
pub(crate) fn write_json(path: &Path, value: Value) {
    fs::write(path, sealed(value)).expect("a file can be written");
}

/// A JSON file with its checksum.
pub(crate) fn sealed(mut value: Value) -> Vec<u8> {
    let object = value.as_object_mut().expect("a file is an object");
    object.remove("checksum");
    let text = serde_json::to_string_pretty(&value).expect("plain data");
    let body = text.trim_end_matches("\n}");
    let checksum = blake3::hash(body.as_bytes());
    format!("{body},\n  \"checksum\": \"{checksum}\"\n}}\n").into_bytes()
}

/// All files below a folder, in order; none if it is not there.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else {
            continue;
        };
        for entry in entries {
            let entry = entry.expect("a folder can be read");
            let kind = entry.file_type().expect("an entry has a type");
            if kind.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files
}

/// The first differences of two snapshots, for a message that can be read.
pub(crate) fn differences(
    first: &BTreeMap<PathBuf, String>,
    second: &BTreeMap<PathBuf, String>,
) -> Vec<String> {
    let mut found: Vec<String> = first
        .iter()
        .filter(|(path, hash)| second.get(*path) != Some(*hash))
        .map(|(path, _)| format!("{} differs or is missing", path.display()))
        .chain(
            second
                .keys()
                .filter(|path| !first.contains_key(*path))
                .map(|path| format!("{} is new", path.display())),
        )
        .collect();
    if found.len() > 10 {
        say(&format!("{} differences in all", found.len()));
        found.truncate(10);
    }
    found
}
