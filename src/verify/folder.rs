//! The folder of a fingerprint: every file against its hash, then against what
//! the manifest says that it holds.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::boxes::{Complaint, check_init, check_segment};
use super::finding::{Found, Mend};
use super::listing::{Contents, Kind, list, read, unreadable};
use super::sums::{Sums, Verdict};
use super::whole_file::WholeFile;
use crate::manifest::{Rendition, Stream, media_playlist, multivariant_playlist, presentation};
use crate::render::PLAYLIST_STAGE;
use crate::site::{
    HASHES, INIT, MEDIA_PLAYLIST, MULTIVARIANT_PLAYLIST, RENDITION_FILES, WHOLE_FILE,
    is_rendition_file, segment,
};

/// What a folder is to its variant.
#[derive(Clone, Copy)]
pub(super) enum Standing<'a> {
    /// The manifest names it.
    Current(&'a Rendition, &'a Stream),
    /// The manifest may name it, and is of no use.
    Unknown,
    /// A server has begun it.
    Begun,
    /// The manifest names another, or there is none.
    Unnamed,
}

/// A folder to be checked.
pub(super) struct Folder<'a> {
    pub(super) root: &'a Path,
    /// Where it stands in the site.
    pub(super) path: String,
    pub(super) standing: Standing<'a>,
    /// What becomes of a file that is damaged.
    pub(super) mend: Mend,
    pub(super) is_on_demand: bool,
}

impl Folder<'_> {
    /// Checks all files. Tells whether the rendition has to be made again.
    pub(super) fn check(&self, found: &mut Found) -> bool {
        let before = found.len();
        let (mut present, mut strange) = (BTreeSet::new(), Vec::new());
        for entry in list(self.root, &self.path, found) {
            if entry.kind == Kind::File && self.belongs(&entry.name) {
                present.insert(entry.name);
            } else {
                strange.push(entry.name);
            }
        }
        let sums = self.read_sums(found);
        // Digits sort before letters: segments come before the whole file.
        let (mut sound, mut gone) = (BTreeSet::new(), BTreeSet::new());
        for name in present.iter().filter(|name| *name != HASHES) {
            let before = found.len();
            if !self.check_file(name, sums.as_ref(), &sound, found) {
                gone.insert(name.clone());
            } else if found.len() == before {
                sound.insert(name.clone());
            }
        }
        present.retain(|name| !gone.contains(name));
        self.check_names(&present, sums.as_ref(), found);
        let is_damaged = found.len() > before;
        for name in strange {
            found.add(self.file(&name), "does not belong here", Mend::Delete);
        }
        is_damaged && matches!(self.standing, Standing::Current(..))
    }

    fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    fn stream(&self) -> Option<&Stream> {
        match self.standing {
            Standing::Current(_, stream) => Some(stream),
            Standing::Unknown | Standing::Begun | Standing::Unnamed => None,
        }
    }

    /// Whether a rendition can have a file of this name.
    fn belongs(&self, name: &str) -> bool {
        let has_segment = |index| {
            self.stream()
                .is_none_or(|stream| index < stream.timeline.segment_count())
        };
        is_rendition_file(name) && segment_index(name).is_none_or(has_segment)
    }

    /// Reads `b3sums`; none where it is not there.
    fn read_sums(&self, found: &mut Found) -> Option<Sums> {
        let file = self.file(HASHES);
        match read(self.root, &file, found) {
            Contents::Bytes(bytes) => {
                let sums = Sums::parse(&bytes);
                if let Some(complaint) = &sums.complaint {
                    found.add(file, complaint, self.mend.clone());
                }
                Some(sums)
            }
            Contents::Missing => {
                if let Standing::Current(..) | Standing::Unknown = self.standing {
                    found.add(file, "is missing", self.mend.clone());
                }
                None
            }
            Contents::Unreadable => None,
        }
    }

    /// Checks a file. Tells whether it is there: since its name was read it may
    /// have been removed, or it is a link that leads nowhere.
    fn check_file(
        &self,
        name: &str,
        sums: Option<&Sums>,
        sound: &BTreeSet<String>,
        found: &mut Found,
    ) -> bool {
        let file = self.file(name);
        let read_back = if name == WHOLE_FILE {
            match WholeFile::read(&self.root.join(&file)) {
                Ok(whole) => {
                    found.files += 1;
                    found.bytes += whole.bytes;
                    (whole.hash, whole.bytes, Read::Whole(whole))
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => return false,
                Err(error) => {
                    found.add(file, unreadable(&error), Mend::Access);
                    return true;
                }
            }
        } else {
            let bytes = match read(self.root, &file, found) {
                Contents::Bytes(bytes) => bytes,
                Contents::Missing => return false,
                Contents::Unreadable => return true,
            };
            (blake3::hash(&bytes), bytes.len() as u64, Read::Bytes(bytes))
        };
        let (hash, length, contents) = read_back;
        match sums.map_or(Verdict::Unknown, |sums| sums.judge(name, &hash)) {
            Verdict::Other => {
                found.add(file, self.how_it_differs(name, length), self.mend.clone());
                return true;
            }
            Verdict::Misspelt => {
                let what = format!("was damaged: the hash of {name} is misspelt");
                found.add(self.file(HASHES), what, self.mend.clone());
            }
            Verdict::Same | Verdict::Unknown => {}
        }
        let held = match &contents {
            Read::Bytes(bytes) => self.check_contents(name, bytes),
            Read::Whole(whole) => self.check_whole(whole, sound),
        };
        if let Err(complaint) = held {
            found.add(file, complaint, self.mend.clone());
        }
        true
    }

    /// What is wrong with a file that is not the one that was written.
    fn how_it_differs(&self, name: &str, length: u64) -> String {
        match self.published_length(name) {
            Some(whole) if length < whole => format!("is cut off: {length} of {whole} bytes"),
            Some(whole) if length > whole => format!("is too long: {length} bytes, not {whole}"),
            _ => "was damaged: its hash is not the one in b3sums".to_owned(),
        }
    }

    /// How long a segment is, by the manifest.
    fn published_length(&self, name: &str) -> Option<u64> {
        let Standing::Current(manifest, _) = self.standing else {
            return None;
        };
        manifest.segments.get(segment_index(name)?)?.bytes
    }

    /// Holds a file against what the manifest says.
    fn check_contents(&self, name: &str, bytes: &[u8]) -> Result<(), Complaint> {
        if let Some(index) = segment_index(name) {
            let cut = self.stream().map(|stream| stream.timeline.segment(index));
            let length = bytes.len() as u64;
            return match self.published_length(name) {
                Some(told) if told != length => {
                    Err(format!("has {length} bytes, and the manifest says {told}"))
                }
                _ => check_segment(bytes, index, cut.as_ref()),
            };
        }
        if name == INIT {
            return check_init(bytes, self.stream());
        }
        let Standing::Current(manifest, stream) = self.standing else {
            return Ok(());
        };
        // What an older segue wrote is right by its hash.
        if manifest.settings["engine"]["playlists"] != PLAYLIST_STAGE {
            return Ok(());
        }
        let written = match name {
            MEDIA_PLAYLIST => media_playlist(stream),
            MULTIVARIANT_PLAYLIST => multivariant_playlist(stream),
            _ => presentation(stream),
        };
        if bytes == written.as_bytes() {
            Ok(())
        } else {
            Err("does not tell of the segments that there are".to_owned())
        }
    }

    /// Holds the whole file against the segments that are `sound`.
    fn check_whole(&self, whole: &WholeFile, sound: &BTreeSet<String>) -> Result<(), Complaint> {
        let Standing::Current(manifest, stream) = self.standing else {
            return Ok(());
        };
        let names: Vec<String> = (0..stream.timeline.segment_count()).map(segment).collect();
        // Where a segment is damaged or gone, that is what is told.
        if !names.iter().all(|name| sound.contains(name)) {
            return Ok(());
        }
        let lengths = manifest.segments.iter().filter_map(|segment| segment.bytes);
        let segments = names.iter().map(|name| self.root.join(self.file(name)));
        whole.check(
            &self.root.join(self.file(WHOLE_FILE)),
            stream,
            segments,
            lengths.sum(),
        )
    }

    /// Holds the names in the folder against those that should be there.
    fn check_names(&self, present: &BTreeSet<String>, sums: Option<&Sums>, found: &mut Found) {
        let mut expected: BTreeSet<String> = match self.stream() {
            Some(stream) => RENDITION_FILES
                .into_iter()
                .map(str::to_owned)
                .chain((0..stream.timeline.segment_count()).map(segment))
                .collect(),
            None => BTreeSet::new(),
        };
        if let Some(sums) = sums {
            let of_no_use = sums
                .names()
                .find(|name| !self.belongs(name) || *name == HASHES);
            if let Some(name) = of_no_use {
                let what = format!("was damaged: it names {name:?}, which is no part of this");
                found.add(self.file(HASHES), what, self.mend.clone());
            }
            let unlisted = |name: &&String| {
                // A server that was killed may not have listed it yet.
                let is_new = *name == WHOLE_FILE && self.is_on_demand;
                *name != HASHES && !is_new && !sums.has(name)
            };
            let must_be_listed = present.iter().chain(&expected);
            if let Some(name) = must_be_listed.clone().find(unlisted) {
                let what = format!("was damaged: it does not list {name}");
                found.add(self.file(HASHES), what, self.mend.clone());
            } else {
                expected.extend(
                    sums.names()
                        .filter(|name| self.belongs(name))
                        .map(str::to_owned),
                );
            }
        }
        for name in expected.difference(present) {
            found.add(self.file(name), "is missing", self.mend.clone());
        }
    }
}

/// A file that was read.
enum Read {
    Bytes(Vec<u8>),
    Whole(WholeFile),
}

/// The number of a segment, by its name.
fn segment_index(name: &str) -> Option<usize> {
    let index = name.strip_suffix(".m4s")?.parse().ok()?;
    (segment(index) == name).then_some(index)
}
