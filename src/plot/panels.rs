//! The panels over frequency and over time.

use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, ChartContext, SeriesLabelPosition};
use plotters::coord::cartesian::Cartesian2d;
use plotters::element::{Circle, PathElement, Rectangle};
use plotters::series::{AreaSeries, DashedLineSeries, LineSeries};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle, WHITE};

use super::axes::{
    Axis, decibel_axis, frequency_axis, frequency_label, gain_label, level_label, place, time_axis,
    time_label,
};
use super::{AFTER, Area, BEFORE, COMPRESSOR, DrawingError, INK, LIMITER};
use crate::mastering::response_db;
use crate::render::{After, Inspection, Side};

/// Left of a plot stand its numbers and their unit.
pub(super) const LEFT: u32 = 76;
/// As much stands free on the right, for the numbers of a second axis.
pub(super) const RIGHT: u32 = 70;
/// The bottom axis: numbers and unit.
const BOTTOM: u32 = 46;
/// How much of a spectrum is shown below its greatest level.
const SPECTRUM_DEPTH_DB: f64 = 70.0;
/// How much of the loudness is shown below its greatest.
const LOUDNESS_DEPTH_LU: f64 = 40.0;
/// The most steps of gain reduction that are drawn: more would run together.
const MOST_STEPS: usize = 500;
/// Steps of the loudness measurement in a second, and the middle of its window.
const STEP_SECONDS: f64 = 0.1;
const SHORT_TERM_MIDDLE_SECONDS: f64 = 1.5;

pub(super) type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<Axis, Axis>>;

/// Mean levels in third octaves, and the equaliser's curve.
pub(super) fn spectrum(area: &Area<'_>, inspection: &Inspection) -> Result<(), DrawingError> {
    let sides = sides(inspection);
    let levels = |side: &Side| side.analysis.spectrum.clone();
    let all = sides.iter().flat_map(|(_, side, _)| levels(side));
    let top = greatest(all.filter_map(|entry| entry.dbfs)).unwrap_or(0.0);
    let bottom = top - SPECTRUM_DEPTH_DB;
    let mut chart = builder(area, "Spectrum, mean level in third octaves")
        .build_cartesian_2d(frequency_axis(), decibel_axis(&(bottom..top + 3.0), 10.0))?
        .set_secondary_coord(frequency_axis(), decibel_axis(&(-7.0..7.0), 2.0));
    chart
        .configure_mesh()
        .bold_line_style(INK.mix(0.12))
        .light_line_style(WHITE)
        .axis_style(INK.mix(0.5))
        .label_style(small())
        .axis_desc_style(small())
        .x_desc("frequency (Hz)")
        .y_desc("level (dBFS)")
        .x_label_formatter(&|mark| frequency_label(*mark))
        .y_label_formatter(&|mark| level_label(*mark))
        .draw()?;
    let lowest = chart.as_coord_spec().get_y_range().start;
    for (name, side, colour) in sides {
        let points: Vec<(f64, f64)> = levels(side)
            .iter()
            .filter_map(|entry| Some((place(entry.hz), entry.dbfs?.max(lowest))))
            .collect();
        chart
            .draw_series(LineSeries::new(points.clone(), colour.stroke_width(3)))?
            .label(name)
            .legend(move |at| line_key(at, colour.stroke_width(3)));
        let heard = points.iter().filter(|(_, level)| *level > lowest);
        chart.draw_series(heard.map(|point| Circle::new(*point, 4, colour.filled())))?;
    }
    if let Some(after) = &inspection.after {
        chart
            .configure_secondary_axes()
            .axis_style(INK.mix(0.5))
            .label_style(small())
            .axis_desc_style(small())
            .y_desc("equaliser (dB)")
            .y_label_formatter(&|mark| gain_label(*mark))
            .draw()?;
        let gains = &after.decision.settings.equaliser_db;
        let curve = (0..=150).map(|step| {
            let hz = 20.0 * libm::exp10(f64::from(step) / 50.0);
            (place(hz), response_db(gains, hz))
        });
        chart
            .draw_secondary_series(DashedLineSeries::new(curve, 9, 5, INK.stroke_width(2)))?
            .label("equaliser, right axis")
            .legend(|at| dashed_key(at, INK.stroke_width(2)));
    }
    legend(&mut chart, SeriesLabelPosition::LowerLeft)
}

/// Short-term loudness over time, and the integrated loudness.
pub(super) fn loudness(area: &Area<'_>, inspection: &Inspection) -> Result<(), DrawingError> {
    let sides = sides(inspection);
    let all = || sides.iter().flat_map(|(_, side, _)| &side.short_term_lufs);
    let top = greatest(all().flatten().copied()).unwrap_or(-20.0);
    let least = all().flatten().copied().fold(top - 10.0, f64::min);
    let bottom = least.max(top - LOUDNESS_DEPTH_LU);
    let mut chart = builder(area, "Loudness over time, short-term (3 s)").build_cartesian_2d(
        time_axis(inspection.seconds),
        decibel_axis(&(bottom..top + 1.0), 5.0),
    )?;
    mesh(&mut chart, "loudness (LUFS)", &|mark| level_label(*mark))?;
    let lowest = chart.as_coord_spec().get_y_range().start;
    for (name, side, colour) in sides {
        let line = colour.stroke_width(2);
        let time = |index: usize| index as f64 * STEP_SECONDS + SHORT_TERM_MIDDLE_SECONDS;
        let mut pieces: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        for (index, level) in side.short_term_lufs.iter().enumerate() {
            match (level, pieces.last_mut()) {
                (Some(level), Some(piece)) => piece.push((time(index), level.max(lowest))),
                _ => pieces.push(Vec::new()),
            }
        }
        chart
            .draw_series(
                pieces
                    .into_iter()
                    .map(|piece| PathElement::new(piece, line)),
            )?
            .label(name)
            .legend(move |at| line_key(at, line));
        if let Some(level) = side
            .analysis
            .integrated_lufs
            .filter(|level| *level > lowest)
        {
            let ends = [(0.0, level), (inspection.seconds, level)];
            let thin = colour.mix(0.8).stroke_width(2);
            chart
                .draw_series(DashedLineSeries::new(ends, 4, 5, thin))?
                .label(format!("{name}, integrated"))
                .legend(move |at| dashed_key(at, thin));
        }
    }
    legend(&mut chart, SeriesLabelPosition::LowerRight)
}

/// What compressor and limiter took away, downwards from nothing.
pub(super) fn reduction(area: &Area<'_>, after: &After, seconds: f64) -> Result<(), DrawingError> {
    let most = after.most();
    let deepest = most.compressor_db.max(most.limiter_db).max(2.5);
    let step = if deepest > 8.0 { 2.0 } else { 1.0 };
    let mut chart = builder(area, "Gain reduction over time, greatest values")
        .build_cartesian_2d(time_axis(seconds), decibel_axis(&(-deepest..0.0), step))?;
    mesh(&mut chart, "gain (dB)", &|mark| level_label(*mark))?;
    let series = [
        (
            "compressor",
            COMPRESSOR,
            after
                .reductions
                .iter()
                .map(|here| here.compressor_db)
                .collect::<Vec<f64>>(),
        ),
        (
            "limiter",
            LIMITER,
            after
                .reductions
                .iter()
                .map(|here| here.limiter_db)
                .collect(),
        ),
    ];
    for (name, colour, reductions) in series {
        // Some blocks of 100 ms are a step, held to its end.
        let blocks = reductions.len().div_ceil(MOST_STEPS).max(1);
        let points = reductions
            .chunks(blocks)
            .enumerate()
            .flat_map(|(index, own)| {
                let from = (index * blocks) as f64 * STEP_SECONDS;
                let to = from + own.len() as f64 * STEP_SECONDS;
                let most = own.iter().copied().fold(0.0, f64::max);
                [(from, -most), (to.min(seconds), -most)]
            });
        chart
            .draw_series(
                AreaSeries::new(points, 0.0, colour.mix(0.55)).border_style(colour.stroke_width(1)),
            )?
            .label(name)
            .legend(move |(x, y)| {
                Rectangle::new([(x, y - 6), (x + 24, y + 6)], colour.mix(0.7).filled())
            });
    }
    legend(&mut chart, SeriesLabelPosition::LowerRight)
}

/// What is compared, with its name and colour.
pub(super) fn sides(inspection: &Inspection) -> Vec<(&'static str, &Side, RGBColor)> {
    let mut sides = vec![("before", &inspection.before, BEFORE)];
    if let Some(after) = &inspection.after {
        sides.push(("after", &after.side, AFTER));
    }
    sides
}

/// A chart's frame, which all panels share.
pub(super) fn builder<'a, 'b>(
    area: &'a Area<'b>,
    title: &str,
) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut builder = ChartBuilder::on(area);
    builder
        .caption(title, heading())
        .margin_top(12)
        .margin_left(14)
        .margin_right(14)
        .x_label_area_size(BOTTOM)
        .y_label_area_size(LEFT)
        .right_y_label_area_size(RIGHT);
    builder
}

/// The lines and numbers of a panel over time.
pub(super) fn mesh(
    chart: &mut Chart<'_>,
    unit: &str,
    label: &dyn Fn(&f64) -> String,
) -> Result<(), DrawingError> {
    chart
        .configure_mesh()
        .bold_line_style(INK.mix(0.12))
        .light_line_style(WHITE)
        .axis_style(INK.mix(0.5))
        .label_style(small())
        .axis_desc_style(small())
        .x_desc("time (min:s)")
        .y_desc(unit)
        .x_label_formatter(&|mark| time_label(*mark))
        .y_label_formatter(label)
        .draw()
}

pub(super) fn legend(
    chart: &mut Chart<'_>,
    position: SeriesLabelPosition,
) -> Result<(), DrawingError> {
    chart
        .configure_series_labels()
        .position(position)
        .margin(12)
        .legend_area_size(32)
        .label_font(small())
        .background_style(WHITE.mix(0.85))
        .border_style(INK.mix(0.25))
        .draw()
}

fn line_key((x, y): (i32, i32), style: ShapeStyle) -> PathElement<(i32, i32)> {
    PathElement::new(vec![(x, y), (x + 24, y)], style)
}

fn dashed_key(
    (x, y): (i32, i32),
    style: ShapeStyle,
) -> plotters::element::DashedPathElement<std::vec::IntoIter<(i32, i32)>, i32> {
    plotters::element::DashedPathElement::new(vec![(x, y), (x + 24, y)], 5, 4, style)
}

fn greatest(levels: impl Iterator<Item = f64>) -> Option<f64> {
    levels.reduce(f64::max)
}

fn heading() -> TextStyle<'static> {
    ("sans-serif", 19)
        .into_font()
        .style(FontStyle::Bold)
        .color(&INK)
}

pub(super) fn small() -> TextStyle<'static> {
    ("sans-serif", 16).into_font().color(&INK)
}
