//! What a file may cost, in proportion to its size.
//!
//! A header can promise a thousand years in a kilobyte, and an index can lead
//! round in circles. Every bound here is above what any file comes to that an
//! encoder made, follows from the file's length alone, and is held while the
//! file is read: what exceeds it fails early, with the reason, before anything
//! is made in the size that it promised.
//!
//! Most samples come from the fewest bytes in silence: a FLAC frame packs
//! 65,535 into 12 bytes, an ALAC packet 65,536 into 11, Opus 5,760 into 3 with
//! Ogg's lacing, Vorbis 4,096 into 2.

use std::io;

use super::DecodeError;

/// Samples per channel to a byte.
const SAMPLES_PER_BYTE: u64 = 8192;
/// How often a file may be read over while a demuxer finds its way in it.
const READS_PER_BYTE: u64 = 64;
/// What is granted to a file of whatever size: samples of a packet, bytes of
/// buffers that are filled in vain.
const GRANTED: (u64, u64) = (65_536, 64 << 20);

/// The bounds of one file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    bytes: u64,
}

impl Bounds {
    /// Of a file of this length.
    pub(super) fn of(bytes: u64) -> Self {
        Self { bytes }
    }

    /// What may be read from it through one opening.
    pub(super) fn reads(self) -> Reads {
        Reads {
            left: self
                .bytes
                .saturating_mul(READS_PER_BYTE)
                .saturating_add(GRANTED.1),
        }
    }

    /// Holds what was found in the file so far against its length.
    pub(super) fn check(self, found: &Found) -> Result<(), DecodeError> {
        let most = self
            .bytes
            .saturating_mul(SAMPLES_PER_BYTE)
            .saturating_add(GRANTED.0);
        let detail = if found.samples > most {
            format!("{} samples", found.samples)
        } else if found.packets > self.bytes {
            format!("{} packets", found.packets)
        } else if found.packet_bytes > self.bytes.saturating_mul(2) {
            format!("{} bytes of packets", found.packet_bytes)
        } else {
            return Ok(());
        };
        Err(DecodeError::Impossible {
            detail: format!("{detail} in {} bytes of file", self.bytes),
        })
    }
}

/// What may still be read: it ends where a parser goes round in circles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reads {
    left: u64,
}

impl Reads {
    /// Takes what a step costs; a step that brings nothing costs a little, too.
    pub(super) fn spend(&mut self, bytes: usize) -> io::Result<()> {
        self.left = self
            .left
            .checked_sub(bytes.max(64) as u64)
            .ok_or_else(|| {
                io::Error::other(
                    "its contents lead round in circles: restore the file, or let ffmpeg encode it anew",
                )
            })?;
        Ok(())
    }
}

/// What a file's packets come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Packets.
    pub(super) packets: u64,
    /// Their bytes. Twice a file's length is room for headers that Matroska
    /// strips from every packet, where no packet is used twice.
    pub(super) packet_bytes: u64,
    /// The samples per channel that they decode to.
    pub(super) samples: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kilobyte_holds_no_year() {
        let found = |packets, packet_bytes, samples| Found {
            packets,
            packet_bytes,
            samples,
        };
        let bounds = Bounds::of(1034);
        assert!(bounds.check(&found(1, 1034, 44_100 * 180)).is_ok());
        assert!(bounds.check(&found(1, 1034, 1 << 40)).is_err());
        assert!(bounds.check(&found(1035, 0, 0)).is_err());
        assert!(bounds.check(&found(1, 2069, 0)).is_err());
        assert!(Bounds::of(u64::MAX).check(&found(9, 9, u64::MAX)).is_ok());
    }
}
