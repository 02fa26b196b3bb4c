//! The valid files that are damaged: every format of the contract, each with tags, some with a cover inside.

use std::fs;
use std::path::Path;

use crate::support::sound::{Sound, write_wav};
use crate::support::tools;

/// A valid file.
pub(super) struct Original {
    pub(super) name: &'static str,
    pub(super) extension: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// Name, extension, and how ffmpeg encodes it.
const FORMATS: [(&str, &str, &[&str]); 20] = [
    ("wav_s16", "wav", &["-c:a", "pcm_s16le"]),
    ("wav_f32", "wav", &["-c:a", "pcm_f32le"]),
    ("wav_adpcm", "wav", &["-c:a", "adpcm_ms"]),
    ("aiff", "aiff", &["-c:a", "pcm_s16be", "-write_id3v2", "1"]),
    ("flac", "flac", &["-c:a", "flac", "-sample_fmt", "s16"]),
    ("oga_flac", "oga", &["-c:a", "flac", "-sample_fmt", "s16"]),
    ("alac", "m4a", &["-c:a", "alac", "-sample_fmt", "s16p"]),
    ("mp3", "mp3", &["-c:a", "libmp3lame", "-b:a", "96k"]),
    ("mp2", "mp2", &["-c:a", "mp2", "-b:a", "96k"]),
    ("adts", "aac", &["-c:a", "aac", "-b:a", "96k"]),
    ("aac", "m4a", &["-c:a", "aac", "-b:a", "96k"]),
    (
        "fragmented",
        "mp4",
        &["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"],
    ),
    ("vorbis", "ogg", &["-c:a", "libvorbis"]),
    ("opus", "opus", &["-c:a", "libopus"]),
    ("caf_s16", "caf", &["-c:a", "pcm_s16be"]),
    ("caf_alac", "caf", &["-c:a", "alac", "-sample_fmt", "s16p"]),
    ("mka_flac", "mka", &["-c:a", "flac", "-sample_fmt", "s16"]),
    ("mkv_s16", "mkv", &["-c:a", "pcm_s16le"]),
    ("webm_opus", "webm", &["-c:a", "libopus"]),
    ("webm_vorbis", "webm", &["-c:a", "libvorbis"]),
];
/// Those of which ffmpeg puts the cover inside.
const WITH_COVER: [&str; 4] = ["flac", "alac", "mp3", "aac"];

/// Makes them all: four tenths of a second each.
pub(super) fn originals(scratch: &Path) -> Vec<Original> {
    let (wav, cover) = (scratch.join("source.wav"), scratch.join("cover.png"));
    write_wav(&wav, Sound::Music(4), 44_100, 2, 17_640);
    tools::ffmpeg([
        "-f",
        "lavfi",
        "-i",
        "testsrc=size=64x48:rate=1",
        "-frames:v",
        "1",
        &cover.to_string_lossy(),
    ]);
    FORMATS
        .iter()
        .map(|(name, extension, options)| {
            let out = scratch.join(format!("{name}.{extension}"));
            let (wav, cover) = (wav.to_string_lossy(), cover.to_string_lossy());
            let mut arguments = vec!["-i", &*wav];
            if WITH_COVER.contains(name) {
                arguments.extend([
                    "-i",
                    &*cover,
                    "-map",
                    "0:a",
                    "-map",
                    "1:v",
                    "-c:v",
                    "copy",
                    "-disposition:v",
                    "attached_pic",
                ]);
            }
            arguments.extend(*options);
            // Otherwise Matroska and Ogg have random numbers in them.
            arguments.extend(["-fflags", "+bitexact", "-flags:a", "+bitexact"]);
            arguments.extend([
                "-metadata",
                "title=A title",
                "-metadata",
                "artist=Someone",
                "-metadata",
                "album=An album",
                "-metadata",
                "track=3/9",
                "-metadata",
                "date=2001-02-03",
            ]);
            let path = out.to_string_lossy();
            arguments.push(&*path);
            tools::ffmpeg(arguments);
            Original {
                name,
                extension,
                bytes: fs::read(&out).expect("ffmpeg wrote it"),
            }
        })
        .collect()
}
