//! Memory is bounded by cores and segment length, not by the length of a track.

use std::path::Path;
use std::time::Duration;

use crate::support::run::{Cost, Segue, folder, say};
use crate::support::site::Site;
use crate::support::sound::{Sound, write_wav};
use crate::support::tools;

/// The peak may not reach this, in KiB: 200 MB.
const BOUND: u64 = 200_000_000 / 1024;

/// Peak resident memory (KiB) of a process that still runs, as the kernel counts it. It only ever grows.
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Renders a source of this many hours and holds the peak below the bound.
fn render_long(test: &'static str, hours: u32, extension: &str, options: &[&str]) {
    let _cost = Cost::of(test);
    if !cfg!(target_os = "linux") {
        tools::skip(test, "the peak is read from /proc");
        return;
    }
    if !tools::ffmpeg_or_skip(test) {
        return;
    }
    let scratch = folder();
    let library = scratch.path().join("library");
    std::fs::create_dir(&library).expect("the folder can be made");
    make_long(
        scratch.path(),
        &library.join(format!("long.{extension}")),
        hours,
        options,
    );
    let site = Site::at(&scratch.path().join("site"));
    let log = std::fs::File::create(scratch.path().join("log")).expect("the log can be made");
    let mut child = Segue::render(&library, site.path())
        .command()
        .stdout(std::process::Stdio::null())
        .stderr(log)
        .spawn()
        .expect("segue should start");
    let mut highest = 0;
    let status = loop {
        highest = peak(child.id()).unwrap_or(0).max(highest);
        if let Some(status) = child.try_wait().expect("segue can be waited for") {
            break status;
        }
        // A sample of a count that only grows: what a later sample says covers what was missed between.
        std::thread::sleep(Duration::from_millis(20));
    };
    let said = std::fs::read_to_string(scratch.path().join("log")).expect("the log can be read");
    assert!(status.success(), "segue failed: {said}");
    let samples = site.only_rendition().samples();
    assert_eq!(
        samples,
        u64::from(hours) * 3600 * 44_100,
        "all of it was rendered"
    );
    say(&format!("{test}: peak {} MB", highest * 1024 / 1_000_000));
    assert!(highest > 1024, "the peak was measured");
    assert!(
        highest < BOUND,
        "the peak was {highest} KiB, may be {BOUND}"
    );
}

/// Repeats a minute of synthesised music until it is long enough.
pub(crate) fn make_long(scratch: &Path, out: &Path, hours: u32, options: &[&str]) {
    let minute = scratch.join("minute.wav");
    write_wav(&minute, Sound::Music(7), 44_100, 2, 44_100 * 60);
    let repeats = (hours * 60 - 1).to_string();
    let mut arguments = vec![
        "-stream_loop".to_owned(),
        repeats,
        "-i".to_owned(),
        minute.to_string_lossy().into_owned(),
    ];
    arguments.extend(options.iter().map(|&option| option.to_owned()));
    arguments.push(out.to_string_lossy().into_owned());
    tools::ffmpeg(arguments);
}

#[test]
fn an_hour_stays_below_200_megabytes() {
    render_long(
        "memory::an_hour_stays_below_200_megabytes",
        1,
        "flac",
        &["-c:a", "flac", "-compression_level", "0"],
    );
}

#[test]
#[ignore = "soak: ten hours of FLAC"]
fn ten_hours_of_flac_stay_below_200_megabytes() {
    render_long(
        "memory::ten_hours_of_flac_stay_below_200_megabytes",
        10,
        "flac",
        &["-c:a", "flac", "-compression_level", "0"],
    );
}

#[test]
#[ignore = "soak: ten hours of MP3"]
fn ten_hours_of_mp3_stay_below_200_megabytes() {
    render_long(
        "memory::ten_hours_of_mp3_stay_below_200_megabytes",
        10,
        "mp3",
        &[
            "-c:a",
            "libmp3lame",
            "-b:a",
            "128k",
            "-compression_level",
            "9",
        ],
    );
}
