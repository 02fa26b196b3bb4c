//! A segment is a pure function: the same bytes with one thread and two, in another order, and when forced again.

use std::path::Path;

use segue::decode::{TrackAudio, survey};
use segue::manifest::SiteSettings;
use segue::mastering::{Presets, Variant, decide};
use segue::progress::Silent;
use segue::render::{PlacedTrack, Recipe, measure, render_segment};
use segue::site::TrackId;

use crate::support::library::Library;
use crate::support::run::{Cost, Segue, folder};
use crate::support::site::{Site, differences};
use crate::support::tools;

/// Sources of several codecs, titled so that their file names decide nothing but the order. `names` are the files'
/// stems in the order of these sources.
fn fill(library: &Path, names: [&str; 5]) -> Library {
    let library = Library::at(library);
    let sources: [(&str, &str, &[&str]); 5] = [
        ("m4a", "AAC", &["-c:a", "aac", "-b:a", "128k"]),
        ("opus", "Opus", &["-c:a", "libopus"]),
        ("flac", "FLAC", &["-c:a", "flac", "-sample_fmt", "s16"]),
        ("mp3", "MP3", &["-c:a", "libmp3lame"]),
        (
            "ogg",
            "Vorbis at 22.05 kHz",
            &["-c:a", "libvorbis", "-ar", "22050"],
        ),
    ];
    for ((seed, name), (extension, title, options)) in (1..).zip(names).zip(sources) {
        library.add_encoded(&format!("{name}.{extension}"), seed, 50, title, options);
    }
    library
}

#[test]
fn the_same_bytes_come_out_however_it_is_rendered() {
    let test = "purity::the_same_bytes_come_out_however_it_is_rendered";
    let _cost = Cost::of(test);
    if !tools::ffmpeg_or_skip(test) {
        return;
    }
    let scratch = folder();
    let library = fill(&scratch.path().join("library"), ["a", "b", "c", "d", "e"]);
    let site = |name: &str| Site::at(&scratch.path().join(name));
    let (one, two, other_order) = (site("one"), site("two"), site("other-order"));

    Segue::render(library.path(), one.path())
        .with("-padaptive")
        .with("-j1")
        .run_well();
    one.check();
    let first = one.hashes();
    let segments = first
        .keys()
        .filter(|path| path.extension().is_some_and(|extension| extension == "m4s"))
        .count();
    assert!(
        segments >= 2 * 5 * 8,
        "there are segments to compare, not {segments}"
    );

    Segue::render(library.path(), two.path())
        .with("-padaptive")
        .with("-j2")
        .run_well();
    assert_eq!(
        differences(&first, &two.hashes()),
        Vec::<String>::new(),
        "-j1 and -j2 give the same bytes"
    );

    // The same files under names that sort the other way round.
    let renamed = scratch.path().join("renamed");
    std::fs::create_dir(&renamed).expect("the folder can be made");
    for (from, to) in [
        ("a.m4a", "z.m4a"),
        ("b.opus", "y.opus"),
        ("c.flac", "x.flac"),
        ("d.mp3", "w.mp3"),
        ("e.ogg", "v.ogg"),
    ] {
        std::fs::copy(library.file(from), renamed.join(to)).expect("a source can be copied");
    }
    Segue::render(&renamed, other_order.path())
        .with("-padaptive")
        .run_well();
    assert_eq!(
        differences(&first, &other_order.hashes()),
        Vec::<String>::new(),
        "the order decides nothing"
    );

    let before = one.catalog();
    Segue::render(library.path(), one.path())
        .with("-padaptive")
        .with("--force")
        .run_well();
    assert_eq!(
        differences(&first, &one.hashes()),
        Vec::<String>::new(),
        "rendering again gives the same bytes"
    );
    assert_eq!(before, one.catalog(), "and the same catalog");
}

#[test]
fn what_is_rendered_depends_on_the_settings() {
    let test = "purity::what_is_rendered_depends_on_the_settings";
    let _cost = Cost::of(test);
    // The counterpart: were the bytes the same whatever one asks for, the test above would show nothing.
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("piece.wav", 1, 15);
    let fingerprint = |name: &str, flags: [&str; 2]| {
        let site = Site::at(&scratch.path().join(name));
        Segue::render(library.path(), site.path())
            .with(flags[0])
            .with(flags[1])
            .run_well();
        site.check();
        let rendition = site.only_rendition();
        (
            rendition.manifest["fingerprint"].clone(),
            rendition.segments()[0].bytes,
        )
    };
    let usual = fingerprint("usual", ["--bitrate", "192k"]);
    let lower = fingerprint("lower", ["--bitrate", "128k"]);
    let shorter = fingerprint("shorter", ["--segment", "4"]);
    assert_ne!(usual.0, lower.0, "the bit rate is in the fingerprint");
    assert_ne!(
        usual.0, shorter.0,
        "the segment's length is in the fingerprint"
    );
    assert!(
        lower.1 < usual.1 * 4 / 5,
        "a lower bit rate gives smaller segments"
    );
}

#[test]
fn segment_seven_alone_has_the_published_bytes() {
    let test = "purity::segment_seven_alone_has_the_published_bytes";
    let _cost = Cost::of(test);
    if !tools::ffmpeg_or_skip(test) {
        return;
    }
    let scratch = folder();
    let library = fill(&scratch.path().join("library"), ["a", "b", "c", "d", "e"]);
    let site = Site::at(&scratch.path().join("site"));
    Segue::render(library.path(), site.path())
        .with("-pwarm@80")
        .run_well();
    let published = site.all_renditions();
    let presets = Presets::default();
    let warm: Variant = "warm@80".parse().expect("a variant");
    for (file, title) in [
        ("a.m4a", "AAC"),
        ("b.opus", "Opus"),
        ("c.flac", "FLAC"),
        ("d.mp3", "MP3"),
        ("e.ogg", "Vorbis at 22.05 kHz"),
    ] {
        let path = library.file(file);
        let audio = TrackAudio::new(&path, survey(&path).expect("the source can be read"));
        let id = TrackId::from_hash(&audio.survey().encoded_audio);
        let measured = measure(&audio, id, &Silent).expect("it can be measured");
        let preset = presets.of(&warm).expect("built in");
        let decision = decide(preset, warm.intensity(), &measured).expect("decided");
        let placed = PlacedTrack::alone(audio);
        for (variant, mastering) in [("original", None), ("warm@80", Some(&decision.settings))] {
            let recipe = Recipe::new(&placed, &SiteSettings::default(), mastering);
            let segment = recipe.stream().timeline.segment(7);
            // A reader that has seen nothing of the track before.
            let alone = render_segment(&mut placed.reader(), &recipe, &segment)
                .expect("the segment can be rendered");
            let rendition = published
                .iter()
                .find(|one| one.title == title && one.manifest["variant"] == variant)
                .expect("it was published");
            let whole = fs_err::read(rendition.media_folder().join("7.m4s"))
                .expect("the segment was published");
            assert!(
                alone.bytes == whole,
                "{title}, {variant}: segment 7 differs"
            );
        }
    }
}
