//! The routes of the plan that this grew from, so that its front end works
//! here: the library as JSON, and a track as numbered chunks.

use std::sync::Arc;

use serde_json::{Value, json};

use super::content::{Caching, Content};
use super::host::{Found, Host};
use super::metrics::Kind;
use super::reply::Refusal;
use crate::manifest::{CatalogTrack, MIME, Rendition};
use crate::mastering::{Intensity, Variant};
use crate::site::{self, TrackId};

/// What a chunk is mastered with where the request does not say.
const DEFAULT_PRESET: &str = "adaptive";
/// Tracks of one page of the list, where the request does not say.
const PAGE: usize = 100_000;

/// What stands at a path below `/api/`.
pub(super) async fn find(host: &Host, path: &str, query: &str) -> Result<Found, Refusal> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["library", "tracks"] => list(host, query).await,
        ["library", "tracks", id] => track(host, id).await,
        ["player", "stream_chunk", id, "metadata"] => metadata(host, id).await,
        ["player", "stream_chunk", id, index] => chunk(host, id, index, query).await,
        _ => Err(Refusal::NotFound),
    }
}

async fn list(host: &Host, query: &str) -> Result<Found, Refusal> {
    let number = |name: &str, default: usize| match value(query, name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .map_err(|_| Refusal::BadValue(format!("{name}: a whole number from 0"))),
    };
    let (offset, limit) = (number("offset", 0)?, number("limit", PAGE)?);
    let catalog = host.catalog().await?;
    let tracks: Vec<Value> = catalog
        .tracks
        .iter()
        .skip(offset)
        .take(limit)
        .map(described)
        .collect();
    Ok(reply(&json!({
        "tracks": tracks,
        "total": catalog.tracks.len(),
        "offset": offset,
        "limit": limit,
    })))
}

async fn track(host: &Host, id: &str) -> Result<Found, Refusal> {
    let track = known(host, id).await?;
    let manifest = any_manifest(host, &track).await?;
    let mut value = described(&track);
    if let (Value::Object(fields), Value::Object(more)) = (&mut value, chunks(&manifest)) {
        fields.extend(more);
    }
    Ok(reply(&value))
}

async fn metadata(host: &Host, id: &str) -> Result<Found, Refusal> {
    let track = known(host, id).await?;
    let manifest = any_manifest(host, &track).await?;
    let mut value = chunks(&manifest);
    if let Value::Object(fields) = &mut value {
        fields.insert("track_id".to_owned(), json!(track.id));
        fields.insert("sample_rate".to_owned(), json!(manifest.sample_rate));
        fields.insert("channels".to_owned(), json!(manifest.channels));
    }
    Ok(reply(&value))
}

/// A chunk is a segment; the first comes with the init segment in front, so
/// that a client that appends them in order needs nothing else.
async fn chunk(host: &Host, id: &str, index: &str, query: &str) -> Result<Found, Refusal> {
    let id: TrackId = id.parse().map_err(|_| Refusal::NotFound)?;
    let index: usize = index
        .parse()
        .map_err(|_| Refusal::BadValue("index: a whole number from 0".to_owned()))?;
    let variant = variant(query)?;
    if let Some(on_demand) = &host.on_demand {
        let presets = on_demand.presets();
        let known = presets.of(&variant).map(|_| ());
        known.map_err(|error| Refusal::BadValue(format!("preset: {error}")))?;
    }
    if let Some(on_demand) = host.on_demand.as_ref().filter(|made| made.has(&id)) {
        let is_within = on_demand.is_within(id, index);
        is_within.map_err(|_| Refusal::NotFound)?;
    }
    let manifest = host.manifest(id, &variant).await?;
    let Some(segment) = manifest.segments.get(index) else {
        return Err(Refusal::NotFound);
    };
    let folder = site::variant_folder(&id, &variant.to_string());
    let (kind, segment) = host.find(&format!("{folder}/{}", segment.uri)).await?;
    if index > 0 {
        return Ok((kind, Arc::new(segment.kept(Caching::Revalidate))));
    }
    let (_, init) = host.find(&format!("{folder}/{}", manifest.init)).await?;
    let both = [&init, &segment].map(|content| content.bytes().map_or(&[][..], |bytes| bytes));
    let content = Content::of_bytes("audio/mp4", Caching::Revalidate, both.concat());
    Ok((kind, Arc::new(content)))
}

/// `enhanced`, `preset` and `intensity`, which is rounded to whole per cent.
fn variant(query: &str) -> Result<Variant, Refusal> {
    let is_enhanced = match value(query, "enhanced").as_deref() {
        None | Some("true" | "1") => true,
        Some("false" | "0") => false,
        Some(_) => return Err(Refusal::BadValue("enhanced: true or false".to_owned())),
    };
    let preset = value(query, "preset").unwrap_or_else(|| DEFAULT_PRESET.to_owned());
    let intensity = match value(query, "intensity") {
        None => Intensity::FULL,
        Some(text) => text
            .parse::<f64>()
            .ok()
            .and_then(|value| Intensity::nearest(value).ok())
            .ok_or_else(|| Refusal::BadValue("intensity: a number from 0 to 1".to_owned()))?,
    };
    let variant = Variant::new(&preset, intensity)
        .map_err(|error| Refusal::BadValue(format!("preset: {error}")))?;
    Ok(if is_enhanced {
        variant
    } else {
        Variant::original()
    })
}

/// The value of a parameter; the first, where there are several.
fn value(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, value) = pairs.find(|(known, _)| known == name)?;
    Some(value.into_owned())
}

async fn known(host: &Host, id: &str) -> Result<CatalogTrack, Refusal> {
    let id: TrackId = id.parse().map_err(|_| Refusal::NotFound)?;
    let catalog = host.catalog().await?;
    let track = catalog.tracks.iter().find(|track| track.id == id);
    track.cloned().ok_or(Refusal::NotFound)
}

/// All renditions of a track have the same segments; the original's need
/// nothing to be measured.
async fn any_manifest(host: &Host, track: &CatalogTrack) -> Result<Rendition, Refusal> {
    let original = Variant::original();
    let named = if track.variants.contains_key(crate::mastering::ORIGINAL) {
        Some(original)
    } else {
        let mut names = track.variants.keys();
        names.find_map(|name| name.parse().ok())
    };
    host.manifest(track.id, &named.ok_or(Refusal::NotFound)?)
        .await
}

fn described(track: &CatalogTrack) -> Value {
    json!({
        "id": track.id,
        "title": track.title,
        "artist": track.artist,
        "album": track.album,
        "album_artist": track.album_artist,
        "track": track.track,
        "disc": track.disc,
        "year": track.year,
        "duration": track.duration,
        "cover": track.cover.as_ref().map(|cover| format!("/{cover}")),
    })
}

fn chunks(manifest: &Rendition) -> Value {
    let seconds = |samples| manifest.sample_rate.seconds(samples);
    json!({
        "duration": seconds(manifest.samples),
        "total_chunks": manifest.segments.len(),
        "chunk_duration": seconds(manifest.segment_samples),
        "mime_type": MIME,
    })
}

fn reply(value: &Value) -> Found {
    let content = Content::of_bytes("application/json", Caching::Revalidate, value.to_string());
    (Kind::Other, Arc::new(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_and_checked() {
        let name = |query: &str| variant(query).map(|variant| variant.to_string());
        assert_eq!(name(""), Ok("adaptive".to_owned()));
        assert_eq!(name("preset=warm&intensity=0.5"), Ok("warm@50".to_owned()));
        assert_eq!(
            name("preset=warm&intensity=0.497"),
            Ok("warm@50".to_owned())
        );
        assert_eq!(
            name("enhanced=false&preset=warm"),
            Ok("original".to_owned())
        );
        assert_eq!(name("preset=warm&intensity=0"), Ok("original".to_owned()));
        for wrong in [
            "enhanced=maybe",
            "intensity=NaN",
            "intensity=-1",
            "intensity=1.01",
            "intensity=inf",
            "intensity=loud",
            "intensity=",
            "preset=../etc",
            "preset=WARM",
            "preset=",
        ] {
            assert!(
                matches!(variant(wrong), Err(Refusal::BadValue(_))),
                "{wrong}"
            );
        }
    }
}
