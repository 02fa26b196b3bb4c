//! What a track is, from what was read and measured of it.

use crate::analysis::Analysis;
use crate::decode::TrackAudio;
use crate::library::Identified;
use crate::manifest::{TrackDescription, VERSION};
use crate::site::COVER;

/// The contents of `track.json`.
#[must_use]
pub fn describe(
    identified: &Identified,
    audio: &TrackAudio,
    analysis: &Analysis,
) -> TrackDescription {
    let cover = identified.cover.as_ref();
    TrackDescription {
        version: VERSION,
        id: identified.id,
        tags: identified.tags.clone(),
        duration: audio.rate().seconds(audio.samples()),
        samples: audio.samples(),
        sample_rate: audio.rate(),
        channels: audio.channels(),
        codec: identified.survey.codec.to_owned(),
        cover: cover.map(|_| COVER.to_owned()),
        cover_blake3: cover.map(|cover| cover.blake3.clone()),
        accent: cover.and_then(|cover| cover.accent.clone()),
        analysis: analysis.clone(),
    }
}
