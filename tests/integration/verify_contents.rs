//! Forgeries that agree with their hashes. `segue verify` finds them by what the files say of each other, which is all
//! that tells where a faulty segue, or a hand that knew how, put a site together wrongly and then took the hashes.

use std::fs;

use segue::render::fingerprint_of;
use serde_json::{Value, json};

use crate::support::boxes::{find, number};
use crate::support::forgery::{Scene, contents_at, double, header, hide, put};
use crate::support::ground::check_silent;
use crate::support::run::{Cost, Segue, folder};
use crate::support::site::{Site, forge};
use crate::support::sound::{Sound, write_wav};

/// The init segment and the whole file's header of a track with one channel.
fn of_one_channel() -> (Vec<u8>, Vec<u8>) {
    let scratch = folder();
    let library = scratch.path().join("library");
    fs::create_dir(&library).expect("the folder can be made");
    write_wav(
        &library.join("mono.wav"),
        Sound::Music(3),
        44_100,
        1,
        44_100,
    );
    let site = Site::at(&scratch.path().join("site"));
    Segue::render(&library, site.path())
        .with("--whole-file")
        .run_well();
    let media = site.only_rendition().media_folder();
    let read = |name: &str| fs::read(media.join(name)).expect("it is there");
    (read("init.mp4"), header(&read("audio.mp4")).to_vec())
}

#[test]
fn segments_that_are_not_in_their_places_are_found() {
    let _cost = Cost::of("verify_contents::segments_that_are_not_in_their_places_are_found");
    let scene = Scene::new();
    let (first, second) = (scene.read("0.m4s"), scene.read("1.m4s"));
    scene.replace("0.m4s", &second);
    scene.replace("1.m4s", &first);
    let told = |is: &[u8], was: &[u8]| {
        format!(
            "has {} bytes, and the manifest says {}",
            is.len(),
            was.len()
        )
    };
    scene.check(&[
        ("0.m4s", &told(&second, &first)),
        ("1.m4s", &told(&first, &second)),
    ]);
    // With their sizes.
    scene.replace_segment(0, &second);
    scene.replace_segment(1, &first);
    scene.check(&[
        ("0.m4s", "is fragment 2, not 1"),
        ("1.m4s", "is fragment 1, not 2"),
    ]);
    // With their numbers, too; and then with the time.
    let mut renumbered = second.clone();
    put(&mut renumbered, "mfhd", 2, 1);
    let begins = 33 * 1024;
    let what = format!("begins at sample {begins}, not 0");
    scene.hold_segment(|bytes| bytes.clone_from(&renumbered), &what);
    put(&mut renumbered, "tfdt", begins, 0);
    let lasts = scene.rendition.samples().div_ceil(1024) * 1024 - 32 * 1024;
    let what = format!("lasts {lasts} samples, not {begins}");
    scene.hold_segment(|bytes| bytes.clone_from(&renumbered), &what);
}

#[test]
fn a_segment_of_another_track_is_found() {
    let _cost = Cost::of("verify_contents::a_segment_of_another_track_is_found");
    let scene = Scene::new();
    let own = scene.read("0.m4s");
    let other = {
        let [_, other_track] = scene.others();
        fs::read(other_track.media_folder().join("0.m4s")).expect("it is there")
    };
    assert_ne!(own.len(), other.len(), "their sizes tell them apart");
    scene.replace("0.m4s", &other);
    let (is, told) = (other.len(), own.len());
    let what = format!("has {is} bytes, and the manifest says {told}");
    scene.check(&[("0.m4s", &what)]);
    // As long, as large, in the same place: it is no part of the whole file.
    scene.replace_segment(0, &other);
    scene.check(&[("audio.mp4", "is not the segments behind a header")]);
}

#[test]
fn boxes_of_a_segment_that_are_wrong_are_found() {
    let _cost = Cost::of("verify_contents::boxes_of_a_segment_that_are_wrong_are_found");
    let scene = Scene::new();
    scene.hold_segment(|bytes| bytes.truncate(bytes.len() - 1), "ends within a box");
    scene.hold_segment(
        |bytes| bytes.extend(b"\0\0\0\x08free"),
        "holds styp, moof, mdat, free, not styp, moof, mdat",
    );
    scene.hold_segment(
        |bytes| double(bytes, "moof", "traf"),
        "holds more than one track",
    );
    for kind in ["tfdt", "trun"] {
        let what = "does not say when it plays, or what";
        scene.hold_segment(|bytes| hide(bytes, kind), what);
    }
    let wrongly = "does not say rightly where its access units are";
    scene.hold_segment(
        |bytes| {
            let moof = find(bytes, &["moof"]).expect("there is one").payload.len();
            let offset = u32::try_from(moof + 16).expect("small");
            put(bytes, "trun", offset, offset + 1);
        },
        wrongly,
    );
    scene.hold_segment(
        |bytes| {
            let mdat = contents_at(bytes, "mdat") - 8;
            let size = number(bytes, mdat) + 1;
            bytes[mdat..mdat + 4].copy_from_slice(&size.to_be_bytes());
            bytes.push(0);
        },
        wrongly,
    );
    scene.hold_segment(
        |bytes| put(bytes, "tfhd", 1024, 960),
        "holds access units of another length",
    );
}

#[test]
fn a_playlist_of_other_segments_is_found() {
    let _cost = Cost::of("verify_contents::a_playlist_of_other_segments_is_found");
    let scene = Scene::new();
    let what = "does not tell of the segments that there are";
    // Each has an entry less; the one that has none, another bandwidth.
    for (name, is_of_entry) in [
        ("index.m3u8", ["#EXTINF:1.", "1.m4s"]),
        ("index.mpd", ["<S d=", "<S d="]),
    ] {
        let without = |bytes: &mut Vec<u8>| {
            let text = String::from_utf8(bytes.clone()).expect("it is text");
            let is_kept = |line: &&str| {
                !is_of_entry
                    .iter()
                    .any(|begin| line.trim_start().starts_with(begin))
            };
            let kept = text.lines().filter(is_kept).map(|line| format!("{line}\n"));
            *bytes = kept.collect::<String>().into_bytes();
            let less = text.lines().count() - String::from_utf8_lossy(bytes).lines().count();
            assert!((1..=2).contains(&less), "{name}: one entry");
        };
        scene.hold(name, without, what);
    }
    let bandwidth = |bytes: &mut Vec<u8>| {
        let text = String::from_utf8_lossy(bytes).replace("BANDWIDTH=", "BANDWIDTH=1");
        *bytes = text.into_bytes();
    };
    scene.hold("main.m3u8", bandwidth, what);
}

#[test]
fn another_init_is_found() {
    let _cost = Cost::of("verify_contents::another_init_is_found");
    let scene = Scene::new();
    let hold = |change: &dyn Fn(&mut Vec<u8>), what: &str| scene.hold("init.mp4", change, what);
    let (of_one_channel, _) = of_one_channel();
    hold(
        &|bytes| bytes.clone_from(&of_one_channel),
        "tells of 1 channels, not 2",
    );
    hold(
        &|bytes| put(bytes, "mdhd", 44_100, 48_000),
        "counts 48000 a second, not 44100",
    );
    hold(
        &|bytes| *bytes = header(&scene.read("audio.mp4")).to_vec(),
        "has an edit list, which the init segment must not have",
    );
    let segment = scene.read("0.m4s");
    for more in [&segment[..], b"\0\0\0\x0cmdat\x01\x02\x03\x04"] {
        hold(&|bytes| bytes.extend(more), "holds more than a header");
    }
    hold(
        &|bytes| double(bytes, "moov", "trak"),
        "holds 2 tracks, not one",
    );
    hold(&|bytes| hide(bytes, "mp4a"), "holds no AAC");
    hold(
        &|bytes| hide(bytes, "mvex"),
        "does not say that fragments follow",
    );
    hold(
        &|bytes| put(bytes, "trex", 1, 2),
        "is no header of fragments",
    );
}

#[test]
fn a_whole_file_of_something_else_is_found() {
    let _cost = Cost::of("verify_contents::a_whole_file_of_something_else_is_found");
    let scene = Scene::new();
    let hold = |change: &dyn Fn(&mut Vec<u8>), what: &str| scene.hold("audio.mp4", change, what);
    let other = {
        let [other_variant, _] = scene.others();
        fs::read(other_variant.media_folder().join("audio.mp4")).expect("it is there")
    };
    let no_segments = "is not the segments behind a header";
    hold(&|bytes| bytes.clone_from(&other), no_segments);
    hold(&|bytes| *bytes = header(bytes).to_vec(), no_segments);
    let (_, of_one_channel) = of_one_channel();
    hold(
        &|bytes| {
            let header_bytes = header(bytes).len();
            bytes.splice(..header_bytes, of_one_channel.iter().copied());
        },
        "tells of 1 channels, not 2",
    );
    let samples = u32::try_from(scene.rendition.samples()).expect("short");
    hold(
        &|bytes| put(bytes, "mehd", samples, samples + 1),
        &format!("does not say that it lasts {samples} samples"),
    );
    hold(
        &|bytes| put(bytes, "elst", 1024, 0),
        "does not say that it begins behind the pre-roll",
    );
}

/// Adds to a number.
fn add(value: &mut Value, more: u64) {
    *value = json!(value.as_u64().expect("it is a number") + more);
}

#[test]
fn a_manifest_of_something_else_is_found() {
    let _cost = Cost::of("verify_contents::a_manifest_of_something_else_is_found");
    let scene = Scene::new();
    let follows = "does not say what follows from its settings and length";
    scene.hold_manifest(|manifest| add(&mut manifest["samples"], 1), follows);
    scene.hold_manifest(
        |manifest| manifest["segments"][1]["uri"] = "1.m4s".into(),
        follows,
    );
    scene.hold_manifest(
        |manifest| {
            let segment = manifest["segments"][1].as_object_mut();
            segment.expect("an object").remove("bytes");
        },
        follows,
    );
    scene.hold_manifest(
        |manifest| {
            add(&mut manifest["samples"], 1);
            add(&mut manifest["segments"][1]["samples"], 1);
        },
        "does not have the length, rate and channels of its track",
    );
    scene.hold_manifest(
        |manifest| manifest["settings"]["bitrate"] = 128_000.into(),
        "does not have the fingerprint of its settings",
    );
    scene.hold_manifest(
        |manifest| {
            let settings = manifest["settings"].as_object_mut().expect("an object");
            settings.remove("bitrate");
            let fingerprint = fingerprint_of(&manifest["settings"]);
            manifest["fingerprint"] = fingerprint.to_string().into();
        },
        "does not say what it was made from",
    );
    for loudness in ["integrated_lufs", "range_lu", "true_peak_dbtp"] {
        scene.hold_manifest(
            |manifest| manifest["loudness"][loudness] = 1000.0.into(),
            "tells of a loudness that cannot be",
        );
    }
}

#[test]
fn a_manifest_that_leaves_a_segment_out_is_found() {
    let scene = Scene::new();
    let leave_out = |manifest: &mut Value| {
        let segments = manifest["segments"].as_array_mut().expect("a list");
        segments.pop().expect("there are two");
    };
    let what = "does not say what follows from its settings and length";
    // Without a whole file, nothing but the manifest's own length tells.
    scene.remove_whole_file();
    check_silent(&scene.ground.verify());
    scene.hold_manifest(leave_out, what);
    // With one, it is not the whole file that is wrong.
    scene.hold_manifest(leave_out, what);
}

#[test]
fn the_manifest_of_another_rendition_is_found_and_that_one_left_alone() {
    let scene = Scene::new();
    for other in scene.others() {
        fs::copy(
            other.folder.join("manifest.json"),
            scene.path("manifest.json"),
        )
        .expect("it can be replaced");
        scene.check(&[("manifest.json", "is the manifest of another rendition")]);
    }
}

#[test]
fn a_length_that_manifest_and_track_agree_upon_is_found() {
    let _cost = Cost::of("verify_contents::a_length_that_manifest_and_track_agree_upon_is_found");
    let scene = Scene::new();
    let samples = scene.rendition.samples() + 1;
    forge(&scene.path("manifest.json"), |manifest| {
        add(&mut manifest["samples"], 1);
        add(&mut manifest["segments"][1]["samples"], 1);
    });
    let track = scene.rendition.folder.parent().expect("a track's folder");
    forge(&track.join("track.json"), |track| {
        add(&mut track["samples"], 1);
        track["duration"] = json!(samples as f64 / 44_100.0);
    });
    let warm = |name: &str, what: &str| scene.line(&scene.path(name), "warm", what);
    let lines = [
        scene.line(
            &track.join("original/manifest.json"),
            "original",
            "does not have the length, rate and channels of its track",
        ),
        warm(
            "audio.mp4",
            &format!("does not say that it lasts {samples} samples"),
        ),
        warm("index.mpd", "does not tell of the segments that there are"),
    ];
    scene.check_lines(&lines, 2);
}
