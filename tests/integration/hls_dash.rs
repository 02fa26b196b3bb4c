//! Playlists and MPD: ffmpeg plays them to the end, and they say what the manifest says.

use std::fs;
use std::path::Path;

use crate::support::library::Library;
use crate::support::run::{Cost, Segue, folder};
use crate::support::site::{Rendition, Site};
use crate::support::sound::{Sound, write_wav};
use crate::support::tools::{self, decode};

pub(crate) const UNIT: u64 = 1024;

/// A site with a stereo track of 44.1 kHz with an odd length and a mono track of 48 kHz.
pub(crate) fn render(scratch: &Path) -> Site {
    let library = Library::at(&scratch.join("library"));
    write_wav(
        &library.file("stereo.wav"),
        Sound::Music(1),
        44_100,
        2,
        44_100 * 31 + 4_321,
    );
    write_wav(
        &library.file("mono.wav"),
        Sound::Music(2),
        48_000,
        1,
        48_000 * 20 + 1,
    );
    write_wav(
        &library.file("short.wav"),
        Sound::Music(3),
        44_100,
        2,
        5_000,
    );
    let site = Site::at(&scratch.join("site"));
    Segue::render(library.path(), site.path())
        .with("--whole-file")
        .run_well();
    site.check();
    assert_eq!(site.renditions().len(), 3, "three tracks are rendered");
    site
}

/// What ffmpeg says of these files that tells of no fault: it probes what it plays anyway.
fn of_consequence(warnings: &str) -> Vec<&str> {
    warnings
        .lines()
        .filter(|line| !line.contains("Skip ('#EXT") && !line.trim().is_empty())
        .collect()
}

/// Seconds told in an XML or playlist duration such as `PT31.098S` or `PT1M2.5S`.
fn iso_seconds(duration: &str) -> f64 {
    let mut rest = duration
        .strip_prefix("PT")
        .expect("an ISO 8601 duration of hours, minutes, seconds");
    let mut seconds = 0.0;
    for (unit, weight) in [('H', 3600.0), ('M', 60.0), ('S', 1.0)] {
        if let Some((value, after)) = rest.split_once(unit) {
            seconds += weight * value.parse::<f64>().expect("a number in a duration");
            rest = after;
        }
    }
    seconds
}

/// A length in samples as seconds.
fn seconds(samples: u64, rate: u64) -> f64 {
    let samples = f64::from(u32::try_from(samples).expect("tracks of these tests are short"));
    samples / f64::from(u32::try_from(rate).expect("a rate is small"))
}

/// The value of an attribute, from where `tag` opens.
fn attribute<'a>(xml: &'a str, tag: &str, name: &str) -> Option<&'a str> {
    let opened = xml.split_once(&format!("<{tag} "))?.1;
    let inside = opened.split_once('>')?.0;
    let value = inside.split_once(&format!("{name}=\""))?.1;
    Some(value.split_once('"')?.0)
}

#[test]
fn ffmpeg_plays_playlists_and_mpd_to_the_end() {
    let test = "hls_dash::ffmpeg_plays_playlists_and_mpd_to_the_end";
    let _cost = Cost::of(test);
    if !tools::ffmpeg_or_skip(test) {
        return;
    }
    let scratch = folder();
    for rendition in render(scratch.path()).renditions() {
        let channels = rendition.channels();
        let title = &rendition.title;
        let joined_file = rendition.join_segments(scratch.path());
        let joined = decode(&joined_file, channels, None).without_warning();
        assert_eq!(
            joined.frames() as u64,
            rendition.decoded_samples(),
            "{title}: joined"
        );
        let media = rendition.file("hls").with_file_name("index.m3u8");
        for playlist in [media, rendition.file("hls"), rendition.file("dash")] {
            let played = decode(&playlist, channels, None);
            let shown = playlist.display();
            assert_eq!(
                of_consequence(&played.warnings),
                Vec::<&str>::new(),
                "{shown}"
            );
            assert_eq!(
                played.frames(),
                joined.frames(),
                "{shown}: every sample is there"
            );
            assert!(
                played.samples == joined.samples,
                "{shown}: it sounds as the segments do"
            );
        }
        // The whole file takes the pre-roll away by its edit list. In fragmented files ffmpeg obeys by shifting times
        // only: the pre-roll stands before 0, and is still decoded.
        let whole_file = rendition.media_folder().join("audio.mp4");
        let whole = decode(&whole_file, channels, None).without_warning();
        assert!(
            whole.samples == joined.samples,
            "{title}: audio.mp4 sounds as the segments do"
        );
        assert_eq!(
            tools::probe(&whole_file, "start_pts"),
            "-1024",
            "{title}: its edit list"
        );
        assert_eq!(
            tools::probe(&rendition.file("init"), "codec_name"),
            "aac",
            "{title}: ffprobe reads the init segment"
        );
        assert_eq!(tools::probe(&joined_file, "profile"), "LC", "{title}");
    }
}

/// The durations of a media playlist, each given with six decimals.
fn playlist_durations(text: &str) -> Vec<f64> {
    text.lines()
        .filter_map(|line| line.strip_prefix("#EXTINF:"))
        .map(|line| {
            let value = line.split(',').next().unwrap_or_default();
            let decimals = value
                .split_once('.')
                .map_or(0, |(_, decimals)| decimals.len());
            assert_eq!(decimals, 6, "EXTINF {value} has six decimals");
            value.parse().expect("EXTINF is a number")
        })
        .collect()
}

/// Holds the media playlist against the manifest.
fn check_media_playlist(rendition: &Rendition) {
    let rate = rendition.number("sample_rate");
    let text = fs::read_to_string(rendition.media_folder().join("index.m3u8"))
        .expect("the playlist can be read");
    for line in [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-ENDLIST",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "the playlist has {line}"
        );
    }
    assert!(
        text.lines()
            .any(|line| line == "#EXT-X-MAP:URI=\"init.mp4\""),
        "the playlist names the init segment"
    );
    let durations = playlist_durations(&text);
    let segments = rendition.segments();
    assert_eq!(
        durations.len(),
        segments.len(),
        "one EXTINF for each segment"
    );
    for (index, (told, segment)) in durations.iter().zip(&segments).enumerate() {
        // Segment 0 lasts a unit longer; the last one's media may be filled up to a whole unit.
        let pre_roll = if index == 0 { UNIT } else { 0 };
        let least = seconds(segment.samples + pre_roll, rate);
        let most = if index + 1 == segments.len() {
            least + seconds(UNIT, rate)
        } else {
            least
        };
        assert!(
            *told > least - 1e-6 && *told < most + 1e-6,
            "EXTINF {told} of segment {index}, from {least} to {most}"
        );
    }
    let target: f64 = text
        .lines()
        .find_map(|line| line.strip_prefix("#EXT-X-TARGETDURATION:"))
        .expect("there is a target duration")
        .parse()
        .expect("the target duration is an integer");
    assert!(
        durations.iter().all(|duration| duration.round() <= target),
        "no segment is longer than the target duration"
    );
    let uris: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    let expected: Vec<String> = (0..segments.len())
        .map(|index| format!("{index}.m4s"))
        .collect();
    assert_eq!(uris, expected, "the segments are listed in order");
}

/// The bound on the bit rate has to hold for every segment.
fn check_multivariant_playlist(rendition: &Rendition) {
    let text = fs::read_to_string(rendition.file("hls")).expect("the playlist can be read");
    let variants: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("#EXT-X-STREAM-INF:"))
        .collect();
    assert_eq!(
        variants.len(),
        1,
        "one multivariant playlist for each preset"
    );
    assert!(
        variants[0].contains("CODECS=\"mp4a.40.2\""),
        "the codec is told"
    );
    let bandwidth = variants[0]
        .split("BANDWIDTH=")
        .nth(1)
        .expect("the bandwidth is told");
    let bandwidth: f64 = bandwidth
        .split(',')
        .next()
        .unwrap_or_default()
        .parse()
        .expect("a number");
    let rate = rendition.number("sample_rate");
    for segment in rendition.segments() {
        let bits = 8.0 * seconds(segment.bytes, 1);
        let measured = bits / seconds(segment.samples + UNIT, rate);
        assert!(
            measured <= bandwidth,
            "BANDWIDTH {bandwidth} is exceeded by {measured}"
        );
    }
}

/// Holds the MPD against the manifest.
fn check_mpd(rendition: &Rendition) {
    let rate = rendition.number("sample_rate");
    let xml = fs::read_to_string(rendition.file("dash")).expect("the MPD can be read");
    let xml = xml.replace('\n', " ");
    let told = |tag: &str, name: &str| {
        attribute(&xml, tag, name).unwrap_or_else(|| panic!("{tag} has {name}"))
    };
    let duration = iso_seconds(told("MPD", "mediaPresentationDuration"));
    let exact = seconds(rendition.samples(), rate);
    assert!(
        (duration - exact).abs() < 1e-5,
        "mediaPresentationDuration {duration} should be {exact}"
    );
    assert_eq!(told("MPD", "type"), "static");
    assert_eq!(told("SegmentTemplate", "timescale"), rate.to_string());
    assert_eq!(told("SegmentTemplate", "presentationTimeOffset"), "1024");
    assert_eq!(told("SegmentTemplate", "startNumber"), "0");
    let mut counted = Vec::new();
    for entry in xml.split("<S ").skip(1) {
        let entry = format!("<S {entry}");
        let number = |name: &str| {
            attribute(&entry, "S", name).map(|value| value.parse::<u64>().expect("a number"))
        };
        let length = number("d").expect("S has d");
        counted.extend(std::iter::repeat_n(
            length,
            usize::try_from(number("r").unwrap_or(0) + 1).expect("small"),
        ));
    }
    let segments = rendition.segments();
    assert_eq!(
        counted.len(),
        segments.len(),
        "the timeline has every segment"
    );
    for (index, (&told, segment)) in counted.iter().zip(&segments).enumerate() {
        let least = segment.samples + if index == 0 { UNIT } else { 0 };
        let most = if index + 1 == segments.len() {
            least + UNIT
        } else {
            least
        };
        assert!(
            (least..=most).contains(&told),
            "S d={told} of segment {index}, from {least} to {most}"
        );
    }
}

#[test]
fn playlists_and_mpd_say_what_the_manifest_says() {
    let _cost = Cost::of("hls_dash::playlists_and_mpd_say_what_the_manifest_says");
    let scratch = folder();
    for rendition in render(scratch.path()).renditions() {
        check_media_playlist(&rendition);
        check_multivariant_playlist(&rendition);
        check_mpd(&rendition);
    }
}
