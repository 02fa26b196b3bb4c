//! Music to measure with, in a temporary folder, in every format.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cost::{Failure, run};
use crate::synthesis::synthesize;

/// Where Debian's packages put theirs.
const PACKAGES: [(&str, &str); 2] = [
    ("planetblupi-music-ogg", "/usr/share/planetblupi/music"),
    ("drascula-music", "/usr/share/scummvm/drascula/audio"),
];
/// What is taken for music in a folder.
const EXTENSIONS: [&str; 8] = ["ogg", "flac", "opus", "mp3", "m4a", "wav", "aiff", "aif"];
/// Pieces of the album.
const ALBUM_TRACKS: usize = 8;
/// How many of them are measured in all formats.
const SINGLE_CORE_TRACKS: usize = 2;
/// The format to begin with: its samples are what the floor encodes.
const WAV: Format = Format {
    name: "WAV",
    extension: "wav",
    codec: &["-c:a", "pcm_s16le"],
};
/// The format of the goals.
const FLAC: Format = Format {
    name: "FLAC",
    extension: "flac",
    codec: &["-c:a", "flac"],
};
/// All others, at rates that are usual for music.
const OTHERS: [Format; 6] = [
    Format {
        name: "AIFF",
        extension: "aiff",
        codec: &["-c:a", "pcm_s16be"],
    },
    Format {
        name: "ALAC",
        extension: "m4a",
        codec: &["-c:a", "alac"],
    },
    Format {
        name: "MP3",
        extension: "mp3",
        codec: &["-c:a", "libmp3lame", "-b:a", "256k"],
    },
    Format {
        name: "AAC",
        extension: "m4a",
        codec: &["-c:a", "aac", "-b:a", "256k"],
    },
    Format {
        name: "Vorbis",
        extension: "ogg",
        codec: &["-c:a", "libvorbis", "-q:a", "6"],
    },
    Format {
        name: "Opus",
        extension: "opus",
        codec: &["-c:a", "libopus", "-b:a", "160k"],
    },
];

/// How much music.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lengths {
    track_seconds: u32,
    long_seconds: u32,
}

impl Lengths {
    /// Songs of a usual length.
    pub(crate) const FULL: Self = Self {
        track_seconds: 170,
        long_seconds: 1800,
    };
    /// Enough to see that it works.
    pub(crate) const QUICK: Self = Self {
        track_seconds: 30,
        long_seconds: 300,
    };
}

/// A format, and what ffmpeg needs to be told to write it.
#[derive(Clone, Copy, Debug)]
struct Format {
    name: &'static str,
    extension: &'static str,
    codec: &'static [&'static str],
}

/// Files of the same music in one format.
#[derive(Clone, Debug)]
pub(crate) struct Library {
    /// The format's name.
    pub(crate) name: &'static str,
    /// The folder that holds these files and no others.
    pub(crate) folder: PathBuf,
    /// The files.
    pub(crate) files: Vec<PathBuf>,
    /// How long they play.
    pub(crate) seconds: f64,
    /// How large they are.
    pub(crate) bytes: u64,
}

/// All that is measured with.
#[derive(Clone, Debug)]
pub(crate) struct Music {
    /// Where it comes from, in words.
    pub(crate) origin: String,
    /// Some tracks as 16-bit PCM, for the floor.
    pub(crate) pcm: Library,
    /// The same tracks in every format; FLAC first, if it is there.
    pub(crate) formats: Vec<Library>,
    /// An album.
    pub(crate) album: Library,
    /// One long file.
    pub(crate) long: Library,
    /// The converter, if it is installed.
    pub(crate) ffmpeg: Option<&'static str>,
}

impl Music {
    /// Finds or makes music, and converts it.
    pub(crate) fn prepare(
        folder: &Path,
        lengths: Lengths,
        own: Option<&Path>,
    ) -> Result<Self, Failure> {
        let ffmpeg = is_installed("ffmpeg").then_some("ffmpeg");
        let found = if ffmpeg.is_some() { find(own)? } else { None };
        let album_folder = folder.join("pcm-album");
        fs::create_dir_all(&album_folder)?;
        let (origin, pieces) = match found {
            Some((origin, pieces)) => {
                eprintln!("preparing: cutting {} pieces of {origin}", pieces.len());
                (origin, cut(&pieces, &album_folder, lengths.track_seconds)?)
            }
            None => (
                say_synthesized(ffmpeg.is_some()),
                synthesize_album(&album_folder, lengths.track_seconds)?,
            ),
        };
        let some = &pieces[..SINGLE_CORE_TRACKS.min(pieces.len())];
        let pcm = copy(some, &folder.join("WAV"))?;
        let whole = Library::of(WAV.name, &album_folder, pieces)?;
        let long = join(&whole, &folder.join("pcm-long"), lengths.long_seconds)?;
        let (formats, album, long) = if ffmpeg.is_some() {
            let mut formats = vec![convert(&pcm, FLAC, folder)?, pcm.clone()];
            for format in OTHERS {
                formats.push(convert(&pcm, format, folder)?);
            }
            let (album, long) = (
                convert(&whole, FLAC, &folder.join("album"))?,
                convert(&long, FLAC, &folder.join("long"))?,
            );
            (formats, album, long)
        } else {
            (vec![pcm.clone()], whole, long)
        };
        Ok(Self {
            origin,
            pcm,
            formats,
            album,
            long,
            ffmpeg,
        })
    }
}

impl Library {
    /// WAV files, of which alone the length is easily known.
    fn of(name: &'static str, folder: &Path, files: Vec<PathBuf>) -> Result<Self, Failure> {
        let mut seconds = 0.0;
        for file in &files {
            let reader = hound::WavReader::open(file)?;
            seconds += f64::from(reader.duration()) / f64::from(reader.spec().sample_rate);
        }
        Self {
            name,
            folder: folder.to_owned(),
            files,
            seconds,
            bytes: 0,
        }
        .weighed()
    }

    fn weighed(mut self) -> Result<Self, Failure> {
        self.bytes = 0;
        for file in &self.files {
            self.bytes += fs::metadata(file)?.len();
        }
        Ok(self)
    }
}

fn is_installed(program: &str) -> bool {
    let mut command = Command::new(program);
    let status = command
        .arg("-version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// The music of the folder asked for, or of the first package that is there.
fn find(own: Option<&Path>) -> Result<Option<(String, Vec<PathBuf>)>, Failure> {
    if let Some(folder) = own {
        let pieces = pieces_in(folder)?;
        if pieces.is_empty() {
            return Err(format!("there is no music in `{}`", folder.display()).into());
        }
        return Ok(Some((format!("`{}`", folder.display()), pieces)));
    }
    for (package, folder) in PACKAGES {
        if let Ok(pieces) = pieces_in(Path::new(folder))
            && !pieces.is_empty()
        {
            return Ok(Some((package.to_owned(), pieces)));
        }
    }
    Ok(None)
}

/// As many pieces as the album has, by name.
fn pieces_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries =
        fs::read_dir(folder).map_err(|error| format!("`{}`: {error}", folder.display()))?;
    let mut pieces: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    pieces.retain(|path| {
        path.extension()
            .and_then(OsStr::to_str)
            .is_some_and(|extension| EXTENSIONS.contains(&extension))
    });
    pieces.sort();
    pieces.truncate(ALBUM_TRACKS);
    Ok(pieces)
}

fn say_synthesized(has_ffmpeg: bool) -> String {
    let why = if has_ffmpeg {
        "NO REAL MUSIC: neither planetblupi-music-ogg nor drascula-music is installed, and --music names no folder."
    } else {
        "NO FFMPEG: nothing can be converted, so that WAV is the only format, and ffmpeg is not compared."
    };
    eprintln!("{why}\nA SYNTHESISED SIGNAL is measured instead; it says less about real music.");
    format!(
        "a synthesised signal ({})",
        if has_ffmpeg {
            "no music installed"
        } else {
            "no ffmpeg: WAV only"
        }
    )
}

/// The first minutes of each piece, as WAV; short ones are repeated.
fn cut(pieces: &[PathBuf], folder: &Path, seconds: u32) -> Result<Vec<PathBuf>, Failure> {
    let mut cuts = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let target = folder.join(format!("{index}.wav"));
        let mut command = ffmpeg();
        command.args(["-stream_loop", "-1", "-i"]).arg(piece);
        command
            .args(["-map_metadata", "-1", "-vn", "-ar", "44100", "-ac", "2"])
            .args(WAV.codec);
        run(command.args(["-t", &seconds.to_string()]).arg(&target))?;
        cuts.push(target);
    }
    Ok(cuts)
}

fn synthesize_album(folder: &Path, seconds: u32) -> Result<Vec<PathBuf>, Failure> {
    let mut pieces = Vec::new();
    for index in 0..ALBUM_TRACKS {
        eprintln!(
            "preparing: synthesising piece {} of {ALBUM_TRACKS}",
            index + 1
        );
        let target = folder.join(format!("{index}.wav"));
        synthesize(&target, seconds, index as u32)?;
        pieces.push(target);
    }
    Ok(pieces)
}

fn copy(files: &[PathBuf], folder: &Path) -> Result<Library, Failure> {
    fs::create_dir_all(folder)?;
    let mut copies = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let target = folder.join(format!("{index}.wav"));
        fs::copy(file, &target)?;
        copies.push(target);
    }
    Library::of(WAV.name, folder, copies)
}

/// One WAV file of all pieces, over and over, until it is long enough.
fn join(album: &Library, folder: &Path, seconds: u32) -> Result<Library, Failure> {
    fs::create_dir_all(folder)?;
    let target = folder.join("long.wav");
    let spec = hound::WavReader::open(&album.files[0])?.spec();
    let mut writer = hound::WavWriter::create(&target, spec)?;
    let (mut missing, channels) = (
        (seconds * spec.sample_rate) as usize,
        usize::from(spec.channels),
    );
    for file in album.files.iter().cycle() {
        let mut reader = hound::WavReader::open(file)?;
        for sample in reader.samples::<i16>().take(missing * channels) {
            writer.write_sample(sample?)?;
        }
        missing = missing.saturating_sub(reader.duration() as usize);
        if missing == 0 || reader.duration() == 0 {
            break;
        }
    }
    writer.finalize()?;
    Library::of(WAV.name, folder, vec![target])
}

/// The same music in another format, in a folder of its own below `parent`.
fn convert(library: &Library, format: Format, parent: &Path) -> Result<Library, Failure> {
    eprintln!(
        "preparing: {} seconds as {}",
        library.seconds.round(),
        format.name
    );
    let folder = parent.join(format.name);
    fs::create_dir_all(&folder)?;
    let mut files = Vec::new();
    for (index, file) in library.files.iter().enumerate() {
        let target = folder.join(format!("{index}.{}", format.extension));
        run(ffmpeg().arg("-i").arg(file).args(format.codec).arg(&target))?;
        files.push(target);
    }
    Library {
        name: format.name,
        folder,
        files,
        ..*library
    }
    .weighed()
}

/// ffmpeg, silent but for errors.
fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y"]);
    command
}
