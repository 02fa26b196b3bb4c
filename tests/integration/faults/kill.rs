//! A run that is killed at any moment leaves a consistent site; the next one ends with what an undisturbed one makes.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{PATIENCE, consistent, copy_folder, published};
use crate::support::library::Library;
use crate::support::run::{Cost, Segue, folder, say};
use crate::support::site::differences;
use crate::support::sound::Noise;

/// What a run that is killed was about.
struct Story {
    name: &'static str,
    library: PathBuf,
    /// The site that it starts with; none where there is none yet.
    before: Option<PathBuf>,
    flags: &'static [&'static str],
    /// What an undisturbed run makes of it.
    after: PathBuf,
    /// How long that takes, from its start, and from its first rename to the catalog.
    whole: Duration,
    publishing: Duration,
}

/// When to kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// At any time.
    Any,
    /// Between the first rename and the catalog.
    WhilePublishing,
}

fn paint(path: &Path, colour: [u8; 3]) {
    let picture = image::RgbImage::from_pixel(90, 90, image::Rgb(colour));
    picture.save(path).expect("the picture can be written");
}

/// A first run, one with other settings, one that renders all again, and one over a library that has changed.
fn stories(scratch: &Path) -> Vec<Story> {
    let library = Library::at(&scratch.join("library"));
    for seed in 1..=3 {
        library.add_wav(&format!("piece {seed}.wav"), seed, 3);
    }
    paint(&library.file("cover.png"), [200, 30, 30]);
    let changed = scratch.join("another library");
    copy_folder(library.path(), &changed);
    paint(&changed.join("cover.png"), [30, 30, 200]);
    Library::at(&changed).add_wav("piece 4.wav", 4, 3);
    fs::remove_file(changed.join("piece 1.wav")).expect("it is there");
    let first = scratch.join("first");
    let story = |name, library: &Path, before: Option<&Path>, flags| {
        let mut story = Story {
            name,
            library: library.to_owned(),
            before: before.map(Path::to_owned),
            flags,
            after: scratch.join(name),
            whole: Duration::ZERO,
            publishing: Duration::ZERO,
        };
        story.tell();
        story
    };
    vec![
        story("first", library.path(), None, &[]),
        story(
            "settings",
            library.path(),
            Some(&first),
            &["--bitrate", "96k"],
        ),
        story(
            "force",
            library.path(),
            Some(&first),
            &["--force", "--whole-file"],
        ),
        story("changed", &changed, Some(&first), &[]),
    ]
}

impl Story {
    /// Begins anew.
    fn prepare(&self, site: &Path) {
        if let Some(before) = &self.before {
            copy_folder(before, site);
        }
    }

    fn run(&self, site: &Path) -> Segue {
        let segue = Segue::render_presets(&self.library, site, "original,warm").with("-q");
        self.flags.iter().fold(segue, Segue::with)
    }

    fn start(&self, site: &Path) -> Child {
        let mut command = self.run(site).command();
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("segue should start")
    }

    /// Lets it run undisturbed.
    fn tell(&mut self) {
        self.prepare(&self.after);
        let catalog = inode(&self.after.join("catalog.json"));
        let before = names(&self.after);
        let began = Instant::now();
        let mut child = self.start(&self.after);
        await_rename(&self.after, &before, &mut child);
        let first = Instant::now();
        while inode(&self.after.join("catalog.json")) == catalog && !has_ended(&mut child) {
            sleep(POLL);
        }
        self.publishing = first.elapsed();
        assert!(
            child.wait().expect("it ends").success(),
            "{} runs well",
            self.name
        );
        self.whole = began.elapsed();
        consistent::check(&self.after, self.name);
    }

    /// Kills a run, looks at what it left, and lets another one run to its end. Tells where it was killed, if it had not
    /// come to its end before.
    fn disturb(&self, site: &Path, moment: Moment, chance: f64) -> Option<Killed> {
        self.prepare(site);
        let (catalog, before) = (inode(&site.join("catalog.json")), names(site));
        let mut child = self.start(site);
        match moment {
            Moment::Any => sleep(self.whole.mul_f64(chance)),
            Moment::WhilePublishing => {
                await_rename(site, &before, &mut child);
                sleep(self.publishing.mul_f64(0.9 * chance));
            }
        }
        child
            .kill()
            .expect("a process that was not waited for can be told");
        let has_been_killed = child.wait().expect("it ends").code().is_none();
        let is_between = is_renamed(site, &before) && inode(&site.join("catalog.json")) == catalog;
        let when = format!("{} killed: {moment:?} {chance:.3}", self.name);
        consistent::check(site, &when);
        self.run(site).run_well();
        consistent::check(site, &when);
        assert_eq!(
            differences(&published(&self.after), &published(site)),
            Vec::<String>::new(),
            "{when}"
        );
        let staging = fs::read_dir(site.join(".segue/staging")).expect("it is there");
        assert_eq!(staging.count(), 0, "{when}: nothing is left in staging");
        fs::remove_dir_all(site).expect("it can be removed");
        has_been_killed.then_some(if is_between {
            Killed::Between
        } else {
            Killed::Elsewhere
        })
    }
}

/// Where a run was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Killed {
    /// After the first rename, and before the catalog.
    Between,
    Elsewhere,
}

/// How often a folder is looked at: a rename is seen soon, and the process left to run.
const POLL: Duration = Duration::from_micros(300);

/// By which a file is known to be the same; none where there is none.
fn inode(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|metadata| metadata.ino())
}

/// What stands in the folders of tracks, down to the names of renditions' folders.
fn names(site: &Path) -> BTreeSet<(PathBuf, u64)> {
    let mut found = BTreeSet::new();
    let mut level = vec![site.join("tracks")];
    for _ in 0..3 {
        let entries = level
            .iter()
            .filter_map(|folder| fs::read_dir(folder).ok())
            .flatten();
        let paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        found.extend(
            paths
                .iter()
                .filter_map(|path| Some((path.clone(), inode(path)?))),
        );
        level = paths.into_iter().filter(|path| path.is_dir()).collect();
    }
    found
}

fn has_ended(child: &mut Child) -> bool {
    child.try_wait().expect("it can be asked").is_some()
}

/// Whether anything has been renamed into its place. New folders come before what is renamed into them.
fn is_renamed(site: &Path, before: &BTreeSet<(PathBuf, u64)>) -> bool {
    let now = names(site);
    now.difference(before)
        .any(|(path, _)| !path.is_dir() || path.join("b3sums").exists())
}

/// Waits for a rename; or for the end of the process, where there is nothing to change.
fn await_rename(site: &Path, before: &BTreeSet<(PathBuf, u64)>, child: &mut Child) {
    let began = Instant::now();
    while !is_renamed(site, before) && !has_ended(child) {
        assert!(began.elapsed() < PATIENCE, "a rename in time");
        sleep(POLL);
    }
}

fn kill_often(times: usize) {
    let scratch = folder();
    let stories = stories(scratch.path());
    let site = scratch.path().join("site");
    let mut noise = Noise::seeded(times as u64);
    let (mut tries, mut killed, mut between) = (0, 0, 0);
    while killed < times || 4 * between < times {
        assert!(
            tries < 3 * times,
            "{killed} of {tries} runs were killed, {between} while publishing"
        );
        let moment = if tries % 3 == 0 {
            Moment::WhilePublishing
        } else {
            Moment::Any
        };
        let chance = f64::midpoint(noise.next(), 1.0);
        let end = stories[tries % stories.len()].disturb(&site, moment, chance);
        killed += usize::from(end.is_some());
        between += usize::from(end == Some(Killed::Between));
        tries += 1;
    }
    say(&format!(
        "killed {killed} of {tries} runs, {between} of them between the first rename and the catalog"
    ));
}

#[test]
fn a_killed_run_leaves_a_site_that_the_next_one_completes() {
    let _cost = Cost::of("faults::kill::a_killed_run_leaves_a_site_that_the_next_one_completes");
    kill_often(20);
}

#[test]
#[ignore = "takes long: make soak"]
fn two_hundred_killed_runs() {
    let _cost = Cost::of("faults::kill::two_hundred_killed_runs");
    kill_often(200);
}
