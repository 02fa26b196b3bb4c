//! segue's own readers of what Symphonia does not tell: edit lists, Matroska's
//! delays, what stands behind the last MPEG frame, lengths in packets, Vorbis
//! setup headers. None of them may panic. And the check that stands before libopus,
//! with libopus behind it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue_fuzz::with_file;

fuzz_target!(|bytes: &[u8]| {
    segue::decode::fuzzing::packets(bytes);
    with_file(bytes, segue::decode::fuzzing::containers);
});
