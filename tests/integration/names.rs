//! Any file name survives, and so does a library with loops and closed doors.
#![cfg(unix)]

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::library::Library;
use crate::support::run::{Cost, Segue, folder};
use crate::support::site::{Site, text};
use crate::support::sound::{Sound, write_wav};
use crate::support::tools;

/// Names that break what is careless: each ends in .wav.
fn names() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        "two\nlines.wav",
        "tab\tand\rreturn.wav",
        "\"double\" 'single' `back`.wav",
        "-leading dash.wav",
        "--json.wav",
        "\u{1F3B5} emoji \u{1F469}\u{200D}\u{1F3A4}.wav",
        "<script>alert(1)</script>.wav"
            .replace('/', "\u{2215}")
            .as_str(),
        "per%20cent & ampersand; $HOME.wav",
        "back\\slash.wav",
        "..wav",
        " blanks around .wav",
        "e\u{301} and \u{e9}.wav",
        "\u{202e}right to left.wav",
        "UPPER CASE.WAV",
        "[brackets] {braces} *?.wav",
    ]
    .iter()
    .map(|name| name.as_bytes().to_vec())
    .collect();
    names.push(b"not \xff\xfe UTF-8 \xc3.wav".to_vec());
    names.push(b"control \x01\x1b[31m red.wav".to_vec());
    let mut longest = vec![b'n'; 251];
    longest.extend(b".wav");
    names.push(longest);
    names
}

#[test]
fn any_file_name_survives() {
    let _cost = Cost::of("names::any_file_name_survives");
    let scratch = folder();
    // The folder's own name is as bad, with a dash in front.
    let library = Library::at(
        &scratch
            .path()
            .join(OsString::from_vec(b"-library \n \xff '\"".to_vec())),
    );
    let names = names();
    for (seed, name) in (1..).zip(&names) {
        let path = library.path().join(OsString::from_vec(name.clone()));
        write_wav(&path, Sound::Music(seed), 44_100, 2, 20_000);
    }
    let site = Site::at(&scratch.path().join("the \"site\" \u{1F3B5}"));
    let outcome = Segue::render(library.path(), site.path())
        .with("--json")
        .run_well();
    assert!(
        !outcome.events().is_empty(),
        "events with such names are still JSON"
    );
    site.check();
    let tracks = site.tracks();
    assert_eq!(tracks.len(), names.len(), "every file is a track");
    for track in &tracks {
        assert!(
            !text(&track["title"]).is_empty(),
            "every track has a title: {track}"
        );
    }
    let again = Segue::render(library.path(), site.path())
        .with("--json")
        .run_well();
    assert_eq!(
        again.summary_count("rendered"),
        0,
        "every name is known again"
    );
}

#[test]
fn a_bad_file_with_a_bad_name_is_reported_in_one_piece() {
    let _cost = Cost::of("names::a_bad_file_with_a_bad_name_is_reported_in_one_piece");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let name = OsString::from_vec(b"bad \x1b[31m one \xff.flac".to_vec());
    fs::write(library.path().join(&name), b"nothing").expect("the file can be written");
    library.add_wav("good.wav", 1, 2);
    let site = Site::at(&scratch.path().join("site"));
    let outcome = Segue::render(library.path(), site.path()).run();
    assert_eq!(outcome.code, Some(1), "one failed: {}", outcome.stderr);
    assert!(
        outcome.stderr.contains("one ") && outcome.stderr.contains(".flac"),
        "it is named: {}",
        outcome.stderr
    );
    assert!(
        !outcome.stderr.contains("\u{1b}[31m"),
        "a name sends no escape codes to the terminal"
    );
    site.check();
}

#[test]
fn a_dash_in_front_is_a_name_after_two_dashes() {
    let _cost = Cost::of("names::a_dash_in_front_is_a_name_after_two_dashes");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("-p"));
    library.add_wav("piece.wav", 1, 2);
    let segue = Segue::new("render")
        .with("-o")
        .with("site")
        .with("-p")
        .with("original")
        .with("--")
        .with("-p");
    let output = segue
        .command()
        .current_dir(scratch.path())
        .output()
        .expect("segue should start");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(Site::at(&scratch.path().join("site")).tracks().len(), 1);
}

#[test]
fn a_symlink_loop_is_reported_and_survived() {
    let _cost = Cost::of("names::a_symlink_loop_is_reported_and_survived");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let album = Library::at(&library.file("album"));
    album.add_wav("piece.wav", 1, 2);
    symlink(library.path(), album.file("the loop")).expect("a link can be made");
    symlink("nowhere.wav", library.file("broken link.wav")).expect("a link can be made");
    symlink("itself.wav", library.file("itself.wav")).expect("a link can be made");
    let site = Site::at(&scratch.path().join("site"));
    let outcome = Segue::render(library.path(), site.path()).run();
    assert!(
        matches!(outcome.code, Some(0 | 1)),
        "it ends: {}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains("the loop"),
        "the loop is reported: {}",
        outcome.stderr
    );
    site.check();
    assert_eq!(site.tracks().len(), 1, "the one piece is there once");
}

#[test]
fn an_unreadable_folder_is_reported_and_survived() {
    let test = "names::an_unreadable_folder_is_reported_and_survived";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let closed = Library::at(&library.file("closed"));
    closed.add_wav("hidden.wav", 2, 2);
    library.add_wav("piece.wav", 1, 2);
    let set = |mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(closed.path(), permissions).expect("a mode can be set");
    };
    set(0o000);
    if fs::read_dir(closed.path()).is_ok() {
        set(0o755);
        tools::skip_by_privilege(test, "root reads every folder");
        return;
    }
    let site = Site::at(&scratch.path().join("site"));
    let outcome = Segue::render(library.path(), site.path()).run();
    set(0o755);
    assert!(
        outcome.reason_for("closed").is_some(),
        "it is named with its reason: {}",
        outcome.stderr
    );
    site.check();
    assert_eq!(site.tracks().len(), 1, "the rest is rendered");
}

#[test]
fn names_are_as_bad_as_they_look() {
    // The library above would prove little if the file system had changed the names.
    let scratch = folder();
    for name in names() {
        let path = scratch.path().join(OsString::from_vec(name));
        fs::write(&path, b"x").expect("the file system takes the name");
    }
    let listed: Vec<Vec<u8>> = fs::read_dir(scratch.path())
        .expect("the folder can be read")
        .map(|entry| {
            entry
                .expect("the folder can be read")
                .file_name()
                .as_bytes()
                .to_vec()
        })
        .collect();
    assert!(
        names().iter().all(|name| listed.contains(name)),
        "all names are as they were given"
    );
    assert!(
        listed.iter().any(|name| name.len() == 255),
        "one is as long as can be"
    );
    assert!(
        listed.iter().any(|name| std::str::from_utf8(name).is_err()),
        "one is no UTF-8"
    );
}
