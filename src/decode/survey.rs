//! One pass over all packets: the hash behind the id, the exact length, where
//! the blocks begin.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::LazyLock;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::packet::{Packet, PacketRef};
use symphonia::core::units::{Duration, Timestamp};

use super::DecodeError;
use super::block::{BlockGrid, BlockStart, PacketMark};
use super::bounds::Found;
use super::mpeg;
use super::opus::CheckedOpus;
use super::packet::{FrameCount, is_16_bit};
use super::source::{PacketSource, format, is_elementary_stream};
use super::trim::{Told, Trim, trim};
use super::vorbis_setup;
use crate::files::FileVersion;
use crate::units::SampleRate;

/// The rates that can be converted.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;
/// The most channels that are mixed down.
const MOST_CHANNELS: usize = 8;

/// What one pass over a source's packets told.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The codec's short name, such as `flac`.
    pub codec: &'static str,
    /// The rate of the source.
    pub rate: SampleRate,
    /// The channels of the source.
    pub channels: u16,
    /// Samples per channel at the source's rate, delay and padding cut away.
    pub samples: u64,
    /// Whether every sample is one of the 65,536 that 16 bits hold.
    pub is_16_bit: bool,
    /// The hash of all that the track is: codec parameters, the delay and the
    /// length that apply, packet bytes. Tags and containers have no part in it.
    pub encoded_audio: blake3::Hash,
    /// The file that was read.
    pub(super) version: FileVersion,
    /// Samples that the decoder gives before the first of the track.
    pub(super) delay: u64,
    pub(super) params: AudioCodecParameters,
    pub(super) grid: BlockGrid,
    pub(super) blocks: Vec<BlockStart>,
}

/// Reads all packets of a file. What goes wrong while it changes is not its
/// fault.
pub fn survey(path: &Path) -> Result<Survey, DecodeError> {
    let version = FileVersion::at(path)?;
    let surveyed = read(path);
    if !version.is_at(path) {
        return Err(DecodeError::Changed);
    }
    surveyed
}

impl Survey {
    /// Fails where the file at `path` is not the one that was read: what is
    /// read of it now is no part of the track.
    pub fn check_unchanged(&self, path: &Path) -> Result<(), DecodeError> {
        if self.version.is_at(path) {
            Ok(())
        } else {
            Err(DecodeError::Changed)
        }
    }
}

fn read(path: &Path) -> Result<Survey, DecodeError> {
    let mut source = PacketSource::open(path)?;
    let params = source.params().clone();
    let (rate, channels) = supported_shape(&params)?;
    let decoder = new_decoder(&params)?;
    let mut pass = Pass::new(BlockGrid::of(params.codec), decoder);
    while let Some(packet) = source
        .next_packet()
        .map_err(|error| pass.error(error, rate))?
    {
        let count = source.frame_count(&packet, pass.found.packets);
        pass.take(packet, count, rate)?;
        source.bounds().check(&pass.found)?;
    }
    check_complete(path, &source, &pass)?;
    let trim = trim(path, &mut source, pass.told())?;
    if trim.samples == 0 {
        return Err(DecodeError::NoSamples);
    }
    pass.blocks.shrink_to_fit();
    Ok(Survey {
        codec: pass.decoder.codec_info().short_name,
        version: source.version(),
        rate,
        channels,
        samples: trim.samples,
        is_16_bit: is_16_bit(&params),
        encoded_audio: pass.finish(&params, channels, trim),
        delay: trim.delay,
        grid: BlockGrid::of(params.codec),
        params,
        blocks: pass.blocks,
    })
}

/// A decoder for these parameters, as new. Opus decoders are told of no
/// pre-skip: what is to be cut is cut in one place, for all codecs.
pub(super) fn new_decoder(
    params: &AudioCodecParameters,
) -> Result<Box<dyn AudioDecoder>, DecodeError> {
    static REGISTRY: LazyLock<CodecRegistry> = LazyLock::new(|| {
        let mut registry = CodecRegistry::new();
        symphonia::default::register_enabled_codecs(&mut registry);
        registry.register_audio_decoder::<CheckedOpus>();
        registry
    });
    check_memory(params)?;
    let mut params = params.clone();
    if params.codec == codec::CODEC_ID_OPUS {
        params.extra_data = None;
    }
    REGISTRY
        .make_audio_decoder(&params, &AudioDecoderOptions::default())
        .map_err(|error| DecodeError::from_symphonia(error, 0.0))
}

/// Refuses parameters for which a decoder would take memory without measure
/// before it has seen a packet.
fn check_memory(params: &AudioCodecParameters) -> Result<(), DecodeError> {
    const MOST_FRAMES: u64 = 65_536;
    let damaged = |reason: String| Err(DecodeError::DamagedHeader { reason });
    match params.max_frames_per_packet {
        Some(frames) if frames > MOST_FRAMES => {
            return damaged(format!("packets of {frames} samples"));
        }
        _ => {}
    }
    let headers = params.extra_data.as_deref().unwrap_or_default();
    if params.codec == codec::CODEC_ID_VORBIS && !vorbis_setup::is_within_bounds(headers) {
        return damaged("codebooks that would fill the memory".to_owned());
    }
    Ok(())
}

/// The packet without the container's notes on what to cut.
pub(super) fn untrimmed(packet: &Packet) -> PacketRef<'_> {
    // Symphonia's AAC decoder takes a duration for a length: 0 is no length.
    PacketRef::new(
        packet.track_id,
        Timestamp::ZERO,
        Duration::ZERO,
        &packet.data,
    )
}

/// What one pass gathers.
struct Pass {
    grid: BlockGrid,
    decoder: Box<dyn AudioDecoder>,
    hash: blake3::Hasher,
    found: Found,
    /// The sum of their durations as the container has them.
    container_duration: u64,
    /// Samples that the container cuts from the end of packets.
    container_padding: u64,
    recent: VecDeque<PacketMark>,
    blocks: Vec<BlockStart>,
    last_packet: Box<[u8]>,
}

impl Pass {
    fn new(grid: BlockGrid, decoder: Box<dyn AudioDecoder>) -> Self {
        Self {
            grid,
            decoder,
            hash: blake3::Hasher::new(),
            found: Found::default(),
            container_duration: 0,
            container_padding: 0,
            recent: VecDeque::new(),
            blocks: Vec::new(),
            last_packet: Box::default(),
        }
    }

    fn error(&self, error: symphonia::core::errors::Error, rate: SampleRate) -> DecodeError {
        DecodeError::from_symphonia(error, rate.seconds(self.found.samples))
    }

    fn take(
        &mut self,
        packet: Packet,
        count: FrameCount,
        rate: SampleRate,
    ) -> Result<(), DecodeError> {
        self.recent
            .push_back(PacketMark::of(packet.pts.get(), &packet.data));
        if self.recent.len() as u64 > self.grid.run_in + 1 {
            self.recent.pop_front();
        }
        if self.found.packets.is_multiple_of(self.grid.packets) {
            self.blocks.push(BlockStart {
                mark: self.recent[0],
                sample: self.found.samples,
            });
        }
        // How PCM is cut into packets is the demuxer's choice, not the file's.
        if self.grid.run_in > 0 {
            self.hash.update(&(packet.data.len() as u64).to_le_bytes());
        }
        self.hash.update(&packet.data);
        let frames = match count {
            FrameCount::Known(frames) => frames,
            FrameCount::Unknown => match self.decoder.decode_ref(&untrimmed(&packet)) {
                Ok(buffer) => buffer.frames() as u64,
                Err(error) => return Err(self.error(error, rate)),
            },
        };
        self.found.samples = self.found.samples.saturating_add(frames);
        self.found.packets += 1;
        self.found.packet_bytes += packet.data.len() as u64;
        self.container_duration = self.container_duration.saturating_add(packet.dur.get());
        self.container_padding = self.container_padding.saturating_add(packet.trim_end.get());
        self.last_packet = packet.data;
        Ok(())
    }

    fn told(&self) -> Told {
        Told {
            frames: self.found.samples,
            duration: self.container_duration,
            padding: self.container_padding,
        }
    }

    /// The hash of the encoded audio: what decides the PCM beside the packets
    /// is added behind them.
    fn finish(&mut self, params: &AudioCodecParameters, channels: u16, trim: Trim) -> blake3::Hash {
        let extra = params.extra_data.as_deref().unwrap_or_default();
        self.hash
            .update(&(extra.len() as u64).to_le_bytes())
            .update(extra);
        self.hash
            .update(self.decoder.codec_info().short_name.as_bytes());
        self.hash
            .update(&params.sample_rate.unwrap_or_default().to_le_bytes());
        self.hash.update(&channels.to_le_bytes());
        self.hash
            .update(&trim.delay.to_le_bytes())
            .update(&trim.samples.to_le_bytes());
        self.hash.finalize()
    }
}

/// Holds what was read against what was announced.
fn check_complete(path: &Path, source: &PacketSource, pass: &Pass) -> Result<(), DecodeError> {
    let track = source.track();
    let truncated = |detail: String| Err(DecodeError::Truncated { detail });
    if is_elementary_stream(source.format()) {
        if pass.found.packets > 0 && mpeg::ends_in_a_frame(path, &pass.last_packet)? {
            return truncated("it ends in the middle of a frame".to_owned());
        }
        // Encoders disagree on whether the frame that carries the count counts.
        let announced = u64::from(track.delay.unwrap_or(0)) + u64::from(track.padding.unwrap_or(0));
        let announced = track
            .delay
            .and(track.num_frames)
            .map_or(0, |frames| frames.saturating_add(announced));
        if pass.found.samples + 2 * 1152 < announced {
            return truncated(format!(
                "its header announces {announced} samples, {} are there",
                pass.found.samples
            ));
        }
        return Ok(());
    }
    let announced = match source.format() {
        format::FORMAT_ID_WAVE
        | format::FORMAT_ID_AIFF
        | format::FORMAT_ID_FLAC
        | format::FORMAT_ID_ISOMP4 => track.num_frames,
        _ => None,
    };
    match announced {
        Some(announced) if pass.container_duration < announced => truncated(format!(
            "its header announces {announced} samples, {} are there",
            pass.container_duration
        )),
        _ => Ok(()),
    }
}

/// The rate and the channels, if they can be encoded.
fn supported_shape(params: &AudioCodecParameters) -> Result<(SampleRate, u16), DecodeError> {
    let rate = params.sample_rate.unwrap_or(0);
    if !RATES.contains(&rate) {
        return Err(DecodeError::Unsupported {
            what: format!("a sample rate of {rate} Hz"),
            advice: "segue takes 8 to 192 kHz; convert it with `ffmpeg -i FILE -ar 48000 CONVERTED.flac`",
        });
    }
    let channels = params.channels.as_ref().map_or(0, Channels::count);
    if !(1..=MOST_CHANNELS).contains(&channels) {
        return Err(DecodeError::Unsupported {
            what: format!("audio with {channels} channels"),
            advice: "segue takes 1 to 8 channels; convert it with `ffmpeg -i FILE -ac 2 CONVERTED.flac`",
        });
    }
    let codec = match params.codec {
        codec::CODEC_ID_AAC => "AAC",
        codec::CODEC_ID_OPUS => "Opus",
        _ => return Ok((SampleRate(rate), channels as u16)),
    };
    if channels > 2 {
        return Err(DecodeError::Unsupported {
            what: format!("{codec} with {channels} channels"),
            advice: "convert it with `ffmpeg -i FILE CONVERTED.flac`",
        });
    }
    Ok((SampleRate(rate), channels as u16))
}
