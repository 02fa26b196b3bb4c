//! A picture of an inspection: spectrum, loudness over time, what compressor
//! and limiter took away, waveform; before and after where there is a preset.
//!
//! One drawing in SVG is the source of both formats, so that they show the
//! same; a PNG is made of it with a font that segue brings along, for machines
//! that have none. The colours are those of M. Okabe and K. Ito, "Color
//! universal design", 2008, which colour-blind people can tell apart.
//!
//! Bytes come out: who asked for them writes them.

mod axes;
mod panels;
mod png;
mod waveform;

use std::path::Path;

use plotters::backend::SVGBackend;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::Text;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, WHITE};

use crate::render::Inspection;

/// Width of the picture in pixels.
pub const WIDTH: u32 = 1200;
/// Its height with a preset.
const HEIGHT_WITH_PRESET: u32 = 1560;
/// Its height without.
const HEIGHT_WITHOUT: u32 = 1130;
/// What stands above the panels.
const TITLE_HEIGHT: i32 = 84;

const BEFORE: RGBColor = RGBColor(0, 114, 178);
const AFTER: RGBColor = RGBColor(213, 94, 0);
const COMPRESSOR: RGBColor = RGBColor(0, 158, 115);
const LIMITER: RGBColor = RGBColor(204, 121, 167);
const INK: RGBColor = RGBColor(32, 32, 36);

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type DrawingError = DrawingAreaErrorKind<std::io::Error>;

/// What a picture is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Vectors.
    Svg,
    /// Pixels.
    Png,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// The name of the file does not tell a format.
    #[error("a plot must end in .svg or .png")]
    Ending,
    /// It could not be drawn.
    #[error("the plot could not be drawn: {0}")]
    Drawing(String),
}

/// What stands above the panels.
#[derive(Clone, Debug)]
pub struct Caption {
    /// The file's name.
    pub name: String,
    /// The variant that the right side shows.
    pub variant: Option<String>,
}

impl Format {
    /// By the ending of a file.
    pub fn of(path: &Path) -> Result<Self, PlotError> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            _ => Err(PlotError::Ending),
        }
    }
}

/// Draws an inspection.
pub fn draw(
    inspection: &Inspection,
    caption: &Caption,
    format: Format,
) -> Result<Vec<u8>, PlotError> {
    let svg = svg(inspection, caption).map_err(|error| PlotError::Drawing(error.to_string()))?;
    match format {
        Format::Svg => Ok(svg.into_bytes()),
        Format::Png => png::from_svg(&svg),
    }
}

fn svg(inspection: &Inspection, caption: &Caption) -> Result<String, DrawingError> {
    let height = match inspection.after {
        Some(_) => HEIGHT_WITH_PRESET,
        None => HEIGHT_WITHOUT,
    };
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        root.fill(&WHITE)?;
        let (title, rest) = root.split_vertically(TITLE_HEIGHT);
        draw_title(&title, inspection, caption)?;
        let (spectrum, rest) = rest.split_vertically(410);
        panels::spectrum(&spectrum, inspection)?;
        let (loudness, rest) = rest.split_vertically(310);
        panels::loudness(&loudness, inspection)?;
        let rest = match &inspection.after {
            Some(after) => {
                let (reduction, rest) = rest.split_vertically(280);
                panels::reduction(&reduction, after, inspection.seconds)?;
                rest
            }
            None => rest,
        };
        waveform::waveform(&rest, inspection)?;
        root.present()?;
    }
    Ok(svg)
}

fn draw_title(
    area: &Area<'_>,
    inspection: &Inspection,
    caption: &Caption,
) -> Result<(), DrawingError> {
    let lufs = |level: Option<f64>| {
        level.map_or("silence".to_owned(), |level| {
            format!("{} LUFS", decimal(level, 1))
        })
    };
    let before = lufs(inspection.before.analysis.integrated_lufs);
    let name = shortened(&caption.name, 64);
    let heading = match &caption.variant {
        Some(variant) => format!("{name}  ·  {variant}"),
        None => name,
    };
    let levels = match &inspection.after {
        Some(after) => format!(
            "integrated loudness {before}  →  {}",
            lufs(after.side.analysis.integrated_lufs)
        ),
        None => format!("integrated loudness {before}"),
    };
    let centred = Pos::new(HPos::Center, VPos::Center);
    let middle = (WIDTH / 2).cast_signed();
    let large = ("sans-serif", 28).into_font().style(FontStyle::Bold);
    area.draw(&Text::new(
        heading,
        (middle, 30),
        large.color(&INK).pos(centred),
    ))?;
    let small = ("sans-serif", 20).into_font().color(&INK.mix(0.85));
    area.draw(&Text::new(levels, (middle, 64), small.pos(centred)))
}

/// A name as a picture may have it: what is no letter in XML is replaced, and
/// what does not fit is left out.
fn shortened(name: &str, most: usize) -> String {
    let is_text =
        |letter: &char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    let clean = |letter: char| if is_text(&letter) { letter } else { '\u{fffd}' };
    let mut short: String = name.chars().map(clean).take(most).collect();
    if name.chars().count() > most {
        short.push('…');
    }
    short
}

/// A number with a true minus, as tables of numbers have it.
fn decimal(value: f64, digits: usize) -> String {
    format!("{value:.digits$}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_tells_the_format() {
        assert_eq!(Format::of(Path::new("a.svg")).ok(), Some(Format::Svg));
        assert_eq!(Format::of(Path::new("a/b.PNG")).ok(), Some(Format::Png));
        for wrong in ["a.pdf", "png", "a.svg.gz", ""] {
            assert!(Format::of(Path::new(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_become_text_that_fits() {
        assert_eq!(shortened("a\u{1b}b\u{ffff}", 8), "a\u{fffd}b\u{fffd}");
        assert_eq!(shortened("straße", 4), "stra…");
    }
}
