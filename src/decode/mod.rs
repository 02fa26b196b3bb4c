//! A source's audio as PCM, with its exact length, from any sample on.
//!
//! What a decoder gives in the middle of a file depends on what it decoded
//! before: an overlap, a bit reservoir, a running noise generator. So a
//! track's PCM is *defined* here, in a way that every reader can keep: its
//! packets are grouped into blocks of a fixed number, counted from the first
//! packet, and each block is decoded by a fresh decoder after a fixed run-in
//! of packets before it, whose output is dropped. A block is therefore a pure
//! function of the file; it is the same whether one came to it from the start
//! or by a seek into the ninth hour.
//!
//! [`survey()`] reads all packets once, decoding none where their headers tell
//! how many samples they hold: it yields the hash behind the track's id, the
//! exact length, and where each block begins. [`TrackAudio`] opens readers
//! over that, which convert to the rate and the channels that are encoded.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

mod block;
mod edit_list;
mod error;
mod matroska;
mod mixdown;
mod mpeg;
mod packet;
mod reader;
mod resample;
mod source;
mod survey;
mod tags;
mod track_audio;

pub use error::DecodeError;
pub use resample::{Resampler, encoded_rate};
pub use survey::{Survey, survey};
pub use tags::container_tags;
pub use track_audio::{TrackAudio, TrackReader};

/// The number of this stage's bytes: raised whenever the PCM of any source
/// changes. It is part of every fingerprint.
pub const STAGE: u32 = 1;

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder on a file that may be hostile: a panic becomes an error of
/// that file.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    let before = IS_GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(before);
    result.unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<&str>().map(ToString::to_string);
        let message = message.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(DecodeError::DecoderPanicked {
            message: message.unwrap_or_default(),
        })
    })
}

/// Whether a panic on this thread will be caught by [`guarded`], so that there
/// is no need to print it.
#[must_use]
pub fn is_guarded() -> bool {
    IS_GUARDED.get()
}
