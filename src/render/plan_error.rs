//! Why there is no plan, and what to do then.

use std::path::PathBuf;

use crate::library::{Scan, ScanError};
use crate::mastering::UnknownPreset;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The library cannot be walked.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// A preset is wanted that there is not.
    #[error(transparent)]
    Preset(#[from] UnknownPreset),
    /// The run was asked to stop.
    #[error("stopped while reading the library")]
    Stopped,
    /// There is audio in it, and none of it is wanted.
    #[error("--include and --exclude leave none of the {audio} audio files in {roots}")]
    NoneChosen {
        /// How many there are.
        audio: usize,
        /// Where.
        roots: String,
    },
    /// There is nothing in it that can be read.
    #[error(
        "there is no audio in {roots} that segue can read, but `{}`{}: convert it to FLAC",
        example.display(), others(*count)
    )]
    NoneSupported {
        /// How many files of other kinds there are.
        count: usize,
        /// One of them.
        example: PathBuf,
        /// Where.
        roots: String,
    },
    /// There is nothing in it.
    #[error(
        "there is no audio in {roots}: segue looks for files such as .flac, .mp3, .m4a, .ogg, .opus, .wav"
    )]
    NoSources {
        /// Where it looked.
        roots: String,
    },
}

/// Fails where there is nothing to read.
pub(super) fn check_sources(found: &Scan) -> Result<(), PlanError> {
    if !found.sources.is_empty() || !found.problems.is_empty() {
        return Ok(());
    }
    let roots = found.roots.iter();
    let roots: Vec<String> = roots
        .map(|root| format!("`{}`", root.path.display()))
        .collect();
    let roots = roots.join(", ");
    let audio: usize = found.roots.iter().map(|root| root.audio).sum();
    let unsupported = found.unsupported.len();
    Err(match found.unsupported.first() {
        _ if audio > unsupported => PlanError::NoneChosen { audio, roots },
        Some(example) => PlanError::NoneSupported {
            count: unsupported,
            example: example.clone(),
            roots,
        },
        None => PlanError::NoSources { roots },
    })
}

fn others(count: usize) -> String {
    match count - 1 {
        0 => String::new(),
        1 => " and another file".to_owned(),
        more => format!(" and {more} others"),
    }
}
