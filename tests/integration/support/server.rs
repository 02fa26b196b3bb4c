//! A server under test, and a client that sends exactly what it is told.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::run::Segue;

/// How long a test waits for what should be there soon.
const PATIENCE: Duration = Duration::from_secs(60);

/// A `segue serve` that ends with this.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// By lowercase name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Server {
    /// Hosts a site, with these flags behind it; waits until it listens.
    pub(crate) fn start<S: AsRef<OsStr>>(site: &Path, flags: impl IntoIterator<Item = S>) -> Self {
        let mut command = Segue::new("serve").with(site);
        let mut has_address = false;
        for flag in flags {
            has_address |= flag.as_ref() == "--bind";
            command = command.with(flag);
        }
        if !has_address {
            command = command.with("--bind").with("127.0.0.1:0");
        }
        let mut child = command
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("segue should start");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it says where it listens");
        let address = line
            .trim()
            .strip_prefix("listening at http://")
            .and_then(|rest| rest.strip_suffix('/'))
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| panic!("it says where it listens, not {line:?}"));
        Self { child, address }
    }

    /// Hosts a site and renders on demand from a library; waits until all of
    /// its tracks are known.
    pub(crate) fn on_demand(site: &Path, library: &Path, flags: &[&str]) -> Self {
        let library = ["--library".as_ref(), library.as_os_str()];
        let flags = flags.iter().map(OsStr::new);
        let server = Self::start(site, library.into_iter().chain(flags));
        server.wait_until("the library is known", |server| {
            let health = server.get("/healthz").json();
            let count = |key: &str| health["library"][key].as_u64().expect("a number");
            count("sources") > 0 && count("identified") + count("failed") == count("sources")
        });
        server
    }

    /// Waits for something to come true.
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            assert!(began.elapsed() < PATIENCE, "{what} in time");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// `GET` of a path.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[])
    }

    /// `GET` of a path, which succeeds.
    pub(crate) fn get_well(&self, path: &str) -> Reply {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply
    }

    /// A request without a body.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[&str]) -> Reply {
        ask(self.address, method, path, headers)
    }

    /// The tracks of the catalog by title.
    pub(crate) fn track_ids(&self) -> BTreeMap<String, String> {
        let catalog = self.get_well("/catalog.json").json();
        let tracks = catalog["tracks"].as_array().expect("tracks").iter();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        tracks
            .map(|track| (text(&track["title"]), text(&track["id"])))
            .collect()
    }

    /// A number of `/healthz`.
    pub(crate) fn health(&self, key: &str) -> u64 {
        let health = self.get_well("/healthz").json();
        health["library"][key].as_u64().expect("a number")
    }

    /// The sum of a metric over all its labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        self.metric_of(name, "")
    }

    /// The sum of a metric over the series that have a label, as `kind="cold"`.
    pub(crate) fn metric_of(&self, name: &str, label: &str) -> f64 {
        let text = self.get_well("/metrics").text();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let values = lines.filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let (known, labels) = series.split_once('{').unwrap_or((series, ""));
            let is_meant = known == name && labels.contains(label);
            is_meant.then(|| value.parse::<f64>().expect("a number"))
        });
        values.sum()
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, and waits for the end. Gives the exit code.
    pub(crate) fn end_with(&mut self, signal: nix::sys::signal::Signal) -> Option<i32> {
        let process = nix::unistd::Pid::from_raw(self.child.id() as i32);
        nix::sys::signal::kill(process, signal).expect("it runs");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// `GET` of a path, from a server that may end.
pub(crate) fn try_get(address: SocketAddr, path: &str) -> Result<Reply, String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    send(address, request.as_bytes(), false)
}

/// Sends a request and reads the reply.
pub(crate) fn ask(address: SocketAddr, method: &str, path: &str, headers: &[&str]) -> Reply {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    request.push_str("Connection: close\r\n\r\n");
    send(address, request.as_bytes(), method == "HEAD")
        .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
}

/// Sends bytes as they are, and reads the reply until the connection ends.
pub(crate) fn send(address: SocketAddr, request: &[u8], is_head: bool) -> Result<Reply, String> {
    let told = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(address).map_err(told)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(told)?;
    stream.write_all(request).map_err(told)?;
    let mut bytes = Vec::new();
    // A server that refuses may end the connection while it is being sent to.
    let ended = stream.read_to_end(&mut bytes);
    if bytes.is_empty() {
        return Err(ended.err().map_or("no reply".to_owned(), told));
    }
    parse(&bytes, is_head).ok_or_else(|| "no HTTP".to_owned())
}

fn parse(bytes: &[u8], is_head: bool) -> Option<Reply> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body = &bytes[end + 4..];
    let is_chunked = headers
        .get("transfer-encoding")
        .is_some_and(|encoding| encoding.contains("chunked"));
    let body = if is_chunked {
        unchunk(body)?
    } else {
        body.to_vec()
    };
    let told = headers
        .get("content-length")
        .and_then(|length| length.parse::<usize>().ok());
    let is_whole = is_head || status == 304 || told.is_none_or(|length| length == body.len());
    is_whole.then_some(Reply {
        status,
        headers,
        body,
    })
}

fn unchunk(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&bytes[..end]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?, 16).ok()?;
        bytes = &bytes[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size + 2..)?;
    }
}
