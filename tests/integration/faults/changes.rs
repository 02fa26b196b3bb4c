//! Sources that change, vanish or are replaced while they are read: they fail, by name, and nothing of them is published
//! under an id that is not theirs.

use std::fs;
use std::io::Write;
use std::path::Path;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use notify::event::{AccessKind, EventKind};
use notify::{RecursiveMode, Watcher};

use super::{PATIENCE, Watched, consistent, published};
use crate::support::library::Library;
use crate::support::run::{Cost, Outcome, Segue, folder};
use crate::support::site::{Site, differences, files_below};

/// What happens to a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// Another file is renamed over it.
    Replaced,
    /// Another sound of the same length is written into it.
    WrittenOver,
    /// It is cut in two.
    Truncated,
    /// Something is appended, as while it is downloaded.
    Grown,
    /// It is removed.
    Gone,
    /// A pipe that nobody writes to stands in its place.
    Pipe,
}

impl Change {
    fn happen(self, victim: &Path, other: &Path) {
        let open = || {
            fs::File::options()
                .append(true)
                .open(victim)
                .expect("it is there")
        };
        match self {
            Self::Replaced => fs::rename(other, victim).expect("it can be renamed"),
            Self::WrittenOver => {
                let bytes = fs::read(other).expect("the other");
                let mut file = fs::File::options()
                    .write(true)
                    .open(victim)
                    .expect("it is there");
                file.write_all(&bytes).expect("it can be written over");
            }
            Self::Truncated => {
                let half = fs::metadata(victim).expect("it is there").len() / 2;
                open().set_len(half).expect("it can be cut");
            }
            Self::Grown => open().write_all(b"more").expect("it can grow"),
            Self::Gone => fs::remove_file(victim).expect("it can be removed"),
            Self::Pipe => {
                fs::remove_file(victim).expect("it can be removed");
                mkfifo(victim, Mode::S_IRUSR).expect("a pipe");
            }
        }
    }

    /// Whether what is left is audio.
    fn leaves_audio(self) -> bool {
        !matches!(self, Self::Truncated | Self::Gone | Self::Pipe)
    }
}

fn check_failed(outcome: &Outcome, name: &str) {
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    let reason = outcome.reason_for(name).unwrap_or_default();
    assert!(
        reason.contains("changed while it was read"),
        "{}",
        outcome.stderr
    );
    assert!(reason.contains("run again"), "{}", outcome.stderr);
}

/// Has a source change when a run has told of an event.
fn change(change: Change, event: &str) {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("bystander.wav", 1, 3);
    let site = Site::at(&scratch.path().join("site"));
    let render = || {
        Segue::render(library.path(), site.path())
            .with("--jobs")
            .with("1")
    };
    render().run_well();
    let before = published(site.path());
    let victim = library.add_wav("victim.wav", 2, 40);
    let other = Library::at(&scratch.path().join("elsewhere")).add_wav("other.wav", 3, 40);

    let mut run = Watched::start(render());
    run.wait_for(event);
    run.pause(|| change.happen(&victim, &other));
    check_failed(&run.finish(), "victim.wav");

    let when = format!("{change:?} at {event}");
    consistent::check(site.path(), &when);
    let after = published(site.path());
    assert_eq!(
        differences(&before, &after),
        Vec::<String>::new(),
        "{when}: nothing of it is published"
    );
    let measured = files_below(&site.path().join(".segue/measurements")).len();
    // What was measured before it changed is right.
    assert_eq!(
        measured,
        if event == "segment_rendered" { 2 } else { 1 },
        "{when}"
    );

    let again = render().run();
    assert_eq!(
        again.code,
        Some(i32::from(change == Change::Truncated)),
        "{}",
        again.stderr
    );
    let fresh = scratch.path().join("fresh");
    if change.leaves_audio() {
        Segue::render(library.path(), &fresh).run_well();
        assert_eq!(
            differences(&published(&fresh), &published(site.path())),
            Vec::<String>::new()
        );
    }
}

#[test]
fn a_source_that_changes_before_it_is_measured_fails() {
    let _cost = Cost::of("faults::changes::a_source_that_changes_before_it_is_measured_fails");
    change(Change::Replaced, "planned");
    change(Change::Gone, "planned");
    change(Change::Pipe, "planned");
}

#[test]
fn a_source_that_changes_while_it_is_measured_fails() {
    let _cost = Cost::of("faults::changes::a_source_that_changes_while_it_is_measured_fails");
    change(Change::WrittenOver, "chunk_measured");
    change(Change::Truncated, "chunk_measured");
    change(Change::Gone, "chunk_measured");
}

#[test]
fn a_source_that_changes_while_it_is_rendered_fails() {
    let _cost = Cost::of("faults::changes::a_source_that_changes_while_it_is_rendered_fails");
    change(Change::Replaced, "segment_rendered");
    change(Change::WrittenOver, "segment_rendered");
    change(Change::Grown, "segment_rendered");
    change(Change::Pipe, "segment_rendered");
}

#[test]
fn a_source_that_another_run_knew_is_read_again() {
    let _cost = Cost::of("faults::changes::a_source_that_another_run_knew_is_read_again");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let known = library.add_wav("known.wav", 1, 20);
    let site = Site::at(&scratch.path().join("site"));
    Segue::render(library.path(), site.path()).run_well();
    let before = published(site.path());
    let other = Library::at(&scratch.path().join("elsewhere")).add_wav("other.wav", 2, 20);
    // From the scan index it is known which track it is, so that it is planned unread.
    let render = Segue::render(library.path(), site.path()).with("--force");
    let mut run = Watched::start(render);
    run.wait_for("planned");
    run.pause(|| Change::Replaced.happen(&known, &other));
    check_failed(&run.finish(), "known.wav");
    assert_eq!(
        differences(&before, &published(site.path())),
        Vec::<String>::new()
    );
}

#[test]
fn a_source_that_grows_while_it_is_hashed_fails() {
    let _cost = Cost::of("faults::changes::a_source_that_grows_while_it_is_hashed_fails");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let victim = library.add_wav("victim.wav", 1, 1);
    make_long(&victim, 3 << 28);
    let site = scratch.path().join("site");
    let (told, opened) = std::sync::mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let is_opened =
            |event: notify::Event| matches!(event.kind, EventKind::Access(AccessKind::Open(_)));
        if event.is_ok_and(is_opened) {
            // Only the first is waited for.
            let _heard = told.send(()).is_ok();
        }
    })
    .expect("files can be watched");
    watcher
        .watch(&victim, RecursiveMode::NonRecursive)
        .expect("it is there");
    let run = Watched::start(Segue::render(library.path(), &site));
    opened.recv_timeout(PATIENCE).expect("it is opened in time");
    run.pause(|| Change::Grown.happen(&victim, &victim));
    check_failed(&run.finish(), "victim.wav");
    assert_eq!(
        files_below(&site.join("tracks")).len(),
        0,
        "nothing of it is published"
    );
}

/// Makes a WAV of silence of it that takes a while to read and no room on the disk.
fn make_long(wav: &Path, bytes: u32) {
    let mut header = fs::read(wav).expect("a WAV");
    header.truncate(44);
    header[4..8].copy_from_slice(&(bytes + 36).to_le_bytes());
    header[40..44].copy_from_slice(&bytes.to_le_bytes());
    fs::write(wav, header).expect("it can be written");
    let file = fs::File::options()
        .write(true)
        .open(wav)
        .expect("it is there");
    file.set_len(u64::from(bytes) + 44)
        .expect("it can be made longer");
}
