//! The presets, and the names of what can be rendered from them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A mastering style.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preset {
    /// `[a-z0-9-]{1,32}`.
    pub name: &'static str,
    /// One line for people.
    pub description: &'static str,
}

/// All built-in presets, in the order in which they are shown.
pub const PRESETS: &[Preset] = &[Preset {
    name: "original",
    description: "the track as it is: decoded, converted where it must be, encoded",
}];

/// The preset of this name.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// A preset and how much of it, as one name: `original`, `warm`, `warm@50`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Variant {
    preset: String,
    /// In whole per cent, 1 to 100.
    per_cent: u8,
}

/// Why a text is no variant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariantError {
    /// No such preset.
    #[error("there is no preset `{name}`; there are: {known}")]
    UnknownPreset {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Another way of writing a variant that has a name already.
    #[error("write `{right}` instead of `{wrong}`: each variant has one name")]
    NotItsName {
        /// What was written.
        wrong: String,
        /// The one name.
        right: String,
    },
    /// An intensity that is none.
    #[error("`{text}` is no intensity: it goes from 1 to 99 behind the `@`, in whole per cent")]
    Intensity {
        /// What was written.
        text: String,
    },
}

impl Variant {
    /// The untouched track.
    #[must_use]
    pub fn original() -> Self {
        Self {
            preset: "original".to_owned(),
            per_cent: 100,
        }
    }

    /// The preset's name.
    #[must_use]
    pub fn preset(&self) -> &str {
        &self.preset
    }

    /// How much of the preset, from 0 to 1.
    #[must_use]
    pub fn intensity(&self) -> f64 {
        f64::from(self.per_cent) / 100.0
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.per_cent {
            100 => formatter.write_str(&self.preset),
            per_cent => write!(formatter, "{}@{per_cent}", self.preset),
        }
    }
}

impl FromStr for Variant {
    type Err = VariantError;

    fn from_str(text: &str) -> Result<Self, VariantError> {
        let (name, intensity) = match text.split_once('@') {
            Some((name, intensity)) => (name, Some(intensity)),
            None => (text, None),
        };
        if preset(name).is_none() {
            let known = PRESETS
                .iter()
                .map(|preset| preset.name)
                .collect::<Vec<_>>()
                .join(", ");
            return Err(VariantError::UnknownPreset {
                name: name.to_owned(),
                known,
            });
        }
        let Some(intensity) = intensity else {
            return Ok(Self {
                preset: name.to_owned(),
                per_cent: 100,
            });
        };
        let is_number =
            !intensity.is_empty() && intensity.bytes().all(|byte| byte.is_ascii_digit());
        let per_cent = is_number
            .then(|| intensity.parse::<u8>().ok())
            .flatten()
            .filter(|per_cent| *per_cent <= 100);
        let Some(per_cent) = per_cent else {
            return Err(VariantError::Intensity {
                text: intensity.to_owned(),
            });
        };
        let right = match per_cent {
            _ if name == "original" => Self::original(),
            0 => Self::original(),
            _ => Self {
                preset: name.to_owned(),
                per_cent,
            },
        };
        if right.to_string() == text {
            Ok(right)
        } else {
            Err(VariantError::NotItsName {
                wrong: text.to_owned(),
                right: right.to_string(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variant_has_one_name() {
        assert_eq!("original".parse(), Ok(Variant::original()));
        for wrong in ["original@0", "original@100", "original@050", "original@7"] {
            let error = wrong.parse::<Variant>().expect_err(wrong);
            assert_eq!(
                error,
                VariantError::NotItsName {
                    wrong: wrong.to_owned(),
                    right: "original".to_owned()
                }
            );
        }
    }

    #[test]
    fn what_is_no_variant_says_what_is_allowed() {
        for (text, part) in [
            ("loud", "there are: original"),
            ("original@", "1 to 99"),
            ("original@101", "1 to 99"),
            ("original@-1", "1 to 99"),
            ("original@1.5", "1 to 99"),
        ] {
            let error = text.parse::<Variant>().expect_err(text).to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
