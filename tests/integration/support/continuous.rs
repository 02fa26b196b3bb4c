//! One continuous AAC encode by FDK, which the joins of segments are held against; and the same cut into segments by
//! fresh encoders, so that the measure itself can be tested.
//!
//! The encoder is set as the published segments' is: AAC-LC, afterburner, WAV channel order, the same bandwidth. It gives
//! ADTS, which ffmpeg decodes. Encoder and decoder together delay by 1600 samples (1024 + 576).

use std::ffi::c_void;
use std::path::Path;

use fdk_aac_sys as fdk;

use super::tools;

/// Samples in an access unit.
pub(crate) const UNIT: usize = 1024;
/// Samples by which encoder and decoder together delay.
pub(crate) const DELAY: usize = 1600;

/// 16-bit PCM, interleaved.
pub(crate) struct Pcm {
    /// Interleaved samples.
    pub(crate) samples: Vec<i16>,
    /// How many channels they interleave.
    pub(crate) channels: usize,
    /// Samples a second.
    pub(crate) sample_rate: u32,
}

impl Pcm {
    /// Reads a WAV of 16, 24 or 32 bits or floats, rounded to 16 bits.
    pub(crate) fn read(path: &Path) -> Self {
        let mut reader = hound::WavReader::open(path).expect("the WAV can be read");
        let specification = reader.spec();
        let samples = match specification.sample_format {
            hound::SampleFormat::Int => {
                let scale = f64::from(1_u32 << (specification.bits_per_sample - 1));
                reader
                    .samples::<i32>()
                    .map(|sample| {
                        super::sound::to_i16(f64::from(sample.expect("the WAV is whole")) / scale)
                    })
                    .collect()
            }
            hound::SampleFormat::Float => reader
                .samples::<f32>()
                .map(|sample| super::sound::to_i16(f64::from(sample.expect("the WAV is whole"))))
                .collect(),
        };
        Self {
            samples,
            channels: usize::from(specification.channels),
            sample_rate: specification.sample_rate,
        }
    }

    /// The length in sample frames.
    pub(crate) fn frames(&self) -> usize {
        self.samples.len() / self.channels
    }

    /// The samples as floats, full scale 1.0.
    pub(crate) fn floats(&self) -> Vec<f32> {
        self.samples
            .iter()
            .map(|&sample| f32::from(sample) / 32_768.0)
            .collect()
    }

    /// Frames from `start` up to `end`, with silence where there is no sound.
    fn cut(&self, start: isize, end: isize) -> Vec<i16> {
        let frames = self.frames().cast_signed();
        let mut cut = Vec::new();
        for frame in start..end {
            if (0..frames).contains(&frame) {
                let at = frame.unsigned_abs() * self.channels;
                cut.extend_from_slice(&self.samples[at..at + self.channels]);
            } else {
                cut.resize(cut.len() + self.channels, 0);
            }
        }
        cut
    }
}

/// Encodes in one go, decodes by ffmpeg and takes the delay away: as many frames as `pcm` has, aligned with it.
pub(crate) fn continuous_encode(pcm: &Pcm, bitrate: u32, scratch: &Path) -> Vec<f32> {
    let end = pcm.frames().cast_signed();
    let units = encode(&pcm.cut(0, end + 4096), pcm, bitrate);
    align(&units.concat(), DELAY, pcm, scratch)
}

/// Encodes every `segment_units` access units alone by a fresh encoder with `run_in` units before them, as the segments
/// of a rendition are made, and joins them. `look_ahead` is how many samples an encoder gets after a segment's end.
pub(crate) fn segmented_encode(
    pcm: &Pcm,
    bitrate: u32,
    segment_units: usize,
    run_in: usize,
    look_ahead: usize,
    scratch: &Path,
) -> Vec<f32> {
    let all = pcm.frames().div_ceil(UNIT);
    let mut stream = Vec::new();
    for first in (0..all).step_by(segment_units) {
        let last = (first + segment_units).min(all);
        // Segment 0 begins with unit -1, the decoder's pre-roll.
        let from = first.cast_signed() - isize::from(first == 0);
        let start = UNIT.cast_signed() * (from - run_in.cast_signed()) + 576;
        let end = (UNIT * last + look_ahead).cast_signed();
        let units = encode(&pcm.cut(start, end), pcm, bitrate);
        let kept = (last.cast_signed() - from).unsigned_abs();
        let skipped = run_in + 1;
        assert!(
            units.len() >= skipped + kept,
            "the encoder gave too few units"
        );
        stream.extend(units[skipped..skipped + kept].concat());
    }
    align(&stream, UNIT, pcm, scratch)
}

/// Decodes an ADTS stream and drops `delay` frames; the rest is cut to the length of `pcm`.
fn align(adts: &[u8], delay: usize, pcm: &Pcm, scratch: &Path) -> Vec<f32> {
    let file = scratch.join("reference.aac");
    std::fs::write(&file, adts).expect("the stream can be written");
    let decoded = tools::decode(&file, pcm.channels, None);
    let from = delay * pcm.channels;
    decoded.samples[from..from + pcm.samples.len()].to_vec()
}

/// An FDK encoder that is closed when it drops.
struct Encoder(fdk::HANDLE_AACENCODER);

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the handle came from aacEncOpen and is closed only here.
        unsafe { fdk::aacEncClose(&raw mut self.0) };
    }
}

/// The bandwidth (Hz) of renditions from this bit rate a channel on; below, the encoder chooses (0). Another bandwidth here
/// than there would compare two different things: bits that go to 17..20 kHz are missing below.
const FULL_BANDWIDTH: u32 = 20_000;
const FULL_BANDWIDTH_FROM: u32 = 96_000;
/// The modules to open: the AAC core alone. With the metadata module (0 opens all) the delay grows to 2048 samples.
const AAC_ALONE: u32 = 1;

/// Opens and configures an encoder for ADTS.
fn open(pcm: &Pcm, bitrate: u32) -> Encoder {
    let mut handle: fdk::HANDLE_AACENCODER = std::ptr::null_mut();
    let channels = u32::try_from(pcm.channels).expect("one or two channels");
    // SAFETY: the handle is written by the call and read only after it succeeded.
    let opened = unsafe { fdk::aacEncOpen(&raw mut handle, AAC_ALONE, channels) };
    assert_eq!(opened, fdk::AACENC_ERROR_AACENC_OK, "the encoder opens");
    let encoder = Encoder(handle);
    let bandwidth = if bitrate / channels >= FULL_BANDWIDTH_FROM {
        FULL_BANDWIDTH
    } else {
        0
    };
    for (parameter, value) in [
        (fdk::AACENC_PARAM_AACENC_AOT, 2),
        (fdk::AACENC_PARAM_AACENC_SAMPLERATE, pcm.sample_rate),
        (fdk::AACENC_PARAM_AACENC_CHANNELMODE, channels),
        (fdk::AACENC_PARAM_AACENC_CHANNELORDER, 1),
        (fdk::AACENC_PARAM_AACENC_BITRATE, bitrate),
        (fdk::AACENC_PARAM_AACENC_TRANSMUX, 2),
        (fdk::AACENC_PARAM_AACENC_AFTERBURNER, 1),
        (fdk::AACENC_PARAM_AACENC_BANDWIDTH, bandwidth),
    ] {
        // SAFETY: the handle is open.
        let set = unsafe { fdk::aacEncoder_SetParam(encoder.0, parameter, value) };
        assert_eq!(
            set,
            fdk::AACENC_ERROR_AACENC_OK,
            "parameter {parameter} takes {value}"
        );
    }
    // SAFETY: the handle is open; a call without buffers takes the configuration in, as the API says.
    let ready = unsafe {
        fdk::aacEncEncode(
            encoder.0,
            std::ptr::null(),
            std::ptr::null(),
            std::ptr::null(),
            std::ptr::null_mut(),
        )
    };
    assert_eq!(
        ready,
        fdk::AACENC_ERROR_AACENC_OK,
        "the configuration is taken"
    );
    encoder
}

/// Encodes interleaved samples to ADTS access units, drained to the end.
fn encode(samples: &[i16], pcm: &Pcm, bitrate: u32) -> Vec<Vec<u8>> {
    let encoder = open(pcm, bitrate);
    let mut units = Vec::new();
    let mut rest = samples;
    loop {
        let (consumed, unit) = step(&encoder, rest);
        let drained = rest.is_empty() && unit.is_none();
        rest = &rest[consumed..];
        units.extend(unit);
        if drained {
            return units;
        }
    }
}

/// One call of the encoder: how many samples it took, and the unit it gave, if any. Without samples it drains.
fn step(encoder: &Encoder, samples: &[i16]) -> (usize, Option<Vec<u8>>) {
    let mut input = samples.as_ptr().cast_mut().cast::<c_void>();
    let mut input_kind = fdk::AACENC_BufferIdentifier_IN_AUDIO_DATA.cast_signed();
    // The size is in bytes and signed; what does not fit is taken by later calls.
    let taken = samples.len().min(1 << 20);
    let mut input_bytes = i32::try_from(taken * 2).expect("bounded above");
    let mut input_element = 2;
    let mut unit = vec![0_u8; 8192];
    let mut output = unit.as_mut_ptr().cast::<c_void>();
    let mut output_kind = fdk::AACENC_BufferIdentifier_OUT_BITSTREAM_DATA.cast_signed();
    let mut output_bytes = 8192;
    let mut output_element = 1;
    let input_description = fdk::AACENC_BufDesc {
        numBufs: 1,
        bufs: &raw mut input,
        bufferIdentifiers: &raw mut input_kind,
        bufSizes: &raw mut input_bytes,
        bufElSizes: &raw mut input_element,
    };
    let output_description = fdk::AACENC_BufDesc {
        numBufs: 1,
        bufs: &raw mut output,
        bufferIdentifiers: &raw mut output_kind,
        bufSizes: &raw mut output_bytes,
        bufElSizes: &raw mut output_element,
    };
    let arguments = fdk::AACENC_InArgs {
        numInSamples: if samples.is_empty() {
            -1
        } else {
            input_bytes / 2
        },
        numAncBytes: 0,
    };
    let mut told = fdk::AACENC_OutArgs {
        numOutBytes: 0,
        numInSamples: 0,
        numAncBytes: 0,
        bitResState: 0,
    };
    // SAFETY: every pointer stands for a local that outlives the call, with the sizes given; FDK only reads the input.
    let result = unsafe {
        fdk::aacEncEncode(
            encoder.0,
            &raw const input_description,
            &raw const output_description,
            &raw const arguments,
            &raw mut told,
        )
    };
    assert!(
        result == fdk::AACENC_ERROR_AACENC_OK || result == fdk::AACENC_ERROR_AACENC_ENCODE_EOF,
        "encoding fails with {result}"
    );
    unit.truncate(usize::try_from(told.numOutBytes).expect("a size is not negative"));
    let consumed = usize::try_from(told.numInSamples).expect("a count is not negative");
    (consumed, (!unit.is_empty()).then_some(unit))
}
