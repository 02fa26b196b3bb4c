//! Decides how a track sounds: presets as data, and what is done to samples.
//!
//! Mastering sits between `decode` and `aac`: it takes a window of the
//! track's samples with as much history and look-ahead as it asks for, and
//! gives the window mastered. It keeps nothing from window to window, so that
//! a segment stays a pure function of its inputs. `original` does nothing but
//! bring samples to the encoder's 16 bits.

mod preset;
mod quantize;

pub use preset::{PRESETS, Preset, Variant, VariantError, preset};
pub use quantize::{Dither, Quantized, STAGE as QUANTIZE_STAGE, quantize};
