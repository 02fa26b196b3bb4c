//! A source's tags and the cover inside it; and the input as a picture.
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::library::CoverCache;
use segue_fuzz::{count_own_panics_only, with_file};

fuzz_target!(
    init: count_own_panics_only(),
    |bytes: &[u8]| {
        with_file(bytes, |path| {
            let found = segue::decode::guarded(|| Ok(segue::library::fuzzing::tags(path)));
            let picture = found.ok().and_then(|(tags, picture)| {
                assert!(!tags.title.is_empty(), "a file has at least its name");
                picture
            });
            let picture = picture.as_deref().unwrap_or(bytes);
            let cover = segue::decode::guarded(|| Ok(CoverCache::default().cover(picture)));
            if let Ok(Some(cover)) = cover {
                assert!(cover.jpeg.starts_with(&[0xFF, 0xD8]));
            }
        });
    }
);
