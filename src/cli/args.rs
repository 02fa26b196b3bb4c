//! The command line, as clap reads it. What the flags mean is said here, once,
//! and nowhere else.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::manifest::Normalize;
use crate::mastering::{Intensity, Variant};
use crate::units::BitRate;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Puts a music library on the web: gapless, at once, in any browser.
#[derive(Debug, Parser)]
#[command(name = "segue", version, styles = STYLES, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "\
Start with:
  segue render ~/Music -o site     render the library into the folder `site`
  segue serve site --open          host it, and open it in the browser
Any other web server does as well: a site is plain files.

Exit status: 0 all well; 1 something failed, the rest was done; 2 wrong usage;
130 stopped by Ctrl-C; 143 stopped by SIGTERM.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Render what is new or changed in a library into a site
    Render(RenderArguments),
    /// Host a site; with --library, render on demand what is missing
    Serve(ServeArguments),
    /// Write one whole rendition of a file, as .wav or .m4a
    Export(ExportArguments),
    /// Measure a file: loudness, range, peaks, spectrum
    Analyze(AnalyzeArguments),
    /// List the presets
    Presets(PresetsArguments),
    /// Rebuild catalog.json from the tracks that are there
    Catalog(CatalogArguments),
    /// Print completions for a shell
    Completions(CompletionsArguments),
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[command(after_help = "\
Examples:
  segue render ~/Music -o site
  segue render ~/Music /mnt/more -o site --exclude '**/audiobooks/**'
  segue render ~/Music -o site --preset original,warm,bright@50
  segue render live-album -o site --normalize album
  segue render album -o site --bitrate 256k --json > log.jsonl

A second run renders only what is new or changed. A file that cannot be read is
named, with the reason; everything else is rendered, and the exit status is 1.")]
pub(super) struct RenderArguments {
    /// Folders of music, or single files
    #[arg(required = true, value_name = "LIBRARY")]
    pub(super) library: Vec<PathBuf>,

    /// The folder to publish into; made where there is none
    #[arg(short, long, value_name = "SITE")]
    pub(super) output: PathBuf,

    /// The presets to render, separated by commas; `all` for all; `warm@50` for half of `warm`
    #[arg(short, long = "preset", value_name = "LIST", default_value = "original,adaptive", value_delimiter = ',', value_parser = wanted)]
    pub(super) presets: Vec<Wanted>,

    /// How much of each preset, 0 to 1 in whole per cent, separated by commas
    #[arg(
        long = "intensity",
        value_name = "LIST",
        default_value = "1",
        value_delimiter = ','
    )]
    pub(super) intensities: Vec<Intensity>,

    /// A file with presets of your own (may be repeated); `segue presets NAME --toml` makes one
    #[arg(long = "preset-file", value_name = "FILE")]
    pub(super) preset_files: Vec<PathBuf>,

    /// What gets one gain: each track, or all tracks of an album in a folder as one piece [default: that of the site, else track]
    #[arg(long, value_name = "WHAT", value_parser = normalize)]
    pub(super) normalize: Option<Normalize>,

    /// Bits per second for stereo, 64k to 320k; mono takes half [default: that of the site, else 192k]
    #[arg(long, value_name = "RATE", value_parser = bit_rate)]
    pub(super) bitrate: Option<BitRate>,

    /// Seconds of a segment, 0.5 to 30, rounded down to 16 access units [default: that of the site, else 6]
    #[arg(long, value_name = "SECONDS", value_parser = segment_seconds)]
    pub(super) segment: Option<f64>,

    /// Threads to render on [default: one for each core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,

    /// Take only files whose path below LIBRARY matches (may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub(super) include: Vec<String>,

    /// Leave out files whose path below LIBRARY matches (may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,

    /// Also publish each rendition as one file, audio.mp4, for players without MSE
    #[arg(long)]
    pub(super) whole_file: bool,

    /// Say what would be rendered, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Render again what is up to date
    #[arg(long)]
    pub(super) force: bool,

    /// Print one JSON object a line to stdout: events, last a summary
    #[arg(long)]
    pub(super) json: bool,

    /// Write the summary to a file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,

    /// Say nothing but what failed
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Name every file
    #[arg(short, long)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  segue serve site --open
  segue serve site --library ~/Music
  segue serve site --library ~/Music --cache-limit 20G --bind 192.168.1.10:8080

With --library, tracks are there as soon as their files are read, and whatever
is asked for is rendered, sent and kept in the site. Whoever can reach the
address can listen: beyond this machine, put a server with TLS and a login in
front (examples/ has them for Caddy and nginx).")]
pub(super) struct ServeArguments {
    /// The site; with --library, made where there is none
    #[arg(value_name = "SITE")]
    pub(super) site: PathBuf,

    /// Where to listen; port 0 picks one that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = address)]
    pub(super) bind: SocketAddr,

    /// A folder of music to render on demand from (may be repeated)
    #[arg(long, value_name = "DIR")]
    pub(super) library: Vec<PathBuf>,

    /// Threads to render on [default: one for each core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,

    /// Bytes that renditions made on demand may take, as in 20G; the least recently used go first
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) cache_limit: Option<u64>,

    /// An origin whose pages may read from here, such as `https://example.org`, or `*` (may be repeated)
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    pub(super) cors_origin: Vec<String>,

    /// Show counts and times at /metrics, for Prometheus
    #[arg(long)]
    pub(super) metrics: bool,

    /// Open the page in the browser
    #[arg(long)]
    pub(super) open: bool,

    /// Write a line for each request
    #[arg(short, long)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  segue export song.flac -o song.m4a
  segue export song.opus -o warm.wav --preset warm --intensity 0.5

A .wav holds the samples as they go into the encoder, 16 bit.")]
pub(super) struct ExportArguments {
    /// The file to render
    #[arg(value_name = "FILE")]
    pub(super) source: PathBuf,

    /// The file to write, .wav or .m4a
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: PathBuf,

    /// The preset; `warm@50` for half of `warm`
    #[arg(short, long, value_name = "NAME", default_value = "original")]
    pub(super) preset: Variant,

    /// How much of it, 0 to 1 in whole per cent
    #[arg(long, value_name = "INTENSITY", default_value = "1")]
    pub(super) intensity: Intensity,

    /// A file with presets of your own (may be repeated)
    #[arg(long = "preset-file", value_name = "FILE")]
    pub(super) preset_files: Vec<PathBuf>,

    /// Bits per second of an .m4a in stereo, 64k to 320k; mono takes half
    #[arg(long, value_name = "RATE", default_value = "192k", value_parser = bit_rate)]
    pub(super) bitrate: BitRate,
}

#[derive(Debug, Args)]
pub(super) struct PresetsArguments {
    /// Show one preset in full
    #[arg(value_name = "NAME")]
    pub(super) name: Option<String>,

    /// Write it as a file to edit, for --preset-file
    #[arg(long, requires = "name")]
    pub(super) toml: bool,

    /// A file with presets of your own (may be repeated)
    #[arg(long = "preset-file", value_name = "FILE")]
    pub(super) preset_files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  segue analyze song.flac
  segue analyze song.flac --preset warm --plot warm.svg
  segue analyze song.flac --json | jq .before.integrated_lufs")]
pub(super) struct AnalyzeArguments {
    /// The file to measure
    #[arg(value_name = "FILE")]
    pub(super) source: PathBuf,

    /// Also measure what a preset makes of it
    #[arg(short, long, value_name = "NAME")]
    pub(super) preset: Option<Variant>,

    /// How much of the preset, 0 to 1 in whole per cent
    #[arg(
        long,
        value_name = "INTENSITY",
        default_value = "1",
        requires = "preset"
    )]
    pub(super) intensity: Intensity,

    /// A file with presets of your own (may be repeated)
    #[arg(long = "preset-file", value_name = "FILE")]
    pub(super) preset_files: Vec<PathBuf>,

    /// Draw spectrum, loudness, gain reduction and waveform into a file, .svg or .png
    #[arg(long, value_name = "FILE")]
    pub(super) plot: Option<PathBuf>,

    /// Print the measurements as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "After parts of a site were brought together from several machines, this makes them one."
)]
pub(super) struct CatalogArguments {
    /// The site
    #[arg(value_name = "SITE")]
    pub(super) site: PathBuf,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example, for bash: segue completions bash > ~/.local/share/bash-completion/completions/segue"
)]
pub(super) struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(super) shell: Shell,
}

/// One item of `--preset`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All presets.
    All,
    /// A preset, at the intensities that `--intensity` names.
    Preset(String),
    /// A preset at an intensity of its own.
    Variant(Variant),
}

fn wanted(text: &str) -> Result<Wanted, String> {
    if text == "all" {
        return Ok(Wanted::All);
    }
    let variant: Variant = text.parse().map_err(|error| format!("{error}"))?;
    Ok(if text.contains('@') {
        Wanted::Variant(variant)
    } else {
        Wanted::Preset(variant.preset().to_owned())
    })
}

fn normalize(text: &str) -> Result<Normalize, String> {
    match text {
        "track" => Ok(Normalize::Track),
        "album" => Ok(Normalize::Album),
        _ => Err("one of: track, album".to_owned()),
    }
}

fn bit_rate(text: &str) -> Result<BitRate, String> {
    let (digits, factor) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1000),
        None => (text, 1),
    };
    let number = digits
        .parse::<u32>()
        .ok()
        .and_then(|number| number.checked_mul(factor));
    match number.map(BitRate) {
        Some(rate) if (BitRate::MINIMUM..=BitRate::MAXIMUM).contains(&rate) => Ok(rate),
        Some(_) => Err("a bit rate goes from 64k to 320k".to_owned()),
        None => Err("a bit rate is a number such as 192k or 192000".to_owned()),
    }
}

/// `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`.
fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = || "an address and a port, as in 127.0.0.1:8080 or [::]:8080".to_owned();
    let mut found = text.to_socket_addrs().map_err(|_| wrong())?;
    found.next().ok_or_else(wrong)
}

fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor: u64 = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        "T" | "TB" | "TIB" => 1 << 40,
        _ => return Err("a size ends in K, M, G or T, as in 20G".to_owned()),
    };
    let number = digits.parse::<u64>().ok();
    number
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| "a size is a whole number, as in 20G or 500M".to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let is_origin = rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '*']));
    if text == "*" || is_origin {
        Ok(text.to_owned())
    } else {
        Err("an origin is a scheme and a host, as in https://example.org, or *".to_owned())
    }
}

fn segment_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.5..=30.0).contains(&seconds) => Ok(seconds),
        Ok(_) => Err("a segment lasts from 0.5 to 30 seconds".to_owned()),
        Err(_) => Err("this is no number of seconds".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn bit_rates_are_read_with_and_without_their_k() {
        assert_eq!(bit_rate("192k"), Ok(BitRate(192_000)));
        assert_eq!(bit_rate("64000"), Ok(BitRate(64_000)));
        for wrong in ["63k", "321k", "fast", "", "-1", "99999999k"] {
            assert!(bit_rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_and_addresses_are_read() {
        assert_eq!(size("20G"), Ok(20 << 30));
        assert_eq!(size("512"), Ok(512));
        assert!(size("5 MB").is_err());
        for wrong in ["", "G", "1.5G", "-1", "99999999999T", "5X"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        for right in ["127.0.0.1:0", "[::1]:80", "0.0.0.0:8080"] {
            assert!(address(right).is_ok(), "{right}");
        }
        for wrong in ["", "8080", "127.0.0.1", "127.0.0.1:99999", "::1:"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
        assert!(origin("https://example.org:8443").is_ok() && origin("*").is_ok());
        for wrong in ["example.org", "https://", "https://a/b", "https://*.org"] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn segments_have_sane_lengths() {
        assert_eq!(segment_seconds("6"), Ok(6.0));
        for wrong in ["0", "31", "NaN", "inf", "six"] {
            assert!(segment_seconds(wrong).is_err(), "{wrong}");
        }
    }
}
