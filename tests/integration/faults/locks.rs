//! Two at one site: one of them writes, and the other is told who does; those who read never see a mix.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::{Watched, consistent};
use crate::support::checks::verify_checksum;
use crate::support::library::Library;
use crate::support::run::{Cost, Outcome, Segue, folder, say};
use crate::support::server::{Reply, Server};
use crate::support::site::text;
use crate::support::told::{Told, manifest_path};

/// Two pieces of this many seconds.
fn small_library(scratch: &Path, seconds: usize) -> Library {
    let library = Library::at(&scratch.join("library"));
    for seed in 1..=2 {
        library.add_wav(&format!("piece {seed}.wav"), seed, seconds);
    }
    library
}

fn check_refused(outcome: &Outcome, holder: &str, site: &Path) {
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    let told = format!("{holder} has `{}`", site.display());
    assert!(outcome.stderr.contains(&told), "{told}: {}", outcome.stderr);
}

#[test]
fn who_comes_second_is_told_who_was_first() {
    let _cost = Cost::of("faults::locks::who_comes_second_is_told_who_was_first");
    let scratch = folder();
    let library = small_library(scratch.path(), 90);
    let site = scratch.path().join("site");
    let render = || Segue::render(library.path(), &site);
    let mut first = Watched::start(render().with("--jobs").with("1"));
    first.wait_for("scanned");
    let holder = format!("segue render (process {})", first.process());
    first.pause(|| {
        check_refused(&render().run(), &holder, &site);
        let serve = Segue::new("serve")
            .with(&site)
            .with("--library")
            .with(library.path());
        check_refused(
            &serve.with("--bind").with("127.0.0.1:0").run(),
            &holder,
            &site,
        );
        // What writes nothing waits for nobody.
        render().with("--dry-run").run_well();
    });
    assert_eq!(first.finish().code, Some(0), "the first was not disturbed");
    consistent::check(&site, "two runs");

    let server = Server::on_demand(&site, library.path(), &[]);
    let holder = format!("segue serve (process {})", server.process());
    check_refused(&render().run(), &holder, &site);
    check_refused(&Segue::new("catalog").with(&site).run(), &holder, &site);
    drop(server);
    render().run_well();
}

#[test]
fn the_lock_of_a_killed_run_is_free() {
    let _cost = Cost::of("faults::locks::the_lock_of_a_killed_run_is_free");
    let scratch = folder();
    let library = small_library(scratch.path(), 90);
    let site = scratch.path().join("site");
    let render = || Segue::render(library.path(), &site);
    let mut first = Watched::start(render());
    first.wait_for("started");
    let process = first.process();
    first.kill();
    let lock = std::fs::read_to_string(site.join(".segue/lock")).expect("it lies there");
    assert!(lock.contains(&format!("process {process}")), "{lock}");
    render().run_well();
    consistent::check(&site, "after a killed run");
}

/// What one listener saw.
#[derive(Default)]
struct Seen {
    fingerprints: std::collections::BTreeSet<String>,
    rounds: usize,
    covers: usize,
}

impl Seen {
    /// Plays all that there is, once, and holds it against what is told of it.
    fn listen(&mut self, server: &Server) {
        for id in server.track_ids().into_values() {
            let path = manifest_path(&id, "original");
            let reply = server.get_well(&path);
            verify_checksum(&reply.body).expect("a whole manifest");
            let told = Told::read(&path, &reply);
            let hashes = server.get_well(&told.file("b3sums")).text();
            let segments = told.manifest["segments"].as_array().expect("segments");
            for (segment, path) in segments.iter().zip(told.segments()) {
                let reply = server.get_well(&path);
                assert_eq!(Some(reply.body.len() as u64), segment["bytes"].as_u64());
                check_hash(&hashes, &path, &reply);
            }
            let init = told.file("init.mp4");
            check_hash(&hashes, &init, &server.get_well(&init));
            self.fingerprints.insert(told.fingerprint().to_owned());
            self.look(server, &id);
        }
        self.rounds += 1;
    }

    /// Looks at a cover: where what is told of it is the same before and after, it is told of this one.
    fn look(&mut self, server: &Server, id: &str) {
        let tell = || server.get_well(&format!("/tracks/{id}/track.json"));
        let before = tell();
        let cover = before.json()["cover"].as_str().map(ToOwned::to_owned);
        let Some(cover) = cover else { return };
        let cover = server.get_well(&format!("/tracks/{id}/{cover}"));
        if tell().body == before.body {
            let told: Value = before.json();
            let hash = blake3::hash(&cover.body).to_string();
            assert_eq!(text(&told["cover_blake3"]), hash);
            self.covers += 1;
        }
    }
}

/// Says that it is over when it drops, also where a run has failed.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn check_hash(hashes: &str, path: &str, reply: &Reply) {
    let name = path.rsplit('/').next().expect("a name");
    let line = format!("{}  {name}", blake3::hash(&reply.body));
    assert!(
        hashes.lines().any(|listed| listed == line),
        "{path} is of another rendition"
    );
}

/// Covers, settings and tracks change, and all is read back meanwhile, over and over.
#[test]
fn verify_beside_a_run_finds_nothing() {
    let _cost = Cost::of("faults::locks::verify_beside_a_run_finds_nothing");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let site = scratch.path().join("site");
    for seed in 1..=24 {
        let folder = Library::at(&library.file(&format!("{seed}")));
        folder.add_wav("piece.wav", seed, 1);
    }
    let paint = |colour| {
        let picture = image::RgbImage::from_pixel(9, 9, image::Rgb(colour));
        for folder in std::fs::read_dir(library.path()).expect("a library") {
            let cover = folder.expect("a folder").path().join("cover.png");
            picture.save(cover).expect("a picture");
        }
    };
    let render = |flags: &[&str]| {
        let render = Segue::render(library.path(), &site).with("--whole-file");
        flags.iter().fold(render, Segue::with).run_well();
    };
    paint([200, 0, 0]);
    render(&[]);
    let is_over = AtomicBool::new(false);
    let rounds = std::thread::scope(|scope| {
        let checking = scope.spawn(|| {
            let mut rounds = 0;
            while !is_over.load(Ordering::Relaxed) {
                let read = Segue::new("verify").with(&site).with("-j1").run();
                assert_eq!(read.code, Some(0), "{}{}", read.stdout, read.stderr);
                rounds += 1;
            }
            rounds
        });
        let over = Over(&is_over);
        for (round, colour) in [[0, 200, 0], [0, 0, 200], [90, 90, 0], [200, 0, 90]]
            .into_iter()
            .enumerate()
        {
            paint(colour);
            render(&["--bitrate", if round % 2 == 0 { "96k" } else { "192k" }]);
            std::fs::remove_dir_all(library.file(&format!("{}", round + 1))).expect("a folder");
            render(&[]);
            Segue::new("prune").with(&site).run_well();
        }
        drop(over);
        checking.join().expect("nothing was found")
    });
    say(&format!("all was read back {rounds} times"));
    assert!(rounds >= 4);
    consistent::check(&site, "after all");
}

#[test]
fn readers_never_see_a_mix() {
    let _cost = Cost::of("faults::locks::readers_never_see_a_mix");
    let scratch = folder();
    let library = small_library(scratch.path(), 15);
    let site = scratch.path().join("site");
    let paint = |colour| {
        let picture = image::RgbImage::from_pixel(90, 90, image::Rgb(colour));
        picture.save(library.file("cover.png")).expect("a picture");
    };
    let render = |flags: &[&str]| {
        let render = Segue::render(library.path(), &site);
        flags.iter().fold(render, Segue::with).run_well();
    };
    paint([200, 0, 0]);
    render(&[]);
    let server = Server::start(&site, [""; 0]);
    let is_over = AtomicBool::new(false);
    let listen = || {
        let mut seen = Seen::default();
        while !is_over.load(Ordering::Relaxed) {
            seen.listen(&server);
        }
        seen.listen(&server);
        seen
    };
    let seen = std::thread::scope(|scope| {
        let listeners = [scope.spawn(listen), scope.spawn(listen)];
        let over = Over(&is_over);
        for (flags, colour) in [
            (["--bitrate", "96k"].as_slice(), [0, 200, 0]),
            (&["--force"], [0, 0, 200]),
            (&["--bitrate", "192k", "--whole-file"], [90, 90, 0]),
            (&["--force"], [200, 0, 0]),
        ] {
            paint(colour);
            render(flags);
        }
        drop(over);
        listeners.map(|listener| listener.join().expect("nothing was mixed"))
    });
    consistent::check(&site, "after all");
    for seen in seen {
        let Seen {
            fingerprints,
            rounds,
            covers,
        } = seen;
        let kinds = fingerprints.len();
        say(&format!(
            "a listener played all of it {rounds} times: {kinds} renditions, {covers} covers"
        ));
        assert!(kinds >= 4, "both settings of both tracks were heard");
        assert!(rounds >= 3 && covers >= rounds);
    }
}
