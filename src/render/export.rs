//! One whole rendition as a file: WAV, as it would be encoded, or M4A. The file
//! takes its place when it is whole; until then what stood there is as it was.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::job::JobError;
use super::measure::measure;
use super::placed::PlacedTrack;
use super::recipe::{Recipe, render_segment};
use crate::decode::{TrackAudio, guarded, survey};
use crate::files::{FileVersion, StagedFile, at};
use crate::fmp4;
use crate::manifest::SiteSettings;
use crate::mastering::{Preset, Variant, decide};
use crate::progress::{Event, Progress};
use crate::site::TrackId;

/// Windows or segments that are held in memory while they wait to be written.
const WINDOWS_AT_ONCE: usize = 16;
/// Samples of a window.
const WINDOW_SAMPLES: usize = 1 << 18;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The rendition could not be made.
    #[error("{0}")]
    Render(#[from] JobError),
    /// The file could not be written.
    #[error("{0}")]
    Write(#[from] std::io::Error),
    /// The file would take the place of what it is made from.
    #[error("`{}` is the source itself: give the rendition another name", .0.display())]
    IsSource(PathBuf),
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exported {
    /// Samples per channel.
    pub samples: u64,
    /// How long it plays.
    pub seconds: f64,
}

/// Which rendition is written.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Preset and intensity.
    pub variant: Variant,
    /// The preset that it is of.
    pub preset: Preset,
    /// The settings that decide bytes.
    pub settings: SiteSettings,
}

/// Reads and measures a source, and decides what is done to it.
fn prepare(
    source: &Path,
    options: &ExportOptions,
    progress: &dyn Progress,
) -> Result<(PlacedTrack, Recipe), JobError> {
    let survey = guarded(|| survey(source))?;
    let track = TrackId::from_hash(&survey.encoded_audio);
    let placed = PlacedTrack::alone(TrackAudio::new(source, survey));
    let decision = if options.variant.is_original() {
        None
    } else {
        let measured = measure(placed.audio(), track, progress)?;
        decide(&options.preset, options.variant.intensity(), &measured)
    };
    let mastering = decision.map(|decision| decision.settings);
    let recipe = Recipe::new(&placed, &options.settings, mastering.as_ref());
    Ok((placed, recipe))
}

/// Writes the samples that would be encoded, 16-bit PCM: the reference to hold
/// segments against.
pub fn export_wav(
    source: &Path,
    output: &Path,
    options: &ExportOptions,
    progress: &dyn Progress,
) -> Result<Exported, ExportError> {
    check_is_other(source, output)?;
    let (placed, recipe) = prepare(source, options, progress)?;
    let audio = placed.audio();
    let write_error = |error| match error {
        hound::Error::IoError(error) => at(output, &error),
        other => at(output, &std::io::Error::other(other)),
    };
    let spec = hound::WavSpec {
        channels: audio.channels(),
        sample_rate: audio.rate().0,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = StagedFile::beside(output)?;
    let mut writer = hound::WavWriter::new(&mut file, spec).map_err(write_error)?;
    let windows: Vec<u64> = (0..audio.samples()).step_by(WINDOW_SAMPLES).collect();
    for windows in windows.chunks(WINDOWS_AT_ONCE) {
        let make = |reader: &mut _, start: &u64| {
            check_going_on(progress)?;
            let end = (start + WINDOW_SAMPLES as u64).min(audio.samples());
            let pcm = recipe.pcm(reader, *start as i64..end as i64)?;
            let index = *start as usize / WINDOW_SAMPLES;
            tell(audio, options, index, end - start, progress);
            Ok(pcm)
        };
        let parts: Vec<Vec<i16>> = windows
            .into_par_iter()
            .with_min_len(WINDOWS_AT_ONCE / 4)
            .map_init(|| placed.reader(), make)
            .collect::<Result<_, JobError>>()?;
        for sample in parts.into_iter().flatten() {
            writer.write_sample(sample).map_err(write_error)?;
        }
    }
    writer.finalize().map_err(write_error)?;
    audio.check_unchanged().map_err(JobError::from)?;
    file.publish()?;
    Ok(exported(audio))
}

/// Writes the rendition as published, in one file with an edit list.
pub fn export_m4a(
    source: &Path,
    output: &Path,
    options: &ExportOptions,
    progress: &dyn Progress,
) -> Result<Exported, ExportError> {
    check_is_other(source, output)?;
    let (placed, recipe) = prepare(source, options, progress)?;
    let audio = placed.audio();
    let write_error = |error| at(output, &error);
    let header = fmp4::whole_file_header(&recipe.header()?, audio.samples(), fmp4::EditEnd::Track)
        .map_err(JobError::from)?;
    let mut file = StagedFile::beside(output)?;
    file.write_all(&header).map_err(write_error)?;
    let timeline = recipe.stream().timeline;
    let indices: Vec<usize> = (0..timeline.segment_count()).collect();
    for indices in indices.chunks(WINDOWS_AT_ONCE) {
        let make = |reader: &mut _, index: &usize| {
            check_going_on(progress)?;
            let cut = timeline.segment(*index);
            let segment = render_segment(reader, &recipe, &cut)?;
            let samples = cut.samples.end - cut.samples.start;
            tell(audio, options, *index, samples, progress);
            Ok(segment)
        };
        let segments: Vec<_> = indices
            .into_par_iter()
            .with_min_len(WINDOWS_AT_ONCE / 4)
            .map_init(|| placed.reader(), make)
            .collect::<Result<_, JobError>>()?;
        for segment in segments {
            file.write_all(&segment.bytes).map_err(write_error)?;
        }
    }
    audio.check_unchanged().map_err(JobError::from)?;
    file.publish()?;
    Ok(exported(audio))
}

fn check_going_on(progress: &dyn Progress) -> Result<(), JobError> {
    if progress.is_stopped() {
        return Err(JobError::Stopped);
    }
    Ok(())
}

/// Tells that a part was made.
fn tell(
    audio: &TrackAudio,
    options: &ExportOptions,
    index: usize,
    samples: u64,
    progress: &dyn Progress,
) {
    progress.report(Event::SegmentRendered {
        track: TrackId::from_hash(&audio.survey().encoded_audio),
        variant: options.variant.to_string(),
        index,
        audio_seconds: audio.rate().seconds(samples),
    });
}

/// Fails where the output is the source, by whatever name.
fn check_is_other(source: &Path, output: &Path) -> Result<(), ExportError> {
    match (FileVersion::at(source), FileVersion::at(output)) {
        (Ok(source), Ok(there)) if there.is_same_file(&source) => {
            Err(ExportError::IsSource(output.to_owned()))
        }
        _ => Ok(()),
    }
}

fn exported(audio: &TrackAudio) -> Exported {
    Exported {
        samples: audio.samples(),
        seconds: audio.rate().seconds(audio.samples()),
    }
}
