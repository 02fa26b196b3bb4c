//! The program from outside: each test runs the built `segue` on files and judges what it published.
//!
//! The oracles are not segue: ffmpeg and ffprobe decode and measure, the `mp4` crate and a small box walker parse, a
//! continuous FDK encode is what the joins are held against. `SEGUE_BIN` names another binary to test. Tools or music
//! that are missing skip a test loudly; with `CI` or `SEGUE_REQUIRE_ALL=1` set they fail it.

mod support;

mod albums;
mod analyze;
mod applied;
mod bad_input;
mod commands;
mod covers;
mod deployments;
mod faults;
mod golden;
mod hls_dash;
mod hostile;
mod identity;
mod incremental;
mod joins;
mod layers;
mod listing;
mod mastering;
mod mastering_real_music;
mod matrix;
mod memory;
mod names;
mod pcm;
mod prune;
mod purity;
mod real_music;
mod repairs;
mod reports;
mod segment_boxes;
mod serve;
mod shards;
mod status;
mod stopping;
mod untouched;
mod verify;
mod verify_contents;
mod verify_mends;
