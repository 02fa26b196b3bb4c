//! Work that is done once, however many ask for it, and not at all when
//! nobody waits for it any more.
//!
//! Whoever asks holds the flight; the work itself holds it only weakly, and is
//! dropped when it comes to be begun and there is nobody left.

use std::collections::HashMap;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use tokio::sync::Notify;

use super::queue::{Job, Priority, Queue, Waiting, lock};

/// Why something could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::serve) enum MakeError {
    /// There is no such track, or no more.
    #[error("not found")]
    Gone,
    /// Too much is waiting.
    #[error("busy")]
    Busy,
    /// It failed; says why.
    #[error("{0}")]
    Failed(String),
}

/// All that is being done.
pub(super) struct Once<K, T>(Mutex<HashMap<K, Weak<Flight<T>>>>);

/// Something that is being done.
pub(super) struct Flight<T> {
    outcome: OnceLock<Result<T, MakeError>>,
    /// What became of what is done behind the outcome.
    end: OnceLock<Result<(), MakeError>>,
    done: Notify,
    jobs: Mutex<Vec<Arc<Job>>>,
    waiting: Mutex<Option<Waiting>>,
}

impl<K, T> Default for Once<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone, T: Clone + Send + Sync + 'static> Once<K, T> {
    /// Whether it is being done.
    pub(super) fn is_in_flight(&self, key: &K) -> bool {
        let flights = lock(&self.0);
        flights
            .get(key)
            .is_some_and(|flight| flight.strong_count() > 0)
    }

    /// Joins what is being done, or begins it by the jobs that `begin` makes.
    pub(super) fn join(
        &self,
        key: &K,
        queue: &Queue,
        priority: Priority,
        begin: impl FnOnce(&Arc<Flight<T>>) -> Vec<Arc<Job>>,
    ) -> Arc<Flight<T>> {
        let mut flights = lock(&self.0);
        let present = flights.get(key).and_then(Weak::upgrade);
        let flight = present.unwrap_or_else(|| {
            if flights.len() > 1024 {
                flights.retain(|_, flight| flight.strong_count() > 0);
            }
            let flight = Arc::new(Flight::new());
            *lock(&flight.jobs) = begin(&flight);
            flights.insert(key.clone(), Arc::downgrade(&flight));
            if priority != Priority::Wanted {
                for job in lock(&flight.jobs).iter() {
                    queue.push(priority, Arc::clone(job));
                }
            }
            flight
        });
        drop(flights);
        if priority == Priority::Wanted {
            flight.want(queue);
        }
        flight
    }
}

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    fn new() -> Self {
        Self {
            outcome: OnceLock::new(),
            end: OnceLock::new(),
            done: Notify::new(),
            jobs: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// Somebody waits for it now, whatever its priority was.
    fn want(&self, queue: &Queue) {
        let mut waiting = lock(&self.waiting);
        if waiting.is_none() && self.outcome.get().is_none() {
            *waiting = Some(queue.wait());
            for job in lock(&self.jobs).iter() {
                queue.push(Priority::Wanted, Arc::clone(job));
            }
        }
    }

    /// Gives the outcome. What comes later than the first is not heard; a
    /// failure is the end, too.
    pub(super) fn finish(&self, outcome: Result<T, MakeError>) {
        if let Err(error) = &outcome {
            let _only_the_first = self.end.set(Err(error.clone())).is_ok();
        }
        let _only_the_first = self.outcome.set(outcome).is_ok();
        lock(&self.waiting).take();
        lock(&self.jobs).clear();
        self.done.notify_waiters();
    }

    /// Tells what became of what was still to be done behind the outcome.
    pub(super) fn end(&self, end: Result<(), MakeError>) {
        let _only_the_first = self.end.set(end).is_ok();
        self.done.notify_waiters();
    }

    /// Waits for the end of all that is done.
    pub(super) async fn ended(&self) -> Result<(), MakeError> {
        loop {
            // Registered before looking, so that nothing is missed.
            let done = self.done.notified();
            if let Some(end) = self.end.get() {
                return end.clone();
            }
            done.await;
        }
    }

    /// Waits for the outcome.
    pub(super) async fn outcome(&self) -> Result<T, MakeError> {
        loop {
            // Registered before looking, so that nothing is missed.
            let done = self.done.notified();
            if let Some(outcome) = self.outcome.get() {
                return outcome.clone();
            }
            done.await;
        }
    }
}

/// A job that does a part of a flight's work, unless nobody waits for it; a
/// panic or an error ends the flight.
pub(super) fn part<T: Clone + Send + Sync + 'static>(
    flight: &Arc<Flight<T>>,
    work: impl FnOnce(&Flight<T>) -> Result<(), MakeError> + Send + 'static,
) -> Arc<Job> {
    let flight = Arc::downgrade(flight);
    Job::new(move || {
        let Some(flight) = flight.upgrade() else {
            return;
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&flight)));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => flight.finish(Err(error)),
            Err(_) => flight.finish(Err(MakeError::Failed("it broke while it was made".into()))),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime")
    }

    #[test]
    fn many_ask_and_it_is_done_once() {
        let queue = Queue::new(2).expect("threads");
        let once = Once::<u8, usize>::default();
        let runs = Arc::new(AtomicUsize::new(0));
        let (release, held) = mpsc::channel::<()>();
        let mut held = Some(held);
        let flights: Vec<_> = (0..200)
            .map(|_| {
                once.join(&7, &queue, Priority::Wanted, |flight| {
                    let (runs, held) = (Arc::clone(&runs), held.take().expect("begun once"));
                    vec![part(flight, move |flight| {
                        held.recv().expect("it is let go");
                        flight.finish(Ok(runs.fetch_add(1, Ordering::SeqCst)));
                        Ok(())
                    })]
                })
            })
            .collect();
        assert_eq!(queue.waiting(), 1);
        release.send(()).expect("it waits");
        for flight in flights {
            assert_eq!(runtime().block_on(flight.outcome()), Ok(0));
        }
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        assert_eq!(queue.waiting(), 0);
        queue.close();
    }

    #[test]
    fn what_nobody_waits_for_is_dropped_and_a_panic_is_told() {
        let queue = Queue::new(1).expect("threads");
        let once = Once::<u8, u8>::default();
        let (release, held) = mpsc::channel::<()>();
        queue.push(
            Priority::Wanted,
            Job::new(move || held.recv().expect("it is let go")),
        );
        let abandoned = once.join(&1, &queue, Priority::Wanted, |flight| {
            vec![part(flight, |_| unreachable!("nobody waits for it"))]
        });
        drop(abandoned);
        assert_eq!(queue.waiting(), 0, "what is dropped is not waited for");
        assert!(!once.is_in_flight(&1));
        let broken = once.join(&2, &queue, Priority::Ahead, |flight| {
            vec![part(flight, |_| panic!("on purpose"))]
        });
        release.send(()).expect("it waits");
        assert!(matches!(
            runtime().block_on(broken.outcome()),
            Err(MakeError::Failed(_))
        ));
        queue.close();
    }
}
