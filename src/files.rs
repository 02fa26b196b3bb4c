//! Atomic, durable writes.
//!
//! A reader of the site sees a file as it was or as it will be, never between:
//! contents go to a temporary name in the same folder, are synced, and then
//! renamed. Folders are built complete in a staging area and moved into place
//! in one step. What names a file is written after the file itself is safe.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fs_err as fs;

/// Writes `contents` to `path` by way of a temporary file in the same folder,
/// which must exist. The file is on disk when this returns.
pub fn write_atomic(path: &Path, contents: &[u8]) -> io::Result<()> {
    write_atomic_from(folder_of(path), path, contents)
}

/// As [`write_atomic`], by way of a temporary file in the folder `staging`,
/// which must be on the same file system: what an interruption leaves is there,
/// and nowhere else.
pub fn write_atomic_from(staging: &Path, path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".segue-")
        .permissions(published_file_permissions())
        .tempfile_in(staging)
        .map_err(|error| at(staging, &error))?;
    file.write_all(contents)
        .and_then(|()| file.as_file().sync_all())
        .map_err(|error| at(path, &error))?;
    file.persist(path).map_err(|error| at(path, &error.error))?;
    sync_folder(folder_of(path))
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
        fs::create_dir_all(staging)?;
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

    /// Moves the folder to `target` in one step. What stands there already is
    /// replaced: it is set aside first, and removed afterwards.
    pub fn publish(self, target: &Path) -> io::Result<()> {
        sync_folder(self.path())?;
        let parent = target.parent().unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(parent)?;
        let set_aside = self.folder.path().with_extension("old");
        let replaced = match fs::rename(target, &set_aside) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        fs::rename(self.folder.path(), target)?;
        // The folder has left its temporary place: nothing there to clean up.
        let _moved_away: PathBuf = self.folder.keep();
        sync_folder(parent)?;
        if replaced {
            fs::remove_dir_all(&set_aside)
        } else {
            Ok(())
        }
    }
}

/// Makes a folder's entries durable.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

fn published_file_permissions() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

fn published_folder_permissions() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}

/// An error that names its path, as those of `fs_err` do.
fn at(path: &Path, error: &io::Error) -> io::Error {
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
    fn a_dropped_staged_folder_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let staged = StagedFolder::new_in(folder.path()).expect("staging");
        write_staged(&staged.path().join("file"), b"half").expect("write");
        drop(staged);
        assert_eq!(fs::read_dir(folder.path()).expect("list").count(), 0);
    }
}
