//! Ctrl-C and SIGTERM: a flag that work looks at, and the exit status that
//! tells which it was.

use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

static RECEIVED: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// Begins to listen. A second signal, the same or the other, ends the program
/// at once.
pub(super) fn listen() -> std::io::Result<()> {
    let has_one = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&has_one))?;
        flag::register(signal, Arc::clone(&has_one))?;
        flag::register_usize(signal, Arc::clone(&RECEIVED), signal as usize)?;
    }
    Ok(())
}

/// Whether one came.
pub(super) fn is_received() -> bool {
    RECEIVED.load(Ordering::Relaxed) != 0
}

/// The exit status that a received signal asks for: 128 and its number.
pub(super) fn status() -> Option<u8> {
    match RECEIVED.load(Ordering::Relaxed) {
        0 => None,
        signal => Some(128 + signal as u8),
    }
}
