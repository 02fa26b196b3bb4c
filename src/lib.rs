//! segue masters and pre-renders a music library into gapless segments of
//! fragmented MP4 with AAC, and JSON that says what they are, so that a web
//! page can play any of it at once.
//!
//! # The rule from which the rest follows
//!
//! **A segment is a pure function** of the source's audio, the track's
//! analysis, the rendition's settings and the index. It does not matter when it is rendered, in which
//! order, on how many threads, now or after a crash: the same bytes come out,
//! and they join their neighbours as if the track had been rendered in one
//! piece. The function is [`render::render_segment`].
//!
//! What would break it is kept out by construction:
//! - a decoder's state: a track's PCM is defined on a grid of blocks, each
//!   decoded by a fresh decoder after a fixed run-in ([`decode`]);
//! - an encoder's state: every segment has an encoder of its own, started
//!   early enough ([`aac`]);
//! - a compressor's and a limiter's memory: every stage of mastering looks back
//!   so far and no further, on a grid of absolute sample indices, and what is
//!   done to a track is decided once from measurements of all of it
//!   ([`mastering`], [`analysis`]);
//! - noise and phases: dither and rate conversion go by the absolute index of
//!   a sample ([`mastering`], [`decode::Resampler`]);
//! - instructions chosen at run time and the system's mathematics library:
//!   what decides bytes uses neither.
//!
//! # From a file to a site
//!
//! ```text
//! library    scan ── identify ──┐                which files, which tracks
//! decode              survey ───┤ TrackAudio     exact length, PCM from any sample
//! render     plan ─── run ── measure             levels of the whole track, once
//! mastering                  decide              a preset, for this track
//!                            job                 what is missing; all cores
//!                             ▼
//!            Recipe::make, for each segment and variant
//!              decode::TrackReader::read           PCM with run-in, converted
//!              mastering::Chain::run               equaliser to limiter
//!              mastering::quantize                 to 16 bits
//!              aac::encode_segment                 access units, run-in dropped
//!              fmp4::media_segment                 bytes
//!                             ▼
//!            publish ──── site                   segments, manifest, track, catalog:
//!                                                each complete when it appears
//! ```
//!
//! # What is up to date
//!
//! ```text
//! library    ScanIndex   saves reading; knows which tracks lost their last source
//! render     plan        fingerprints of all that is wanted
//!            standing    held against manifests, names and sizes: up to date,
//!                        missing or stale, and why (changes)
//!            leftovers   what nothing refers to ── prune
//! ```
//!
//! Identity decides, never a date: [`render::Standing`] follows from fingerprints
//! and from what is there. The scan index decides nothing of what is rendered; it
//! is the memory by which a track is known to be an orphan, and without it none
//! is. `render`, `status` and a cache's key take the same [`render::Plan`].
//! What `verify` has read and found wrong stands in `.segue/damaged.json`
//! ([`render::DamagedList`]): it looks as it should from outside, and is not up to
//! date until a run has published it again.
//! [`render::Leftovers`] are removed in the order in which nothing that is named
//! is missing at any moment.
//!
//! # Sources that are damaged, or made to do harm
//!
//! A source harms nothing but itself. What it may cost follows from its size,
//! panics of third parties are caught in one place, [`decode::guarded`], and
//! what leaves [`decode`] is finite and of bounded level, so that the encoder's
//! C code gets 16-bit samples of a shape that was checked. The one decoder in C is
//! libopus, which gets no packet that is not framed as it should be
//! ([`decode`]). Two thousand mutations of valid files go through the program in
//! `tests/integration/hostile.rs`, each in a time that its size allows; `make soak`
//! fuzzes what is in `tests/fuzz`.
//!
//! # Layers: arrows point down only
//!
//! | layer | modules | |
//! |---|---|---|
//! | 5 | [`cli`] | all that has a terminal |
//! | 4 | [`serve`] | HTTP over the site: routes, replies, rendering on demand; the only async code |
//! | 4 | [`plot`] | a picture of what was measured; bytes, no files |
//! | 3 | [`render`] | the story: plan, job, pool, publish |
//! | 3 | [`verify`] | reads a site back, every byte, and tells what is wrong with it |
//! | 2 | [`library`] | the user's files: scan, tags and cover, identity |
//! | 2 | [`decode`] | sources to PCM with exact lengths; random access |
//! | 2 | [`analysis`] | measures: loudness, spectrum, peaks, waveform; no opinions, no files |
//! | 2 | [`mastering`] | decides how a track sounds, and does it; no files |
//! | 2 | [`aac`] | PCM to access units; the only unsafe code, behind one fence |
//! | 2 | [`fmp4`] | access units to bytes; no files, no codec |
//! | 2 | [`manifest`] | what clients read: catalog, track, rendition, HLS, DASH |
//! | 2 | [`web_player`] | the page, embedded |
//! | 1 | [`site`], [`timeline`], [`progress`] | published paths; which samples a segment holds; events |
//! | 0 | [`files`], [`units`], [`signal`] | atomic writes; numbers with their unit; mathematics that is the same everywhere |
//!
//! # Whatever happens
//!
//! A site is consistent at every moment: what a JSON file names is there,
//! complete, and outlives a power cut, when the file appears.
//!
//! - Nothing is written where readers look: it is put together in
//!   `.segue/staging`, synced, and renamed into its place, the folder that it
//!   comes to stand in synced behind it ([`files`]). What is replaced changes
//!   places with what replaces it in one step.
//! - What is removed is first taken out of what names it
//!   ([`render::Site::remove_renditions`]); no two files have to change at one
//!   moment ([`render::Site::publish_cover`]).
//! - Who writes holds the kernel's lock on the site, which goes with the process
//!   ([`render::Holder`]); who reads needs none.
//! - A track's bytes come from one version of its file: who reads it holds it
//!   against the one whose packets were hashed, before and after
//!   ([`decode::TrackAudio::check_unchanged`]).
//!
//! `tests/integration/faults` kills runs, fills disks, reads system calls and
//! changes sources to hold this.
//!
//! # Parts of a run
//!
//! A [`render::Shard`] decides by a track's id alone what one of several
//! machines renders; a [`render::TimeLimit`] when nothing more is begun. What
//! became of every source so far stands in the [`render::Ledger`]: `cli` does a
//! run on a thread of its own, and where a signal comes and the run hangs on a
//! disk that does not answer, keeps and tells what the ledger has, and ends.
//! Since all that is published is whole at any moment, it may.
//!
//! # On demand
//!
//! ```text
//! serve      listen ── routes ── host ──┬── files       what is there
//!                                       └── on_demand   what is not:
//!                 library  which tracks there are, as they become known
//!                 queue    what is wanted now, next, some time; threads
//!                 once     one piece of work for however many ask; none for nobody
//! render     measure_part, join ── decide ── PartialRendition
//! ```
//!
//! A [`render::PartialRendition`] is made segment by segment in any order, by
//! the same function; when all segments are there it is completed and is then
//! what a whole run publishes, byte for byte.
//!
//! Nothing imports upwards and there are no cycles. `analysis`, `mastering`,
//! `aac` and `fmp4` touch no file; only `cli` prints; only `files` and `render` write;
//! only `aac::ffi` is unsafe; only `serve` is async. `tests/integration/layers.rs` reads the sources
//! and holds all of this.

pub mod aac;
pub mod analysis;
pub mod cli;
pub mod decode;
pub mod files;
pub mod fmp4;
pub mod library;
pub mod manifest;
pub mod mastering;
pub mod plot;
pub mod progress;
pub mod render;
pub mod serve;
pub mod signal;
pub mod site;
pub mod timeline;
pub mod units;
pub mod verify;
pub mod web_player;
