//! Writes a finished mix as a sound file, and its tags.
//!
//! The encoders are libraries, so that the example needs no other program.
//! Whole samples get a dither below their last bit, since the tails of the
//! reverberation would otherwise end in steps. The AIFF writer is our own: the
//! format is a header of 54 bytes before the samples.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::num::{NonZeroU8, NonZeroU32};
use std::path::Path;

use lofty::TextEncoding;
use lofty::config::WriteOptions;
use lofty::id3::v2::{FrameId, Id3v2Tag, TextInformationFrame};
use lofty::picture::{MimeType, Picture, PictureType};
use lofty::tag::items::Timestamp;
use lofty::tag::{Accessor, ItemKey, Tag, TagExt, TagType};

use crate::Failure;
use crate::mix::Mix;
use crate::sound::Random;

/// The container and the codec of a file.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    Wav16,
    Flac { bits: u32 },
    Mp3,
    OggVorbis,
    AiffMono24,
}

impl Format {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Wav16 => "wav",
            Self::Flac { .. } => "flac",
            Self::Mp3 => "mp3",
            Self::OggVorbis => "ogg",
            Self::AiffMono24 => "aiff",
        }
    }
}

/// Writes the sound, without tags.
pub(crate) fn write_sound(path: &Path, mix: &Mix, format: Format) -> Result<(), Failure> {
    match format {
        Format::Wav16 => write_wav(path, mix),
        Format::Flac { bits } => write_flac(path, mix, bits),
        Format::Mp3 => write_mp3(path, mix),
        Format::OggVorbis => write_vorbis(path, mix),
        Format::AiffMono24 => write_aiff(path, mix),
    }
}

/// Interleaved samples as whole numbers of so many bits.
fn interleaved(mix: &Mix, bits: u32) -> Vec<i32> {
    let mut random = Random::new(u64::from(bits));
    let pairs = mix.left.iter().zip(&mix.right);
    pairs
        .flat_map(|(left, right)| [*left, *right])
        .map(|sample| quantised(sample, bits, &mut random))
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the value is clamped to the bits before"
)]
fn quantised(sample: f64, bits: u32, random: &mut Random) -> i32 {
    let top = f64::from(1_i32 << (bits - 1));
    // The difference of two even spreads is the triangular dither.
    let dither = random.unit() - random.unit();
    (sample * top + dither).round().clamp(-top, top - 1.0) as i32
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the lossy codecs take single precision"
)]
fn single_precision(channel: &[f64]) -> Vec<f32> {
    channel.iter().map(|sample| *sample as f32).collect()
}

fn write_wav(path: &Path, mix: &Mix) -> Result<(), Failure> {
    let layout = hound::WavSpec {
        channels: 2,
        sample_rate: mix.rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, layout)?;
    for sample in interleaved(mix, 16) {
        writer.write_sample(sample)?;
    }
    Ok(writer.finalize()?)
}

fn write_flac(path: &Path, mix: &Mix, bits: u32) -> Result<(), Failure> {
    use flac_codec::encode::{FlacSampleWriter, Options};
    let samples = interleaved(mix, bits);
    let options = Options::default()
        .overwrite()
        .fast_channel_correlation(true);
    let total = Some(u64::try_from(samples.len())?);
    let mut writer = FlacSampleWriter::create(path, options, mix.rate_hz, bits, 2, total)?;
    writer.write(&samples)?;
    Ok(writer.finalize()?)
}

/// A variable bit rate; the LAME tag in front tells players how many samples
/// the encoder added at both ends, without which there would be a gap.
fn write_mp3(path: &Path, mix: &Mix) -> Result<(), Failure> {
    use mp3lame_encoder::{Builder, DualPcm, FlushGap, Quality, VbrMode};
    let builder = Builder::new().ok_or_else(|| Failure::new("no memory for the MP3 encoder"))?;
    let mut encoder = builder
        .with_num_channels(2)?
        .with_sample_rate(mix.rate_hz)?
        .with_vbr_mode(VbrMode::Mtrh)?
        .with_vbr_quality(Quality::NearBest)?
        .with_quality(Quality::Good)?
        .with_to_write_vbr_tag(true)?
        .build()?;
    let (left, right) = (single_precision(&mix.left), single_precision(&mix.right));
    let mut frames = Vec::with_capacity(mp3lame_encoder::max_required_buffer_size(left.len()));
    let input = DualPcm {
        left: &left,
        right: &right,
    };
    encoder.encode_to_vec(input, &mut frames)?;
    frames.reserve(7200);
    encoder.flush_to_vec::<FlushGap>(&mut frames)?;
    let mut info = Vec::with_capacity(encoder.lame_tag_size());
    encoder.lame_tag_encode_to_vec(&mut info);
    // The encoder leaves an empty first frame where this one belongs.
    frames.splice(..info.len(), info);
    Ok(std::fs::write(path, frames)?)
}

fn write_vorbis(path: &Path, mix: &Mix) -> Result<(), Failure> {
    use vorbis_rs::{VorbisBitrateManagementStrategy, VorbisEncoderBuilder};
    let rate_hz = NonZeroU32::try_from(mix.rate_hz)?;
    let sink = BufWriter::new(File::create(path)?);
    // A fixed serial number of the stream, or every run would differ.
    let mut builder =
        VorbisEncoderBuilder::new_with_serial(rate_hz, NonZeroU8::MIN.saturating_add(1), sink, 1);
    builder.bitrate_management_strategy(VorbisBitrateManagementStrategy::QualityVbr {
        target_quality: 0.5,
    });
    let mut encoder = builder.build()?;
    let (left, right) = (single_precision(&mix.left), single_precision(&mix.right));
    for (left, right) in left.chunks(4096).zip(right.chunks(4096)) {
        encoder.encode_audio_block([left, right])?;
    }
    Ok(encoder.finish()?.flush()?)
}

/// One channel of 24 bits, most significant byte first.
fn write_aiff(path: &Path, mix: &Mix) -> Result<(), Failure> {
    const BYTES_PER_SAMPLE: u32 = 3;
    let mut random = Random::new(24);
    let mut sound = Vec::with_capacity(mix.left.len() * 3 + 1);
    for (left, right) in mix.left.iter().zip(&mix.right) {
        let sample = quantised((left + right) / 2.0, 24, &mut random);
        sound.extend_from_slice(&sample.to_be_bytes()[1..]);
    }
    let count = u32::try_from(mix.left.len())?;
    let sound_bytes = count * BYTES_PER_SAMPLE;
    // A chunk takes an even number of bytes in the file, whatever it says.
    if sound_bytes % 2 == 1 {
        sound.push(0);
    }
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"FORM")?;
    file.write_all(&(46 + u32::try_from(sound.len())?).to_be_bytes())?;
    file.write_all(b"AIFFCOMM")?;
    file.write_all(&18_u32.to_be_bytes())?;
    file.write_all(&1_u16.to_be_bytes())?;
    file.write_all(&count.to_be_bytes())?;
    file.write_all(&24_u16.to_be_bytes())?;
    file.write_all(&extended(mix.rate_hz))?;
    file.write_all(b"SSND")?;
    // The chunk begins with an offset and a block size, both unused.
    file.write_all(&(8 + sound_bytes).to_be_bytes())?;
    file.write_all(&[0; 8])?;
    file.write_all(&sound)?;
    Ok(file.flush()?)
}

/// The float of 80 bits that AIFF wants for the rate: a biased exponent, then
/// the digits with the leading one written out.
fn extended(rate_hz: u32) -> [u8; 10] {
    let shift = rate_hz.leading_zeros();
    let exponent = 16_383 + 31 - shift;
    let digits = u64::from(rate_hz) << (32 + shift);
    let mut bytes = [0; 10];
    bytes[..2].copy_from_slice(&exponent.to_be_bytes()[2..]);
    bytes[2..].copy_from_slice(&digits.to_be_bytes());
    bytes
}

/// What the tags of a track say; the artist is also that of the album.
pub(crate) struct Details<'a> {
    pub title: &'a str,
    pub artist: &'a str,
    pub album: &'a str,
    pub genre: &'a str,
    pub year: u16,
    pub number: u32,
    pub total: u32,
}

impl Details<'_> {
    fn fill(&self, tag: &mut impl Accessor) {
        tag.set_title(self.title.to_owned());
        tag.set_artist(self.artist.to_owned());
        tag.set_album(self.album.to_owned());
        tag.set_genre(self.genre.to_owned());
        tag.set_track(self.number);
        tag.set_track_total(self.total);
        tag.set_date(Timestamp {
            year: self.year,
            ..Timestamp::default()
        });
    }
}

/// Writes tags into a finished file, and the picture if there is one.
pub(crate) fn write_tags(
    path: &Path,
    format: Format,
    details: &Details,
    cover_jpeg: Option<&[u8]>,
) -> Result<(), Failure> {
    let album_artist = details.artist.to_owned();
    let picture = cover_jpeg.map(|jpeg| {
        Picture::unchecked(jpeg.to_vec())
            .pic_type(PictureType::CoverFront)
            .mime_type(MimeType::Jpeg)
            .build()
    });
    if matches!(format, Format::Flac { .. } | Format::OggVorbis) {
        let mut tag = Tag::new(TagType::VorbisComments);
        details.fill(&mut tag);
        tag.insert_text(ItemKey::AlbumArtist, album_artist);
        if let Some(picture) = picture {
            tag.push_picture(picture);
        }
        return Ok(tag.save_to_path(path, WriteOptions::default())?);
    }
    // The general tag would be written in the random order of a hash map.
    let mut tag = Id3v2Tag::new();
    details.fill(&mut tag);
    let name = FrameId::Valid("TPE2".into());
    tag.insert(TextInformationFrame::new(name, TextEncoding::UTF8, album_artist).into());
    if let Some(picture) = picture {
        tag.insert_picture(picture);
    }
    Ok(tag.save_to_path(path, WriteOptions::default())?)
}
