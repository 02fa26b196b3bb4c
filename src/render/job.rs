//! One rendition: its segments, and what stands beside them.

use std::fmt::Write as _;

use fs_err as fs;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::fingerprint::{RenditionSettings, fingerprint};
use super::publish::{PublishError, Site};
use crate::aac::{self, EncoderError, EncoderSettings};
use crate::decode::{self, DecodeError, TrackAudio, TrackReader};
use crate::files::{StagedFolder, write_staged};
use crate::fmp4::{self, BoxError, StreamHeader};
use crate::manifest::{
    Rendition, RenditionName, SiteSettings, Stream, media_playlist, multivariant_playlist,
    presentation,
};
use crate::mastering::{Dither, Variant, quantize};
use crate::progress::{Event, Progress};
use crate::site::{
    DASH, HASHES, INIT, MEDIA_PLAYLIST, MULTIVARIANT_PLAYLIST, TrackId, WHOLE_FILE, segment,
};
use crate::timeline::{Segment, Timeline};

/// Segments that one reader makes in a row at least: each reader begins with
/// a block that it may have to decode in vain.
const SEGMENTS_IN_A_ROW: usize = 4;

/// Why a rendition was not made.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The source is at fault.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The encoder is at fault.
    #[error(transparent)]
    Encode(#[from] EncoderError),
    /// The bytes do not fit their boxes.
    #[error(transparent)]
    Boxes(#[from] BoxError),
    /// The site cannot be written.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The run was asked to stop.
    #[error("stopped before it was complete")]
    Stopped,
}

/// A segment, as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentBytes {
    /// The file.
    pub bytes: Vec<u8>,
    /// Samples beyond full scale that were clipped, over all channels.
    pub clipped: u64,
    /// Samples that were no numbers and became silence, over all channels.
    pub silenced: u64,
}

/// What decides how a rendition's audio is encoded.
pub(super) fn encoder_settings(audio: &TrackAudio, site: &SiteSettings) -> EncoderSettings {
    let channels = audio.channels();
    EncoderSettings {
        rate: audio.rate(),
        channels,
        bit_rate: site.bitrate.for_channels(channels),
    }
}

/// What playlists are made from.
pub(super) fn stream(audio: &TrackAudio, site: &SiteSettings) -> Stream {
    let timeline = Timeline::new(audio.rate(), audio.samples(), site.segment_seconds);
    Stream {
        timeline,
        channels: audio.channels(),
        bit_rate: encoder_settings(audio, site).bit_rate,
    }
}

/// How samples come to 16 bits.
pub(super) fn dither(audio: &TrackAudio) -> Dither {
    if audio.is_16_bit() {
        Dither::None
    } else {
        Dither::Triangular
    }
}

/// Makes one segment: a pure function of the track's audio, the settings and
/// the index. `reader` may stand anywhere.
pub fn render_segment(
    reader: &mut TrackReader,
    encoder: &EncoderSettings,
    dither: Dither,
    segment: &Segment,
) -> Result<SegmentBytes, JobError> {
    let range = aac::input_range(segment);
    let planes = decode::guarded(|| reader.read(range.clone()))?;
    let silenced = reader.silenced(&segment.samples);
    let input = quantize(&planes, range.start, dither);
    let own = segment.samples.start as i64..segment.samples.end as i64;
    let clipped = input
        .clipped
        .iter()
        .filter(|(at, _)| own.contains(at))
        .map(|(_, count)| u64::from(*count))
        .sum();
    let units = aac::encode_segment(encoder, segment, &input.samples)?;
    Ok(SegmentBytes {
        bytes: fmp4::media_segment(segment, &units)?,
        clipped,
        silenced,
    })
}

/// A rendition to be made.
pub(super) struct Job<'a> {
    pub(super) audio: &'a TrackAudio,
    pub(super) track: TrackId,
    pub(super) variant: &'a Variant,
    pub(super) settings: SiteSettings,
    pub(super) whole_file: bool,
}

/// What was noticed while a rendition was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Noticed {
    pub(super) clipped: u64,
    pub(super) silenced: u64,
}

/// A published file, for `b3sums` and the manifest.
struct FileEntry {
    name: String,
    bytes: u64,
    hash: blake3::Hash,
}

impl Job<'_> {
    /// Makes the rendition and publishes it, with its manifest.
    pub(super) fn run(&self, site: &Site, progress: &dyn Progress) -> Result<Noticed, JobError> {
        let settings = RenditionSettings::new(self.track, self.variant, &self.settings);
        let fingerprint = fingerprint(&settings);
        let stream = stream(self.audio, &self.settings);
        let staged = site.stage()?;
        let (segments, noticed) = self.write_segments(&staged, &stream, progress)?;
        let sizes: Vec<u64> = segments.iter().map(|file| file.bytes).collect();
        self.write_companions(&staged, &stream, segments)?;
        let variant = self.variant.to_string();
        let name = RenditionName {
            track: self.track,
            variant: &variant,
            preset: self.variant.preset(),
            intensity: self.variant.intensity(),
            fingerprint,
        };
        if progress.is_stopped() {
            return Err(JobError::Stopped);
        }
        site.publish_rendition(
            staged,
            &Rendition::new(&name, &stream, &sizes, settings.to_value()),
        )?;
        Ok(noticed)
    }

    fn write_segments(
        &self,
        staged: &StagedFolder,
        stream: &Stream,
        progress: &dyn Progress,
    ) -> Result<(Vec<FileEntry>, Noticed), JobError> {
        let encoder = encoder_settings(self.audio, &self.settings);
        let dither = dither(self.audio);
        let made: Vec<(FileEntry, Noticed)> = (0..stream.timeline.segment_count())
            .into_par_iter()
            .with_min_len(SEGMENTS_IN_A_ROW)
            .map_init(
                || self.audio.reader(),
                |reader, index| {
                    if progress.is_stopped() {
                        return Err(JobError::Stopped);
                    }
                    let cut = stream.timeline.segment(index);
                    let made = render_segment(reader, &encoder, dither, &cut)?;
                    let entry = write(staged, segment(index), &made.bytes)?;
                    progress.report(Event::SegmentRendered {
                        track: self.track,
                        variant: self.variant.to_string(),
                        index,
                        audio_seconds: stream.rate().seconds(cut.samples.end - cut.samples.start),
                    });
                    Ok((
                        entry,
                        Noticed {
                            clipped: made.clipped,
                            silenced: made.silenced,
                        },
                    ))
                },
            )
            .collect::<Result<_, JobError>>()?;
        let noticed = made
            .iter()
            .fold(Noticed::default(), |sum, (_, noticed)| Noticed {
                clipped: sum.clipped + noticed.clipped,
                silenced: sum.silenced + noticed.silenced,
            });
        Ok((made.into_iter().map(|(entry, _)| entry).collect(), noticed))
    }

    /// Writes init, playlists, the whole file if wanted, and last the hashes of
    /// all of them.
    fn write_companions(
        &self,
        staged: &StagedFolder,
        stream: &Stream,
        segments: Vec<FileEntry>,
    ) -> Result<(), JobError> {
        let header = stream_header(self.audio, &self.settings)?;
        let mut entries = vec![write(
            staged,
            INIT.to_owned(),
            &fmp4::init_segment(&header)?,
        )?];
        let names: Vec<String> = segments.iter().map(|entry| entry.name.clone()).collect();
        entries.extend(segments);
        entries.push(write(
            staged,
            MEDIA_PLAYLIST.to_owned(),
            media_playlist(stream).as_bytes(),
        )?);
        entries.push(write(
            staged,
            MULTIVARIANT_PLAYLIST.to_owned(),
            multivariant_playlist(stream).as_bytes(),
        )?);
        entries.push(write(
            staged,
            DASH.to_owned(),
            presentation(stream).as_bytes(),
        )?);
        if self.whole_file {
            entries.push(write_whole_file(
                staged,
                &fmp4::whole_file_header(&header, None)?,
                &names,
            )?);
        }
        let mut hashes = String::new();
        for entry in &entries {
            writeln!(hashes, "{}  {}", entry.hash, entry.name).expect("text can always grow");
        }
        write(staged, HASHES.to_owned(), hashes.as_bytes())?;
        Ok(())
    }
}

/// What `init.mp4` tells.
pub(super) fn stream_header(
    audio: &TrackAudio,
    site: &SiteSettings,
) -> Result<StreamHeader, JobError> {
    let encoder = encoder_settings(audio, site);
    Ok(StreamHeader {
        rate: encoder.rate,
        channels: encoder.channels,
        bit_rate: encoder.bit_rate,
        audio_specific_config: aac::audio_specific_config(&encoder)?,
    })
}

fn write(staged: &StagedFolder, name: String, bytes: &[u8]) -> Result<FileEntry, JobError> {
    write_staged(&staged.path().join(&name), bytes).map_err(PublishError::from)?;
    Ok(FileEntry {
        bytes: bytes.len() as u64,
        hash: blake3::hash(bytes),
        name,
    })
}

/// Header and segments one behind the other, without holding them all.
fn write_whole_file(
    staged: &StagedFolder,
    header: &[u8],
    segments: &[String],
) -> Result<FileEntry, JobError> {
    let write = || -> std::io::Result<FileEntry> {
        use std::io::Write;
        let mut file = std::io::BufWriter::new(fs::File::create(staged.path().join(WHOLE_FILE))?);
        let mut hash = blake3::Hasher::new();
        let mut total = header.len() as u64;
        hash.update(header);
        file.write_all(header)?;
        for name in segments {
            let bytes = fs::read(staged.path().join(name))?;
            hash.update(&bytes);
            file.write_all(&bytes)?;
            total += bytes.len() as u64;
        }
        file.into_inner()
            .map_err(std::io::IntoInnerError::into_error)?
            .sync_all()?;
        Ok(FileEntry {
            name: WHOLE_FILE.to_owned(),
            bytes: total,
            hash: hash.finalize(),
        })
    };
    Ok(write().map_err(PublishError::from)?)
}
