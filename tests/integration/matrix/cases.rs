//! The files of the matrix: which there are, how ffmpeg makes them, and what is known of their lengths.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::support::tools;

const RATES: [u32; 6] = [8_000, 22_050, 44_100, 48_000, 96_000, 192_000];
const LAYOUTS: [(&str, usize); 3] = [("mono", 1), ("stereo", 2), ("5.1", 6)];
pub(super) const SECONDS: u64 = 10;
/// How long a decoded file is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Length {
    /// As long as what was encoded.
    Original,
    /// The format, or ffmpeg's writer of it, tells no delay or padding: every decoded sample stays. The sound starts
    /// this many samples late.
    Decoded(isize),
}

/// A container with a codec.
pub(super) struct Format {
    pub(super) name: &'static str,
    pub(super) extension: &'static str,
    pub(super) options: &'static [&'static str],
    pub(super) length: Length,
}

const fn exact(
    name: &'static str,
    extension: &'static str,
    options: &'static [&'static str],
) -> Format {
    Format {
        name,
        extension,
        options,
        length: Length::Original,
    }
}

const fn untold(
    name: &'static str,
    extension: &'static str,
    options: &'static [&'static str],
    late: isize,
) -> Format {
    Format {
        name,
        extension,
        options,
        length: Length::Decoded(late),
    }
}

const FORMATS: [Format; 26] = [
    exact("wav_s16", "wav", &["-c:a", "pcm_s16le"]),
    exact("wav_s24", "wav", &["-c:a", "pcm_s24le"]),
    exact("wav_s32", "wav", &["-c:a", "pcm_s32le"]),
    exact("wav_f32", "wav", &["-c:a", "pcm_f32le"]),
    exact("aiff_s16", "aiff", &["-c:a", "pcm_s16be"]),
    exact("aiff_s24", "aiff", &["-c:a", "pcm_s24be"]),
    exact("flac_s16", "flac", &["-c:a", "flac", "-sample_fmt", "s16"]),
    exact("flac_s24", "flac", &["-c:a", "flac", "-sample_fmt", "s32"]),
    exact("alac", "m4a", &["-c:a", "alac", "-sample_fmt", "s16p"]),
    exact("mp3", "mp3", &["-c:a", "libmp3lame", "-b:a", "160k"]),
    untold("adts", "aac", &["-c:a", "aac"], 1024),
    exact("aac", "m4a", &["-c:a", "aac"]),
    exact("vorbis", "ogg", &["-c:a", "libvorbis"]),
    exact("opus", "opus", &["-c:a", "libopus"]),
    exact("ogg_flac", "oga", &["-c:a", "flac", "-sample_fmt", "s16"]),
    exact("caf_s16", "caf", &["-c:a", "pcm_s16be"]),
    exact("caf_alac", "caf", &["-c:a", "alac", "-sample_fmt", "s16p"]),
    untold("mka_vorbis", "mka", &["-c:a", "libvorbis"], 0),
    exact("mka_opus", "mka", &["-c:a", "libopus"]),
    untold("mka_aac", "mka", &["-c:a", "aac"], 1024),
    exact("mka_flac", "mka", &["-c:a", "flac", "-sample_fmt", "s16"]),
    untold(
        "mkv_mp3",
        "mkv",
        &["-c:a", "libmp3lame", "-b:a", "160k"],
        1105,
    ),
    exact("mkv_s16", "mkv", &["-c:a", "pcm_s16le"]),
    exact("mkv_f32", "mkv", &["-c:a", "pcm_f32le"]),
    untold("webm_vorbis", "webm", &["-c:a", "libvorbis"], 0),
    exact("webm_opus", "webm", &["-c:a", "libopus"]),
];

/// A file of the matrix.
pub(super) struct Case {
    pub(super) format: &'static Format,
    pub(super) rate: u32,
    pub(super) layout: &'static str,
    pub(super) channels: usize,
    pub(super) gain: f64,
}

impl Case {
    pub(super) fn stem(&self) -> String {
        format!("{}-{}-{}", self.format.name, self.rate, self.layout)
    }

    pub(super) fn file(&self, library: &Path) -> PathBuf {
        // The layout 5.1 has a dot of its own, so with_extension would cut it.
        library.join(format!("{}.{}", self.stem(), self.format.extension))
    }

    /// Whether it may be refused: AAC and Opus with more than two channels.
    pub(super) fn may_be_refused(&self) -> bool {
        let name = self.format.name;
        self.channels > 2
            && (name.contains("aac") || name.contains("adts") || name.contains("opus"))
    }

    /// Opus always decodes at 48 kHz, whatever went in.
    pub(super) fn decoded_rate(&self) -> u32 {
        if self.format.name.contains("opus") {
            48_000
        } else {
            self.rate
        }
    }
}

/// The rate that a source's audio is published at.
pub(super) fn published_rate(rate: u32) -> u32 {
    match rate {
        32_000 | 44_100 | 48_000 => rate,
        11_025 | 22_050 | 88_200 | 176_400 => 44_100,
        _ => 48_000,
    }
}

/// Where the source of a rate and a layout lies: exactly ten seconds in 32-bit floats.
pub(super) fn source_path(folder: &Path, rate: u32, layout: &str) -> PathBuf {
    folder.join(format!("source-{rate}-{layout}.wav"))
}

/// Cuts the sources from real music. The six channels differ from each other.
pub(super) fn make_sources(piece: &Path, folder: &Path) {
    for rate in RATES {
        for (layout, _) in LAYOUTS {
            let pan = match layout {
                "mono" => "pan=mono|c0=0.5*c0+0.5*c1",
                "stereo" => "pan=stereo|c0=0.9*c0|c1=0.9*c1",
                _ => {
                    "pan=5.1|c0=0.6*c0|c1=0.6*c1|c2=0.3*c0+0.2*c1|c3=0.1*c0|c4=0.3*c0-0.3*c1|c5=0.3*c1-0.2*c0"
                }
            };
            let end = u64::from(rate) * SECONDS;
            let filter = format!("{pan},aresample={rate},atrim=end_sample={end}");
            let out = source_path(folder, rate, layout);
            tools::ffmpeg([
                "-ss",
                "300",
                "-i",
                &piece.to_string_lossy(),
                "-af",
                &filter,
                "-c:a",
                "pcm_f32le",
                &out.to_string_lossy(),
            ]);
        }
    }
}

/// Encodes a case; false where ffmpeg cannot, or would take another rate.
fn encode(case: &Case, sources: &Path, library: &Path) -> bool {
    let source = source_path(sources, case.rate, case.layout);
    let out = case.file(library);
    let mut arguments = vec!["-i".to_owned(), source.to_string_lossy().into_owned()];
    arguments.extend([
        "-af".to_owned(),
        format!("volume={}:precision=double", case.gain),
    ]);
    arguments.extend(case.format.options.iter().map(|&option| option.to_owned()));
    arguments.extend([
        "-ar".to_owned(),
        case.rate.to_string(),
        "-ac".to_owned(),
        case.channels.to_string(),
    ]);
    arguments.extend(["-metadata".to_owned(), format!("title={}", case.stem())]);
    arguments.push(out.to_string_lossy().into_owned());
    let made = tools::try_ffmpeg(arguments).is_ok()
        && tools::probe(&out, "sample_rate") == case.decoded_rate().to_string()
        && tools::probe(&out, "channels") == case.channels.to_string();
    if !made {
        // What ffmpeg began and gave up must not lie in the library. It may not have begun.
        let _ = std::fs::remove_file(&out);
    }
    made
}

/// All cases that ffmpeg could make, and how many it could not.
pub(super) fn make_library(sources: &Path, library: &Path) -> (Vec<Case>, usize) {
    let mut cases = Vec::new();
    for (index, format) in (0_u32..).zip(&FORMATS) {
        for rate in RATES {
            for (layout, channels) in LAYOUTS {
                let gain = 1.0 - 0.01 * f64::from(index);
                cases.push(Case {
                    format,
                    rate,
                    layout,
                    channels,
                    gain,
                });
            }
        }
    }
    let all = cases.len();
    let (waiting, made) = (Mutex::new(cases), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(case) = take(&waiting) {
                    if encode(&case, sources, library) {
                        made.lock().expect("no thread panicked").push(case);
                    }
                }
            });
        }
    });
    let made = made.into_inner().expect("no thread panicked");
    let refused = all - made.len();
    (made, refused)
}

/// The next case to work on. The lock is held no longer than that.
fn take<T>(waiting: &Mutex<Vec<T>>) -> Option<T> {
    waiting.lock().expect("no thread panicked").pop()
}
