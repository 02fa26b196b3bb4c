//! `segue prune`, killed at each call by which it changes the disk: the site is consistent, `segue verify` finds nothing,
//! and pruned again it ends as if nobody had disturbed it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{consistent, copy_folder, published};
use crate::support::library::Library;
use crate::support::run::{Cost, Segue, folder, say};
use crate::support::site::{Site, differences, files_below, text};
use crate::support::tools::skip;

/// The calls that change names: all that prune does to a disk, but for writing files, which count when they are renamed.
const CHANGES: [&str; 6] = [
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
];

/// A site with something left over of each kind that renders make: a track whose source is gone, renditions that others
/// have replaced, one that was published before its manifest, a cover that is named no more, and what a killed run
/// left in staging.
fn site_to_prune(scratch: &Path) -> PathBuf {
    let library = Library::at(&scratch.join("library"));
    for seed in 1..=2 {
        library.add_wav(&format!("piece {seed}.wav"), seed, 3);
    }
    let picture = image::RgbImage::from_pixel(90, 90, image::Rgb([200, 30, 30]));
    let cover = library.file("cover.png");
    picture.save(&cover).expect("the picture can be written");
    let site = scratch.join("site");
    let render = || Segue::render_presets(library.path(), &site, "original,warm").with("-q");
    render().run_well();
    fs::remove_file(&cover).expect("it is there");
    fs::remove_file(library.file("piece 1.wav")).expect("it is there");
    render().with("--bitrate").with("96k").run_well();
    let tracks = Site::at(&site).tracks();
    let stays = tracks.iter().find(|track| track["title"] == "piece 2");
    let stays = site
        .join("tracks")
        .join(text(&stays.expect("it is listed")["id"]));
    copy_folder(&stays.join("warm"), &stays.join("bright"));
    fs::remove_file(stays.join("bright/manifest.json")).expect("it is there");
    fs::create_dir(site.join(".segue/staging/begun")).expect("a folder");
    fs::write(site.join(".segue/staging/begun/0.m4s"), "half").expect("a file");
    site
}

/// All that is published, and what segue keeps for itself of it; locks are nobody's.
fn kept(site: &Path) -> BTreeMap<PathBuf, String> {
    let mut all = published(site);
    for path in files_below(&site.join(".segue")) {
        let name = path.strip_prefix(site).expect("below the site").to_owned();
        let bytes = fs::read(&path).expect("it can be read");
        if !name.ends_with("lock") {
            all.insert(name, blake3::hash(&bytes).to_string());
        }
    }
    all
}

/// All folders: an empty one that is left is left over, too.
fn folders(site: &Path) -> Vec<PathBuf> {
    let walked = walkdir::WalkDir::new(site).sort_by_file_name();
    let entries = walked.into_iter().map(|entry| entry.expect("an entry"));
    let folders = entries.filter(|entry| entry.file_type().is_dir());
    let below = |entry: walkdir::DirEntry| entry.path().strip_prefix(site).map(Path::to_owned);
    folders
        .map(|entry| below(entry).expect("below the site"))
        .collect()
}

/// What came of a prune that was to be killed at a call.
#[derive(Debug, PartialEq, Eq)]
enum Killed {
    Yes,
    /// It has not so many calls.
    No,
    /// There is no strace, or it may not look.
    CannotBe,
}

/// Kills a prune as it enters such a call for the n-th time: the call is not made any more.
fn kill_at(site: &Path, call: &str, nth: usize) -> Killed {
    let command = Segue::new("prune").with(site).with("--quiet").command();
    let mut traced = Command::new("strace");
    traced.args(["-f", "-o", "/dev/null", "-e", "signal=none", "-e"]);
    traced.arg(format!("inject={call}:signal=KILL:when={nth}"));
    traced.arg(command.get_program()).args(command.get_args());
    let Ok(output) = traced.stdin(Stdio::null()).output() else {
        return Killed::CannotBe;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("strace:") {
        return Killed::CannotBe;
    }
    // strace ends as its child did.
    match output.status.code() {
        Some(0) => Killed::No,
        Some(code) => panic!("prune has failed with {code}: {said}"),
        None => Killed::Yes,
    }
}

#[test]
fn a_prune_that_is_killed_anywhere_is_completed_by_the_next() {
    let test = "faults::pruned::a_prune_that_is_killed_anywhere_is_completed_by_the_next";
    let _cost = Cost::of(test);
    let scratch = folder();
    let before = site_to_prune(scratch.path());
    consistent::check(&before, "before");
    let undisturbed = scratch.path().join("undisturbed");
    copy_folder(&before, &undisturbed);
    let prune = |site: &Path| Segue::new("prune").with(site).run_well();
    prune(&undisturbed);
    consistent::check(&undisturbed, "undisturbed");
    let gone =
        files_below(&before.join("tracks")).len() - files_below(&undisturbed.join("tracks")).len();
    let site = scratch.path().join("killed");
    let mut kills = 0;
    for call in CHANGES {
        for nth in 1.. {
            copy_folder(&before, &site);
            let killed = kill_at(&site, call, nth);
            if killed == Killed::CannotBe {
                let reason =
                    "strace is not installed, or may not look (Debian: apt-get install strace)";
                skip(test, reason);
                return;
            }
            let when = format!("{killed:?}, killed at {call} number {nth}");
            consistent::check(&site, &when);
            prune(&site);
            consistent::check(&site, &when);
            let differences = differences(&kept(&undisturbed), &kept(&site));
            assert_eq!(differences, Vec::<String>::new(), "{when}");
            assert_eq!(folders(&undisturbed), folders(&site), "{when}");
            fs::remove_dir_all(&site).expect("it can be removed");
            if killed == Killed::No {
                break;
            }
            kills += 1;
        }
    }
    say(&format!(
        "{test}: killed at each of {kills} changes; {gone} published files went"
    ));
    assert!(
        kills > gone,
        "each file that went is a change, and there are folders"
    );
}
