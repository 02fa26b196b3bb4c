//! What a manifest tells of what mastering did: gain and curve, for the page to draw.

use std::fs;

use segue::manifest::{from_json, to_json};
use segue::mastering::response_db;
use serde_json::Value;

use crate::support::library::Library;
use crate::support::run::{Segue, folder};
use crate::support::server::Server;
use crate::support::site::{Site, read_json, text};
use crate::support::sound::{Sound, write_wav};

const VARIANTS: [&str; 3] = ["original", "warm", "adaptive@50"];

/// A library of music and of what is too short to be loud, and a site of both in all variants.
fn rendered(scratch: &std::path::Path) -> (Library, Site) {
    let library = Library::at(&scratch.join("library"));
    library.add_wav("music.wav", 1, 12);
    write_wav(&library.file("short.wav"), Sound::Music(2), 44_100, 2, 8820);
    let site = Site::at(&scratch.join("site"));
    Segue::render_presets(library.path(), site.path(), &VARIANTS.join(",")).run_well();
    (library, site)
}

#[test]
fn the_manifest_tells_what_was_decided() {
    let scratch = folder();
    let (library, site) = rendered(scratch.path());
    let renditions = site.all_renditions();
    assert_eq!(renditions.len(), 2 * VARIANTS.len());
    for rendition in &renditions {
        let variant = text(&rendition.manifest["variant"]);
        let applied = &rendition.manifest["applied"];
        if variant == "original" || rendition.title == "short" {
            assert!(applied.is_null(), "{variant}: {applied}");
            continue;
        }
        let mut command = Segue::new("analyze").with(library.file("music.wav"));
        for argument in match variant {
            "warm" => &["--json", "-pwarm"][..],
            _ => &["--json", "-padaptive", "--intensity", "0.5"],
        } {
            command = command.with(argument);
        }
        let told: Value = serde_json::from_str(&command.run_well().stdout).expect("JSON");
        let decision = &told["decision"];
        assert_eq!(applied["gain_db"], decision["gain_db"], "{variant}");
        let bands = decision["equaliser_db"].as_array().expect("bands");
        let bands: Vec<f64> = bands.iter().filter_map(Value::as_f64).collect();
        let bands = bands.try_into().expect("five bands");
        let points = applied["equaliser"].as_array().expect("a curve");
        let spectrum = told["before"]["spectrum"].as_array().expect("a spectrum");
        assert_eq!(points.len(), 31);
        for (point, third) in points.iter().zip(spectrum) {
            assert_eq!(point["hz"], third["hz"]);
            let [hz, db] = ["hz", "db"].map(|key| point[key].as_f64().expect("a number"));
            let wanted = response_db(&bands, hz);
            assert!((db - wanted).abs() < 0.011, "{hz} Hz: {db}, not {wanted}");
        }
    }
    // Before a rendition is complete, the server tells the same of it.
    let asked = scratch.path().join("asked");
    let server = Server::on_demand(&asked, library.path(), &[]);
    for rendition in &renditions {
        let [track, variant] = ["track", "variant"].map(|key| text(&rendition.manifest[key]));
        let path = format!("/tracks/{track}/{variant}/manifest.json");
        let told = server.get_well(&path).json();
        assert!(!asked.join(&path[1..]).exists());
        assert_eq!(told["applied"], rendition.manifest["applied"], "{path}");
    }
}

#[test]
fn a_manifest_from_before_this_was_told_is_up_to_date() {
    let scratch = folder();
    let (library, site) = rendered(scratch.path());
    for rendition in site.all_renditions() {
        let path = rendition.folder.join("manifest.json");
        let bytes = fs::read(&path).expect("it is there");
        let mut old: Value = from_json(&bytes).expect("it is sound");
        let fields = old.as_object_mut().expect("an object");
        for new in ["applied", "checksum"] {
            assert!(fields.shift_remove(new).is_some(), "it has {new}");
        }
        fs::write(&path, to_json(&old)).expect("it can be written");
    }
    let again = Segue::render_presets(library.path(), site.path(), &VARIANTS.join(","))
        .with("--json")
        .run_well();
    assert_eq!(again.summary_count("up_to_date"), 2 * VARIANTS.len() as u64);
    let manifest = site.all_renditions().remove(0).folder.join("manifest.json");
    assert!(read_json(&manifest).get("applied").is_none());
}
