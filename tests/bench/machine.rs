//! The machine: its cores, and who has them.

use std::fs;
use std::thread::available_parallelism;
use std::time::Duration;

/// This process, and those that it starts, are bound to one core until this is
/// dropped.
#[derive(Debug)]
pub(crate) struct OneCore {
    #[cfg(target_os = "linux")]
    before: nix::sched::CpuSet,
}

/// Binds this process to the last of its cores: the first has the interrupts.
#[cfg(target_os = "linux")]
pub(crate) fn pin_to_one_core() -> Option<OneCore> {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    let this = Pid::from_raw(0);
    let before = sched_getaffinity(this).ok()?;
    let last = (0..CpuSet::count())
        .rev()
        .find(|core| before.is_set(*core) == Ok(true))?;
    let mut one = CpuSet::new();
    one.set(last).ok()?;
    sched_setaffinity(this, &one).ok()?;
    Some(OneCore { before })
}

/// Other systems have no call for it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn pin_to_one_core() -> Option<OneCore> {
    None
}

#[cfg(target_os = "linux")]
impl Drop for OneCore {
    fn drop(&mut self) {
        // Whoever was bound may be unbound.
        let _unbound = nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &self.before);
    }
}

/// How many cores there are for this process.
pub(crate) fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// The CPU time that the machine has given to all processes since it started,
/// and to other machines on the same hardware; `None` where it does not tell.
pub(crate) fn busy_time() -> Option<Duration> {
    // proc(5): hundredths of a second as user, nice, system, idle, iowait, irq,
    // softirq, steal.
    let statistics = fs::read_to_string("/proc/stat").ok()?;
    let fields = statistics
        .lines()
        .next()?
        .split_whitespace()
        .skip(1)
        .take(8);
    let ticks: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
    let busy = ticks.iter().sum::<u64>() - ticks.get(3)? - ticks.get(4)?;
    Some(Duration::from_millis(busy * 10))
}

/// The number of cores and the name of the processor.
pub(crate) fn description() -> String {
    let model = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|information| {
            let line = information
                .lines()
                .find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        });
    let model = model.unwrap_or_else(|| format!("an unnamed {} processor", std::env::consts::ARCH));
    format!("Machine: {} cores of {model}", cores())
}
