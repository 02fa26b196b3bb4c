//! The names of what can be rendered: a preset, and how much of it.

use std::fmt;
use std::str::FromStr;

/// A preset and how much of it, as one name: `original`, `warm`, `warm@50`.
/// Whether there is a preset of that name is for [`super::Presets`] to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Variant {
    preset: String,
    /// 1 to 100; 100 for `original`.
    per_cent: u8,
}

/// Why a text is no variant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariantError {
    /// What no preset can be called.
    #[error("`{name}` is no name of a preset: 1 to 32 of a-z, 0-9 and -")]
    Name {
        /// What was written.
        name: String,
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
    PerCent {
        /// What was written.
        text: String,
    },
    /// An intensity that is none.
    #[error("`{text}` is no intensity: it goes from 0 to 1, in whole per cent, as in 0.5")]
    Intensity {
        /// What was written.
        text: String,
    },
}

/// How much of a preset, in whole per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Intensity(u8);

impl Intensity {
    /// The whole preset.
    pub const FULL: Self = Self(100);

    /// From 0 to 1, to the nearest whole per cent.
    pub fn nearest(fraction: f64) -> Result<Self, VariantError> {
        if (0.0..=1.0).contains(&fraction) {
            Ok(Self(libm::round(fraction * 100.0) as u8))
        } else {
            Err(VariantError::Intensity {
                text: fraction.to_string(),
            })
        }
    }

    /// From 0 to 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

/// From 0 to 1, in whole per cent: `0.5`.
impl FromStr for Intensity {
    type Err = VariantError;

    fn from_str(text: &str) -> Result<Self, VariantError> {
        let error = || VariantError::Intensity {
            text: text.to_owned(),
        };
        let value: f64 = text.parse().map_err(|_| error())?;
        let per_cent = value * 100.0;
        let whole = libm::round(per_cent);
        if (0.0..=100.0).contains(&whole) && (per_cent - whole).abs() < 1e-9 {
            Ok(Self(whole as u8))
        } else {
            Err(error())
        }
    }
}

impl Variant {
    /// The untouched track.
    #[must_use]
    pub fn original() -> Self {
        Self {
            preset: super::ORIGINAL.to_owned(),
            per_cent: 100,
        }
    }

    /// So much of a preset; nothing of it is `original`.
    pub fn new(preset: &str, intensity: Intensity) -> Result<Self, VariantError> {
        if !is_name(preset) {
            return Err(VariantError::Name {
                name: preset.to_owned(),
            });
        }
        if preset == super::ORIGINAL || intensity.0 == 0 {
            return Ok(Self::original());
        }
        Ok(Self {
            preset: preset.to_owned(),
            per_cent: intensity.0,
        })
    }

    /// The preset's name.
    #[must_use]
    pub fn preset(&self) -> &str {
        &self.preset
    }

    /// Whether it leaves the track as it is.
    #[must_use]
    pub fn is_original(&self) -> bool {
        self.preset == super::ORIGINAL
    }

    /// How much of the preset.
    #[must_use]
    pub fn intensity(&self) -> Intensity {
        Intensity(self.per_cent)
    }
}

/// Whether a preset can be called so.
pub(super) fn is_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
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
        let Some((name, digits)) = text.split_once('@') else {
            return Self::new(text, Intensity::FULL);
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let per_cent = is_number
            .then(|| digits.parse::<u8>().ok())
            .flatten()
            .filter(|per_cent| *per_cent <= 100);
        let Some(per_cent) = per_cent else {
            return Err(VariantError::PerCent {
                text: digits.to_owned(),
            });
        };
        let right = Self::new(name, Intensity(per_cent))?;
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
        for name in [
            "original", "warm", "warm@50", "warm@1", "warm@99", "my-own@7",
        ] {
            assert_eq!(name.parse::<Variant>().expect(name).to_string(), name);
        }
        for (wrong, right) in [
            ("original@0", "original"),
            ("original@100", "original"),
            ("original@7", "original"),
            ("warm@0", "original"),
            ("warm@100", "warm"),
            ("warm@050", "warm@50"),
        ] {
            assert_eq!(
                wrong.parse::<Variant>(),
                Err(VariantError::NotItsName {
                    wrong: wrong.to_owned(),
                    right: right.to_owned()
                })
            );
        }
    }

    #[test]
    fn what_is_no_variant_says_what_is_allowed() {
        for (text, part) in [
            ("", "1 to 32"),
            ("Warm", "a-z"),
            ("../warm", "a-z"),
            ("warm@", "1 to 99"),
            ("warm@101", "1 to 99"),
            ("warm@-1", "1 to 99"),
            ("warm@1.5", "1 to 99"),
        ] {
            let error = text.parse::<Variant>().expect_err(text).to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn intensities_are_whole_per_cent_from_0_to_1() {
        for (text, per_cent) in [("0", 0), ("0.07", 7), ("0.29", 29), ("0.5", 50), ("1", 100)] {
            assert_eq!(text.parse(), Ok(Intensity(per_cent)));
        }
        for text in ["NaN", "-1", "1.01", "loud", "", "0.505", "inf", "-0.01"] {
            let error = text.parse::<Intensity>().expect_err(text).to_string();
            assert!(error.contains("0 to 1"), "{error}");
        }
    }
}
