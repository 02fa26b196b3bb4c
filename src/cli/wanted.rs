//! What is wanted of which library: the flags that `render` and `status` share,
//! and what they come to beside the settings of the site. Whatever decides what
//! is up to date is said here, so that the two commands cannot differ.

use std::path::PathBuf;

use clap::Args;

use super::presets::{load, named};
use super::values::{bit_rate, segment_seconds};
use super::{CommandError, UsageError};
use crate::library::ScanOptions;
use crate::manifest::{Normalize, SiteSettings};
use crate::mastering::{Intensity, Presets, Variant};
use crate::render::{EmptiedRoots, PlanOptions, Shard, TimeLimit, WholeFile, site_settings};
use crate::units::BitRate;

#[derive(Clone, Debug, Args)]
pub(super) struct WantedArguments {
    /// Folders of music, or single files
    #[arg(required = true, value_name = "LIBRARY")]
    pub(super) library: Vec<PathBuf>,

    /// The site, a folder; `segue render` makes it where there is none
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

    /// Only the K-th of N parts, from 1: a track belongs to one of them by its id alone
    #[arg(long, value_name = "K/N", default_value_t)]
    pub(super) shard: Shard,

    /// Take only files whose path below LIBRARY matches (may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub(super) include: Vec<String>,

    /// Leave out files whose path below LIBRARY matches (may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,

    /// Also publish each rendition as one file, audio.mp4, for players without MSE
    #[arg(long)]
    pub(super) whole_file: bool,

    /// Take a LIBRARY that has no audio left for emptied, not for a disk that is not mounted
    #[arg(long)]
    pub(super) allow_empty: bool,
}

impl WantedArguments {
    /// What they come to.
    pub(super) fn plan_options(&self) -> Result<PlanOptions, CommandError> {
        self.check_site()?;
        let presets = load(&self.preset_files)?;
        Ok(PlanOptions {
            roots: self.library.clone(),
            scan: ScanOptions {
                include: self.include.clone(),
                exclude: self.exclude.clone(),
                skip: Some(self.output.clone()),
            },
            variants: self.variants(&presets)?,
            presets,
            settings: self.settings(),
            whole_file: if self.whole_file {
                WholeFile::Wanted
            } else {
                WholeFile::NotWanted
            },
            force: false,
            emptied: if self.allow_empty {
                EmptiedRoots::Meant
            } else {
                EmptiedRoots::NotMounted
            },
            shard: self.shard,
            limit: TimeLimit::default(),
        })
    }

    /// Fails where the site would be among the music: below it, it is passed over.
    fn check_site(&self) -> Result<(), UsageError> {
        let Ok(site) = self.output.canonicalize() else {
            return Ok(());
        };
        let is_site = |root: &&PathBuf| root.canonicalize().is_ok_and(|root| root == site);
        match self.library.iter().find(is_site) {
            Some(root) => Err(UsageError(format!(
                "`{}` is the library itself: give the site a folder of its own",
                root.display()
            ))),
            None => Ok(()),
        }
    }

    /// Flags go first, then what the site was made with, then the defaults.
    fn settings(&self) -> SiteSettings {
        let site = site_settings(&self.output).unwrap_or_default();
        SiteSettings {
            bitrate: self.bitrate.unwrap_or(site.bitrate),
            segment_seconds: self.segment.unwrap_or(site.segment_seconds),
            normalize: self.normalize.unwrap_or(site.normalize),
        }
    }

    /// The variants asked for, each once, in the order in which they were named.
    fn variants(&self, presets: &Presets) -> Result<Vec<Variant>, CommandError> {
        let mut variants: Vec<Variant> = Vec::new();
        let mut want = |variant: Variant| {
            if !variants.contains(&variant) {
                variants.push(variant);
            }
        };
        for wanted in &self.presets {
            let names: Vec<&str> = match wanted {
                Wanted::All => presets
                    .all()
                    .iter()
                    .map(|preset| preset.name.as_str())
                    .collect(),
                Wanted::Preset(name) => vec![&named(presets, name)?.name],
                Wanted::Variant(variant) => {
                    named(presets, variant.preset())?;
                    want(variant.clone());
                    continue;
                }
            };
            for name in names {
                for intensity in &self.intensities {
                    want(Variant::new(name, *intensity)?);
                }
            }
        }
        Ok(variants)
    }
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
