//! Where a file goes that the user names: the report, a plot, an export.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{StagedFile, write_atomic};

/// A place that was named for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A file, there already or not: what is written takes its place whole.
    File(PathBuf),
    /// A device, a pipe, or what this process has open: it stays what it is, and
    /// what is written goes through it.
    Through(PathBuf),
}

impl Output {
    /// What stands at a path. A link to a file stands for that file.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        let is_open_file = || ["/dev", "/proc"].iter().any(|of| path.starts_with(of));
        match fs::metadata(path) {
            Ok(there) if there.is_file() && !is_open_file() => {
                Self::File(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
            }
            Ok(there) if !there.is_dir() => Self::Through(path.to_owned()),
            _ => Self::File(path.to_owned()),
        }
    }

    /// Fails where it could not be written.
    pub fn check(&self) -> io::Result<()> {
        match self {
            Self::File(path) if path.is_dir() => {
                Err(io::Error::other("it is a folder: give a file's name"))
            }
            // To make a file is the only way to know; it goes at once.
            Self::File(path) => StagedFile::beside(path).map(drop),
            // A pipe is opened when there is something to say.
            Self::Through(_) => Ok(()),
        }
    }

    /// Writes all of it.
    pub fn write(&self, contents: &[u8]) -> io::Result<()> {
        match self {
            Self::File(path) => write_atomic(path, contents),
            Self::Through(path) => {
                let mut options = fs::OpenOptions::new();
                options.append(true).open(path)?.write_all(contents)
            }
        }
    }
}
