//! `--normalize album`, by the program: tracks that were one piece are mastered and encoded as one.

use std::path::{Path, PathBuf};

use crate::support::run::{Segue, folder};
use crate::support::site::{Rendition, Site};
use crate::support::sound::{self, Sound};
use crate::support::tools::{self, decode};

const RATE: u32 = 44_100;
/// Where the piece is cut: on no border of anything.
const CUT: usize = 377_777;
/// Decoded before a track's first sample.
const PRE_ROLL: usize = 1024;

/// A piece with a soft first and a loud second half, and the piece in two, tagged as an album.
fn sources(library: &Path) -> PathBuf {
    let frames = 20 * RATE as usize;
    let mut samples = sound::synthesise(Sound::Music(3), RATE, 2, frames);
    for (at, sample) in samples.iter_mut().enumerate() {
        *sample = if at / 2 < CUT { *sample / 4 } else { *sample };
    }
    let write = |name: &str, samples: &[i16]| {
        let path = library.with_file_name(name);
        let specification = hound::WavSpec {
            channels: 2,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, specification).expect("a WAV");
        for sample in samples {
            writer.write_sample(*sample).expect("a sample");
        }
        writer.finalize().expect("the WAV can be closed");
        path
    };
    std::fs::create_dir_all(library).expect("a folder");
    for (number, part) in [(1, &samples[..2 * CUT]), (2, &samples[2 * CUT..])] {
        let wav = write("part.wav", part).to_string_lossy().into_owned();
        let out = library
            .join(format!("{number}.flac"))
            .to_string_lossy()
            .into_owned();
        let (title, track) = (format!("title={number}"), format!("track={number}"));
        let tags = ["album=Live", "album_artist=A", &title, &track];
        let tags = tags.iter().flat_map(|tag| ["-metadata", tag]);
        tools::ffmpeg(["-i", &wav].into_iter().chain(tags).chain([out.as_str()]));
    }
    write("uncut.wav", &samples)
}

/// What a rendition plays, in its first channel.
fn played(rendition: &Rendition, scratch: &Path) -> Vec<f32> {
    let joined = rendition.join_segments(scratch);
    let decoded = decode(&joined, 2, None).without_warning();
    let from = 2 * PRE_ROLL;
    sound::channel(
        &decoded.samples[from..from + 2 * rendition.samples() as usize],
        2,
        0,
    )
}

#[test]
fn an_album_is_mastered_and_encoded_as_one_piece() {
    if !tools::ffmpeg_or_skip("albums::an_album_is_mastered_and_encoded_as_one_piece") {
        return;
    }
    let scratch = folder();
    let library = scratch.path().join("library");
    let uncut = sources(&library);
    let reference = scratch.path().join("reference.wav");
    Segue::new("export")
        .with(&uncut)
        .with("-o")
        .with(&reference)
        .with("-pwarm")
        .run_well();
    let reference = sound::channel(&decode(&reference, 2, None).samples, 2, 0);
    let snr = |normalize: &str| {
        let site = Site::at(&scratch.path().join(normalize));
        Segue::render_presets(&library, site.path(), "warm")
            .with("--normalize")
            .with(normalize)
            .run_well();
        let renditions = site.all_renditions();
        assert_eq!(renditions.len(), 2);
        let applied = |index: usize| &renditions[index].manifest["applied"];
        assert_eq!(applied(0) == applied(1), normalize == "album");
        let mut parts: Vec<Vec<f32>> = Vec::new();
        for title in ["1", "2"] {
            let part = renditions.iter().find(|rendition| rendition.title == title);
            parts.push(played(part.expect("both parts"), scratch.path()));
        }
        let album = parts.concat();
        assert_eq!(album.len(), reference.len());
        let window = |from: usize, length: usize| {
            sound::snr(&reference[from..from + length], &album[from..from + length])
        };
        // Over the border, at its two sides, and somewhere else in each part.
        let border = window(CUT - 2048, 4096);
        (
            border,
            window(CUT / 2, 65_536),
            window(CUT + 100_000, 65_536),
        )
    };
    let (border, first, second) = snr("album");
    assert!(first > 15.0 && second > 15.0, "{first:.1}, {second:.1} dB");
    assert!(
        border > first.min(second) - 3.0,
        "{border:.1} dB at the border, {first:.1} and {second:.1} elsewhere"
    );
    // Each for itself, the soft part is raised and the loud one lowered: another sound.
    let (_, first, second) = snr("track");
    assert!(first.min(second) < 12.0, "{first:.1}, {second:.1} dB");
}
