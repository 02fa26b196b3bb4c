//! What is counted of replies: where they came from, and how long somebody waited.

use crate::support::library::Library;
use crate::support::run::folder;
use crate::support::server::Server;

#[test]
fn replies_are_counted_by_where_they_came_from() {
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for seed in 0..8 {
        library.add_wav(&format!("{seed}.wav"), seed, 60);
    }
    let site = scratch.path().join("site");
    let flags = ["--metrics", "--jobs", "1"];
    let server = Server::on_demand(&site, library.path(), &flags);
    // Tracks are measured in the order of their ids: the last is not yet.
    let id = server.track_ids().into_values().max().expect("a track");
    let count = |kind: &str| {
        let label = format!("kind=\"{kind}\"");
        let counted = |metric: &str| server.metric_of(metric, &label) as u64;
        let requests = counted("segue_requests_total");
        assert_eq!(counted("segue_first_byte_seconds_count"), requests);
        requests
    };
    let counts = || ["cold", "on_demand", "static"].map(count);
    assert_eq!(counts(), [0, 0, 0]);
    let rendition = server.rendition(&id, "warm");
    assert_eq!(counts(), [1, 0, 0], "the track had to be measured");
    let waited = server.health("longest_wait_ms");
    assert!(waited > 0, "who waits for a manifest waits, too");
    let segment = rendition.segment(0);
    server.get_well(&segment);
    assert_eq!(counts(), [1, 1, 0], "only the segment had to be made");
    let path = site.join(&segment[1..]);
    server.wait_until("it is published", |_| path.is_file());
    server.get_well(&segment);
    assert_eq!(counts(), [1, 1, 1], "nothing had to be made");
    server.rendition(&id, "bright");
    assert_eq!(counts(), [1, 2, 1], "a track is measured once");
    // The same of a site that is only hosted.
    drop(server);
    let server = Server::start(&site, ["--metrics"]);
    server.get_well(&segment);
    let hits = server.metric("segue_cache_hits_total");
    let is_static = server.metric_of("segue_requests_total", "kind=\"static\"");
    assert_eq!((hits as u64, is_static as u64), (1, 1));
}
