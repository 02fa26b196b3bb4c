//! What is rendered because it was asked for: the same bytes that `segue render` makes, whatever comes first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::small_library;
use crate::support::library::Library;
use crate::support::music;
use crate::support::run::{Cost, Segue, folder, say};
use crate::support::server::{Server, ask, try_get};
use crate::support::site::Site;
use crate::support::told::{Told, manifest_path};
use crate::support::tools;

/// An order that is the same each time and looks like none.
fn shuffled<T>(mut items: Vec<T>, seed: u64) -> Vec<T> {
    let mut state = seed;
    for index in (1..items.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        items.swap(index, (state >> 33) as usize % (index + 1));
    }
    items
}

/// Every published file below `tracks/`, by path.
fn published(site: &Path) -> BTreeMap<PathBuf, String> {
    Site::at(site).hashes()
}

/// Asks for all of a track's variants, its segments in any order; then waits until they are complete.
fn listen_to_all(server: &Server, site: &Path, id: &str, variants: &[&str]) {
    for (seed, variant) in (1..).zip(variants) {
        for segment in shuffled(server.rendition(id, variant).segments(), seed) {
            server.get_well(&segment);
        }
        let on_disk = site.join(&manifest_path(id, variant)[1..]);
        server.wait_until("the rendition is complete", |_| on_disk.is_file());
    }
}

#[test]
fn what_is_asked_for_is_what_render_makes() {
    let test = "serve::on_demand::what_is_asked_for_is_what_render_makes";
    let _cost = Cost::of(test);
    let Some(pieces) = music::pieces(test).filter(|_| tools::ffmpeg_or_skip(test)) else {
        return;
    };
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for (piece, (name, options)) in pieces.iter().step_by(15).zip([
        ("a.ogg", ["-c:a", "copy"]),
        ("b.flac", ["-sample_fmt", "s16"]),
        ("c.mp3", ["-b:a", "192k"]),
    ]) {
        let path = library.file(name);
        let source = piece.path.to_string_lossy().into_owned();
        let out = path.to_string_lossy().into_owned();
        let cut = ["-t", "45", "-i", &source];
        tools::ffmpeg(cut.iter().copied().chain(options).chain([out.as_str()]));
    }
    let variants = ["original", "adaptive", "warm", "warm@50", "bright@7"];
    let (asked, rendered) = (
        scratch.path().join("asked"),
        scratch.path().join("rendered"),
    );
    let server = Server::on_demand(&asked, library.path(), &[]);
    let ids: Vec<String> = server.track_ids().into_values().collect();
    assert_eq!(ids.len(), 3);
    for id in &ids {
        listen_to_all(&server, &asked, id, &variants);
    }
    drop(server);
    Segue::render_presets(library.path(), &rendered, &variants.join(",")).run_well();
    let (asked, rendered) = (published(&asked), published(&rendered));
    assert!(rendered.len() > 3 * 5 * 10);
    assert_eq!(asked, rendered);
}

#[test]
fn an_album_is_one_piece_on_demand_too() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    if !tools::ffmpeg_or_skip("serve::on_demand::an_album_is_one_piece_on_demand_too") {
        return;
    }
    let album = ["-metadata", "album=Live", "-metadata", "album_artist=A"];
    for (seed, name) in (1..).zip(["one.flac", "two.flac"]) {
        let track = format!("track={seed}");
        let options = [&album[..], &["-metadata", &track]].concat();
        library.add_encoded(name, seed, 20, name, &options);
    }
    let (asked, rendered) = (
        scratch.path().join("asked"),
        scratch.path().join("rendered"),
    );
    let album_mode = |site: &Path, presets: &str| {
        Segue::render_presets(library.path(), site, presets)
            .with("--normalize")
            .with("album")
    };
    // The settings of a site are those that it was made with.
    album_mode(&asked, "original").run_well();
    let server = Server::on_demand(&asked, library.path(), &[]);
    for id in server.track_ids().values() {
        listen_to_all(&server, &asked, id, &["warm"]);
        for variant in ["original", "warm"] {
            server.get_well(&server.rendition(id, variant).file("audio.mp4"));
        }
    }
    drop(server);
    album_mode(&rendered, "original,warm")
        .with("--whole-file")
        .run_well();
    assert_eq!(published(&asked), published(&rendered));
}

#[test]
fn the_tree_is_there_before_it_is_made() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 20);
    let site = scratch.path().join("site");
    let mut server = Server::on_demand(&site, library.path(), &[]);
    let catalog = server.get_well("/catalog.json").json();
    assert_eq!(catalog["on_demand"], true);
    let id = &server.track_ids()["one"];
    let variants = catalog["tracks"][0]["variants"]
        .as_object()
        .expect("variants");
    assert_eq!(variants.len(), 7);
    let track = server.get_well(&format!("/tracks/{id}/track.json")).json();
    assert!(track["analysis"]["integrated_lufs"].is_number());
    let told = server.rendition(id, "live@33");
    let manifest = &told.manifest;
    assert_eq!(manifest["loudness"]["measured"], false);
    assert!(manifest["loudness"]["integrated_lufs"].is_number());
    assert!(manifest["segments"][0].get("bytes").is_none());
    for name in ["init.mp4", "index.m3u8", "main.m3u8", "index.mpd"] {
        server.get_well(&told.file(name));
    }
    // The whole file, and the list of hashes, wait for all segments.
    let path = told.file("audio.mp4");
    let whole = server.get_well(&path);
    let part = server.ask("GET", &path, &["Range: bytes=100-199"]);
    assert_eq!((part.status, &part.body[..]), (206, &whole.body[100..200]));
    // It has a name that stays when the fingerprint becomes another.
    let path = format!("/tracks/{id}/live@33/audio.mp4");
    let stays = server.get_well(&path);
    assert_eq!(stays.body, whole.body);
    assert_eq!(stays.header("cache-control"), Some("no-cache"));
    let part = server.ask("GET", &path, &["Range: bytes=100-199"]);
    assert_eq!((part.status, &part.body[..]), (206, &whole.body[100..200]));
    let list = server.get_well(&told.file("b3sums")).text();
    let hash = blake3::hash(&whole.body).to_string();
    assert!(list.contains(&format!("{hash}  audio.mp4")), "{list}");
    let manifest = server.rendition(id, "live@33").manifest;
    assert_eq!(manifest["loudness"]["measured"], true);
    // When it ends, the catalog on disk has what was completed.
    assert_eq!(server.end_with(Signal::SIGTERM), Some(143));
    assert_eq!(Site::at(&site).all_renditions().len(), 1);
    Site::at(&site).check_nothing_is_left_over();
}

#[test]
fn a_killed_server_leaves_nothing_damaged_and_goes_on() {
    let test = "serve::on_demand::a_killed_server_leaves_nothing_damaged_and_goes_on";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 40);
    let (site, rendered) = (scratch.path().join("site"), scratch.path().join("rendered"));
    Segue::render_presets(library.path(), &rendered, "warm").run_well();
    let reference = published(&rendered);
    let mut server = Server::on_demand(&site, library.path(), &[]);
    let ids: Vec<String> = server.track_ids().into_values().collect();
    for round in 0..6u64 {
        let address = server.address;
        let paths: Vec<String> = ids.iter().map(|id| manifest_path(id, "warm")).collect();
        let listener = std::thread::spawn(move || {
            for path in paths.iter().cycle().take(60) {
                let Ok(reply) = try_get(address, path) else {
                    return;
                };
                let segments = Told::read(path, &reply).segments();
                let index = (round as usize * 31 + path.len()) % segments.len();
                if try_get(address, &segments[index]).is_err() {
                    return;
                }
            }
        });
        std::thread::sleep(Duration::from_millis(60 + 90 * round));
        assert_eq!(server.end_with(Signal::SIGKILL), None);
        listener.join().expect("the listener ends");
        // Whatever is there, is as it should be.
        for (path, hash) in published(&site) {
            assert_eq!(reference.get(&path), Some(&hash), "{}", path.display());
        }
        server = Server::on_demand(&site, library.path(), &[]);
    }
    for id in &ids {
        listen_to_all(&server, &site, id, &["warm"]);
    }
    drop(server);
    Segue::render_presets(library.path(), &site, "warm").run_well();
    assert_eq!(published(&site), reference);
}

#[test]
fn what_render_made_is_never_removed_and_the_oldest_goes_first() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 30);
    let site = scratch.path().join("site");
    Segue::render_presets(library.path(), &site, "gentle").run_well();
    let made_by_render = published(&site);
    let ids: Vec<String> = {
        let server = Server::on_demand(&site, library.path(), &[]);
        let ids: Vec<String> = server.track_ids().into_values().collect();
        for id in &ids {
            listen_to_all(&server, &site, id, &["warm", "bright"]);
        }
        ids
    };
    let renditions = |variant: &str| {
        let there = |id: &&String| site.join(&manifest_path(id, variant)[1..]).is_file();
        ids.iter().filter(there).count()
    };
    assert_eq!((renditions("warm"), renditions("bright")), (3, 3));
    // One rendition of 30 s has some 750 kB. Nothing is being played now: all but the newest go.
    let server = Server::on_demand(&site, library.path(), &["--cache-limit", "2M"]);
    listen_to_all(&server, &site, &ids[0], &["live"]);
    server.wait_until("the oldest are removed", |_| {
        renditions("warm") + renditions("bright") <= 2
    });
    assert_eq!(renditions("live"), 1, "what is being played stays");
    assert_eq!(renditions("gentle"), 3, "what render made stays");
    let now = published(&site);
    for (path, hash) in &made_by_render {
        assert_eq!(now.get(path), Some(hash), "{}", path.display());
    }
    drop(server);
    // What a whole run finds current is its own from then on.
    Segue::render_presets(library.path(), &site, "live,warm,bright").run_well();
    let server = Server::on_demand(&site, library.path(), &["--cache-limit", "1K"]);
    listen_to_all(&server, &site, &ids[1], &["punchy"]);
    assert_eq!((renditions("live"), renditions("warm")), (3, 3));
}

#[test]
fn the_first_sound_of_a_cold_track_comes_soon() {
    let test = "serve::on_demand::the_first_sound_of_a_cold_track_comes_soon";
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("long.wav", 1, 300);
    let site = scratch.path().join("site");
    let server = Server::on_demand(&site, library.path(), &["--metrics"]);
    let id = &server.track_ids()["long"];
    let began = Instant::now();
    let segments = server.rendition(id, "warm").segments();
    server.get_well(&segments[0]);
    say(&format!(
        "{test}: {:.2} s from the request for the manifest to the last byte of segment 0",
        began.elapsed().as_secs_f64()
    ));
    // The rest is rendered ahead, and found when it is asked for.
    let path = site.join(&segments[4][1..]);
    server.wait_until("the next segments are rendered ahead", |_| path.is_file());
    let renders = server.metric("segue_renders_total");
    server.get_well(&segments[4]);
    assert!(server.metric("segue_cache_hits_total") >= 1.0);
    assert!(renders >= 5.0);
}

#[test]
fn render_says_who_has_the_site() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 5);
    let site = scratch.path().join("site");
    let server = Server::on_demand(&site, library.path(), &[]);
    let outcome = Segue::render(library.path(), &site).run();
    assert_eq!(outcome.code, Some(1));
    let holder = format!("segue serve (process {})", server.process());
    assert!(outcome.stderr.contains(&holder), "{}", outcome.stderr);
}

#[test]
fn what_render_made_needs_nothing_to_be_rendered() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 20);
    let site = scratch.path().join("site");
    Segue::render_presets(library.path(), &site, "warm").run_well();
    let server = Server::on_demand(&site, library.path(), &["--metrics"]);
    let id = &server.track_ids()["one"];
    let told = server.rendition(id, "warm");
    assert_eq!(told.manifest["loudness"]["measured"], true);
    let fingerprint = told.fingerprint();
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (address, path) = (server.address, told.file("audio.mp4"));
            std::thread::spawn(move || ask(address, "GET", &path, &[]))
        })
        .collect();
    let replies: Vec<_> = clients
        .into_iter()
        .map(|client| client.join().expect("an answer"))
        .collect();
    assert!(
        replies
            .iter()
            .all(|reply| reply.status == 200 && reply.body == replies[0].body)
    );
    assert!(server.metric("segue_renders_total").abs() < 0.1);
    let list = std::fs::read_to_string(site.join(".segue/on-demand")).unwrap_or_default();
    assert!(!list.contains(fingerprint), "{list}");
}

#[test]
fn silence_and_other_extremes_are_completed_too() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for (name, filter) in [
        ("silence.wav", "anullsrc=r=44100:cl=stereo"),
        ("short.wav", "sine=frequency=440:duration=0.05"),
        ("quiet.wav", "anoisesrc=a=0.0001:c=pink:seed=1"),
    ] {
        if !tools::ffmpeg_or_skip("serve::on_demand::silence_and_other_extremes") {
            return;
        }
        let out = library.file(name).to_string_lossy().into_owned();
        tools::ffmpeg(["-f", "lavfi", "-i", filter, "-t", "14", &out]);
    }
    let (asked, rendered) = (
        scratch.path().join("asked"),
        scratch.path().join("rendered"),
    );
    let server = Server::on_demand(&asked, library.path(), &[]);
    for id in server.track_ids().values() {
        listen_to_all(&server, &asked, id, &["warm", "original"]);
    }
    drop(server);
    Segue::render_presets(library.path(), &rendered, "warm,original").run_well();
    assert_eq!(published(&asked), published(&rendered));
}

#[test]
fn a_manifest_that_was_lost_is_told_again_with_the_whole_file_listed() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 12);
    let site = scratch.path().join("site");
    Segue::render(library.path(), &site)
        .with("--whole-file")
        .run_well();
    let rendered = published(&site);
    let manifests: Vec<&Path> = rendered
        .keys()
        .filter(|path| path.ends_with("original/manifest.json"))
        .map(PathBuf::as_path)
        .collect();
    for manifest in &manifests {
        std::fs::remove_file(site.join(manifest)).expect("it is there");
    }
    let server = Server::on_demand(&site, library.path(), &[]);
    for manifest in &manifests {
        server.get_well(&format!("/{}", manifest.display()));
        let on_disk = site.join(manifest);
        server.wait_until("the manifest is there again", |_| on_disk.is_file());
    }
    assert_eq!(published(&site), rendered);
}
