//! What is cut from a track's decoded samples: the delay and the padding, as
//! each container tells them.

use std::path::Path;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known as codec;

use super::DecodeError;
use super::edit_list;
use super::matroska;
use super::source::{PacketSource, format};

/// What a track keeps of its decoded samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trim {
    /// Samples before its first.
    pub(super) delay: u64,
    /// How many it has.
    pub(super) samples: u64,
}

/// What a container says of all packets together, beside what they decode to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// Samples per channel that they decode to.
    pub(super) frames: u64,
    /// The sum of their durations, in the container's unit.
    pub(super) duration: u64,
    /// Samples that are cut from the ends of packets.
    pub(super) padding: u64,
}

/// Delay and length, as each container tells them.
pub(super) fn trim(
    path: &Path,
    source: &mut PacketSource,
    told: Told,
) -> Result<Trim, DecodeError> {
    let frames = told.frames;
    let cut = |delay: u64, padding: u64| {
        let delay = delay.min(frames);
        Trim {
            delay,
            samples: (frames - delay).saturating_sub(padding),
        }
    };
    let delay = u64::from(source.track().delay.unwrap_or(0));
    let padding = u64::from(source.track().padding.unwrap_or(0));
    Ok(match source.format() {
        format::FORMAT_ID_MP1 | format::FORMAT_ID_MP2 | format::FORMAT_ID_MP3 => {
            cut(delay, padding)
        }
        format::FORMAT_ID_OGG if source.params().codec == codec::CODEC_ID_OPUS => {
            cut(delay, told.padding)
        }
        format::FORMAT_ID_OGG => cut(0, told.padding),
        format::FORMAT_ID_CAF => {
            // A last packet that tells its own length has left its part of the
            // padding out already.
            let left_out = told.duration.saturating_sub(frames);
            cut(delay, padding.saturating_sub(left_out))
        }
        format::FORMAT_ID_ISOMP4 => mp4_trim(path, source, told),
        format::FORMAT_ID_MKV => {
            let rate = u64::from(source.params().sample_rate.unwrap_or(0));
            let samples = |nanoseconds: u64| {
                let scaled = u128::from(nanoseconds) * u128::from(rate) + 500_000_000;
                (scaled / 1_000_000_000) as u64
            };
            let trim = matroska::trim(path, u64::from(source.track().id))?;
            // Opus carries its own; ffmpeg gets CodecDelay wrong for sources that
            // were not at 48 kHz.
            let delay = opus_pre_skip(source.params()).unwrap_or(samples(trim.delay));
            cut(delay, samples(trim.padding))
        }
        _ => cut(0, 0),
    })
}

/// The samples at 48 kHz that an Opus header has cut away (RFC 7845, 5.1).
fn opus_pre_skip(params: &AudioCodecParameters) -> Option<u64> {
    if params.codec != codec::CODEC_ID_OPUS {
        return None;
    }
    let bytes = params.extra_data.as_deref()?.get(10..12)?;
    Some(u64::from(u16::from_le_bytes([bytes[0], bytes[1]])))
}

/// `iTunSMPB` counts samples, so it goes first. An edit list counts its length
/// in the movie's coarse units: the end comes from the durations of the
/// samples, unless the edit ends clearly before it.
fn mp4_trim(path: &Path, source: &mut PacketSource, told: Told) -> Trim {
    let frames = told.frames;
    if let Some((delay, samples)) = source
        .tag_ending_with("iTunSMPB")
        .as_deref()
        .and_then(edit_list::itunes_gapless)
        && delay.checked_add(samples).is_some_and(|end| end <= frames)
    {
        return Trim { delay, samples };
    }
    let rate = u128::from(source.params().sample_rate.unwrap_or(1));
    let scaled =
        |time: u64, scale: u32| (u128::from(time) * rate / u128::from(scale.max(1))) as u64;
    let scale = source
        .track()
        .time_base
        .map_or(1, |base| base.denom.get() / base.numer.get());
    let durations = scaled(told.duration, scale).min(frames);
    let Some(edit) = edit_list::edit(path, source.track().id) else {
        return Trim {
            delay: 0,
            samples: durations,
        };
    };
    let delay = scaled(edit.media_time, edit.media_timescale).min(durations);
    let rest = durations - delay;
    let edit_end = scaled(edit.duration, edit.movie_timescale);
    let one_unit = scaled(1, edit.movie_timescale) + 1;
    let ends_early = edit.duration > 0 && edit_end + one_unit < rest;
    Trim {
        delay,
        samples: if ends_early { edit_end } else { rest },
    }
}
