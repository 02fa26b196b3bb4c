//! A power cut takes what was written and not synced: nothing that a JSON file names may be among that when the file
//! appears. Held against the system calls of real runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::consistent;
use super::traced::{Call, Disk, calls};
use crate::support::library::Library;
use crate::support::run::{Cost, Segue, folder, say};
use crate::support::site::{files_below, read_json, text};
use crate::support::tools::skip;

/// The calls that change a disk, or make changes safe.
const CHANGES: &str = "trace=open,openat,creat,write,pwrite64,writev,ftruncate,copy_file_range,sendfile,fsync,fdatasync,\
    sync,syncfs,rename,renameat,renameat2,mkdir,mkdirat,link,linkat,unlink,unlinkat,rmdir";

/// Runs with every such call in a log. None where there is no strace.
fn trace(segue: &Segue, log: &Path) -> Option<Vec<Call>> {
    let command = segue.command();
    let mut traced = Command::new("strace");
    traced.args([
        "-f",
        "-y",
        "-s",
        "16",
        "-e",
        CHANGES,
        "-e",
        "signal=none",
        "-o",
    ]);
    traced
        .arg(log)
        .arg(command.get_program())
        .args(command.get_args());
    let output = traced.stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    // Where no process may look at another, as in some containers.
    if said.contains("PTRACE_TRACEME") || said.contains("ptrace(") {
        return None;
    }
    assert!(output.status.success(), "{said}");
    let log = fs::read(log).expect("strace has written it");
    Some(calls(&String::from_utf8_lossy(&log)))
}

/// Goes through a run, and holds every published file to be safe when it appears, and all that it names.
fn check(site: &Path, calls: &[Call]) -> (usize, usize) {
    let mut disk = Disk::default();
    let mut published = 0;
    for call in calls {
        if let (true, [from, to]) = (call.name.starts_with("rename"), call.paths.as_slice()) {
            let is_public = to.starts_with(site) && !to.starts_with(site.join(".segue"));
            if is_public {
                published += 1;
                let at_risk = disk.unsafe_below(from);
                assert!(
                    at_risk.is_empty(),
                    "{} is published before {at_risk:?} are safe",
                    to.display()
                );
                check_named(&disk, site, to);
            }
        }
        disk.take(call);
    }
    // Nothing is in doubt at the end.
    let in_doubt = disk.unsafe_below(site).into_iter();
    let in_doubt: Vec<PathBuf> = in_doubt
        .filter(|path| !path.starts_with(site.join(".segue")))
        .collect();
    assert_eq!(in_doubt, [site; 0], "not safe when the run has ended");
    (published, disk.syncs)
}

/// What a JSON file names is safe when the file is about to appear. What it will say is read from what it says now: no
/// run publishes the same file twice with other names in it, but track.json, which names its cover only at last.
fn check_named(disk: &Disk, site: &Path, json: &Path) {
    let folder = json.parent().expect("it lies in a folder");
    let named: Vec<PathBuf> = match json.file_name().and_then(|name| name.to_str()) {
        Some("manifest.json") => vec![folder.join(text(&read_json(json)["fingerprint"]))],
        Some("track.json") => {
            let cover = read_json(json)["cover"]
                .as_str()
                .map(|cover| folder.join(cover));
            cover.into_iter().collect()
        }
        Some("catalog.json") => {
            let catalog = read_json(json);
            let tracks = catalog["tracks"].as_array().expect("tracks");
            tracks
                .iter()
                .flat_map(|track| named_by_catalog(site, track))
                .collect()
        }
        _ => Vec::new(),
    };
    for named in named {
        let at_risk = disk.unsafe_below(&named);
        assert!(
            at_risk.is_empty(),
            "{} appears before {at_risk:?} are safe",
            json.display()
        );
        // The folders that both stand in are lost with both, or with neither.
        assert!(
            !disk.is_name_unsafe(&named, folder),
            "{} appears before the name of {} is safe",
            json.display(),
            named.display()
        );
    }
}

/// The manifests of a track, its description and its cover.
fn named_by_catalog(site: &Path, track: &Value) -> Vec<PathBuf> {
    let variants = track["variants"].as_object().expect("variants").values();
    let cover = track["cover"].as_str().map(|cover| site.join(cover));
    let description = site
        .join("tracks")
        .join(text(&track["id"]))
        .join("track.json");
    let manifests = variants.map(|manifest| site.join(text(manifest)));
    manifests.chain(cover).chain([description]).collect()
}

#[test]
fn what_is_named_is_synced_before() {
    let test = "faults::power::what_is_named_is_synced_before";
    let _cost = Cost::of(test);
    let scratch = folder();
    let path = scratch.path().canonicalize().expect("it is there");
    let library = Library::at(&path.join("library"));
    for seed in 1..=3 {
        library.add_wav(&format!("piece {seed}.wav"), seed, 14);
    }
    let paint = |colour| {
        let picture = image::RgbImage::from_pixel(90, 90, image::Rgb(colour));
        picture.save(library.file("cover.png")).expect("a picture");
    };
    let site = path.join("not yet there/site");
    for (run, (flags, colour)) in [
        (["--jobs", "2"].as_slice(), [200, 0, 0]),
        (&["--bitrate", "96k", "--whole-file"], [200, 0, 0]),
        (&["--force"], [0, 0, 200]),
    ]
    .into_iter()
    .enumerate()
    {
        paint(colour);
        let render = Segue::render_presets(library.path(), &site, "original,warm");
        let render = flags.iter().fold(render, Segue::with);
        let Some(calls) = trace(&render, &path.join(format!("calls-{run}"))) else {
            skip(
                test,
                "strace is not installed, or may not look (Debian: apt-get install strace)",
            );
            return;
        };
        let (published, syncs) = check(&site, &calls);
        consistent::check(&site, "traced");
        let files = files_below(&site).len();
        say(&format!(
            "{test}: {flags:?}: {published} renames, {syncs} syncs, {files} files there"
        ));
        assert!(published > 10 || run == 2, "the renames were seen");
        // A file costs one, and a rendition its folder, the one above, and its manifest: not one for each name.
        assert!(syncs <= 2 * files, "{syncs} for {files} files");
    }
    // A run that changes nothing waits for no disk.
    let render = Segue::render_presets(library.path(), &site, "original,warm");
    let calls = trace(&render, &path.join("calls")).expect("it was there before");
    let (published, syncs) = check(&site, &calls);
    assert_eq!(
        (published, syncs),
        (0, 0),
        "nothing is written, nothing is waited for"
    );
}
