//! `segue analyze`.

use std::path::Path;

use serde::Serialize;

use super::analysis_table;
use super::args::AnalyzeArguments;
use super::export::at_intensity;
use super::presets::load;
use super::reporter::{print_json, printable};
use super::spinner::Spinner;
use super::{CommandError, SUCCESS, output_at, signals};
use crate::analysis::Analysis;
use crate::mastering::{Settings, Variant};
use crate::plot::{Caption, Format, draw};
use crate::progress::as_text;
use crate::render::{After, Inspection, inspect};

/// Measures a file, and what a preset makes of it.
pub(super) fn run(arguments: &AnalyzeArguments) -> Result<u8, CommandError> {
    let plot = match &arguments.plot {
        Some(path) => Some((path, Format::of(path)?)),
        None => None,
    };
    let presets = load(&arguments.preset_files)?;
    let variant = match &arguments.preset {
        Some(variant) => Some(at_intensity(variant, arguments.intensity)?),
        None => None,
    };
    let mastering = match &variant {
        Some(variant) => Some((variant, presets.of(variant)?)),
        None => None,
    };
    signals::listen()?;
    let spinner = Spinner::new();
    let inspection = super::render::pool(None)?
        .install(|| inspect(&arguments.source, mastering, &spinner))
        .map_err(|error| format!("{}: {error}", arguments.source.display()));
    spinner.finish();
    let inspection = inspection?;
    let variant = variant.filter(|_| inspection.after.is_some());
    if let Some((path, format)) = plot {
        let caption = Caption {
            name: file_name(&arguments.source),
            variant: variant.as_ref().map(Variant::to_string),
        };
        output_at(path)?.write(&draw(&inspection, &caption, format)?)?;
    }
    if arguments.json {
        print_json(&report(&arguments.source, &inspection));
    } else {
        let name = printable(&file_name(&arguments.source));
        let variant = variant.map(|variant| variant.to_string());
        print!(
            "{}",
            analysis_table::text(&name, variant.as_deref(), &inspection)
        );
    }
    Ok(SUCCESS)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(serialize_with = "as_text")]
    source: &'a Path,
    codec: &'a str,
    sample_rate: u32,
    channels: u16,
    /// In seconds.
    duration: f64,
    before: &'a Analysis,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a Analysis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<DecisionReport<'a>>,
}

/// What was decided, and what came of it.
#[derive(Serialize)]
struct DecisionReport<'a> {
    #[serde(flatten)]
    settings: &'a Settings,
    target_lufs: Option<f64>,
    predicted_lufs: Option<f64>,
    /// The most that was taken away in any 100 ms.
    most_compressed_db: f64,
    most_limited_db: f64,
}

impl<'a> From<&'a After> for DecisionReport<'a> {
    fn from(after: &'a After) -> Self {
        let most = after.most();
        Self {
            settings: &after.decision.settings,
            target_lufs: after.decision.target_lufs,
            predicted_lufs: after.decision.predicted_lufs,
            most_compressed_db: most.compressor_db,
            most_limited_db: most.limiter_db,
        }
    }
}

fn report<'a>(source: &'a Path, inspection: &'a Inspection) -> Report<'a> {
    let after = inspection.after.as_ref();
    Report {
        source,
        codec: inspection.codec,
        sample_rate: inspection.rate.0,
        channels: inspection.channels,
        duration: inspection.seconds,
        before: &inspection.before.analysis,
        after: after.map(|after| &after.side.analysis),
        decision: after.map(DecisionReport::from),
    }
}
