//! Decides how a track sounds: presets as data, and what is done to samples.
//!
//! Mastering sits between `decode` and `aac`. First it decides, once for a
//! track (or an album): [`decide`] makes [`Settings`] of a preset, an intensity
//! and what was measured. Then the [`Chain`] masters any window of the track:
//! it takes the samples with as much history and look-ahead as it asks for, and
//! keeps nothing from window to window, so that a segment stays a pure function
//! of its inputs. Every stage stands on a grid of absolute sample indices and
//! has a finite memory: any window has the bits of the whole.
//!
//! The stages, in order, and their history and look-ahead:
//!
//! | stage | history, look-ahead | |
//! |---|---|---|
//! | equaliser | one block of 6144 and half its length of 2047 samples, both ways | linear phase, no delay |
//! | compressor | three release times, 25 ms | level of the track before the equaliser, all channels alike |
//! | gain | none | one number for the whole track |
//! | limiter | 300 ms, 4 ms | true peak |
//! | [`quantize()`] | none | 16 bits, dither by position |
//!
//! `original` passes none of them but the last.

mod adaptive;
mod chain;
mod compressor;
mod decision;
mod equaliser;
mod limiter;
mod prediction;
mod preset;
mod preset_file;
mod presets;
mod quantize;
mod variant;

pub use chain::{Chain, LeastGains, Mastered};
pub use compressor::Compressor;
pub use decision::{Decision, Settings, decide};
pub use equaliser::{Equaliser, response_db};
pub use limiter::Limiter;
pub use preset::{AdaptiveValues, Compression, ORIGINAL, Preset, Style, Values};
pub use preset_file::PresetFileError;
pub use presets::{Presets, UnknownPreset};
pub use quantize::{Dither, Quantized, STAGE as QUANTIZE_STAGE, quantize};
pub use variant::{Intensity, Variant, VariantError};

/// The number of this stage: raised whenever a mastered sample, or what is
/// decided for a track, changes.
pub const STAGE: u32 = 2;

/// The loudness that a track is thought at when a compressor's threshold is
/// applied to it: so a quiet recording is compressed as a loud one is.
pub const REFERENCE_LUFS: f64 = -18.0;

/// The true peak that no mastered track exceeds (EBU R 128, 2.i: -1 dBTP).
pub const CEILING_DBTP: f64 = -1.0;

/// The true peak that the limiter aims at. It is lower than the ceiling for
/// what comes behind it: AAC at 192 kbit/s was measured to add up to 1.8 dB to
/// drum hits of real music that was limited, and -0.3 dBTP should hold there. (To
/// two hits in 41 whole pieces it added more, 3.4 dB at most: `docs/soak.md`.)
pub const AIM_DBTP: f64 = CEILING_DBTP - 1.2;
