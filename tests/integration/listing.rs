//! The catalog of a run that goes on: what is rendered can be heard meanwhile.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use segue::library::ScanOptions;
use segue::manifest::SiteSettings;
use segue::mastering::{Presets, Variant};
use segue::progress::{Event, Progress};
use segue::render::{
    EmptiedRoots, Holder, Ledger, Plan, PlanOptions, RunOptions, Shard, Site, TimeLimit, WholeFile,
    read_catalog, run,
};

use crate::support::library::Library;
use crate::support::run::{Cost, folder};

/// How many tracks the catalog names whenever a rendition begins.
struct Names {
    site: PathBuf,
    begun: Mutex<Vec<usize>>,
}

impl Progress for Names {
    fn report(&self, event: Event) {
        if let Event::Started { .. } = event {
            let tracks = read_catalog(&self.site).map_or(0, |catalog| catalog.tracks.len());
            self.begun.lock().expect("nobody panics").push(tracks);
        }
    }
}

/// How many tracks the catalog names at the beginning of each of three.
fn named(list_every: Duration) -> Vec<usize> {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for (seed, name) in ["a.wav", "b.wav", "c.wav"].into_iter().enumerate() {
        library.add_wav(name, seed as u64, 1);
    }
    let root = scratch.path().join("site");
    let (settings, presets) = (SiteSettings::default(), Presets::default());
    let limit = TimeLimit::after(Instant::now(), None);
    let planning = PlanOptions {
        roots: vec![library.path().to_owned()],
        scan: ScanOptions::default(),
        variants: vec!["original".parse::<Variant>().expect("a variant")],
        presets: presets.clone(),
        settings,
        whole_file: WholeFile::NotWanted,
        force: false,
        emptied: EmptiedRoots::NotMounted,
        shard: Shard::default(),
        limit,
    };
    let rendering = RunOptions {
        settings,
        presets,
        whole_file: false,
        limit,
        list_every,
    };
    let site = Site::open(&root, Holder::Render).expect("a site");
    let (ledger, names) = (Ledger::default(), Mutex::default());
    let progress = Names {
        site: root,
        begun: names,
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
    pool.build().expect("a pool").install(|| {
        let plan = Plan::make(&planning, site.root(), &ledger, &progress).expect("a plan");
        run(&plan, &site, &rendering, &ledger, &progress).expect("it is rendered");
    });
    let catalog = read_catalog(site.root()).expect("a catalog");
    assert_eq!(catalog.tracks.len(), 3, "in the end it names all");
    progress.begun.into_inner().expect("nobody panics")
}

#[test]
fn what_is_rendered_is_in_the_catalog_while_more_is() {
    let _cost = Cost::of("listing::what_is_rendered_is_in_the_catalog_while_more_is");
    let begun = named(Duration::ZERO);
    assert!(
        begun[2] >= 1,
        "the first is there before the last begins: {begun:?}"
    );
    let begun = named(Duration::from_secs(3600));
    assert_eq!(begun, [0, 0, 0], "not before it is time");
}
