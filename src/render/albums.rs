//! Which tracks are one album: those with the same album and album artist in
//! one folder, by disc and number, then in scan order.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::sync::Arc;

use super::fingerprint::AlbumPlace;
use super::plan::PlannedTrack;
use crate::manifest::Tags;
use crate::site::TrackId;

/// The place of each track in its album; none for what has no album, or is
/// alone in it.
#[must_use]
pub fn albums(tracks: &[(TrackId, &Path, &Tags)]) -> Vec<Option<AlbumPlace>> {
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, (_, folder, tags)) in tracks.iter().enumerate() {
        if let Some(album) = &tags.album {
            let artist = tags.album_artist.as_ref();
            groups
                .entry((*folder, album, artist))
                .or_default()
                .push(index);
        }
    }
    let mut places = vec![None; tracks.len()];
    for mut group in groups.into_values() {
        if group.len() < 2 {
            continue;
        }
        group.sort_by_key(|index| (tracks[*index].2.disc, tracks[*index].2.track, *index));
        let ids: Arc<[TrackId]> = group.iter().map(|index| tracks[*index].0).collect();
        for (place, index) in group.into_iter().enumerate() {
            places[index] = Some(AlbumPlace {
                tracks: Arc::clone(&ids),
                place,
            });
        }
    }
    places
}

/// Tracks that are measured together: an album in its order, or one track.
pub(super) fn pieces(tracks: &[PlannedTrack]) -> Vec<Vec<&PlannedTrack>> {
    let mut pieces: Vec<Vec<&PlannedTrack>> = Vec::new();
    let mut albums: BTreeMap<TrackId, usize> = BTreeMap::new();
    for track in tracks {
        let first = track.album.as_ref().and_then(|album| album.tracks.first());
        match first.map(|first| albums.entry(*first)) {
            Some(Entry::Occupied(known)) => pieces[*known.get()].push(track),
            Some(Entry::Vacant(new)) => {
                new.insert(pieces.len());
                pieces.push(vec![track]);
            }
            None => pieces.push(vec![track]),
        }
    }
    for piece in &mut pieces {
        piece.sort_by_key(|track| track.album.as_ref().map(|album| album.place));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_album_is_what_has_its_name_and_artist_in_a_folder() {
        let tags = |album: Option<&str>, artist: &str, track| Tags {
            album: album.map(str::to_owned),
            album_artist: Some(artist.to_owned()),
            track: Some(track),
            ..Tags::default()
        };
        let [live_2, live_1, other, alone, elsewhere, none] = [
            tags(Some("Live"), "A", 2),
            tags(Some("Live"), "A", 1),
            tags(Some("Live"), "B", 1),
            tags(Some("Single"), "A", 1),
            tags(Some("Live"), "A", 3),
            tags(None, "A", 1),
        ];
        let id = |number: u8| TrackId::from_hash(&blake3::hash(&[number]));
        let (here, there) = (Path::new("here"), Path::new("there"));
        let places = albums(&[
            (id(0), here, &live_2),
            (id(1), here, &live_1),
            (id(2), here, &other),
            (id(3), here, &alone),
            (id(4), there, &elsewhere),
            (id(5), here, &none),
        ]);
        let place = |index: usize| places[index].as_ref().map(|place| place.place);
        assert_eq!((place(0), place(1)), (Some(1), Some(0)));
        assert_eq!(
            places[0].as_ref().map(|place| place.tracks.to_vec()),
            Some(vec![id(1), id(0)])
        );
        assert!(places[2..].iter().all(Option::is_none));
    }
}
