//! Covers: the embedded picture, else one beside the file; at most 640 pixels,
//! encoded anew as JPEG, with the colour that a page takes from it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use image::codecs::jpeg::JpegEncoder;
use image::{ImageReader, Limits};
use moka::sync::Cache;

use super::accent::accent;
use crate::files::open_regular;
use crate::manifest::Accent;

/// The longest edge of a published cover, in pixels.
const LONGEST_EDGE: u32 = 640;
/// Of the JPEG, from 1 to 100.
const QUALITY: u8 = 86;
/// What decoding a picture may take, in bytes; pictures can claim any size.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
/// The most bytes that a picture beside a source may have.
const MOST_BYTES: u64 = 64 << 20;
/// What covers that were made may take in memory, in bytes.
const CACHE_BYTES: u64 = 64 << 20;
/// The names that a cover beside its files goes by, best first.
const NAMES: &[&str] = &["cover", "folder", "front"];
/// The endings that such a cover may have, best first.
const ENDINGS: &[&str] = &["jpg", "jpeg", "png", "webp"];

/// A published cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// The JPEG.
    pub jpeg: Arc<Vec<u8>>,
    /// The BLAKE3 of its bytes, as hexadecimal digits.
    pub blake3: String,
    /// The colour that a page takes from it; none where it has none.
    pub accent: Option<Accent>,
}

/// Covers by the hash of the picture that they are made from, since the tracks
/// of an album share one; the last ones, up to a bound. A clone is the same
/// cache.
#[derive(Clone, Debug)]
pub struct CoverCache(Cache<blake3::Hash, Option<Cover>>);

impl Default for CoverCache {
    fn default() -> Self {
        let bytes = |_: &blake3::Hash, cover: &Option<Cover>| {
            let jpeg = cover.as_ref().map_or(0, |cover| cover.jpeg.len());
            u32::try_from(jpeg + 256).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder().max_capacity(CACHE_BYTES).weigher(bytes);
        Self(cache.build())
    }
}

impl CoverCache {
    /// The cover made from a picture; `None` where it is none. Who asks for
    /// one that is being made waits for it.
    #[must_use]
    pub fn cover(&self, picture: &[u8]) -> Option<Cover> {
        self.0.get_with(blake3::hash(picture), || encode(picture))
    }
}

/// The pictures that lie beside sources, for as long as one pass over them
/// takes: each folder is looked through once, however many files are in it.
#[derive(Debug, Default)]
pub struct Pictures(Mutex<HashMap<PathBuf, Option<PathBuf>>>);

impl Pictures {
    /// The picture beside a file, if there is one.
    pub(super) fn beside(&self, path: &Path) -> Option<PathBuf> {
        let folder = path.parent()?;
        let folders = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = folders().get(folder) {
            return known.clone();
        }
        let found = best_picture(folder);
        folders().insert(folder.to_owned(), found.clone());
        found
    }
}

/// Reads a picture that lies beside a source.
pub(super) fn read_picture(path: &Path) -> Option<Vec<u8>> {
    let file = open_regular(path).ok()?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MOST_BYTES).then_some(bytes)
}

fn best_picture(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let rank = |path: &Path| {
        let position = |part: Option<&OsStr>, known: &[&str]| {
            let part = part?.to_ascii_lowercase();
            known.iter().position(|known| part == *known)
        };
        Some((
            position(path.file_stem(), NAMES)?,
            position(path.extension(), ENDINGS)?,
        ))
    };
    let pictures = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    // What has such a name and is no file could keep who reads it waiting.
    pictures
        .filter_map(|path| rank(&path).map(|rank| (rank, path)))
        .filter(|(_, path)| path.is_file())
        .min()
        .map(|(_, path)| path)
}

fn encode(picture: &[u8]) -> Option<Cover> {
    let mut reader = ImageReader::new(Cursor::new(picture))
        .with_guessed_format()
        .ok()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let image = reader.decode().ok()?;
    let is_larger = image.width() > LONGEST_EDGE || image.height() > LONGEST_EDGE;
    let image = if is_larger {
        image.thumbnail(LONGEST_EDGE, LONGEST_EDGE)
    } else {
        image
    };
    let opaque = image.into_rgb8();
    let accent = accent(&opaque);
    let mut jpeg = Vec::new();
    opaque
        .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, QUALITY))
        .ok()?;
    let blake3 = blake3::hash(&jpeg).to_hex().to_string();
    Some(Cover {
        jpeg: Arc::new(jpeg),
        blake3,
        accent,
    })
}

#[cfg(test)]
mod tests {
    use image::DynamicImage;

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let image = DynamicImage::new_rgba8(width, height);
        image
            .write_to(&mut bytes, image::ImageFormat::Png)
            .expect("a picture");
        bytes.into_inner()
    }

    #[test]
    fn a_cover_fits_and_keeps_its_shape() {
        for ((width, height), expected) in [
            ((1200, 600), (640, 320)),
            ((100, 300), (100, 300)),
            ((641, 641), (640, 640)),
        ] {
            let cover = CoverCache::default()
                .cover(&png(width, height))
                .expect("a cover");
            let decoded = image::load_from_memory(&cover.jpeg).expect("a picture");
            assert_eq!((decoded.width(), decoded.height()), expected);
        }
    }

    #[test]
    fn what_is_no_picture_is_no_cover() {
        assert_eq!(CoverCache::default().cover(b"not a picture"), None);
    }

    #[test]
    fn the_best_name_beside_a_file_wins() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["back.jpg", "front.png", "Folder.JPG"] {
            fs_err::write(folder.path().join(name), b"x").expect("a file");
        }
        assert_eq!(
            Pictures::default().beside(&folder.path().join("a.mp3")),
            Some(folder.path().join("Folder.JPG"))
        );
    }
}
