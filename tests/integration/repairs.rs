//! What is mended on the way is counted: samples that are no numbers become silence, overs are clipped.

use std::path::Path;

use crate::support::run::{Segue, folder};

/// Two seconds of a tone in 32-bit floats, with `strange` samples that are no numbers and `loud` beyond full scale.
fn write_floats(path: &Path, strange: usize, loud: usize) {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 44_100,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("the file can be made");
    for index in 0..2 * 88_200usize {
        let tone = f32::from(u8::try_from(index % 200).expect("below 200")) / 400.0;
        let sample = match index {
            _ if (1000..1000 + strange).contains(&index) => {
                [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][index % 3]
            }
            _ if (9000..9000 + loud).contains(&index) => [1.5, -2.0][index % 2],
            _ => tone,
        };
        writer
            .write_sample(sample)
            .expect("a sample can be written");
    }
    writer.finalize().expect("the file can be finished");
}

#[test]
fn samples_that_are_no_numbers_and_overs_are_counted() {
    let scratch = folder();
    let library = scratch.path().join("library");
    std::fs::create_dir(&library).expect("the folder can be made");
    write_floats(&library.join("strange.wav"), 77, 0);
    write_floats(&library.join("loud.wav"), 0, 41);
    write_floats(&library.join("sane.wav"), 0, 0);
    let outcome = Segue::render(&library, &scratch.path().join("site"))
        .with("--json")
        .run_well();
    let events = outcome.events();
    let summary = events.last().expect("a summary");
    let warnings = summary["warnings"].as_array().expect("a list");
    let count = |source: &str, key: &str| {
        let warning = warnings.iter().find(|warning| warning["source"] == source);
        warning.map_or(0, |warning| warning[key].as_u64().expect("a count"))
    };
    assert_eq!(count("strange.wav", "silenced_samples"), 77);
    assert_eq!(count("strange.wav", "clipped_samples"), 0);
    assert_eq!(count("loud.wav", "clipped_samples"), 41);
    assert_eq!(count("loud.wav", "silenced_samples"), 0);
    assert!(
        !warnings
            .iter()
            .any(|warning| warning["source"] == "sane.wav")
    );
}
