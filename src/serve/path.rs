//! From a request's path to a path in the site; nothing else gets through.
//!
//! A path is decoded once. What is then not plain text, or names anything that
//! is hidden, above, absolute or empty, is not in the site: links that lead out
//! are held back when the file is opened ([`super::files`]).

use crate::mastering::Variant;
use crate::site::{COVER, Fingerprint, HASHES, MANIFEST, TRACK, TRACKS, TrackId, WHOLE_FILE};

/// What the folder itself stands for.
const INDEX: &str = "index.html";

/// The path in the site that a request's path means; none where it cannot
/// mean any.
pub(super) fn site_path(request: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(request.strip_prefix('/')?)
        .decode_utf8()
        .ok()?;
    if decoded.is_empty() {
        return Some(INDEX.to_owned());
    }
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part
                .chars()
                .any(|letter| letter.is_control() || letter == '\\')
    };
    decoded
        .split('/')
        .all(is_plain)
        .then(|| decoded.into_owned())
}

/// What a path of the site means, where a track is named in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// `tracks/<id>/track.json`
    Track(TrackId),
    /// `tracks/<id>/cover.jpg`
    Cover(TrackId),
    /// `tracks/<id>/<variant>/manifest.json`
    Manifest(TrackId, Variant),
    /// `tracks/<id>/<variant>/audio.mp4`, which is that of the fingerprint that the
    /// manifest names
    WholeFile(TrackId, Variant),
    /// `tracks/<id>/<variant>/<fingerprint>/<name>`
    Media(TrackId, Variant, Fingerprint, String),
}

/// Reads a path of the site.
pub(super) fn named(path: &str) -> Option<Named> {
    let parts: Vec<&str> = path.split('/').collect();
    let [TRACKS, id, rest @ ..] = parts.as_slice() else {
        return None;
    };
    let id = id.parse().ok()?;
    match rest {
        [TRACK] => Some(Named::Track(id)),
        [COVER] => Some(Named::Cover(id)),
        [variant, MANIFEST] => Some(Named::Manifest(id, variant.parse().ok()?)),
        [variant, WHOLE_FILE] => Some(Named::WholeFile(id, variant.parse().ok()?)),
        [variant, fingerprint, name] => Some(Named::Media(
            id,
            variant.parse().ok()?,
            fingerprint.parse().ok()?,
            (*name).to_owned(),
        )),
        _ => None,
    }
}

/// The index of a segment by its file's name, which has one spelling.
pub(super) fn segment_index(name: &str) -> Option<usize> {
    let index: usize = name.strip_suffix(".m4s")?.parse().ok()?;
    (crate::site::segment(index) == name).then_some(index)
}

/// Whether what stands there never changes. The list of hashes does, when a
/// whole file comes to stand beside the segments.
pub(super) fn is_immutable(path: &str) -> bool {
    matches!(named(path), Some(Named::Media(_, _, _, name)) if name != HASHES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_get_through() {
        for (request, path) in [
            ("/", "index.html"),
            ("/catalog.json", "catalog.json"),
            ("/player/main.js", "player/main.js"),
            ("/tracks/a/warm%4050/x", "tracks/a/warm@50/x"),
            ("/a%20b.txt", "a b.txt"),
            ("/%252e%252e/x", "%2e%2e/x"),
        ] {
            assert_eq!(site_path(request).as_deref(), Some(path), "{request}");
        }
        for request in [
            "",
            "*",
            "catalog.json",
            "//etc/passwd",
            "/../etc/passwd",
            "/..",
            "/a/../../b",
            "/%2e%2e/etc/passwd",
            "/%2E%2E%2Fetc",
            "/..%2f..%2fetc",
            "/..%5c..%5cetc",
            "/a\\..\\b",
            "/%c0%ae%c0%ae/etc",
            "/%e0%80%ae/etc",
            "/a%00.html",
            "/a/./b",
            "/.segue/scan.json",
            "/%2esegue/scan.json",
            "/tracks/.tmp",
            "/a//b",
            "/tracks/",
            "/a%0ab",
            "/%ff",
        ] {
            assert_eq!(site_path(request), None, "{request}");
        }
    }

    #[test]
    fn a_segment_has_one_name() {
        assert_eq!(segment_index("0.m4s"), Some(0));
        assert_eq!(segment_index("12.m4s"), Some(12));
        for name in [
            "00.m4s", "+1.m4s", "-1.m4s", "1.mp4", ".m4s", "1", "1e3.m4s",
        ] {
            assert_eq!(segment_index(name), None, "{name}");
        }
    }
}
