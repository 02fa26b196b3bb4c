//! The values of flags that are not just text, as they are written.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use crate::units::BitRate;

/// `192k` or `192000`.
pub(super) fn bit_rate(text: &str) -> Result<BitRate, String> {
    let (digits, factor) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1000),
        None => (text, 1),
    };
    let number = digits
        .parse::<u32>()
        .ok()
        .and_then(|number| number.checked_mul(factor));
    match number.map(BitRate) {
        Some(rate) if (BitRate::MINIMUM..=BitRate::MAXIMUM).contains(&rate) => Ok(rate),
        Some(_) => Err("a bit rate goes from 64k to 320k".to_owned()),
        None => Err("a bit rate is a number such as 192k or 192000".to_owned()),
    }
}

pub(super) fn segment_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.5..=30.0).contains(&seconds) => Ok(seconds),
        Ok(_) => Err("a segment lasts from 0.5 to 30 seconds".to_owned()),
        Err(_) => Err("this is no number of seconds".to_owned()),
    }
}

/// `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = || "an address and a port, as in 127.0.0.1:8080 or [::]:8080".to_owned();
    let mut found = text.to_socket_addrs().map_err(|_| wrong())?;
    found.next().ok_or_else(wrong)
}

pub(super) fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor: u64 = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        "T" | "TB" | "TIB" => 1 << 40,
        _ => return Err("a size ends in K, M, G or T, as in 20G".to_owned()),
    };
    let number = digits.parse::<u64>().ok();
    number
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| "a size is a whole number, as in 20G or 500M".to_owned())
}

pub(super) fn origin(text: &str) -> Result<String, String> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let is_origin = rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '*']));
    if text == "*" || is_origin {
        Ok(text.to_owned())
    } else {
        Err("an origin is a scheme and a host, as in https://example.org, or *".to_owned())
    }
}

pub(super) fn time_limit(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "a duration has units, as in 50m, 90s or 1h30m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_rates_are_read_with_and_without_their_k() {
        assert_eq!(bit_rate("192k"), Ok(BitRate(192_000)));
        assert_eq!(bit_rate("64000"), Ok(BitRate(64_000)));
        for wrong in ["63k", "321k", "fast", "", "-1", "99999999k"] {
            assert!(bit_rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn segments_have_sane_lengths() {
        assert_eq!(segment_seconds("6"), Ok(6.0));
        for wrong in ["0", "31", "NaN", "inf", "six"] {
            assert!(segment_seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_and_addresses_are_read() {
        assert_eq!(size("20G"), Ok(20 << 30));
        assert_eq!(size("512"), Ok(512));
        assert!(size("5 MB").is_err());
        for wrong in ["", "G", "1.5G", "-1", "99999999999T", "5X"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        for right in ["127.0.0.1:0", "[::1]:80", "0.0.0.0:8080"] {
            assert!(address(right).is_ok(), "{right}");
        }
        for wrong in ["", "8080", "127.0.0.1", "127.0.0.1:99999", "::1:"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
        assert!(origin("https://example.org:8443").is_ok() && origin("*").is_ok());
        for wrong in ["example.org", "https://", "https://a/b", "https://*.org"] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }
}
