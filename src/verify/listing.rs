//! What stands in a folder of the site, and what a file holds.

use std::io;
use std::path::Path;

use fs_err as fs;

use super::finding::{Found, Mend};

/// A name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What is no UTF-8 is replaced: no name of the site's own has any.
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What a name stands for, behind links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
}

/// The contents of a folder of the site, by name; none where it is not there.
/// One that cannot be listed is found.
pub(super) fn list(root: &Path, folder: &str, found: &mut Found) -> Vec<Entry> {
    match entries(&root.join(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            found.add(folder, unreadable(&error), Mend::Access);
            Vec::new()
        }
    }
}

/// The contents of a folder, by name.
pub(super) fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let mut kind = entry.file_type()?;
        if kind.is_symlink() {
            // A link that leads nowhere is a file that cannot be read.
            kind = fs::metadata(entry.path()).map_or(kind, |target| target.file_type());
        }
        entries.push(Entry {
            name: entry.file_name().to_string_lossy().into_owned(),
            kind: if kind.is_dir() {
                Kind::Folder
            } else {
                Kind::File
            },
        });
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

/// A published file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// There.
    Bytes(Vec<u8>),
    /// Not there.
    Missing,
    /// There, and of no use; it is among what was found.
    Unreadable,
}

/// Reads a file of the site whole.
pub(super) fn read(root: &Path, file: &str, found: &mut Found) -> Contents {
    match fs::read(root.join(file)) {
        Ok(bytes) => {
            found.count(bytes.len());
            Contents::Bytes(bytes)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Contents::Missing,
        Err(error) => {
            found.add(file, unreadable(&error), Mend::Access);
            Contents::Unreadable
        }
    }
}

/// Why something cannot be read, without its path, which is told before.
pub(super) fn unreadable(error: &io::Error) -> String {
    let reason = std::error::Error::source(error)
        .and_then(|source| source.source().or(Some(source)))
        .map_or_else(|| error.kind().to_string(), ToString::to_string);
    format!("cannot be read: {reason}")
}
