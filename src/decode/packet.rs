//! How many samples a packet holds, read from its header without decoding it,
//! and whether 16 bits hold them.

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::formats::{FormatId, Track};
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

use super::source::format;
use super::{mpeg, opus};

/// The samples per channel that a packet decodes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameCount {
    /// So many.
    Known(u64),
    /// Only decoding tells.
    Unknown,
}

impl FrameCount {
    /// Of a packet, the `ordinal`-th of its track.
    pub(super) fn of(
        params: &AudioCodecParameters,
        track: &Track,
        container: FormatId,
        packet: &Packet,
        ordinal: u64,
    ) -> Self {
        let count = match params.codec {
            codec::CODEC_ID_MP1 | codec::CODEC_ID_MP2 | codec::CODEC_ID_MP3 => {
                mpeg::StreamHeader::of(&packet.data).map(mpeg::StreamHeader::samples_per_frame)
            }
            codec::CODEC_ID_AAC => Some(1024),
            codec::CODEC_ID_OPUS => opus::samples(&packet.data),
            codec::CODEC_ID_ALAC => alac(&packet.data, params.extra_data.as_deref()),
            // A Vorbis packet is as long as its overlap with the one before: the
            // first gives nothing. Ogg's page positions tell the lengths.
            codec::CODEC_ID_VORBIS if container == format::FORMAT_ID_OGG => (if ordinal == 0 {
                0
            } else {
                let trimmed = packet
                    .trim_start
                    .get()
                    .saturating_add(packet.trim_end.get());
                packet.dur.get().saturating_add(trimmed)
            })
            .into(),
            _ if durations_count_samples(params, track) => Some(packet.dur.get()),
            _ => None,
        };
        count.map_or(Self::Unknown, Self::Known)
    }
}

/// Whether a container's packet durations are in samples. Matroska counts in
/// milliseconds, MP4 in any unit it likes.
fn durations_count_samples(params: &AudioCodecParameters, track: &Track) -> bool {
    let per_sample = params.sample_rate.and_then(TimeBase::try_from_recip);
    track.time_base.is_some() && track.time_base == per_sample
}

/// The ALAC cookie begins with the samples per packet; a shorter packet says so
/// with the bit behind its 3 + 4 + 12 bits of element header, and 32 bits of
/// length after 3 bits more.
fn alac(data: &[u8], cookie: Option<&[u8]>) -> Option<u64> {
    let cookie = alac_cookie(cookie?)?;
    let usual = u32::from_be_bytes(cookie.get(..4)?.try_into().ok()?);
    let is_partial = data.get(2)? & 0b0001_0000 != 0;
    if !is_partial {
        return Some(u64::from(usual));
    }
    // Bytes 2 to 6 are bits 16 to 55; the length is bits 23 to 54.
    let mut window = [0; 8];
    window[3..].copy_from_slice(data.get(2..7)?);
    let bits = u64::from_be_bytes(window);
    Some((bits >> 1) & 0xFFFF_FFFF)
}

/// The cookie itself, behind the atoms that CAF and old MOV files put before it.
fn alac_cookie(extra: &[u8]) -> Option<&[u8]> {
    let skip_atom = |data: &'_ [u8], kind: &[u8]| data.get(4..8) == Some(kind);
    let mut cookie = extra;
    if skip_atom(cookie, b"frma") {
        cookie = cookie.get(12..)?;
    }
    if skip_atom(cookie, b"alac") {
        cookie = cookie.get(12..)?;
    }
    (cookie.len() >= 24).then_some(cookie)
}

/// Whether every sample that the codec can tell is one that 16 bits hold.
pub(super) fn is_16_bit(params: &AudioCodecParameters) -> bool {
    let bits = match params.codec {
        codec::CODEC_ID_ALAC => params
            .extra_data
            .as_deref()
            .and_then(alac_cookie)
            .map(|cookie| u32::from(cookie[5])),
        codec::CODEC_ID_PCM_ALAW | codec::CODEC_ID_PCM_MULAW => Some(16),
        codec::CODEC_ID_FLAC
        | codec::CODEC_ID_PCM_S16LE
        | codec::CODEC_ID_PCM_S16BE
        | codec::CODEC_ID_PCM_S8
        | codec::CODEC_ID_PCM_U8 => params.bits_per_sample,
        _ => None,
    };
    bits.is_some_and(|bits| bits <= 16)
}

/// Reads the length of a packet whose header tells it in bits.
#[cfg(fuzzing)]
pub(super) fn fuzz(packet: &[u8], cookie: &[u8]) {
    let _alac = alac(packet, Some(cookie));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_alac_packet_tells_its_length() {
        let mut cookie = vec![0, 0, 16, 0];
        cookie.resize(24, 0);
        assert_eq!(alac(&[0, 0, 0, 0, 0, 0, 0], Some(&cookie)), Some(4096));
        // The flag is bit 19; bits 23 to 54 hold 4088.
        let length = 4088u64 << 1 | 0b0001_0000 << 32;
        let bytes = length.to_be_bytes();
        let data = [&[0, 0][..], &bytes[3..]].concat();
        assert_eq!(alac(&data, Some(&cookie)), Some(4088));
    }
}
