//! What mastering does to synthesised sources: curves, dynamics, extremes, albums, and the bytes that come out.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use segue::analysis::{Analysis, Measurements, third_octave_hz};
use segue::decode::{TrackAudio, survey};
use segue::manifest::SiteSettings;
use segue::mastering::{Compressor, Decision, Intensity, Presets, Style, decide, response_db};
use segue::progress::Silent;
use segue::render::{PlacedTrack, Recipe, measure};
use segue::signal::decibels;
use segue::site::TrackId;

use crate::golden::check;
use crate::mastering_real_music::by_ffmpeg;
use crate::support::run::{Segue, folder, say};
use crate::support::site::{Rendition, Site, text};
use crate::support::sound::Noise;
use crate::support::tools;

const RATE: u32 = 44_100;

/// Writes samples, the same in both channels or one's own for each, as 16-bit stereo.
fn write_stereo(path: &Path, rate: u32, samples: impl IntoIterator<Item = [f64; 2]>) {
    let specification = hound::WavSpec {
        channels: 2,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, specification).expect("a WAV");
    for value in samples.into_iter().flatten() {
        writer
            .write_sample(crate::support::sound::to_i16(value))
            .expect("a sample");
    }
    writer.finalize().expect("the WAV can be closed");
}

fn open(path: &Path) -> (TrackAudio, TrackId) {
    let survey = survey(path).expect("the source can be read");
    let id = TrackId::from_hash(&survey.encoded_audio);
    (TrackAudio::new(path, survey), id)
}

fn measured(path: &Path) -> Measurements {
    let (audio, id) = open(path);
    measure(&audio, id, &Silent).expect("it can be measured")
}

/// Exports a file by the program, mastered.
fn export(source: &Path, name: &str, flags: &[&str]) -> PathBuf {
    let out = source.with_extension(format!("{name}.wav"));
    let mut command = Segue::new("export").with(source).with("-o").with(&out);
    for flag in flags {
        command = command.with(flag);
    }
    command.run_well();
    out
}

fn seconds(count: f64) -> usize {
    (count * f64::from(RATE)) as usize
}

/// Pink noise by summed octaves of held noise (R. F. Voss, 1978).
fn pink(level: f64, frames: usize) -> Vec<[f64; 2]> {
    let mut noise = Noise::seeded(7);
    let mut held = [[0.0; 2]; 14];
    (0..frames)
        .map(|frame| {
            let changed = (frame as u32).trailing_zeros().min(13) as usize;
            held[changed] = [noise.next(), noise.next()];
            let white = [noise.next(), noise.next()];
            std::array::from_fn(|channel| {
                let sum: f64 = held.iter().map(|row| row[channel]).sum();
                level * (sum + white[channel]) / 15.0
            })
        })
        .collect()
}

#[test]
fn each_preset_changes_the_spectrum_by_its_curve() {
    let scratch = folder();
    let source = scratch.path().join("pink.wav");
    write_stereo(&source, RATE, pink(0.5, seconds(30.0)));
    let before = measured(&source);
    let mut table = String::new();
    for preset in Presets::default().all() {
        let Style::Fixed(values) = preset.style else {
            continue;
        };
        // The same preset with its compressor idle, and so soft that the limiter is idle, too.
        let idle = preset
            .to_toml()
            .replace(
                &format!("ratio = {:?}", values.compressor.ratio),
                "ratio = 1.0",
            )
            .replace(
                &format!("target_lufs = {:?}", values.target_lufs),
                "target_lufs = -30.0",
            );
        let file = scratch.path().join(format!("{}.toml", preset.name));
        fs_err::write(&file, idle).expect("a file");
        let name = format!("my-{}", preset.name);
        let file = file.to_string_lossy();
        // Half of a preset is half of its curve: nothing is mixed, so nothing cancels.
        for share in [1.0, 0.5] {
            let intensity = share.to_string();
            let flags = [
                "-p",
                &name,
                "--preset-file",
                &file,
                "--intensity",
                &intensity,
            ];
            let after = measured(&export(&source, &format!("{name}-{intensity}"), &flags));
            // From 50 Hz on: below, thirty seconds of noise say too little.
            let changes: Vec<(f64, f64)> = (4..30)
                .map(|third| {
                    let change =
                        decibels(after.third_octave(third)) - decibels(before.third_octave(third));
                    let curve = response_db(&values.equaliser_db, third_octave_hz(third));
                    (change, share * curve)
                })
                .collect();
            let offs = changes.iter().map(|(change, curve)| change - curve);
            let gain = offs.sum::<f64>() / changes.len() as f64;
            for (third, (change, curve)) in changes.iter().enumerate() {
                let off = change - gain - curve;
                let _ = writeln!(
                    table,
                    "{:8} {intensity:3} {:8.0} Hz: {:+.2} dB, curve {curve:+.2}",
                    preset.name,
                    third_octave_hz(third + 4),
                    change - gain
                );
                assert!(off.abs() < 0.5, "{table}");
            }
        }
    }
    say(&table);
    assert_eq!(table.lines().count(), 2 * 5 * 26);
}

#[test]
fn the_dynamics_survive() {
    let scratch = folder();
    let source = scratch.path().join("quiet-loud.wav");
    let mut noise = Noise::seeded(3);
    let part = |level: f64| move |()| level;
    let levels = [0.01, 0.2].map(|level| (part(level), seconds(12.0)));
    let samples: Vec<[f64; 2]> = levels
        .iter()
        .flat_map(|(level, frames)| vec![level(()); *frames])
        .map(|level| [level * noise.next(), level * noise.next()])
        .collect();
    write_stereo(&source, RATE, samples);
    let level = |measured: &Measurements, from: usize| {
        let blocks = &measured.energies()[from..from + 80];
        decibels(blocks.iter().sum::<f64>() / blocks.len() as f64)
    };
    let before = measured(&source);
    let difference = level(&before, 140) - level(&before, 20);
    for preset in Presets::default().all() {
        let Some(decision) = decide(preset, Intensity::FULL, &before) else {
            continue;
        };
        let after = measured(&export(&source, &preset.name, &["-p", &preset.name]));
        let shrunk = difference - (level(&after, 140) - level(&after, 20));
        let compressor = Compressor::new(&decision.settings.compressor, before.rate());
        // Uniform noise: its level, as a full-scale sine's is 0, is that of its peak and -1.76 dB.
        let sine_level = |peak: f64| decibels(peak * peak) - 1.76;
        let curve = compressor.curve_db(sine_level(0.2)) - compressor.curve_db(sine_level(0.01));
        assert!(
            shrunk < curve + 0.5,
            "{}: {shrunk:.2} dB of {difference:.2}, where the curve takes {curve:.2}",
            preset.name
        );
    }
}

/// Four seconds each of what is hardly music.
fn extremes() -> Vec<(&'static str, Vec<[f64; 2]>)> {
    let mut noise = Noise::seeded(9);
    let long = seconds(4.0);
    vec![
        ("silence", vec![[0.0; 2]; long]),
        (
            "click",
            (0..long)
                .map(|at| if at == long / 2 { [1.0; 2] } else { [0.0; 2] })
                .collect(),
        ),
        ("direct-current", vec![[0.5; 2]; long]),
        (
            "square",
            (0..long)
                .map(|at| {
                    if at / 50 % 2 == 0 {
                        [1.0; 2]
                    } else {
                        [-1.0; 2]
                    }
                })
                .collect(),
        ),
        (
            "tenth-of-a-second",
            (0..seconds(0.1))
                .map(|_| [noise.next(), noise.next()])
                .collect(),
        ),
        (
            "full-scale-noise",
            (0..long).map(|_| [noise.next(), noise.next()]).collect(),
        ),
        // Steady noise at about -50 LUFS, which is no music.
        (
            "near-silence",
            (0..long)
                .map(|_| [0.0025 * noise.next(), 0.0025 * noise.next()])
                .collect(),
        ),
        // Its samples reach -3 dBFS, what is between them full scale: a quarter
        // of the rate, a quarter of a turn on.
        ("burst-between-samples", {
            let low = |at: usize| 0.01 * (at as f64 * 0.05).sin();
            let burst = |at: usize| [0.707, 0.707, -0.707, -0.707][at % 4];
            let sample = |at| {
                if (long / 2..long / 2 + 400).contains(&at) {
                    burst(at)
                } else {
                    low(at)
                }
            };
            (0..long).map(|at| [sample(at); 2]).collect()
        }),
        ("one-sample", vec![[0.9, -0.9]]),
    ]
}

#[test]
fn extremes_come_out_sane() {
    let scratch = folder();
    let library = scratch.path().join("library");
    fs_err::create_dir(&library).expect("a folder");
    for (name, samples) in extremes() {
        write_stereo(&library.join(format!("{name}.wav")), RATE, samples);
    }
    let site = Site::at(&scratch.path().join("site"));
    Segue::render_presets(&library, site.path(), "all")
        .with("--intensity=0.5,1")
        .run_well();
    let renditions = site.all_renditions();
    assert_eq!(renditions.len(), 9 * 13, "original, and six presets twice");
    let has_ffmpeg = tools::ffmpeg_or_skip("mastering::extremes_come_out_sane");
    for rendition in &renditions {
        if has_ffmpeg {
            hold_against_ffmpeg(rendition, scratch.path());
        }
        let loudness = &rendition.manifest["loudness"];
        let variant = text(&rendition.manifest["variant"]);
        assert_eq!(loudness["measured"], true);
        if let Some(peak) = loudness["true_peak_dbtp"].as_f64() {
            assert!(
                variant == "original" || peak <= -1.0,
                "{variant}: {peak} dBTP"
            );
        }
    }
    for preset in Presets::default().all() {
        let file = |name: &str| library.join(format!("{name}.wav"));
        let after =
            |name: &str| measured(&export(&file(name), &preset.name, &["-p", &preset.name]));
        assert!(
            after("silence").sample_peak() == 0.0,
            "silence stays silence"
        );
        for source in [
            "burst-between-samples",
            "click",
            "square",
            "full-scale-noise",
        ] {
            let Some(limited) = most_limited_db(&file(source), &preset.name) else {
                continue;
            };
            assert!(
                limited <= 6.0,
                "{source}, {}: the limiter takes {limited} dB",
                preset.name
            );
        }
        let raised = decibels(
            after("near-silence").mean_square() / measured(&file("near-silence")).mean_square(),
        );
        assert!(
            raised < 1.0,
            "{}: noise raised by {raised:.1} dB",
            preset.name
        );
    }
}

/// The most that the limiter takes from a file; none where nothing is done to it.
fn most_limited_db(file: &Path, preset: &str) -> Option<f64> {
    let analyze = Segue::new("analyze")
        .with(file)
        .with("--json")
        .with("-p")
        .with(preset);
    let told: serde_json::Value = serde_json::from_str(&analyze.run_well().stdout).expect("JSON");
    told["decision"]["most_limited_db"].as_f64()
}

/// The loudness that is told is what ffmpeg hears of the published segments; the peak that AAC makes is told.
fn hold_against_ffmpeg(rendition: &Rendition, scratch: &Path) {
    let told = |key: &str| rendition.manifest["loudness"][key].as_f64();
    let variant = text(&rendition.manifest["variant"]);
    let name = format!("{} {variant}", rendition.title);
    let Some(integrated) = told("integrated_lufs") else {
        return;
    };
    let folder = scratch.join("joined");
    fs_err::create_dir_all(&folder).expect("a folder");
    let heard = by_ffmpeg(&rendition.join_segments(&folder));
    fs_err::remove_dir_all(&folder).expect("the folder can be removed");
    say(&format!(
        "{name}: told {integrated} LUFS, {:?} dBTP; ffmpeg hears {} LUFS, {} dBTP behind AAC",
        told("true_peak_dbtp"),
        heard.integrated,
        heard.true_peak
    ));
    // What AAC makes of a single click, or of noise of full scale, is not as loud: nothing of it is music.
    let is_steady = !["noise", "near-silence", "click", "burst", "sample"]
        .iter()
        .any(|kind| rendition.title.contains(kind));
    let tolerance = if is_steady { 0.3 } else { 1.0 };
    assert!(
        (heard.integrated - integrated).abs() <= tolerance,
        "{name}: told {integrated} LUFS, ffmpeg hears {}",
        heard.integrated
    );
}

#[test]
fn intensity_moves_everything_one_way() {
    let scratch = folder();
    let source = scratch.path().join("source.wav");
    let samples = pink(0.3, seconds(10.0));
    write_stereo(&source, RATE, samples);
    let measured = measured(&source);
    for preset in Presets::default().all() {
        let mut last: Option<Decision> = None;
        for per_cent in 1..=100 {
            let intensity = Intensity::nearest(f64::from(per_cent) / 100.0).expect("a share");
            let Some(now) = decide(preset, intensity, &measured) else {
                continue;
            };
            if let Some(last) = last {
                let (one, other) = (&last.settings, &now.settings);
                for (one, other) in one.equaliser_db.iter().zip(&other.equaliser_db) {
                    assert!(
                        other.abs() >= one.abs() && one * other >= 0.0,
                        "{}",
                        preset.name
                    );
                }
                assert!(other.compressor.ratio >= one.compressor.ratio);
                let way = |decision: &Decision| {
                    let target = decision.target_lufs.expect("it has a loudness");
                    target - Analysis::of(&measured).integrated_lufs.expect("sound")
                };
                assert!(way(&now).abs() >= way(&last).abs() && way(&now) * way(&last) >= 0.0);
            }
            last = Some(now);
        }
        assert_eq!(last.is_none(), preset.name == "original");
    }
}

#[test]
fn intensity_is_monotonic_and_nothing_of_a_preset_is_the_original() {
    let scratch = folder();
    let source = scratch.path().join("source.wav");
    write_stereo(&source, RATE, pink(0.3, seconds(10.0)));
    let loudness = |path: &Path| {
        Analysis::of(&measured(path))
            .integrated_lufs
            .expect("sound")
    };
    let mut last = loudness(&source);
    for intensity in ["0.01", "0.25", "0.5", "0.75", "1"] {
        let made = export(
            &source,
            intensity,
            &["-p", "bright", "--intensity", intensity],
        );
        let now = loudness(&made);
        assert!(now > last, "{intensity}: {now} LUFS after {last}");
        last = now;
    }
    assert!((last + 12.0).abs() < 0.3, "{last} LUFS");
    let nothing = export(&source, "nothing", &["-p", "bright", "--intensity", "0"]);
    assert_eq!(
        fs_err::read(&nothing).expect("a file"),
        fs_err::read(export(&source, "original", &["-p", "original"])).expect("a file")
    );
}

/// What was exported, as one hash.
fn hash(path: &Path) -> blake3::Hash {
    blake3::hash(&fs_err::read(path).expect("the export can be read"))
}

#[test]
fn golden_mastered_pcm() {
    // Integers alone, so that the source is the same on every machine.
    let scratch = folder();
    // When a hash changes, so must the number of the stage that changed it.
    let mut text = format!(
        "stages: decode {}, analysis {}, mastering {}, quantize {}, encode {}, boxes {}\n",
        segue::decode::STAGE,
        segue::analysis::STAGE,
        segue::mastering::STAGE,
        segue::mastering::QUANTIZE_STAGE,
        segue::aac::STAGE,
        segue::fmp4::STAGE,
    );
    // The last is converted on its way to 48 kHz.
    for (rate, seed) in [(44_100, 1), (48_000, 2), (32_000, 3), (96_000, 4)] {
        let source = scratch.path().join(format!("{rate}.wav"));
        let mut noise = Noise::seeded(seed);
        let mut low = [0.0; 2];
        let samples = (0..rate as usize * 8).map(|at| {
            let loud = [0.05, 0.9, 0.3, 0.6][at / 17_000 % 4];
            low = low.map(|value| value + 0.2 * (noise.next() - value));
            low.map(|value| value * loud)
        });
        write_stereo(&source, rate, samples.collect::<Vec<_>>());
        let site = scratch.path().join("site");
        Segue::render_presets(&source, &site, "original,warm").run_well();
        for (path, hash) in Site::at(&site).hashes() {
            let is_media = path.extension().is_some_and(|kind| kind != "json");
            if is_media || path.ends_with("b3sums") {
                let name = path.file_name().expect("a name").to_string_lossy();
                let variant = path.iter().nth(2).expect("a variant").to_string_lossy();
                let _ = writeln!(text, "{rate} {variant} {name} {hash}");
            }
        }
        fs_err::remove_dir_all(&site).expect("the site can be removed");
        for preset in Presets::default().all() {
            for intensity in ["1", "0.5"] {
                let flags = ["-p", &preset.name, "--intensity", intensity];
                let made = export(&source, &format!("{}-{intensity}", preset.name), &flags);
                let _ = writeln!(text, "{rate} {} {intensity} {}", preset.name, hash(&made));
            }
        }
    }
    check("mastered-pcm.txt", &text);
}

#[test]
fn a_piece_cut_in_two_is_the_uncut_piece() {
    let scratch = folder();
    let whole = pink(0.8, seconds(20.0));
    let cut = 377_777;
    let file = |name: &str, samples: &[[f64; 2]]| {
        let path = scratch.path().join(name);
        write_stereo(&path, RATE, samples.iter().copied());
        path
    };
    let uncut = file("uncut.wav", &whole);
    let parts = [file("1.wav", &whole[..cut]), file("2.wav", &whole[cut..])];
    let presets = Presets::default();
    let warm = presets.get("warm").expect("built in");
    let settings = decide(warm, Intensity::FULL, &measured(&uncut))
        .expect("decided")
        .settings;
    let pcm = |placed: &PlacedTrack| {
        let recipe = Recipe::new(placed, &SiteSettings::default(), Some(&settings));
        let samples = placed.audio().samples() as i64;
        recipe
            .pcm(&mut placed.reader(), 0..samples)
            .expect("it can be mastered")
    };
    let tracks = parts.each_ref().map(|part| open(part).0);
    let mut joined = pcm(&PlacedTrack::among(&tracks, 0));
    joined.extend(pcm(&PlacedTrack::among(&tracks, 1)));
    let expected = pcm(&PlacedTrack::alone(open(&uncut).0));
    assert_eq!(joined.len(), expected.len());
    let differ = joined
        .iter()
        .zip(&expected)
        .filter(|(one, other)| one != other)
        .count();
    assert_eq!(differ, 0, "samples differ");
    // The counterpart: by itself, the second part knows nothing of the first.
    assert!(pcm(&PlacedTrack::alone(tracks[1].clone())) != expected[cut * 2..]);
}
