//! The music, one piece a file.
//!
//! Every piece is a function that returns its finished mix. The scores are
//! text (see [`crate::notation`]); what repeats in every bar, such as an
//! accompaniment, is derived from the chords. Each piece has quiet and loud
//! parts, so that its waveform has a shape and its loudness a range.

pub(crate) mod copper_kettle;
pub(crate) mod corner_table;
pub(crate) mod evening_chorale;
pub(crate) mod first_light;
pub(crate) mod night_bus;
pub(crate) mod paper_boat;
mod rhythm_section;
