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
//!
//! A file may be damaged, or made to do harm. What it may cost is bounded by its
//! size (`bounds`), panics of third parties are caught in one place ([`guarded`]),
//! C code decodes nothing but Opus, from packets whose framing was checked (`opus`),
//! and whatever a decoder gives leaves here as finite samples of bounded level
//! (`sound`), so that no stage behind has to ask.

mod block;
mod bounded_file;
mod bounds;
mod edit_list;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod guard;
mod id3_chapters;
mod matroska;
mod mixdown;
mod mpeg;
mod opus;
mod packet;
mod reader;
mod resample;
mod sound;
mod source;
mod survey;
mod tags;
mod track_audio;
mod trim;
mod vorbis_setup;

pub use bounded_file::BoundedFile;
pub use error::DecodeError;
pub use guard::{guarded, is_guarded};
pub use resample::{Resampler, encoded_rate};
pub use survey::{Survey, survey};
pub use tags::container_tags;
pub use track_audio::{TrackAudio, TrackReader};

/// The number of this stage's bytes: raised whenever the PCM of any source
/// changes. It is part of every fingerprint.
pub const STAGE: u32 = 2;
