//! The library from inside, where the program cannot be asked: a track's PCM is the same from wherever one reads it,
//! and it is what ffmpeg decodes, soxr converts and swresample mixes.

use std::path::{Path, PathBuf};

use segue::decode::{TrackAudio, survey};

use crate::support::run::{Cost, folder, say};
use crate::support::sound::{channel, snr};
use crate::support::tools::{decode, ffmpeg, ffmpeg_or_skip};

/// How a source is made from the noise-like music below: name with ending, options of ffmpeg.
const FORMATS: &[(&str, &[&str])] = &[
    ("pcm.wav", &["-c:a", "pcm_s16le"]),
    ("float.wav", &["-c:a", "pcm_f32le"]),
    ("pcm.aiff", &["-c:a", "pcm_s16be"]),
    ("lossless.flac", &["-c:a", "flac"]),
    ("lossless.m4a", &["-c:a", "alac"]),
    ("lossless.caf", &["-c:a", "alac"]),
    ("lossless.mka", &["-c:a", "flac"]),
    ("layer3.mp3", &["-c:a", "libmp3lame", "-b:a", "128k"]),
    ("variable.mp3", &["-c:a", "libmp3lame", "-q:a", "2"]),
    (
        "untagged.mp3",
        &["-c:a", "libmp3lame", "-b:a", "128k", "-write_xing", "0"],
    ),
    ("aac.m4a", &["-c:a", "aac"]),
    ("aac.aac", &["-c:a", "aac"]),
    ("aac.mka", &["-c:a", "aac"]),
    ("vorbis.ogg", &["-c:a", "libvorbis"]),
    ("vorbis.mka", &["-c:a", "libvorbis"]),
    ("opus.opus", &["-c:a", "libopus"]),
    ("opus.webm", &["-c:a", "libopus"]),
];

/// A minute and a half that is neither silent nor alike anywhere: sweeps, noise bursts and a chord, in stereo.
const MUSIC: &str = "aevalsrc=exprs='0.3*sin(2*PI*(110+3*t)*t)+0.2*sin(2*PI*440*t)*sin(2*PI*0.7*t)+0.1*(random(0)-0.5)\
    |0.3*sin(2*PI*(220+2*t)*t)+0.15*sin(2*PI*659*t)*sin(2*PI*1.3*t)+0.1*(random(1)-0.5)'";

fn make(folder: &Path, name: &str, seconds: u32, rate: u32, options: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let source = format!("{MUSIC}:d={seconds}:s={rate}");
    let mut arguments = vec!["-f", "lavfi", "-i", &source];
    arguments.extend(options);
    let output = path.to_str().expect("a plain name");
    arguments.push(output);
    ffmpeg(arguments);
    path
}

fn open(path: &Path) -> TrackAudio {
    let survey = survey(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    TrackAudio::new(path, survey)
}

fn whole(audio: &TrackAudio) -> Vec<Vec<f32>> {
    let end = i64::try_from(audio.samples()).expect("a short file");
    audio.reader().read(0..end).expect("the file can be read")
}

fn interleaved(planes: &[Vec<f32>]) -> Vec<f32> {
    (0..planes[0].len())
        .flat_map(|frame| planes.iter().map(move |plane| plane[frame]))
        .collect()
}

#[test]
fn the_samples_are_the_same_from_wherever_one_reads() {
    if !ffmpeg_or_skip("the_samples_are_the_same_from_wherever_one_reads") {
        return;
    }
    let _cost = Cost::of("the_samples_are_the_same_from_wherever_one_reads");
    let folder = folder();
    for (name, options) in FORMATS {
        let path = make(folder.path(), name, 90, 44_100, options);
        let audio = open(&path);
        let all = whole(&audio);
        let length = all[0].len();
        let mut random: usize = 12_345;
        for _ in 0..40 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let start = (random >> 20) % length;
            let end = (start + 3000).min(length);
            let range = i64::try_from(start).expect("short")..i64::try_from(end).expect("short");
            // Each window by a reader of its own, which has seen nothing before.
            let window = audio.reader().read(range).expect("a window can be read");
            for (plane, all) in window.iter().zip(&all) {
                assert!(
                    plane[..] == all[start..end],
                    "{name}: samples {start}..{end} differ"
                );
            }
        }
    }
}

#[test]
fn lossless_sources_are_decoded_to_the_bit_and_lossy_ones_as_ffmpeg_does() {
    if !ffmpeg_or_skip("lossless_sources_are_decoded_to_the_bit") {
        return;
    }
    let _cost = Cost::of("lossless_sources_are_decoded_to_the_bit_and_lossy_ones_as_ffmpeg_does");
    let folder = folder();
    for (name, options) in FORMATS {
        // ffmpeg's AAC encoder replaces noise by "noise here": decoders make up their own.
        let mut options = options.to_vec();
        if name.starts_with("aac") {
            options.extend(["-aac_pns", "0"]);
        }
        let path = make(folder.path(), name, 20, 44_100, &options);
        let ours = interleaved(&whole(&open(&path)));
        let mut theirs = decode(&path, 2, None).samples;
        // Where ffmpeg keeps the start-up of ADTS or the like, both do.
        theirs.truncate(ours.len());
        assert_eq!(ours.len(), theirs.len(), "{name}");
        let ratio = snr(&theirs, &ours);
        let least = match name.split_once('.').map_or("", |(stem, _)| stem) {
            "pcm" | "float" | "lossless" => f64::INFINITY,
            // libopus against ffmpeg's own decoder: both are within the format's tolerance.
            "opus" => 40.0,
            _ => 75.0,
        };
        say(&format!("{name}: {ratio:.1} dB against ffmpeg's decoder"));
        assert!(
            ratio >= least,
            "{name}: {ratio:.1} dB against ffmpeg's decoder"
        );
    }
}

#[test]
fn rates_are_converted_as_soxr_does() {
    if !ffmpeg_or_skip("rates_are_converted_as_soxr_does") {
        return;
    }
    let folder = folder();
    for (from, to) in [
        (8000, 48_000),
        (11_025, 44_100),
        (22_050, 44_100),
        (24_000, 48_000),
        (37_800, 48_000),
        (88_200, 44_100),
        (96_000, 48_000),
        (176_400, 44_100),
        (192_000, 48_000),
    ] {
        // What lies between the two converters' band edges is left out of the music.
        let edge = f64::from(from.min(to)) / 2.0 * 0.8;
        let low_pass = format!("sinc=r={from}:lp={edge}:att=150:lptaps=2001[f];[0][f]afir");
        let path = make(
            folder.path(),
            &format!("{from}.wav"),
            8,
            from,
            &["-filter_complex", &low_pass, "-c:a", "pcm_f32le"],
        );
        let ours = interleaved(&whole(&open(&path)));
        let filter = format!("aresample={to}:resampler=soxr:precision=33:osf=flt");
        let theirs = decode(&path, 2, Some(&filter)).samples;
        assert!(
            ours.len().abs_diff(theirs.len()) <= 2 * 2,
            "{from}: {} and {}",
            ours.len(),
            theirs.len()
        );
        // Away from the ends, where the filters hear silence of their own.
        let inside = 20_000..ours.len().min(theirs.len()) - 20_000;
        let ratio = snr(&theirs[inside.clone()], &ours[inside]);
        say(&format!("{from} to {to}: {ratio:.1} dB against soxr"));
        assert!(ratio > 95.0, "{from} to {to}: {ratio:.1} dB against soxr");
    }
}

#[test]
fn surround_is_mixed_down_as_the_table_says() {
    if !ffmpeg_or_skip("surround_is_mixed_down_as_the_table_says") {
        return;
    }
    let folder = folder();
    let layouts = [
        ("3.0", 3),
        ("quad", 4),
        ("5.0", 5),
        ("5.1", 6),
        ("6.1", 7),
        ("7.1", 8),
    ];
    for (name, options) in [
        ("x.wav", &["-c:a", "pcm_s16le"][..]),
        ("x.flac", &["-c:a", "flac"]),
        ("x.ogg", &["-c:a", "libvorbis", "-q:a", "8"]),
        ("x.m4a", &["-c:a", "alac"]),
    ] {
        for (layout, channels) in layouts {
            // Every channel has a tone of its own; the LFE channel's must not be heard.
            let tones: Vec<String> = (0..channels)
                .map(|n| format!("0.3*sin(2*PI*{}*t)", 300 + 170 * n))
                .collect();
            let source = format!(
                "aevalsrc=exprs='{}':d=3:s=44100:c={layout}",
                tones.join("|")
            );
            let path = folder.path().join(format!("{layout}-{name}"));
            let output = path.to_str().expect("a plain name");
            let mut arguments = vec!["-f", "lavfi", "-i", &source];
            arguments.extend(options);
            arguments.push(output);
            if crate::support::tools::try_ffmpeg(arguments).is_err() {
                continue;
            }
            let planes = whole(&open(&path));
            let mixed = decode(&path, 2, Some(&mix_filter(&path_layout(&path)))).samples;
            for (side, plane) in planes.iter().enumerate() {
                let ratio = snr(&channel(&mixed, 2, side), plane);
                assert!(ratio > 60.0, "{layout} {name}, side {side}: {ratio:.1} dB");
            }
        }
    }
}

/// The names of a file's channels in the order in which ffmpeg decodes them.
fn path_layout(path: &Path) -> Vec<&'static str> {
    match crate::support::tools::probe(path, "channel_layout").as_str() {
        "3.0" => vec!["FL", "FR", "FC"],
        "quad" => vec!["FL", "FR", "BL", "BR"],
        "quad(side)" => vec!["FL", "FR", "SL", "SR"],
        "5.0" => vec!["FL", "FR", "FC", "BL", "BR"],
        "5.0(side)" => vec!["FL", "FR", "FC", "SL", "SR"],
        "5.1" => vec!["FL", "FR", "FC", "LFE", "BL", "BR"],
        "5.1(side)" => vec!["FL", "FR", "FC", "LFE", "SL", "SR"],
        "6.1" => vec!["FL", "FR", "FC", "LFE", "BC", "SL", "SR"],
        "6.1(back)" => vec!["FL", "FR", "FC", "LFE", "BL", "BR", "BC"],
        "7.1" => vec!["FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"],
        "7.1(wide)" => vec!["FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC"],
        other => panic!("an unknown layout: {other}"),
    }
}

/// The mix as ffmpeg's `pan` makes it, scaled so that nothing can exceed full scale.
fn mix_filter(positions: &[&str]) -> String {
    let gains: Vec<[f32; 2]> = positions.iter().map(|position| gain(position)).collect();
    let sum = |side: usize| gains.iter().map(|gain| gain[side]).sum::<f32>();
    let scale = sum(0).max(sum(1));
    let side = |side: usize| {
        let terms: Vec<String> = gains
            .iter()
            .enumerate()
            .map(|(index, gain)| format!("{}*c{index}", gain[side] / scale))
            .collect();
        terms.join("+")
    };
    format!("pan=stereo|c0={}|c1={}", side(0), side(1))
}

/// ITU-R BS.775-3, table 2.
fn gain(position: &str) -> [f32; 2] {
    let side = std::f32::consts::FRAC_1_SQRT_2;
    match position {
        "FL" => [1.0, 0.0],
        "FR" => [0.0, 1.0],
        "FC" => [side, side],
        "LFE" => [0.0, 0.0],
        "BC" => [0.5, 0.5],
        "BL" | "SL" | "FLC" => [side, 0.0],
        _ => [0.0, side],
    }
}

#[test]
fn an_opus_headers_gain_is_applied() {
    if !ffmpeg_or_skip("an_opus_headers_gain_is_applied") {
        return;
    }
    let folder = folder();
    let path = make(folder.path(), "plain.mka", 3, 48_000, &["-c:a", "libopus"]);
    let plain = whole(&open(&path));
    // In Matroska the header carries no checksum: the gain can be written into it. -1536/256 is -6 dB.
    let mut bytes = fs_err::read(&path).expect("the file can be read");
    let at = bytes
        .windows(8)
        .position(|window| window == b"OpusHead")
        .expect("a header");
    bytes[at + 16..at + 18].copy_from_slice(&(-1536i16).to_le_bytes());
    let quiet = folder.path().join("quiet.mka");
    fs_err::write(&quiet, bytes).expect("the file can be written");
    let quiet = whole(&open(&quiet));
    let factor = 10f32.powf(-6.0 / 20.0);
    for (plain, quiet) in plain.iter().zip(&quiet) {
        assert!(
            plain
                .iter()
                .zip(quiet)
                .all(|(plain, quiet)| (plain * factor - quiet).abs() < 1e-6)
        );
    }
}

#[test]
fn an_edit_that_ends_early_and_itunes_lengths_are_obeyed() {
    if !ffmpeg_or_skip("an_edit_that_ends_early_and_itunes_lengths_are_obeyed") {
        return;
    }
    let folder = folder();
    let path = make(folder.path(), "a.m4a", 5, 44_100, &["-c:a", "aac"]);
    assert_eq!(open(&path).samples(), 5 * 44_100);
    let tagged = folder.path().join("tagged.m4a");
    fs_err::copy(&path, &tagged).expect("a copy");
    write_itunes_gapless(&tagged, 1024, 200_000);
    assert_eq!(open(&tagged).samples(), 200_000);
    // The edit's own end, where it lies clearly before the media's: patched from 5000 to 3000 ms.
    let mut bytes = fs_err::read(&path).expect("the file can be read");
    let at = bytes
        .windows(4)
        .position(|window| window == b"elst")
        .expect("an edit list");
    bytes[at + 12..at + 16].copy_from_slice(&3000u32.to_be_bytes());
    let cut = folder.path().join("cut.m4a");
    fs_err::write(&cut, bytes).expect("the file can be written");
    assert_eq!(open(&cut).samples(), 3 * 44_100);
}

fn write_itunes_gapless(path: &Path, delay: u64, samples: u64) {
    use lofty::config::WriteOptions;
    use lofty::file::AudioFile;
    use lofty::mp4::{Atom, AtomData, AtomIdent, Ilst, Mp4File};
    let mut file = fs_err::File::open(path).expect("the file opens");
    let mut tagged =
        Mp4File::read_from(&mut file, lofty::config::ParseOptions::new()).expect("an MP4 file");
    let text = format!(" 00000000 {delay:08X} 00000000 {samples:016X} 00000000 00000000");
    let ident = AtomIdent::Freeform {
        mean: "com.apple.iTunes".into(),
        name: "iTunSMPB".into(),
    };
    let mut tags = Ilst::default();
    tags.insert(Atom::new(ident, AtomData::UTF8(text)));
    tagged.set_ilst(tags);
    tagged
        .save_to_path(path, WriteOptions::default())
        .expect("the tag can be written");
}

#[test]
#[ignore = "soak: ten hours each of FLAC, MP3, AAC and Opus"]
fn the_ninth_hour_is_there_within_two_seconds() {
    const FAR: &[(&str, &[&str])] = &[
        ("long.flac", &["-c:a", "flac", "-compression_level", "0"]),
        (
            "long.mp3",
            &[
                "-c:a",
                "libmp3lame",
                "-b:a",
                "128k",
                "-compression_level",
                "9",
            ],
        ),
        ("long.m4a", &["-c:a", "aac", "-aac_coder", "fast"]),
        ("long.opus", &["-c:a", "libopus", "-compression_level", "0"]),
    ];
    let _cost = Cost::of("the_ninth_hour_is_there_within_two_seconds");
    let folder = folder();
    for (name, options) in FAR {
        let path = folder.path().join(name);
        crate::support::tools::ffmpeg_or_skip("the_ninth_hour_is_there_within_two_seconds");
        crate::memory::make_long(folder.path(), &path, 10, options);
        let audio = open(&path);
        let start = i64::from(audio.rate().0) * 3600 * 8 + 1_234_567;
        let began = std::time::Instant::now();
        let far = audio
            .reader()
            .read(start..start + 262_144)
            .expect("the ninth hour can be read");
        let waited = began.elapsed().as_secs_f64();
        say(&format!("{name}: the ninth hour after {waited:.3} s"));
        assert!(waited < 2.0, "{name}: {waited} s");
        // Come to from the half hour before, without a seek in between.
        let mut reader = audio.reader();
        let before = start - i64::from(audio.rate().0) * 1800;
        let mut at = before;
        while at < start {
            let end = (at + 262_144).min(start);
            reader
                .read(at..end)
                .expect("the half hour before can be read");
            at = end;
        }
        let near = reader
            .read(start..start + 262_144)
            .expect("the same window can be read");
        assert!(far == near, "{name}: the ninth hour differs");
        fs_err::remove_file(&path).expect("the file can be removed");
    }
}
