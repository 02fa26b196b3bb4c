//! What can be wrong with a source, by what its owner can do about it.

use std::io;

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Reading failed; the error names the path.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// There is not a single byte.
    #[error("the file is empty: restore it from a backup, or remove it")]
    Empty,
    /// Nothing in the file is known as audio.
    #[error(
        "this is not an audio file that segue knows, whatever its name says: check what it is with `file` or `ffprobe`"
    )]
    NotAudio,
    /// Known, but not supported.
    #[error("{what} is not supported: {advice}")]
    Unsupported {
        /// What was found.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// A header that makes no sense.
    #[error("the header is damaged ({reason}): restore the file, or encode it anew")]
    DamagedHeader {
        /// What does not fit.
        reason: String,
    },
    /// The audio is damaged from here on.
    #[error(
        "the audio is damaged {seconds:.3} s from the start ({reason}): restore the file, or let ffmpeg encode it anew"
    )]
    Damaged {
        /// Where.
        seconds: f64,
        /// What the decoder said.
        reason: String,
    },
    /// The file ends before its audio does.
    #[error(
        "the file is cut off: {detail}; restore it, or repair it with `ffmpeg -i FILE -c copy REPAIRED`"
    )]
    Truncated {
        /// What was announced, and what is there.
        detail: String,
    },
    /// It claims what no file of its size can hold.
    #[error(
        "the file claims the impossible ({detail}): it is damaged, or made to do harm; restore it from where it came"
    )]
    Impossible {
        /// What it claims.
        detail: String,
    },
    /// There is no sample in it.
    #[error("there is no audio in the file (0 samples)")]
    NoSamples,
    /// The decoder broke on the file.
    #[error("the decoder broke on this file ({message}): restore it, or let ffmpeg encode it anew")]
    DecoderPanicked {
        /// What it said.
        message: String,
    },
    /// The file is not the one that was surveyed.
    #[error("it changed while it was read: run again once it is complete")]
    Changed,
}

impl DecodeError {
    /// The error that Symphonia's stands for, `seconds` into the audio.
    pub(super) fn from_symphonia(error: symphonia::core::errors::Error, seconds: f64) -> Self {
        use symphonia::core::errors::Error;
        match error {
            Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Self::Truncated {
                    detail: format!("it ends in the middle of the audio, after {seconds:.3} s"),
                }
            }
            Error::IoError(error) => Self::Read(error),
            Error::Unsupported(what) => Self::Unsupported {
                what: format!("this kind of audio ({what})"),
                advice: "convert it to FLAC with ffmpeg",
            },
            Error::ResetRequired => Self::Unsupported {
                what: "a chained Ogg file (several streams in a row)".to_owned(),
                advice: "split it, or join it into one with `ffmpeg -i FILE JOINED.flac`",
            },
            Error::DecodeError(reason) | Error::LimitError(reason) => Self::Damaged {
                seconds,
                reason: reason.to_owned(),
            },
            error => Self::Damaged {
                seconds,
                reason: error.to_string(),
            },
        }
    }
}
