//! All presets that can be asked for: the built-in ones and the user's own.

use super::preset::{Preset, Style, Values, built_in};
use super::preset_file::{PresetFileError, read};
use super::variant::{Variant, is_name};

/// The presets by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Presets(Vec<Preset>);

impl Default for Presets {
    fn default() -> Self {
        Self(built_in())
    }
}

/// There is no preset of a name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no preset `{name}`; there are: {known}")]
pub struct UnknownPreset {
    /// What was asked for.
    pub name: String,
    /// What there is.
    pub known: String,
}

impl Presets {
    /// Takes in the presets of a file's text; a later one of the same name
    /// takes the place of an earlier one, but none that of a built-in one.
    pub fn add(&mut self, text: &str) -> Result<(), PresetFileError> {
        let built_in: Vec<String> = built_in().into_iter().map(|preset| preset.name).collect();
        for preset in read(text, &built_in)? {
            self.0.retain(|old| old.name != preset.name);
            self.0.push(preset);
        }
        Ok(())
    }

    /// Takes in a preset that has been checked before, as a site keeps it;
    /// none of the name of one that is there.
    pub fn add_known(&mut self, name: &str, description: &str, values: Values) {
        if is_name(name) && self.get(name).is_err() {
            self.0.push(Preset {
                name: name.to_owned(),
                description: description.to_owned(),
                style: Style::Fixed(values),
            });
        }
    }

    /// All of them, in the order in which they are shown.
    #[must_use]
    pub fn all(&self) -> &[Preset] {
        &self.0
    }

    /// The preset of this name.
    pub fn get(&self, name: &str) -> Result<&Preset, UnknownPreset> {
        let found = self.0.iter().find(|preset| preset.name == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = self.0.iter().map(|preset| preset.name.as_str()).collect();
            UnknownPreset {
                name: name.to_owned(),
                known: names.join(", "),
            }
        })
    }

    /// The preset of a variant.
    pub fn of(&self, variant: &Variant) -> Result<&Preset, UnknownPreset> {
        self.get(variant.preset())
    }
}

impl Preset {
    /// The preset as a file to edit. What is decided from a track has no
    /// numbers to edit; it is written as what it does at most.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let values = match self.style {
            Style::Original => Values::NEUTRAL,
            Style::Fixed(values) => values,
            Style::Adaptive(values) => Values {
                compressor: values.compressor,
                target_lufs: values.target_lufs,
                ..Values::NEUTRAL
            },
        };
        super::preset_file::write(&format!("my-{}", self.name), &self.description, &values)
    }
}
