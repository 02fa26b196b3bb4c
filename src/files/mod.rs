//! Atomic, durable writes.
//!
//! A reader of the site sees a file as it was or as it will be, never between:
//! contents go to a temporary name on the same file system, are synced, and then
//! renamed. Folders are built complete in a staging area and moved into place
//! in one step, also where another stands there already: the two change places.
//!
//! When any of this returns, it has outlived a power cut: a file is synced
//! before the rename that publishes it, and the folder that it is published in
//! behind it, with every folder above that had to be made. So what names a file
//! may be written as soon as the file is.

mod output;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

pub use self::output::Output;

/// Writes `contents` to `path` by way of a temporary file in the same folder,
/// which must exist. The file is on disk when this returns.
pub fn write_atomic(path: &Path, contents: &[u8]) -> io::Result<()> {
    write_atomic_from(folder_of(path), path, contents)
}

/// As [`write_atomic`], by way of a temporary file in the folder `staging`,
/// which must be on the same file system: what an interruption leaves is there,
/// and nowhere else.
pub fn write_atomic_from(staging: &Path, path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = temporary_file(staging)?;
    file.write_all(contents)
        .and_then(|()| file.as_file().sync_all())
        .map_err(|error| at(path, &error))?;
    file.persist(path).map_err(|error| at(path, &error.error))?;
    sync_folder(folder_of(path))
}

/// Removes a file, for good when this returns; one that is gone already is as
/// good as removed.
pub fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder(folder_of(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes a folder where there is none, and those above it, each of them synced
/// into the one that it stands in.
pub fn create_folders(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Ok(()) => sync_folder(folder_of(folder)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let above = folder_of(folder);
            if above == folder || above == Path::new(".") {
                return Err(error);
            }
            create_folders(above)?;
            create_folders(folder)
        }
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// As [`write_atomic_from`], unless the file already holds exactly this. Tells
/// whether it wrote.
pub fn write_if_changed(staging: &Path, path: &Path, contents: &[u8]) -> io::Result<bool> {
    match fs::read(path) {
        Ok(present) if present == contents => return Ok(false),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    write_atomic_from(staging, path, contents)?;
    Ok(true)
}

/// A path as one types it in a shell, for a command that is told to people.
#[must_use]
pub fn quoted(path: &Path) -> String {
    // What begins with a hyphen would be taken for a flag.
    let path = if path.as_os_str().as_encoded_bytes().starts_with(b"-") {
        Cow::Owned(Path::new(".").join(path))
    } else {
        Cow::Borrowed(path)
    };
    let path = path.to_string_lossy();
    // What has a zero byte in it is no path.
    shlex::try_quote(&path).map_or_else(|_| path.to_string(), Cow::into_owned)
}

/// The parent; that of a bare name is no path at all.
fn folder_of(path: &Path) -> &Path {
    let named = |folder: &&Path| !folder.as_os_str().is_empty();
    path.parent().filter(named).unwrap_or(Path::new("."))
}

/// Writes a file that nobody reads before its folder is moved into place, and
/// syncs it.
pub fn write_staged(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(contents)?;
    file.sync_all()
}

/// Opens a file for reading. What is none, such as a pipe that somebody has put
/// in the place of one, is an error, and keeps nobody waiting.
pub fn open_regular(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    let without_waiting = OFlags::NONBLOCK.bits().cast_signed();
    options.read(true);
    options.options_mut().custom_flags(without_waiting);
    let file = match options.open(path) {
        // Another machine has to give it up first, or to fetch it: worth a wait.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => fs::File::open(path)?,
        opened => opened?,
    };
    if file.metadata()?.is_file() {
        fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
        return Ok(file);
    }
    let message = format!("`{}` is no file", path.display());
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

/// By which the file at a path is known to be the one that was read: what takes
/// its place is another file, and what is written to it has another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileVersion {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl FileVersion {
    /// Of the file at a path, as it is now.
    pub fn at(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }

    /// Whether it is still at this path.
    #[must_use]
    pub fn is_at(&self, path: &Path) -> bool {
        Self::at(path).is_ok_and(|now| now == *self)
    }

    /// Whether it is another version of the same file, or this one.
    #[must_use]
    pub fn is_same_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    /// Its length.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// A file under construction, which takes its place when it is whole, and is
/// removed unless it is: what stood there before is as it was until then.
#[derive(Debug)]
pub struct StagedFile {
    file: BufWriter<tempfile::NamedTempFile>,
    target: PathBuf,
}

impl StagedFile {
    /// Begins a file that will be at `target`, in the same folder, with the
    /// permissions of the one that is there.
    pub fn beside(target: &Path) -> io::Result<Self> {
        let file = temporary_file(folder_of(target))?;
        if let Ok(there) = fs::metadata(target) {
            file.as_file().set_permissions(there.permissions())?;
        }
        Ok(Self {
            file: BufWriter::new(file),
            target: target.to_owned(),
        })
    }

    /// Syncs the file and puts it in its place.
    pub fn publish(self) -> io::Result<()> {
        let target = &self.target;
        let failed = |error: &io::Error| at(target, error);
        let file = self.file.into_inner();
        let file = file.map_err(|error| failed(error.error()))?;
        file.as_file().sync_all().map_err(|error| failed(&error))?;
        file.persist(target).map_err(|error| failed(&error.error))?;
        sync_folder(folder_of(target))
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for StagedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// A file without a name that anyone asks for, in a folder that is there.
fn temporary_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".segue-")
        .permissions(published_file_permissions())
        .tempfile_in(folder)
        .map_err(|error| at(folder, &error))
}

/// A folder under construction, removed with all its contents unless it is
/// published.
#[derive(Debug)]
pub struct StagedFolder {
    folder: tempfile::TempDir,
}

impl StagedFolder {
    /// Makes an empty folder below `staging`, which must be on the file system
    /// of the place where it will be published.
    pub fn new_in(staging: &Path) -> io::Result<Self> {
        create_folders(staging)?;
        let folder = tempfile::Builder::new()
            .prefix("rendition-")
            .permissions(published_folder_permissions())
            .tempdir_in(staging)
            .map_err(|error| at(staging, &error))?;
        Ok(Self { folder })
    }

    /// Where it is while it is being filled.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts the files of a folder in, as they are, but for those `except`: so
    /// begins a folder that differs from another in a few files.
    pub fn take_files_of(&self, folder: &Path, except: &[&str]) -> io::Result<()> {
        let is_taken = |name: &OsString| except.iter().all(|except| name != except);
        for name in file_names(folder)?.into_iter().filter(is_taken) {
            let (from, to) = (folder.join(&name), self.path().join(&name));
            // Not every file system can have a file in two places.
            if fs::hard_link(&from, &to).is_err() {
                fs::copy(&from, &to)?;
                fs::File::open(&to)?.sync_all()?;
            }
        }
        Ok(())
    }

    /// Moves the folder to `target` in one step. What stands there already
    /// changes places with it, and is removed.
    pub fn publish(self, target: &Path) -> io::Result<()> {
        sync_folder(self.path())?;
        let parent = folder_of(target);
        create_folders(parent)?;
        match std::fs::rename(self.path(), target) {
            Ok(()) => {
                // The folder has left its temporary place: nothing there to clean up.
                let _moved_away: PathBuf = self.folder.keep();
                sync_folder(parent)
            }
            Err(error) if is_occupied(&error) => {
                change_places(self.path(), target)?;
                // Only then may the old one go, with `self`.
                sync_folder(parent)
            }
            Err(error) => Err(at(target, &error)),
        }
    }
}

/// Whether a rename failed for what stands in its place.
fn is_occupied(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists
    )
}

/// Has two folders change places in one step, so that there is one at each of
/// them at any moment. File systems that cannot (NFS, some of FUSE) have the
/// files replaced one by one.
fn change_places(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => replace_files(one, other),
        Err(error) => Err(at(other, &error.into())),
    }
}

/// Moves the files of a folder over those of another, and removes what that has
/// more.
fn replace_files(from: &Path, to: &Path) -> io::Result<()> {
    let names = file_names(from)?;
    for name in &names {
        fs::rename(from.join(name), to.join(name))?;
    }
    let is_left_over = |name: &OsString| !names.contains(name);
    for name in file_names(to)?.into_iter().filter(is_left_over) {
        fs::remove_file(to.join(name))?;
    }
    sync_folder(to)
}

/// The names in a folder, in order.
fn file_names(folder: &Path) -> io::Result<Vec<OsString>> {
    let entries = fs::read_dir(folder)?;
    let names = entries.map(|entry| Ok(entry?.file_name()));
    let mut names = names.collect::<io::Result<Vec<_>>>()?;
    names.sort_unstable();
    Ok(names)
}

/// Makes a folder's entries durable.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match fs::File::open(folder)?.sync_all() {
        // Some network file systems have nothing to sync in a folder.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        outcome => outcome,
    }
}

fn published_file_permissions() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

fn published_folder_permissions() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}

/// The error of writing to a path, which names it as those of `fs_err` do.
#[must_use]
pub fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("failed to write `{}`: {error}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.json");
        write_atomic(&path, b"one").expect("first write");
        assert!(write_if_changed(folder.path(), &path, b"two").expect("second write"));
        assert!(!write_if_changed(folder.path(), &path, b"two").expect("third write"));
        assert_eq!(fs::read(&path).expect("read"), b"two");
        assert_eq!(fs::read_dir(folder.path()).expect("list").count(), 1);
    }

    #[test]
    fn a_staged_folder_takes_the_place_of_an_old_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("tracks/x");
        for contents in [b"one", b"two"] {
            let staged = StagedFolder::new_in(&folder.path().join("staging")).expect("staging");
            write_staged(&staged.path().join("file"), contents).expect("write");
            staged.publish(&target).expect("publish");
            assert_eq!(fs::read(target.join("file")).expect("read"), contents);
        }
        assert_eq!(
            fs::read_dir(folder.path().join("staging"))
                .expect("list")
                .count(),
            0
        );
    }

    #[test]
    fn files_take_the_place_of_others_one_by_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for (place, names) in [(&from, ["both", "new"]), (&to, ["both", "old"])] {
            fs::create_dir(place).expect("a folder");
            for name in names {
                let contents = place.as_os_str().as_encoded_bytes();
                fs::write(place.join(name), contents).expect("a file");
            }
        }
        replace_files(&from, &to).expect("they are moved");
        assert_eq!(file_names(&to).expect("list"), ["both", "new"]);
        let contents = fs::read(to.join("both")).expect("read");
        assert_eq!(contents, from.as_os_str().as_encoded_bytes());
    }

    #[test]
    fn folders_are_made_where_there_are_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let deep = folder.path().join("a/b/c");
        for _ in 0..2 {
            create_folders(&deep).expect("it is made, or there");
            assert!(deep.is_dir());
        }
        write_staged(&folder.path().join("file"), b"").expect("a file");
        assert!(create_folders(&folder.path().join("file/below")).is_err());
        assert!(create_folders(&folder.path().join("file")).is_err());
    }

    #[test]
    fn a_dropped_staged_folder_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let staged = StagedFolder::new_in(folder.path()).expect("staging");
        write_staged(&staged.path().join("file"), b"half").expect("write");
        drop(staged);
        assert_eq!(fs::read_dir(folder.path()).expect("list").count(), 0);
    }
}
