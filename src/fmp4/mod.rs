//! Access units to the bytes of fragmented MP4 (ISO/IEC 14496-12), by mp4-atom.
//!
//! The initialisation segment holds nothing that differs from track to track,
//! so that a player appends it once for as long as rate and channels stay. A
//! media segment is one fragment. Neither has an edit list: players take the
//! pre-roll away by their own means (in an init segment, Firefox plays the
//! pre-roll unit in place of the first one). Only the whole file, which plain
//! `<audio>` plays, says with an edit list where its audio begins, and with
//! `mehd` how long it is.

mod init;
mod segment;

pub use init::{EditEnd, StreamHeader, init_segment, whole_file_header};
pub use segment::media_segment;

/// The number of this stage's bytes: raised whenever a box changes.
pub const STAGE: u32 = 1;

/// The only track in the file.
const TRACK_ID: u32 = 1;

/// Why no boxes could be made.
#[derive(Debug, thiserror::Error)]
pub enum BoxError {
    /// A value does not fit its field.
    #[error("an MP4 box cannot be written: {0}")]
    Write(#[from] mp4_atom::Error),
    /// A segment is too large for its fields.
    #[error("a segment of {0} bytes is too large for one MP4 fragment")]
    TooLarge(usize),
}
