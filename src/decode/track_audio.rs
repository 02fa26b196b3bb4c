//! A track's PCM as it is encoded: its delay cut, converted in rate and
//! channels, counted from its first sample.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::DecodeError;
use super::reader::SourceReader;
use super::resample::{Resampler, encoded_rate};
use super::survey::Survey;
use crate::units::SampleRate;

/// The audio of a track, from which any number of readers can be opened.
#[derive(Clone, Debug)]
pub struct TrackAudio {
    path: PathBuf,
    survey: Arc<Survey>,
    resampler: Option<Arc<Resampler>>,
}

impl TrackAudio {
    /// The audio of a file that was surveyed.
    #[must_use]
    pub fn new(path: &Path, survey: impl Into<Arc<Survey>>) -> Self {
        let survey = survey.into();
        let rate = encoded_rate(survey.rate);
        let resampler = (rate != survey.rate).then(|| Arc::new(Resampler::new(survey.rate, rate)));
        Self {
            path: path.to_owned(),
            survey,
            resampler,
        }
    }

    /// What was found in the file.
    #[must_use]
    pub fn survey(&self) -> &Arc<Survey> {
        &self.survey
    }

    /// Fails where the file is not the one that was surveyed any more: what was
    /// read of it since is no part of the track.
    pub fn check_unchanged(&self) -> Result<(), DecodeError> {
        self.survey.check_unchanged(&self.path)
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Samples per second of what readers give.
    #[must_use]
    pub fn rate(&self) -> SampleRate {
        encoded_rate(self.survey.rate)
    }

    /// Channels of what readers give: one or two.
    #[must_use]
    pub fn channels(&self) -> u16 {
        self.survey.channels.min(2)
    }

    /// The length of what readers give, per channel.
    #[must_use]
    pub fn samples(&self) -> u64 {
        let samples = self.survey.samples;
        self.resampler
            .as_ref()
            .map_or(samples, |resampler| resampler.output_samples(samples))
    }

    /// Whether every sample that readers give is one that 16 bits hold.
    #[must_use]
    pub fn is_16_bit(&self) -> bool {
        self.survey.is_16_bit && self.resampler.is_none() && self.survey.channels <= 2
    }

    /// A reader, which opens the file when it is first asked for samples.
    #[must_use]
    pub fn reader(&self) -> TrackReader {
        TrackReader {
            audio: self.clone(),
            source: SourceReader::new(&self.path, Arc::clone(&self.survey)),
        }
    }
}

/// Reads windows of a track. Windows in rising order cost least.
pub struct TrackReader {
    audio: TrackAudio,
    source: SourceReader,
}

impl TrackReader {
    /// The samples of `range`, planar, one `Vec` per channel, full scale at
    /// 1.0. The track is silent before its first sample and behind its last.
    pub fn read(&mut self, range: Range<i64>) -> Result<Vec<Vec<f32>>, DecodeError> {
        match self.audio.resampler.clone() {
            None => self.read_source(&range),
            Some(resampler) => {
                // Silence outside the track is silence, not an echo of the filter.
                let inside = clamp(&range, self.audio.samples());
                let converted = if inside.is_empty() {
                    vec![Vec::new(); usize::from(self.audio.channels())]
                } else {
                    let source = self.read_source(&resampler.source_range(&inside))?;
                    source
                        .iter()
                        .map(|plane| resampler.convert(plane, inside.clone()))
                        .collect()
                };
                Ok(converted
                    .iter()
                    .map(|plane| between_silences(plane, &inside, &range))
                    .collect())
            }
        }
    }

    /// How many samples of `range`, which was read last, were no numbers in
    /// the source and became silence; counted over all channels.
    #[must_use]
    pub fn silenced(&self, range: &Range<u64>) -> u64 {
        let scale = |sample: u64| match &self.audio.resampler {
            Some(_) => u128::from(sample) * u128::from(self.audio.survey.rate.0) / u128::from(self.audio.rate().0),
            None => u128::from(sample),
        } as u64 + self.audio.survey.delay;
        self.source
            .silenced(&(scale(range.start)..scale(range.end)))
    }

    /// A window at the source's rate.
    fn read_source(&mut self, range: &Range<i64>) -> Result<Vec<Vec<f32>>, DecodeError> {
        let inside = clamp(range, self.audio.survey.samples);
        let channels = self.source.channels();
        if inside.is_empty() {
            return Ok(vec![
                vec![0.0; (range.end - range.start) as usize];
                channels
            ]);
        }
        let delay = self.audio.survey.delay;
        let decoded = inside.start as u64 + delay..inside.end as u64 + delay;
        self.source.advance(&decoded)?;
        Ok((0..channels)
            .map(|channel| between_silences(self.source.samples(channel, &decoded), &inside, range))
            .collect())
    }
}

fn clamp(range: &Range<i64>, samples: u64) -> Range<i64> {
    let samples = samples as i64;
    range.start.clamp(0, samples)..range.end.clamp(0, samples)
}

/// `samples`, which stand at `inside`, with silence around them to fill `range`.
fn between_silences(samples: &[f32], inside: &Range<i64>, range: &Range<i64>) -> Vec<f32> {
    let mut window = vec![0.0; (range.end - range.start) as usize];
    if !inside.is_empty() {
        let offset = (inside.start - range.start) as usize;
        window[offset..offset + samples.len()].copy_from_slice(samples);
    }
    window
}
