//! One track: its description, its cover, its variants, and what the catalog
//! tells of it.

use std::collections::BTreeMap;

use super::catalog::Listed;
use super::finding::{Found, Mend};
use super::listing::{Contents, Entry, Kind, list, read};
use super::{Ground, rendition};
use crate::analysis::THIRD_OCTAVES;
use crate::manifest::{CatalogTrack, TrackDescription, VERSION, from_json};
use crate::mastering::Variant;
use crate::site::{CATALOG, COVER, TRACK, TrackId, cover, manifest, track_folder, track_json};

/// Checks all that is published of a track.
pub(super) fn check(
    ground: &Ground<'_>,
    id: &TrackId,
    catalog: Option<&Listed>,
    found: &mut Found,
) {
    let entry = catalog.and_then(|catalog| catalog.entry(id));
    let (names, has_cover) = names(ground, id, found);
    let listed = entry.map_or_else(BTreeMap::new, |entry| entry.variants.clone());
    let mend = describe_again(&listed, &names);
    let description = check_description(ground, id, entry, &mend, found);
    if let Some(Err(complaint)) = entry.map(|entry| check_entry(entry, id)) {
        found.add(CATALOG, complaint, Mend::Catalog);
    }
    let names_cover = entry.is_some_and(|entry| entry.cover.is_some());
    if names_cover && !has_cover {
        found.add(cover(id), "is missing, and the catalog names it", mend);
    }
    let is_unnamed = |track: &TrackDescription| has_cover && track.cover.is_none();
    found.unnamed += usize::from(description.as_ref().is_some_and(is_unnamed));
    for name in listed.keys().filter(|name| !names.contains(name)) {
        rendition::find_missing(id, name, found);
    }
    let mut variants = BTreeMap::new();
    for name in names {
        let place = rendition::Place {
            track: id,
            variant: &name,
            is_listed: listed.contains_key(&name),
            description: description.as_ref(),
        };
        if rendition::check_variant(ground, &place, found) {
            variants.insert(name.clone(), manifest(id, &name));
        }
    }
    if let (Some(_), Some(description)) = (catalog, description)
        && !variants.is_empty()
        && found.len() == 0
    {
        let (seconds, has_cover) = (description.duration, description.cover.is_some());
        let told = CatalogTrack::new(*id, description.tags, seconds, has_cover, variants);
        found.not_listed += usize::from(entry != Some(&told));
    }
}

/// How a track's description and cover are mended: by a run over the variants
/// that the catalog names, or else those that stand there. Without their names
/// it would make the usual ones, too.
fn describe_again(listed: &BTreeMap<String, String>, names: &[String]) -> Mend {
    let listed: Vec<&str> = listed.keys().map(String::as_str).collect();
    Mend::Describe {
        variants: if listed.is_empty() {
            names.join(",")
        } else {
            listed.join(",")
        },
    }
}

/// The variants that stand in a track's folder, and whether a cover does. What
/// else does is found.
fn names(ground: &Ground<'_>, id: &TrackId, found: &mut Found) -> (Vec<String>, bool) {
    let (mut variants, mut has_cover) = (Vec::new(), false);
    for Entry { name, kind } in list(ground.root, &track_folder(id), found) {
        let variant = name.parse::<Variant>();
        match (name.as_str(), kind) {
            (TRACK, Kind::File) => {}
            (COVER, Kind::File) => has_cover = true,
            // Each has one name.
            (_, Kind::Folder) if variant.is_ok_and(|known| known.to_string() == name) => {
                variants.push(name);
            }
            _ => found.add(
                format!("{}/{name}", track_folder(id)),
                "does not belong here",
                Mend::Delete,
            ),
        }
    }
    (variants, has_cover)
}

/// Whether what the catalog names is where such things are.
fn check_entry(entry: &CatalogTrack, id: &TrackId) -> Result<(), String> {
    let mut wrong = entry
        .variants
        .iter()
        .filter(|(name, path)| **path != manifest(id, name));
    if let Some((_, path)) = wrong.next() {
        return Err(format!("names a manifest where there is none: {path}"));
    }
    if entry.cover.as_ref().is_some_and(|path| *path != cover(id)) {
        return Err(format!("does not name the cover of {id} rightly"));
    }
    Ok(())
}

/// Checks `track.json`, and the cover that it names. None where it is of no
/// use.
fn check_description(
    ground: &Ground<'_>,
    id: &TrackId,
    entry: Option<&CatalogTrack>,
    mend: &Mend,
    found: &mut Found,
) -> Option<TrackDescription> {
    let file = track_json(id);
    let bytes = match read(ground.root, &file, found) {
        Contents::Bytes(bytes) => bytes,
        Contents::Missing => {
            // Before it is named it need not be there.
            if entry.is_some() {
                found.add(
                    file,
                    "is missing, and the catalog names its track",
                    mend.clone(),
                );
            }
            return None;
        }
        Contents::Unreadable => return None,
    };
    let description: TrackDescription = match from_json(&bytes) {
        Ok(description) => description,
        Err(error) => {
            found.add(file, error.to_string(), mend.clone());
            return None;
        }
    };
    if let Err(complaint) = plausible(&description, id) {
        found.add(file, complaint, mend.clone());
        found.damaged.tracks.insert(*id);
    }
    if let Some(hash) = &description.cover_blake3 {
        check_cover(ground, id, hash, mend, found);
    }
    Some(description)
}

fn check_cover(ground: &Ground<'_>, id: &TrackId, hash: &str, mend: &Mend, found: &mut Found) {
    let file = cover(id);
    let what = match read(ground.root, &file, found) {
        Contents::Bytes(bytes) if blake3::hash(&bytes).to_hex().as_str() == hash => return,
        Contents::Bytes(_) => "is not the cover that track.json tells of: damaged or replaced",
        Contents::Missing => "is missing, and track.json names it",
        Contents::Unreadable => return,
    };
    found.add(file, what, mend.clone());
    found.damaged.tracks.insert(*id);
}

/// Holds a description against itself.
fn plausible(description: &TrackDescription, id: &TrackId) -> Result<(), String> {
    let TrackDescription {
        version,
        analysis,
        sample_rate,
        samples,
        ..
    } = description;
    if *version != VERSION {
        return Err(format!("is of version {version}, not {VERSION}"));
    }
    if description.id != *id {
        return Err(format!("tells of another track, {}", description.id));
    }
    let seconds = sample_rate.seconds(*samples);
    if !(description.duration - seconds).abs().le(&1e-6) {
        let told = description.duration;
        return Err(format!(
            "says it lasts {told} s, and {seconds} s in samples"
        ));
    }
    let has_cover = description.cover.as_deref() == Some(COVER);
    if has_cover != description.cover_blake3.is_some() || has_cover != description.cover.is_some() {
        return Err("does not name its cover rightly".to_owned());
    }
    let levels = [
        analysis.integrated_lufs,
        analysis.sample_peak_dbfs,
        analysis.true_peak_dbtp,
    ];
    let is_level = |level: f64| (-200.0..=100.0).contains(&level);
    let is_measured = levels.into_iter().flatten().all(is_level)
        && (0.0..=200.0).contains(&analysis.range_lu)
        && (0.0..=1.0).contains(&analysis.stereo_width)
        && analysis.spectrum.len() == THIRD_OCTAVES
        && analysis.waveform.samples_per_point > 0
        && matches!(description.channels, 1 | 2);
    if is_measured {
        Ok(())
    } else {
        Err("tells of measurements that cannot be".to_owned())
    }
}
