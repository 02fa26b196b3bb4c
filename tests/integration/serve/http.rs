//! HTTP as DESIGN has it: validators, ranges, encodings, caching; nginx and curl, on the same files, are the reference.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{NO_FLAGS, small_site};
use crate::support::processes::{Process, free_port, nginx};
use crate::support::run::{Segue, folder, say};
use crate::support::server::{Reply, Server, ask};
use crate::support::site::Site;
use crate::support::tools::skip;

/// The path of the first segment of a site's only rendition.
fn segment_path(site: &Path) -> String {
    let rendition = Site::at(site).only_rendition();
    let first = rendition.segments().remove(0).path;
    let below = first.strip_prefix(site).expect("below the site");
    format!("/{}", below.display())
}

/// nginx on the same files, and its address; none where it is not installed.
fn nginx_on(site: &Path, scratch: &Path) -> Option<(Process, SocketAddr)> {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let server = format!("server {{ listen {address}; root {}; }}", site.display());
    let process = nginx(scratch, &server)?;
    let began = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(began.elapsed().as_secs() < 20, "nginx listens");
        std::thread::sleep(Duration::from_millis(20));
    }
    Some((process, address))
}

/// What both servers have to agree in.
fn compared(reply: &Reply) -> (u16, Option<&str>, Option<&str>, &[u8]) {
    let body: &[u8] = match reply.status {
        200 | 206 => &reply.body,
        _ => &[],
    };
    let length = match reply.status {
        200 | 206 => reply.header("content-length"),
        _ => None,
    };
    (reply.status, reply.header("content-range"), length, body)
}

#[test]
fn requests_are_answered_as_nginx_answers_them() {
    let scratch = folder();
    let site = small_site(scratch.path());
    let Some((_nginx, reference)) = nginx_on(&site, scratch.path()) else {
        return skip(
            "serve::http::requests_are_answered_as_nginx_answers_them",
            "nginx is not installed (Debian: apt-get install nginx-light)",
        );
    };
    let server = Server::start(&site, NO_FLAGS);
    let path = segment_path(&site);
    // ETAG stands for the server's own.
    let requests: &[(&str, &[&str])] = &[
        ("GET", &[]),
        ("HEAD", &[]),
        ("GET", &["Range: bytes=0-0"]),
        ("GET", &["Range: bytes=0-"]),
        ("GET", &["Range: bytes=10-19"]),
        ("GET", &["Range: bytes=100-99999999"]),
        ("GET", &["Range: bytes=-10"]),
        ("GET", &["Range: bytes=-99999999"]),
        ("GET", &["Range: bytes=99999999-"]),
        ("GET", &["Range: bytes=-0"]),
        ("GET", &["Range: bytes=5-2"]),
        ("GET", &["Range: bytes=abc"]),
        ("GET", &["Range: bytes=1-x"]),
        ("GET", &["Range: items=0-1"]),
        ("GET", &["If-None-Match: ETAG"]),
        ("HEAD", &["If-None-Match: ETAG"]),
        ("GET", &["If-None-Match: W/ETAG"]),
        ("GET", &["If-None-Match: \"other\""]),
        ("GET", &["If-None-Match: \"other\", ETAG"]),
        ("GET", &["If-None-Match: *"]),
        ("GET", &["If-None-Match: ETAG", "Range: bytes=0-9"]),
        ("GET", &["If-None-Match: \"other\"", "Range: bytes=0-9"]),
        ("GET", &["If-Match: ETAG"]),
        ("GET", &["If-Match: \"other\""]),
        ("GET", &["If-Match: \"other\", ETAG"]),
        ("GET", &["If-Match: *"]),
        ("GET", &["If-Range: ETAG", "Range: bytes=0-9"]),
        ("GET", &["If-Range: \"other\"", "Range: bytes=0-9"]),
        ("GET", &["If-Range: ETAG"]),
        ("POST", &["Content-Length: 0"]),
    ];
    let own_tag = |address| {
        let reply = ask(address, "GET", &path, &[]);
        reply.header("etag").expect("a tag").to_owned()
    };
    let (ours, theirs) = (own_tag(server.address), own_tag(reference));
    assert!(ours.starts_with('"') && !ours.starts_with("W/"), "{ours}");
    for (method, headers) in requests {
        let send = |address, tag: &str| {
            let headers: Vec<String> = headers
                .iter()
                .map(|header| header.replace("ETAG", tag))
                .collect();
            let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
            ask(address, method, &path, &headers)
        };
        let (own, other) = (send(server.address, &ours), send(reference, &theirs));
        assert_eq!(compared(&own), compared(&other), "{method} {headers:?}");
        if own.status == 304 {
            assert_eq!(own.header("etag"), Some(ours.as_str()));
            assert!(own.header("cache-control").is_some());
        }
    }
    // Ranges are defined for GET alone (RFC 9110, 14.2): nginx takes them for HEAD, too.
    let head = server.ask("HEAD", &path, &["Range: bytes=0-9"]);
    assert_eq!(head.status, 200);
    for missing in ["/nothing", "/tracks/", "/tracks/nothing/track.json"] {
        assert_eq!(server.get(missing).status, 404, "{missing}");
    }
}

#[test]
fn curl_resumes_and_revalidates() {
    let scratch = folder();
    let site = small_site(scratch.path());
    let server = Server::start(&site, NO_FLAGS);
    let path = segment_path(&site);
    let url = format!("http://{}{path}", server.address);
    let whole = std::fs::read(site.join(&path[1..])).expect("the segment");
    let curl = |arguments: &[&str]| {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--fail"])
            .args(arguments)
            .arg(&url)
            .output();
        output.map(|output| {
            assert!(output.status.success(), "{arguments:?}: {output:?}");
            String::from_utf8_lossy(&output.stdout).into_owned()
        })
    };
    let (part, tag) = (scratch.path().join("part"), scratch.path().join("tag"));
    std::fs::write(&part, &whole[..1000]).expect("a file");
    let (part, tag) = (part.display().to_string(), tag.display().to_string());
    if curl(&["--continue-at", "-", "--output", &part]).is_err() {
        return skip("serve::http::curl", "curl is not installed");
    }
    assert_eq!(std::fs::read(&part).expect("it is there"), whole);
    let code = ["--output", "/dev/null", "--write-out", "%{http_code}"];
    let with = |more: &[&str]| curl(&[&code[..], more].concat()).expect("curl runs");
    assert_eq!(with(&["--etag-save", &tag]), "200");
    assert_eq!(with(&["--etag-compare", &tag]), "304");
    assert_eq!(with(&["--range", "0-9"]), "206");
}

#[test]
fn text_is_compressed_and_each_encoding_has_its_tag() {
    let scratch = folder();
    let site = small_site(scratch.path());
    let server = Server::start(&site, NO_FLAGS);
    let path = "/catalog.json";
    let plain = server.get_well(path);
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.header("content-type"), Some("application/json"));
    assert_eq!(plain.header("cache-control"), Some("no-cache"));
    let mut tags = vec![plain.header("etag").expect("a tag").to_owned()];
    for encoding in ["gzip", "br"] {
        let accept = format!("Accept-Encoding: {encoding}");
        let reply = server.ask("GET", path, &[&accept]);
        assert_eq!(reply.header("content-encoding"), Some(encoding));
        assert_eq!(reply.header("vary"), Some("Accept-Encoding"));
        let mut text = Vec::new();
        match encoding {
            "gzip" => flate2::read::GzDecoder::new(&reply.body[..]).read_to_end(&mut text),
            _ => brotli::Decompressor::new(&reply.body[..], 4096).read_to_end(&mut text),
        }
        .expect("it can be decoded");
        assert_eq!(text, plain.body, "{encoding}");
        assert!(reply.body.len() < plain.body.len());
        let tag = reply.header("etag").expect("a tag").to_owned();
        let again = server.ask("GET", path, &[&accept, &format!("If-None-Match: {tag}")]);
        assert_eq!(again.status, 304, "{encoding}");
        tags.push(tag);
        let head = server.ask("HEAD", path, &[&accept]);
        assert_eq!(
            head.header("content-length"),
            reply.header("content-length")
        );
    }
    tags.dedup();
    assert_eq!(tags.len(), 3, "each encoding has its own tag: {tags:?}");
    // A range is of the bytes as they are.
    let part = server.ask("GET", path, &["Accept-Encoding: gzip", "Range: bytes=0-9"]);
    assert_eq!((part.status, &part.body[..]), (206, &plain.body[..10]));
    // Sound does not become smaller.
    let sound = server.ask("GET", &segment_path(&site), &["Accept-Encoding: gzip, br"]);
    assert_eq!(sound.header("content-encoding"), None);
}

#[test]
fn types_and_caching_are_right() {
    let scratch = folder();
    let site = small_site(scratch.path());
    let server = Server::start(&site, NO_FLAGS);
    let segment = segment_path(&site);
    let rendition = segment.rsplit_once('/').expect("a folder").0;
    let variant = rendition.rsplit_once('/').expect("a folder").0;
    let immutable = "public, max-age=31536000, immutable";
    for (path, mime, caching) in [
        ("/".to_owned(), "text/html; charset=utf-8", "no-cache"),
        (
            "/style.css".to_owned(),
            "text/css; charset=utf-8",
            "no-cache",
        ),
        (
            "/player/main.js".to_owned(),
            "text/javascript; charset=utf-8",
            "no-cache",
        ),
        ("/player.json".to_owned(), "application/json", "no-cache"),
        (
            format!("{variant}/manifest.json"),
            "application/json",
            "no-cache",
        ),
        (segment.clone(), "audio/mp4", immutable),
        (format!("{rendition}/init.mp4"), "audio/mp4", immutable),
        (
            format!("{rendition}/index.m3u8"),
            "application/vnd.apple.mpegurl",
            immutable,
        ),
        (
            format!("{rendition}/index.mpd"),
            "application/dash+xml",
            immutable,
        ),
        (
            format!("{rendition}/b3sums"),
            "text/plain; charset=utf-8",
            "no-cache",
        ),
    ] {
        let reply = server.get_well(&path);
        assert_eq!(reply.header("content-type"), Some(mime), "{path}");
        assert_eq!(reply.header("cache-control"), Some(caching), "{path}");
        assert_eq!(
            reply.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        let file = if path == "/" {
            "index.html"
        } else {
            &path[1..]
        };
        let bytes = std::fs::read(site.join(file)).expect("the file");
        assert_eq!(reply.body, bytes, "{path}");
    }
    // A file that changes is noticed, and has another tag.
    let before = server.get_well("/player.json");
    std::fs::write(site.join("player.json"), "{ \"mse\": \"off\" }").expect("a file");
    let after = server.get_well("/player.json");
    assert_eq!(after.text(), "{ \"mse\": \"off\" }");
    assert_ne!(before.header("etag"), after.header("etag"));
}

#[test]
fn other_origins_may_read_where_the_user_says_so() {
    let scratch = folder();
    let site = small_site(scratch.path());
    let allowed = |server: &Server, method: &str, origin: &str| {
        let reply = server.ask(method, "/catalog.json", &[&format!("Origin: {origin}")]);
        let header = reply.header("access-control-allow-origin");
        (reply.status, header.map(str::to_owned))
    };
    let closed = Server::start(&site, NO_FLAGS);
    assert_eq!(allowed(&closed, "GET", "https://a.example"), (200, None));
    assert_eq!(allowed(&closed, "OPTIONS", "https://a.example").0, 405);
    let some = Server::start(&site, ["--cors-origin", "https://a.example"]);
    let own = Some("https://a.example".to_owned());
    assert_eq!(
        allowed(&some, "GET", "https://a.example"),
        (200, own.clone())
    );
    assert_eq!(allowed(&some, "OPTIONS", "https://a.example"), (204, own));
    assert_eq!(allowed(&some, "GET", "https://b.example"), (200, None));
    let all = Server::start(&site, ["--cors-origin", "*"]);
    assert_eq!(
        allowed(&all, "GET", "https://b.example"),
        (200, Some("*".to_owned()))
    );
}

#[test]
fn a_large_file_is_sent_piece_by_piece() {
    let scratch = folder();
    let site = small_site(scratch.path());
    let bytes: Vec<u8> = (0..9_000_000u32)
        .map(|index| (index * 7 % 251) as u8)
        .collect();
    std::fs::write(site.join("large.bin"), &bytes).expect("a file");
    let server = Server::start(&site, NO_FLAGS);
    let whole = server.get_well("/large.bin");
    assert!(whole.body == bytes);
    // What is in memory has its hash for a tag; what is not, its time and its length.
    let tag = whole.header("etag").expect("a tag");
    assert_eq!(tag.matches('-').count(), 3, "{tag}: it is sent from disk");
    let part = server.ask("GET", "/large.bin", &["Range: bytes=300000-8999990"]);
    assert!(part.status == 206 && part.body == bytes[300_000..=8_999_990]);
}

#[test]
fn what_cannot_be_hosted_is_told() {
    let scratch = folder();
    let none = Segue::new("serve")
        .with(scratch.path().join("nothing"))
        .run();
    assert_eq!(none.code, Some(1));
    assert!(
        none.stderr.contains("is no site") && none.stderr.contains("segue render"),
        "{}",
        none.stderr
    );
    let site = small_site(scratch.path());
    let server = Server::start(&site, NO_FLAGS);
    let taken = Segue::new("serve")
        .with(&site)
        .with("--bind")
        .with(server.address.to_string())
        .run();
    assert_eq!(taken.code, Some(1));
    assert!(taken.stderr.contains("--bind"), "{}", taken.stderr);
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return say("SKIPPED: IPv6: this machine has none");
    }
    let six = Server::start(&site, ["--bind", "[::1]:0"]);
    assert_eq!(six.get_well("/healthz").json()["status"], "ok");
}

#[test]
fn it_ends_when_it_is_told_to_and_its_port_is_free_at_once() {
    use nix::sys::signal::Signal;
    let scratch = folder();
    let site = small_site(scratch.path());
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let mut server = Server::start(&site, NO_FLAGS);
        let address = server.address.to_string();
        server.get_well("/");
        assert_eq!(server.end_with(signal), Some(code));
        let again = Server::start(&site, ["--bind", &address]);
        again.get_well("/");
    }
}

#[test]
fn another_folder_in_the_place_of_the_site_is_noticed() {
    let scratch = folder();
    let site = small_site(scratch.path());
    let current = scratch.path().join("current");
    std::os::unix::fs::symlink(&site, &current).expect("a link");
    let server = Server::start(&current, NO_FLAGS);
    let path = segment_path(&site);
    server.get_well(&path);
    // A new release, switched to in one step.
    let release = scratch.path().join("release");
    std::fs::create_dir(&release).expect("a folder");
    std::fs::write(release.join("index.html"), "another").expect("a file");
    let next = scratch.path().join("next");
    std::os::unix::fs::symlink(&release, &next).expect("a link");
    std::fs::rename(&next, &current).expect("it can be switched");
    assert_eq!(server.get_well("/").text(), "another");
    assert_eq!(server.get("/catalog.json").status, 404);
}
