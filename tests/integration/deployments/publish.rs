//! `examples/publish`: real rsync and rclone bring a changed site over an older one, and whatever a JSON file names is
//! there: after each of their calls, which is where an interruption leaves it, and while they run.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use image::{Rgb, RgbImage};
use serde_json::Value;

use super::{are_there_or_skip, example, told};
use crate::support::checks::verify_checksum;
use crate::support::library::Library;
use crate::support::processes::{Process, free_port};
use crate::support::run::{Cost, Segue, folder};
use crate::support::site::{Site, files_below, text};

/// What a JSON file of a site names, as paths; or what is wrong with the file.
fn named(file: &Path) -> Result<Vec<PathBuf>, String> {
    let bytes = fs::read(file).map_err(|error| error.to_string())?;
    verify_checksum(&bytes)?;
    let json: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let list = |key: &str| json[key].as_array().cloned().unwrap_or_default();
    let mut uris = vec![json["cover"].clone(), json["init"].clone()];
    uris.extend([json["hls"].clone(), json["dash"].clone()]);
    for track in list("tracks") {
        uris.push(format!("tracks/{}/track.json", text(&track["id"])).into());
        uris.push(track["cover"].clone());
        let variants = track["variants"].as_object().expect("variants by name");
        uris.extend(variants.values().cloned());
    }
    uris.extend(
        list("segments")
            .iter()
            .map(|segment| segment["uri"].clone()),
    );
    let folder = file.parent().expect("a file lies in a folder");
    let uris = uris.iter().filter(|uri| !uri.is_null());
    Ok(uris.map(|uri| folder.join(text(uri))).collect())
}

/// What is named and not there. A file that is named by what was replaced meanwhile is not meant.
fn broken(site: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    let is_json = |file: &PathBuf| {
        ["catalog.json", "track.json", "manifest.json"]
            .iter()
            .any(|name| file.ends_with(name))
    };
    for file in files_below(site).into_iter().filter(is_json) {
        let Ok(before) = fs::read(&file) else {
            continue;
        };
        let still_says_so = || fs::read(&file).is_ok_and(|now| now == before);
        match named(&file) {
            Ok(paths) => {
                let missing = paths.iter().find(|path| !path.is_file());
                if let Some(path) = missing.filter(|_| still_says_so()) {
                    faults.push(format!("{} names {}", file.display(), path.display()));
                }
            }
            Err(fault) if still_says_so() => faults.push(format!("{}: {fault}", file.display())),
            Err(_) => {}
        }
    }
    faults
}

/// A site of a library as it is now.
fn render(library: &Library, site: &Path, bitrate: &str) -> Site {
    Segue::render(library.path(), site)
        .with("--bitrate")
        .with(bitrate)
        .run_well();
    Site::at(site)
}

fn paint(path: &Path, colour: [u8; 3]) {
    RgbImage::from_pixel(32, 32, Rgb(colour))
        .save(path)
        .expect("a picture can be saved");
}

/// Puts a program in front of the real one that keeps a copy of the destination after each of its calls.
fn watched(tool: &str, scratch: &Path, destination: &Path) -> (PathBuf, PathBuf) {
    let (programs, snapshots) = (scratch.join("programs"), scratch.join("snapshots"));
    for folder in [&programs, &snapshots] {
        fs::create_dir_all(folder).expect("a folder");
    }
    let path = std::env::var("PATH").expect("there is a path");
    let script = format!(
        "#!/bin/sh\nset -e\nPATH='{path}' {tool} \"$@\"\n\
         number=$(ls '{snapshots}' | wc -l)\ncp -a '{destination}' '{snapshots}/'$((100 + number))\n",
        snapshots = snapshots.display(),
        destination = destination.display(),
    );
    let program = programs.join(tool);
    fs::write(&program, script).expect("a file");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it may run");
    (programs, snapshots)
}

fn publish(tool: &str, site: &Path, destination: &Path, programs: Option<&Path>) {
    let path = std::env::var("PATH").expect("there is a path");
    let path = programs.map_or(path.clone(), |first| format!("{}:{path}", first.display()));
    let output = Command::new(example(&format!("publish/publish-{tool}")))
        .arg(site)
        .arg(destination)
        .env("PATH", path)
        // rclone without a configuration of its own, and without a word about that.
        .env("RCLONE_CONFIG", "")
        .output()
        .expect("the script runs");
    assert!(output.status.success(), "{}", told(&output));
    // Where something is left behind, they say so and succeed all the same.
    assert!(output.stderr.is_empty(), "{}", told(&output));
}

/// All published files with their bytes.
fn published(site: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    files_below(site)
        .into_iter()
        .filter(|path| !path.starts_with(site.join(".segue")))
        .map(|path| {
            let bytes = fs::read(&path).expect("a published file can be read");
            (path.strip_prefix(site).expect("in the site").into(), bytes)
        })
        .collect()
}

/// How files appear at the destination.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Files {
    /// Each at once, as objects do in a store.
    AtOnce,
    /// As they are written, which is how rclone 1.60 writes into a folder: within a call nothing can be said.
    Written,
}

/// The live site is whole from the first call to the last, and a run that was interrupted after any call is completed by
/// the next one. `resumed` says after which.
fn keeps_a_live_site_whole(tool: &str, files: Files, resumed: impl Fn(usize) -> bool) {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let cover = library.file("cover.png");
    library.add_wav("stays.wav", 1, 8);
    let removed = library.add_wav("goes.wav", 2, 8);
    paint(&cover, [200, 30, 30]);
    let before = render(&library, &scratch.path().join("before"), "192k");
    let live = scratch.path().join("live");
    publish(tool, before.path(), &live, None);
    assert_eq!(published(&live), published(before.path()));

    // A track goes, one comes, one gets another cover, and all another bit rate.
    fs::remove_file(removed).expect("it was made");
    library.add_wav("comes.wav", 3, 8);
    paint(&cover, [30, 30, 200]);
    let after = render(&library, &scratch.path().join("after"), "96k");
    // What someone keeps there is none of the script's business.
    fs::create_dir(live.join(".segue")).expect("a folder");
    fs::write(live.join(".segue/own"), "kept").expect("a file");

    let (programs, snapshots) = watched(tool, scratch.path(), &live);
    let done = AtomicBool::new(false);
    let (looks, faults) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut looks, mut faults) = (0, Vec::new());
            while files == Files::AtOnce && !done.load(Ordering::Relaxed) {
                faults.extend(broken(&live));
                looks += 1;
            }
            (looks, faults)
        });
        publish(tool, after.path(), &live, Some(&programs));
        done.store(true, Ordering::Relaxed);
        reader.join().expect("the reader does not panic")
    });
    assert!(faults.is_empty(), "while {tool} ran: {faults:?}");
    assert_eq!(looks > 1, files == Files::AtOnce, "someone looked");
    assert_eq!(fs::read(live.join(".segue/own")).expect("kept"), b"kept");
    assert_eq!(published(&live), published(after.path()));

    let mut stops: Vec<PathBuf> = fs::read_dir(&snapshots)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    stops.sort();
    assert!(stops.len() > 7, "{tool} was called for each step");
    for (number, stop) in stops.iter().enumerate() {
        assert_eq!(broken(stop), [""; 0], "after call {number} of {tool}");
        if resumed(number) {
            publish(tool, after.path(), stop, None);
            assert_eq!(published(stop), published(after.path()));
        }
    }
}

#[test]
fn rsync_keeps_a_live_site_whole() {
    let test = "deployments::publish::rsync_keeps_a_live_site_whole";
    let _cost = Cost::of(test);
    if are_there_or_skip(test, &["rsync"]) {
        keeps_a_live_site_whole("rsync", Files::AtOnce, |_| true);
    }
}

#[test]
fn rclone_keeps_a_live_site_whole() {
    let test = "deployments::publish::rclone_keeps_a_live_site_whole";
    let _cost = Cost::of(test);
    // Each run takes seconds: one interruption among what is copied, one among what is deleted.
    if are_there_or_skip(test, &["rclone"]) {
        keeps_a_live_site_whole("rclone", Files::Written, |number| {
            number == 3 || number == 11
        });
    }
}

/// What rclone sends with each file, by the file's ending: its type, and how long it may be kept.
#[test]
fn rclone_sends_types_and_how_long_to_keep() {
    let test = "deployments::publish::rclone_sends_types_and_how_long_to_keep";
    let _cost = Cost::of(test);
    if !are_there_or_skip(test, &["rclone"]) {
        return;
    }
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("piece.wav", 1, 8);
    let site = render(&library, &scratch.path().join("site"), "96k");
    let (store, port) = (scratch.path().join("store"), free_port());
    fs::create_dir(&store).expect("a folder");
    // A folder keeps no headers: a server that is sent them has them in its requests.
    let _server = Process::start(
        Command::new("rclone")
            .args(["serve", "webdav", "--addr", &format!("127.0.0.1:{port}")])
            .arg(&store)
            .env("RCLONE_CONFIG", ""),
    );
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "the server answers"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = Command::new(example("publish/publish-rclone"))
        .arg(site.path())
        .arg(format!(":webdav,url='http://127.0.0.1:{port}':"))
        .args(["-vv", "--dump", "headers"])
        .env("RCLONE_CONFIG", "")
        .output()
        .expect("the script runs");
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(published(&store), published(site.path()));

    let log = String::from_utf8_lossy(&output.stderr).replace('\r', "");
    let mut sent = 0;
    for request in log.split(" PUT /").skip(1) {
        let headers = request.split("\n\n").next().expect("a part");
        let name = headers.split(" HTTP/").next().expect("a part");
        let keep = match name.matches('/').count() {
            4 => "Cache-Control: public, max-age=31536000, immutable\n",
            _ => "Cache-Control: no-cache\n",
        };
        let kind = match Path::new(name)
            .extension()
            .and_then(|ending| ending.to_str())
        {
            Some("m4s" | "mp4") => "Content-Type: audio/mp4\n",
            Some("m3u8") => "Content-Type: application/vnd.apple.mpegurl\n",
            Some("mpd") => "Content-Type: application/dash+xml\n",
            _ => "Content-Type: ",
        };
        assert!(
            headers.contains(keep) && headers.contains(kind),
            "{headers}"
        );
        sent += 1;
    }
    assert_eq!(sent, published(site.path()).len(), "each file was seen");
}

#[test]
fn an_empty_folder_empties_no_live_site() {
    let scratch = folder();
    let (empty, live) = (scratch.path().join("empty"), scratch.path().join("live"));
    fs::create_dir(&empty).expect("a folder");
    fs::create_dir(&live).expect("a folder");
    fs::write(live.join("catalog.json"), "{}").expect("a file");
    for tool in ["rsync", "rclone"] {
        let output = Command::new(example(&format!("publish/publish-{tool}")))
            .arg(&empty)
            .arg(&live)
            .output()
            .expect("the script runs");
        assert_eq!(output.status.code(), Some(2), "{}", told(&output));
        assert!(told(&output).contains("it is no site"), "{}", told(&output));
        assert!(live.join("catalog.json").is_file());
    }
}
