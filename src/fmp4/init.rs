//! `ftyp` and `moov`: the stream's configuration, and no samples.

use mp4_atom::esds::{DecoderConfig, DecoderSpecific, EsDescriptor, SLConfig};
use mp4_atom::{
    Audio, Codec, Dinf, Dref, DrefEntry, Edts, Elst, ElstEntry, Encode, Esds, FixedPoint, FourCC,
    Ftyp, Hdlr, Mdhd, Mdia, Mehd, Minf, Moov, Mp4a, Mvex, Mvhd, Smhd, Stbl, Stco, Stsd, Tkhd, Trak,
    Trex, Url,
};

use super::{BoxError, TRACK_ID};
use crate::timeline::{PRE_ROLL_SAMPLES, UNIT_SAMPLES};
use crate::units::{BitRate, SampleRate};

/// What the header of a stream tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamHeader {
    /// Samples per second; also the timescale.
    pub rate: SampleRate,
    /// One or two.
    pub channels: u16,
    /// Bits per second of all channels together.
    pub bit_rate: BitRate,
    /// The encoder's `AudioSpecificConfig`.
    pub audio_specific_config: Vec<u8>,
}

/// Where the edit list of a whole file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditEnd {
    /// With the track, so that a player leaves out the encoder's padding.
    Track,
    /// With the media (14496-12, 8.6.6.1: a duration of 0 in a fragmented
    /// file). What browsers play needs this: an edit with an end of its own
    /// makes `WebKitGTK` tell every time after a seek later, by the pre-roll.
    Media,
}

/// The initialisation segment: `init.mp4`.
pub fn init_segment(header: &StreamHeader) -> Result<Vec<u8>, BoxError> {
    boxes(header, None, None)
}

/// What stands before the segments in a whole file: as [`init_segment`], with
/// an edit list that begins behind the pre-roll, and with the length of the
/// track (`mehd`), `samples`, without which `WebKitGTK` takes the first
/// fragment for the whole and Firefox guesses the length.
pub fn whole_file_header(
    header: &StreamHeader,
    samples: u64,
    end: EditEnd,
) -> Result<Vec<u8>, BoxError> {
    let entry = ElstEntry {
        segment_duration: match end {
            EditEnd::Track => samples,
            EditEnd::Media => 0,
        },
        media_time: Some(PRE_ROLL_SAMPLES),
        media_rate: FixedPoint::new(1, 0),
    };
    let edts = Edts {
        elst: Some(Elst {
            entries: vec![entry],
        }),
    };
    let mehd = Mehd {
        fragment_duration: samples,
    };
    boxes(header, Some(edts), Some(mehd))
}

fn boxes(
    header: &StreamHeader,
    edts: Option<Edts>,
    mehd: Option<Mehd>,
) -> Result<Vec<u8>, BoxError> {
    let mut bytes = Vec::with_capacity(1024);
    let brands = [b"iso6", b"cmfc", b"dash", b"mp41"];
    Ftyp {
        major_brand: FourCC::new(b"iso6"),
        minor_version: 0,
        compatible_brands: brands.map(FourCC::new).to_vec(),
    }
    .encode(&mut bytes)?;
    moov(header, edts, mehd).encode(&mut bytes)?;
    Ok(bytes)
}

fn moov(header: &StreamHeader, edts: Option<Edts>, mehd: Option<Mehd>) -> Moov {
    let trex = Trex {
        track_id: TRACK_ID,
        default_sample_description_index: 1,
        default_sample_duration: UNIT_SAMPLES as u32,
        default_sample_size: 0,
        default_sample_flags: 0,
    };
    Moov {
        mvhd: Mvhd {
            timescale: header.rate.0,
            rate: FixedPoint::new(1, 0),
            volume: FixedPoint::new(1, 0),
            next_track_id: TRACK_ID + 1,
            ..Mvhd::default()
        },
        mvex: Some(Mvex {
            mehd,
            trex: vec![trex],
        }),
        trak: vec![Trak {
            tkhd: Tkhd {
                track_id: TRACK_ID,
                enabled: true,
                in_movie: true,
                volume: FixedPoint::new(1, 0),
                ..Tkhd::default()
            },
            edts,
            mdia: mdia(header),
            ..Trak::default()
        }],
        ..Moov::default()
    }
}

fn mdia(header: &StreamHeader) -> Mdia {
    Mdia {
        mdhd: Mdhd {
            timescale: header.rate.0,
            language: "und".to_owned(),
            ..Mdhd::default()
        },
        hdlr: Hdlr {
            handler: FourCC::new(b"soun"),
            name: "segue".to_owned(),
        },
        minf: Minf {
            smhd: Some(Smhd::default()),
            dinf: Dinf {
                dref: Dref {
                    entries: vec![DrefEntry::Url(Url::default())],
                },
            },
            stbl: Stbl {
                stsd: Stsd {
                    codecs: vec![Codec::Mp4a(mp4a(header))],
                },
                stco: Some(Stco::default()),
                ..Stbl::default()
            },
            ..Minf::default()
        },
    }
}

fn mp4a(header: &StreamHeader) -> Mp4a {
    /// ISO/IEC 14496-1, table 5: audio as of ISO/IEC 14496-3.
    const OBJECT_TYPE_AAC: u8 = 0x40;
    /// ISO/IEC 14496-1, table 6.
    const STREAM_TYPE_AUDIO: u8 = 5;
    Mp4a {
        audio: Audio {
            data_reference_index: 1,
            channel_count: header.channels,
            sample_size: 16,
            sample_rate: FixedPoint::new(header.rate.0 as u16, 0),
        },
        esds: Esds {
            es_desc: EsDescriptor {
                es_id: TRACK_ID as u16,
                dec_config: DecoderConfig {
                    object_type_indication: OBJECT_TYPE_AAC,
                    stream_type: STREAM_TYPE_AUDIO,
                    max_bitrate: header.bit_rate.0,
                    avg_bitrate: header.bit_rate.0,
                    dec_specific: Some(DecoderSpecific {
                        raw: header.audio_specific_config.clone(),
                        ..DecoderSpecific::default()
                    }),
                    ..DecoderConfig::default()
                },
                sl_config: SLConfig::default(),
                ..EsDescriptor::default()
            },
        },
        btrt: None,
        taic: None,
    }
}
