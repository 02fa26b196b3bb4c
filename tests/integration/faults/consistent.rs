//! Whether a site is consistent: what a reader may rely on at any moment, whoever was interrupted. Written without
//! segue's own code, from what is promised of the published tree.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::checks::verify_checksum;
use crate::support::library::Library;
use crate::support::run::{Segue, folder};
use crate::support::site::{files_below, text};

/// What is wrong with a site; nothing, it is hoped. A site that is not there yet is consistent.
pub(super) fn faults(site: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in files_below(site) {
        let below = path.strip_prefix(site).expect("below the site");
        if below.starts_with(".segue") {
            continue;
        }
        let name = below.file_name().expect("a name").to_string_lossy();
        if name.starts_with('.') || name.contains("tmp") {
            found.push(format!("{} was left behind", below.display()));
        }
        let outcome = match name.as_ref() {
            "catalog.json" => json(&path).and_then(|catalog| check_catalog(site, &catalog)),
            "track.json" => json(&path).and_then(|track| check_track(&path, &track)),
            "manifest.json" => json(&path).and_then(|manifest| check_manifest(&path, &manifest)),
            _ => Ok(()),
        };
        found.extend(
            outcome
                .err()
                .map(|fault| format!("{}: {fault}", below.display())),
        );
    }
    found
}

/// Fails where a site is not consistent, by the look of it or by what `segue verify` says.
pub(super) fn check(site: &Path, when: &str) {
    let found = faults(site);
    assert!(found.is_empty(), "{when}:\n{}", found.join("\n"));
    if site.join("tracks").exists() {
        let verified = Segue::new("verify").with(site).run();
        let said = verified.stdout + &verified.stderr;
        assert_eq!(verified.code, Some(0), "{when}:\n{said}");
    }
}

fn json(path: &Path) -> Result<Value, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    verify_checksum(&bytes)?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

fn is_file(path: &Path) -> Result<(), String> {
    let is_there = path.is_file().then_some(());
    is_there.ok_or_else(|| format!("{} is named and not there", path.display()))
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().expect("it lies in a folder").to_owned()
}

fn check_catalog(site: &Path, catalog: &Value) -> Result<(), String> {
    for track in catalog["tracks"].as_array().ok_or("no tracks")? {
        let folder = site.join("tracks").join(text(&track["id"]));
        is_file(&folder.join("track.json"))?;
        if let Some(cover) = track["cover"].as_str() {
            is_file(&site.join(cover))?;
        }
        for manifest in track["variants"].as_object().ok_or("no variants")?.values() {
            is_file(&site.join(text(manifest)))?;
        }
    }
    Ok(())
}

fn check_track(path: &Path, track: &Value) -> Result<(), String> {
    let Some(cover) = track["cover"].as_str() else {
        return Ok(());
    };
    let bytes = fs::read(folder_of(path).join(cover)).map_err(|error| error.to_string())?;
    let is_right = blake3::hash(&bytes).to_hex().as_str() == text(&track["cover_blake3"]);
    is_right
        .then_some(())
        .ok_or("another cover than its hash tells".to_owned())
}

fn check_manifest(path: &Path, manifest: &Value) -> Result<(), String> {
    let folder = folder_of(path);
    for key in ["init", "hls", "dash"] {
        is_file(&folder.join(text(&manifest[key])))?;
    }
    for segment in manifest["segments"].as_array().ok_or("no segments")? {
        let uri = text(&segment["uri"]);
        let metadata = fs::metadata(folder.join(uri)).map_err(|error| format!("{uri}: {error}"))?;
        if Some(metadata.len()) != segment["bytes"].as_u64() {
            return Err(format!("{uri} has another size"));
        }
    }
    check_hashes(&folder.join(text(&manifest["fingerprint"])))
}

/// `b3sums` is right, and lists all that is there.
pub(super) fn check_hashes(folder: &Path) -> Result<(), String> {
    let list = fs::read_to_string(folder.join("b3sums")).map_err(|error| error.to_string())?;
    if !list.ends_with('\n') {
        return Err("b3sums is cut off".to_owned());
    }
    let mut listed = vec!["b3sums".to_owned()];
    for line in list.lines() {
        let (hash, name) = line
            .split_once("  ")
            .ok_or_else(|| format!("b3sums: {line:?}"))?;
        let bytes = fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
        if blake3::hash(&bytes).to_hex().as_str() != hash {
            return Err(format!("{name} is not as b3sums has it"));
        }
        listed.push(name.to_owned());
    }
    for path in files_below(folder) {
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if !listed.contains(&name) {
            return Err(format!("{name} is not in b3sums"));
        }
    }
    Ok(())
}

#[test]
fn what_is_wrong_is_found() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("piece.wav", 1, 3);
    let site = scratch.path().join("site");
    Segue::render(library.path(), &site).run_well();
    assert_eq!(faults(&site), Vec::<String>::new());
    for path in files_below(&site.join("tracks")) {
        let bytes = fs::read(&path).expect("a file");
        fs::remove_file(&path).expect("it can be removed");
        assert_ne!(
            faults(&site),
            Vec::<String>::new(),
            "without {}",
            path.display()
        );
        fs::write(&path, &bytes[..bytes.len() / 2]).expect("a file");
        assert_ne!(
            faults(&site),
            Vec::<String>::new(),
            "a part of {}",
            path.display()
        );
        fs::write(&path, &bytes).expect("a file");
    }
    fs::write(site.join("tracks/.segue-x"), "").expect("a file");
    assert_ne!(faults(&site), Vec::<String>::new());
}
