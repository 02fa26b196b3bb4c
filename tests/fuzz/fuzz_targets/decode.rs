//! A source from its packets to its samples: the survey, then windows at the
//! start, at the end and in between, in an order that takes seeks.
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::decode::{TrackAudio, guarded, survey};
use segue_fuzz::{count_own_panics_only, with_file};

fuzz_target!(
    init: count_own_panics_only(),
    |bytes: &[u8]| {
        with_file(bytes, |path| {
            let Ok(survey) = guarded(|| survey(path)) else {
                return;
            };
            let audio = TrackAudio::new(path, survey);
            let mut reader = audio.reader();
            let samples = audio.samples().cast_signed();
            for start in [0, samples - 2000, samples / 2] {
                let window = start - 100..start + 2000;
                let Ok(planes) = guarded(|| reader.read(window.clone())) else {
                    continue;
                };
                assert_eq!(planes.len(), usize::from(audio.channels()));
                for plane in planes {
                    assert_eq!(plane.len(), 2100);
                    assert!(plane.iter().all(|sample| sample.is_finite()));
                }
            }
        });
    }
);
