//! Real music: what Debian's packages `planetblupi-music-ogg` and `drascula-music` install.

use std::path::{Path, PathBuf};

use super::tools::skip;

/// Where the packages put their pieces, and how many there are.
const FOLDERS: [(&str, usize); 2] = [
    ("/usr/share/planetblupi/music", 10),
    ("/usr/share/scummvm/drascula/audio", 31),
];

/// A piece of real music: its file (Ogg Vorbis, 44.1 kHz, stereo) and a name that no other piece has.
#[derive(Clone)]
pub(crate) struct Piece {
    /// The installed file.
    pub(crate) path: PathBuf,
    /// The file's stem; what segue shows as the title, since the pieces carry no tags.
    pub(crate) name: String,
}

/// All 41 pieces in a fixed order; `None`, said loudly, if a package is missing.
pub(crate) fn pieces(test: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    for (folder, expected) in FOLDERS {
        let found = in_folder(Path::new(folder));
        if found.len() != expected {
            skip(
                test,
                &format!(
                    "{} of {expected} pieces in {folder} (Debian: apt-get install planetblupi-music-ogg drascula-music)",
                    found.len()
                ),
            );
            return None;
        }
        pieces.extend(found);
    }
    Some(pieces)
}

/// The pieces in one folder, by name.
fn in_folder(folder: &Path) -> Vec<Piece> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut pieces: Vec<Piece> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            (path.extension()? == "ogg").then_some(Piece { path, name })
        })
        .collect();
    pieces.sort_by(|a, b| a.name.cmp(&b.name));
    pieces
}

/// One long orchestral piece, from which tests cut what they need.
pub(crate) fn excerpt_source(test: &str) -> Option<PathBuf> {
    pieces(test)?
        .into_iter()
        .find(|piece| piece.name == "music003")
        .map(|piece| piece.path)
}
