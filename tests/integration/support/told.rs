//! A rendition as a server tells of it: paths to ask for, from its manifest.

use serde_json::Value;

use super::server::{Reply, Server};
use super::site::text;

/// A rendition that a server told of.
pub(crate) struct Told {
    /// What its URIs are relative to.
    folder: String,
    pub(crate) manifest: Value,
}

/// The path of a manifest.
pub(crate) fn manifest_path(id: &str, variant: &str) -> String {
    format!("/tracks/{id}/{variant}/manifest.json")
}

impl Server {
    /// Asks for the manifest of a rendition, which there is.
    pub(crate) fn rendition(&self, id: &str, variant: &str) -> Told {
        let path = manifest_path(id, variant);
        Told::read(&path, &self.get_well(&path))
    }
}

impl Told {
    /// What the reply to a request for the manifest at `path` tells.
    pub(crate) fn read(path: &str, reply: &Reply) -> Self {
        Self {
            folder: path.trim_end_matches("manifest.json").to_owned(),
            manifest: reply.json(),
        }
    }

    /// The paths of its segments, in order.
    pub(crate) fn segments(&self) -> Vec<String> {
        let segments = self.manifest["segments"].as_array().expect("segments");
        let uris = segments.iter().map(|segment| text(&segment["uri"]));
        uris.map(|uri| format!("{}{uri}", self.folder)).collect()
    }

    /// The path of one of them.
    pub(crate) fn segment(&self, index: usize) -> String {
        self.segments().swap_remove(index)
    }

    /// What names the folder of its files.
    pub(crate) fn fingerprint(&self) -> &str {
        text(&self.manifest["fingerprint"])
    }

    /// The path of a file beside the segments.
    pub(crate) fn file(&self, name: &str) -> String {
        format!("{}{}/{name}", self.folder, self.fingerprint())
    }
}
