//! Writes a small library of invented music into a folder, to try segue on.
//!
//! `cargo run --release --example synthesize_library -- OUTDIR` makes two
//! albums of seven tracks in several formats, with tags and covers. The music
//! is made by this program alone from fixed seeds, so it is nobody else's and
//! the same on every run. The last two tracks of the second album are one take
//! cut in two: played without a gap, the cut cannot be heard.

#![expect(clippy::print_stdout, reason = "it says what it writes")]

mod cover;
mod drums;
mod effects;
mod files;
mod instruments;
mod mix;
mod notation;
mod pieces;
mod sound;
mod synthesizers;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::cover::Cover;
use crate::files::{Details, Format, write_sound, write_tags};
use crate::mix::Mix;
use crate::sound::real;

/// Why the library could not be written, for the one who ran the program.
pub struct Failure(String);

impl Failure {
    /// A failure with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// What `main` returns is printed in this form, so it is the plain message.
impl fmt::Debug for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// An album; its tracks are numbered in the order in which they are written.
struct Album {
    folder: PathBuf,
    title: &'static str,
    artist: &'static str,
    year: u16,
    cover: Vec<u8>,
    /// In the files themselves, or as a picture beside them.
    embeds_cover: bool,
    track_total: u32,
}

struct Track {
    number: u32,
    title: &'static str,
    genre: &'static str,
    format: Format,
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(out_dir), None) = (arguments.next(), arguments.next()) else {
        return Err(Failure::new("usage: synthesize_library OUTDIR"));
    };
    write_slow_weather(Path::new(&out_dir))?;
    write_glasshouse(Path::new(&out_dir))
}

/// An album in four formats, each file with the cover inside.
fn write_slow_weather(out_dir: &Path) -> Result<(), Failure> {
    let album = Album {
        folder: out_dir.join("Orla Venn").join("Slow Weather"),
        title: "Slow Weather",
        artist: "Orla Venn",
        year: 2021,
        cover: Cover::Estuary.jpeg()?,
        embeds_cover: true,
        track_total: 4,
    };
    album.prepare()?;
    let write = |number, title, genre, format, mix: Result<Mix, Failure>| {
        album.write(
            &Track {
                number,
                title,
                genre,
                format,
            },
            &mix?,
        )
    };
    let hires = Format::Flac { bits: 24 };
    write(
        1,
        "First Light on the Estuary",
        "Ambient",
        Format::Wav16,
        pieces::first_light::first_light(),
    )?;
    write(
        2,
        "Waltz for a Paper Boat",
        "Waltz",
        Format::Mp3,
        pieces::paper_boat::paper_boat(),
    )?;
    write(
        3,
        "Copper Kettle",
        "Folk",
        hires,
        pieces::copper_kettle::copper_kettle(),
    )?;
    write(
        4,
        "Evening Chorale",
        "Classical",
        Format::AiffMono24,
        pieces::evening_chorale::evening_chorale(),
    )
}

/// A live album whose cover lies beside the files.
fn write_glasshouse(out_dir: &Path) -> Result<(), Failure> {
    let album = Album {
        folder: out_dir
            .join("The Parallel Trams")
            .join("Live at the Glasshouse"),
        title: "Live at the Glasshouse",
        artist: "The Parallel Trams",
        year: 2024,
        cover: Cover::Panes.jpeg()?,
        embeds_cover: false,
        track_total: 3,
    };
    album.prepare()?;
    let track = |number, title, genre, format| Track {
        number,
        title,
        genre,
        format,
    };
    let bus = track(1, "Night Bus Arithmetic", "Electronic", Format::OggVorbis);
    album.write(&bus, &pieces::night_bus::night_bus()?)?;
    let (first, second) = pieces::corner_table::corner_table_cut()?;
    let format = Format::Flac { bits: 16 };
    album.write(&track(2, "Corner Table", "Jazz", format), &first)?;
    album.write(&track(3, "The Last Tram Home", "Jazz", format), &second)
}

impl Album {
    /// Makes the folder, and the cover in it if it belongs there.
    fn prepare(&self) -> Result<(), Failure> {
        std::fs::create_dir_all(&self.folder).map_err(|error| cannot_write(&self.folder, error))?;
        if !self.embeds_cover {
            let path = self.folder.join("cover.jpg");
            std::fs::write(&path, &self.cover).map_err(|error| cannot_write(&path, error))?;
            println!("{}", path.display());
        }
        Ok(())
    }

    fn write(&self, track: &Track, mix: &Mix) -> Result<(), Failure> {
        let name = format!(
            "{:02} {}.{}",
            track.number,
            track.title,
            track.format.extension()
        );
        let path = self.folder.join(name);
        write_sound(&path, mix, track.format).map_err(|error| cannot_write(&path, error))?;
        let details = Details {
            title: track.title,
            artist: self.artist,
            album: self.title,
            genre: track.genre,
            year: self.year,
            number: track.number,
            total: self.track_total,
        };
        let cover = self.embeds_cover.then_some(self.cover.as_slice());
        write_tags(&path, track.format, &details, cover)
            .map_err(|error| cannot_write(&path, error))?;
        let seconds = real(mix.left.len()) / f64::from(mix.rate_hz);
        println!("{} ({seconds:.1} s, {} Hz)", path.display(), mix.rate_hz);
        Ok(())
    }
}

fn cannot_write(path: &Path, error: impl Into<Failure>) -> Failure {
    let Failure(reason) = error.into();
    Failure(format!("cannot write {}: {reason}", path.display()))
}
