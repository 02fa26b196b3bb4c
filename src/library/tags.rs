//! What a source's tags say: by lofty, and by Symphonia where lofty knows
//! none (CAF, Matroska).

use std::io::BufReader;
use std::path::Path;

use lofty::config::ParseOptions;
use lofty::file::{FileType, TaggedFileExt};
use lofty::picture::PictureType;
use lofty::probe::Probe;
use lofty::tag::{Accessor, ItemKey, Tag};

use crate::decode::{BoundedFile, container_tags};
use crate::manifest::Tags;

/// The tags, and the picture that comes with them.
#[derive(Clone, Debug, Default)]
pub(super) struct SourceTags {
    pub(super) tags: Tags,
    pub(super) picture: Option<Vec<u8>>,
}

/// Reads them. A file without tags, or with damaged ones, has its name for a
/// title: music does not go unheard for its tags.
pub(super) fn read(path: &Path) -> SourceTags {
    let mut found = read_with_lofty(path).unwrap_or_else(|| SourceTags {
        tags: container_tags(path),
        picture: None,
    });
    if found.tags.title.trim().is_empty() {
        let stem = path.file_stem().unwrap_or_default();
        found.tags.title = stem.to_string_lossy().into_owned();
    }
    found
}

fn read_with_lofty(path: &Path) -> Option<SourceTags> {
    let options = ParseOptions::new().read_properties(false);
    let mut probe = Probe::new(BufReader::new(BoundedFile::open_for_tags(path).ok()?));
    if let Some(told) = FileType::from_path(path) {
        probe = probe.set_file_type(told);
    }
    let file = probe.guess_file_type().ok()?.options(options).read().ok()?;
    let tags = || file.primary_tag().into_iter().chain(file.tags());
    let text = |read: &dyn Fn(&Tag) -> Option<String>| {
        tags().find_map(|tag| read(tag).filter(|text| !text.trim().is_empty()))
    };
    let item = |key: ItemKey| text(&|tag| tag.get_string(key).map(str::to_owned));
    let number = |read: &dyn Fn(&Tag) -> Option<u32>| tags().find_map(read);
    let year = item(ItemKey::RecordingDate)
        .or_else(|| item(ItemKey::Year))
        .or_else(|| item(ItemKey::ReleaseDate));
    let pictures = || tags().flat_map(Tag::pictures);
    let picture = pictures()
        .find(|picture| picture.pic_type() == PictureType::CoverFront)
        .or_else(|| pictures().next());
    Some(SourceTags {
        tags: Tags {
            title: text(&|tag| tag.title().map(Into::into)).unwrap_or_default(),
            artist: text(&|tag| tag.artist().map(Into::into)),
            album: text(&|tag| tag.album().map(Into::into)),
            album_artist: item(ItemKey::AlbumArtist),
            track: number(&|tag| tag.track()),
            disc: number(&|tag| tag.disk()),
            year: year.as_deref().and_then(year_of),
            genre: text(&|tag| tag.genre().map(Into::into)),
        },
        picture: picture.map(|picture| picture.data().to_vec()),
    })
}

/// The year of a date such as `1999`, `1999-12-31` or `1999-12-31T00:00:00`.
pub(crate) fn year_of(date: &str) -> Option<u32> {
    let digits: String = date
        .trim()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    (digits.len() == 4).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_read_from_any_date() {
        assert_eq!(year_of("1999"), Some(1999));
        assert_eq!(year_of(" 2024-05-01T00:00:00Z"), Some(2024));
        assert_eq!(year_of("99"), None);
        assert_eq!(year_of("unknown"), None);
    }

    #[test]
    fn a_file_without_tags_is_called_by_its_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("Some Song.wav");
        fs_err::write(&path, b"no audio at all").expect("a file");
        assert_eq!(read(&path).tags.title, "Some Song");
    }
}
