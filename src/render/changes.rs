//! What has changed between the settings that a rendition was made from, which
//! its manifest keeps, and those that are wanted now, in words.
//!
//! Both are compared as the JSON that the fingerprint is the hash of: whatever
//! changes the one shows in the other, and what is added to the settings one day
//! is told of without another line here.

use std::fmt;

use serde_json::{Map, Value};

/// What has changed; never nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes(Vec<String>);

impl fmt::Display for Changes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("; "))
    }
}

/// The changes from the settings `before` to those `now`.
pub(super) fn changes(before: &Value, now: &Value) -> Changes {
    let mut told = Vec::new();
    for key in keys(before, now) {
        let (before, now) = (&before[key], &now[key]);
        if before != now {
            told.push(change(key, before, now));
        }
    }
    if told.is_empty() {
        told.push("its fingerprint is not that of its settings".to_owned());
    }
    Changes(told)
}

fn change(key: &str, before: &Value, now: &Value) -> String {
    match key {
        "bitrate" => format!("bit rate changed: {} to {}", rate(before), rate(now)),
        "segment_seconds" => format!(
            "segment length changed: {} to {}",
            seconds(before),
            seconds(now)
        ),
        "style" => {
            // Above the values stands the kind of the preset.
            let (before, now) = match (only(before), only(now)) {
                (Some((one, before)), Some((other, now))) if one == other => (before, now),
                _ => (before, now),
            };
            format!("preset changed: {}", differences(before, now).join(", "))
        }
        "engine" => {
            let changed = differences(before, now);
            format!("engine stage {}", changed.join(", "))
        }
        "album" => album(before, now),
        _ => format!(
            "{} changed: {}",
            key.replace('_', " "),
            from_to(before, now)
        ),
    }
}

/// The values that differ, each with its path, as in `eq.high 0.8 to 1.0`.
fn differences(before: &Value, now: &Value) -> Vec<String> {
    let (Value::Object(_), Value::Object(_)) = (before, now) else {
        return vec![from_to(before, now)];
    };
    let mut told = Vec::new();
    for key in keys(before, now) {
        let (before, now) = (&before[key], &now[key]);
        if before == now {
            continue;
        }
        let is_nested = before.is_object() && now.is_object();
        let joint = if is_nested { "." } else { " " };
        let inner = differences(before, now);
        told.extend(inner.iter().map(|inner| format!("{key}{joint}{inner}")));
    }
    told
}

fn album(before: &Value, now: &Value) -> String {
    let part = |album: &Value| {
        let tracks = album["tracks"].as_array()?.len();
        let place = album["place"].as_u64()? + 1;
        Some(format!("track {place} of {tracks}"))
    };
    let what = match (part(before), part(now)) {
        (Some(before), Some(now)) if before == now => {
            format!("{now}, with others beside it")
        }
        (Some(before), Some(now)) => format!("{before} to {now}"),
        (None, Some(now)) => format!("by itself to {now}"),
        (Some(before), None) => format!("{before} to by itself"),
        (None, None) => from_to(before, now),
    };
    format!("album changed: {what}")
}

fn from_to(before: &Value, now: &Value) -> String {
    let text = |value: &Value| match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    format!("{} to {}", text(before), text(now))
}

/// Bits per second as one writes them on the command line.
fn rate(value: &Value) -> String {
    match value.as_u64() {
        Some(rate) if rate % 1000 == 0 => format!("{}k", rate / 1000),
        _ => value.to_string(),
    }
}

fn seconds(value: &Value) -> String {
    value
        .as_f64()
        .map_or_else(|| value.to_string(), |seconds| format!("{seconds} s"))
}

/// The one entry of an object that has but one.
fn only(value: &Value) -> Option<(&String, &Value)> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    object.iter().next()
}

/// The keys of two objects, each once.
fn keys<'a>(one: &'a Value, other: &'a Value) -> Vec<&'a str> {
    let own = |value: &'a Value| value.as_object().into_iter().flat_map(Map::keys);
    let mut keys: Vec<&str> = own(one).map(String::as_str).collect();
    for key in own(other) {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, now: &Value) -> String {
        changes(before, now).to_string()
    }

    #[test]
    fn each_setting_has_its_words() {
        let before = json!({
            "style": { "fixed": { "eq": { "low": 1.5, "high": 0.8 }, "target_lufs": -13.0 } },
            "bitrate": 192_000, "segment_seconds": 6.0,
            "engine": { "decode": 1, "encode": 3 },
        });
        let change = |pointer: &str, value: Value| {
            let mut now = before.clone();
            *now.pointer_mut(pointer).expect("it is there") = value;
            told(&before, &now)
        };
        assert_eq!(
            change("/style/fixed/eq/high", json!(1.0)),
            "preset changed: eq.high 0.8 to 1.0"
        );
        assert_eq!(
            change(
                "/style/fixed",
                json!({ "eq": { "low": 1.0, "high": 0.8 }, "target_lufs": -12.5 })
            ),
            "preset changed: eq.low 1.5 to 1.0, target_lufs -13.0 to -12.5"
        );
        assert_eq!(
            change("/bitrate", json!(128_000)),
            "bit rate changed: 192k to 128k"
        );
        assert_eq!(
            change("/segment_seconds", json!(4.5)),
            "segment length changed: 6 s to 4.5 s"
        );
        assert_eq!(
            change("/engine/encode", json!(4)),
            "engine stage encode 3 to 4"
        );
        assert_eq!(
            change(
                "/engine",
                json!({ "decode": 2, "encode": 3, "resample": 1 })
            ),
            "engine stage decode 1 to 2, resample none to 1"
        );
        assert!(change("/style", json!({ "adaptive": {} })).starts_with("preset changed: "));
    }

    #[test]
    fn several_changes_are_told_in_one_line() {
        assert_eq!(
            told(
                &json!({ "bitrate": 192_000, "segment_seconds": 6.0 }),
                &json!({ "bitrate": 100_500, "segment_seconds": 4.0 })
            ),
            "bit rate changed: 192k to 100500; segment length changed: 6 s to 4 s"
        );
    }

    #[test]
    fn an_album_tells_what_became_of_the_track_in_it() {
        let album =
            |place: u64, tracks: &[&str]| json!({ "album": { "tracks": tracks, "place": place } });
        assert_eq!(
            told(&album(1, &["a", "b"]), &album(2, &["a", "c", "b"])),
            "album changed: track 2 of 2 to track 3 of 3"
        );
        assert_eq!(
            told(&album(1, &["a", "b"]), &album(1, &["c", "b"])),
            "album changed: track 2 of 2, with others beside it"
        );
        assert_eq!(
            told(&json!({}), &album(0, &["a", "b"])),
            "album changed: by itself to track 1 of 2"
        );
        assert_eq!(
            told(&album(0, &["a", "b"]), &json!({})),
            "album changed: track 1 of 2 to by itself"
        );
    }

    #[test]
    fn there_is_always_something_to_tell() {
        let settings = json!({ "bitrate": 192_000 });
        assert!(!told(&settings, &settings).is_empty());
        assert_eq!(
            told(&json!({ "colour": "red" }), &json!({ "depth_bits": 3 })),
            "colour changed: red to none; depth bits changed: none to 3"
        );
    }
}
