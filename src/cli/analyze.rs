//! `segue analyze`.

use super::args::AnalyzeArguments;
use super::{CommandError, SUCCESS};

/// Measures a file.
pub(super) fn run(_arguments: &AnalyzeArguments) -> Result<u8, CommandError> {
    Ok(SUCCESS)
}
