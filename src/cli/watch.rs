//! Work on a thread of its own, so that a signal is heard whatever it does.
//!
//! Work looks at [`signals::is_received`] and ends by itself, mostly at once.
//! But a file on a disk that does not answer, or a pipe that nobody reads,
//! holds the thread that waits for it. Then the work is abandoned where it
//! stands: what is published is whole at any moment, so that the program may
//! end at any moment, too. (A second signal ends it at once.)

use std::panic::resume_unwind;
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use super::CommandError;
use super::signals;

/// How long after a signal work may go on to end by itself.
pub(super) const GRACE: Duration = Duration::from_secs(1);
/// Until when what was done may be kept: most of it is left where work has ended
/// at once.
pub(super) const KEEPING: Duration = Duration::from_millis(1600);
/// Until when there may be last words.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(1900);
/// How often a signal is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// When the signal was noticed.
static NOTICED: OnceLock<Instant> = OnceLock::new();

/// Does the work. Gives `None` where a signal came, before it or meanwhile, and
/// the work went on until this long after it.
pub(super) fn watch<T: Send + 'static>(
    until: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Option<T>, CommandError> {
    let (done, finished) = sync_channel(1);
    let worker = Builder::new().name("work".into()).spawn(move || {
        // Nobody waits for work that was abandoned.
        let _heard = done.send(work()).is_ok();
    })?;
    loop {
        match finished.recv_timeout(LOOK_EVERY) {
            Ok(outcome) => return Ok(Some(outcome)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => return Ok(None),
            },
        }
        if signals::is_received() && NOTICED.get_or_init(Instant::now).elapsed() > until {
            return Ok(None);
        }
    }
}
