//! The boxes of init and segments, read by the `mp4` crate and, where it skips them, by a box walker.

use std::fs;

use mp4::Mp4Reader;

use crate::hls_dash::{UNIT, render};
use crate::support::boxes;
use crate::support::run::{Cost, folder};
use crate::support::site::Rendition;

// Flags of tfhd and trun (ISO/IEC 14496-12, sections 8.8.7 and 8.8.8).
const BASE_DATA_OFFSET: u32 = 0x00_0001;
const DEFAULT_BASE_IS_MOOF: u32 = 0x02_0000;
const SIZES_PRESENT: u32 = 0x00_0200;

/// Holds an init segment against what the contract says of it.
fn check_init(rendition: &Rendition) {
    let bytes = fs::read(rendition.file("init")).expect("the init segment can be read");
    let rate = u32::try_from(rendition.number("sample_rate")).expect("a rate is small");
    assert_eq!(boxes::kinds(&bytes), ["ftyp", "moov"]);
    let ftyp = boxes::find(&bytes, &["ftyp"])
        .expect("ftyp was seen")
        .payload;
    assert_eq!(&ftyp[..4], b"iso6", "the major brand");
    let brands: Vec<&[u8]> = ftyp[8..].chunks(4).collect();
    assert_eq!(
        brands,
        [b"iso6", b"cmfc", b"dash", b"mp41"],
        "the compatible brands"
    );
    let reader = Mp4Reader::read_header(std::io::Cursor::new(&bytes), bytes.len() as u64)
        .expect("mp4 reads the init segment");
    let track = &reader.moov.traks[0];
    assert_eq!(reader.moov.traks.len(), 1);
    assert_eq!(
        track.mdia.mdhd.timescale, rate,
        "the timescale is the sample rate"
    );
    assert_eq!(
        (
            track.mdia.mdhd.duration,
            track.tkhd.duration,
            reader.moov.mvhd.duration
        ),
        (0, 0, 0),
        "no durations"
    );
    assert_eq!(
        (
            track.mdia.mdhd.creation_time,
            track.tkhd.creation_time,
            reader.moov.mvhd.creation_time
        ),
        (0, 0, 0),
        "no dates"
    );
    assert!(track.edts.is_none(), "no edit list");
    assert!(
        track.mdia.minf.stbl.stts.entries.is_empty(),
        "the sample tables are empty"
    );
    let mvex = reader.moov.mvex.as_ref().expect("there is an mvex");
    assert!(mvex.mehd.is_none(), "no mehd");
    assert_eq!(mvex.trex.track_id, track.tkhd.track_id);
    let sound = track
        .mdia
        .minf
        .stbl
        .stsd
        .mp4a
        .as_ref()
        .expect("there is an mp4a");
    assert_eq!(u64::from(sound.channelcount), rendition.number("channels"));
}

/// Holds a segment against the manifest: `unit` is the access unit of the track that it begins with, counted with the
/// pre-roll as 0. Returns the one after its last.
fn check_segment(init: &[u8], bytes: &[u8], unit: u64) -> u64 {
    assert_eq!(boxes::kinds(bytes), ["styp", "moof", "mdat"]);
    let styp = boxes::find(bytes, &["styp"])
        .expect("styp was seen")
        .payload;
    assert_eq!(&styp[..4], b"msdh", "the segment's major brand");
    assert_eq!(
        styp[8..].chunks(4).collect::<Vec<_>>(),
        [b"msdh", b"msix", b"cmfs"],
        "the segment's brands"
    );
    let both = [init, bytes].concat();
    let fragment = Mp4Reader::read_header(std::io::Cursor::new(&both), both.len() as u64)
        .expect("mp4 reads the segment");
    let traf = &fragment.moofs[0].trafs[0];
    assert_eq!(
        (fragment.moofs.len(), fragment.moofs[0].trafs.len()),
        (1, 1),
        "one fragment of one track"
    );
    assert_eq!(traf.tfhd.flags & BASE_DATA_OFFSET, 0, "no base data offset");
    assert_ne!(
        traf.tfhd.flags & DEFAULT_BASE_IS_MOOF,
        0,
        "default-base-is-moof"
    );
    let tfdt = traf.tfdt.as_ref().expect("there is a tfdt");
    assert_eq!(
        (tfdt.version, tfdt.base_media_decode_time),
        (1, unit * UNIT),
        "tfdt"
    );
    let trun = traf.trun.as_ref().expect("there is a trun");
    assert_ne!(trun.flags & SIZES_PRESENT, 0, "trun tells sizes");
    let (moof, mdat) = (boxes::find(bytes, &["moof"]), boxes::find(bytes, &["mdat"]));
    let (moof, mdat) = (moof.expect("moof was seen"), mdat.expect("mdat was seen"));
    let offset = trun.data_offset.expect("trun tells where the data is");
    assert_eq!(
        moof.start + usize::try_from(offset).expect("data lies ahead"),
        mdat.start + 8,
        "the data offset"
    );
    let sum: usize = trun.sample_sizes.iter().map(|&size| size as usize).sum();
    assert_eq!(sum, mdat.payload.len(), "the sizes fill mdat");
    assert_eq!(trun.sample_sizes.len(), trun.sample_count as usize);
    check_roll(bytes);
    unit + u64::from(trun.sample_count)
}

/// Sample groups `roll` with a distance of -1: the decoder needs the unit before.
fn check_roll(segment: &[u8]) {
    for kind in ["sgpd", "sbgp"] {
        let group = boxes::find(segment, &["moof", "traf", kind])
            .unwrap_or_else(|| panic!("there is a {kind}"));
        assert_eq!(&group.payload[4..8], b"roll", "{kind} groups by roll");
    }
    let description = boxes::find(segment, &["moof", "traf", "sgpd"]).expect("sgpd was seen");
    assert!(
        description.payload.ends_with(&(-1_i16).to_be_bytes()),
        "the roll distance is -1"
    );
}

/// Holds `audio.mp4` against the contract: init with an edit list and the length, and behind it the segments.
fn check_whole_file(rendition: &Rendition, segments: &[u8]) {
    let bytes = fs::read(rendition.media_folder().join("audio.mp4")).expect("the whole file");
    let header = bytes
        .strip_suffix(segments)
        .expect("it ends with the segments");
    assert_eq!(boxes::kinds(header), ["ftyp", "moov"]);
    let reader = Mp4Reader::read_header(std::io::Cursor::new(&bytes), bytes.len() as u64)
        .expect("mp4 reads the whole file");
    let mvex = reader.moov.mvex.as_ref().expect("there is an mvex");
    let told = mvex.mehd.as_ref().expect("mehd").fragment_duration;
    assert_eq!(told, rendition.number("samples"), "the track's true length");
    let edits = reader.moov.traks[0].edts.as_ref();
    let edits = edits.and_then(|edits| edits.elst.as_ref());
    let edit = &edits.expect("an edit list").entries[0];
    assert_eq!((edit.media_time, edit.segment_duration), (1024, 0));
}

#[test]
fn boxes_are_as_the_contract_says() {
    let _cost = Cost::of("segment_boxes::boxes_are_as_the_contract_says");
    let scratch = folder();
    let site = render(scratch.path());
    for rendition in site.renditions() {
        check_init(&rendition);
        let init = fs::read(rendition.file("init")).expect("the init segment can be read");
        let segments = rendition.segments();
        let mut unit = 0;
        let mut joined = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            let bytes = fs::read(&segment.path).expect("a segment can be read");
            unit = check_segment(&init, &bytes, unit);
            let end = segment.start + segment.samples;
            assert_eq!(
                unit,
                1 + end.div_ceil(UNIT),
                "segment {index} ends with the unit of its last sample"
            );
            joined.extend(bytes);
        }
        check_whole_file(&rendition, &joined);
    }
    let titled = site.by_title();
    let init =
        |title: &str| fs::read(titled[title].file("init")).expect("the init segment can be read");
    assert_eq!(
        init("stereo"),
        init("short"),
        "for the same rate and channels the init segment is the same"
    );
    assert_ne!(
        init("stereo"),
        init("mono"),
        "and it tells rates and channels apart"
    );
}
