//! The overviews: least and greatest sample, and the root mean square.

use plotters::chart::SeriesLabelPosition;
use plotters::element::{Polygon, Rectangle};
use plotters::style::Color;

use super::axes::{decibel_axis, time_axis};
use super::panels::{builder, legend, mesh, sides};
use super::{Area, DrawingError, decimal};
use crate::render::Inspection;

/// The waveforms of all sides, one above the other.
pub(super) fn waveform(area: &Area<'_>, inspection: &Inspection) -> Result<(), DrawingError> {
    let sides = sides(inspection);
    let rows = area.split_evenly((sides.len(), 1));
    for ((name, side, colour), row) in sides.into_iter().zip(&rows) {
        let points = side.analysis.waveform.points();
        let seconds = inspection.seconds;
        let step = seconds / points.len().max(1) as f64;
        let outline = |high: fn(&[f32; 3]) -> f32, low: fn(&[f32; 3]) -> f32| -> Vec<(f64, f64)> {
            let place = |index: usize, value: f32| ((index as f64 + 0.5) * step, f64::from(value));
            let there = points.iter().enumerate();
            let back = points.iter().enumerate().rev();
            there
                .map(|(index, point)| place(index, high(point)))
                .chain(back.map(|(index, point)| place(index, low(point))))
                .collect()
        };
        let title = match inspection.after {
            Some(_) => format!("Waveform {name}"),
            None => "Waveform".to_owned(),
        };
        let mut chart = builder(row, &title)
            .build_cartesian_2d(time_axis(seconds), decibel_axis(&(-1.0..1.0), 0.5))?;
        mesh(&mut chart, "amplitude", &|value| decimal(*value, 1))?;
        let peaks = outline(|point| point[1], |point| point[0]);
        let powers = outline(|point| point[2], |point| -point[2]);
        for (label, shape, style) in [
            ("least and greatest", peaks, colour.mix(0.4)),
            ("root mean square", powers, colour.mix(1.0)),
        ] {
            let polygon = (!shape.is_empty()).then(|| Polygon::new(shape, style));
            chart
                .draw_series(polygon)?
                .label(label)
                .legend(move |(x, y)| {
                    Rectangle::new([(x, y - 6), (x + 24, y + 6)], style.filled())
                });
        }
        legend(&mut chart, SeriesLabelPosition::LowerRight)?;
    }
    Ok(())
}
