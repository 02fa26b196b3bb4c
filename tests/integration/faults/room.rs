//! Sites without room, and sites that cannot be written: said at once, nothing half, gone on with when there is room.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{consistent, published};
use crate::support::library::Library;
use crate::support::run::{Cost, Outcome, Segue, folder, say};
use crate::support::server::Server;
use crate::support::site::{differences, files_below};
use crate::support::tools::skip_by_privilege;

/// A file system in memory, which goes when this drops.
struct Memory {
    path: PathBuf,
}

impl Memory {
    /// Mounts one of this size, where this process may.
    fn mount(path: &Path, bytes: u64, test: &str) -> Option<Self> {
        fs::create_dir_all(path).expect("a folder");
        let is_mounted = mount(
            &["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"],
            path,
        );
        if !is_mounted {
            skip_by_privilege(test, "a file system cannot be mounted here: it takes root");
            return None;
        }
        Some(Self {
            path: path.to_owned(),
        })
    }

    fn remount(&self, options: &str) {
        let is_done = mount(&["-o", &format!("remount,{options}")], &self.path);
        assert!(is_done, "what is mounted can be mounted anew: {options}");
    }
}

fn mount(arguments: &[&str], path: &Path) -> bool {
    let output = Command::new("mount").args(arguments).arg(path).output();
    output.is_ok_and(|output| output.status.success())
}

impl Drop for Memory {
    fn drop(&mut self) {
        // What still has a file open keeps it; the folder is free all the same.
        let unmounted = Command::new("umount")
            .arg("--lazy")
            .arg(&self.path)
            .status();
        let _gone = unmounted.is_ok_and(|status| status.success());
    }
}

fn check_refused(outcome: &Outcome, site: &Path, reason: &str, advice: &str) {
    let said = &outcome.stderr;
    assert_eq!(outcome.code, Some(1), "{said}");
    let last = said.lines().last().unwrap_or_default();
    for part in [site.to_str().expect("a plain path"), reason, advice] {
        assert!(last.contains(part), "{part:?} is missing: {said}");
    }
}

#[test]
fn a_full_disk_leaves_nothing_half() {
    let test = "faults::room::a_full_disk_leaves_nothing_half";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for seed in 1..=3 {
        library.add_wav(&format!("piece {seed}.wav"), seed, 8);
    }
    let undisturbed = scratch.path().join("undisturbed");
    Segue::render(library.path(), &undisturbed).run_well();
    let room_of = |path: &PathBuf| {
        fs::metadata(path)
            .expect("a file")
            .len()
            .next_multiple_of(4096)
    };
    let needed: u64 = files_below(&undisturbed).iter().map(room_of).sum();
    let disk = scratch.path().join("disk");
    let mut refused = 0;
    for percent in [1, 10, 25, 40, 55, 70, 85, 99] {
        let Some(mounted) = Memory::mount(&disk, (needed * percent / 100).max(4096), test) else {
            return;
        };
        let site = disk.join("site");
        let render = Segue::render(library.path(), &site).with("-q");
        let outcome = render.run();
        check_refused(&outcome, &disk, "No space left", "make room and run again");
        refused += 1;
        consistent::check(&site, &format!("room for {percent} of a hundred"));
        // What was being written is gone, which leaves room for what is there.
        assert_eq!(
            files_below(&site.join(".segue/staging")),
            Vec::<PathBuf>::new()
        );
        mounted.remount(&format!("size={}", 2 * needed));
        render.run_well();
        assert_eq!(
            differences(&published(&undisturbed), &published(&site)),
            Vec::<String>::new()
        );
    }
    say(&format!(
        "{test}: a site of {needed} bytes was refused room {refused} times"
    ));
}

#[test]
fn a_read_only_site_is_refused_before_anything_is_read() {
    let test = "faults::room::a_read_only_site_is_refused_before_anything_is_read";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("piece.wav", 1, 15);
    let disk = scratch.path().join("disk");
    let Some(memory) = Memory::mount(&disk, 64 << 20, test) else {
        return;
    };
    let site = disk.join("site");
    Segue::render(library.path(), &site).run_well();
    memory.remount("ro");
    let before = published(&site);
    for (site, flags) in [
        (&site, ["--bitrate", "96k"]),
        (&disk.join("new"), ["-j", "2"]),
    ] {
        let render = Segue::render(library.path(), site).with("--json");
        let outcome = flags.iter().fold(render, Segue::with).run();
        check_refused(&outcome, &disk, "Read-only file system", "writable");
        let events = outcome.events();
        let told: Vec<&Value> = events.iter().map(|event| &event["event"]).collect();
        assert_eq!(told, ["summary"], "it has read nothing yet");
        let error = events[0]["error"].as_str().expect("why it failed");
        assert!(error.contains("Read-only file system"), "{error}");
        assert!(!outcome.stderr.contains("rendered"), "{}", outcome.stderr);
    }
    let outcome = Segue::new("catalog").with(&site).run();
    check_refused(&outcome, &disk, "Read-only file system", "writable");
    // Who only reads is served.
    let dry = Segue::render(library.path(), &site)
        .with("--dry-run")
        .run_well();
    assert_eq!(dry.stdout, "", "it is up to date");
    let server = Server::start(&site, [""; 0]);
    let id = &server.track_ids()["piece"];
    for segment in server.rendition(id, "original").segments() {
        server.get_well(&segment);
    }
    drop(server);
    assert_eq!(
        differences(&before, &published(&site)),
        Vec::<String>::new()
    );
    memory.remount("rw");
    Segue::render(library.path(), &site)
        .with("--bitrate")
        .with("96k")
        .run_well();
    consistent::check(&site, "writable again");
}
