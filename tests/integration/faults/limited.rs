//! A time limit that passes in the middle of a run: what is done is published and whole, the rest is named, and a run
//! without a limit ends as if there had never been one.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{consistent, published};
use crate::support::library::Library;
use crate::support::run::{Cost, Segue, folder, say};
use crate::support::site::{Site, differences, text};

const TRACKS: u64 = 8;
/// How often the limit is chosen anew, on a machine that is busy now and idle then.
const ATTEMPTS: usize = 6;

/// How many sources came to this.
fn count(report: &Value, outcome: &str) -> usize {
    let sources = report["sources"].as_array().expect("the sources");
    let of = |source: &&Value| source["outcome"] == outcome;
    sources.iter().filter(of).count()
}

/// Runs with a limit, and gives the report.
fn limited(library: &Library, site: &Path, limit: Duration, path: &Path) -> Value {
    let render = Segue::render_presets(library.path(), site, "original,warm").with("-j1");
    let render = render.with(format!("--time-limit={}ms", limit.as_millis().max(1)));
    let outcome = render.with("-v").with("--report").with(path).run_well();
    let bytes = fs::read(path).expect("a report");
    let report: Value = serde_json::from_slice(&bytes).expect("JSON");
    let left = |source: &Value| format!("left: {}", text(&source["source"]));
    let sources = report["sources"].as_array().expect("the sources");
    for source in sources
        .iter()
        .filter(|source| source["outcome"] == "not_reached")
    {
        let left = left(source);
        assert!(
            outcome.stderr.lines().any(|line| line == left),
            "{left}: {}",
            outcome.stderr
        );
    }
    report
}

#[test]
fn a_limit_that_passes_in_the_middle_leaves_what_is_done() {
    let test = "faults::limited::a_limit_that_passes_in_the_middle_leaves_what_is_done";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for seed in 1..=TRACKS {
        library.add_wav(&format!("piece {seed}.wav"), seed, 12);
    }
    let undisturbed = scratch.path().join("undisturbed");
    let whole = Segue::render_presets(library.path(), &undisturbed, "original,warm");
    let began = Instant::now();
    whole.with("-j1").run_well();
    let mut limit = began.elapsed() / 2;
    for attempt in 1..=ATTEMPTS {
        let site = Site::at(&scratch.path().join(format!("site-{attempt}")));
        let report = limited(
            &library,
            site.path(),
            limit,
            &scratch.path().join("report.json"),
        );
        let (done, left) = (count(&report, "rendered"), count(&report, "not_reached"));
        assert_eq!(done + left, TRACKS as usize, "nothing else becomes of them");
        assert_eq!(report["not_reached"], left);
        assert_eq!(report["rendered"], 2 * done);
        say(&format!("{test}: {limit:?}: {done} rendered, {left} left"));
        // One would have been rendered however short the limit.
        if done < 2 {
            limit *= 2;
            continue;
        }
        if left == 0 {
            limit /= 2;
            continue;
        }
        assert_eq!(report["stopped_by"], "time_limit");
        assert_eq!(site.tracks().len(), done, "what is done is listed");
        site.check();
        consistent::check(site.path(), "the limit has passed");
        Segue::render_presets(library.path(), site.path(), "original,warm").run_well();
        consistent::check(site.path(), "run without a limit");
        assert_eq!(
            differences(&published(&undisturbed), &published(site.path())),
            Vec::<String>::new()
        );
        return;
    }
    panic!("no limit passed in the middle of a run");
}
