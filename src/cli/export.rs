//! `segue export`.

use super::args::ExportArguments;
use super::presets::{load, named};
use super::reporter::clock;
use super::spinner::Spinner;
use super::{CommandError, SUCCESS, UsageError, output_at, signals};
use crate::files::Output;
use crate::manifest::SiteSettings;
use crate::mastering::{Intensity, Variant, VariantError};
use crate::render::{ExportOptions, export_m4a, export_wav};

/// Writes one rendition as a file.
pub(super) fn run(arguments: &ExportArguments) -> Result<u8, CommandError> {
    signals::listen()?;
    let ending = arguments
        .output
        .extension()
        .and_then(|ending| ending.to_str())
        .map(str::to_ascii_lowercase);
    let name_source = |error: crate::render::ExportError| match error {
        crate::render::ExportError::Render(error) => {
            format!("{}: {error}", arguments.source.display())
        }
        error => error.to_string(),
    };
    let presets = load(&arguments.preset_files)?;
    let variant = at_intensity(&arguments.preset, arguments.intensity)?;
    let options = ExportOptions {
        preset: named(&presets, variant.preset())?.clone(),
        variant,
        settings: SiteSettings {
            bitrate: arguments.bitrate,
            ..SiteSettings::default()
        },
    };
    let export = match ending.as_deref() {
        Some("wav") => export_wav,
        Some("m4a" | "mp4") => export_m4a,
        _ => return Err(UsageError("the output must end in .wav or .m4a".to_owned()).into()),
    };
    let Output::File(output) = output_at(&arguments.output)? else {
        let output = arguments.output.display();
        return Err(UsageError(format!("`{output}` is no file: give another name")).into());
    };
    let pool = super::render::pool(None)?;
    let spinner = Spinner::new();
    let exported = pool.install(|| export(&arguments.source, &output, &options, &spinner));
    spinner.finish();
    let exported = exported.map_err(name_source)?;
    eprintln!(
        "{}: {} samples, {}",
        arguments.output.display(),
        exported.samples,
        clock(exported.seconds)
    );
    Ok(SUCCESS)
}

/// A variant at the intensity of `--intensity`, unless its name has one.
pub(super) fn at_intensity(
    variant: &Variant,
    intensity: Intensity,
) -> Result<Variant, VariantError> {
    if variant.intensity() == Intensity::FULL {
        Variant::new(variant.preset(), intensity)
    } else {
        Ok(variant.clone())
    }
}
