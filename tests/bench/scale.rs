//! Many short tracks: what it costs to find that there is nothing to do, and
//! what grows with their number.
//!
//! What nothing can be cheaper than is a walk over library and site that asks
//! for every file's size and time: runs that have nothing to do are held
//! against it, in turn, by CPU time. Memory is the peak that the kernel counts.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::cost::{Cost, Failure, cpu_ratios, median};
use crate::measures::SEGUE;

/// Rounds of what is cheap.
const ROUNDS: usize = 5;
/// What a run without work may take, as a multiple of the walk.
const RATIO_GOAL: f64 = 3.0;
/// What it may hold in memory, in MB.
const MEMORY_GOAL: f64 = 100.0;
/// Tracks in a folder of the library.
const ALBUM: usize = 12;

/// Makes a library of so many tracks of 0.3 s, renders it, and measures.
pub(crate) fn table(folder: &Path, tracks: usize) -> Result<String, Failure> {
    let (library, site) = (folder.join("library"), folder.join("site"));
    make_library(&library, tracks)?;
    let render = || {
        let mut command = Command::new(SEGUE);
        command.arg("render").arg(&library).arg("-o").arg(&site);
        command.args(["-p", "original", "--quiet"]);
        command
    };
    let of_site = |name: &str| {
        let mut command = Command::new(SEGUE);
        command.arg(name).arg(&site).arg("--quiet");
        command
    };
    let status = || {
        let mut command = Command::new(SEGUE);
        command.arg("status").arg(&library).arg("-o").arg(&site);
        command.args(["-p", "original"]);
        command
    };
    eprintln!("scale: {tracks} tracks are made; rendering them");
    let (first, first_peak) = with_peak(render())?;
    let mut text = format!(
        "{:<40}{:>9}{:>9}{:>10}  {}\n",
        format!("{tracks} tracks of 0.3 s"),
        "clock",
        "CPU time",
        "memory",
        "CPU time : walk"
    );
    row(
        &mut text,
        "segue render, first run",
        &[first],
        first_peak,
        "",
    );
    let mut walks = Vec::new();
    let commands: [(&str, &dyn Fn() -> Command); 3] = [
        ("segue render, nothing to do", &render),
        ("segue status", &status),
        ("segue verify", &|| of_site("verify")),
    ];
    let mut costs: Vec<(Vec<Cost>, f64)> = vec![(Vec::new(), 0.0); commands.len()];
    for round in 0..ROUNDS {
        eprintln!("scale: round {} of {ROUNDS}", round + 1);
        walks.push(Cost::of_work(|| walk(&[&library, &site]))?);
        for ((_, command), (costs, peak)) in commands.iter().zip(&mut costs) {
            let (cost, own_peak) = with_peak(command())?;
            costs.push(cost);
            *peak = own_peak.max(*peak);
        }
    }
    row(
        &mut text,
        "a walk with stat over library and site",
        &walks,
        f64::NAN,
        "1.00",
    );
    for (at, ((name, _), (costs, peak))) in commands.iter().zip(&costs).enumerate() {
        let ratio = median(cpu_ratios(costs, &walks));
        let mut held = format!("{ratio:.2}");
        if at == 0 {
            write!(held, " (goals: {RATIO_GOAL:.2} and {MEMORY_GOAL} MB)")?;
        }
        row(&mut text, name, costs, *peak, &held);
    }
    let catalog = fs::read(site.join("catalog.json"))?;
    let index = fs::metadata(site.join(".segue/scan.json"))?.len();
    writeln!(
        text,
        "catalog.json: {:.2} MB, {:.2} MB as gzip sends it; scan index: {:.2} MB",
        catalog.len() as f64 / 1e6,
        compressed(&catalog)? as f64 / 1e6,
        index as f64 / 1e6
    )?;
    Ok(text)
}

fn row(text: &mut String, name: &str, costs: &[Cost], peak: f64, held: &str) {
    let clock = median(costs.iter().map(|cost| cost.wall.as_secs_f64()));
    let cpu = median(costs.iter().map(|cost| cost.cpu.as_secs_f64()));
    let memory = if peak.is_nan() {
        String::new()
    } else {
        format!("{peak:.0} MB")
    };
    writeln!(
        text,
        "{name:<40}{clock:>7.2} s{cpu:>7.2} s{memory:>10}  {held}"
    )
    .expect("text can always grow");
}

/// Noise, of another seed for each track, in folders of an album each.
fn make_library(folder: &Path, tracks: usize) -> Result<(), Failure> {
    const SPECIFICATION: hound::WavSpec = hound::WavSpec {
        channels: 1,
        sample_rate: 44_100,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    for track in 0..tracks {
        let album = folder.join(format!("album {:05}", track / ALBUM));
        fs::create_dir_all(&album)?;
        let path = album.join(format!("{:02}.wav", track % ALBUM + 1));
        let mut writer = hound::WavWriter::create(path, SPECIFICATION)?;
        // Knuth's MMIX generator.
        let mut state = (track as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        for _ in 0..13_230 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            writer.write_sample((state >> 50) as i16)?;
        }
        writer.finalize()?;
    }
    Ok(())
}

/// Asks for the metadata of every file.
fn walk(folders: &[&Path]) -> Result<(), Failure> {
    for folder in folders {
        for entry in walkdir::WalkDir::new(folder) {
            entry?.metadata()?;
        }
    }
    Ok(())
}

/// Runs a program that must succeed, and tells its peak in MB, too.
fn with_peak(mut command: Command) -> Result<(Cost, f64), Failure> {
    let mut peak = f64::NAN;
    let cost = Cost::of_child(|| {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.spawn()?;
        loop {
            peak = peak_of(child.id()).unwrap_or(peak).max(peak);
            if let Some(status) = child.try_wait()? {
                return if status.success() {
                    Ok(())
                } else {
                    Err(format!("{command:?} failed: {status}").into())
                };
            }
            // A sample of a count that only grows.
            sleep(Duration::from_millis(2));
        }
    })?;
    Ok((cost, peak))
}

/// The peak of a process that still runs, in MB, where the system tells.
fn peak_of(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

fn compressed(bytes: &[u8]) -> Result<usize, Failure> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}
