//! JSON and TOML that segue reads back: what a site has, with a checksum that
//! fits, and presets.
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::manifest::{Catalog, Rendition, TrackDescription, from_json};
use segue::mastering::Presets;
use segue_fuzz::with_file;

fuzz_target!(|bytes: &[u8]| {
    // The checksum stands for accidents, not for malice: who writes a file can
    // write its checksum.
    let checksum = blake3::hash(bytes);
    let file = [
        bytes,
        format!(",\n  \"checksum\": \"{checksum}\"\n}}\n").as_bytes(),
    ]
    .concat();
    let _catalog = from_json::<Catalog>(&file);
    let _rendition = from_json::<Rendition>(&file);
    let _track = from_json::<TrackDescription>(&file);
    with_file(&file, |path| {
        let _index = segue::library::ScanIndex::load(path);
    });
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _preset = Presets::default().add(text);
    }
});
