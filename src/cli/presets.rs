//! `segue presets`, and the presets that other commands are given.

use std::path::PathBuf;

use super::args::PresetsArguments;
use super::{CommandError, SUCCESS, UsageError};
use crate::analysis::BAND_NAMES;
use crate::mastering::{Compression, Preset, Presets, Style};

/// Lists the presets, or shows one.
pub(super) fn run(arguments: &PresetsArguments) -> Result<u8, CommandError> {
    let presets = load(&arguments.preset_files)?;
    match &arguments.name {
        None => presets
            .all()
            .iter()
            .for_each(|preset| println!("{:<10} {}", preset.name, preset.description)),
        Some(name) if arguments.toml => print!("{}", named(&presets, name)?.to_toml()),
        Some(name) => show(named(&presets, name)?),
    }
    Ok(SUCCESS)
}

/// The built-in presets and those of the user's files.
pub(super) fn load(files: &[PathBuf]) -> Result<Presets, CommandError> {
    let mut presets = Presets::default();
    for file in files {
        let text = fs_err::read_to_string(file)?;
        presets
            .add(&text)
            .map_err(|error| UsageError(format!("`{}`: {error}", file.display())))?;
    }
    Ok(presets)
}

/// The preset of this name; that there is none is wrong usage.
pub(super) fn named<'a>(presets: &'a Presets, name: &str) -> Result<&'a Preset, UsageError> {
    presets
        .get(name)
        .map_err(|error| UsageError(error.to_string()))
}

fn show(preset: &Preset) {
    println!("{}: {}", preset.name, preset.description);
    match &preset.style {
        Style::Original => {}
        Style::Fixed(values) => {
            let bands = BAND_NAMES.iter().zip(&values.equaliser_db);
            let bands: Vec<String> = bands
                .map(|(name, gain)| format!("{name} {gain:+.1}"))
                .collect();
            println!("  equaliser   {} dB", bands.join(", "));
            show_compressor(&values.compressor, "");
            println!("  loudness    {:.1} LUFS", values.target_lufs);
        }
        Style::Adaptive(values) => {
            println!(
                "  equaliser   towards the average of popular recordings, at most {:.1} dB a band",
                values.most_db
            );
            show_compressor(&values.compressor, "at most ");
            println!("  loudness    {:.1} LUFS", values.target_lufs);
        }
    }
}

fn show_compressor(compressor: &Compression, most: &str) {
    println!(
        "  compressor  {most}{:.1}:1 above {:.0} dB, knee {:.0} dB, attack {:.0} ms, release {:.0} ms",
        compressor.ratio,
        compressor.threshold_db,
        compressor.knee_db,
        compressor.attack_ms,
        compressor.release_ms
    );
}
