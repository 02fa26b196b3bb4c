//! The configurations in examples/, run as they stand but for names, ports and keys: TLS, HTTP/2 and a login in front
//! of a server.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{NO_FLAGS, small_site};
use crate::support::processes::{Process, free_port, nginx};
use crate::support::run::folder;
use crate::support::server::Server;
use crate::support::told::manifest_path;
use crate::support::tools::skip;

/// An example's text, with something of it replaced; what is replaced has to be there.
fn example(path: &str, replaced: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(path);
    let text = std::fs::read_to_string(&path).expect("the example");
    replaced.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{} has {from}", path.display());
        text.replace(from, to)
    })
}

fn curl(port: u16, arguments: &[&str], path: &str) -> (String, Vec<u8>) {
    let output = Command::new("curl")
        .args(["--silent", "--insecure", "--http2"])
        .args(["--write-out", "%{stderr}%{http_code} %{http_version}"])
        .args(arguments)
        .arg(format!("https://localhost:{port}{path}"))
        .output()
        .expect("curl runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    (told, output.stdout)
}

/// Through the proxy there is the same, for those who have the password.
fn check(server: &Server, port: u16) {
    let began = Instant::now();
    while curl(port, &[], "/").0.starts_with("000") {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "the proxy answers"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(curl(port, &[], "/catalog.json").0, "401 2");
    assert_eq!(curl(port, &["--user", "listener:wrong"], "/").0, "401 2");
    let login = ["--user", "listener:segue"];
    let id = server.track_ids().into_values().next().expect("a track");
    let manifest = manifest_path(&id, "original");
    let segment = server.rendition(&id, "original").segment(1);
    for path in ["/", "/catalog.json", &manifest, &segment] {
        let (status, body) = curl(port, &login, path);
        assert_eq!(
            (status.as_str(), body),
            ("200 2", server.get_well(path).body),
            "{path}"
        );
    }
    let (status, body) = curl(
        port,
        &[&login[..], &["--range", "10-19"]].concat(),
        &segment,
    );
    assert_eq!(
        (status.as_str(), &body[..]),
        ("206 2", &server.get_well(&segment).body[10..20])
    );
    let tag = server.get_well(&manifest);
    let tag = tag.header("etag").expect("a tag").to_owned();
    let known = format!("If-None-Match: {tag}");
    let (status, _) = curl(
        port,
        &[&login[..], &["--header", &known]].concat(),
        &manifest,
    );
    assert_eq!(status, "304 2");
}

#[test]
fn the_example_for_nginx_brings_tls_and_a_login() {
    let test = "serve::proxies::the_example_for_nginx_brings_tls_and_a_login";
    let scratch = folder();
    let (key, certificate) = (
        scratch.path().join("key.pem"),
        scratch.path().join("cert.pem"),
    );
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
        ])
        .args(["-subj", "/CN=localhost", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status();
    let needed = "nginx and openssl are needed (Debian: apt-get install nginx-light openssl)";
    if !made.is_ok_and(|status| status.success()) {
        return skip(test, needed);
    }
    let server = Server::start(&small_site(scratch.path()), NO_FLAGS);
    let port = free_port();
    let passwords = scratch.path().join("htpasswd");
    // What `htpasswd` writes for the password "segue".
    std::fs::write(
        &passwords,
        "listener:$apr1$seguesgu$f/m9clk8yqlULfeTd4rNj.\n",
    )
    .expect("a file");
    let shown = |path: &PathBuf| path.display().to_string();
    let configuration = example(
        "nginx/segue.conf",
        &[
            ("listen 443", &format!("listen 127.0.0.1:{port}")),
            ("127.0.0.1:8080", &server.address.to_string()),
            (
                "/etc/nginx/segue.htpasswd;",
                &format!("{};", shown(&passwords)),
            ),
            (
                "/etc/letsencrypt/live/music.example.org/fullchain.pem",
                &shown(&certificate),
            ),
            (
                "/etc/letsencrypt/live/music.example.org/privkey.pem",
                &shown(&key),
            ),
        ],
    );
    let Some(_proxy) = nginx(scratch.path(), &configuration) else {
        return skip(test, needed);
    };
    check(&server, port);
}

#[test]
fn the_example_for_caddy_brings_tls_and_a_login() {
    let test = "serve::proxies::the_example_for_caddy_brings_tls_and_a_login";
    let scratch = folder();
    if Command::new("caddy").arg("version").output().is_err() {
        return skip(
            test,
            "caddy is not installed (Debian: apt-get install caddy)",
        );
    }
    let server = Server::start(&small_site(scratch.path()), NO_FLAGS);
    let port = free_port();
    let configuration = example(
        "caddy/Caddyfile",
        &[
            // A certificate of its own, since nobody vouches for this name.
            (
                "music.example.org {",
                &format!("localhost:{port} {{\ntls internal\n"),
            ),
            ("127.0.0.1:8080", &server.address.to_string()),
        ],
    );
    let file = scratch.path().join("Caddyfile");
    let global = "{\nadmin off\nauto_https disable_redirects\nskip_install_trust\n}\n";
    std::fs::write(&file, format!("{global}{configuration}")).expect("a file");
    let _proxy = Process::start(
        Command::new("caddy")
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(&file)
            .env("HOME", scratch.path())
            .env("XDG_DATA_HOME", scratch.path())
            .env("XDG_CONFIG_HOME", scratch.path()),
    );
    check(&server, port);
}
