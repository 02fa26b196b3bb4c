//! Covers, and the colour that a page takes from them.

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage};
use segue::manifest::{from_json, to_json};
use serde_json::Value;

use crate::support::library::Library;
use crate::support::run::{Segue, folder};
use crate::support::server::Server;
use crate::support::site::{Site, read_json, text};

fn paint(path: &Path, colour: [u8; 3]) {
    let picture = RgbImage::from_pixel(80, 60, Rgb(colour));
    picture.save(path).expect("the picture can be written");
}

/// The components of a colour as JSON has it.
fn components(colour: &Value) -> [u8; 3] {
    let digits = text(colour).strip_prefix('#').expect("#rrggbb");
    assert_eq!(digits.len(), 6, "{digits}");
    let component = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits");
    [component(0), component(2), component(4)]
}

#[test]
fn a_track_has_the_colour_of_its_cover() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("one.wav", 1, 5);
    let picture = library.file("cover.png");
    paint(&picture, [180, 20, 30]);
    let site = Site::at(&scratch.path().join("site"));
    Segue::render(library.path(), site.path()).run_well();
    let id = text(&site.tracks()[0]["id"]).to_owned();
    let path = site.path().join(format!("tracks/{id}/track.json"));
    let told = read_json(&path);
    for ground in ["light", "dark"] {
        let [red, green, blue] = components(&told["accent"][ground]);
        assert!(red > green && red > blue, "{}", told["accent"]);
    }
    // Asked for instead of rendered, it is the same to the byte.
    let asked = scratch.path().join("asked");
    let server = Server::on_demand(&asked, library.path(), &[]);
    let reply = server.get_well(&format!("/tracks/{id}/track.json"));
    assert_eq!(reply.body, fs::read(&path).expect("it is there"));
    drop(server);
    // Another cover is another colour; one without colour is none.
    paint(&picture, [20, 40, 200]);
    Segue::render(library.path(), site.path()).run_well();
    let [red, _, blue] = components(&read_json(&path)["accent"]["light"]);
    assert!(blue > red);
    paint(&picture, [90; 3]);
    Segue::render(library.path(), site.path()).run_well();
    let told = read_json(&path);
    assert!(told["accent"].is_null() && told["cover"].is_string());
}

#[test]
fn a_site_from_before_there_were_accents_is_up_to_date() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("one.wav", 1, 5);
    paint(&library.file("cover.png"), [180, 20, 30]);
    let site = Site::at(&scratch.path().join("site"));
    Segue::render(library.path(), site.path()).run_well();
    let id = text(&site.tracks()[0]["id"]).to_owned();
    let path = site.path().join(format!("tracks/{id}/track.json"));
    let mut old: Value = from_json(&fs::read(&path).expect("it is there")).expect("it is sound");
    let fields = old.as_object_mut().expect("an object");
    for new in ["accent", "checksum"] {
        assert!(fields.shift_remove(new).is_some(), "it has {new}");
    }
    fs::write(&path, to_json(&old)).expect("it can be written");
    let again = Segue::render(library.path(), site.path())
        .with("--json")
        .run_well();
    assert_eq!(again.summary_count("up_to_date"), 1);
    assert_eq!(site.tracks().len(), 1);
    // As it is when the scan index is of an older segue: all sources are read again.
    fs::remove_file(site.path().join(".segue/scan.json")).expect("it is there");
    Segue::render(library.path(), site.path()).run_well();
    assert!(read_json(&path)["accent"]["light"].is_string());
}
