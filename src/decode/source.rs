//! Opening a file: which container, which of its tracks, packet by packet.

use std::io;
use std::path::Path;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::common::Limit;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{
    FormatId, FormatOptions, FormatReader, SeekMode, SeekTo, Track, TrackType,
};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::{MetadataOptions, RawValue, Tag};
use symphonia::core::packet::Packet;
use symphonia::core::units::Timestamp;

use super::DecodeError;
use super::bounded_file::BoundedFile;
use super::bounds::Bounds;
use super::mpeg;
use super::packet::FrameCount;
use crate::files::FileVersion;

pub(super) use symphonia::core::formats::well_known as format;

/// An open file, read packet by packet.
pub(super) struct PacketSource {
    version: FileVersion,
    reader: Box<dyn FormatReader>,
    track: Track,
    params: AudioCodecParameters,
    first_header: Option<mpeg::StreamHeader>,
    bounds: Bounds,
}

impl PacketSource {
    /// Opens a file and chooses its audio track.
    pub(super) fn open(path: &Path) -> Result<Self, DecodeError> {
        let version = FileVersion::at(path)?;
        let file = BoundedFile::open(path)?;
        let length = file.length();
        if length == 0 {
            return Err(DecodeError::Empty);
        }
        let reader = probe(path, file)?;
        let is_mpeg = is_elementary_stream(reader.format_info().format);
        let audio_end = if is_mpeg {
            mpeg::audio_end(path)?
        } else {
            length
        };
        let reader = if audio_end < length {
            probe(path, BoundedFile::open(path)?.until(audio_end))?
        } else {
            reader
        };
        let track = reader
            .default_track(TrackType::Audio)
            .cloned()
            .ok_or(DecodeError::NoSamples)?;
        let params = track
            .codec_params
            .as_ref()
            .and_then(|params| params.audio())
            .cloned();
        let params = corrected(params.ok_or(DecodeError::NoSamples)?);
        Ok(Self {
            version,
            reader,
            track,
            params,
            first_header: None,
            bounds: Bounds::of(length),
        })
    }

    /// By which the file is known to be the same.
    pub(super) fn version(&self) -> FileVersion {
        self.version
    }

    /// What the file may cost.
    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// The container.
    pub(super) fn format(&self) -> FormatId {
        self.reader.format_info().format
    }

    /// What the container says of the chosen track.
    pub(super) fn track(&self) -> &Track {
        &self.track
    }

    /// What the container says of its codec.
    pub(super) fn params(&self) -> &AudioCodecParameters {
        &self.params
    }

    /// The next packet of the chosen track; strays between MPEG frames are
    /// passed over.
    pub(super) fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        loop {
            let Some(packet) = self.reader.next_packet()? else {
                return Ok(None);
            };
            if packet.track_id == self.track.id && !self.is_stray(&packet) {
                return Ok(Some(packet));
            }
        }
    }

    /// Goes near the packet with this timestamp, before it if all is well.
    pub(super) fn seek(&mut self, timestamp: i64) -> Result<(), Error> {
        let to = SeekTo::Timestamp {
            ts: Timestamp::from(timestamp),
            track_id: self.track.id,
        };
        self.reader.seek(SeekMode::Accurate, to).map(|_| ())
    }

    /// How many samples a packet decodes to, where its header tells.
    pub(super) fn frame_count(&self, packet: &Packet, ordinal: u64) -> FrameCount {
        FrameCount::of(&self.params, &self.track, self.format(), packet, ordinal)
    }

    /// All tags of the file and of the chosen track.
    pub(super) fn tags(&mut self) -> Vec<Tag> {
        let track = u64::from(self.track.id);
        let mut metadata = self.reader.metadata();
        let Some(revision) = metadata.skip_to_latest() else {
            return Vec::new();
        };
        let own = revision
            .per_track
            .iter()
            .filter(|tags| tags.track_id == track)
            .flat_map(|tags| &tags.metadata.tags);
        revision.media.tags.iter().chain(own).cloned().collect()
    }

    /// A text tag whose key ends with this.
    pub(super) fn tag_ending_with(&mut self, ending: &str) -> Option<String> {
        let mut metadata = self.reader.metadata();
        let revision = metadata.skip_to_latest()?;
        let tag = revision
            .media
            .tags
            .iter()
            .find(|tag| tag.raw.key.ends_with(ending))?;
        match &tag.raw.value {
            RawValue::String(text) => Some(text.as_ref().clone()),
            _ => None,
        }
    }

    fn is_stray(&mut self, packet: &Packet) -> bool {
        if !mpeg::is_mpeg_audio(self.params.codec) {
            return false;
        }
        let Some(header) = mpeg::StreamHeader::of(&packet.data) else {
            return true;
        };
        *self.first_header.get_or_insert(header) != header
    }
}

/// The parameters with the rate that the decoder will give, where containers
/// tell another: Opus decodes to 48 kHz whatever it was made from (RFC 7845,
/// section 4), and an MP4 sample entry has no room for rates above 65,535 Hz,
/// so that AAC's own configuration counts.
fn corrected(mut params: AudioCodecParameters) -> AudioCodecParameters {
    match params.codec {
        codec::CODEC_ID_OPUS => params.sample_rate = Some(48_000),
        codec::CODEC_ID_AAC => {
            let config = params.extra_data.as_deref().unwrap_or_default();
            params.sample_rate = aac_config_rate(config).or(params.sample_rate);
        }
        _ => {}
    }
    params
}

/// The sampling frequency of an `AudioSpecificConfig`: the index in the four
/// bits behind the five of the object type (ISO/IEC 14496-3, table 1.18).
fn aac_config_rate(config: &[u8]) -> Option<u32> {
    const RATES: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000, 7_350,
    ];
    let index = (config.first()? & 0b111) << 1 | config.get(1)? >> 7;
    RATES.get(usize::from(index)).copied()
}

/// Whether the stream has no container, so that it ends where the file ends.
pub(super) fn is_elementary_stream(id: FormatId) -> bool {
    matches!(
        id,
        format::FORMAT_ID_MP1
            | format::FORMAT_ID_MP2
            | format::FORMAT_ID_MP3
            | format::FORMAT_ID_ADTS
    )
}

fn probe(path: &Path, file: BoundedFile) -> Result<Box<dyn FormatReader>, DecodeError> {
    let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    // Tags and pictures are read elsewhere; here a picture would only cost memory.
    let metadata = MetadataOptions::default().limit_visual_bytes(Limit::Maximum(0));
    symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), metadata)
        .map_err(|error| match error {
            Error::Unsupported(reason) if reason.contains("no suitable format") => {
                DecodeError::NotAudio
            }
            Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                DecodeError::NotAudio
            }
            Error::DecodeError(reason) => DecodeError::DamagedHeader {
                reason: reason.to_owned(),
            },
            error => DecodeError::from_symphonia(error, 0.0),
        })
}
