//! Tags as the demuxer reads them, for containers that lofty does not know.

use std::path::Path;

use symphonia::core::meta::{StandardTag, Tag};

use super::source::PacketSource;
use crate::manifest::Tags;

/// The tags of a file; empty where it has none or cannot be read.
#[must_use]
pub fn container_tags(path: &Path) -> Tags {
    let Ok(mut source) = PacketSource::open(path) else {
        return Tags::default();
    };
    let mut tags = Tags::default();
    for tag in source.tags() {
        apply(&mut tags, &tag);
    }
    tags
}

fn apply(tags: &mut Tags, tag: &Tag) {
    let number = |value: u64| u32::try_from(value).ok();
    match &tag.std {
        Some(StandardTag::TrackTitle(text)) => text.as_ref().clone_into(&mut tags.title),
        Some(StandardTag::Artist(text)) => tags.artist = Some(text.to_string()),
        Some(StandardTag::Album(text)) => tags.album = Some(text.to_string()),
        Some(StandardTag::AlbumArtist(text)) => tags.album_artist = Some(text.to_string()),
        Some(StandardTag::Genre(text)) => tags.genre = Some(text.to_string()),
        Some(StandardTag::TrackNumber(value)) => tags.track = number(*value),
        Some(StandardTag::DiscNumber(value)) => tags.disc = number(*value),
        Some(StandardTag::RecordingDate(date) | StandardTag::ReleaseDate(date)) => {
            tags.year = date.get(..4).and_then(|year| year.parse().ok());
        }
        _ => {}
    }
}
