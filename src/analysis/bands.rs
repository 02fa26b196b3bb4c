//! The five bands in which balance is measured and changed.
//!
//! Each frequency belongs to one band, or, within half an octave of an edge, to
//! two: their shares are the squares of a cosine and a sine and always add up
//! to one. An equaliser whose level in decibels is the bands' gains weighted by
//! these shares has no steps, and its effect on a signal's power follows from
//! the power that was measured in each band.

/// How many bands there are.
pub const BANDS: usize = 5;

/// What the bands are called, from the lowest.
pub const BAND_NAMES: [&str; BANDS] = ["low", "low_mid", "mid", "high_mid", "high"];

/// Where one band passes into the next, in hertz.
pub const BAND_EDGES_HZ: [f64; BANDS - 1] = [200.0, 800.0, 3000.0, 8000.0];

/// The share of each band at a frequency.
#[must_use]
pub fn band_weights(frequency_hz: f64) -> [f64; BANDS] {
    // How far the frequency has passed each edge, from 0 to 1.
    let passed = BAND_EDGES_HZ.map(|edge| {
        let octaves = libm::log2(frequency_hz.max(1.0) / edge);
        let place = (octaves + 0.5).clamp(0.0, 1.0);
        let sine = libm::sin(place * std::f64::consts::FRAC_PI_2);
        sine * sine
    });
    std::array::from_fn(|band| {
        let from = if band == 0 { 1.0 } else { passed[band - 1] };
        let to = if band == BANDS - 1 { 0.0 } else { passed[band] };
        from - to
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_add_up_to_one_and_none_is_negative() {
        for step in 0..1000 {
            let weights = band_weights(20.0 * libm::exp2(f64::from(step) / 100.0));
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(weights.iter().all(|weight| *weight >= 0.0));
        }
    }

    #[test]
    fn the_middle_of_a_band_is_its_own() {
        for (band, frequency) in [60.0, 400.0, 1500.0, 5000.0, 14_000.0]
            .into_iter()
            .enumerate()
        {
            assert!((band_weights(frequency)[band] - 1.0).abs() < 1e-12);
        }
    }
}
