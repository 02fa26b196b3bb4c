//! What the targets in `tests/fuzz` need of this module; only `cargo fuzz` compiles it.

use std::path::Path;

use super::tags;
use crate::manifest::Tags;

/// A source's tags, and the picture inside it.
#[must_use]
pub fn tags(path: &Path) -> (Tags, Option<Vec<u8>>) {
    let found = tags::read(path);
    (found.tags, found.picture)
}
