//! A track's id follows from its encoded audio alone.

use std::fs;
use std::path::{Path, PathBuf};

use lofty::config::WriteOptions;
use lofty::file::{AudioFile, TaggedFileExt};
use lofty::picture::{MimeType, Picture, PictureType};
use lofty::tag::{Accessor, Tag, TagType};

use crate::support::library::Library;
use crate::support::run::{Cost, Segue, folder};
use crate::support::site::{Site, text};
use crate::support::tools;

/// Name, and what ffmpeg needs to be told.
const FORMATS: [(&str, &[&str]); 6] = [
    ("piece.mp3", &["-c:a", "libmp3lame"]),
    ("piece.flac", &["-c:a", "flac", "-sample_fmt", "s16"]),
    ("piece.m4a", &["-c:a", "aac"]),
    ("piece.ogg", &["-c:a", "libvorbis"]),
    ("piece.opus", &["-c:a", "libopus"]),
    ("piece.wav", &["-c:a", "pcm_s16le"]),
];

/// Renders a library with one track and returns its id and the track as the catalog has it.
fn only_track(library: &Path, site: &Path) -> serde_json::Value {
    let site = Site::at(site);
    Segue::render(library, site.path()).run_well();
    let tracks = site.tracks();
    assert_eq!(tracks.len(), 1, "the library holds one track: {tracks:?}");
    tracks[0].clone()
}

/// A JPEG of one colour.
fn jpeg(path: &Path, colour: &str) -> Vec<u8> {
    let source = format!("color=c={colour}:s=64x64");
    tools::ffmpeg([
        "-f",
        "lavfi",
        "-i",
        &source,
        "-frames:v",
        "1",
        &path.to_string_lossy(),
    ]);
    fs::read(path).expect("the picture can be read")
}

/// Writes other tags and another cover in place, as a tag editor does: into every kind of tag that the file has, and into
/// the kind that is usual for its format.
fn retag(path: &Path, title: &str, picture: Vec<u8>) {
    let mut file = lofty::read_from_path(path).expect("lofty reads the file");
    let primary = file.primary_tag_type();
    if file.tag(primary).is_none() {
        file.insert_tag(Tag::new(primary));
    }
    let kinds: Vec<TagType> = file.tags().iter().map(Tag::tag_type).collect();
    for kind in kinds {
        let tag = file.tag_mut(kind).expect("the file has this tag");
        tag.set_title(title.to_owned());
        tag.set_album(
            "An album with quite a long name, so that the audio moves within the file".to_owned(),
        );
        tag.set_track(7);
    }
    let cover = Picture::unchecked(picture)
        .pic_type(PictureType::CoverFront)
        .mime_type(MimeType::Jpeg)
        .build();
    file.tag_mut(primary)
        .expect("it was made above")
        .push_picture(cover);
    file.save_to_path(path, WriteOptions::default())
        .expect("lofty writes the file");
}

/// Copies packets as they are into a new file with other tags.
fn remux(from: &Path, to: &Path, title: &str) {
    let title = format!("title={title}");
    let (from, to) = (from.to_string_lossy(), to.to_string_lossy());
    // Ogg keeps its tags with the stream, the others with the file.
    tools::ffmpeg([
        "-i",
        &from,
        "-map",
        "0:a",
        "-map_metadata",
        "-1",
        "-c",
        "copy",
        "-metadata",
        &title,
        "-metadata:s:a:0",
        &title,
        &to,
    ]);
}

#[test]
fn tags_covers_names_and_copies_keep_the_id() {
    let test = "identity::tags_covers_names_and_copies_keep_the_id";
    let _cost = Cost::of(test);
    if !tools::ffmpeg_or_skip(test) {
        return;
    }
    let scratch = folder();
    let red = jpeg(&scratch.path().join("red.jpg"), "red");
    let mut ids = Vec::new();
    for (name, options) in FORMATS {
        let library = Library::at(&scratch.path().join(format!("library of {name}")));
        let site = scratch.path().join(format!("site of {name}"));
        let file = library.add_encoded(name, 1, 7, "before", options);
        let before = only_track(library.path(), &site);
        assert_eq!(
            text(&before["title"]),
            "before",
            "{name}: the tags are read"
        );

        retag(&file, "after", red.clone());
        let after = only_track(library.path(), &site);
        assert_eq!(
            after["id"], before["id"],
            "{name}: new tags and a cover keep the id"
        );
        assert_eq!(text(&after["title"]), "after", "{name}: and are published");
        assert!(
            after["cover"].is_string(),
            "{name}: the cover is published: {after}"
        );
        let published = fs::read_dir(site.join("tracks"))
            .expect("there are tracks")
            .count();
        assert_eq!(published, 1, "{name}: no second track was made");

        let renamed = library.file(&format!("moved/another name-{name}"));
        fs::create_dir(library.file("moved")).expect("the folder can be made");
        fs::rename(&file, &renamed).expect("the file can be renamed");
        assert_eq!(
            only_track(library.path(), &site)["id"],
            before["id"],
            "{name}: a rename keeps the id"
        );
        fs::copy(&renamed, library.file(name)).expect("the file can be copied");
        assert_eq!(
            only_track(library.path(), &site)["id"],
            before["id"],
            "{name}: a copy is the same track"
        );
        Site::at(&site).check();
        ids.push(text(&before["id"]).to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(
        ids.len(),
        FORMATS.len(),
        "each encoding has an id of its own"
    );
}

#[test]
fn copying_the_packets_keeps_the_id() {
    let test = "identity::copying_the_packets_keeps_the_id";
    let _cost = Cost::of(test);
    if !tools::ffmpeg_or_skip(test) {
        return;
    }
    let scratch = folder();
    for (name, options) in FORMATS {
        let library = Library::at(&scratch.path().join(format!("library of {name}")));
        let encoded = library.add_encoded(name, 1, 7, "before", options);
        let first = only_track(library.path(), &scratch.path().join("first").join(name));
        let copied = Library::at(&scratch.path().join(format!("copy of {name}")));
        remux(&encoded, &copied.file(name), "another title");
        let second = only_track(copied.path(), &scratch.path().join("second").join(name));
        assert_eq!(
            text(&second["title"]),
            "another title",
            "{name}: it was retagged"
        );
        assert_eq!(
            first["id"], second["id"],
            "{name}: ffmpeg -c copy keeps the id"
        );
    }
}

/// Ids of a file before and after a change to it.
fn ids_around(
    library: &Library,
    file: &Path,
    site: &Path,
    change: impl FnOnce(&mut Vec<u8>),
) -> (String, String) {
    let before = only_track(library.path(), &site.join("before"));
    let mut bytes = fs::read(file).expect("the file can be read");
    change(&mut bytes);
    fs::write(file, bytes).expect("the file can be written");
    let after = only_track(library.path(), &site.join("after"));
    (
        text(&before["id"]).to_owned(),
        text(&after["id"]).to_owned(),
    )
}

#[test]
fn one_changed_byte_of_audio_changes_the_id() {
    let _cost = Cost::of("identity::one_changed_byte_of_audio_changes_the_id");
    let scratch = folder();
    for from_end in [1, 100_000, 7 * 44_100 * 4] {
        let library = Library::at(&scratch.path().join(format!("library {from_end}")));
        let file = library.add_wav("piece.wav", 1, 7);
        let site = scratch.path().join(format!("site {from_end}"));
        let (before, after) = ids_around(&library, &file, &site, |bytes| {
            let at = bytes.len() - from_end;
            bytes[at] ^= 1;
        });
        assert_ne!(
            before, after,
            "a byte {from_end} from the end is part of the audio"
        );
    }
}

/// A FLAC of a WAV with one sample changed by one.
fn flac_with_changed_sample(library: &Library, change: bool) -> PathBuf {
    let wav = library.path().with_extension("wav");
    let mut samples = crate::support::sound::synthesise(
        crate::support::sound::Sound::Music(1),
        44_100,
        2,
        44_100 * 7,
    );
    if change {
        samples[300_000] ^= 1;
    }
    let specification = hound::WavSpec {
        channels: 2,
        sample_rate: 44_100,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&wav, specification).expect("the WAV can be made");
    for sample in samples {
        writer.write_sample(sample).expect("the WAV can be written");
    }
    writer.finalize().expect("the WAV can be closed");
    let flac = library.file("piece.flac");
    tools::ffmpeg([
        "-i",
        &wav.to_string_lossy(),
        "-c:a",
        "flac",
        &flac.to_string_lossy(),
    ]);
    flac
}

#[test]
fn one_changed_packet_changes_the_id() {
    let test = "identity::one_changed_packet_changes_the_id";
    let _cost = Cost::of(test);
    if !tools::ffmpeg_or_skip(test) {
        return;
    }
    let scratch = folder();
    let id_of = |name: &str, change: bool| {
        let library = Library::at(&scratch.path().join(name));
        flac_with_changed_sample(&library, change);
        text(&only_track(library.path(), &scratch.path().join(format!("site {name}")))["id"])
            .to_owned()
    };
    assert_eq!(
        id_of("one", false),
        id_of("two", false),
        "the same audio has the same id in two sites"
    );
    assert_ne!(
        id_of("three", false),
        id_of("four", true),
        "one sample changed by one is another track"
    );
}
