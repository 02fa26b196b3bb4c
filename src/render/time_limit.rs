//! A limit on a run's time, as a job of a continuous integration has it.
//!
//! It stops a run between tracks: none is begun after it, and what is being rendered is
//! finished and published. Reading the library counts: past the limit no file
//! is read that the scan index does not know. A run that has not read all of it
//! renders nothing, since which tracks are one album, and which of two equal
//! sources gives its tags, is known only then; the next run reads on.
//!
//! Successive runs get somewhere however short the limit is: each reads at
//! least one file that is not known yet, or else renders at least one track, or
//! measures one of an album that is one piece.

use std::time::{Duration, Instant};

/// When nothing new is begun any more.
#[derive(Clone, Copy, Debug, Default)]
pub struct TimeLimit(Option<Instant>);

impl TimeLimit {
    /// A limit this long after the run's beginning. What is beyond what a clock
    /// can show is no limit.
    #[must_use]
    pub fn after(began: Instant, limit: Option<Duration>) -> Self {
        Self(limit.and_then(|limit| began.checked_add(limit)))
    }

    /// Whether it is too late to begin something.
    #[must_use]
    pub fn is_passed(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_passes_and_none_does_not() {
        let now = Instant::now();
        assert!(TimeLimit::after(now, Some(Duration::ZERO)).is_passed());
        let beyond = [Some(Duration::from_hours(1)), Some(Duration::MAX), None];
        for limit in beyond {
            assert!(!TimeLimit::after(now, limit).is_passed());
        }
    }
}
