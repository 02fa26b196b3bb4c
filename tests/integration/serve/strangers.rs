//! Whoever does not belong: refused, bounded, told nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use super::{NO_FLAGS, small_site};
use crate::support::run::{Cost, folder};
use crate::support::server::{Server, send};

#[test]
fn only_files_of_the_site_are_there() {
    let scratch = folder();
    let site = small_site(scratch.path());
    let secret = scratch.path().join("secret.txt");
    std::fs::write(&secret, "secret").expect("a file");
    std::fs::create_dir(scratch.path().join("outside")).expect("a folder");
    std::fs::write(scratch.path().join("outside/secret.txt"), "secret").expect("a file");
    symlink(&secret, site.join("link.txt")).expect("a link");
    symlink("../secret.txt", site.join("relative.txt")).expect("a link");
    symlink("../outside", site.join("folder")).expect("a link");
    symlink("/etc", site.join("etc")).expect("a link");
    symlink("index.html", site.join("inside.html")).expect("a link");
    std::fs::write(site.join(".hidden"), "secret").expect("a file");
    let server = Server::start(&site, NO_FLAGS);
    let secret = secret.display();
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%2fsecret.txt",
        "/%252e%252e/secret.txt",
        "/%252e%252e%252fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/%c0%ae%c0%ae%c0%afsecret.txt",
        "/%e0%80%ae%e0%80%ae/secret.txt",
        "/%uff0e%uff0e/secret.txt",
        "/..%00/secret.txt",
        "/index.html%00.txt",
        "/player/../../secret.txt",
        "/player/..;/..;/secret.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "///etc/passwd",
        "/etc/passwd",
        &format!("/{secret}"),
        "/link.txt",
        "/relative.txt",
        "/folder/secret.txt",
        "/.hidden",
        "/.segue/scan.json",
        "/.segue/lock",
        "/%2esegue/scan.json",
        "/player/.",
        "/player",
        "/player/",
        "/tracks",
        "/.",
        "/..",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let reply = send(server.address, request.as_bytes(), false).expect("an answer");
        assert!(
            matches!(reply.status, 400 | 404),
            "{path}: {}",
            reply.status
        );
        let text = reply.text();
        assert!(
            !text.contains("secret") && !text.contains("root:"),
            "{path}: {text}"
        );
        assert!(
            !text.contains(&*scratch.path().to_string_lossy()),
            "{path}: {text}"
        );
    }
    // A link that stays inside is a file like any other.
    server.get_well("/inside.html");
    for (method, status) in [
        ("POST", 405),
        ("PUT", 405),
        ("DELETE", 405),
        ("PATCH", 405),
        ("OPTIONS", 405),
        ("TRACE", 405),
        ("PROPFIND", 405),
    ] {
        let reply = server.ask(method, "/catalog.json", &[]);
        assert_eq!(reply.status, status, "{method}");
        assert_eq!(reply.header("allow"), Some("GET, HEAD"), "{method}");
    }
    for request in [
        "GET http://x/../secret.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "CONNECT x:80 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
    ] {
        if let Ok(reply) = send(server.address, request.as_bytes(), false) {
            assert!(reply.status >= 400, "{request:?}: {}", reply.status);
        }
    }
    server.get_well("/");
}

#[test]
fn huge_requests_are_refused() {
    let scratch = folder();
    let server = Server::start(&small_site(scratch.path()), NO_FLAGS);
    let long = "x".repeat(100_000);
    let many = "X-Field: 1\r\n".repeat(1000);
    for request in [
        format!("GET /{long} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\nX: {long}\r\nConnection: close\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\n{many}Connection: close\r\n\r\n"),
    ] {
        // It may end the connection before it has taken all that is sent.
        if let Ok(reply) = send(server.address, request.as_bytes(), false) {
            assert!((400..500).contains(&reply.status), "{}", reply.status);
        }
    }
    let body = format!(
        "POST /api/report HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\nConnection: close\r\n\r\n{long}"
    );
    if let Ok(reply) = send(server.address, body.as_bytes(), false) {
        assert_eq!(reply.status, 413);
    }
    server.get_well("/");
}

#[test]
fn slow_and_idle_connections_end_and_hinder_nobody() {
    let _cost = Cost::of("serve::strangers::slow_and_idle_connections_end_and_hinder_nobody");
    let scratch = folder();
    let server = Server::start(&small_site(scratch.path()), NO_FLAGS);
    let connect = || {
        let stream = TcpStream::connect(server.address).expect("a connection");
        let limit = Some(Duration::from_secs(40));
        stream.set_read_timeout(limit).expect("a limit can be set");
        stream
    };
    // As many as this process may open, some thousands at most.
    let (_, hard) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE)
        .expect("a limit");
    let wanted = hard.min(4000);
    nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, wanted, hard)
        .expect("a limit can be raised");
    let idle: Vec<TcpStream> = (0..wanted.saturating_sub(500).min(3000))
        .map(|_| connect())
        .collect();
    let asked = Instant::now();
    server.get_well("/");
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "idle connections hinder nobody"
    );
    let mut slow = connect();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        .expect("it is sent");
    let mut waiting = connect();
    waiting
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .expect("it is sent");
    // A body that never comes.
    let mut silent = connect();
    silent
        .write_all(b"POST /api/report HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\n")
        .expect("it is sent");
    // One byte a second is no reason to wait for ever.
    let began = Instant::now();
    let mut answer = Vec::new();
    while began.elapsed() < Duration::from_secs(40) {
        if slow.write_all(b"x").is_err() {
            break;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    assert!(
        began.elapsed() < Duration::from_secs(35),
        "a slow head ends the connection"
    );
    let _ended = slow.read_to_end(&mut answer);
    let mut rest = Vec::new();
    let told = silent.read_to_end(&mut rest);
    assert!(
        told.is_ok() && rest.starts_with(b"HTTP/1.1 400"),
        "a body that does not come ends the connection"
    );
    rest.clear();
    let ended = waiting.read_to_end(&mut rest);
    assert!(
        ended.is_ok() && rest.starts_with(b"HTTP/1.1 200"),
        "one that waits for more is ended, too"
    );
    for mut stream in idle {
        // Ended, whether tidily or not; a time-out would say that it is still open.
        if let Err(error) = stream.read_to_end(&mut rest) {
            assert_ne!(
                error.kind(),
                std::io::ErrorKind::WouldBlock,
                "an idle connection stays"
            );
        }
    }
}
