//! `segue verify` finds whatever is not as it was written, and nothing else; `render` then mends just that.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::ground::{Ground, check_names_only, check_silent, found};
use crate::support::run::{Cost, Segue};
use crate::support::site::{differences, files_below, text};

/// Damages a file of each kind, one after the other, and has it mended.
fn damage_each(damage: impl Fn(&Path)) {
    let ground = Ground::new();
    let before = ground.published();
    check_silent(&ground.verify());
    for (place, again) in ground.one_of_each() {
        damage(&ground.path(&place));
        check_names_only(&ground.verify(), &place);
        ground.check_mended(&before, again, &place);
    }
}

#[test]
fn a_flipped_byte_is_named_and_mended() {
    let _cost = Cost::of("verify::a_flipped_byte_is_named_and_mended");
    damage_each(|path| {
        let mut bytes = fs::read(path).expect("it is there");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).expect("it can be written");
    });
}

#[test]
fn a_file_that_is_cut_off_is_named_and_mended() {
    let _cost = Cost::of("verify::a_file_that_is_cut_off_is_named_and_mended");
    damage_each(|path| {
        let bytes = fs::read(path).expect("it is there");
        fs::write(path, &bytes[..bytes.len() - 3]).expect("it can be written");
    });
}

#[test]
fn a_file_that_is_gone_is_named_and_mended() {
    let _cost = Cost::of("verify::a_file_that_is_gone_is_named_and_mended");
    damage_each(|path| fs::remove_file(path).expect("it can be removed"));
}

#[test]
fn a_link_that_leads_nowhere_is_named_and_mended() {
    let _cost = Cost::of("verify::a_link_that_leads_nowhere_is_named_and_mended");
    damage_each(|path| {
        fs::remove_file(path).expect("it can be removed");
        symlink("nowhere", path).expect("a link");
    });
}

#[test]
fn what_does_not_belong_there_is_named() {
    let ground = Ground::new();
    let rendition = ground.rendition();
    let (media, variant) = (
        ground.place(&rendition.media_folder()),
        ground.place(&rendition.folder),
    );
    let extra = [
        format!("{media}/2.m4s"),
        format!("{media}/0.m4s.part"),
        format!("{variant}/.segue-x7Yq2a"),
        format!("{variant}/../notes.txt"),
        "tracks/notes.txt".to_owned(),
        "player/ui/more.js".to_owned(),
        ".segue-x7Yq2a".to_owned(),
    ];
    for place in extra {
        let path = ground.path(&place);
        fs::write(&path, "left over").expect("it can be written");
        let outcome = ground.verify();
        assert_eq!(outcome.code, Some(1), "{place}");
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let lines: Vec<&str> = outcome.stdout.lines().collect();
        assert!(
            lines.len() == 1
                && lines[0].contains(&format!("{name}: "))
                && lines[0].contains("delete it"),
            "{place}: {}",
            outcome.stdout
        );
        assert_eq!(
            ground.render().summary_count("rendered"),
            0,
            "nothing is damaged"
        );
        fs::remove_file(&path).expect("it can be removed");
        check_silent(&ground.verify());
    }
    // What a host wants in the site's own folder is no fault.
    fs::write(ground.path("CNAME"), "music.example.org\n").expect("it can be written");
    let outcome = ground.verify();
    check_silent(&outcome);
    assert!(outcome.stderr.contains("CNAME"), "{}", outcome.stderr);
}

#[test]
fn folders_that_are_gone_are_named() {
    let ground = Ground::new();
    let rendition = ground.rendition();
    let track = rendition
        .folder
        .parent()
        .expect("a track's folder")
        .to_owned();
    for (path, again) in [
        (rendition.media_folder(), 1),
        (rendition.folder.clone(), 1),
        (track, 2),
    ] {
        let place = ground.place(&path);
        fs::remove_dir_all(&path).expect("it can be removed");
        let outcome = ground.verify();
        assert_eq!(outcome.code, Some(1), "{place}");
        assert!(
            outcome.stdout.lines().all(|line| line.starts_with(&place))
                && !outcome.stdout.is_empty(),
            "{place}: {}",
            outcome.stdout
        );
        assert_eq!(ground.render().summary_count("rendered"), again, "{place}");
        check_silent(&ground.verify());
    }
    let nothing = Segue::new("verify").with(ground.path("nothing")).run();
    assert_eq!(nothing.code, Some(1));
    assert!(
        nothing.stderr.contains("is not a site"),
        "{}",
        nothing.stderr
    );
}

#[test]
fn any_flipped_byte_is_found() {
    let _cost = Cost::of("verify::any_flipped_byte_is_found");
    let ground = Ground::new();
    // The page's settings are the user's: whatever is JSON is right.
    let files: Vec<PathBuf> = ground
        .published()
        .into_keys()
        .filter(|place| place != Path::new("player.json"))
        .collect();
    let mut runner = TestRunner::new(Config::with_cases(400));
    let flips = (
        any::<prop::sample::Selector>(),
        any::<prop::sample::Index>(),
        0..8u32,
    );
    let outcome = runner.run(&flips, |(file, at, bit)| {
        let place = file.select(&files);
        let path = ground.site.path().join(place);
        let whole = fs::read(&path).expect("it can be read");
        let mut bytes = whole.clone();
        bytes[at.index(whole.len())] ^= 1 << bit;
        fs::write(&path, bytes).expect("it can be written");
        let (names, _) = found(&ground.site);
        fs::write(&path, whole).expect("it can be written");
        prop_assert_eq!(names, vec![ground.place(&path)]);
        Ok(())
    });
    outcome.expect("every flip is found");
    assert_eq!(found(&ground.site).0, Vec::<String>::new());
}

#[test]
fn json_tells_findings_and_a_summary() {
    let ground = Ground::new();
    fs::remove_file(ground.path("catalog.json")).expect("it can be removed");
    let outcome = Segue::new("verify")
        .with(ground.site.path())
        .with("--json")
        .run();
    assert_eq!(outcome.code, Some(1));
    let events = outcome.events();
    assert_eq!(events.len(), 2, "{}", outcome.stdout);
    assert_eq!(text(&events[0]["event"]), "found");
    assert_eq!(text(&events[0]["file"]), "catalog.json");
    assert!(text(&events[0]["mend"]).contains("segue catalog"));
    assert_eq!(text(&events[1]["event"]), "summary");
    assert_eq!(events[1]["findings"], 1);
    assert_eq!(
        (&events[1]["tracks"], &events[1]["renditions"]),
        (&2.into(), &4.into())
    );
}

#[test]
fn what_is_not_named_yet_or_any_more_is_no_fault() {
    let ground = Ground::new();
    let catalog = fs::read(ground.path("catalog.json")).expect("it is there");
    // The catalog lags: a track that it does not tell of.
    ground.library.add_wav("three.wav", 3, 1);
    ground.render();
    fs::write(ground.path("catalog.json"), catalog).expect("it can be written");
    let (files, report) = found(&ground.site);
    assert_eq!((files, report.not_listed), (Vec::new(), 1));
    let outcome = ground.verify();
    check_silent(&outcome);
    assert!(
        outcome.stderr.contains("segue catalog"),
        "{}",
        outcome.stderr
    );
    Segue::new("catalog").with(ground.site.path()).run_well();
    assert_eq!(found(&ground.site).1.not_listed, 0);

    // A run that was killed before its manifest, and one before its track.json.
    let rendition = ground.rendition();
    let manifest = rendition.folder.join("manifest.json");
    let kept = fs::read(&manifest).expect("it is there");
    fs::remove_file(&manifest).expect("it can be removed");
    Segue::new("catalog").with(ground.site.path()).run_well();
    let (files, report) = found(&ground.site);
    assert_eq!((files, report.unnamed), (Vec::new(), 1));
    fs::write(&manifest, kept).expect("it can be written");
    let track = rendition
        .folder
        .parent()
        .expect("a folder")
        .join("track.json");
    fs::remove_file(&track).expect("it can be removed");
    Segue::new("catalog").with(ground.site.path()).run_well();
    assert_eq!(found(&ground.site).0, Vec::<String>::new());
    ground.render();

    // Other settings: the old fingerprints stay, and are still checked.
    Segue::render_presets(ground.library.path(), ground.site.path(), "original,warm")
        .with("--bitrate=128k")
        .run_well();
    let (files, report) = found(&ground.site);
    assert_eq!((files, report.unnamed), (Vec::new(), 6));
    let old = rendition.media_folder().join("1.m4s");
    let mut bytes = fs::read(&old).expect("it stays");
    bytes[1000] ^= 1;
    fs::write(&old, bytes).expect("it can be written");
    let outcome = ground.verify();
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("segue prune"), "{}", outcome.stdout);
}

#[test]
fn before_a_first_run_has_ended_page_and_catalog_need_not_be_there() {
    let ground = Ground::new();
    for place in [
        "catalog.json",
        "player",
        "index.html",
        "style.css",
        "player.json",
    ] {
        let path = ground.path(place);
        if path.is_dir() {
            fs::remove_dir_all(path).expect("it can be removed");
        } else {
            fs::remove_file(path).expect("it can be removed");
        }
    }
    assert!(
        found(&ground.site).1.findings > 10,
        "a run has ended: they are missing"
    );
    fs::write(ground.path(".segue/first-run"), []).expect("it can be written");
    let (files, report) = found(&ground.site);
    assert_eq!((files, report.unfinished), (Vec::new(), true));
}

#[test]
fn a_catalog_that_is_lost_is_missed_whoever_had_the_site_since() {
    let ground = Ground::new();
    fs::remove_file(ground.path("catalog.json")).expect("it can be removed");
    Segue::new("prune").with(ground.site.path()).run_well();
    let (files, report) = found(&ground.site);
    assert_eq!(
        (files, report.unfinished),
        (vec!["catalog.json".to_owned()], false)
    );
}

#[test]
fn what_a_server_has_begun_is_no_fault() {
    let ground = Ground::new();
    let rendition = ground.rendition();
    let media = rendition.media_folder();
    for name in [
        "b3sums",
        "audio.mp4",
        "init.mp4",
        "index.m3u8",
        "main.m3u8",
        "index.mpd",
        "0.m4s",
    ] {
        fs::remove_file(media.join(name)).expect("it can be removed");
    }
    fs::remove_file(rendition.folder.join("manifest.json")).expect("it can be removed");
    Segue::new("catalog").with(ground.site.path()).run_well();
    ground.site.note_on_demand(&rendition);
    let (files, report) = found(&ground.site);
    assert_eq!((files, report.begun, report.unnamed), (Vec::new(), 1, 0));
    let segment = media.join("1.m4s");
    let bytes = fs::read(&segment).expect("it stays");
    fs::write(&segment, &bytes[..bytes.len() - 1]).expect("it can be written");
    let outcome = ground.verify();
    assert!(
        outcome.stdout.starts_with(&ground.place(&segment))
            && outcome.stdout.contains("segue serve"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn status_tells_what_verify_has_found() {
    let ground = Ground::new();
    let segment = ground.rendition().segments().remove(0).path;
    let mut bytes = fs::read(&segment).expect("it is there");
    bytes[1000] ^= 1;
    fs::write(&segment, bytes).expect("it can be written");
    let status = || {
        Segue::new("status")
            .with(ground.library.path())
            .with("-o")
            .with(ground.site.path())
            .with("-p")
            .with("original,warm")
            .with("-v")
            .run_well()
            .stdout
    };
    let told = "found by `segue verify`";
    assert!(!status().contains(told), "nobody has read it back");
    assert_eq!(ground.verify().code, Some(1));
    assert_eq!(status().matches(told).count(), 1, "{}", status());
    assert_eq!(ground.render().summary_count("rendered"), 1);
    assert!(!status().contains(told), "{}", status());
}

#[test]
fn a_copy_that_cannot_be_written_is_checked_as_well() {
    let ground = Ground::new();
    fs::remove_dir_all(ground.path(".segue")).expect("it can be removed");
    let before = files_below(ground.site.path());
    check_silent(&ground.verify());
    assert_eq!(
        files_below(ground.site.path()),
        before,
        "nothing is written"
    );
    let rendition = ground.rendition();
    fs::remove_file(rendition.file("init")).expect("it can be removed");
    // No folder can be made where there is a file: that holds for root, too.
    fs::write(ground.path(".segue"), "in the way").expect("it can be written");
    let outcome = ground.verify();
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stdout.contains("init.mp4: is missing"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stderr.contains("cannot be kept") && outcome.stderr.contains("--force"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_catalog_that_is_lost_costs_no_settings() {
    let ground = Ground::new();
    let site = ground.site.path();
    let run = || {
        Segue::render_presets(ground.library.path(), site, "original,warm")
            .with("--json")
            .with("--whole-file")
            .run_well()
    };
    let before = ground.published();
    fs::remove_file(ground.path("catalog.json")).expect("it can be removed");
    Segue::new("catalog").with(site).run_well();
    assert_eq!(
        differences(&before, &ground.published()),
        Vec::<String>::new()
    );
    fs::write(ground.path("catalog.json"), "{}").expect("it can be written");
    assert_eq!(
        run().summary_count("rendered"),
        0,
        "a segment is still a second long"
    );
    assert_eq!(
        differences(&before, &ground.published()),
        Vec::<String>::new()
    );
}
