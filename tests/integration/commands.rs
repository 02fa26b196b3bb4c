//! The commands and flags that no other test is about, each seen to do what its help says.

use std::fs;

use crate::support::library::Library;
use crate::support::run::{Segue, folder};
use crate::support::site::{Site, read_json, text};
use crate::support::sound::{Sound, write_wav};
use crate::support::tools;

#[test]
fn export_writes_a_whole_rendition_as_m4a() {
    if !tools::ffmpeg_or_skip("commands::export_writes_a_whole_rendition_as_m4a") {
        return;
    }
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let source = library.add_wav("one.wav", 1, 13);
    let out = scratch.path().join("one.m4a");
    Segue::export(&source, &out).run_well();
    // Its edit list takes the encoder's delay and padding away, of which ffmpeg takes no notice in a fragmented file.
    let decoded = tools::decode(&out, 2, None).without_warning();
    let units = (13 * 44_100usize).next_multiple_of(1024);
    assert_eq!(decoded.frames(), 1024 + units);
    let bytes = fs::read(&out).expect("the file");
    let reader = mp4::Mp4Reader::read_header(std::io::Cursor::new(&bytes), bytes.len() as u64);
    let reader = reader.expect("the mp4 crate reads it");
    let track = reader.tracks().values().next().expect("a track");
    let edits = track
        .trak
        .edts
        .as_ref()
        .and_then(|edits| edits.elst.as_ref());
    let edit = &edits.expect("an edit list").entries[0];
    assert_eq!(
        (edit.media_time, edit.segment_duration),
        (1024, 13 * 44_100)
    );
    let mvex = reader.moov.mvex.as_ref().expect("an mvex");
    let told = mvex.mehd.as_ref().expect("its length");
    assert_eq!(told.fragment_duration, 13 * 44_100);
    let wrong = Segue::export(&source, &scratch.path().join("one.mp3")).run();
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
    assert!(wrong.stderr.contains(".m4a"), "{}", wrong.stderr);
}

#[test]
fn export_takes_the_place_of_no_source() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let source = library.add_wav("one.wav", 1, 3);
    let link = library.file("the same.wav");
    fs::hard_link(&source, &link).expect("a link");
    let before = fs::read(&source).expect("the source");
    for out in [&source, &link] {
        let outcome = Segue::export(&source, out).run();
        assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
        assert!(
            outcome.stderr.contains("another name"),
            "{}",
            outcome.stderr
        );
        assert_eq!(fs::read(out).expect("it is there"), before);
    }
    // What is no source is replaced.
    let out = library.file("other.wav");
    fs::write(&out, "older").expect("a file");
    Segue::export(&source, &out).run_well();
    assert!(hound::WavReader::open(&out).is_ok(), "it was replaced");
}

#[test]
fn catalog_brings_parts_together() {
    let scratch = folder();
    let parts: Vec<_> = ["a", "b"]
        .into_iter()
        .zip(1..)
        .map(|(name, seed)| {
            let library = Library::at(&scratch.path().join(format!("library-{name}")));
            library.add_wav(&format!("{name}.wav"), seed, 7);
            let site = scratch.path().join(name);
            Segue::render(library.path(), &site).run_well();
            site
        })
        .collect();
    for entry in fs::read_dir(parts[1].join("tracks")).expect("the tracks") {
        let entry = entry.expect("a track");
        let to = parts[0].join("tracks").join(entry.file_name());
        fs::rename(entry.path(), to).expect("it can be moved");
    }
    let outcome = Segue::new("catalog").with(&parts[0]).run_well();
    assert!(outcome.stderr.contains("2 tracks"), "{}", outcome.stderr);
    let site = Site::at(&parts[0]);
    assert_eq!(site.tracks().len(), 2);
    site.check();
    let none = Segue::new("catalog")
        .with(scratch.path().join("nothing"))
        .run();
    assert_eq!(none.code, Some(1));
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Segue::new("completions").with(shell).run_well().stdout;
        for word in ["render", "serve", "--preset"] {
            assert!(
                script.contains(word.trim_start_matches('-')),
                "{shell}: {word}"
            );
        }
    }
    let wrong = Segue::new("completions").with("tcsh").run();
    assert_eq!(wrong.code, Some(2));
}

#[test]
fn several_roots_and_globs_choose_what_is_rendered() {
    let scratch = folder();
    let (one, two) = (scratch.path().join("one"), scratch.path().join("two"));
    for (root, names) in [
        (&one, ["keep/a.wav", "leave/b.wav"]),
        (&two, ["keep/c.wav", "d.wav"]),
    ] {
        for (name, seed) in names.into_iter().zip(1..) {
            let library = Library::at(root.join(name).parent().expect("a folder"));
            let file = root
                .join(name)
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            library.add_wav(&file, seed + if root == &one { 0 } else { 10 }, 3);
        }
    }
    let site = Site::at(&scratch.path().join("site"));
    Segue::render(&one, site.path())
        .with(&two)
        .with("--include")
        .with("keep/**")
        .with("--include")
        .with("leave/**")
        .with("--exclude")
        .with("leave/**")
        .run_well();
    let tracks = site.tracks();
    let mut titles: Vec<&str> = tracks.iter().map(|track| text(&track["title"])).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["a", "c"]);
}

#[test]
fn mono_takes_half_the_bit_rate() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for (name, channels) in [("mono", 1), ("stereo", 2)] {
        let path = library.file(&format!("{name}.wav"));
        write_wav(&path, Sound::Music(1), 44_100, channels, 30 * 44_100);
    }
    let site = Site::at(&scratch.path().join("site"));
    Segue::render(library.path(), site.path())
        .with("--bitrate")
        .with("160k")
        .run_well();
    let renditions = site.by_title();
    for (name, rate) in [("mono", 80_000), ("stereo", 160_000)] {
        let rendition = &renditions[name];
        assert_eq!(rendition.number("bitrate"), rate);
        let bytes: u64 = rendition
            .segments()
            .iter()
            .map(|segment| segment.bytes)
            .sum();
        let bits_per_second = bytes * 8 / 30;
        assert!(
            bits_per_second.abs_diff(rate) < rate / 20,
            "{name}: {bits_per_second} bit/s"
        );
    }
}

#[test]
fn a_track_is_measured_once_and_told() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    library.add_wav("one.wav", 1, 20);
    let site = Site::at(&scratch.path().join("site"));
    let measured = |preset: &str| {
        let outcome = Segue::render_presets(library.path(), site.path(), preset)
            .with("--json")
            .run_well();
        let is_measuring = |event: &&serde_json::Value| event["event"] == "chunk_measured";
        outcome.events().iter().filter(is_measuring).count()
    };
    assert!(measured("warm") > 0);
    assert_eq!(measured("bright"), 0, "what was measured is reused");
    let id = text(&site.tracks()[0]["id"]).to_owned();
    let track = read_json(&site.path().join(format!("tracks/{id}/track.json")));
    let analysis = &track["analysis"];
    for key in [
        "integrated_lufs",
        "range_lu",
        "sample_peak_dbfs",
        "true_peak_dbtp",
        "crest_db",
        "stereo_width",
    ] {
        assert!(analysis[key].is_number(), "{key}: {}", analysis[key]);
    }
    assert_eq!(analysis["spectrum"].as_array().map(Vec::len), Some(31));
    let waveform = &analysis["waveform"];
    let each = waveform["samples_per_point"].as_u64().expect("a number");
    let points = (20 * 44_100u64).div_ceil(each);
    assert!((500..=2000).contains(&points), "{points} points");
    let data = text(&waveform["data"]);
    // Least, greatest and root mean square, a byte each, in base 64.
    assert_eq!(data.len() as u64, (3 * points).div_ceil(3) * 4);
}

#[test]
fn a_library_of_which_nothing_can_be_rendered_is_told_why() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    let site = scratch.path().join("site");
    let failure = |segue: Segue| {
        let outcome = segue.run();
        assert_ne!(outcome.code, Some(0));
        outcome.stderr
    };
    let render = || Segue::render(library.path(), &site);
    assert!(failure(render()).contains("there is no audio in"));
    fs::write(library.file("song.wma"), "Windows Media").expect("a file");
    let said = failure(render());
    assert!(said.contains("but `song.wma`: convert"), "{said}");
    fs::remove_file(library.file("song.wma")).expect("it is there");
    library.add_wav("piece.wav", 1, 1);
    let said = failure(render().with("--include=*.flac"));
    assert!(said.contains("leave none of the 1 audio files"), "{said}");

    let among = Segue::render(library.path(), library.path());
    let said = failure(among);
    assert!(said.contains("is the library itself"), "{said}");
    let left = fs::read_dir(library.path()).expect("it is there").count();
    assert_eq!(left, 1, "nothing is made among the music");
    let below = Segue::render(library.path(), &library.file("site"));
    below.run_well();
}
