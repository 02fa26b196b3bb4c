//! The fence around libAACenc: the only unsafe code in the crate.
//!
//! The encoder sees checked lengths and 16-bit samples only. It is `Send` but
//! not `Sync`, and every call takes `&mut self`: the library keeps its state
//! behind the handle and locks nothing.

use std::ffi::c_void;
use std::ptr;

use fdk_aac_sys as fdk;

use super::{AccessUnit, DELAY, EncoderSettings};

/// The core encoder alone. The module for metadata would add 448 samples of
/// delay (measured as an impulse: 2048 instead of 1600).
const MODULE_AAC: u32 = 1;
/// AAC-LC (ISO/IEC 14496-3, table 1.17).
const AUDIO_OBJECT_TYPE: u32 = 2;
/// Raw access units, without headers.
const TRANSMUX_RAW: u32 = 0;
/// Channels in the order of WAVE files.
const CHANNEL_ORDER_WAVE: u32 = 1;

/// Why the encoder gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// It refused its settings.
    #[error("the AAC encoder does not take {parameter} = {value} (error {code:#x})")]
    Settings {
        /// Which.
        parameter: &'static str,
        /// The value it was given.
        value: u32,
        /// The library's error.
        code: u32,
    },
    /// A call failed.
    #[error("the AAC encoder failed to {call} (error {code:#x})")]
    Call {
        /// Which.
        call: &'static str,
        /// The library's error.
        code: u32,
    },
    /// It delays by another time than segments are cut for.
    #[error(
        "the AAC encoder delays by {given} samples instead of {DELAY}: it is built in an unknown way"
    )]
    Delay {
        /// What it says.
        given: u32,
    },
    /// It gave less than it was fed.
    #[error("the AAC encoder gave {given} access units of {wanted}")]
    TooFewUnits {
        /// How many there should be.
        wanted: usize,
        /// How many there were.
        given: usize,
    },
}

/// An encoder with its settings made.
pub(super) struct Encoder {
    handle: fdk::HANDLE_AACENCODER,
    channels: usize,
    output: Vec<u8>,
    config: Vec<u8>,
}

// SAFETY: the handle owns all of the encoder's state, the library has no
// thread-local or shared mutable state, and no call is made without `&mut`.
unsafe impl Send for Encoder {}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the handle came from `aacEncOpen` and is closed once.
        unsafe { fdk::aacEncClose(&raw mut self.handle) };
    }
}

impl Encoder {
    /// Opens an encoder.
    pub(super) fn new(settings: &EncoderSettings) -> Result<Self, EncoderError> {
        let mut handle = ptr::null_mut();
        // SAFETY: `handle` is a valid place for the result.
        let code =
            unsafe { fdk::aacEncOpen(&raw mut handle, MODULE_AAC, u32::from(settings.channels)) };
        check("open", code)?;
        let mut encoder = Self {
            handle,
            channels: usize::from(settings.channels),
            output: Vec::new(),
            config: Vec::new(),
        };
        encoder.set("AOT", fdk::AACENC_PARAM_AACENC_AOT, AUDIO_OBJECT_TYPE)?;
        encoder.set(
            "SAMPLERATE",
            fdk::AACENC_PARAM_AACENC_SAMPLERATE,
            settings.rate.0,
        )?;
        encoder.set(
            "CHANNELMODE",
            fdk::AACENC_PARAM_AACENC_CHANNELMODE,
            u32::from(settings.channels),
        )?;
        encoder.set(
            "CHANNELORDER",
            fdk::AACENC_PARAM_AACENC_CHANNELORDER,
            CHANNEL_ORDER_WAVE,
        )?;
        encoder.set(
            "BITRATE",
            fdk::AACENC_PARAM_AACENC_BITRATE,
            settings.bit_rate.0,
        )?;
        encoder.set("TRANSMUX", fdk::AACENC_PARAM_AACENC_TRANSMUX, TRANSMUX_RAW)?;
        encoder.set("AFTERBURNER", fdk::AACENC_PARAM_AACENC_AFTERBURNER, 1)?;
        if let Some(bandwidth) = settings.bandwidth_hz() {
            encoder.set("BANDWIDTH", fdk::AACENC_PARAM_AACENC_BANDWIDTH, bandwidth)?;
        }
        encoder.start()?;
        Ok(encoder)
    }

    /// The `AudioSpecificConfig` of the stream.
    pub(super) fn audio_specific_config(&self) -> &[u8] {
        &self.config
    }

    /// Feeds interleaved samples and adds the access units that come out.
    pub(super) fn encode(
        &mut self,
        samples: &[i16],
        units: &mut Vec<AccessUnit>,
    ) -> Result<(), EncoderError> {
        let mut rest = samples;
        while rest.len() >= self.channels {
            let consumed = self.step(rest, units)?.consumed;
            if consumed == 0 {
                return Err(EncoderError::Call {
                    call: "take samples",
                    code: 0,
                });
            }
            rest = &rest[consumed..];
        }
        Ok(())
    }

    /// Ends the stream and adds the access units that were still inside.
    pub(super) fn drain(&mut self, units: &mut Vec<AccessUnit>) -> Result<(), EncoderError> {
        while !self.step(&[], units)?.is_at_end {}
        Ok(())
    }

    fn set(
        &mut self,
        parameter: &'static str,
        id: fdk::AACENC_PARAM,
        value: u32,
    ) -> Result<(), EncoderError> {
        // SAFETY: the handle is open.
        let code = unsafe { fdk::aacEncoder_SetParam(self.handle, id, value) };
        if code == fdk::AACENC_ERROR_AACENC_OK {
            Ok(())
        } else {
            Err(EncoderError::Settings {
                parameter,
                value,
                code,
            })
        }
    }

    /// Makes the settings take effect, and asks for what follows from them.
    fn start(&mut self) -> Result<(), EncoderError> {
        // SAFETY: a call without buffers initialises the open encoder.
        let code = unsafe {
            fdk::aacEncEncode(
                self.handle,
                ptr::null(),
                ptr::null(),
                ptr::null(),
                ptr::null_mut(),
            )
        };
        check("start", code)?;
        // SAFETY: the struct is plain data, for which all zeros are valid.
        let mut info: fdk::AACENC_InfoStruct = unsafe { std::mem::zeroed() };
        // SAFETY: the handle is open and `info` a valid place for the answer.
        let code = unsafe { fdk::aacEncInfo(self.handle, &raw mut info) };
        check("describe itself", code)?;
        if i64::from(info.nDelay) != DELAY {
            return Err(EncoderError::Delay { given: info.nDelay });
        }
        let config_length = (info.confSize as usize).min(info.confBuf.len());
        self.config = info.confBuf[..config_length].to_vec();
        self.output = vec![0; info.maxOutBufBytes as usize];
        Ok(())
    }

    /// One call of the encoder; no samples mean the end of the stream.
    fn step(&mut self, samples: &[i16], units: &mut Vec<AccessUnit>) -> Result<Step, EncoderError> {
        let is_end = samples.is_empty();
        let count = i32::try_from(samples.len() / self.channels * self.channels)
            .unwrap_or(i32::MAX / 2 * 2);
        let mut input_pointer = samples.as_ptr().cast_mut().cast::<c_void>();
        let mut input_id = fdk::AACENC_BufferIdentifier_IN_AUDIO_DATA as i32;
        let mut input_bytes = count * 2;
        let mut input_element = 2;
        let input = fdk::AACENC_BufDesc {
            numBufs: 1,
            bufs: &raw mut input_pointer,
            bufferIdentifiers: &raw mut input_id,
            bufSizes: &raw mut input_bytes,
            bufElSizes: &raw mut input_element,
        };
        let mut output_pointer = self.output.as_mut_ptr().cast::<c_void>();
        let mut output_id = fdk::AACENC_BufferIdentifier_OUT_BITSTREAM_DATA as i32;
        let mut output_bytes = self.output.len() as i32;
        let mut output_element = 1;
        let output = fdk::AACENC_BufDesc {
            numBufs: 1,
            bufs: &raw mut output_pointer,
            bufferIdentifiers: &raw mut output_id,
            bufSizes: &raw mut output_bytes,
            bufElSizes: &raw mut output_element,
        };
        let arguments = fdk::AACENC_InArgs {
            numInSamples: if is_end { -1 } else { count },
            numAncBytes: 0,
        };
        let mut result = fdk::AACENC_OutArgs {
            numOutBytes: 0,
            numInSamples: 0,
            numAncBytes: 0,
            bitResState: 0,
        };
        // SAFETY: both descriptors point at live buffers of the sizes they
        // state; the library only reads the input, and keeps neither pointer.
        let code = unsafe {
            fdk::aacEncEncode(
                self.handle,
                &raw const input,
                &raw const output,
                &raw const arguments,
                &raw mut result,
            )
        };
        if is_end && code == fdk::AACENC_ERROR_AACENC_ENCODE_EOF {
            return Ok(Step {
                consumed: 0,
                is_at_end: true,
            });
        }
        check("encode", code)?;
        let bytes = usize::try_from(result.numOutBytes).unwrap_or(0);
        if bytes > 0 {
            units.push(self.output[..bytes].to_vec());
        }
        Ok(Step {
            consumed: usize::try_from(result.numInSamples).unwrap_or(0),
            is_at_end: false,
        })
    }
}

/// What one call did.
struct Step {
    consumed: usize,
    is_at_end: bool,
}

fn check(call: &'static str, code: fdk::AACENC_ERROR) -> Result<(), EncoderError> {
    if code == fdk::AACENC_ERROR_AACENC_OK {
        Ok(())
    } else {
        Err(EncoderError::Call { call, code })
    }
}
