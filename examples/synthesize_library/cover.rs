//! Draws the covers of the two albums: geometry, few colours, one accent.
//!
//! Every pixel is the mean of several points inside it, which smooths all
//! edges without any knowledge of the shapes. A little grain keeps the large
//! areas from looking like plastic and hides the blocks of the JPEG.

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

use crate::Failure;
use crate::sound::{Random, real, whole};

const SIZE_PIXELS: u32 = 600;
const POINTS_PER_SIDE: u32 = 3;
const JPEG_QUALITY: u8 = 88;

/// Red, green and blue between 0 and 255.
type Colour = [f64; 3];

/// The picture of an album.
#[derive(Clone, Copy)]
pub(crate) enum Cover {
    /// A low sun over an estuary.
    Estuary,
    /// The panes of a glasshouse at night, one of them lit.
    Panes,
}

impl Cover {
    /// The picture as the bytes of a JPEG file.
    pub(crate) fn jpeg(self) -> Result<Vec<u8>, Failure> {
        let mut random = Random::new(600);
        let panes = pane_shades(&mut random);
        let picture = RgbImage::from_fn(SIZE_PIXELS, SIZE_PIXELS, |column, row| {
            let grain = 3.5 * random.wobble();
            let colour = pixel(column, row, |across, down| match self {
                Self::Estuary => estuary(across, down),
                Self::Panes => glass(across, down, &panes),
            });
            Rgb(colour.map(|value| byte(value + grain)))
        });
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).encode_image(&picture)?;
        Ok(bytes)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped to a byte before"
)]
fn byte(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// The mean colour of the points in a pixel; coordinates go from 0 to 1.
fn pixel(column: u32, row: u32, colour_at: impl Fn(f64, f64) -> Colour) -> Colour {
    let mut sum = [0.0; 3];
    let place = |pixel: u32, point: u32| {
        let inside = (f64::from(point) + 0.5) / f64::from(POINTS_PER_SIDE);
        (f64::from(pixel) + inside) / f64::from(SIZE_PIXELS)
    };
    for down in 0..POINTS_PER_SIDE {
        for across in 0..POINTS_PER_SIDE {
            let colour = colour_at(place(column, across), place(row, down));
            for (total, value) in sum.iter_mut().zip(colour) {
                *total += value;
            }
        }
    }
    sum.map(|total| total / f64::from(POINTS_PER_SIDE * POINTS_PER_SIDE))
}

fn blend(from: Colour, to: Colour, share: f64) -> Colour {
    std::array::from_fn(|index| from[index] + (to[index] - from[index]) * share.clamp(0.0, 1.0))
}

/// A sky, a sun that the horizon cuts, and bands of water that bend its light.
fn estuary(across: f64, down: f64) -> Colour {
    const SKY_HIGH: Colour = [214.0, 217.0, 208.0];
    const SKY_LOW: Colour = [241.0, 232.0, 214.0];
    const WATER_FAR: Colour = [122.0, 146.0, 148.0];
    const WATER_NEAR: Colour = [34.0, 57.0, 68.0];
    const SUN: Colour = [226.0, 93.0, 62.0];
    const HORIZON: f64 = 0.56;
    let sun_distance = ((across - 0.5).powi(2) + (down - 0.47).powi(2)).sqrt();
    if down < HORIZON {
        let sky = blend(SKY_HIGH, SKY_LOW, down / HORIZON);
        return if sun_distance < 0.2 { SUN } else { sky };
    }
    // The bands grow towards the viewer, as waves do in perspective.
    let depth = (down - HORIZON) / (1.0 - HORIZON);
    let swell = 0.012 * (across * 9.0 + depth * 5.0).sin() * (0.3 + depth);
    let band = ((depth + swell).max(0.0).sqrt() * 11.0).floor();
    let water = blend(WATER_FAR, WATER_NEAR, band / 10.0);
    // The reflection breaks into stripes, each pushed aside by its band.
    let middle = 0.5 + 0.035 * (band * 2.4).sin();
    let half_width = 0.19 * (1.0 - depth * 0.75);
    let lit = band.rem_euclid(2.0) < 0.5 && (across - middle).abs() < half_width;
    if lit {
        blend(SUN, water, 0.15 + 0.45 * depth)
    } else {
        water
    }
}

const PANES_PER_SIDE: usize = 6;

/// How light each pane is, from 0 to 1.
fn pane_shades(random: &mut Random) -> Vec<f64> {
    (0..PANES_PER_SIDE * PANES_PER_SIDE)
        .map(|_| random.unit())
        .collect()
}

/// Tall panes with thin bars, a diagonal reflection in each, one lamp behind.
fn glass(across: f64, down: f64, shades: &[f64]) -> Colour {
    const NIGHT: Colour = [13.0, 20.0, 28.0];
    const GLASS: Colour = [46.0, 84.0, 88.0];
    const SHEEN: Colour = [128.0, 162.0, 156.0];
    const LAMP: Colour = [244.0, 181.0, 64.0];
    const LIT: (usize, usize) = (4, 2);
    let (column, inner_across) = cell(across);
    let (row, inner_down) = cell(down);
    let bar = 0.045;
    let on_bar = |inside: f64| inside < bar || inside > 1.0 - bar;
    if on_bar(inner_across) || on_bar(inner_down) {
        return NIGHT;
    }
    let shade = shades[row * PANES_PER_SIDE + column];
    let diagonal = inner_across + inner_down + 0.5 * shade;
    if (column, row) == LIT {
        let centre_distance = ((inner_across - 0.5).powi(2) + (inner_down - 0.5).powi(2)).sqrt();
        return blend([255.0, 226.0, 150.0], LAMP, centre_distance * 1.6);
    }
    let glass = blend(NIGHT, GLASS, 0.2 + 0.7 * shade);
    // The lamp shines on the panes around it, ever less.
    let lamp_distance = ((across - 0.75).powi(2) + (down - 0.417).powi(2)).sqrt();
    let warmed = blend(glass, LAMP, 0.38 * (-lamp_distance * 5.5).exp());
    let on_sheen = (1.05..1.3).contains(&diagonal) || (1.36..1.42).contains(&diagonal);
    if on_sheen {
        blend(warmed, SHEEN, 0.22)
    } else {
        warmed
    }
}

/// The pane that a coordinate lies in, and where inside it.
fn cell(coordinate: f64) -> (usize, f64) {
    let scaled = coordinate * real(PANES_PER_SIDE);
    (whole(scaled.floor()), scaled.fract())
}
