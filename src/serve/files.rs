//! The site's files, and nothing else of the machine: opened below the site's
//! folder by a handle that no link leads out of, and kept in memory while they
//! are asked for often.

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use moka::sync::Cache;

use super::content::{Caching, Content, is_text, mime};

/// Bytes that are kept in memory.
const CACHE_BYTES: u64 = 96 << 20;
/// A file above this is sent from disk, piece by piece, unless it is text.
const LARGEST_IN_MEMORY: u64 = 4 << 20;
/// Text is compressed, which takes all of it.
const LARGEST_TEXT: u64 = 64 << 20;

/// By which a file on disk is known to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: (i64, i64),
    inode: u64,
}

/// A site's files.
pub(super) struct SiteFiles {
    root: PathBuf,
    folder: RwLock<Folder>,
    cache: Cache<String, (Stamp, Arc<Content>)>,
}

/// A folder that is open, and by which it is known to be the same.
struct Folder {
    handle: Arc<Dir>,
    identity: (u64, u64),
}

impl Folder {
    fn open(root: &Path) -> io::Result<Self> {
        Ok(Self {
            handle: Arc::new(Dir::open_ambient_dir(root, ambient_authority())?),
            identity: identity(root)?,
        })
    }
}

fn identity(root: &Path) -> io::Result<(u64, u64)> {
    let metadata = std::fs::metadata(root)?;
    Ok((metadata.dev(), metadata.ino()))
}

impl SiteFiles {
    /// The files below `root`.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        Ok(Self {
            folder: RwLock::new(Folder::open(root)?),
            root: root.to_owned(),
            cache: Cache::builder()
                .max_capacity(CACHE_BYTES)
                .weigher(|path: &String, (_, content): &(Stamp, Arc<Content>)| {
                    let length = content.bytes().map_or(0, bytes::Bytes::len);
                    // Text has its compressed forms beside it.
                    let forms = if content.is_compressible() { 2 } else { 1 };
                    u32::try_from(forms * length + path.len() + 512).unwrap_or(u32::MAX)
                })
                .build(),
        })
    }

    /// What stands in memory of a file that never changes.
    pub(super) fn remembered(&self, path: &str) -> Option<Arc<Content>> {
        let (_, content) = self.cache.get(path)?;
        (content.caching() == Caching::Immutable).then_some(content)
    }

    /// The site's folder. Where another has taken its place, as when a new
    /// release of a site is switched to, that one.
    fn folder(&self) -> Arc<Dir> {
        let is_same = |folder: &Folder| {
            // While it is being switched there may be none.
            identity(&self.root).map_or(true, |identity| identity == folder.identity)
        };
        let folder = self.folder.read().unwrap_or_else(PoisonError::into_inner);
        if is_same(&folder) {
            return Arc::clone(&folder.handle);
        }
        drop(folder);
        let mut folder = self.folder.write().unwrap_or_else(PoisonError::into_inner);
        if let Ok(other) = Folder::open(&self.root) {
            *folder = other;
            self.cache.invalidate_all();
        }
        Arc::clone(&folder.handle)
    }

    /// A file; none where there is none, or it is not the site's. This reads
    /// from disk.
    pub(super) fn read(&self, path: &str) -> Option<Arc<Content>> {
        let file = self.folder().open(path).ok()?.into_std();
        let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let stamp = Stamp {
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            inode: metadata.ino(),
        };
        if let Some((known, content)) = self.cache.get(path)
            && known == stamp
        {
            return Some(content);
        }
        let (mime, caching) = (mime(path), Caching::of(path));
        let largest = if is_text(mime) {
            LARGEST_TEXT
        } else {
            LARGEST_IN_MEMORY
        };
        if stamp.length > largest {
            let (seconds, nanoseconds) = stamp.modified;
            let tag = format!(
                "{seconds:x}-{nanoseconds:x}-{:x}-{:x}",
                stamp.length, stamp.inode
            );
            let content = Content::of_file(mime, caching, tag, file, stamp.length);
            return Some(Arc::new(content));
        }
        let mut bytes = Vec::with_capacity(stamp.length as usize);
        (&file).read_to_end(&mut bytes).ok()?;
        let content = Arc::new(Content::of_bytes(mime, caching, bytes));
        self.cache
            .insert(path.to_owned(), (stamp, Arc::clone(&content)));
        Some(content)
    }
}
