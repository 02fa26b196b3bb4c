//! Where panics are caught: whatever a third party's code does with a file,
//! the file alone fails.
//!
//! Demuxers, decoders, tag readers and picture decoders get files of unknown
//! origin, and a slip of theirs ends in a panic. Each use of them runs inside
//! [`guarded`], which makes that panic the file's error; the program prints
//! nothing of it, since the error tells the same ([`is_guarded`]). What cannot
//! be caught is kept from happening: an allocation without measure by
//! [`super::bounds`], and deep nesting by readers that count their depth.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::DecodeError;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_the_files_error() {
        let failed = guarded::<()>(|| {
            assert!(is_guarded());
            panic!("index {} out of range", 7);
        });
        let message = failed.expect_err("a panic").to_string();
        assert!(message.contains("index 7 out of range"), "{message}");
        assert!(!is_guarded(), "and is forgotten");
    }
}
