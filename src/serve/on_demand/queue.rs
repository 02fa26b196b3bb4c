//! Work in the order in which it is wanted, on a fixed number of threads.
//!
//! What somebody waits for goes first, in the order in which it was asked for;
//! then what they will want next; then what the library needs to be known; then
//! the rest. Jobs are short (a segment, half a minute to measure), so that what
//! is urgent never waits long for what is not.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Decoders and mastering take more than a thread's usual stack.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// How soon a job is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Priority {
    /// Somebody waits for it.
    Wanted,
    /// Somebody will want it next.
    Ahead,
    /// A source whose track is not known yet.
    Identify,
    /// Some time.
    Background,
}

const PRIORITIES: usize = 4;

/// A job, which is done once, however often it stands in the queue.
pub(super) struct Job(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Job {
    pub(super) fn new(work: impl FnOnce() + Send + 'static) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(Box::new(work)))))
    }

    /// Does it, unless that was done already. A panic is this job's alone.
    fn run(&self) {
        let work = lock(&self.0).take();
        if let Some(work) = work {
            // Whoever waits learns of it from the flight that is dropped.
            let _panicked = catch_unwind(AssertUnwindSafe(work)).is_err();
        }
    }
}

/// The queue, and the threads that empty it.
pub(super) struct Queue {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    workers: usize,
}

struct Shared {
    state: Mutex<State>,
    work: Condvar,
    waiting: Arc<AtomicUsize>,
}

#[derive(Default)]
struct State {
    jobs: [VecDeque<Arc<Job>>; PRIORITIES],
    is_closed: bool,
}

/// Counts a piece of work that somebody waits for, until it is dropped.
pub(super) struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Queue {
    /// A queue that `workers` threads empty.
    pub(super) fn new(workers: usize) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            work: Condvar::new(),
            waiting: Arc::default(),
        });
        let threads = (0..workers)
            .map(|number| {
                let shared = Arc::clone(&shared);
                Builder::new()
                    .name(format!("render-{number}"))
                    .stack_size(STACK_BYTES)
                    .spawn(move || shared.empty())
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            shared,
            threads: Mutex::new(threads),
            workers,
        })
    }

    /// How many threads there are.
    pub(super) fn workers(&self) -> usize {
        self.workers
    }

    /// Puts a job behind those of its priority. One that stands there with a
    /// lower priority is done at the higher.
    pub(super) fn push(&self, priority: Priority, job: Arc<Job>) {
        let mut state = lock(&self.shared.state);
        if !state.is_closed {
            state.jobs[priority as usize].push_back(job);
            drop(state);
            self.shared.work.notify_one();
        }
    }

    /// Counts something that is waited for.
    pub(super) fn wait(&self) -> Waiting {
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(Arc::clone(&self.shared.waiting))
    }

    /// How many pieces of work are waited for.
    pub(super) fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    /// How many jobs stand in the queue, by priority.
    pub(super) fn lengths(&self) -> [usize; PRIORITIES] {
        let state = lock(&self.shared.state);
        std::array::from_fn(|priority| state.jobs[priority].len())
    }

    /// Takes no more jobs, drops what is not begun, and waits for the rest.
    pub(super) fn close(&self) {
        {
            let mut state = lock(&self.shared.state);
            state.is_closed = true;
            state.jobs = Default::default();
        }
        self.shared.work.notify_all();
        for thread in lock(&self.threads).drain(..) {
            // A thread that panicked has ended, too.
            let _ended = thread.join();
        }
    }
}

impl Shared {
    fn empty(&self) {
        loop {
            let mut state = lock(&self.state);
            let job = loop {
                if state.is_closed {
                    return;
                }
                let next = state.jobs.iter_mut().find_map(VecDeque::pop_front);
                match next {
                    Some(job) => break job,
                    None => {
                        state = self
                            .work
                            .wait(state)
                            .unwrap_or_else(PoisonError::into_inner);
                    }
                }
            };
            drop(state);
            job.run();
        }
    }
}

/// Locks what no panic leaves half changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_is_wanted_goes_first_and_nothing_is_done_twice() {
        let queue = Queue::new(1).expect("threads");
        let (done, outcome) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        queue.push(
            Priority::Wanted,
            Job::new(move || held.recv().expect("it is let go")),
        );
        let say = |name: &'static str| {
            let done = done.clone();
            Job::new(move || done.send(name).expect("somebody listens"))
        };
        queue.push(Priority::Background, say("background"));
        let raised = say("raised");
        queue.push(Priority::Background, Arc::clone(&raised));
        queue.push(Priority::Ahead, say("ahead"));
        queue.push(Priority::Wanted, say("first wanted"));
        queue.push(Priority::Wanted, say("second wanted"));
        queue.push(Priority::Wanted, raised);
        release.send(()).expect("it waits");
        let order: Vec<&str> = outcome.iter().take(5).collect();
        assert_eq!(
            order,
            [
                "first wanted",
                "second wanted",
                "raised",
                "ahead",
                "background"
            ]
        );
        queue.push(Priority::Wanted, Job::new(|| panic!("on purpose")));
        queue.push(Priority::Wanted, say("after a panic"));
        assert_eq!(outcome.recv(), Ok("after a panic"));
        queue.close();
        assert!(outcome.try_recv().is_err());
    }
}
