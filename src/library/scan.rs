//! Walking the library: which files claim to be audio.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobSet, GlobSetBuilder};
use walkdir::{DirEntry, WalkDir};

/// Endings of what can be read.
const SUPPORTED: &[&str] = &[
    "wav", "wave", "aif", "aiff", "aifc", "flac", "m4a", "m4b", "mp4", "alac", "mp3", "mp2", "aac",
    "adts", "ogg", "oga", "opus", "caf", "mka", "mkv", "webm",
];
/// Endings of audio that cannot: it is counted and named.
const UNSUPPORTED: &[&str] = &[
    "wma", "ape", "wv", "dsf", "dff", "mpc", "tta", "ra", "rm", "ac3", "dts", "spx", "shn", "amr",
    "au", "snd", "tak", "ofr", "w64", "rf64", "asf", "mid", "midi",
];

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// Globs on the path below the root; a source must match one, if there are any.
    pub include: Vec<String>,
    /// Globs on the path below the root; what matches one is left out.
    pub exclude: Vec<String>,
    /// A folder that is not walked: the site, where it lies inside the library.
    pub skip: Option<PathBuf>,
}

/// A file that claims to be audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// Its path below its root, as messages name it.
    pub name: PathBuf,
}

/// Something in the library that could not be walked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub path: PathBuf,
    /// What it is, and what to do.
    pub reason: String,
    /// What it means.
    pub weight: Weight,
}

/// What it means that something could not be walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Nothing is lost: a link that leads back, or nowhere.
    PassedOver,
    /// There may be music in it.
    Unread,
}

/// A root as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Absolute and without links, so that it is always called the same.
    pub path: PathBuf,
    /// How many files in it are audio, whatever globs say.
    pub audio: usize,
}

/// How much of the library a look at it takes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coverage {
    /// All that can be read: what was not found is not there.
    #[default]
    Whole,
    /// What globs choose, or what was looked at so far.
    Part,
}

/// What was found, in a stable order.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// Where it was looked for.
    pub roots: Vec<Root>,
    /// Whether globs left something out.
    pub coverage: Coverage,
    /// What will be read.
    pub sources: Vec<Source>,
    /// Audio that segue cannot read.
    pub unsupported: Vec<PathBuf>,
    /// What could not be walked.
    pub problems: Vec<Problem>,
}

/// Why nothing was walked.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// A glob is none.
    #[error("`{glob}` is not a glob: {reason}")]
    Glob {
        /// What was given.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A root is not there, or may not be read.
    #[error("the library `{}` cannot be read: {source}{}", path.display(), root_hint(source))]
    Root {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A root that had audio in it has none.
    #[error(
        "there is no audio left in `{}`, where {known} files were known: if its disk is not mounted, mount it; if it was emptied on purpose, `segue render --allow-empty` takes it so. Nothing was changed",
        root.display()
    )]
    Emptied {
        /// Which.
        root: PathBuf,
        /// How many sources were known below it.
        known: usize,
    },
}

impl Scan {
    /// What may have music in it, and could not be walked.
    pub fn unread(&self) -> impl Iterator<Item = &Problem> {
        let problems = self.problems.iter();
        problems.filter(|problem| problem.weight == Weight::Unread)
    }

    /// Whether what was not found at `path` is not there: it lies below a root,
    /// and not below anything that could not be walked.
    #[must_use]
    pub fn settles(&self, path: &Path) -> bool {
        let is_below = |place: &Path| path.starts_with(place);
        self.roots.iter().any(|root| is_below(&root.path))
            && !self.problems.iter().any(|problem| is_below(&problem.path))
    }
}

/// Fails where a root cannot be found, or is a folder that cannot be listed.
pub fn check_roots(roots: &[PathBuf]) -> Result<(), ScanError> {
    for root in roots {
        let listed = std::fs::metadata(root).and_then(|metadata| {
            if metadata.is_dir() {
                std::fs::read_dir(root).map(drop)
            } else {
                Ok(())
            }
        });
        listed.map_err(|source| ScanError::Root {
            path: root.clone(),
            source,
        })?;
    }
    Ok(())
}

/// What to do about a root that cannot be read.
fn root_hint(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => "; check its permissions",
        _ => "",
    }
}

/// Walks the roots in the order given, each by name. A root may be a file.
pub fn scan(roots: &[PathBuf], options: &ScanOptions) -> Result<Scan, ScanError> {
    let include = globs(&options.include)?;
    let exclude = globs(&options.exclude)?;
    let skip = options
        .skip
        .as_deref()
        .and_then(|path| path.canonicalize().ok());
    let mut found = Scan::default();
    if !options.include.is_empty() || !options.exclude.is_empty() {
        found.coverage = Coverage::Part;
    }
    check_roots(roots)?;
    for root in roots {
        let root = canonical(root)?;
        let mut audio = 0;
        let walk = WalkDir::new(&root)
            .follow_links(true)
            .sort_by_file_name()
            .into_iter();
        for entry in walk.filter_entry(|entry| !is_skipped(entry, skip.as_deref())) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let Some(kind) = kind(entry.path()) else {
                        continue;
                    };
                    audio += 1;
                    let name = below(&root, entry.path());
                    let is_wanted =
                        (include.is_empty() || include.is_match(&name)) && !exclude.is_match(&name);
                    match kind {
                        _ if !is_wanted => {}
                        Kind::Supported => found.sources.push(Source {
                            path: entry.into_path(),
                            name,
                        }),
                        Kind::Unsupported => found.unsupported.push(name),
                    }
                }
                Ok(_) => {}
                Err(error) => found.problems.push(problem(&root, &error)),
            }
        }
        found.roots.push(Root { path: root, audio });
    }
    Ok(found)
}

/// The one name of a root. A file keeps its own, even if that is a link: its
/// ending says what it is.
fn canonical(root: &Path) -> Result<PathBuf, ScanError> {
    let canonical = match (root.parent(), root.file_name()) {
        (Some(parent), Some(name)) if root.is_file() => {
            let parent = if parent.as_os_str().is_empty() {
                Path::new(".")
            } else {
                parent
            };
            parent.canonicalize().map(|parent| parent.join(name))
        }
        _ => root.canonicalize(),
    };
    canonical.map_err(|source| ScanError::Root {
        path: root.to_owned(),
        source,
    })
}

/// What a file claims to be.
enum Kind {
    Supported,
    Unsupported,
}

/// What a file claims to be by its name; none where that is no audio.
fn kind(path: &Path) -> Option<Kind> {
    // macOS puts a file's attributes beside it, under the same ending.
    let name = path.file_name()?.as_encoded_bytes();
    if name.starts_with(b"._") {
        return None;
    }
    let ending = path.extension().map(OsStr::to_ascii_lowercase)?;
    let is_one_of = |endings: &[&str]| endings.iter().any(|known| ending == *known);
    if is_one_of(SUPPORTED) {
        Some(Kind::Supported)
    } else {
        is_one_of(UNSUPPORTED).then_some(Kind::Unsupported)
    }
}

/// The path below the root; for a root that is a file, its name.
fn below(root: &Path, path: &Path) -> PathBuf {
    let below = path.strip_prefix(root).unwrap_or(path);
    if below.as_os_str().is_empty() {
        path.file_name()
            .map_or_else(|| path.to_owned(), PathBuf::from)
    } else {
        below.to_owned()
    }
}

/// To ask where a folder really is costs as much as to read it: only what could
/// be the one to skip is asked.
fn is_skipped(entry: &DirEntry, skip: Option<&Path>) -> bool {
    entry.file_type().is_dir()
        && skip.is_some_and(|skip| {
            let could_be = entry.path_is_symlink() || skip.file_name() == Some(entry.file_name());
            could_be && entry.path().canonicalize().is_ok_and(|path| path == skip)
        })
}

fn problem(root: &Path, error: &walkdir::Error) -> Problem {
    let path = error.path().unwrap_or(root).to_owned();
    let is_link =
        || std::fs::symlink_metadata(&path).is_ok_and(|metadata: Metadata| metadata.is_symlink());
    let (weight, reason) = match (error.loop_ancestor(), error.io_error()) {
        (Some(ancestor), _) => (
            Weight::PassedOver,
            format!("a link back to `{}`: passed over", ancestor.display()),
        ),
        (None, Some(error)) if is_link() => (
            Weight::PassedOver,
            format!("a link that leads nowhere ({error}): passed over"),
        ),
        (None, Some(error)) => (
            Weight::Unread,
            format!("it cannot be read ({error}): check its permissions"),
        ),
        (None, None) => (Weight::Unread, error.to_string()),
    };
    Problem {
        path,
        reason,
        weight,
    }
}

fn globs(patterns: &[String]) -> Result<GlobSet, ScanError> {
    let mut set = GlobSetBuilder::new();
    let wrong = |glob: &str, error: &globset::Error| ScanError::Glob {
        glob: glob.to_owned(),
        reason: error.kind().to_string(),
    };
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(|error| wrong(pattern, &error))?);
    }
    set.build()
        .map_err(|error| wrong(error.glob().unwrap_or_default(), &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a temporary folder");
        for file in files {
            let path = root.path().join(file);
            fs_err::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs_err::write(path, b"x").expect("a file");
        }
        root
    }

    fn names(scan: &Scan) -> Vec<String> {
        scan.sources
            .iter()
            .map(|source| source.name.display().to_string())
            .collect()
    }

    #[test]
    fn files_come_by_name_and_the_rest_is_told_apart() {
        let root = tree(&[
            "b/2.FLAC",
            "b/1.mp3",
            "a.ogg",
            "cover.jpg",
            "old.WMA",
            "._a.ogg",
            "c.mp3/x.wav",
        ]);
        let found = scan(&[root.path().to_owned()], &ScanOptions::default()).expect("scan");
        assert_eq!(
            names(&found),
            ["a.ogg", "b/1.mp3", "b/2.FLAC", "c.mp3/x.wav"]
        );
        assert_eq!(found.unsupported, [PathBuf::from("old.WMA")]);
    }

    #[test]
    fn globs_choose() {
        let root = tree(&["rock/a.mp3", "jazz/b.mp3", "jazz/demo/c.mp3"]);
        let options = ScanOptions {
            include: vec!["jazz/**".to_owned()],
            exclude: vec!["**/demo/**".to_owned()],
            skip: None,
        };
        assert_eq!(
            names(&scan(&[root.path().to_owned()], &options).expect("scan")),
            ["jazz/b.mp3"]
        );
        let wrong = ScanOptions {
            include: vec!["[".to_owned()],
            ..ScanOptions::default()
        };
        assert!(scan(&[root.path().to_owned()], &wrong).is_err());
    }

    #[test]
    fn loops_and_dead_links_are_survived() {
        let root = tree(&["a/x.mp3"]);
        std::os::unix::fs::symlink(root.path(), root.path().join("a/loop")).expect("a link");
        std::os::unix::fs::symlink("nowhere", root.path().join("a/dead.mp3")).expect("a link");
        let found = scan(&[root.path().to_owned()], &ScanOptions::default()).expect("scan");
        assert_eq!(names(&found), ["a/x.mp3"]);
        assert_eq!(found.problems.len(), 2);
    }

    #[test]
    fn the_site_inside_the_library_is_left_out() {
        let root = tree(&["a.mp3", "site/tracks/0.mp4"]);
        let options = ScanOptions {
            skip: Some(root.path().join("site")),
            ..ScanOptions::default()
        };
        assert_eq!(
            names(&scan(&[root.path().to_owned()], &options).expect("scan")),
            ["a.mp3"]
        );
    }
}
