//! The colour that a page takes from a cover.
//!
//! One hue is chosen: the one that most of the colour in the picture is of,
//! where a vivid pixel counts for more than a dull one. It keeps its chroma as
//! far as screens can show it, and its lightness as far as text of that colour
//! can be read on the page: 4.5:1 against every ground (WCAG 2.2, success
//! criterion 1.4.3). Hue, chroma and lightness are those of OKLCH (B.
//! Ottosson, "A perceptual color space for image processing", 2020), in which
//! a hue stays what it is while it becomes lighter or darker.
//!
//! What is summed are integers, and what comes of it is rounded: the same
//! picture has the same accent on every machine.

use std::f64::consts::PI;

use image::{Rgb, RgbImage};

use crate::manifest::Accent;

/// The page's grounds where it is light: page, raised, touched.
const LIGHT_GROUNDS: [Rgb<u8>; 3] = [
    Rgb([0xfa, 0xfa, 0xf8]),
    Rgb([0xff, 0xff, 0xff]),
    Rgb([0xf0, 0xf0, 0xed]),
];
/// The same where it is dark.
const DARK_GROUNDS: [Rgb<u8>; 3] = [
    Rgb([0x14, 0x15, 0x17]),
    Rgb([0x1b, 0x1d, 0x20]),
    Rgb([0x24, 0x27, 0x2b]),
];
/// The least contrast of text with what it stands on.
const LEAST_CONTRAST: f64 = 4.5;
/// About how many pixels are looked at along the longer edge.
const LOOKED_AT: u32 = 96;
/// Sectors of the circle of hues.
const SECTORS: usize = 36;
/// Below this chroma, in thousandths, a pixel is grey: noise and a tint of the
/// paper have no more.
const LEAST_CHROMA: i64 = 40;
/// One pixel in so many is of the hue at least, or the picture has none.
const RAREST: u64 = 100;
/// Where the search for a lightness begins at the lowest and at the highest,
/// in whole per cent: beyond, a hue can hardly be told.
const TELLING_LIGHTNESS: (i64, i64) = (35, 85);
/// The chroma of an accent, in thousandths: seen as a colour, and not glaring.
const ACCENT_CHROMA: (i64, i64) = (70, 200);

/// A colour in Oklab; `a` is green to red, `b` blue to yellow.
#[derive(Clone, Copy, Debug)]
struct Lab {
    lightness: f64,
    a: f64,
    b: f64,
}

/// Sums over the pixels of one sector of hues, in thousandths, each times its
/// weight.
#[derive(Clone, Copy, Debug, Default)]
struct Sector {
    pixels: u64,
    weight: i64,
    lightness: i64,
    a: i64,
    b: i64,
}

impl Sector {
    fn add(&mut self, other: &Self) {
        self.pixels += other.pixels;
        self.weight += other.weight;
        self.lightness += other.lightness;
        self.a += other.a;
        self.b += other.b;
    }
}

/// The accent of a picture; none where it has no colour to speak of.
pub(super) fn accent(picture: &RgbImage) -> Option<Accent> {
    let step = (picture.width().max(picture.height()) / LOOKED_AT).max(1);
    let is_on_grid = |x: u32, y: u32| x.is_multiple_of(step) && y.is_multiple_of(step);
    let mut sectors = [Sector::default(); SECTORS];
    let mut looked_at = 0u64;
    for (x, y, pixel) in picture.enumerate_pixels() {
        if is_on_grid(x, y) {
            looked_at += 1;
            count(*pixel, &mut sectors);
        }
    }
    // A hue at the edge of a sector is at home in both.
    let around = (0..SECTORS).map(|sector| {
        let mut sum = sectors[sector];
        sum.add(&sectors[(sector + 1) % SECTORS]);
        sum.add(&sectors[(sector + SECTORS - 1) % SECTORS]);
        sum
    });
    let found = around.reduce(|best, next| {
        if next.weight > best.weight {
            next
        } else {
            best
        }
    })?;
    if found.weight == 0 || found.pixels * RAREST < looked_at {
        return None;
    }
    Some(readable(&found))
}

/// Counts a pixel where its hue belongs, by the square of its chroma.
fn count(pixel: Rgb<u8>, sectors: &mut [Sector; SECTORS]) {
    let lab = to_lab(pixel);
    let thousandths = |value: f64| libm::round(1000.0 * value) as i64;
    let (lightness, a, b) = (
        thousandths(lab.lightness),
        thousandths(lab.a),
        thousandths(lab.b),
    );
    let weight = a * a + b * b;
    if weight < LEAST_CHROMA * LEAST_CHROMA {
        return;
    }
    let turn = libm::atan2(b as f64, a as f64) / (2.0 * PI) + 0.5;
    let sector = (turn * SECTORS as f64) as usize % SECTORS;
    sectors[sector].add(&Sector {
        pixels: 1,
        weight,
        lightness: weight * lightness,
        a: weight * a,
        b: weight * b,
    });
}

/// The mean colour of what was found, at the lightnesses nearest to its own at
/// which it can be read.
fn readable(found: &Sector) -> Accent {
    let mean = |sum: i64| sum as f64 / found.weight as f64;
    let (a, b) = (mean(found.a), mean(found.b));
    let hue = libm::round(libm::atan2(b, a) / PI * 180.0) / 180.0 * PI;
    let (least, most) = ACCENT_CHROMA;
    let chroma = (libm::round(libm::sqrt(a * a + b * b)) as i64).clamp(least, most);
    let (least, most) = TELLING_LIGHTNESS;
    let own = (libm::round(mean(found.lightness) / 10.0) as i64).clamp(least, most);
    let at = |lightness: i64| shown(lightness, chroma, hue);
    let fits = |colour: &Rgb<u8>, grounds: &[Rgb<u8>]| {
        let mut contrasts = grounds.iter().map(|ground| contrast(*colour, *ground));
        contrasts.all(|contrast| contrast >= LEAST_CONTRAST)
    };
    let (mut darker, mut lighter) = ((0..=own).rev().map(at), (own..=100).map(at));
    let light = darker.find(|colour| fits(colour, &LIGHT_GROUNDS));
    let dark = lighter.find(|colour| fits(colour, &DARK_GROUNDS));
    Accent {
        light: hexadecimal(light.expect("black can be read on a light page")),
        dark: hexadecimal(dark.expect("white can be read on a dark page")),
    }
}

/// A hue at a lightness in per cent, with as much of a chroma in thousandths
/// as sRGB has there.
fn shown(lightness: i64, chroma: i64, hue: f64) -> Rgb<u8> {
    let lightness = lightness as f64 / 100.0;
    let colour = |chroma: i64| {
        let chroma = chroma as f64 / 1000.0;
        to_rgb(Lab {
            lightness,
            a: chroma * libm::cos(hue),
            b: chroma * libm::sin(hue),
        })
    };
    (0..=chroma)
        .rev()
        .find_map(colour)
        .expect("every grey is in sRGB")
}

fn hexadecimal(colour: Rgb<u8>) -> String {
    let [red, green, blue] = colour.0;
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// WCAG 2.2, "contrast ratio": from 1 to 21.
fn contrast(one: Rgb<u8>, other: Rgb<u8>) -> f64 {
    let luminance = |colour: Rgb<u8>| {
        let [red, green, blue] = colour.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// A component of sRGB as light (IEC 61966-2-1), from 0 to 1.
fn linear(component: u8) -> f64 {
    let value = f64::from(component) / 255.0;
    if value <= 0.040_45 {
        value / 12.92
    } else {
        libm::pow((value + 0.055) / 1.055, 2.4)
    }
}

/// The way back; none for what no screen shows.
fn component(light: f64) -> Option<u8> {
    // The matrices are given to ten digits.
    if !(-1e-6..=1.0 + 1e-6).contains(&light) {
        return None;
    }
    let light = light.clamp(0.0, 1.0);
    let value = if light <= 0.003_130_8 {
        12.92 * light
    } else {
        1.055 * libm::pow(light, 1.0 / 2.4) - 0.055
    };
    Some(libm::round(255.0 * value) as u8)
}

/// Ottosson's matrices: light to the answers of the eye's cones, their cube
/// roots to Oklab.
fn to_lab(colour: Rgb<u8>) -> Lab {
    let [red, green, blue] = colour.0.map(linear);
    let l = libm::cbrt(0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue);
    let m = libm::cbrt(0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue);
    let s = libm::cbrt(0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue);
    Lab {
        lightness: 0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        a: 1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        b: 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    }
}

/// Their inverses; none for what sRGB does not have.
fn to_rgb(colour: Lab) -> Option<Rgb<u8>> {
    let Lab { lightness, a, b } = colour;
    let cube = |value: f64| value * value * value;
    let l = cube(lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b);
    let m = cube(lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b);
    let s = cube(lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b);
    Some(Rgb([
        component(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s)?,
        component(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s)?,
        component(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s)?,
    ]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RED: Rgb<u8> = Rgb([200, 30, 40]);
    const BLUE: Rgb<u8> = Rgb([20, 40, 160]);

    /// A picture of which a share in per cent is of one colour, and the rest
    /// of another.
    fn picture(ground: Rgb<u8>, spot: Rgb<u8>, per_cent: u32) -> RgbImage {
        RgbImage::from_fn(100, 100, |_, y| if y < per_cent { spot } else { ground })
    }

    fn parse(text: &str) -> Rgb<u8> {
        let number = u32::from_str_radix(&text[1..], 16).expect("hexadecimal digits");
        let [_, red, green, blue] = number.to_be_bytes();
        Rgb([red, green, blue])
    }

    /// Degrees from one hue to another.
    fn turn(one: Rgb<u8>, other: Rgb<u8>) -> f64 {
        let hue = |colour| {
            let Lab { a, b, .. } = to_lab(colour);
            b.atan2(a).to_degrees()
        };
        let turn = (hue(one) - hue(other)).rem_euclid(360.0);
        turn.min(360.0 - turn)
    }

    #[test]
    fn colours_are_measured_as_their_standards_have_it() {
        let white = Rgb([255; 3]);
        // The greys on either side of 4.5:1, which every table of WCAG has.
        assert!((contrast(Rgb([0x76; 3]), white) - 4.54).abs() < 0.005);
        assert!((contrast(Rgb([0x77; 3]), white) - 4.48).abs() < 0.005);
        assert!((contrast(white, Rgb([0; 3])) - 21.0).abs() < 1e-9);
        // CSS Color 4 has red as oklch(0.62796 0.25768 29.234).
        let red = to_lab(Rgb([255, 0, 0]));
        let chroma = red.a.hypot(red.b);
        assert!((red.lightness - 0.627_96).abs() < 1e-4 && (chroma - 0.257_68).abs() < 1e-4);
        assert!((red.b.atan2(red.a).to_degrees() - 29.234).abs() < 0.01);
    }

    #[test]
    fn the_hue_is_the_most_of_the_colour() {
        for (ground, spot, per_cent, expected) in [
            (BLUE, RED, 10, BLUE),
            (BLUE, RED, 90, RED),
            // A little that is vivid, in much that has no colour.
            (Rgb([24; 3]), RED, 3, RED),
            (Rgb([250; 3]), BLUE, 3, BLUE),
            // Dull brown is the ground of many a cover; the red is what one sees.
            (Rgb([92, 78, 66]), RED, 12, RED),
        ] {
            let accent = accent(&picture(ground, spot, per_cent)).expect("a colour");
            for shown in [&accent.light, &accent.dark] {
                let turn = turn(parse(shown), expected);
                assert!(turn < 6.0, "{shown}: {turn}° from {expected:?}");
            }
        }
    }

    #[test]
    fn what_has_no_colour_has_no_accent() {
        for level in [0, 24, 128, 255] {
            assert_eq!(accent(&picture(Rgb([level; 3]), RED, 0)), None, "{level}");
        }
        // Ivory, and a speck of dust.
        assert_eq!(accent(&picture(Rgb([250, 248, 240]), RED, 0)), None);
        let mut dust = picture(Rgb([128; 3]), RED, 0);
        dust.put_pixel(50, 50, RED);
        assert_eq!(accent(&dust), None);
        assert_eq!(accent(&RgbImage::new(0, 0)), None);
    }

    #[test]
    fn the_same_picture_has_the_same_accent_everywhere() {
        let gradient = RgbImage::from_fn(640, 480, |x, y| {
            Rgb([(x * 255 / 640) as u8, (y * 255 / 480) as u8, 90])
        });
        let accent = accent(&gradient).expect("a colour");
        assert_eq!(
            (accent.light.as_str(), accent.dark.as_str()),
            ("#017c17", "#55d35a")
        );
    }

    proptest! {
        #[test]
        fn every_accent_can_be_read(
            ground in any::<[u8; 3]>(),
            spot in any::<[u8; 3]>(),
            per_cent in 0u32..100,
        ) {
            if let Some(accent) = accent(&picture(Rgb(ground), Rgb(spot), per_cent)) {
                for (colour, grounds) in
                    [(&accent.light, LIGHT_GROUNDS), (&accent.dark, DARK_GROUNDS)]
                {
                    for ground in grounds {
                        let contrast = contrast(parse(colour), ground);
                        prop_assert!(contrast >= 4.5, "{colour} on {ground:?}: {contrast}");
                    }
                }
            }
        }
    }
}
