//! The grid of blocks that defines a track's PCM, per codec.
//!
//! The run-ins are the lengths after which a decoder that was started in the
//! middle agrees with one that ran from the start (measured: MP3 up to 16
//! packets, AAC 4, Opus 64; Vorbis overlaps one packet). A block is long
//! enough that its run-in costs little, and short enough that the sample
//! asked for is decoded within some milliseconds.

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known as codec;

/// How the packets of a codec are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockGrid {
    /// Packets in a block.
    pub(super) packets: u64,
    /// Packets decoded and dropped before a block by a fresh decoder; 0 where
    /// a decoder keeps no state from packet to packet.
    pub(super) run_in: u64,
}

impl BlockGrid {
    /// The grid of a codec.
    pub(super) fn of(id: AudioCodecId) -> Self {
        match id {
            codec::CODEC_ID_MP1 | codec::CODEC_ID_MP2 | codec::CODEC_ID_MP3 => Self {
                packets: 512,
                run_in: 16,
            },
            codec::CODEC_ID_AAC => Self {
                packets: 256,
                run_in: 4,
            },
            codec::CODEC_ID_VORBIS => Self {
                packets: 512,
                run_in: 2,
            },
            codec::CODEC_ID_OPUS => Self {
                packets: 512,
                run_in: 64,
            },
            _ => Self {
                packets: 64,
                run_in: 0,
            },
        }
    }

    /// The packet at which reading for this block begins.
    pub(super) fn first_read(self, block: u64) -> u64 {
        (block * self.packets).saturating_sub(self.run_in)
    }
}

/// Enough of a packet to know it again after a seek.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PacketMark {
    /// Its timestamp, in the container's unit.
    pub(super) timestamp: i64,
    length: u32,
    head: [u8; 16],
    tail: [u8; 16],
}

impl PacketMark {
    /// The mark of a packet.
    pub(super) fn of(timestamp: i64, data: &[u8]) -> Self {
        let take = data.len().min(16);
        let mut mark = Self {
            timestamp,
            length: data.len() as u32,
            head: [0; 16],
            tail: [0; 16],
        };
        mark.head[..take].copy_from_slice(&data[..take]);
        mark.tail[..take].copy_from_slice(&data[data.len() - take..]);
        mark
    }
}

/// Where a block begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockStart {
    /// The first packet of its run-in.
    pub(super) mark: PacketMark,
    /// The decoded samples before the block, per channel.
    pub(super) sample: u64,
}
