//! A library that changes while it is served.

use std::fs;

use super::small_library;
use crate::support::library::Library;
use crate::support::run::folder;
use crate::support::server::Server;
use crate::support::told::manifest_path;
use crate::support::tools;

#[test]
fn what_comes_goes_and_changes_is_noticed() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 12);
    let site = scratch.path().join("site");
    let server = Server::on_demand(&site, library.path(), &[]);
    let titles = |server: &Server| server.track_ids().into_keys().collect::<Vec<_>>();
    assert_eq!(titles(&server), ["one", "three", "two"]);
    library.add_wav("four.wav", 4, 12);
    server.wait_until("a new file is noticed", |server| titles(server).len() == 4);
    fs::remove_file(library.file("two.wav")).expect("it can be removed");
    server.wait_until("a removed file is noticed", |server| {
        titles(server) == ["four", "one", "three"]
    });
    let folder = library.file("a folder");
    fs::create_dir(&folder).expect("a folder");
    fs::rename(library.file("one.wav"), folder.join("uno.wav")).expect("it can be moved");
    server.wait_until("a moved file keeps its id", |server| {
        titles(server) == ["four", "three", "uno"]
    });
    // Other audio under the same name is another track; the old one is gone.
    let before = server.track_ids()["four"].clone();
    let told = server.rendition(&before, "warm");
    library.add_wav("four.wav", 5, 12);
    server.wait_until("a changed file is noticed", |server| {
        server
            .track_ids()
            .get("four")
            .is_some_and(|id| *id != before)
    });
    assert_eq!(server.get(&told.segment(1)).status, 404);
    server.rendition(&server.track_ids()["four"], "warm");
}

#[test]
fn a_file_that_changes_under_a_reader_gives_no_wrong_sound() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 60);
    let site = scratch.path().join("site");
    let server = Server::on_demand(&site, library.path(), &[]);
    let id = &server.track_ids()["one"];
    let told = server.rendition(id, "original");
    // Written over in place, and asked for before anybody can have noticed.
    let other = library.add_wav("other.wav", 9, 60);
    let bytes = fs::read(other).expect("the file");
    fs::write(library.file("one.wav"), bytes).expect("it can be written over");
    for segment in told.segments() {
        assert_eq!(server.get(&segment).status, 404, "{segment}");
    }
    assert!(!site.join(&manifest_path(id, "original")[1..]).exists());
}

#[test]
fn the_next_start_knows_the_library_at_once() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 10);
    let site = scratch.path().join("site");
    let index = site.join(".segue/scan.json");
    let server = Server::on_demand(&site, library.path(), &[]);
    server.wait_until("the scan index is kept", |_| index.is_file());
    drop(server);
    let kept = fs::read(&index).expect("the scan index is kept");
    // Files that could only be known from the index.
    for name in ["one.wav", "two.wav", "three.wav"] {
        let path = library.file(name);
        let modified = fs::metadata(&path).and_then(|metadata| metadata.modified());
        let length = fs::metadata(&path).expect("it is there").len();
        let file = fs::File::create(&path).expect("it can be written over");
        file.set_len(length).expect("it has the same length");
        file.set_modified(modified.expect("a time"))
            .expect("and the same time");
    }
    let server = Server::on_demand(&site, library.path(), &[]);
    assert_eq!(server.track_ids().len(), 3);
    assert_eq!(server.health("failed"), 0);
    assert_eq!(fs::read(&index).expect("the scan index is kept"), kept);
}

#[test]
fn new_tags_and_another_name_do_not_stop_the_music() {
    if !tools::ffmpeg_or_skip("serve::changes::new_tags_and_another_name_do_not_stop_the_music") {
        return;
    }
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_encoded("song.flac", 1, 60, "before", &[]);
    let site = scratch.path().join("site");
    let server = Server::on_demand(&site, library.path(), &[]);
    let id = &server.track_ids()["before"];
    let rendition = server.rendition(id, "warm");
    server.get_well(&rendition.segment(0));
    let told = server.get_well(&format!("/tracks/{id}/track.json")).json();
    assert_eq!(told["title"], "before");
    // The same audio behind other tags, under another name.
    let (old, new) = (library.file("song.flac"), library.file("new.flac"));
    let retagged = scratch.path().join("retagged.flac");
    let path = |path: &std::path::Path| path.to_string_lossy().into_owned();
    tools::ffmpeg([
        "-i",
        &path(&old),
        "-c",
        "copy",
        "-metadata",
        "title=after",
        &path(&retagged),
    ]);
    fs::copy(&retagged, &old).expect("it can be written over");
    server.get_well(&rendition.segment(7));
    server.wait_until("the new title is told", |server| {
        server.get_well(&format!("/tracks/{id}/track.json")).json()["title"] == "after"
            && server.track_ids().get("after") == Some(id)
    });
    server.get_well(&rendition.segment(3));
    fs::rename(&old, &new).expect("it can be moved");
    server.wait_until("it is found under its new name", |server| {
        server.get(&rendition.segment(9)).status == 200
    });
}
