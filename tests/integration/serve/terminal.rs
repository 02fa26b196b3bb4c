//! What `segue serve` says, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{NO_FLAGS, small_library, small_site};
use crate::support::run::{Segue, folder};
use crate::support::server::{Server, ask};

/// Runs it until it listens, asks for the start page, and ends it. Gives its address, and what it said.
fn said(command: &mut Command) -> (String, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("segue should start");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("it is piped"))
        .read_line(&mut line)
        .expect("it says where it listens");
    let address = line
        .trim()
        .trim_start_matches("listening at http://")
        .trim_end_matches('/');
    let port = address.rsplit_once(':').expect("a port").1;
    let reached = format!("127.0.0.1:{port}").parse().expect("an address");
    assert_eq!(ask(reached, "GET", "/?query=1", &[]).status, 200);
    let process = nix::unistd::Pid::from_raw(child.id() as i32);
    nix::sys::signal::kill(process, Signal::SIGTERM).expect("it runs");
    let mut text = String::new();
    let mut stderr = child.stderr.take().expect("it is piped");
    stderr.read_to_string(&mut text).expect("it speaks UTF-8");
    child.wait().expect("it ends");
    (address.to_owned(), text)
}

#[test]
fn it_says_what_it_does() {
    let scratch = folder();
    let site = small_site(scratch.path());
    let serve = |bind: &str| Segue::new("serve").with(&site).with("--bind").with(bind);
    let (_, quiet) = said(&mut serve("127.0.0.1:0").command());
    assert!(quiet.contains(", 1 track\n"), "{quiet}");
    assert!(
        quiet.contains("--library") && quiet.contains("stopped"),
        "{quiet}"
    );
    assert!(
        !quiet.contains("GET") && !quiet.contains("anybody"),
        "{quiet}"
    );
    let (_, open) = said(&mut serve("0.0.0.0:0").with("-v").command());
    assert!(open.contains("anybody who can reach"), "{open}");
    let lines: Vec<&str> = open.lines().filter(|line| line.contains("GET")).collect();
    assert_eq!(lines.len(), 1, "one line for one request: {open}");
    for word in ["127.0.0.1", "\"/\"", " 200 ", "ms"] {
        assert!(lines[0].contains(word), "{}", lines[0]);
    }
    // What BROWSER names is opened.
    let opened = scratch.path().join("opened");
    let browser = scratch.path().join("browser");
    let script = format!("#!/bin/sh\necho \"$1\" > {}\n", opened.display());
    std::fs::write(&browser, script).expect("a file");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&browser, executable).expect("it can be run");
    let mut command = serve("127.0.0.1:0").with("--open").command();
    let (address, _) = said(command.env("BROWSER", &browser));
    let began = Instant::now();
    let url = loop {
        match std::fs::read_to_string(&opened) {
            Ok(url) if !url.is_empty() => break url,
            _ => assert!(
                began.elapsed() < Duration::from_secs(20),
                "a browser is opened"
            ),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(url.trim(), format!("http://{address}/"));
}

#[test]
fn what_is_being_sent_is_finished() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 90);
    let mut server = Server::on_demand(&scratch.path().join("site"), library.path(), &[]);
    let id = &server.track_ids()["one"];
    let told = server.rendition(id, "warm");
    let (fingerprint, path) = (told.fingerprint().to_owned(), told.file("audio.mp4"));
    let address = server.address;
    let client = std::thread::spawn(move || ask(address, "GET", &path, &[]));
    // It has begun when something of it is there.
    let first = scratch
        .path()
        .join(format!("site/tracks/{id}/warm/{fingerprint}"));
    server.wait_until("it is being rendered", |_| first.is_dir());
    assert_eq!(server.end_with(Signal::SIGTERM), Some(143));
    let reply = client.join().expect("an answer");
    assert_eq!(reply.status, 200);
    assert!(reply.body.len() > 1_500_000, "{} bytes", reply.body.len());
}

#[test]
fn a_server_without_work_ends_at_once() {
    let scratch = folder();
    let mut server = Server::start(&small_site(scratch.path()), NO_FLAGS);
    // A connection that is kept alive is no work.
    let mut idle = std::net::TcpStream::connect(server.address).expect("a connection");
    std::io::Write::write_all(&mut idle, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is sent");
    let mut first = [0; 12];
    idle.read_exact(&mut first).expect("an answer");
    let asked = Instant::now();
    assert_eq!(server.end_with(Signal::SIGINT), Some(130));
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
}
