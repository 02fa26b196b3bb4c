//! JSON files that can be checked: the last field of each is the BLAKE3 of all
//! bytes before the comma in front of it.

use serde::Serialize;
use serde::de::DeserializeOwned;

const FIELD: &str = ",\n  \"checksum\": \"";

/// Why a JSON file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// There is no checksum at its end.
    #[error("it has no checksum at its end: it is cut off, or not written by segue")]
    NoChecksum,
    /// Its bytes are not those that were written.
    #[error("its checksum is not that of its contents: it was damaged or edited")]
    WrongChecksum,
    /// It is not what was expected.
    #[error("it is not as segue writes it: {0}")]
    Shape(#[from] serde_json::Error),
}

/// A value, which must be a struct or a map with at least one field, as a file.
///
/// # Panics
/// Where a map's keys are no text, which none of the files' are.
#[must_use]
pub fn to_json<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes =
        serde_json::to_vec_pretty(value).expect("plain data with text keys always serialises");
    // Without the line break and the brace that end the object.
    bytes.truncate(bytes.len().saturating_sub(2));
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(format!("{FIELD}{checksum}\"\n}}\n").as_bytes());
    bytes
}

/// Reads a file that [`to_json`] wrote.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    let ending = FIELD.len() + 64 + "\"\n}\n".len();
    let split = bytes
        .len()
        .checked_sub(ending)
        .ok_or(JsonError::NoChecksum)?;
    let (body, field) = bytes.split_at(split);
    let digits = field
        .strip_prefix(FIELD.as_bytes())
        .and_then(|rest| rest.get(..64))
        .ok_or(JsonError::NoChecksum)?;
    if blake3::hash(body).to_hex().as_bytes() != digits {
        return Err(JsonError::WrongChecksum);
    }
    Ok(serde_json::from_slice(bytes)?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn every_flipped_byte_is_found() {
        let bytes = to_json(&json!({ "version": 1, "title": "Ségue" }));
        assert!(from_json::<Value>(&bytes).is_ok());
        for index in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[index] ^= 1;
            assert!(from_json::<Value>(&damaged).is_err(), "byte {index}");
            assert!(
                from_json::<Value>(&bytes[..index]).is_err(),
                "cut at {index}"
            );
        }
    }
}
