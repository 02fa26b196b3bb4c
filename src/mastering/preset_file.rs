//! Presets in TOML: one table for each, named as the preset is.

use std::fmt::Write as _;

use serde::Deserialize;
use toml::Spanned;

use super::preset::{Compression, LIMITS, Preset, Style, Values};
use super::variant::is_name;
use crate::analysis::{BAND_EDGES_HZ, BANDS};

/// Why a file of presets cannot be used. All say the line.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum PresetFileError {
    /// It is no TOML, or has other fields.
    #[error("line {line}: {reason}")]
    Syntax {
        /// From 1.
        line: usize,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// A name that no preset can have.
    #[error(
        "line {line}: a preset cannot be called `{name}`: 1 to 32 of a-z, 0-9 and -, and no name that segue uses itself ({built_in})"
    )]
    Name {
        /// From 1.
        line: usize,
        /// What it is called.
        name: String,
        /// What is taken.
        built_in: String,
    },
    /// A number beyond what is allowed.
    #[error("line {line}: {preset}: `{field}` is {value}, and must be from {least} to {greatest}")]
    Range {
        /// From 1.
        line: usize,
        /// The preset.
        preset: String,
        /// The field.
        field: String,
        /// What it is.
        value: f64,
        /// The least that is allowed.
        least: f64,
        /// The greatest that is allowed.
        greatest: f64,
    },
    /// There is none in it.
    #[error("there is no preset in it: it needs a table such as [my-preset]")]
    Empty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    description: Option<String>,
    target_lufs: Spanned<f64>,
    eq: Option<Bands>,
    compressor: Option<CompressorEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bands {
    low: Option<Spanned<f64>>,
    low_mid: Option<Spanned<f64>>,
    mid: Option<Spanned<f64>>,
    high_mid: Option<Spanned<f64>>,
    high: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompressorEntry {
    ratio: Spanned<f64>,
    threshold_db: Spanned<f64>,
    knee_db: Option<Spanned<f64>>,
    attack_ms: Spanned<f64>,
    release_ms: Spanned<f64>,
}

impl Values {
    /// What changes nothing but the loudness.
    pub(super) const NEUTRAL: Self = Self {
        equaliser_db: [0.0; BANDS],
        compressor: Compression {
            ratio: 1.0,
            threshold_db: -20.0,
            knee_db: 8.0,
            attack_ms: 20.0,
            release_ms: 200.0,
        },
        target_lufs: -14.0,
    };
}

/// Reads all presets of a file. `built_in` are names that are taken.
pub(super) fn read(text: &str, built_in: &[String]) -> Result<Vec<Preset>, PresetFileError> {
    let tables: toml::map::Map<String, toml::Value> = parse(text)?;
    let order = tables.keys().cloned().collect::<Vec<_>>();
    let mut entries: std::collections::BTreeMap<Spanned<String>, Entry> = parse(text)?;
    let mut presets = Vec::new();
    for name in order {
        let Some((key, entry)) = entries.remove_entry(&Spanned::new(0..0, name)) else {
            continue;
        };
        let line = line_of(text, key.span().start);
        let name = key.into_inner();
        if !is_name(&name) || built_in.contains(&name) {
            return Err(PresetFileError::Name {
                line,
                name,
                built_in: built_in.join(", "),
            });
        }
        let values = entry.values(&Place {
            text,
            preset: &name,
        })?;
        presets.push(Preset {
            description: entry
                .description
                .unwrap_or_else(|| "a preset of your own".to_owned()),
            style: Style::Fixed(values),
            name,
        });
    }
    if presets.is_empty() {
        return Err(PresetFileError::Empty);
    }
    Ok(presets)
}

fn parse<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, PresetFileError> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        PresetFileError::Syntax {
            line,
            reason: format!("{}{}", error.message(), allowed_in(text, line)),
        }
    })
}

/// What is allowed in the field that stands in a line, if it is one.
fn allowed_in(text: &str, line: usize) -> String {
    let line = text.lines().nth(line - 1).unwrap_or_default();
    let field = line.split('=').next().unwrap_or_default().trim();
    let is_band = crate::analysis::BAND_NAMES.contains(&field);
    let limited = if is_band { "eq" } else { field };
    let limits = LIMITS.iter().find(|(name, ..)| *name == limited);
    limits.map_or_else(String::new, |(_, least, greatest)| {
        format!(": `{field}` must be a number from {least} to {greatest}")
    })
}

/// Where a value stands, for errors.
struct Place<'a> {
    text: &'a str,
    preset: &'a str,
}

impl Place<'_> {
    /// The value, where it is allowed.
    fn check(&self, field: &str, value: &Spanned<f64>) -> Result<f64, PresetFileError> {
        self.check_at(field, field, value.span().start, *value.get_ref())
    }

    fn check_at(
        &self,
        limit: &str,
        field: &str,
        at: usize,
        value: f64,
    ) -> Result<f64, PresetFileError> {
        let (_, least, greatest) = LIMITS
            .iter()
            .find(|(name, ..)| *name == limit)
            .expect("every field has its limits in the table");
        if (*least..=*greatest).contains(&value) {
            Ok(value)
        } else {
            Err(PresetFileError::Range {
                line: line_of(self.text, at),
                preset: self.preset.to_owned(),
                field: field.to_owned(),
                value,
                least: *least,
                greatest: *greatest,
            })
        }
    }
}

impl Entry {
    fn values(&self, place: &Place<'_>) -> Result<Values, PresetFileError> {
        let mut values = Values {
            target_lufs: place.check("target_lufs", &self.target_lufs)?,
            ..Values::NEUTRAL
        };
        if let Some(bands) = &self.eq {
            let gains = [
                &bands.low,
                &bands.low_mid,
                &bands.mid,
                &bands.high_mid,
                &bands.high,
            ];
            for (band, gain) in gains.into_iter().enumerate() {
                let Some(gain) = gain else { continue };
                let field = format!("eq.{}", crate::analysis::BAND_NAMES[band]);
                let at = gain.span().start;
                values.equaliser_db[band] = place.check_at("eq", &field, at, *gain.get_ref())?;
            }
        }
        if let Some(entry) = &self.compressor {
            let neutral = values.compressor;
            values.compressor = Compression {
                ratio: place.check("ratio", &entry.ratio)?,
                threshold_db: place.check("threshold_db", &entry.threshold_db)?,
                knee_db: match &entry.knee_db {
                    Some(knee) => place.check("knee_db", knee)?,
                    None => neutral.knee_db,
                },
                attack_ms: place.check("attack_ms", &entry.attack_ms)?,
                release_ms: place.check("release_ms", &entry.release_ms)?,
            };
        }
        Ok(values)
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}

/// A preset as a file to edit.
pub(super) fn write(name: &str, description: &str, values: &Values) -> String {
    let limits = |field: &str| {
        let (_, least, greatest) = LIMITS
            .iter()
            .find(|(name, ..)| *name == field)
            .expect("every field has its limits in the table");
        format!("{least} to {greatest}")
    };
    let [low, low_mid, mid, high_mid, high] = values.equaliser_db;
    let [e0, e1, e2, e3] = BAND_EDGES_HZ;
    let compressor = &values.compressor;
    let mut text = String::new();
    let _ = write!(
        text,
        "\
# A preset for segue. Change it, give it a name of its own, and render with
#   segue render LIBRARY -o SITE --preset-file THIS-FILE --preset {name}
[{name}]
description = {description:?}
# Integrated loudness, {}.
target_lufs = {:?}

# Decibels, {}: below {e0} Hz, to {e1}, to {e2}, to {e3}, above.
[{name}.eq]
low = {low:?}
low_mid = {low_mid:?}
mid = {mid:?}
high_mid = {high_mid:?}
high = {high:?}

[{name}.compressor]
# {}; 1 is none.
ratio = {:?}
# dBFS of a track brought to {} LUFS, {}.
threshold_db = {:?}
# How wide the bend around the threshold is, {}.
knee_db = {:?}
# Milliseconds, {}.
attack_ms = {:?}
# Milliseconds, {}.
release_ms = {:?}
",
        limits("target_lufs"),
        values.target_lufs,
        limits("eq"),
        limits("ratio"),
        compressor.ratio,
        super::REFERENCE_LUFS,
        limits("threshold_db"),
        compressor.threshold_db,
        limits("knee_db"),
        compressor.knee_db,
        limits("attack_ms"),
        compressor.attack_ms,
        limits("release_ms"),
        compressor.release_ms,
    );
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Presets, Style};
    use super::*;

    #[test]
    fn every_preset_reads_back_as_it_was_written() {
        for preset in Presets::default().all() {
            let mut presets = Presets::default();
            presets.add(&preset.to_toml()).expect("what segue writes");
            let own = presets
                .get(&format!("my-{}", preset.name))
                .expect("its own name");
            if let Style::Fixed(values) = preset.style {
                assert_eq!(own.style, Style::Fixed(values));
            }
            assert_eq!(own.description, preset.description);
        }
    }

    #[test]
    fn a_bad_file_gets_the_line_the_field_and_what_is_allowed() {
        let good = "[mine]\ntarget_lufs = -14\n";
        assert_eq!(read(good, &[]).map(|presets| presets.len()), Ok(1));
        for (text, parts) in [
            (
                "[mine]\ntarget_lufs = -3\n",
                vec!["line 2", "target_lufs", "-30 to -8"],
            ),
            (
                "[mine]\ntarget_lufs = \"loud\"\n",
                vec!["line 2", "string", "`target_lufs`", "-30 to -8"],
            ),
            (
                "[mine]\ntarget_lufs = -14\n\n[mine.eq]\nlow = 1\nmid = true\n",
                vec!["line 6", "`mid`", "-12 to 12"],
            ),
            (
                "[mine]\ntarget_lufs = -14\nloudness = 3\n",
                vec!["line 3", "loudness", "target_lufs"],
            ),
            (
                "[mine]\ntarget_lufs = -14\n\n[mine.eq]\nlow = 99\n",
                vec!["line 5", "eq.low", "-12 to 12"],
            ),
            (
                "[mine]\ntarget_lufs = -14\n[mine.compressor]\nratio = nan\nthreshold_db = -20\nattack_ms = 5\nrelease_ms = 50",
                vec!["line 4", "ratio", "1 to 20"],
            ),
            (
                "[mine]\ntarget_lufs = -14\n[mine.compressor]\nratio = 2\n",
                vec!["line 3", "threshold_db"],
            ),
            (
                "\n[Mine]\ntarget_lufs = -14\n",
                vec!["line 2", "Mine", "a-z"],
            ),
            (
                "[warm]\ntarget_lufs = -14\n",
                vec!["line 1", "warm", "segue uses"],
            ),
            ("[mine\n", vec!["line 1"]),
            ("", vec!["no preset"]),
            ("[mine]\n", vec!["line 1", "target_lufs"]),
        ] {
            let error = read(text, &["warm".to_owned()])
                .expect_err(text)
                .to_string();
            for part in parts {
                assert!(error.contains(part), "`{part}` is not in: {error}");
            }
        }
    }
}
