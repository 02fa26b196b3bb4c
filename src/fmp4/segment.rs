//! `styp`, `moof` and `mdat`: one fragment with the access units of a segment.

use mp4_atom::{
    AnySampleGroupEntry, Encode, FourCC, Mdat, Mfhd, Moof, Sbgp, SbgpEntry, Sgpd, SgpdEntry, Styp,
    Tfdt, Tfhd, Traf, Trun, TrunEntry,
};

use super::{BoxError, TRACK_ID};
use crate::timeline::{Segment, UNIT_SAMPLES};

/// Every access unit can be decoded without another one's data: a sync sample
/// that depends on no other (ISO/IEC 14496-12, 8.8.3.1 and 8.6.4.3).
const SYNC_SAMPLE: u32 = 2 << 24;
/// From `mdat`'s first byte to its contents.
const MDAT_HEADER_BYTES: usize = 8;

/// The media segment that carries these access units.
pub fn media_segment(segment: &Segment, units: &[Vec<u8>]) -> Result<Vec<u8>, BoxError> {
    let payload: usize = units.iter().map(Vec::len).sum();
    let mut bytes = Vec::with_capacity(payload + 16 * units.len() + 512);
    Styp {
        major_brand: FourCC::new(b"msdh"),
        minor_version: 0,
        compatible_brands: [b"msdh", b"msix", b"cmfs"].map(FourCC::new).to_vec(),
    }
    .encode(&mut bytes)?;
    // Where the data begins depends on the size of the box that says so, but
    // not on the value that it says.
    let mut moof = moof(segment, units, 0);
    let mut measured = Vec::new();
    moof.encode(&mut measured)?;
    let data_offset = measured.len() + MDAT_HEADER_BYTES;
    if let Some(trun) = moof.traf.first_mut().and_then(|traf| traf.trun.first_mut()) {
        trun.data_offset =
            Some(i32::try_from(data_offset).map_err(|_| BoxError::TooLarge(payload))?);
    }
    moof.encode(&mut bytes)?;
    Mdat {
        data: units.concat(),
    }
    .encode(&mut bytes)?;
    Ok(bytes)
}

fn moof(segment: &Segment, units: &[Vec<u8>], data_offset: i32) -> Moof {
    let samples: Vec<TrunEntry> = units
        .iter()
        .map(|unit| TrunEntry {
            size: Some(unit.len() as u32),
            ..TrunEntry::default()
        })
        .collect();
    Moof {
        mfhd: Mfhd {
            sequence_number: segment.index as u32 + 1,
        },
        traf: vec![Traf {
            tfhd: Tfhd {
                track_id: TRACK_ID,
                default_sample_duration: Some(UNIT_SAMPLES as u32),
                default_sample_flags: Some(SYNC_SAMPLE),
                default_base_is_moof: true,
                ..Tfhd::default()
            },
            tfdt: Some(Tfdt {
                base_media_decode_time: segment.decode_time(),
            }),
            trun: vec![Trun {
                data_offset: Some(data_offset),
                samples: samples.into(),
            }],
            sbgp: vec![roll_members(units.len())],
            sgpd: vec![roll_distance()],
            ..Traf::default()
        }],
    }
}

/// Each unit needs the one before it to be right (ISO/IEC 14496-12, 10.1: the
/// roll distance of AAC is -1).
fn roll_distance() -> Sgpd {
    let distance: i16 = -1;
    let grouping_type = FourCC::new(b"roll");
    Sgpd {
        grouping_type,
        default_length: Some(2),
        default_group_description_index: None,
        static_group_description: false,
        static_mapping: false,
        essential: false,
        entries: vec![SgpdEntry {
            description_length: None,
            entry: AnySampleGroupEntry::UnknownGroupingType(
                grouping_type,
                distance.to_be_bytes().to_vec(),
            ),
        }],
    }
}

/// All units of the fragment belong to the group that the fragment itself
/// describes: those are counted from 0x10001 (ISO/IEC 14496-12, 8.9.4).
fn roll_members(units: usize) -> Sbgp {
    Sbgp {
        grouping_type: FourCC::new(b"roll"),
        grouping_type_parameter: None,
        entries: vec![SbgpEntry {
            sample_count: units as u32,
            group_description_index: 0x1_0001,
        }],
    }
}
