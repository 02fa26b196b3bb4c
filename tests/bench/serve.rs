//! What a listener waits for, and how much a server sends: times by the clock
//! and ratios, with ffmpeg and nginx beside them in the same run.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use segue::decode::survey;
use segue::site::TrackId;
use serde_json::Value;

use crate::cost::{Failure, median, run};
use crate::mastering::FFMPEG_CHAIN;
use crate::measures::SEGUE;
use crate::music::Music;

/// How long the piece is that is asked for, as the goals have it.
const PIECE_SECONDS: u32 = 300;
/// How long each server is kept busy at a time.
const BUSY_SECONDS: u32 = 4;
/// Connections at a time.
const CONNECTIONS: u32 = 32;

/// Measures, and gives the table.
pub(crate) fn table(music: &Music, scratch: &Path, rounds: usize) -> Result<String, Failure> {
    let mut table = String::from("| serving | | |\n|---|---|---|\n");
    let Some(ffmpeg) = music.ffmpeg else {
        return Ok("serving: not measured, since there is no ffmpeg\n".to_owned());
    };
    let pieces = pieces(music, ffmpeg, &scratch.join("pieces"))?;
    for piece in &pieces {
        identify(&mut table, piece, rounds)?;
    }
    for piece in &pieces {
        first_segment(&mut table, piece, &pieces, ffmpeg, scratch, rounds)?;
    }
    throughput(&mut table, &pieces, scratch, rounds)?;
    Ok(table)
}

/// A file to listen to.
struct Piece {
    name: String,
    path: PathBuf,
    id: String,
}

/// The same music as FLAC and MP3, and some of it else to be busy with.
fn pieces(music: &Music, ffmpeg: &str, folder: &Path) -> Result<Vec<Piece>, Failure> {
    fs::create_dir_all(folder)?;
    let formats: [(&str, &[&str]); 2] = [("flac", &[]), ("mp3", &["-b:a", "256k"])];
    let mut pieces = Vec::new();
    for source in music.pcm.files.iter().take(2) {
        for (extension, options) in formats {
            let number = pieces.len();
            let path = folder.join(format!("{number}.{extension}"));
            let seconds = PIECE_SECONDS.to_string();
            // Repeated, where it is shorter.
            run(Command::new(ffmpeg)
                .args(["-v", "error", "-y", "-stream_loop", "-1", "-i"])
                .arg(source)
                .args(["-t", &seconds])
                .args(options)
                .arg(&path))?;
            let id = TrackId::from_hash(&survey(&path)?.encoded_audio).to_string();
            let name = extension.to_uppercase();
            pieces.push(Piece { name, path, id });
        }
    }
    // What is asked for has the greater id of its format: the library is
    // measured in the order of ids, and begins with the other.
    pieces.sort_by(|one, other| (&one.name, &other.id).cmp(&(&other.name, &one.id)));
    Ok(pieces)
}

fn identify(table: &mut String, piece: &Piece, rounds: usize) -> Result<(), Failure> {
    let bytes = fs::metadata(&piece.path)?.len() as f64;
    let mut seconds = Vec::new();
    for _ in 0..rounds {
        let began = Instant::now();
        survey(&piece.path)?;
        seconds.push(began.elapsed().as_secs_f64());
    }
    let seconds = median(seconds);
    writeln!(
        table,
        "| demux and hash, {}, {PIECE_SECONDS} s | {:.0} ms | {:.0} MB/s |",
        piece.name,
        seconds * 1e3,
        bytes / seconds / 1e6
    )?;
    Ok(())
}

/// From the request for the manifest to the last byte of segment 0.
fn first_segment(
    table: &mut String,
    piece: &Piece,
    all: &[Piece],
    ffmpeg: &str,
    scratch: &Path,
    rounds: usize,
) -> Result<(), Failure> {
    let others = all.iter().filter(|other| other.name == piece.name);
    let mut others = others.filter(|other| other.id < piece.id);
    let Some(other) = others.next() else {
        return Ok(());
    };
    let mut costs: [Vec<f64>; 4] = Default::default();
    for round in 0..=rounds {
        let library = tempfile::tempdir_in(scratch)?;
        for source in [piece, other] {
            let name = source.path.file_name().ok_or("a file has a name")?;
            fs::hard_link(&source.path, library.path().join(name))?;
        }
        let site = tempfile::tempdir_in(scratch)?;
        // The first server learns the ids; the second has measured nothing.
        drop(Server::segue(site.path(), Some(library.path()))?);
        let _nothing_yet = fs::remove_dir_all(site.path().join(".segue/measurements")).is_ok();
        let _nothing_yet = fs::remove_dir_all(site.path().join("tracks")).is_ok();
        let server = Server::segue(site.path(), Some(library.path()))?;
        let cold = server.first_segment(piece, "warm")?;
        let analysed = server.first_segment(piece, "bright")?;
        let published = server.first_segment(piece, "bright")?;
        let began = Instant::now();
        run(Command::new(ffmpeg)
            .args(["-v", "error", "-y", "-i"])
            .arg(&piece.path)
            .args(["-t", "6"])
            .args(FFMPEG_CHAIN)
            .args([
                "-c:a",
                "aac",
                "-b:a",
                "192k",
                "-movflags",
                "frag_keyframe+empty_moov",
            ])
            .arg(scratch.join("six-seconds.mp4")))?;
        if round > 0 {
            let all = [published, analysed, cold, began.elapsed()];
            for (costs, cost) in costs.iter_mut().zip(all) {
                costs.push(cost.as_secs_f64() * 1e3);
            }
        }
    }
    let [published, analysed, cold, by_ffmpeg] = costs.map(median);
    for (what, milliseconds) in [
        ("first segment, published", published),
        ("first segment, analysed", analysed),
        ("first segment, never analysed", cold),
        ("ffmpeg, the same six seconds", by_ffmpeg),
    ] {
        writeln!(
            table,
            "| {what}, {} | {milliseconds:.1} ms | {:.2} of ffmpeg |",
            piece.name,
            milliseconds / by_ffmpeg
        )?;
    }
    Ok(())
}

/// Published segments, as many as there are, by `wrk` from segue and nginx.
fn throughput(
    table: &mut String,
    pieces: &[Piece],
    scratch: &Path,
    rounds: usize,
) -> Result<(), Failure> {
    let nginx = Path::new("/usr/sbin/nginx");
    let has_wrk = Command::new("wrk")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    if !nginx.exists() || !has_wrk {
        writeln!(
            table,
            "| throughput | not measured: nginx or wrk is missing | |"
        )?;
        return Ok(());
    }
    let piece = pieces.first().ok_or("there is music")?;
    let site = scratch.join("published");
    run(Command::new(SEGUE)
        .arg("render")
        .arg(&piece.path)
        .arg("-o")
        .arg(&site)
        .args(["-q", "-poriginal"]))?;
    let ours = Server::segue(&site, None)?;
    let theirs = Server::nginx(nginx, &site, scratch)?;
    let manifest = ours.json(&format!("/tracks/{}/original/manifest.json", piece.id))?;
    let uris = manifest["segments"].as_array().ok_or("segments")?.iter();
    let paths: Vec<String> = uris
        .filter_map(|segment| segment["uri"].as_str())
        .map(|uri| format!("\"/tracks/{}/original/{uri}\"", piece.id))
        .collect();
    let script = scratch.join("segments.lua");
    let text = format!(
        "local paths = {{{}}}\nlocal next = 0\n\
         function request() next = next % #paths + 1; return wrk.format('GET', paths[next]) end\n",
        paths.join(",")
    );
    fs::write(&script, text)?;
    let (mut own, mut ratios) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (one, other) = (wrk(ours.address, &script)?, wrk(theirs.address, &script)?);
        if round > 0 {
            own.push(one);
            ratios.push(one / other);
        }
    }
    writeln!(
        table,
        "| published segments by wrk, {CONNECTIONS} connections | {:.0} a second | {:.2} of nginx |",
        median(own),
        median(ratios)
    )?;
    Ok(())
}

/// Requests a second.
fn wrk(address: SocketAddr, script: &Path) -> Result<f64, Failure> {
    let output = Command::new("wrk")
        .args([
            "-t1",
            &format!("-c{CONNECTIONS}"),
            &format!("-d{BUSY_SECONDS}s"),
            "-s",
        ])
        .arg(script)
        .arg(format!("http://{address}/"))
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    if said.contains("Non-2xx") || said.contains("Socket errors") {
        return Err(format!("not every request was answered: {said}").into());
    }
    let line = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    Ok(line.ok_or("wrk says how many")?.trim().parse()?)
}

/// A server that ends with this.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// `segue serve`; with a library, as soon as its tracks are known.
    fn segue(site: &Path, library: Option<&Path>) -> Result<Self, Failure> {
        let mut command = Command::new(SEGUE);
        command
            .arg("serve")
            .arg(site)
            .args(["--bind", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(library) = library {
            command.arg("--library").arg(library);
        }
        let mut child = command.spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("it is piped")?).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening at http://");
        let address = address.and_then(|rest| rest.strip_suffix('/')?.parse().ok());
        let server = Self {
            address: address.ok_or("segue serve says where it listens")?,
            child,
        };
        while library.is_some() {
            let health = server.json("/healthz")?;
            let known = &health["library"];
            if known["sources"] != 0 && known["sources"] == known["identified"] {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(server)
    }

    fn nginx(program: &Path, site: &Path, scratch: &Path) -> Result<Self, Failure> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let (root, folder) = (site.canonicalize()?, scratch.display());
        let configuration = scratch.join("nginx.conf");
        let text = format!(
            "daemon off; user root; worker_processes auto; pid {folder}/nginx.pid; error_log {folder}/nginx.log; \
             events {{ worker_connections 1024; }} http {{ access_log off; sendfile on; tcp_nopush on; \
             open_file_cache max=1000; keepalive_requests 1000000; \
             server {{ listen {address}; root {}; }} }}",
            root.display()
        );
        fs::write(&configuration, text)?;
        let child = Command::new(program)
            .arg("-c")
            .arg(&configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self { child, address };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if began.elapsed() > Duration::from_secs(10) {
                return Err("nginx does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    fn first_segment(&self, piece: &Piece, variant: &str) -> Result<Duration, Failure> {
        let began = Instant::now();
        let folder = format!("/tracks/{}/{variant}", piece.id);
        let manifest = self.json(&format!("{folder}/manifest.json"))?;
        let uri = manifest["segments"][0]["uri"].as_str().ok_or("a URI")?;
        self.get(&format!("{folder}/{uri}"))?;
        Ok(began.elapsed())
    }

    fn json(&self, path: &str) -> Result<Value, Failure> {
        Ok(serde_json::from_slice(&self.get(path)?)?)
    }

    fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let mut stream = TcpStream::connect(self.address)?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply)?;
        let end = reply.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.ok_or("an answer")?;
        if !reply.starts_with(b"HTTP/1.1 200") {
            return Err(format!("{path}: {}", String::from_utf8_lossy(&reply)).into());
        }
        Ok(reply.split_off(end + 4))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already. nginx ends its workers when it is told to.
        let process = nix::unistd::Pid::from_raw(self.child.id() as i32);
        let _told = nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGTERM).is_ok();
        let _ended = self.child.wait().is_ok();
    }
}
