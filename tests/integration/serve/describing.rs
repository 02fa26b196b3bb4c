//! What is told of a track, and that nobody's sound waits for it.

use std::fs;

use super::small_library;
use crate::support::run::{Segue, folder};
use crate::support::server::Server;
use crate::support::site::{Site, text};
use crate::support::told::manifest_path;

#[test]
fn music_does_not_wait_for_what_is_told_of_it() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 12);
    let rendered = Site::at(&scratch.path().join("rendered"));
    Segue::render(library.path(), rendered.path()).run_well();
    let by_title = rendered.by_title();
    let id = text(&by_title["one"].manifest["track"]);
    // Nothing can be published in the place of a folder.
    let site = scratch.path().join("site");
    let told = site.join(format!("tracks/{id}/track.json"));
    fs::create_dir_all(&told).expect("a folder");
    let server = Server::on_demand(&site, library.path(), &[]);
    for segment in server.rendition(id, "warm").segments() {
        server.get_well(&segment);
    }
    let path = format!("/tracks/{id}/track.json");
    assert_eq!(server.get(&path).status, 500);
    // What is not told of is not named, either.
    assert!(!site.join(&manifest_path(id, "warm")[1..]).exists());
    fs::remove_dir(&told).expect("it is empty");
    assert_eq!(server.get_well(&path).json()["id"], *id);
}
