//! ffmpeg and ffprobe, the oracles; and what happens when they are missing.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::run::say;

/// Says that a test was skipped and why; fails it where everything has to be there.
pub(crate) fn skip(test: &str, reason: &str) {
    let required = std::env::var_os("CI").is_some()
        || std::env::var("SEGUE_REQUIRE_ALL").is_ok_and(|value| value == "1");
    assert!(!required, "{test} needs what is missing here: {reason}");
    say(&format!("SKIPPED: {test}: {reason}"));
}

/// Whether ffmpeg and ffprobe are there; a test that needs them returns when this says no.
pub(crate) fn ffmpeg_or_skip(test: &str) -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    let found = *FOUND.get_or_init(|| {
        ["ffmpeg", "ffprobe"].iter().all(|tool| {
            Command::new(tool)
                .arg("-version")
                .output()
                .is_ok_and(|output| output.status.success())
        })
    });
    if !found {
        skip(
            test,
            "ffmpeg and ffprobe are not installed (Debian: apt-get install ffmpeg)",
        );
    }
    found
}

/// Runs ffmpeg with these arguments; the error text is what it said.
///
/// # Errors
/// What ffmpeg wrote to standard error, when it failed.
pub(crate) fn try_ffmpeg<I, S>(arguments: I) -> Result<(), String>
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-v", "error", "-y"])
        .args(arguments)
        .output()
        .expect("ffmpeg should start");
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Runs ffmpeg and demands success.
pub(crate) fn ffmpeg<I, S>(arguments: I)
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    try_ffmpeg(arguments).unwrap_or_else(|error| panic!("ffmpeg failed: {error}"));
}

/// One value that ffprobe tells of the first stream, such as `sample_rate`.
pub(crate) fn probe(file: &Path, entry: &str) -> String {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-select_streams",
            "a:0",
            "-of",
            "csv=p=0",
            "-show_entries",
        ])
        .arg(format!("stream={entry}"))
        .arg(file)
        .output()
        .expect("ffprobe should start");
    assert!(
        output.status.success(),
        "ffprobe cannot read {}",
        file.display()
    );
    // A programme-based container (HLS) tells its stream twice: the first line will do.
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .next()
        .unwrap_or_default()
        .trim_end_matches(',')
        .to_owned()
}

/// What ffmpeg decoded: interleaved samples, and what it had to say about them at level `warning`.
pub(crate) struct Decoded {
    /// Interleaved samples.
    pub(crate) samples: Vec<f32>,
    /// How many channels they interleave.
    pub(crate) channels: usize,
    /// Standard error at `-v warning`.
    pub(crate) warnings: String,
}

impl Decoded {
    /// The length in sample frames.
    pub(crate) fn frames(&self) -> usize {
        self.samples.len() / self.channels
    }

    /// The same, held to have come without a warning.
    pub(crate) fn without_warning(self) -> Self {
        assert!(self.warnings.is_empty(), "ffmpeg warned: {}", self.warnings);
        self
    }
}

/// Decodes a file, a playlist or an MPD wholly into memory, as it is or (`filter`) through an audio filter.
pub(crate) fn decode(file: &Path, channels: usize, filter: Option<&str>) -> Decoded {
    let mut stream = Stream::open(file, channels, filter);
    let mut samples = Vec::new();
    let mut block = vec![0.0; 65_536 * channels];
    loop {
        let count = stream.read(&mut block);
        if count == 0 {
            break;
        }
        samples.extend_from_slice(&block[..count]);
    }
    Decoded {
        samples,
        channels,
        warnings: stream.finish(),
    }
}

/// A decode by ffmpeg that is read as it comes, for pieces too long for memory.
pub(crate) struct Stream {
    child: Child,
    bytes: Vec<u8>,
    channels: usize,
}

impl Stream {
    /// Starts decoding to 32-bit floats at the file's own rate and this many channels.
    pub(crate) fn open(file: &Path, channels: usize, filter: Option<&str>) -> Self {
        let mut command = Command::new("ffmpeg");
        command
            .args(["-nostdin", "-hide_banner", "-v", "warning", "-i"])
            .arg(file)
            .args(["-map", "0:a:0"]);
        if let Some(filter) = filter {
            command.args(["-af", filter]);
        }
        let child = command
            .args(["-f", "f32le", "-ac", &channels.to_string(), "-"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ffmpeg should start");
        Self {
            child,
            bytes: Vec::new(),
            channels,
        }
    }

    /// Fills `block` with interleaved samples and says how many there are; less than asked for only at the end.
    pub(crate) fn read(&mut self, block: &mut [f32]) -> usize {
        assert_eq!(block.len() % self.channels, 0, "a block holds whole frames");
        self.bytes.resize(block.len() * 4, 0);
        let stdout = self.child.stdout.as_mut().expect("the pipe was asked for");
        let mut filled = 0;
        while filled < self.bytes.len() {
            match stdout
                .read(&mut self.bytes[filled..])
                .expect("ffmpeg's pipe can be read")
            {
                0 => break,
                count => filled += count,
            }
        }
        for (sample, bytes) in block.iter_mut().zip(self.bytes[..filled].chunks_exact(4)) {
            *sample = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        filled / 4
    }

    /// Waits for ffmpeg's end and returns its warnings. A decode that failed is a failed test.
    pub(crate) fn finish(mut self) -> String {
        drop(self.child.stdout.take());
        let mut warnings = String::new();
        let mut stderr = self.child.stderr.take().expect("the pipe was asked for");
        stderr
            .read_to_string(&mut warnings)
            .expect("ffmpeg's messages can be read");
        let status = self.child.wait().expect("ffmpeg can be waited for");
        assert!(status.success(), "ffmpeg failed to decode: {warnings}");
        warnings
    }
}

/// Says that a test was skipped because of who runs it: nothing could be installed to change that, so that it is no
/// failure anywhere.
pub(crate) fn skip_by_privilege(test: &str, reason: &str) {
    say(&format!("SKIPPED: {test}: {reason}"));
}
