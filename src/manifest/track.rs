//! `track.json`: what a track is, whatever is rendered of it.

use serde::{Deserialize, Serialize};

use crate::analysis::Analysis;
use crate::site::TrackId;
use crate::units::SampleRate;

/// What a source's tags say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tags {
    /// The title; the file's name where there is none.
    pub title: String,
    /// The artist.
    pub artist: Option<String>,
    /// The album.
    pub album: Option<String>,
    /// The album's artist.
    pub album_artist: Option<String>,
    /// The number on its disc.
    pub track: Option<u32>,
    /// The number of the disc.
    pub disc: Option<u32>,
    /// The year.
    pub year: Option<u32>,
    /// The genre.
    pub genre: Option<String>,
}

/// The colour that a page takes from a cover: one hue, as `#rrggbb`, which can
/// be read as text on the page's light and on its dark grounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accent {
    /// Where the page is light.
    pub light: String,
    /// Where it is dark.
    pub dark: String,
}

/// A track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackDescription {
    /// Of the file format.
    pub version: u32,
    /// What it is called.
    pub id: TrackId,
    /// What its tags say.
    #[serde(flatten)]
    pub tags: Tags,
    /// Its length in seconds.
    pub duration: f64,
    /// Its length in samples at `sample_rate`.
    pub samples: u64,
    /// Samples per second, as encoded.
    pub sample_rate: SampleRate,
    /// Channels, as encoded.
    pub channels: u16,
    /// The source's codec.
    pub codec: String,
    /// The cover's file, where it has one.
    pub cover: Option<String>,
    /// The BLAKE3 of the cover's bytes.
    pub cover_blake3: Option<String>,
    /// The colour of its cover; none where that has none, or was published
    /// before there were accents.
    #[serde(default)]
    pub accent: Option<Accent>,
    /// What was measured of it.
    pub analysis: Analysis,
}

/// What is asked of a `track.json` in a run in which nothing changed: all but
/// the analysis, which is most of the file and is passed over unread.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct TrackHeading {
    /// What it is called.
    pub id: TrackId,
    title: String,
    artist: Option<String>,
    album: Option<String>,
    album_artist: Option<String>,
    track: Option<u32>,
    disc: Option<u32>,
    year: Option<u32>,
    genre: Option<String>,
    /// Its length in seconds.
    pub duration: f64,
    /// The cover's file, where it has one.
    pub cover: Option<String>,
    /// The BLAKE3 of the cover's bytes.
    pub cover_blake3: Option<String>,
    /// What measured it.
    pub analysis: AnalysisHeading,
}

/// What measured a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct AnalysisHeading {
    /// The number of the stage.
    pub stage: u32,
}

impl TrackHeading {
    /// What its tags say.
    #[must_use]
    pub fn tags(&self) -> Tags {
        Tags {
            title: self.title.clone(),
            artist: self.artist.clone(),
            album: self.album.clone(),
            album_artist: self.album_artist.clone(),
            track: self.track,
            disc: self.disc,
            year: self.year,
            genre: self.genre.clone(),
        }
    }
}
