//! What a piece of work costs, and ratios of such costs.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::machine;

/// Why nothing could be measured, in words for a person.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// What one run of a piece of work took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// CPU time of all its threads, user and system together.
    pub(crate) cpu: Duration,
    /// Time by the clock.
    pub(crate) wall: Duration,
    /// CPU time that everybody else on the machine had meanwhile, where the
    /// system tells.
    pub(crate) others: Option<Duration>,
}

impl Cost {
    /// Of a program, from its start to its end. It must succeed.
    pub(crate) fn of_command(command: &mut Command) -> Result<Self, Failure> {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        Self::of(UsageWho::RUSAGE_CHILDREN, || run(command))
    }

    /// Of a program that `work` starts, and waits for.
    pub(crate) fn of_child(work: impl FnOnce() -> Result<(), Failure>) -> Result<Self, Failure> {
        Self::of(UsageWho::RUSAGE_CHILDREN, work)
    }

    /// Of work done by this process itself.
    pub(crate) fn of_work(work: impl FnOnce() -> Result<(), Failure>) -> Result<Self, Failure> {
        Self::of(UsageWho::RUSAGE_SELF, work)
    }

    fn of(who: UsageWho, work: impl FnOnce() -> Result<(), Failure>) -> Result<Self, Failure> {
        let (cpu_before, machine_before) = (cpu_time(who)?, machine::busy_time());
        let began = Instant::now();
        work()?;
        let wall = began.elapsed();
        let cpu = cpu_time(who)?.saturating_sub(cpu_before);
        let machine = machine_before.zip(machine::busy_time());
        let others =
            machine.map(|(before, after)| after.saturating_sub(before).saturating_sub(cpu));
        Ok(Self { cpu, wall, others })
    }

    /// How many cores it kept busy.
    pub(crate) fn cores(&self) -> f64 {
        self.cpu.as_secs_f64() / self.wall.as_secs_f64()
    }

    /// How many cores everybody else kept busy.
    pub(crate) fn cores_of_others(&self) -> Option<f64> {
        self.others
            .map(|others| others.as_secs_f64() / self.wall.as_secs_f64())
    }
}

/// Runs a program; when it fails, what it said is the failure.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("`{program}` does not start: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{program}` failed ({}): {}", output.status, said.trim()).into())
}

fn cpu_time(who: UsageWho) -> Result<Duration, Failure> {
    let usage = getrusage(who)?;
    let microseconds =
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(microseconds.unsigned_abs()))
}

/// The CPU time of `costs` as multiples of that of `base`, round by round.
pub(crate) fn cpu_ratios(costs: &[Cost], base: &[Cost]) -> Vec<f64> {
    costs
        .iter()
        .zip(base)
        .map(|(cost, base)| cost.cpu.as_secs_f64() / base.cpu.as_secs_f64())
        .collect()
}

/// The middle one, or between the middle two; not a number where there is none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count => f64::midpoint(values[(count - 1) / 2], values[count / 2]),
    }
}
