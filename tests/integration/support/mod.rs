//! What the tests share: running segue, reading a site, ffmpeg as the oracle, sources, and measures of sound.

pub(crate) mod boxes;
pub(crate) mod checks;
pub(crate) mod continuous;
pub(crate) mod forgery;
pub(crate) mod ground;
pub(crate) mod library;
pub(crate) mod music;
pub(crate) mod processes;
pub(crate) mod run;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod sound;
pub(crate) mod told;
pub(crate) mod tools;
