//! The page's files, and what stands beside them in the site's own folder.

use std::collections::BTreeSet;
use std::io;

use super::finding::{Found, Mend};
use super::listing::{Contents, Entry, Kind, entries, list, read};
use super::{Ground, Run};
use crate::site::{CATALOG, PRIVATE, TRACKS};
use crate::web_player::{FILES, SETTINGS};

/// The folder of the page's modules.
const MODULES: &str = "player";

/// Checks the page. Gives the files in the site's folder that are none of
/// segue's: a `CNAME` or a `robots.txt` may well stand there.
pub(super) fn check(ground: &Ground<'_>, found: &mut Found) -> io::Result<Vec<String>> {
    for file in FILES {
        match read(ground.root, file.path, found) {
            Contents::Bytes(bytes) if file.path == SETTINGS => {
                if let Err(error) = serde_json::from_slice::<serde_json::Value>(&bytes) {
                    found.add(file.path, format!("is not JSON: {error}"), Mend::Settings);
                }
            }
            Contents::Bytes(bytes) if bytes != file.contents => found.add(
                file.path,
                "is not the page's file of this segue: damaged, or of another version",
                Mend::Catalog,
            ),
            Contents::Missing if ground.run == Run::Ended => {
                found.add(file.path, "is missing", Mend::Catalog);
            }
            Contents::Bytes(_) | Contents::Missing | Contents::Unreadable => {}
        }
    }
    check_modules(ground, MODULES, found);
    let own: BTreeSet<&str> = FILES
        .iter()
        .filter_map(|file| file.path.split('/').next())
        .chain([CATALOG, TRACKS, PRIVATE])
        .collect();
    let mut foreign = Vec::new();
    for Entry { name, .. } in entries(ground.root)? {
        if own.contains(name.as_str()) {
            continue;
        }
        if is_temporary(&name) {
            found.add(name, "was left half written", Mend::Delete);
        } else {
            foreign.push(name);
        }
    }
    Ok(foreign)
}

/// In the page's own folders nothing else belongs.
fn check_modules(ground: &Ground<'_>, folder: &str, found: &mut Found) {
    for Entry { name, kind } in list(ground.root, folder, found) {
        let path = format!("{folder}/{name}");
        let is_own = |known: &str| match kind {
            Kind::File => known == path,
            Kind::Folder => known
                .strip_prefix(&path)
                .is_some_and(|rest| rest.starts_with('/')),
        };
        if !FILES.iter().any(|file| is_own(file.path)) {
            found.add(path, "is no part of the page", Mend::Delete);
        } else if kind == Kind::Folder {
            check_modules(ground, &path, found);
        }
    }
}

/// Whether a program writes to a file of this name before it renames it.
fn is_temporary(name: &str) -> bool {
    let endings = [".tmp", ".part", ".partial", "~"];
    name.starts_with(".segue-")
        || name.starts_with(".tmp")
        || endings.iter().any(|ending| name.ends_with(ending))
        || is_of_rsync(name)
}

/// `.catalog.json.x7Yq2a`: as rsync names what it is receiving.
fn is_of_rsync(name: &str) -> bool {
    let Some((file, letters)) = name
        .strip_prefix('.')
        .and_then(|rest| rest.rsplit_once('.'))
    else {
        return false;
    };
    let is_own = file == CATALOG || FILES.iter().any(|known| known.path == file);
    is_own && letters.len() == 6
}
