//! What is measured.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use segue::aac::{EncoderSettings, encode_continuous};
use segue::units::{BitRate, SampleRate};

use crate::cost::{Cost, Failure};
use crate::music::{Library, Music};

/// The program under measurement, built with the same profile as this one.
pub(crate) const SEGUE: &str = env!("CARGO_BIN_EXE_segue");
/// What `segue render` takes when it is not told: bits per second of stereo.
const BIT_RATE: BitRate = BitRate(192_000);

/// Something to be measured again and again.
pub(crate) struct Measure {
    /// What it is, for people.
    pub(crate) name: String,
    /// What it is, for the table.
    pub(crate) kind: Kind,
    /// How much music it is done to.
    pub(crate) seconds: f64,
    /// How many bytes of files it reads.
    pub(crate) bytes: u64,
    /// Does it once.
    pub(crate) work: Box<dyn Fn() -> Result<Cost, Failure>>,
    /// What it cost, round by round.
    pub(crate) costs: Vec<Cost>,
    /// What the floor cost right before, where it is held against the floor.
    pub(crate) floors: Vec<Cost>,
}

/// What a measure is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: others are held against it.
    Floor,
    /// The floor; this one has a goal.
    RenderFlac,
    /// The floor.
    Render,
    /// The floor, and `segue render` of the same files.
    Ffmpeg,
    /// The floor; this one has a goal.
    WithoutEncoder,
    /// The floor, and six runs of one preset.
    SixAtOnce,
    /// Nothing.
    Identify,
}

impl Kind {
    /// Whether its CPU time is shown as a multiple of the floor's.
    pub(crate) fn is_held_against_floor(self) -> bool {
        self != Self::Floor && self != Self::Identify
    }
}

/// What is measured on one core.
pub(crate) fn one_core(music: &Music, scratch: &Path) -> Vec<Measure> {
    let mut measures = Vec::new();
    for library in &music.formats {
        let is_flac = library.name == "FLAC";
        let name = format!("segue render -j1, {}", library.name);
        let kind = if is_flac {
            Kind::RenderFlac
        } else {
            Kind::Render
        };
        measures.push(render(name, kind, library, scratch, &["-j1", "-poriginal"]));
        // Next to what it is compared with, so that both find the same machine.
        if is_flac && let Some(ffmpeg) = music.ffmpeg {
            let name = format!("ffmpeg, {} to AAC in HLS", library.name);
            measures.push(by_ffmpeg(name, ffmpeg, library, scratch, &[]));
        }
    }
    let album = &music.album;
    let name = format!("segue render -j1 --dry-run, {}", album.name);
    measures.push(render(
        name,
        Kind::Identify,
        album,
        scratch,
        &["-j1", "--dry-run"],
    ));
    measures
}

/// What is measured on all cores: many files, and one file.
pub(crate) fn all_cores(music: &Music, scratch: &Path) -> Vec<Measure> {
    let measure =
        |what: String, library| render(what, Kind::Render, library, scratch, &["-poriginal"]);
    let (album, long) = (&music.album, &music.long);
    let minutes = (long.seconds / 60.0).round();
    vec![
        measure(
            format!(
                "segue render, an album of {} {} files",
                album.files.len(),
                album.name
            ),
            album,
        ),
        measure(
            format!("segue render, one {} file of {minutes} min", long.name),
            long,
        ),
    ]
}

/// One continuous encode of each track, with the settings of the render.
pub(crate) fn floor(pcm: &Library) -> Result<Measure, Failure> {
    let mut tracks: Vec<(EncoderSettings, Vec<i16>)> = Vec::new();
    for file in &pcm.files {
        let mut reader = hound::WavReader::open(file)?;
        let spec = reader.spec();
        let settings = EncoderSettings {
            rate: SampleRate(spec.sample_rate),
            channels: spec.channels,
            bit_rate: BIT_RATE,
        };
        tracks.push((settings, reader.samples::<i16>().collect::<Result<_, _>>()?));
    }
    let work = move || {
        Cost::of_work(|| {
            for (settings, samples) in &tracks {
                encode_continuous(settings, samples)?;
            }
            Ok(())
        })
    };
    Ok(Measure {
        name: "floor: one continuous encode of the PCM".to_owned(),
        kind: Kind::Floor,
        seconds: pcm.seconds,
        bytes: pcm.bytes,
        work: Box::new(work),
        costs: Vec::new(),
        floors: Vec::new(),
    })
}

/// The whole of `segue render` into a site that is not there yet.
pub(crate) fn render(
    name: String,
    kind: Kind,
    library: &Library,
    scratch: &Path,
    options: &'static [&'static str],
) -> Measure {
    let (folder, site) = (library.folder.clone(), scratch.join("site"));
    let work = move || {
        remove(&site)?;
        Cost::of_command(
            Command::new(SEGUE)
                .args(["render", "--quiet"])
                .args(options)
                .arg(&folder)
                .arg("-o")
                .arg(&site),
        )
    };
    Measure {
        name,
        kind,
        seconds: library.seconds,
        bytes: library.bytes,
        work: Box::new(work),
        costs: Vec::new(),
        floors: Vec::new(),
    }
}

/// What one would do without segue: each file through ffmpeg into fragmented
/// MP4 for HLS, at the same bit rate and segment length.
pub(crate) fn by_ffmpeg(
    name: String,
    ffmpeg: &'static str,
    library: &Library,
    scratch: &Path,
    options: &'static [&'static str],
) -> Measure {
    let (files, target) = (library.files.clone(), scratch.join("hls"));
    let work = move || {
        remove(&target)?;
        let mut costs = Vec::new();
        for (index, file) in files.iter().enumerate() {
            let folder: PathBuf = target.join(index.to_string());
            fs::create_dir_all(&folder)?;
            let mut command = Command::new(ffmpeg);
            command
                .args(["-nostdin", "-v", "error", "-threads", "1", "-i"])
                .arg(file)
                .args(options);
            command.args([
                "-vn",
                "-threads",
                "1",
                "-c:a",
                "aac",
                "-b:a",
                "192k",
                "-f",
                "hls",
                "-hls_time",
                "6",
            ]);
            command
                .args(["-hls_segment_type", "fmp4", "-hls_playlist_type", "vod"])
                .arg(folder.join("index.m3u8"));
            costs.push(Cost::of_command(&mut command)?);
        }
        Ok(Cost {
            cpu: costs.iter().map(|cost| cost.cpu).sum(),
            wall: costs.iter().map(|cost| cost.wall).sum(),
            others: costs.iter().map(|cost| cost.others).sum(),
        })
    };
    Measure {
        name,
        kind: Kind::Ffmpeg,
        seconds: library.seconds,
        bytes: library.bytes,
        work: Box::new(work),
        costs: Vec::new(),
        floors: Vec::new(),
    }
}

fn remove(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("`{}` cannot be removed: {error}", folder.display()).into())
        }
        _ => Ok(()),
    }
}
