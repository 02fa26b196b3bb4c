//! One variant of a track: its manifest, and the fingerprints below it.

use super::Ground;
use super::finding::{Found, Mend};
use super::folder::{Folder, Standing};
use super::listing::{Contents, Entry, Kind, list, read};
use crate::manifest::{Rendition, RenditionName, Stream, TrackDescription, from_json};
use crate::mastering::Variant;
use crate::render::fingerprint_of;
use crate::site::{Fingerprint, MANIFEST, TrackId, manifest, rendition_folder, variant_folder};
use crate::timeline::Timeline;
use crate::units::BitRate;

/// Which variant it is.
pub(super) struct Place<'a> {
    pub(super) track: &'a TrackId,
    pub(super) variant: &'a str,
    /// Whether the catalog names it.
    pub(super) is_listed: bool,
    pub(super) description: Option<&'a TrackDescription>,
}

/// A manifest, as it was found.
enum Manifest {
    Sound(Box<Rendition>, Stream),
    Faulty,
    None,
}

/// Checks all of a variant. Tells whether it has a manifest that is right.
pub(super) fn check_variant(ground: &Ground<'_>, place: &Place<'_>, found: &mut Found) -> bool {
    let (track, variant) = (place.track, place.variant);
    let manifest = read_manifest(ground, place, found);
    let mut fingerprints: Vec<Fingerprint> = Vec::new();
    for Entry { name, kind } in list(ground.root, &variant_folder(track, variant), found) {
        match (name.parse(), kind) {
            (Ok(fingerprint), Kind::Folder) => fingerprints.push(fingerprint),
            _ if kind == Kind::File && name == MANIFEST => {}
            _ => found.add(
                format!("{}/{name}", variant_folder(track, variant)),
                "does not belong here",
                Mend::Delete,
            ),
        }
    }
    if let Manifest::Sound(current, _) = &manifest {
        found.renditions += 1;
        if !fingerprints.contains(&current.fingerprint) {
            found.add(
                rendition_folder(track, variant, &current.fingerprint),
                "is missing, and the manifest names it",
                again(variant),
            );
        }
    }
    for fingerprint in fingerprints {
        let is_on_demand = ground.on_demand.contains(&fingerprint);
        let standing = match &manifest {
            Manifest::Sound(current, stream) if current.fingerprint == fingerprint => {
                Standing::Current(current, stream)
            }
            _ if is_on_demand => Standing::Begun,
            Manifest::Faulty => Standing::Unknown,
            Manifest::Sound(..) | Manifest::None => Standing::Unnamed,
        };
        found.begun += usize::from(matches!(standing, Standing::Begun));
        found.unnamed += usize::from(matches!(standing, Standing::Unnamed));
        let folder = Folder {
            root: ground.root,
            path: rendition_folder(track, variant, &fingerprint),
            mend: match standing {
                Standing::Current(..) | Standing::Unknown => again(variant),
                Standing::Begun => Mend::DeleteBegun,
                Standing::Unnamed => Mend::DeleteFolder,
            },
            standing,
            is_on_demand,
        };
        if folder.check(found) {
            found.damaged.renditions.insert(fingerprint);
        }
    }
    matches!(manifest, Manifest::Sound(..))
}

/// A manifest that the catalog names is not there.
pub(super) fn find_missing(track: &TrackId, variant: &str, found: &mut Found) {
    let mend = Mend::RenderOrForget {
        variant: variant.to_owned(),
    };
    found.add(
        manifest(track, variant),
        "is missing, and the catalog names it",
        mend,
    );
}

fn again(variant: &str) -> Mend {
    Mend::Render {
        variant: variant.to_owned(),
    }
}

fn read_manifest(ground: &Ground<'_>, place: &Place<'_>, found: &mut Found) -> Manifest {
    let file = manifest(place.track, place.variant);
    let bytes = match read(ground.root, &file, found) {
        Contents::Bytes(bytes) => bytes,
        Contents::Missing => {
            if place.is_listed {
                find_missing(place.track, place.variant, found);
            }
            return Manifest::None;
        }
        Contents::Unreadable => return Manifest::Faulty,
    };
    let rendition: Rendition = match from_json(&bytes) {
        Ok(rendition) => rendition,
        Err(error) => {
            found.add(file, error.to_string(), again(place.variant));
            return Manifest::Faulty;
        }
    };
    match stream(&rendition, place) {
        Ok(stream) => Manifest::Sound(Box::new(rendition), stream),
        Err(complaint) => {
            found.add(file, complaint, again(place.variant));
            // That of another rendition tells nothing of this one, which is
            // made again without being on the list.
            if is_in_its_place(&rendition, place) {
                found.damaged.renditions.insert(rendition.fingerprint);
            }
            Manifest::Faulty
        }
    }
}

fn is_in_its_place(rendition: &Rendition, place: &Place<'_>) -> bool {
    rendition.track == *place.track && rendition.variant == place.variant
}

/// Holds a manifest against its place, its settings and its track. Gives what
/// its playlists are made from.
fn stream(rendition: &Rendition, place: &Place<'_>) -> Result<Stream, String> {
    if !is_in_its_place(rendition, place) {
        return Err("is the manifest of another rendition".to_owned());
    }
    if rendition.fingerprint != fingerprint_of(&rendition.settings) {
        return Err("does not have the fingerprint of its settings".to_owned());
    }
    let setting = |name: &str| rendition.settings[name].as_f64();
    let (Some(segment_seconds), Some(bit_rate)) = (setting("segment_seconds"), setting("bitrate"))
    else {
        return Err("does not say what it was made from".to_owned());
    };
    let stream = Stream {
        timeline: Timeline::new(rendition.sample_rate, rendition.samples, segment_seconds),
        channels: rendition.channels,
        bit_rate: BitRate(bit_rate as u32).for_channels(rendition.channels),
    };
    let variant: Variant = place
        .variant
        .parse()
        .map_err(|_| "is of no variant".to_owned())?;
    let name = RenditionName {
        track: *place.track,
        variant: place.variant,
        preset: variant.preset(),
        intensity: variant.intensity().fraction(),
        fingerprint: rendition.fingerprint,
    };
    let sizes: Vec<Option<u64>> = rendition
        .segments
        .iter()
        .map(|segment| segment.bytes)
        .collect();
    // What it is held against has no more segments than there are sizes.
    let is_short = sizes.len() < stream.timeline.segment_count();
    let told = Rendition::new(
        &name,
        &stream,
        &sizes,
        rendition.loudness,
        rendition.applied.clone(),
        rendition.settings.clone(),
    );
    if is_short || told != *rendition || sizes.iter().any(Option::is_none) {
        return Err("does not say what follows from its settings and length".to_owned());
    }
    let loudness = &rendition.loudness;
    let is_level = |level: f64| (-200.0..=100.0).contains(&level);
    let levels = [loudness.integrated_lufs, loudness.true_peak_dbtp];
    if !levels.into_iter().flatten().all(is_level) || !(0.0..=200.0).contains(&loudness.range_lu) {
        return Err("tells of a loudness that cannot be".to_owned());
    }
    let is_of_track = place.description.is_none_or(|track| {
        (track.samples, track.sample_rate, track.channels)
            == (rendition.samples, rendition.sample_rate, rendition.channels)
    });
    if is_of_track {
        Ok(stream)
    } else {
        Err("does not have the length, rate and channels of its track".to_owned())
    }
}
