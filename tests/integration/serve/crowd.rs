//! Many listeners at once: nothing is rendered twice, nobody waits for ever, memory stays bounded.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::small_library;
use crate::support::library::Library;
use crate::support::run::{Cost, folder, say};
use crate::support::server::{Server, ask};
use crate::support::told::{Told, manifest_path};

#[test]
fn two_hundred_ask_for_one_cold_segment_and_it_is_rendered_once() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 60);
    let server = Server::on_demand(&scratch.path().join("site"), library.path(), &["--metrics"]);
    let id = &server.track_ids()["one"];
    // The last one, so that nothing is rendered ahead.
    let path = server.rendition(id, "warm").segments().pop();
    let path = path.expect("a segment");
    let before = server.metric("segue_renders_total");
    let bodies: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let ask = || {
            let reply = ask(server.address, "GET", &path, &[]);
            assert_eq!(reply.status, 200);
            reply.body
        };
        let clients: Vec<_> = (0..200).map(|_| scope.spawn(ask)).collect();
        let bodies = clients
            .into_iter()
            .map(|client| client.join().expect("an answer"));
        bodies.collect()
    });
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
    let renders = server.metric("segue_renders_total") - before;
    assert!((renders - 1.0).abs() < 0.1, "rendered {renders} times");
}

/// The resident memory of a process, in MB.
fn resident_mb(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}

#[test]
fn fifty_seek_at_random_for_half_a_minute() {
    const LISTENERS: usize = 50;
    const FOR: Duration = Duration::from_secs(30);
    let test = "serve::crowd::fifty_seek_at_random_for_half_a_minute";
    let _cost = Cost::of(test);
    let scratch = folder();
    let library = Library::at(&scratch.path().join("library"));
    for seed in 0..40 {
        library.add_wav(&format!("{seed}.wav"), seed, 60);
    }
    let site = scratch.path().join("site");
    let server = Server::on_demand(&site, library.path(), &["--metrics"]);
    let ids: Vec<String> = server.track_ids().into_values().collect();
    assert_eq!(ids.len(), 40);
    let presets = ["adaptive", "gentle", "warm", "bright", "punchy", "live"];
    // By listener.
    let answered = [const { AtomicUsize::new(0) }; LISTENERS];
    let busy = AtomicUsize::new(0);
    let longest = AtomicU64::new(0);
    let most_memory = AtomicU64::new(0);
    let began = Instant::now();
    let get = |path: &str| {
        let asked = Instant::now();
        let reply = ask(server.address, "GET", path, &[]);
        longest.fetch_max(asked.elapsed().as_millis() as u64, Ordering::Relaxed);
        match reply.status {
            200 => {}
            503 => {
                let pause = reply.header("retry-after").expect("when to come back");
                assert!(
                    pause
                        .parse::<u64>()
                        .is_ok_and(|pause| (1..60).contains(&pause))
                );
                busy.fetch_add(1, Ordering::Relaxed);
            }
            other => panic!("{path}: {other} {}", reply.text()),
        }
        (reply.status == 200).then_some(reply)
    };
    std::thread::scope(|scope| {
        for listener in 0..LISTENERS {
            let (ids, get, answered) = (&ids, &get, &answered);
            scope.spawn(move || {
                let mut state = (listener as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
                let mut random = |below: usize| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    (state >> 33) as usize % below
                };
                while began.elapsed() < FOR {
                    let id = &ids[random(ids.len())];
                    let preset = presets[random(presets.len())];
                    let get = |path: &str| {
                        let reply = get(path)?;
                        answered[listener].fetch_add(1, Ordering::Relaxed);
                        Some(reply)
                    };
                    let path = manifest_path(id, preset);
                    let Some(reply) = get(&path) else { continue };
                    let segments = Told::read(&path, &reply).segments();
                    for _ in 0..4 {
                        get(&segments[random(segments.len())]);
                    }
                }
            });
        }
        scope.spawn(|| {
            while began.elapsed() < FOR {
                most_memory.fetch_max(resident_mb(server.process()), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(200));
            }
        });
    });
    let memory = most_memory.load(Ordering::Relaxed);
    let answered = answered.map(AtomicUsize::into_inner);
    say(&format!(
        "{test}: {} answers, {} times busy, longest wait {} ms ({} ms as the server has it), {memory} MB",
        answered.iter().sum::<usize>(),
        busy.load(Ordering::Relaxed),
        longest.load(Ordering::Relaxed),
        server.health("longest_wait_ms"),
    ));
    assert!(
        !answered.contains(&0),
        "every listener gets an answer: {answered:?}"
    );
    assert!((10..600).contains(&memory), "{memory} MB");
    // It is as ready as before.
    server.wait_until("the queue empties", |server| {
        server.get_well("/metrics").text().lines().any(|line| {
            line.starts_with("segue_queue_length{priority=\"wanted\"}") && line.ends_with(" 0")
        })
    });
}

#[test]
fn what_nobody_waits_for_is_not_rendered() {
    use std::io::Write;
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 240);
    let flags = ["--metrics", "--jobs", "1"];
    let server = Server::on_demand(&scratch.path().join("site"), library.path(), &flags);
    let id = &server.track_ids()["one"];
    let segments = server.rendition(id, "warm").segments();
    let before = server.metric("segue_renders_total");
    // A listener who drags the handle: each seek takes the one before back.
    for path in segments.iter().rev().take(30) {
        let mut stream = std::net::TcpStream::connect(server.address).expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it is sent");
        std::thread::sleep(Duration::from_millis(5));
    }
    let asked = Instant::now();
    server.get_well(&segments[0]);
    let waited = asked.elapsed();
    let renders = server.metric("segue_renders_total") - before;
    assert!(
        renders < 20.0,
        "{renders} of 30 abandoned segments were rendered"
    );
    say(&format!(
        "seeks overtake: {renders} renders, {:.2} s",
        waited.as_secs_f64()
    ));
}

#[test]
fn with_too_much_waiting_it_says_when_to_come_back() {
    let scratch = folder();
    let library = small_library(&scratch.path().join("library"), 600);
    let flags = ["--jobs", "1"];
    let server = Server::on_demand(&scratch.path().join("site"), library.path(), &flags);
    let id = &server.track_ids()["one"];
    let paths = server.rendition(id, "original").segments();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let ask = |path| {
            move || {
                let reply = ask(server.address, "GET", path, &[]);
                if reply.status == 503 {
                    let pause = reply.header("retry-after").expect("when to come back");
                    assert!(
                        pause
                            .parse::<u64>()
                            .is_ok_and(|pause| (1..60).contains(&pause))
                    );
                    assert!(reply.json()["error"].is_string());
                }
                reply.status
            }
        };
        let clients: Vec<_> = paths.iter().map(|path| scope.spawn(ask(path))).collect();
        let statuses = clients
            .into_iter()
            .map(|client| client.join().expect("an answer"));
        statuses.collect()
    });
    let count = |status| statuses.iter().filter(|known| **known == status).count();
    assert_eq!(count(200) + count(503), statuses.len(), "{statuses:?}");
    assert!(count(200) >= 20, "some are rendered: {}", count(200));
    assert!(
        count(503) >= 20,
        "more than can wait are sent away: {}",
        count(503)
    );
    // Who comes back is served.
    server.get_well(paths.last().expect("a segment"));
}
