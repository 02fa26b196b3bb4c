//! Memory is bounded by cores and segment length, not by the length of a track, nor by the covers of a library.

use std::path::Path;
use std::time::Duration;

use crate::support::library::Library;
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
    let highest = run_and_measure(&Segue::render(&library, site.path()), scratch.path());
    let samples = site.only_rendition().samples();
    assert_eq!(
        samples,
        u64::from(hours) * 3600 * 44_100,
        "all of it was rendered"
    );
    check_peak(test, highest, BOUND);
}

/// Runs to the end, which is a good one, and gives the peak in KiB.
fn run_and_measure(segue: &Segue, scratch: &Path) -> u64 {
    let log = std::fs::File::create(scratch.join("log")).expect("the log can be made");
    let mut child = segue
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
    let said = std::fs::read_to_string(scratch.join("log")).expect("the log can be read");
    assert!(status.success(), "segue failed: {said}");
    highest
}

fn check_peak(test: &str, highest: u64, bound: u64) {
    say(&format!("{test}: peak {} MB", highest * 1024 / 1_000_000));
    assert!(highest > 1024, "the peak was measured");
    assert!(
        highest < bound,
        "the peak was {highest} KiB, may be {bound}"
    );
}

/// A picture of noise, which no JPEG makes small: a BMP, which costs nothing to write.
fn write_noise(path: &Path, seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    let picture = image::RgbImage::from_fn(640, 640, |_, _| image::Rgb([byte(), byte(), byte()]));
    picture
        .save_with_format(path, image::ImageFormat::Bmp)
        .expect("a picture");
}

/// What is kept of 400 tracks until they are rendered are not all of their 400 covers, of 0.4 MB each.
#[test]
fn the_covers_of_a_library_do_not_fill_the_memory() {
    let test = "memory::the_covers_of_a_library_do_not_fill_the_memory";
    let _cost = Cost::of(test);
    if !cfg!(target_os = "linux") {
        tools::skip(test, "the peak is read from /proc");
        return;
    }
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for seed in 0..400 {
        let album = Library::at(&library.file(&format!("{seed}")));
        album.add_wav("piece.wav", seed, 1);
        write_noise(&album.file("cover.png"), seed);
    }
    let site = scratch.path().join("site");
    let plan = Segue::render(library.path(), &site).with("--dry-run");
    check_peak(test, run_and_measure(&plan, scratch.path()), BOUND);
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
