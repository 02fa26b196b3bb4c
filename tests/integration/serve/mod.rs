//! `segue serve` from outside: raw requests, crowds, strangers, faults; curl, nginx and what `segue render` makes are
//! what it is held against.

mod changes;
mod crowd;
mod describing;
mod http;
mod metrics;
mod on_demand;
mod plan_routes;
mod proxies;
mod strangers;
mod terminal;

use std::path::Path;

use crate::support::library::Library;
use crate::support::run::Segue;

/// Nothing behind the site.
const NO_FLAGS: [&str; 0] = [];

/// A library of short pieces in several formats, titled `one`, `two`, …
fn small_library(folder: &Path, seconds: usize) -> Library {
    let library = Library::at(folder);
    for (seed, name) in (1..).zip(["one", "two", "three"]) {
        library.add_wav(&format!("{name}.wav"), seed, seconds);
    }
    library
}

/// A site of one short piece, rendered.
fn small_site(folder: &Path) -> std::path::PathBuf {
    let (library, site) = (folder.join("library"), folder.join("site"));
    std::fs::create_dir_all(&library).expect("a folder");
    Library::at(&library).add_wav("one.wav", 1, 15);
    Segue::render(&library, &site).run_well();
    site
}
