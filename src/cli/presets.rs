//! `segue presets`.

use super::args::PresetsArguments;
use super::{CommandError, SUCCESS};
use crate::mastering::{PRESETS, Variant, preset};

/// Lists the presets, or shows one.
pub(super) fn run(arguments: &PresetsArguments) -> Result<u8, CommandError> {
    match &arguments.name {
        None => PRESETS
            .iter()
            .for_each(|preset| println!("{:<10} {}", preset.name, preset.description)),
        Some(name) => match preset(name) {
            Some(preset) => println!("{:<10} {}", preset.name, preset.description),
            // The error of a variant names all presets.
            None => {
                return Err(name
                    .parse::<Variant>()
                    .map_or_else(|error| error.to_string(), |_| String::new())
                    .into());
            }
        },
    }
    Ok(SUCCESS)
}
