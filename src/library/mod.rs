//! The user's files: finding them, knowing them again, and what they say of
//! themselves.
//!
//! A source is found by [`scan()`], in a stable order. [`identify`] reads it
//! once and tells which track it is: the id follows from the encoded audio
//! alone, so that new tags, another cover, a rename or a copy change no id and
//! render nothing again. What was found is kept in the [`ScanIndex`], which
//! only ever saves reading: it may be deleted at any time.

mod accent;
mod cover;
#[cfg(fuzzing)]
pub mod fuzzing;
mod identity;
mod index;
mod scan;
mod tags;

pub use cover::{Cover, CoverCache, Pictures};
pub use identity::{Identified, Pass, identify};
pub use index::{FileStamp, IndexEntry, LastSource, ScanIndex, Stamp};
pub use scan::{
    Coverage, Problem, Root, Scan, ScanError, ScanOptions, Source, Weight, check_roots, scan,
};
