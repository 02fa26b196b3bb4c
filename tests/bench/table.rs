//! The tables, for people.

use std::fmt::Write;

use crate::cost::{Cost, cpu_ratios, median};
use crate::machine;
use crate::measures::{Kind, Measure};
use crate::music::Music;

/// What `segue render` may take from FLAC, analysis included, as a multiple of
/// the floor.
const RATIO_GOAL: f64 = 1.5;
/// What everything but the encoder may take, as a part of the floor.
const WORK_GOAL: f64 = 0.5;
/// How much of all cores should be busy.
const BUSY_GOAL: f64 = 1.85 / 2.0;

/// What was measured with, and how.
pub(crate) fn heading(music: &Music, rounds: usize) -> String {
    let tracks = music.pcm.files.len();
    let seconds = music.pcm.seconds.round();
    let rounds = if rounds == 1 {
        "one round".to_owned()
    } else {
        format!("medians of {rounds} rounds")
    };
    format!(
        "Speed of segue {}: {tracks} tracks, {seconds} s of {}; {rounds}\n",
        env!("CARGO_PKG_VERSION"),
        music.origin
    )
}

/// CPU time, rate, and what the CPU time is held against.
pub(crate) fn one_core(floor: &Measure, measures: &[Measure]) -> String {
    let mut table = format!(
        "{:<46}{:>9}{:>13}  {}\n",
        "On one core", "CPU time", "× real time", "CPU time : floor"
    );
    let taken = measures.iter().flat_map(|measure| &measure.floors);
    row(&mut table, floor, median_cpu(taken), "1.00");
    for measure in measures {
        let held = held_against(measure, measures);
        row(&mut table, measure, median_cpu(&measure.costs), &held);
    }
    if measures.iter().any(|measure| measure.name.contains("Opus")) {
        table.push_str("Opus is encoded at 48 kHz: 9 per cent more samples than the floor has.\n");
    }
    table
}

/// A measure's CPU time beside that of those that it is compared with.
fn held_against(measure: &Measure, all: &[Measure]) -> String {
    let costs = |kind| {
        let found = all.iter().find(|measure| measure.kind == kind);
        found.map_or(&[][..], |measure| measure.costs.as_slice())
    };
    let to_floor = median(cpu_ratios(&measure.costs, &measure.floors));
    match measure.kind {
        Kind::Floor | Kind::Render => format!("{to_floor:.2}"),
        Kind::RenderFlac => format!("{to_floor:.2} (goal: at most {RATIO_GOAL:.2})"),
        Kind::Ffmpeg => {
            // What masters is held against what masters.
            let is_plain = measure.name.contains(" to AAC");
            let (what, render) = if is_plain {
                ("original", costs(Kind::RenderFlac))
            } else {
                ("warm", one_preset(all))
            };
            let of_render = median(cpu_ratios(render, &measure.costs));
            format!("{to_floor:.2} (segue render -p {what} : ffmpeg {of_render:.2})")
        }
        Kind::WithoutEncoder => format!("{to_floor:.2} (goal: at most {WORK_GOAL:.2})"),
        Kind::SixAtOnce => {
            let singles = median(cpu_ratios(&measure.costs, one_preset(all)));
            format!("{to_floor:.2} ({singles:.2} runs of one preset; goal: less than 6)")
        }
        Kind::Identify => {
            let megabytes_per_second = measure.bytes as f64 / 1e6 / median_cpu(&measure.costs);
            format!(
                "({:.0} s of music at {megabytes_per_second:.0} MB/s)",
                measure.seconds
            )
        }
    }
}

/// What rendering one mastering preset takes.
fn one_preset(all: &[Measure]) -> &[Cost] {
    let one = all.iter().find(|measure| measure.name.contains("-p warm"));
    one.map_or(&[][..], |measure| measure.costs.as_slice())
}

/// Time by the clock, rate, and how many cores were busy.
pub(crate) fn all_cores(measures: &[Measure]) -> String {
    let cores = machine::cores();
    let goal = BUSY_GOAL * cores as f64;
    let title = format!("On all {cores} cores");
    let mut table = format!(
        "{title:<46}{:>9}{:>13}  {}\n",
        "time", "× real time", "cores busy"
    );
    for measure in measures {
        let wall = median(measure.costs.iter().map(|cost| cost.wall.as_secs_f64()));
        let busy = median(measure.costs.iter().map(Cost::cores));
        let mut held = format!("{busy:.2} (goal: at least {goal:.2})");
        let others = median(measure.costs.iter().filter_map(Cost::cores_of_others));
        if others.is_finite() {
            let percent = 100.0
                * median(measure.costs.iter().filter_map(|cost| {
                    Some(cost.cores() / (cores as f64 - cost.cores_of_others()?))
                }));
            let rest = format!("; other programs had {others:.2}, this {percent:.0} % of the rest");
            held.push_str(&rest);
        }
        row(&mut table, measure, wall, &held);
    }
    table
}

fn median_cpu<'a>(costs: impl IntoIterator<Item = &'a Cost>) -> f64 {
    median(costs.into_iter().map(|cost| cost.cpu.as_secs_f64()))
}

fn row(table: &mut String, measure: &Measure, seconds: f64, held: &str) {
    let rate = measure.seconds / seconds;
    // Writing to a string does not fail.
    let _written = writeln!(
        table,
        "{:<46}{seconds:>7.2} s{rate:>13.1}  {held}",
        measure.name
    );
}
