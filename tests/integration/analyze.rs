//! `segue analyze`: the table, the JSON and the plots, on sources whose numbers are known.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::library::Library;
use crate::support::run::{Segue, folder};
use crate::support::sound::{Sound, write_wav};

/// `analyze FILE` with further arguments.
fn analyze(file: &Path, arguments: &[&str]) -> Segue {
    let command = Segue::new("analyze").with(file);
    arguments.iter().fold(command, Segue::with)
}

fn level(analysis: &Value, key: &str) -> f64 {
    analysis[key]
        .as_f64()
        .unwrap_or_else(|| panic!("{key} is no number in {analysis}"))
}

#[test]
fn the_table_tells_what_a_sine_is() {
    let folder = folder();
    let file = folder.path().join("sine.wav");
    // Half of full scale, in both channels: -6.02 dBFS, and about as many LUFS.
    write_wav(&file, Sound::Sine(997.0), 44_100, 2, 44_100 * 5);
    let table = analyze(&file, &[]).run_well().stdout;
    let value = |row: &str| -> f64 {
        let line = table.lines().find(|line| line.starts_with(row));
        let line = line.unwrap_or_else(|| panic!("no {row} in\n{table}"));
        let number = line[row.len()..].split_whitespace().next();
        number
            .and_then(|number| number.parse().ok())
            .unwrap_or_else(|| panic!("no number in {line}"))
    };
    for (row, expected) in [
        ("integrated loudness", -6.0),
        ("loudness range", 0.0),
        ("sample peak", -6.02),
        ("true peak", -6.02),
        ("crest factor", 3.01),
        ("stereo width", 0.0),
        ("   1 kHz", -6.02),
    ] {
        let value = value(row);
        assert!((value - expected).abs() < 0.15, "{row}: {value}\n{table}");
    }
    assert!(table.starts_with("sine.wav: pcm"), "{table}");
    assert!(!table.contains("decided"), "{table}");
}

#[test]
fn the_table_compares_with_a_preset() {
    let folder = folder();
    let file = Library::at(folder.path()).add_wav("a.wav", 1, 12);
    let table = analyze(&file, &["--preset", "warm"]).run_well().stdout;
    for part in [
        "before      warm",
        "decided for warm",
        "low +1.5, low_mid +1.2",
        "2.20:1 above",
        "limiter     takes at most",
        "LUFS aimed at",
    ] {
        assert!(table.contains(part), "no {part} in\n{table}");
    }
    // `original` leaves nothing to compare with, and so does none of a preset.
    for arguments in [
        &["--preset", "original"][..],
        &["--preset", "warm", "--intensity", "0"],
    ] {
        let table = analyze(&file, arguments).run_well().stdout;
        assert!(!table.contains("before"), "{table}");
    }
}

#[test]
fn json_has_what_was_measured_and_what_was_decided() {
    let folder = folder();
    let file = Library::at(folder.path()).add_wav("a.wav", 2, 25);
    let plain = analyze(&file, &["--json"]).run_well().events();
    let [plain] = plain.as_slice() else {
        panic!("one object, not {}", plain.len());
    };
    assert!(plain.get("after").is_none() && plain.get("decision").is_none());
    assert_eq!(plain["sample_rate"], 44_100);
    assert_eq!(plain["channels"], 2);
    assert!((level(plain, "duration") - 25.0).abs() < 1e-9);

    let mastered = analyze(&file, &["--json", "--preset", "bright@50"])
        .run_well()
        .events();
    let mastered = &mastered[0];
    assert_eq!(mastered["before"], plain["before"]);
    let (after, decision) = (&mastered["after"], &mastered["decision"]);
    let measured = level(after, "integrated_lufs");
    assert!((measured - level(decision, "predicted_lufs")).abs() < 0.5);
    assert!(level(after, "true_peak_dbtp") <= -1.0);
    assert!(level(decision, "most_compressed_db") > 0.0);
    let bands = decision["equaliser_db"].as_array().expect("bands");
    assert_eq!(bands.len(), 5);
    assert_eq!(bands[3], 1.0);
}

#[test]
fn what_was_measured_is_what_export_writes() {
    let folder = folder();
    let file = Library::at(folder.path()).add_wav("a.wav", 3, 23);
    let exported = folder.path().join("punchy.wav");
    Segue::new("export")
        .with(&file)
        .with("-o")
        .with(&exported)
        .with("--preset")
        .with("punchy")
        .run_well();
    let mastered = analyze(&file, &["--json", "--preset", "punchy"]).run_well();
    let after = &mastered.events()[0]["after"];
    let written = analyze(&exported, &["--json"]).run_well();
    let written = &written.events()[0]["before"];
    // Between them stand only 16 bits.
    for key in ["integrated_lufs", "range_lu", "true_peak_dbtp", "crest_db"] {
        let (after, written) = (level(after, key), level(written, key));
        assert!((after - written).abs() < 0.03, "{key}: {after}, {written}");
    }
}

#[test]
fn silence_has_no_numbers_but_a_picture() {
    let folder = folder();
    let file = folder.path().join("silence.wav");
    write_wav(&file, Sound::Sine(0.0), 44_100, 1, 44_100);
    let plot = folder.path().join("silence.png");
    let plot = plot.to_str().expect("a path in UTF-8");
    let table = analyze(&file, &["--preset", "adaptive", "--plot", plot])
        .run_well()
        .stdout;
    for row in ["integrated loudness", "sample peak", "crest factor"] {
        let line = table.lines().find(|line| line.starts_with(row));
        let line = line.unwrap_or_else(|| panic!("no {row} in\n{table}"));
        assert_eq!(line.matches("none").count(), 2, "{line}");
    }
    assert!(Path::new(plot).exists());
}

#[test]
fn plots_are_written_in_both_formats() {
    let folder = folder();
    let file = Library::at(folder.path()).add_wav("a <&> b.wav", 4, 12);
    // A bare name is a file in the present folder.
    let mut command = analyze(&file, &["--preset", "warm", "--plot", "plot.svg"]).command();
    let status = command.current_dir(folder.path()).status();
    assert!(status.expect("segue should start").success());
    let svg = fs::read_to_string(folder.path().join("plot.svg")).expect("the plot is there");
    for part in [
        "a &lt;&amp;&gt; b.wav  ·  warm",
        "Spectrum",
        "Loudness over time",
        "Gain reduction over time",
        "Waveform before",
        "Waveform after",
        "level (dBFS)",
        "loudness (LUFS)",
        "frequency (Hz)",
        "equaliser (dB)",
    ] {
        assert!(svg.contains(part), "no {part} in the plot");
    }
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert!(!svg.contains("NaN") && !svg.contains("inf\""));

    let png = folder.path().join("plot.png");
    let path = png.to_str().expect("a path in UTF-8");
    analyze(&file, &["--plot", path]).run_well();
    let bytes = fs::read(&png).expect("the plot is there");
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let size = |at: usize| {
        let bytes: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
        u32::from_be_bytes(bytes)
    };
    assert_eq!((size(16), size(20)), (1200, 1130));
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = folder();
    let file = Library::at(folder.path()).add_wav("a.wav", 5, 1);
    let no_sound = folder.path().join("text.wav");
    fs::write(&no_sound, "no sound").expect("the file can be written");
    let cases: [(&Path, &[&str], &str); 4] = [
        (&file, &["--preset", "loud"], "there is no preset `loud`"),
        (&file, &["--plot", "plot.pdf"], ".svg or .png"),
        (&no_sound, &[], "text.wav"),
        (Path::new("missing.flac"), &["--json"], "missing.flac"),
    ];
    for (file, arguments, part) in cases {
        let outcome = analyze(file, arguments).run();
        assert_eq!(outcome.code, Some(1), "{arguments:?}");
        assert!(outcome.stderr.contains(part), "{}", outcome.stderr);
        assert_eq!(outcome.stdout, "");
    }
}
