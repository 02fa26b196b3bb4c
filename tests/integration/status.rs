//! `segue status`: what is up to date, and why the rest is not. It only looks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::support::library::Library;
use crate::support::run::{Cost, Outcome, Segue, folder};
use crate::support::site::{Site, differences, files_below, forge, read_json, sealed, text};

/// `status LIBRARY -o SITE -p PRESETS`.
fn status(library: &Path, site: &Site, presets: &str) -> Segue {
    Segue::new("status")
        .with(library)
        .with("-o")
        .with(site.path())
        .with("-p")
        .with(presets)
}

/// Up to date, missing, stale, failed, orphaned.
fn counts(outcome: &Outcome) -> [u64; 5] {
    ["up_to_date", "missing", "stale", "failed", "orphaned"].map(|key| outcome.summary_count(key))
}

/// Every file of a folder, with its bytes and its date.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let read = |path: PathBuf| {
        let bytes = fs::read(&path).expect("a file can be read");
        let metadata = fs::metadata(&path).expect("a file has metadata");
        (path, (bytes, metadata.modified().expect("a date")))
    };
    files_below(folder).into_iter().map(read).collect()
}

/// Two pieces, rendered.
fn two_pieces(scratch: &Path, presets: &str) -> (Library, Site) {
    let library = Library::at(&scratch.join("library"));
    library.add_wav("one.wav", 1, 8);
    library.add_wav("two.wav", 2, 3);
    let site = Site::at(&scratch.join("site"));
    Segue::render_presets(library.path(), site.path(), presets).run_well();
    (library, site)
}

#[test]
fn a_site_is_held_against_a_library_and_nothing_is_written() {
    let _cost = Cost::of("status::a_site_is_held_against_a_library_and_nothing_is_written");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("one.wav", 1, 3);
    let site = Site::at(&scratch.path().join("site"));
    let look = || status(library.path(), &site, "original,warm").with("--json");
    assert_eq!(counts(&look().run_well()), [0, 2, 0, 0, 0]);
    assert_eq!(look().with("--exit-code").run().code, Some(3));
    assert!(!site.path().exists(), "status makes no site");

    Segue::render_presets(library.path(), site.path(), "original,warm").run_well();
    let before = snapshot(site.path());
    assert_eq!(counts(&look().run_well()), [2, 0, 0, 0, 0]);
    look().with("--exit-code").run_well();

    // What fails is told, and is not all well for --exit-code alone.
    fs::write(library.file("broken.flac"), b"fLaC, but no more").expect("a file");
    let outcome = look().run_well();
    assert_eq!(counts(&outcome), [2, 0, 0, 1, 0]);
    let failed = &outcome.events()[0];
    assert_eq!(text(&failed["event"]), "failed");
    assert_eq!(text(&failed["source"]), "broken.flac");
    assert!(!text(&failed["reason"]).is_empty());
    assert_eq!(look().with("--exit-code").run().code, Some(3));
    assert!(snapshot(site.path()) == before, "status writes nothing");
}

#[test]
fn the_site_may_be_another_runs_meanwhile() {
    let scratch = folder();
    let (library, site) = two_pieces(scratch.path(), "original");
    let lock = fs::File::options()
        .write(true)
        .open(site.path().join(".segue/lock"))
        .expect("there is a lock");
    lock.try_lock().expect("nobody holds it");
    let outcome = status(library.path(), &site, "original").run_well();
    assert!(
        outcome.stdout.contains("2 up to date"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn a_changed_setting_makes_stale_what_it_touches_and_is_named() {
    let _cost = Cost::of("status::a_changed_setting_makes_stale_what_it_touches_and_is_named");
    let scratch = folder();
    let preset = scratch.path().join("mine.toml");
    let write_preset = |high: &str| {
        let text = fs::read_to_string(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/presets-warm.toml"),
        );
        let text = text.expect("the golden preset");
        let changed = text.replace("\nhigh = 0.8\n", &format!("\nhigh = {high}\n"));
        assert!(high == "0.8" || changed != text, "the preset has that band");
        fs::write(&preset, changed).expect("a file");
    };
    write_preset("0.8");
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("one.wav", 1, 3);
    library.add_wav("two.wav", 2, 3);
    let site = Site::at(&scratch.path().join("site"));
    let presets = "original,gentle,my-warm@50";
    let with_presets = |command: Segue| command.with("--preset-file").with(&preset);
    let render = || with_presets(Segue::render_presets(library.path(), site.path(), presets));
    render().run_well();
    let look = || with_presets(status(library.path(), &site, presets));
    let reasons = |look: Segue| -> Vec<String> {
        let outcome = look.with("--verbose").run_well();
        let lines = outcome.stdout.lines();
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        let summary = lines.pop().expect("a summary");
        let stale = format!(
            "{} up to date, 0 missing, {} stale",
            6 - lines.len(),
            lines.len()
        );
        assert!(summary.starts_with(&stale), "{summary}: {lines:?}");
        lines
    };
    assert_eq!(reasons(look()), Vec::<String>::new());

    write_preset("1.0");
    let told = "my-warm@50: preset changed: eq.high 0.8 to 1.0";
    assert_eq!(
        reasons(look()),
        [format!("one.wav: {told}"), format!("two.wav: {told}")]
    );
    let before = site.hashes();
    let outcome = render().with("--json").run_well();
    assert_eq!(outcome.summary_count("rendered"), 2);
    let others = |hashes: BTreeMap<PathBuf, String>| -> BTreeMap<PathBuf, String> {
        let hashes = hashes.into_iter();
        hashes
            .filter(|(path, _)| !path.to_string_lossy().contains("/my-warm@50/"))
            .collect()
    };
    let changed = differences(&others(before), &others(site.hashes()));
    assert_eq!(changed, Vec::<String>::new(), "only what it touches");
    assert_eq!(reasons(look()), Vec::<String>::new());

    let all = |told: &str| -> Vec<String> {
        let lines = ["one", "two"].into_iter().flat_map(|piece| {
            let variants = presets.split(',');
            variants.map(move |variant| format!("{piece}.wav: {variant}: {told}"))
        });
        lines.collect()
    };
    assert_eq!(
        reasons(look().with("--bitrate").with("128k")),
        all("bit rate changed: 192k to 128k")
    );
    assert_eq!(
        reasons(
            look()
                .with("--segment")
                .with("4.5")
                .with("--bitrate")
                .with("96k")
        ),
        all("bit rate changed: 192k to 96k; segment length changed: 6 s to 4.5 s")
    );
    assert_eq!(
        reasons(look().with("--whole-file")),
        all("no whole file: audio.mp4")
    );

    // As if it had been rendered by an older segue.
    let manifest = &site.all_renditions()[0];
    let path = manifest.folder.join("manifest.json");
    let number = manifest.manifest["settings"]["engine"]["encode"].clone();
    forge(&path, |manifest| {
        manifest["settings"]["engine"]["encode"] = json!(0);
        manifest["fingerprint"] = json!("0123456789abcdef0123456789abcdef");
    });
    let lines = reasons(look());
    assert_eq!(lines.len(), 1, "{lines:?}");
    let told = format!("engine stage encode 0 to {number}");
    assert!(lines[0].ends_with(&told), "{lines:?}");
}

#[test]
fn an_album_that_changes_makes_its_tracks_stale() {
    let _cost = Cost::of("status::an_album_that_changes_makes_its_tracks_stale");
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let add = |number: &str, seed| {
        let track = format!("track={number}");
        let tags = ["-metadata", "album=Live", "-metadata", &track];
        library.add_encoded(&format!("{number}.flac"), seed, 3, number, &tags);
    };
    add("1", 1);
    add("3", 3);
    library.add_wav("alone.wav", 9, 3);
    let site = Site::at(&scratch.path().join("site"));
    let look = || status(library.path(), &site, "warm").with("--json");
    let render = || {
        Segue::render_presets(library.path(), site.path(), "warm")
            .with("--normalize")
            .with("album")
            .run_well()
    };
    let reasons = |look: Segue| -> Vec<String> {
        let events = look.run_well().events();
        let lines = events.iter().filter(|event| !event["reason"].is_null());
        lines
            .map(|line| format!("{}: {}", text(&line["source"]), text(&line["reason"])))
            .collect()
    };
    Segue::render_presets(library.path(), site.path(), "warm").run_well();
    assert_eq!(
        reasons(look().with("--normalize").with("album")),
        [
            "1.flac: album changed: by itself to track 1 of 2",
            "3.flac: album changed: by itself to track 2 of 2"
        ]
    );
    render();
    assert_eq!(reasons(look()), Vec::<String>::new());
    add("2", 2);
    assert_eq!(
        reasons(look()),
        [
            "1.flac: album changed: track 1 of 2 to track 1 of 3",
            "2.flac: never rendered",
            "3.flac: album changed: track 2 of 2 to track 3 of 3"
        ]
    );
}

/// What becomes of a rendition, and what does it, telling the reason.
type Damage<'a> = (&'a str, Box<dyn Fn() -> String + 'a>);

#[test]
fn damage_is_found_by_names_and_sizes_and_mended_exactly() {
    let _cost = Cost::of("status::damage_is_found_by_names_and_sizes_and_mended_exactly");
    let scratch = folder();
    let (library, site) = two_pieces(scratch.path(), "original,warm");
    let whole = site.hashes();
    let renditions = site.all_renditions();
    let victim = renditions
        .iter()
        .find(|rendition| rendition.segments().len() > 1)
        .expect("8 s are two segments");
    let media = victim.media_folder();
    let cut = |name: &str| {
        let file = fs::File::options().write(true).open(media.join(name));
        let file = file.expect("it can be opened");
        let length = file.metadata().expect("its size").len();
        file.set_len(length - 1).expect("it can be cut");
        format!(
            "file of another size: {name} has {} bytes instead of {length}",
            length - 1
        )
    };
    let gone = |path: PathBuf| fs::remove_file(path).expect("it can be removed");
    let manifest = victim.folder.join("manifest.json");
    let damages: Vec<Damage<'_>> = vec![
        ("stale", Box::new(|| cut("1.m4s"))),
        (
            "stale",
            Box::new(|| {
                gone(media.join("0.m4s"));
                "file gone: 0.m4s".to_owned()
            }),
        ),
        (
            "stale",
            Box::new(|| {
                gone(media.join("b3sums"));
                "file gone: b3sums".to_owned()
            }),
        ),
        (
            "stale",
            Box::new(|| {
                fs::remove_dir_all(&media).expect("it can be removed");
                "file gone: 0.m4s".to_owned()
            }),
        ),
        (
            "missing",
            Box::new(|| {
                gone(manifest.clone());
                "manifest missing".to_owned()
            }),
        ),
        (
            "missing",
            Box::new(|| {
                fs::remove_dir_all(&victim.folder).expect("it can be removed");
                "never rendered".to_owned()
            }),
        ),
        (
            "stale",
            Box::new(|| {
                fs::write(&manifest, b"{").expect("it can be written");
                "manifest damaged: it has no checksum at its end: it is cut off, or not written by segue".to_owned()
            }),
        ),
    ];
    for (event, damage) in damages {
        let reason = damage();
        let outcome = status(library.path(), &site, "original,warm")
            .with("--json")
            .run_well();
        let events = outcome.events();
        assert_eq!(events.len(), 2, "one line and the summary: {events:?}");
        assert_eq!(text(&events[0]["event"]), event, "{reason}");
        assert_eq!(text(&events[0]["reason"]), reason);
        assert_eq!(outcome.summary_count("up_to_date"), 3, "{reason}");
        let mended = Segue::render_presets(library.path(), site.path(), "original,warm")
            .with("--json")
            .run_well();
        assert_eq!(mended.summary_count("rendered"), 1, "{reason}");
        let left = differences(&whole, &site.hashes());
        assert_eq!(left, Vec::<String>::new(), "{reason}");
    }
    site.check();
}

#[test]
fn the_key_is_the_same_for_the_same_library_and_settings() {
    let _cost = Cost::of("status::the_key_is_the_same_for_the_same_library_and_settings");
    let scratch = folder();
    let (library, site) = two_pieces(scratch.path(), "original,warm");
    fs::create_dir(library.file("more")).expect("a folder");
    library.add_wav("more/three.wav", 3, 3);
    let key = |command: Segue| {
        let outcome = command.with("--key").run_well();
        let line = outcome.stdout.trim_end().to_owned();
        assert_eq!(outcome.stdout, format!("{line}\n"), "one line");
        assert!(
            line.len() == 64 && !line.contains(char::is_whitespace),
            "{line}"
        );
        line
    };
    let here = key(status(library.path(), &site, "original,warm"));
    // Elsewhere: no site, other dates, other names, the folders one by one, in another order.
    let elsewhere = Library::at(&scratch.path().join("elsewhere/lib"));
    let more = Library::at(&scratch.path().join("elsewhere/more"));
    for (from, to) in [
        ("one.wav", elsewhere.file("uno.wav")),
        ("two.wav", elsewhere.file("2.wav")),
        ("more/three.wav", more.file("a.wav")),
    ] {
        let copy = fs::read(library.file(from)).expect("the source");
        fs::write(&to, copy).expect("the copy");
        let file = fs::File::options()
            .append(true)
            .open(&to)
            .expect("the copy");
        let date = SystemTime::now() - Duration::from_secs(86_400);
        file.set_modified(date).expect("a time can be set");
    }
    let none = Site::at(&scratch.path().join("elsewhere/site"));
    let there = |presets| status(more.path(), &none, presets).with(elsewhere.path());
    assert_eq!(key(there("warm,original")), here);
    assert!(!none.path().exists());

    let mut keys = vec![here];
    for other in [
        there("original"),
        there("original,warm@50"),
        there("original,warm").with("--bitrate").with("128k"),
        there("original,warm").with("--segment").with("4"),
        there("original,warm").with("--whole-file"),
        there("original,warm").with("--exclude").with("a.wav"),
    ] {
        let key = key(other);
        assert!(!keys.contains(&key), "another library or other settings");
        keys.push(key);
    }
}

#[test]
fn json_names_each_with_its_track_and_reason() {
    let scratch = folder();
    let (library, site) = two_pieces(scratch.path(), "original");
    fs::remove_file(library.file("two.wav")).expect("it can be removed");
    let events = status(library.path(), &site, "original,warm")
        .with("--json")
        .run_well()
        .events();
    let lines: Vec<[&str; 2]> = events
        .iter()
        .map(|event| [&event["event"], &event["source"]].map(|value| value.as_str().unwrap_or("")))
        .collect();
    let gone = library.file("two.wav");
    let gone = gone.canonicalize().unwrap_or_else(|_| {
        let folder = library.path().canonicalize().expect("the library");
        folder.join("two.wav")
    });
    assert_eq!(
        lines,
        [
            ["missing", "one.wav"],
            ["orphaned", &gone.to_string_lossy()],
            ["summary", ""]
        ]
    );
    let ids: Vec<Value> = site
        .tracks()
        .iter()
        .map(|track| track["id"].clone())
        .collect();
    assert!(
        events[..2]
            .iter()
            .all(|event| ids.contains(&event["track"]))
    );
    assert_eq!(text(&events[0]["variant"]), "warm");
}

#[test]
fn what_is_told_of_a_track_is_held_as_well() {
    let _cost = Cost::of("status::what_is_told_of_a_track_is_held_as_well");
    let scratch = folder();
    let (library, site) = two_pieces(scratch.path(), "original");
    let look = || status(library.path(), &site, "original").with("-v");
    let check = |reason: &str| {
        let outcome = look().with("--exit-code").run();
        assert_eq!(outcome.code, Some(3), "{reason}: {}", outcome.stdout);
        assert!(outcome.stdout.contains(reason), "{}", outcome.stdout);
        let tally = "2 up to date, 0 missing, 1 stale";
        assert!(outcome.stdout.contains(tally), "{}", outcome.stdout);
        Segue::render_presets(library.path(), site.path(), "original").run_well();
        assert_eq!(look().with("--exit-code").run().code, Some(0), "{reason}");
    };
    // Without tags a piece is called as its file.
    fs::rename(library.file("one.wav"), library.file("uno.wav")).expect("it can be renamed");
    check("uno.wav: tags or cover changed");

    let folder = site.renditions()[0].folder.clone();
    fs::remove_file(folder.with_file_name("track.json")).expect("it can be removed");
    check("file gone: track.json");

    fs::remove_file(site.path().join("catalog.json")).expect("it can be removed");
    check("file gone: catalog.json");
}

/// What makes a player find the tracks is held against what is there, for `status --exit-code || render`.
#[test]
fn a_catalog_that_lags_behind_is_not_all_well() {
    let scratch = folder();
    let (library, site) = two_pieces(scratch.path(), "original");
    let look = || status(library.path(), &site, "original");
    look().with("--exit-code").run_well();
    let before = snapshot(site.path());
    let catalog = site.path().join("catalog.json");
    let whole = read_json(&catalog);
    // As a run leaves it that is killed between a track and the catalog.
    let mut short = whole.clone();
    short["tracks"].as_array_mut().expect("tracks").remove(0);
    let mut other = whole.clone();
    other["tracks"][1]["title"] = json!("another");
    // As somebody leaves it who removes a track's folder.
    let mut long = whole.clone();
    let mut gone = whole["tracks"][0].clone();
    gone["id"] = json!("0123456789abcdef0123456789abcdef");
    long["tracks"].as_array_mut().expect("tracks").push(gone);
    let behind = "catalog behind: 1 track is told otherwise";
    let page = "page damaged, or of another version of segue: ";
    let style = format!("{page}style.css");
    let text = |text: &str| Some(text.as_bytes().to_vec());
    for (name, bytes, reason) in [
        ("catalog.json", Some(sealed(short)), behind),
        ("catalog.json", Some(sealed(other)), behind),
        ("catalog.json", Some(sealed(long)), behind),
        ("catalog.json", text("{"), "file damaged: catalog.json"),
        ("catalog.json", None, "file gone: catalog.json"),
        ("index.html", None, "file gone: index.html"),
        ("style.css", text("of another version"), &*style),
    ] {
        let path = site.path().join(name);
        match bytes {
            Some(bytes) => fs::write(&path, bytes).expect("a file"),
            None => fs::remove_file(&path).expect("it is there"),
        }
        let outcome = look().with("--exit-code").with("-v").run();
        assert_eq!(outcome.code, Some(3), "{name}: {reason}");
        let lines: Vec<&str> = outcome.stdout.lines().collect();
        let summary = "2 up to date, 0 missing, 1 stale, 0 failed, 0 orphaned";
        assert_eq!(lines, [reason, summary]);
        let json = look().with("--json").run_well();
        assert_eq!(
            json.events()[0],
            json!({"event": "stale", "file": name, "reason": reason})
        );
        assert_eq!(counts(&json), [2, 0, 1, 0, 0]);
        Segue::render(library.path(), site.path()).run_well();
        look().with("--exit-code").run_well();
    }
    let after = snapshot(site.path());
    let mut published = before.iter();
    let other = published.find(|(path, (bytes, _))| {
        let is_segues = path.starts_with(site.path().join(".segue"));
        !is_segues && after.get(*path).map(|(bytes, _)| bytes) != Some(bytes)
    });
    assert_eq!(other.map(|(path, _)| path), None, "it is mended");
}

/// A server lists what it made some seconds later; until then it tells of it itself.
#[test]
fn what_a_server_has_made_is_no_lag() {
    let scratch = folder();
    let (library, site) = two_pieces(scratch.path(), "original,warm");
    let mut renditions = site.all_renditions().into_iter();
    let warm = renditions.find(|rendition| rendition.manifest["variant"] == "warm");
    let warm = warm.expect("it was rendered");
    forge(&site.path().join("catalog.json"), |catalog| {
        for track in catalog["tracks"].as_array_mut().expect("tracks") {
            if track["id"] == warm.manifest["track"] {
                let variants = track["variants"].as_object_mut().expect("variants");
                assert!(variants.remove("warm").is_some(), "it was listed");
            }
        }
    });
    let look = status(library.path(), &site, "original").with("--exit-code");
    assert_eq!(look.run().code, Some(3), "a run would have listed it");
    site.note_on_demand(&warm);
    look.run_well();
}
