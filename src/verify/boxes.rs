//! Init and segments, as the `mp4` crate reads them: another reader than the
//! one whose writer made them (ISO/IEC 14496-12).

use std::io::Cursor;

use mp4::{BoxHeader, BoxType, MoofBox, MoovBox, Mp4Reader, ReadBox};

use crate::decode::guarded;
use crate::manifest::Stream;
use crate::timeline::{Segment, UNIT_SAMPLES};

/// A box's size and type (4.2.2).
const HEADER_BYTES: u64 = 8;

/// What is wrong with a file, in words for a person.
pub(super) type Complaint = String;

/// Holds `init.mp4` against what a manifest says.
pub(super) fn check_init(bytes: &[u8], stream: Option<&Stream>) -> Result<(), Complaint> {
    let reader = guarded_reading(|| {
        Mp4Reader::read_header(Cursor::new(bytes), bytes.len() as u64).map_err(unparsed)
    })?;
    let boxes = guarded_reading(|| side_by_side(bytes))?;
    if names(&boxes) != ["ftyp", "moov"] {
        return Err("holds more than a header".to_owned());
    }
    check_header(&reader.moov, stream)?;
    if reader.moov.traks[0].edts.is_some() {
        return Err("has an edit list, which the init segment must not have".to_owned());
    }
    Ok(())
}

/// Holds the header of init and whole file against what a manifest says: one
/// track of sound, without samples of its own.
pub(super) fn check_header(moov: &MoovBox, stream: Option<&Stream>) -> Result<(), Complaint> {
    let [track] = moov.traks.as_slice() else {
        return Err(format!("holds {} tracks, not one", moov.traks.len()));
    };
    let Some(sound) = &track.mdia.minf.stbl.stsd.mp4a else {
        return Err("holds no AAC".to_owned());
    };
    let Some(mvex) = &moov.mvex else {
        return Err("does not say that fragments follow".to_owned());
    };
    if mvex.trex.track_id != track.tkhd.track_id || !track.mdia.minf.stbl.stts.entries.is_empty() {
        return Err("is no header of fragments".to_owned());
    }
    let Some(stream) = stream else { return Ok(()) };
    let (timescale, rate) = (track.mdia.mdhd.timescale, stream.rate().0);
    if timescale != rate {
        return Err(format!("counts {timescale} a second, not {rate}"));
    }
    if sound.channelcount != stream.channels {
        return Err(format!(
            "tells of {} channels, not {}",
            sound.channelcount, stream.channels
        ));
    }
    Ok(())
}

/// Holds a segment against its place in the track; without one, against
/// itself.
pub(super) fn check_segment(
    bytes: &[u8],
    index: usize,
    cut: Option<&Segment>,
) -> Result<(), Complaint> {
    let (moof, moof_bytes, data_bytes) = guarded_reading(|| fragment(bytes))?;
    let number = moof.mfhd.sequence_number as usize;
    if number != index + 1 {
        return Err(format!("is fragment {number}, not {}", index + 1));
    }
    let [traf] = moof.trafs.as_slice() else {
        return Err("holds more than one track".to_owned());
    };
    let (Some(tfdt), Some(trun)) = (&traf.tfdt, &traf.trun) else {
        return Err("does not say when it plays, or what".to_owned());
    };
    let told: u64 = trun.sample_sizes.iter().map(|size| u64::from(*size)).sum();
    let offset = trun.data_offset.map(i64::from);
    if told != data_bytes || offset != Some((moof_bytes + HEADER_BYTES) as i64) {
        return Err("does not say rightly where its access units are".to_owned());
    }
    if traf.tfhd.default_sample_duration != Some(UNIT_SAMPLES as u32) {
        return Err("holds access units of another length".to_owned());
    }
    let (begins, samples) = (
        tfdt.base_media_decode_time,
        u64::from(trun.sample_count) * UNIT_SAMPLES,
    );
    let (begin, length) = match cut {
        Some(cut) => (cut.decode_time(), cut.media_samples()),
        // What comes behind the first one begins with a unit of its own.
        None => (
            if index == 0 {
                0
            } else {
                begins.max(UNIT_SAMPLES).next_multiple_of(UNIT_SAMPLES)
            },
            samples.max(UNIT_SAMPLES),
        ),
    };
    if begins != begin {
        return Err(format!("begins at sample {begins}, not {begin}"));
    }
    if samples != length {
        return Err(format!("lasts {samples} samples, not {length}"));
    }
    Ok(())
}

/// The one fragment of a segment, with the sizes of `moof` and of what is in
/// `mdat`.
fn fragment(bytes: &[u8]) -> Result<(MoofBox, u64, u64), Complaint> {
    let boxes = side_by_side(bytes)?;
    let names = names(&boxes);
    let (true, [_, moof, data]) = (names == ["styp", "moof", "mdat"], boxes.as_slice()) else {
        return Err(format!("holds {}, not styp, moof, mdat", names.join(", ")));
    };
    let mut reader = Cursor::new(bytes);
    reader.set_position(moof.start + HEADER_BYTES);
    let read = MoofBox::read_box(&mut reader, moof.size).map_err(unparsed)?;
    Ok((read, moof.size, data.size - HEADER_BYTES))
}

/// Where a box stands.
struct Place {
    name: BoxType,
    start: u64,
    size: u64,
}

/// The boxes of a file, which they have to fill.
fn side_by_side(bytes: &[u8]) -> Result<Vec<Place>, Complaint> {
    let mut reader = Cursor::new(bytes);
    let mut boxes = Vec::new();
    while reader.position() < bytes.len() as u64 {
        let start = reader.position();
        let BoxHeader { name, size } = BoxHeader::read(&mut reader).map_err(unparsed)?;
        let end = start.checked_add(size);
        if size < HEADER_BYTES || end.is_none_or(|end| end > bytes.len() as u64) {
            return Err("ends within a box".to_owned());
        }
        boxes.push(Place { name, start, size });
        reader.set_position(start + size);
    }
    Ok(boxes)
}

fn names(boxes: &[Place]) -> Vec<String> {
    boxes.iter().map(|place| place.name.to_string()).collect()
}

/// Runs a reader of boxes on bytes that may be anything.
pub(super) fn guarded_reading<T>(
    read: impl FnOnce() -> Result<T, Complaint>,
) -> Result<T, Complaint> {
    guarded(|| Ok(read())).unwrap_or_else(|_| Err("cannot be parsed".to_owned()))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what errors are mapped by"
)]
pub(super) fn unparsed(error: mp4::Error) -> Complaint {
    format!("cannot be parsed: {error}")
}
