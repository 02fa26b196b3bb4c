//! The door to libopus: no packet gets to it that is not framed by RFC 6716.
//!
//! Opus is the one format of sources that C code decodes (libopus, by
//! symphonia-adapter-libopus); all others, their demuxers, tags and pictures are
//! read by Rust, and the encoder's C code gets 16-bit samples alone. Here a
//! packet's framing is held against the seven requirements of RFC 6716,
//! section 3.4, before libopus is handed a pointer: that there is a byte, that
//! every frame lies within the packet and has at most 1275 bytes, and that all
//! of them are at most 120 ms, for which the adapter's buffer is made. An empty
//! packet, which libopus would take for a lost one and fill with invented sound,
//! ends there, too.
//!
//! What is inside the frames cannot be checked without decoding them: libopus
//! sees those bits as they are. Any bits are some sound to its range decoder,
//! which reads zeros behind the end (section 4.1); that its C code does so without
//! a fault, libopus's own fuzzing has to hold, and `tests/fuzz` a little more.

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Error, Result};
use symphonia::core::packet::PacketRef;
use symphonia_adapter_libopus::OpusDecoder;

/// What a packet may hold: 120 ms at 48 kHz.
const MOST_SAMPLES: usize = 5760;
/// What a frame may have.
const MOST_FRAME_BYTES: usize = 1275;

/// The samples per channel, at 48 kHz, that a packet decodes to; none where its
/// framing breaks one of the requirements R1 to R7 (RFC 6716, section 3.4).
pub(super) fn samples(packet: &[u8]) -> Option<u64> {
    // R1. The configuration gives a frame's length (section 3.1).
    let (&contents, rest) = packet.split_first()?;
    let frame_samples = match contents >> 3 {
        configuration @ 0..=11 => [480, 960, 1920, 2880][usize::from(configuration % 4)],
        configuration @ 12..=15 => [480, 960][usize::from(configuration % 2)],
        configuration => [120, 240, 480, 960][usize::from(configuration % 4)],
    };
    // How many frames there are, and the bytes of the longest whose length is not
    // written down, which follows from the packet's (section 3.2).
    let (frames, implied) = match contents & 0b11 {
        0 => (1, rest.len()),
        1 => (2, equal_length(rest.len(), 2)?),
        2 => (2, last_length(rest, 2)?),
        _ => many(rest)?,
    };
    // R2, and the second half of R5.
    let samples = frames * frame_samples;
    let is_possible = implied <= MOST_FRAME_BYTES && samples <= MOST_SAMPLES;
    is_possible.then_some(samples as u64)
}

/// Any number of frames, with padding behind them (section 3.2.5).
fn many(rest: &[u8]) -> Option<(usize, usize)> {
    let (&head, mut rest) = rest.split_first()?;
    let frames = usize::from(head & 0b11_1111);
    let mut padding = 0;
    let mut is_counting = head & 0b0100_0000 != 0;
    while is_counting {
        let (&length, behind) = rest.split_first()?;
        padding += usize::from(length.min(254));
        (rest, is_counting) = (behind, length == 255);
    }
    let unpadded = rest.get(..rest.len().checked_sub(padding)?)?;
    let lengths_are_written = head & 0b1000_0000 != 0;
    let implied = if lengths_are_written {
        last_length(unpadded, frames)?
    } else {
        equal_length(unpadded.len(), frames)?
    };
    Some((frames, implied))
}

/// The length of so many equal frames: R3 and R6.
fn equal_length(bytes: usize, frames: usize) -> Option<usize> {
    (frames > 0 && bytes.is_multiple_of(frames)).then(|| bytes / frames)
}

/// The length of the last frame behind those whose lengths are written before
/// them all (section 3.2.1): R4 and R7.
fn last_length(mut rest: &[u8], frames: usize) -> Option<usize> {
    let mut written = 0;
    for _ in 0..frames.checked_sub(1)? {
        let (&first, behind) = rest.split_first()?;
        rest = behind;
        written += usize::from(first);
        if first >= 252 {
            let (&second, behind) = rest.split_first()?;
            rest = behind;
            written += 4 * usize::from(second);
        }
    }
    rest.len().checked_sub(written)
}

/// libopus behind that check.
pub(super) struct CheckedOpus(Box<dyn AudioDecoder>);

impl AudioDecoder for CheckedOpus {
    fn reset(&mut self) {
        self.0.reset();
    }

    fn codec_info(&self) -> &CodecInfo {
        self.0.codec_info()
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        self.0.codec_params()
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        if samples(packet.data).is_none() {
            return Err(Error::DecodeError("opus: a packet that is not one"));
        }
        self.0.decode_ref(packet)
    }

    fn finalize(&mut self) -> FinalizeResult {
        self.0.finalize()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.0.last_decoded()
    }
}

impl RegisterableAudioDecoder for CheckedOpus {
    fn try_registry_new(
        params: &AudioCodecParameters,
        options: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        let libopus = OpusDecoder::try_registry_new(params, options)?;
        Ok(Box::new(Self(libopus)))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        OpusDecoder::supported_codecs()
    }
}

/// A packet as a file could have it, framed well or not: whatever is in it, no
/// more comes out than its framing tells.
#[cfg(fuzzing)]
pub(super) fn fuzz(packet: &[u8]) {
    use symphonia::core::audio::layouts::CHANNEL_LAYOUT_STEREO;
    use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
    use symphonia::core::units::{Duration, Timestamp};

    let mut params = AudioCodecParameters::new();
    params
        .for_codec(CODEC_ID_OPUS)
        .with_sample_rate(48_000)
        .with_channels(CHANNEL_LAYOUT_STEREO);
    let options = AudioDecoderOptions::default();
    let mut decoder =
        CheckedOpus::try_registry_new(&params, &options).expect("the parameters are valid");
    let reference = PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, packet);
    if let Ok(sound) = decoder.decode_ref(&reference) {
        assert_eq!(Some(sound.frames() as u64), samples(packet));
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use symphonia::core::audio::layouts::CHANNEL_LAYOUT_STEREO;
    use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
    use symphonia::core::units::{Duration, Timestamp};

    use super::*;

    /// Configuration 31 (CELT, fullband, 20 ms) and 16 (CELT, narrowband, 2.5 ms).
    const LONG: u8 = 31 << 3;
    const SHORT: u8 = 16 << 3;

    #[test]
    fn lengths_follow_the_rfc() {
        assert_eq!(samples(&[LONG]), Some(960));
        assert_eq!(samples(&[SHORT | 3, 48]), Some(5760), "120 ms");
        assert_eq!(samples(&[3 << 3 | 1]), Some(5760));
        // Two frames with a length of 252 + 4 in two bytes; the second is empty.
        let two = [&[LONG | 2, 252, 1][..], &[0; 256]].concat();
        assert_eq!(samples(&two), Some(1920));
        // Three equal frames of one byte, and 254 + 3 bytes of padding.
        let padded = [&[LONG | 3, 0b0100_0011, 255, 3][..], &[0; 260]].concat();
        assert_eq!(samples(&padded), Some(2880));
    }

    #[test]
    fn each_requirement_refuses() {
        let frame = |code: u8, bytes: usize| [&[LONG | code][..], &vec![0; bytes]].concat();
        assert!(samples(&[]).is_none(), "R1");
        assert!(samples(&frame(0, 1275)).is_some());
        assert!(samples(&frame(0, 1276)).is_none(), "R2");
        assert!(samples(&frame(1, 2552)).is_none(), "R2");
        assert!(samples(&frame(1, 3)).is_none(), "R3");
        assert!(
            samples(&[LONG | 2, 9, 0]).is_none(),
            "R4: longer than is there"
        );
        assert!(samples(&[LONG | 2, 252]).is_none(), "R4: half a length");
        assert!(samples(&[LONG | 3, 0]).is_none(), "R5: no frame");
        assert!(samples(&[LONG | 3, 7]).is_none(), "R5: 140 ms");
        assert!(samples(&[LONG | 3, 2, 0]).is_none(), "R6: unequal");
        assert!(
            samples(&[LONG | 3, 0b0100_0001, 2, 0]).is_none(),
            "R6: padding"
        );
        assert!(
            samples(&[LONG | 3, 0b0100_0001, 255]).is_none(),
            "R6: padding"
        );
        assert!(samples(&[LONG | 3, 0b1000_0010, 2, 0]).is_none(), "R7");
    }

    /// What a decoder makes of a packet: samples per channel.
    fn decode<D: RegisterableAudioDecoder>(packet: &[u8]) -> Option<u64> {
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(CODEC_ID_OPUS)
            .with_sample_rate(48_000)
            .with_channels(CHANNEL_LAYOUT_STEREO);
        let mut decoder = D::try_registry_new(&params, &AudioDecoderOptions::default())
            .expect("the parameters are valid");
        let packet = PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, packet);
        let sound = decoder.decode_ref(&packet).ok()?;
        Some(sound.frames() as u64)
    }

    #[test]
    fn a_packet_of_nothing_does_not_become_sound() {
        assert_eq!(
            decode::<OpusDecoder>(&[]),
            Some(5760),
            "invented by libopus"
        );
        assert_eq!(decode::<CheckedOpus>(&[]), None);
    }

    /// The bytes that tell of frames, often, and as often what fits them.
    fn packets() -> impl Strategy<Value = Vec<u8>> {
        let bytes = prop_oneof![
            vec(any::<u8>(), 1..12),
            vec(any::<u8>(), 1..600),
            vec(prop_oneof![0..4_u8, 250..=255_u8], 1..40),
            vec(any::<u8>(), 1270..2600),
        ];
        (any::<u8>(), bytes).prop_map(|(first, mut bytes)| {
            bytes[0] = first;
            bytes
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        /// libopus, which checks for itself, is the oracle: what it takes is what is taken here.
        #[test]
        fn what_libopus_takes_is_what_gets_to_it(packet in packets()) {
            prop_assert_eq!(samples(&packet), decode::<OpusDecoder>(&packet));
        }
    }
}
