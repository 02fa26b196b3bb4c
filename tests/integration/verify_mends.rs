//! The line that `segue verify` prints mends what it is printed of, and makes nothing that was not there.

use std::fs;

use crate::support::ground::{Ground, check_silent};
use crate::support::run::{Outcome, Segue};
use crate::support::site::{Site, files_below};

/// The one command of the one line that was printed.
fn command(outcome: &Outcome) -> Vec<String> {
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let command = lines[0].split('`').nth(1);
    let words = command.expect("a command").split(' ');
    words.map(str::to_owned).collect()
}

#[test]
fn a_site_of_one_variant_is_mended_by_that_one() {
    let ground = Ground::new();
    let site = Site::at(&ground.library.path().with_file_name("warm"));
    Segue::render_presets(ground.library.path(), site.path(), "warm").run_well();
    let before = files_below(&site.path().join("tracks"));
    for name in ["track.json", "cover.jpg"] {
        let mut names = before.iter().filter(|path| path.ends_with(name));
        let path = names.next().expect("it was published");
        let verify = || Segue::new("verify").with(site.path()).run();
        // Gone, and damaged.
        for bytes in [None, Some("{}")] {
            fs::remove_file(path).expect("it is there");
            if let Some(bytes) = bytes {
                fs::write(path, bytes).expect("it can be written");
            }
            let words = command(&verify());
            assert_eq!(words[..3], ["segue", "render", "LIBRARY"]);
            let mend = words[3..].iter().fold(
                Segue::new("render").with(ground.library.path()),
                Segue::with,
            );
            let outcome = mend.with("--json").run_well();
            assert_eq!(outcome.summary_count("rendered"), 0, "{words:?}");
            assert_eq!(
                files_below(&site.path().join("tracks")),
                before,
                "{words:?}"
            );
            check_silent(&verify());
        }
    }
}
