//! The overview that a seek bar draws: the least and the greatest sample and
//! the root mean square of about a thousand pieces of the track.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Pieces of an overview, where the track has so many samples.
const POINTS: u64 = 1000;

/// An overview that is being measured; pieces of it can be put together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waveform {
    samples_per_point: u64,
    first: u64,
    points: Vec<Point>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    least: f32,
    greatest: f32,
    /// Of the channels' mean.
    squares: f64,
    samples: u64,
}

impl Point {
    const EMPTY: Self = Self {
        least: 0.0,
        greatest: 0.0,
        squares: 0.0,
        samples: 0,
    };

    fn add(&mut self, other: &Self) {
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
        self.squares += other.squares;
        self.samples += other.samples;
    }
}

/// An overview as it stands in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveformEntry {
    /// How many samples each point stands for; the last, for the rest.
    pub samples_per_point: u64,
    /// Three bytes a point in base64 (RFC 4648): least and greatest sample as
    /// signed bytes, where 127 is full scale, and the root mean square as an
    /// unsigned byte, where 255 is full scale.
    pub data: String,
}

impl Waveform {
    /// Nothing yet, of a track of so many samples.
    #[must_use]
    pub fn new(samples: u64) -> Self {
        Self {
            samples_per_point: samples.div_ceil(POINTS).max(1),
            first: 0,
            points: Vec::new(),
        }
    }

    /// Takes in samples, planar, of which the first is sample `start`. What
    /// was taken in before must end there, or be nothing.
    pub fn extend(&mut self, planes: &[&[f32]], start: u64) {
        if self.points.is_empty() {
            self.first = start / self.samples_per_point;
        }
        let length = planes[0].len() as u64;
        let mut at = start;
        while at < start + length {
            let index = at / self.samples_per_point;
            let end = ((index + 1) * self.samples_per_point).min(start + length);
            let own = (at - start) as usize..(end - start) as usize;
            let mut point = Point {
                samples: end - at,
                ..Point::EMPTY
            };
            for plane in planes {
                let mut squares = 0.0f64;
                for samples in plane[own.clone()].chunks(64) {
                    let mut sum = 0.0f32;
                    for sample in samples {
                        point.least = point.least.min(*sample);
                        point.greatest = point.greatest.max(*sample);
                        sum += sample * sample;
                    }
                    squares += f64::from(sum);
                }
                point.squares += squares / planes.len() as f64;
            }
            self.add((index - self.first) as usize, &point);
            at = end;
        }
    }

    /// Puts what was measured behind this one to it.
    pub fn append(&mut self, next: &Self) {
        if self.points.is_empty() {
            self.first = next.first;
        }
        let offset = (next.first - self.first) as usize;
        for (index, point) in next.points.iter().enumerate() {
            self.add(offset + index, point);
        }
    }

    fn add(&mut self, index: usize, point: &Point) {
        if index >= self.points.len() {
            self.points.resize(index + 1, Point::EMPTY);
        }
        self.points[index].add(point);
    }

    /// The overview as it stands in JSON.
    #[must_use]
    pub fn to_entry(&self) -> WaveformEntry {
        let signed = |value: f32| libm::roundf(value.clamp(-1.0, 1.0) * 127.0) as i8 as u8;
        let bytes: Vec<u8> = self
            .points
            .iter()
            .flat_map(|point| {
                let mean = point.squares / point.samples.max(1) as f64;
                let rms = libm::round(libm::sqrt(mean).min(1.0) * 255.0) as u8;
                [signed(point.least), signed(point.greatest), rms]
            })
            .collect();
        WaveformEntry {
            samples_per_point: self.samples_per_point,
            data: STANDARD.encode(bytes),
        }
    }
}

impl WaveformEntry {
    /// Least, greatest and root mean square of each point, where 1 is full
    /// scale; none where the data is damaged.
    #[must_use]
    pub fn points(&self) -> Vec<[f32; 3]> {
        let bytes = STANDARD.decode(&self.data).unwrap_or_default();
        bytes
            .chunks_exact(3)
            .map(|point| {
                [
                    f32::from(point[0] as i8) / 127.0,
                    f32::from(point[1] as i8) / 127.0,
                    f32::from(point[2]) / 255.0,
                ]
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_give_what_the_whole_gives() {
        let plane: Vec<f32> = (0..12_345).map(|n| (n as f32 * 0.01).sin() * 0.5).collect();
        let mut whole = Waveform::new(12_345);
        whole.extend(&[&plane], 0);
        let mut parts = Waveform::new(12_345);
        for start in (0..12_345).step_by(1000) {
            let mut part = Waveform::new(12_345);
            part.extend(&[&plane[start..(start + 1000).min(12_345)]], start as u64);
            parts.append(&part);
        }
        assert_eq!(whole.to_entry(), parts.to_entry());
        assert_eq!(whole.to_entry().points().len(), 950);
    }

    #[test]
    fn a_point_tells_least_greatest_and_power() {
        let mut waveform = Waveform::new(2);
        waveform.extend(&[&[0.5, -1.0]], 0);
        let points = waveform.to_entry().points();
        assert_eq!(points.len(), 2);
        assert!((points[0][1] - 0.5).abs() < 0.01 && (points[1][0] + 1.0).abs() < 0.01);
        assert!((points[0][2] - 0.5).abs() < 0.01 && (points[1][2] - 1.0).abs() < 0.01);
    }
}
