//! What the fuzz targets share: the input as a file, and which panics count.
//!
//! A third party's panic is caught and is that file's failure, so that it is no
//! finding. One of segue's own code is, guarded or not, and so is a crash, a
//! hang, or memory beyond what `-rss_limit_mb` grants.

use std::cell::RefCell;
use std::io::Write;
use std::panic;
use std::path::Path;

use tempfile::NamedTempFile;

thread_local! {
    static FILE: RefCell<NamedTempFile> =
        RefCell::new(NamedTempFile::new().expect("a temporary file can be made"));
}

/// Puts the input into a file, always the same one, and hands over its path.
pub fn with_file(bytes: &[u8], work: impl FnOnce(&Path)) {
    FILE.with_borrow_mut(|file| {
        file.as_file().set_len(0).expect("the file can be emptied");
        std::io::Seek::rewind(file.as_file_mut()).expect("the file can be rewound");
        file.write_all(bytes).expect("the file can be written");
        work(file.path());
    });
}

/// Lets the panics pass that segue catches and that are not its own.
/// libFuzzer's own hook would end the program at each.
pub fn count_own_panics_only() {
    let fatal = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let file = panic.location().map_or("", panic::Location::file);
        let is_of_others = file.contains("/registry/") || file.starts_with("/rustc/");
        if !(is_of_others && segue::decode::is_guarded()) {
            fatal(panic);
        }
    }));
}
