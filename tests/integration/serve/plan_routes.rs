//! The routes of the original plan: its front end needs no more than the MIME type and `total_chunks`.

use super::{NO_FLAGS, small_library, small_site};
use crate::support::run::folder;
use crate::support::server::Server;
use crate::support::told::manifest_path;
use crate::support::tools;

#[test]
fn a_client_that_appends_chunks_in_order_has_the_whole_track() {
    let test = "serve::plan_routes::a_client_that_appends_chunks_in_order_has_the_whole_track";
    if !tools::ffmpeg_or_skip(test) {
        return;
    }
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 20);
    let server = Server::on_demand(&scratch.path().join("site"), library.path(), &[]);
    let list = server.get_well("/api/library/tracks").json();
    assert_eq!(list["total"], 3);
    let id = list["tracks"][0]["id"].as_str().expect("an id");
    let track = server.get_well(&format!("/api/library/tracks/{id}")).json();
    let metadata = server
        .get_well(&format!("/api/player/stream_chunk/{id}/metadata"))
        .json();
    for told in [&track, &metadata] {
        assert_eq!(told["mime_type"], "audio/mp4; codecs=\"mp4a.40.2\"");
        assert_eq!(told["duration"], 20.0);
        assert!(
            told["chunk_duration"]
                .as_f64()
                .is_some_and(|seconds| (5.0..6.1).contains(&seconds))
        );
    }
    let chunks = metadata["total_chunks"].as_u64().expect("a number");
    assert_eq!(chunks, 4);
    let mut appended = Vec::new();
    for index in 0..chunks {
        let path = format!(
            "/api/player/stream_chunk/{id}/{index}?enhanced=true&preset=warm&intensity=0.497"
        );
        let chunk = server.get_well(&path);
        assert_eq!(chunk.header("content-type"), Some("audio/mp4"));
        appended.extend(chunk.body);
    }
    let file = scratch.path().join("appended.mp4");
    std::fs::write(&file, &appended).expect("a file");
    let samples = tools::decode(&file, 2, None).frames() as u64;
    // Unit -1 stands before the first sample.
    assert_eq!(samples.abs_diff(20 * 44_100 + 1024) / 1024, 0, "{samples}");
    // The same bytes as under the name of the variant, which is rounded to whole per cent.
    let told = server.rendition(id, "warm@50");
    let segment = server.get_well(&told.segment(1)).body;
    let chunk = server.get_well(&format!(
        "/api/player/stream_chunk/{id}/1?preset=warm&intensity=0.5"
    ));
    assert_eq!(chunk.body, segment);
}

#[test]
fn wrong_values_are_told_and_cost_nothing() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 20);
    let server = Server::on_demand(&scratch.path().join("site"), library.path(), &["--metrics"]);
    let id = &server.track_ids()["one"];
    let chunk = format!("/api/player/stream_chunk/{id}");
    let before = server.metric("segue_renders_total");
    for (path, status, word) in [
        (format!("{chunk}/0?intensity=NaN"), 400, "intensity"),
        (format!("{chunk}/0?intensity=-1"), 400, "intensity"),
        (format!("{chunk}/0?intensity=1.01"), 400, "intensity"),
        (format!("{chunk}/0?intensity=loud"), 400, "0 to 1"),
        (format!("{chunk}/0?preset=hot"), 400, "warm"),
        (format!("{chunk}/0?enhanced=maybe"), 400, "true or false"),
        (format!("{chunk}/-1"), 400, "index"),
        (format!("{chunk}/x"), 400, "index"),
        (format!("{chunk}/4"), 404, "not found"),
        (format!("{chunk}/99999999999"), 404, "not found"),
        (
            format!("/api/player/stream_chunk/{}/0", "0".repeat(32)),
            404,
            "not found",
        ),
        ("/api/player/stream_chunk/1/0".to_owned(), 404, "not found"),
        (
            format!("/api/library/tracks/{}", "f".repeat(32)),
            404,
            "not found",
        ),
        (manifest_path(id, "warm@0"), 404, "not found"),
        (manifest_path(id, "warm@100"), 404, "not found"),
        (manifest_path(id, "warm@050"), 404, "not found"),
        (
            format!("/tracks/{id}/warm/{}/0.m4s", "0".repeat(32)),
            404,
            "not found",
        ),
        ("/api/nothing".to_owned(), 404, "not found"),
    ] {
        let reply = server.get(&path);
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(
            reply.header("content-type"),
            Some("application/json"),
            "{path}"
        );
        let error = reply.json()["error"].as_str().expect("a reason").to_owned();
        assert!(error.contains(word), "{path}: {error}");
        assert!(
            !error.contains(&*scratch.path().to_string_lossy()),
            "{error}"
        );
    }
    let after = server.metric("segue_renders_total");
    assert!((after - before).abs() < 0.1);
}

#[test]
fn a_site_without_a_library_has_the_routes_for_what_is_there() {
    let scratch = folder();
    let server = Server::start(&small_site(scratch.path()), NO_FLAGS);
    let list = server
        .get_well("/api/library/tracks?limit=1&offset=0")
        .json();
    let id = list["tracks"][0]["id"].as_str().expect("an id");
    server.get_well(&format!("/api/player/stream_chunk/{id}/0?enhanced=false"));
    let missing = server.get(&format!("/api/player/stream_chunk/{id}/0?preset=warm"));
    assert_eq!(missing.status, 404);
    assert_eq!(server.get("/api/library/tracks?limit=x").status, 400);
}

#[test]
fn what_pages_report_is_counted_and_bounded() {
    let scratch = folder();
    let server = Server::start(&small_site(scratch.path()), ["--metrics"]);
    let report = |body: &str| {
        let head = format!(
            "POST /api/report HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        crate::support::server::send(server.address, head.as_bytes(), false)
            .expect("an answer")
            .status
    };
    assert_eq!(
        report(r#"{"path":"mse","first_sound_ms":120,"stalls":2,"retries":3}"#),
        204
    );
    // A page may know more than the server.
    assert_eq!(
        report(r#"{"path":"hls","stalls":0,"version":2,"seeks":[1,{"to":3}],"note":null}"#),
        204
    );
    for (wrong, status) in [
        (r#"{"path":"magic"}"#.to_owned(), 400),
        (r#"{"first_sound_ms":-1}"#.to_owned(), 400),
        (r#"{"stalls":4000000000}"#.to_owned(), 400),
        ("nonsense".to_owned(), 400),
        (String::new(), 400),
        (format!("{{\"path\":\"{}\"}}", "x".repeat(10_000)), 413),
    ] {
        assert_eq!(report(&wrong), status, "{wrong}");
    }
    assert!((server.metric("segue_page_stalls_total") - 2.0).abs() < 0.1);
    assert!((server.metric("segue_page_retries_total") - 3.0).abs() < 0.1);
    assert!((server.metric("segue_page_first_sound_seconds_count") - 1.0).abs() < 0.1);
    let closed = Server::start(&small_site(&scratch.path().join("other")), NO_FLAGS);
    assert_eq!(
        closed.get("/metrics").status,
        404,
        "only where it is asked for"
    );
}

#[test]
fn the_page_is_told_where_to_report_only_where_somebody_looks() {
    let scratch = folder();
    let site = small_site(scratch.path());
    let counting = Server::start(&site, ["--metrics"]);
    let told = |server: &Server, method: &str, path: &str, headers: &[&str]| {
        let reply = server.ask(method, path, headers);
        let header = reply.header("segue-report").map(str::to_owned);
        (reply.status, header)
    };
    let tag = counting
        .get_well("/player.json")
        .header("etag")
        .map(str::to_owned);
    let known = format!("If-None-Match: {}", tag.expect("a tag"));
    let endpoint = Some("api/report".to_owned());
    for (method, headers, status) in [
        ("GET", &[][..], 200),
        ("HEAD", &[][..], 200),
        ("GET", &["Accept-Encoding: gzip, br"][..], 200),
        // What a browser keeps of an earlier answer is brought up to date by this one.
        ("GET", &[known.as_str()][..], 304),
    ] {
        let told = told(&counting, method, "/player.json", headers);
        assert_eq!(told, (status, endpoint.clone()), "{method} {headers:?}");
    }
    for other in ["/", "/catalog.json", "/player/main.js", "/metrics"] {
        assert_eq!(told(&counting, "GET", other, &[]), (200, None), "{other}");
    }
    let plain = Server::start(&site, NO_FLAGS);
    assert_eq!(told(&plain, "GET", "/player.json", &[]), (200, None));
}
