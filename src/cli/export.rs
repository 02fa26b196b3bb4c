//! `segue export`.

use super::args::ExportArguments;
use super::reporter::{JsonLines, Reporter, Verbosity, clock};
use super::{CommandError, SUCCESS, signals};
use crate::manifest::SiteSettings;
use crate::render::{export_m4a, export_wav};

/// Writes one rendition as a file.
pub(super) fn run(arguments: &ExportArguments) -> Result<u8, CommandError> {
    signals::listen()?;
    let reporter = Reporter::new(Verbosity::Quiet, JsonLines::No);
    let ending = arguments
        .output
        .extension()
        .and_then(|ending| ending.to_str())
        .map(str::to_ascii_lowercase);
    let name_source = |error: crate::render::ExportError| match error {
        crate::render::ExportError::Render(error) => {
            format!("{}: {error}", arguments.source.display())
        }
        error @ crate::render::ExportError::Write { .. } => error.to_string(),
    };
    let settings = SiteSettings {
        bitrate: arguments.bitrate,
        ..SiteSettings::default()
    };
    let exported = match ending.as_deref() {
        Some("wav") => {
            export_wav(&arguments.source, &arguments.output, &reporter).map_err(name_source)?
        }
        Some("m4a" | "mp4") => {
            let pool = super::render::pool(None)?;
            pool.install(|| export_m4a(&arguments.source, &arguments.output, &settings, &reporter))
                .map_err(name_source)?
        }
        _ => return Err("the output must end in .wav or .m4a".into()),
    };
    eprintln!(
        "{}: {} samples, {}",
        arguments.output.display(),
        exported.samples,
        clock(exported.seconds)
    );
    Ok(SUCCESS)
}
