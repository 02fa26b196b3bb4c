//! An inspection as a table for people: one column for the track as it is, one
//! for what a preset makes of it, then what was decided.

use std::fmt::Write as _;

use super::reporter::clock;
use crate::analysis::{Analysis, BAND_NAMES, SpectrumEntry};
use crate::render::{After, Inspection};

/// Letters of a row's name.
const NAME: usize = 20;
/// Letters of a column of numbers.
const COLUMN: usize = 10;
/// Letters of the longest bar of a spectrum.
const BAR: usize = 20;
/// What is so far below the greatest level has no bar.
const BAR_DEPTH_DB: f64 = 60.0;
/// Parts of a letter, from an eighth to the whole.
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// One row: its name, its value, its unit.
type Row = (&'static str, fn(&Analysis) -> Option<f64>, &'static str);

const ROWS: [Row; 6] = [
    ("integrated loudness", |of| of.integrated_lufs, "LUFS"),
    (
        "loudness range",
        |of| of.integrated_lufs.map(|_| of.range_lu),
        "LU",
    ),
    ("sample peak", |of| of.sample_peak_dbfs, "dBFS"),
    ("true peak", |of| of.true_peak_dbtp, "dBTP"),
    ("crest factor", |of| of.crest_db, "dB"),
    (
        "stereo width",
        |of| of.sample_peak_dbfs.map(|_| of.stereo_width),
        "0 to 1",
    ),
];

/// The table.
pub(super) fn text(name: &str, variant: Option<&str>, inspection: &Inspection) -> String {
    let mut columns = vec![&inspection.before.analysis];
    columns.extend(inspection.after.as_ref().map(|after| &after.side.analysis));
    let channels = match inspection.channels {
        1 => "mono".to_owned(),
        2 => "stereo".to_owned(),
        count => format!("{count} channels"),
    };
    let mut text = format!(
        "{name}: {}, {} Hz, {channels}, {}\n\n",
        inspection.codec,
        inspection.rate.0,
        clock(inspection.seconds)
    );
    if let Some(variant) = variant {
        let heading = format!("{:NAME$}{:>COLUMN$}{variant:>COLUMN$}", "", "before");
        add(&mut text, &heading);
    }
    for (name, value, unit) in ROWS {
        let mut line = format!("{name:NAME$}");
        for column in &columns {
            line.push_str(&number(value(column)));
        }
        add(&mut text, &format!("{line}  {unit}"));
    }
    add(&mut text, "\nspectrum, mean level in third octaves, dBFS");
    spectrum(&mut text, &columns);
    if let Some((after, variant)) = inspection.after.as_ref().zip(variant) {
        add(&mut text, &format!("\ndecided for {variant}"));
        decision(&mut text, after);
    }
    text
}

fn spectrum(text: &mut String, columns: &[&Analysis]) {
    let levels = columns.iter().flat_map(|column| &column.spectrum);
    let top = levels
        .filter_map(|entry| entry.dbfs)
        .fold(f64::NEG_INFINITY, f64::max);
    for index in 0..columns[0].spectrum.len() {
        let mut line = format!("{:>8}", frequency(columns[0].spectrum[index].hz));
        for column in columns {
            let SpectrumEntry { dbfs, .. } = column.spectrum[index];
            let bar = bar(dbfs.map_or(0.0, |level| 1.0 - (top - level) / BAR_DEPTH_DB));
            let _text_grows = write!(line, "{}  {bar:BAR$}", number(dbfs));
        }
        add(text, &line);
    }
}

fn decision(text: &mut String, after: &After) {
    let settings = &after.decision.settings;
    let most = after.most();
    let bands: Vec<String> = BAND_NAMES
        .iter()
        .zip(&settings.equaliser_db)
        .map(|(name, gain)| format!("{name} {gain:+.1}"))
        .collect();
    add(text, &format!("  equaliser   {} dB", bands.join(", ")));
    let compressor = &settings.compressor;
    let line = if compressor.ratio > 1.0 {
        format!(
            "  compressor  {:.2}:1 above {:.1} dBFS, knee {:.0} dB, attack {:.0} ms, release {:.0} ms; takes at most {:.1} dB",
            compressor.ratio,
            compressor.threshold_db,
            compressor.knee_db,
            compressor.attack_ms,
            compressor.release_ms,
            most.compressor_db
        )
    } else {
        "  compressor  none".to_owned()
    };
    add(text, &line);
    add(text, &format!("  gain        {:+.2} dB", settings.gain_db));
    add(
        text,
        &format!("  limiter     takes at most {:.1} dB", most.limiter_db),
    );
    let level = |lufs: Option<f64>| lufs.map_or("none".to_owned(), |lufs| format!("{lufs:.2}"));
    add(
        text,
        &format!(
            "  loudness    {} LUFS aimed at, {} predicted, {} measured",
            level(after.decision.target_lufs),
            level(after.decision.predicted_lufs),
            level(after.side.analysis.integrated_lufs)
        ),
    );
}

/// A line, without blanks at its end.
fn add(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(
        || format!("{:>COLUMN$}", "none"),
        |value| format!("{value:>COLUMN$.2}"),
    )
}

/// The nominal frequency of a third octave (IEC 61260-1, annex E), whose exact
/// middle lies within one per cent of it.
fn frequency(hz: f64) -> String {
    const NOMINAL: [f64; 10] = [1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0];
    let third = libm::round(10.0 * libm::log10(hz));
    let (decade, step) = (libm::floor(third / 10.0), third.rem_euclid(10.0));
    let nominal = NOMINAL[step as usize] * libm::exp10(decade);
    if nominal >= 999.0 {
        format!("{} kHz", libm::round(nominal / 10.0) / 100.0)
    } else {
        format!("{} Hz", libm::round(nominal * 10.0) / 10.0)
    }
}

/// A bar of a share of the greatest length.
fn bar(share: f64) -> String {
    let eighths = (share.clamp(0.0, 1.0) * (8 * BAR) as f64).round() as usize;
    let mut bar: String = "█".repeat(eighths / 8);
    if let Some(rest) = (eighths % 8).checked_sub(1) {
        bar.push(EIGHTHS[rest]);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{THIRD_OCTAVES, third_octave_hz};

    #[test]
    fn third_octaves_have_their_nominal_names() {
        let names: Vec<String> = (0..THIRD_OCTAVES)
            .map(|index| frequency(third_octave_hz(index)))
            .collect();
        for (index, name) in [
            (0, "20 Hz"),
            (2, "31.5 Hz"),
            (8, "125 Hz"),
            (16, "800 Hz"),
            (17, "1 kHz"),
            (18, "1.25 kHz"),
            (30, "20 kHz"),
        ] {
            assert_eq!(names[index], name);
        }
    }

    #[test]
    fn bars_grow_by_the_eighth() {
        assert_eq!(bar(0.0), "");
        assert_eq!(bar(1.0 / 160.0), "▏");
        assert_eq!(bar(0.05), "█");
        assert_eq!(bar(2.0).chars().count(), BAR);
    }
}
