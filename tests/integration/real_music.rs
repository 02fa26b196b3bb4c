//! Real music, whole: 41 pieces of three and a half hours as Vorbis, and every fourth as FLAC and as WAV; all of them in
//! `make soak`.
//!
//! ffmpeg's decode of the source says how long a track is and what it sounds like. FLAC and WAV hold the same PCM, so their
//! renditions have to be the same bytes: what was checked of one holds for the other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use crate::support::music::{self, Piece};
use crate::support::run::{Cost, Segue, folder};
use crate::support::site::{Rendition, Site, differences};
use crate::support::sound::{self, Comparison};
use crate::support::tools::{self, Stream};

/// Which pieces are rendered from FLAC and WAV, too: every so many.
const LOSSLESS_EVERY: usize = 4;
/// Frames that are compared at a time.
const BLOCK: usize = 65_536;
/// Frames that are taken from a third of the piece to find the alignment.
const EXCERPT: usize = 22_050;
/// By how many samples a piece may be off for its lag to be found: a decoder's or an encoder's whole delay.
const REACH: usize = 2_200;
/// The decoder's pre-roll.
const PRE_ROLL: usize = 1024;

/// The pieces, if everything is there.
fn pieces(test: &str) -> Option<Vec<Piece>> {
    music::pieces(test).filter(|_| tools::ffmpeg_or_skip(test))
}

/// Converts the pieces to files of this extension, two at a time.
fn convert(pieces: &[Piece], library: &Path, extension: &str, options: &[&str]) {
    let halves = pieces.split_at(pieces.len() / 2);
    std::thread::scope(|scope| {
        for half in [halves.0, halves.1] {
            scope.spawn(move || {
                for piece in half {
                    let out = library.join(&piece.name).with_extension(extension);
                    let mut arguments =
                        vec!["-i".to_owned(), piece.path.to_string_lossy().into_owned()];
                    arguments.extend(options.iter().map(|&option| option.to_owned()));
                    arguments.push(out.to_string_lossy().into_owned());
                    tools::ffmpeg(arguments);
                }
            });
        }
    });
}

/// A decode that is followed to its end: the frames counted, an excerpt kept.
struct Followed {
    stream: Stream,
    block: Vec<f32>,
    frames: usize,
    excerpt: Vec<f32>,
}

impl Followed {
    fn open(file: &Path) -> Self {
        Self {
            stream: Stream::open(file, 2, None),
            block: vec![0.0; BLOCK * 2],
            frames: 0,
            excerpt: Vec::new(),
        }
    }

    /// The next block, from which the left channel goes into the excerpt once `from` is reached.
    fn next(&mut self, from: usize) -> &[f32] {
        let count = self.stream.read(&mut self.block);
        let block = &self.block[..count];
        if self.frames + BLOCK > from && self.excerpt.len() < EXCERPT + 2 * REACH {
            let skipped = from.saturating_sub(self.frames);
            self.excerpt
                .extend(block.iter().skip(skipped * 2).step_by(2));
        }
        self.frames += count / 2;
        block
    }
}

/// Holds a rendition against its source: length, a decode without a warning, alignment, SNR above 15 dB. Returns what is
/// wrong, if anything, so that one run tells of all pieces.
fn fault(rendition: &Rendition, source: &Path, scratch: &Path) -> Option<String> {
    let told: u64 = tools::probe(source, "duration_ts")
        .parse()
        .expect("ffprobe tells the length");
    if rendition.samples() != told {
        return Some(format!("{} samples, should be {told}", rendition.samples()));
    }
    let joined = rendition.join_segments(scratch);
    let mut original = Followed::open(source);
    let mut result = Followed::open(&joined);
    let mut pre_roll = vec![0.0; PRE_ROLL * 2];
    assert_eq!(
        result.stream.read(&mut pre_roll),
        PRE_ROLL * 2,
        "there is a pre-roll"
    );
    let third = usize::try_from(told / 3).expect("a length fits");
    let mut comparison = Comparison::default();
    loop {
        let ours = result.next(third);
        let theirs = original.next(third);
        comparison.add(theirs, ours);
        if theirs.is_empty() && ours.is_empty() {
            break;
        }
    }
    original.stream.finish();
    let warnings = result.stream.finish();
    fs::remove_file(joined).expect("the joined file can be removed");
    assert_eq!(
        original.frames as u64, told,
        "ffmpeg's decode of the source is as long as it says"
    );
    let decoded = (result.frames + PRE_ROLL) as u64;
    let lag = sound::lag(&original.excerpt, &result.excerpt, REACH, EXCERPT, REACH);
    if !warnings.is_empty() {
        Some(format!("ffmpeg warned: {warnings}"))
    } else if decoded != rendition.decoded_samples() {
        Some(format!(
            "{decoded} samples decoded, should be {}",
            rendition.decoded_samples()
        ))
    } else if lag != 0 {
        Some(format!("{lag} samples late"))
    } else if comparison.snr() < 15.0 {
        Some(format!("{:.1} dB", comparison.snr()))
    } else {
        None
    }
}

/// Holds all renditions of a site against the sources, two at a time.
fn check_all(
    site: &Site,
    pieces: &[Piece],
    scratch: &Path,
    source_of: impl Fn(&Piece) -> std::path::PathBuf + Sync,
) {
    let renditions = site.by_title();
    assert_eq!(renditions.len(), pieces.len(), "every piece is a track");
    let faults = Mutex::new(Vec::new());
    let halves = pieces.split_at(pieces.len() / 2);
    std::thread::scope(|scope| {
        for half in [halves.0, halves.1] {
            let (renditions, source_of, faults) = (&renditions, &source_of, &faults);
            scope.spawn(move || {
                for piece in half {
                    let name = &piece.name;
                    let rendition = renditions
                        .get(name)
                        .unwrap_or_else(|| panic!("{name} is in the catalog by its file name"));
                    if let Some(fault) = fault(rendition, &source_of(piece), scratch) {
                        faults
                            .lock()
                            .expect("no thread panicked")
                            .push(format!("{name}: {fault}"));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().expect("no thread panicked");
    assert!(
        faults.is_empty(),
        "{} of {} are wrong:\n{}",
        faults.len(),
        pieces.len(),
        faults.join("\n")
    );
}

#[test]
fn as_vorbis() {
    let test = "real_music::as_vorbis";
    let _cost = Cost::of(test);
    let Some(pieces) = pieces(test) else { return };
    let scratch = folder();
    let library = scratch.path().join("library");
    fs::create_dir(&library).expect("the folder can be made");
    for piece in &pieces {
        fs::copy(&piece.path, library.join(&piece.name).with_extension("ogg"))
            .expect("a piece can be copied");
    }
    let site = Site::at(&scratch.path().join("site"));
    Segue::render(&library, site.path()).run_well();
    site.check();
    check_all(&site, &pieces, scratch.path(), |piece| piece.path.clone());
}

#[test]
fn as_flac_and_wav() {
    lossless("real_music::as_flac_and_wav", LOSSLESS_EVERY);
}

#[test]
#[ignore = "takes long: make soak"]
fn all_as_flac_and_wav() {
    lossless("real_music::all_as_flac_and_wav", 1);
}

/// Renders every so many pieces from FLAC and from WAV.
fn lossless(test: &'static str, every: usize) {
    let _cost = Cost::of(test);
    let Some(pieces) = pieces(test) else { return };
    let pieces: Vec<Piece> = pieces.into_iter().step_by(every).collect();
    let scratch = folder();
    let folder_of = |extension: &str| scratch.path().join(extension);
    let render = |pieces: &[Piece], extension, options: &[&str]| {
        let library = folder_of(extension);
        fs::create_dir(&library).expect("the folder can be made");
        convert(pieces, &library, extension, options);
        let site = Site::at(&scratch.path().join(format!("site-{extension}")));
        Segue::render(&library, site.path()).run_well();
        site.check();
        site
    };
    let flac = "-c:a flac -compression_level 0 -sample_fmt s16";
    let flac: Vec<&str> = flac.split(' ').collect();
    let site = render(&pieces, "flac", &flac);
    check_all(&site, &pieces, scratch.path(), |piece| {
        folder_of("flac").join(&piece.name).with_extension("flac")
    });
    let of_flac = media_by_title(&site);
    fs::remove_dir_all(folder_of("flac")).expect("the sources can be removed");
    fs::remove_dir_all(site.path()).expect("the site can be removed");

    let of_wav = media_by_title(&render(&pieces, "wav", &["-c:a", "pcm_s16le"]));
    assert_eq!(of_wav.len(), pieces.len(), "every piece has media");
    let differing = differences(&of_flac, &of_wav);
    assert_eq!(
        differing,
        Vec::<String>::new(),
        "FLAC and WAV hold the same PCM, so the same segments come of them"
    );
}

/// The lines of every `b3sums`, which `check` has verified, under their tracks' titles.
fn media_by_title(site: &Site) -> BTreeMap<std::path::PathBuf, String> {
    site.renditions()
        .iter()
        .map(|rendition| {
            let sums = fs::read_to_string(rendition.media_folder().join("b3sums"))
                .expect("b3sums can be read");
            (rendition.title.clone().into(), sums)
        })
        .collect()
}
