//! A site is one process's to write.
//!
//! The lock is the kernel's, on `.segue/lock`: it goes with the process that
//! holds it, however that ends, so that none is ever stale. What stands in the
//! file only says who holds it.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::Path;

use fs_err as fs;

use super::publish::PublishError;
use crate::files::at;
use crate::site;

/// What a process does that has a site to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// `segue render`, or another command that is done some time.
    Render,
    /// `segue serve`, which renders what is asked for.
    Serve,
    /// `segue prune`, which removes what nothing refers to.
    Prune,
}

/// Held until it is dropped, or the process ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "it is locked while it is open")] File);

/// Takes the lock of a site, whose private folder is there.
pub(super) fn take(root: &Path, holder: Holder) -> Result<Lock, PublishError> {
    let path = root.join(site::LOCK);
    let mut options = fs::OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    let mut file: File = options.open(&path)?.into();
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            // Who has just taken it may not have said so yet.
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            let holder = match holder.trim() {
                "" => "another segue".to_owned(),
                holder => holder.to_owned(),
            };
            return Err(PublishError::Locked {
                site: root.to_owned(),
                holder,
            });
        }
        Err(TryLockError::Error(error)) => return Err(at(&path, &error).into()),
    }
    let what = match holder {
        Holder::Render => "segue render",
        Holder::Serve => "segue serve",
        Holder::Prune => "segue prune",
    };
    file.set_len(0)
        .and_then(|()| write!(file, "{what} (process {})", std::process::id()))
        .map_err(|error| at(&path, &error))?;
    Ok(Lock(file))
}
