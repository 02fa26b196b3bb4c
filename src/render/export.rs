//! One whole rendition as a file: WAV, as it would be encoded, or M4A.

use std::path::{Path, PathBuf};

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::job::{JobError, dither, encoder_settings, render_segment, stream, stream_header};
use crate::decode::{DecodeError, TrackAudio, guarded, survey};
use crate::fmp4;
use crate::manifest::SiteSettings;
use crate::mastering::quantize;
use crate::progress::Progress;

/// Segments that are held in memory while they wait to be written.
const SEGMENTS_AT_ONCE: usize = 16;
/// Samples that are written at once.
const WINDOW_SAMPLES: u64 = 1 << 18;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The rendition could not be made.
    #[error("{0}")]
    Render(#[from] JobError),
    /// The file could not be written.
    #[error("`{}` cannot be written: {reason}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exported {
    /// Samples per channel.
    pub samples: u64,
    /// How long it plays.
    pub seconds: f64,
}

/// Opens a source for export.
fn open(source: &Path) -> Result<TrackAudio, JobError> {
    let survey = guarded(|| survey(source))?;
    Ok(TrackAudio::new(source, survey))
}

/// Writes the samples that would be encoded, 16-bit PCM: the reference to hold
/// segments against.
pub fn export_wav(
    source: &Path,
    output: &Path,
    progress: &dyn Progress,
) -> Result<Exported, ExportError> {
    let audio = open(source)?;
    let write_error = |error: hound::Error| ExportError::Write {
        path: output.to_owned(),
        reason: error.to_string(),
    };
    let spec = hound::WavSpec {
        channels: audio.channels(),
        sample_rate: audio.rate().0,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(output, spec).map_err(write_error)?;
    let mut reader = audio.reader();
    let mut start = 0;
    while start < audio.samples() {
        if progress.is_stopped() {
            return Err(JobError::Stopped.into());
        }
        let end = (start + WINDOW_SAMPLES).min(audio.samples());
        let planes = guarded(|| reader.read(start as i64..end as i64)).map_err(JobError::from)?;
        for sample in quantize(&planes, start as i64, dither(&audio)).samples {
            writer.write_sample(sample).map_err(write_error)?;
        }
        start = end;
    }
    writer.finalize().map_err(write_error)?;
    Ok(Exported {
        samples: audio.samples(),
        seconds: audio.rate().seconds(audio.samples()),
    })
}

/// Writes the rendition as published, in one file with an edit list.
pub fn export_m4a(
    source: &Path,
    output: &Path,
    settings: &SiteSettings,
    progress: &dyn Progress,
) -> Result<Exported, ExportError> {
    let audio = open(source)?;
    let write_error = |error: std::io::Error| ExportError::Write {
        path: output.to_owned(),
        reason: error.to_string(),
    };
    let stream = stream(&audio, settings);
    let encoder = encoder_settings(&audio, settings);
    let header = stream_header(&audio, settings)?;
    let header = fmp4::whole_file_header(&header, Some(audio.samples())).map_err(JobError::from)?;
    let mut file = std::io::BufWriter::new(std::fs::File::create(output).map_err(write_error)?);
    std::io::Write::write_all(&mut file, &header).map_err(write_error)?;
    let indices: Vec<usize> = (0..stream.timeline.segment_count()).collect();
    for indices in indices.chunks(SEGMENTS_AT_ONCE) {
        if progress.is_stopped() {
            return Err(JobError::Stopped.into());
        }
        let render = |reader: &mut _, index: &usize| {
            render_segment(
                reader,
                &encoder,
                dither(&audio),
                &stream.timeline.segment(*index),
            )
        };
        let made: Vec<_> = indices
            .into_par_iter()
            .with_min_len(SEGMENTS_AT_ONCE / 4)
            .map_init(|| audio.reader(), render)
            .collect::<Result<_, JobError>>()?;
        for segment in made {
            std::io::Write::write_all(&mut file, &segment.bytes).map_err(write_error)?;
        }
    }
    std::io::Write::flush(&mut file).map_err(write_error)?;
    Ok(Exported {
        samples: audio.samples(),
        seconds: audio.rate().seconds(audio.samples()),
    })
}

impl From<DecodeError> for ExportError {
    fn from(error: DecodeError) -> Self {
        Self::Render(error.into())
    }
}
