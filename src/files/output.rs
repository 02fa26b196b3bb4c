//! Where a file goes that the user names: the report, a plot, an export.

use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{StagedFile, folder_of, write_atomic};

/// As many links lead on from each other as Linux follows (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// A place that was named for a file.
#[derive(Debug)]
pub enum Output {
    /// A file, there already or not: what is written takes its place whole.
    File(PathBuf),
    /// A device or a pipe: it stays what it is, and what is written goes through
    /// it.
    Through(PathBuf),
    /// What this process has open, be it a file: what is written comes behind
    /// what was.
    Open(std::fs::File),
}

impl Output {
    /// What stands at a path. A link stands for what it leads to; and what is
    /// among the descriptors that are `open` here is not opened again.
    pub fn at(path: &Path, open: &[BorrowedFd<'_>]) -> io::Result<Self> {
        let there = match std::fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self::File(end_of_links(path)));
            }
            there => there.map_err(|error| super::at(path, &error))?,
        };
        for descriptor in open {
            let file = std::fs::File::from(descriptor.try_clone_to_owned()?);
            let known = file.metadata()?;
            if (known.dev(), known.ino()) == (there.dev(), there.ino()) {
                return Ok(Self::Open(file));
            }
        }
        Ok(if there.is_file() || there.is_dir() {
            Self::File(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
        } else {
            Self::Through(path.to_owned())
        })
    }

    /// Fails where it could not be written.
    pub fn check(&self) -> io::Result<()> {
        match self {
            Self::File(path) => check_file(path),
            Self::Through(path) => check_device(path),
            Self::Open(_) => Ok(()),
        }
    }

    /// Writes all of it.
    pub fn write(self, contents: &[u8]) -> io::Result<()> {
        match self {
            Self::File(path) => write_atomic(&path, contents),
            Self::Through(path) => append(&path)?.write_all(contents),
            Self::Open(mut file) => file.write_all(contents),
        }
    }
}

fn append(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().append(true).open(path)
}

fn check_device(path: &Path) -> io::Result<()> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_socket() {
        return Err(io::Error::other("it is a socket"));
    }
    if kind.is_fifo() {
        // To open it would wait for its reader; there will be one.
        return Ok(());
    }
    append(path).map(drop)
}

fn check_file(path: &Path) -> io::Result<()> {
    let folder = folder_of(path);
    let is_named_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    if path.is_dir() || is_named_folder {
        return Err(io::Error::other("it is a folder: give a file's name"));
    }
    if !folder.is_dir() {
        let folder = folder.display();
        let message = format!("there is no folder `{folder}`: make it first");
        return Err(io::Error::other(message));
    }
    // To make a file is the only way to know; it goes at once.
    StagedFile::beside(path).map(drop)
}

/// Where a file will be that is written to a path where there is none: a link
/// may lead there.
fn end_of_links(path: &Path) -> PathBuf {
    let mut end = path.to_owned();
    for _ in 0..MOST_LINKS {
        match std::fs::read_link(&end) {
            Ok(next) => end = folder_of(&end).join(next),
            Err(_) => break,
        }
    }
    end
}
