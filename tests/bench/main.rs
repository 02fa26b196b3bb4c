//! How fast segue is on this machine: `cargo bench --bench speed`.
//!
//! All is held against the floor, which is one continuous encode of the same
//! samples by the same encoder: what segue takes beyond it is decoding,
//! hashing, measuring, mastering, the run-in of each segment, boxes and files. What is compared is
//! CPU time, user and system together, of whole processes: a machine that
//! others use makes the clock on the wall say little. Such a machine also runs
//! faster at one time than at another, so all measures take turns, each has the
//! floor taken right before it, and a ratio is the median of each turn's ratio.
//!
//! This measures and asserts nothing: no time is right on every machine.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a table is what this is for"
)]

mod cost;
mod machine;
mod mastering;
mod measures;
mod music;
mod scale;
mod serve;
mod synthesis;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use cost::Failure;
use measures::{Measure, all_cores, floor, one_core};
use music::{Lengths, Music};

/// Rounds that count, behind one that only warms the caches.
const ROUNDS: usize = 3;

/// Measures how fast segue is on this machine.
#[derive(Debug, Parser)]
#[command(name = "speed", bin_name = "cargo bench --bench speed --")]
struct Arguments {
    /// One round, with one minute of music: says little, but soon
    #[arg(long)]
    quick: bool,

    /// The folder of music to take [default: that of Debian's planetblupi-music-ogg or drascula-music]
    #[arg(long, value_name = "FOLDER")]
    music: Option<PathBuf>,

    /// Only what a listener waits for, and how much a server sends
    #[arg(long)]
    serving: bool,

    /// Only what a library of so many short tracks costs, as in 10000
    #[arg(long, value_name = "TRACKS")]
    scale: Option<usize>,

    /// What `cargo bench` adds; without it, nothing is measured
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !arguments.bench {
        // `cargo test --all-targets` comes this way, and is not asking.
        eprintln!("this is no test: run it by `cargo bench --bench speed`");
        return ExitCode::SUCCESS;
    }
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("speed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (lengths, rounds) = if arguments.quick {
        (Lengths::QUICK, 1)
    } else {
        (Lengths::FULL, ROUNDS)
    };
    let folder = tempfile::tempdir()?;
    if let Some(tracks) = arguments.scale {
        println!("{}", scale::table(folder.path(), tracks)?);
        println!("{}", machine::description());
        return Ok(());
    }
    let music = Music::prepare(folder.path(), lengths, arguments.music.as_deref())?;

    if arguments.serving {
        println!("{}", serve::table(&music, folder.path(), rounds)?);
        println!("{}", machine::description());
        return Ok(());
    }

    let core = machine::pin_to_one_core();
    if core.is_none() {
        eprintln!("not pinned: this system does not bind a process to a core");
    }
    let floor = floor(&music.pcm)?;
    let mut alone = one_core(&music, folder.path());
    alone.extend(mastering::measures(&music, folder.path()));
    run_rounds("one core", Some(&floor), &mut alone, rounds)?;
    drop(core);

    let mut together = all_cores(&music, folder.path());
    run_rounds("all cores", None, &mut together, rounds)?;

    let serving = serve::table(&music, folder.path(), rounds)?;

    println!("{}", table::heading(&music, rounds));
    println!("{}", table::one_core(&floor, &alone));
    println!("{}", table::all_cores(&together));
    println!("{serving}");
    println!("{}", machine::description());
    Ok(())
}

/// Runs the measures in turn, first once in vain, then as often as they count.
/// Right before each that is held against the floor, the floor is taken anew.
fn run_rounds(
    title: &str,
    floor: Option<&Measure>,
    measures: &mut [Measure],
    rounds: usize,
) -> Result<(), Failure> {
    for round in 0..=rounds {
        let stage = if round == 0 {
            "warm-up".to_owned()
        } else {
            format!("round {round} of {rounds}")
        };
        for measure in &mut *measures {
            let base = match floor {
                Some(floor) if round > 0 && measure.kind.is_held_against_floor() => {
                    Some((floor.work)()?)
                }
                _ => None,
            };
            let cost = (measure.work)()?;
            let cpu = cost.cpu.as_secs_f64();
            eprintln!("{title}, {stage}: {}, {cpu:.2} s", measure.name);
            if round > 0 {
                measure.costs.push(cost);
                measure.floors.extend(base);
            }
        }
    }
    Ok(())
}
