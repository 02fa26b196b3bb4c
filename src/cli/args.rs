//! The command line, as clap reads it. What the flags mean is said here, once,
//! and nowhere else.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use super::values::{address, bit_rate, origin, size, time_limit};
use super::wanted::WantedArguments;
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
3 from `status --exit-code`, unless all is up to date; 130 stopped by Ctrl-C;
143 stopped by SIGTERM.")]
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
    /// Say what is up to date, missing, stale, failed or orphaned
    Status(StatusArguments),
    /// Remove from a site what nothing refers to any more
    Prune(PruneArguments),
    /// Write one whole rendition of a file, as .wav or .m4a
    Export(ExportArguments),
    /// Measure a file: loudness, range, peaks, spectrum
    Analyze(AnalyzeArguments),
    /// List the presets
    Presets(PresetsArguments),
    /// Read a site back, every byte, and name what is damaged, missing or left over
    Verify(VerifyArguments),
    /// Rebuild catalog.json from the tracks that are there
    Catalog(CatalogArguments),
    /// Print completions for a shell
    Completions(CompletionsArguments),
}

#[derive(Clone, Debug, Args)]
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
  segue render ~/Music -o site --time-limit 50m --report report.json
  segue render ~/Music -o site --shard 2/4

A second run renders only what is new or changed. A file that cannot be read is
named, with the reason; everything else is rendered, and the exit status is 1.

Past --time-limit, what is being rendered is finished and published, the rest is counted
(-v and --report name it), and the exit status is 0 if nothing failed; the next
run goes on, and each gets somewhere, however short its limit.

Of the shards 1/N to N/N, each on a machine of its own, copy all sites over each
other and run `segue catalog`: what comes out is what one run would have made.
Every shard reads the whole library, unless .segue/scan.json of another is in
its site, and reads and measures all of an album in which it has a track.")]
pub(super) struct RenderArguments {
    #[command(flatten)]
    pub(super) wanted: WantedArguments,

    /// Begin no more tracks after this long, as in 50m, 90s or 1h30m; what is being rendered is finished
    #[arg(long, value_name = "DURATION", value_parser = time_limit)]
    pub(super) time_limit: Option<Duration>,

    /// Say what would be rendered, and write nothing
    #[arg(long, conflicts_with = "report")]
    pub(super) dry_run: bool,

    /// Render again what is up to date; all in one run, since the next would begin anew
    #[arg(long, conflicts_with = "time_limit")]
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[command(after_help = "\
Examples:
  segue status ~/Music -o site
  segue status ~/Music -o site --verbose
  segue status ~/Music -o site --exit-code || segue render ~/Music -o site
  key=$(segue status ~/Music -o site --key)

Nothing is written, and a run that goes on is not disturbed. Give it the flags
that `segue render` is given: they say what is wanted. A rendition is missing
where none of its variant was published, stale where what is published is not
what is wanted; so are a catalog that does not tell of all that is there, and a
page of another version of segue. A source has failed where it cannot be read; a
track is orphaned where its last source is gone: it stays published until `segue
prune`.

Exit status: 0; with --exit-code 3 unless all is up to date.")]
pub(super) struct StatusArguments {
    #[command(flatten)]
    pub(super) wanted: WantedArguments,

    /// Exit with 3 where anything is missing, stale, failed or orphaned
    #[arg(long)]
    pub(super) exit_code: bool,

    /// Print only a key for a cache: the same for the same library and settings on every machine
    #[arg(long, conflicts_with = "json")]
    pub(super) key: bool,

    /// Print one JSON object a line: what is not up to date and why, last a summary
    #[arg(long)]
    pub(super) json: bool,

    /// Name each that is not up to date, with the reason
    #[arg(short, long)]
    pub(super) verbose: bool,
}

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  segue prune site --dry-run
  segue prune site

What goes: tracks whose last source is gone (`segue status` calls them orphaned),
renditions that a newer one has replaced, what an interrupted run left, and what
was measured of tracks that are gone. What is being made on demand stays. A file
that segue does not know is left alone, and named.")]
pub(super) struct PruneArguments {
    /// The site
    #[arg(value_name = "SITE")]
    pub(super) site: PathBuf,

    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Say nothing but what failed
    #[arg(short, long)]
    pub(super) quiet: bool,
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

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  segue verify site
  segue verify site --quiet || mail -s 'site is damaged' me@example.org < /dev/null
  segue verify site --json | jq -r 'select(.event == \"found\").file'

Each finding is a line: the file, what is wrong, and how it is mended. The exit
status is 1 with findings, else 0. What is damaged is kept in .segue/damaged.json:
the next `segue render` renders just that again. A read-only site, or a copy from
a web host without .segue, is checked as well.

As a line of a crontab, on Sundays at four:
  0 4 * * 0  segue verify /srv/music --quiet
As a step of CI, before a site is published:
  - run: segue verify site --quiet")]
pub(super) struct VerifyArguments {
    /// The site
    #[arg(value_name = "SITE")]
    pub(super) site: PathBuf,

    /// Threads to read on [default: one for each core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,

    /// Print one JSON object a line to stdout: findings, last a summary
    #[arg(long)]
    pub(super) json: bool,

    /// Say nothing but what was found
    #[arg(short, long)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  segue catalog site
  cp -a shard-1/. shard-2/. site && segue catalog site

After the sites of all shards were copied over each other, this makes them one:
byte for byte what one run would have made. Settings and presets are those of the
catalog.json that is there; without one, what all renditions agree on.")]
pub(super) struct CatalogArguments {
    /// The site
    #[arg(value_name = "SITE")]
    pub(super) site: PathBuf,

    /// A file with presets of your own, where catalog.json is lost (may be repeated)
    #[arg(long = "preset-file", value_name = "FILE")]
    pub(super) preset_files: Vec<PathBuf>,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
