//! A log of system calls, as strace writes it, and what a power cut at any moment of it could take: what was written and
//! not synced. A file is lost without `fsync` of it, a name without `fsync` of the folder that it stands in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One system call that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    /// The paths in its arguments, in order: those of open files, and those that are told.
    pub(super) paths: Vec<PathBuf>,
    arguments: String,
}

/// The calls of a log of `strace -f -y`. One that another thread's call interrupts stands where it ends, but a rename
/// where it begins: so what counts is what was safe before, at the latest.
pub(super) fn calls(log: &str) -> Vec<Call> {
    let mut begun: BTreeMap<&str, String> = BTreeMap::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut calls: Vec<Option<Call>> = Vec::new();
    for line in log.lines() {
        let Some((process, rest)) = line.split_once(char::is_whitespace) else {
            continue;
        };
        let rest = rest.trim_start();
        if let Some(start) = rest.strip_suffix(" <unfinished ...>") {
            begun.insert(process, start.to_owned());
            places.insert(process, calls.len());
            calls.push(None);
            continue;
        }
        let (text, place) = match rest.strip_prefix("<... ") {
            Some(resumed) => {
                let end = resumed.split_once("resumed>").map_or("", |(_, end)| end);
                let start = begun.remove(process).unwrap_or_default();
                (start + end, places.remove(process))
            }
            None => (rest.to_owned(), None),
        };
        if let Some(call) = parse(&text) {
            match place.filter(|_| call.name.starts_with("rename")) {
                Some(place) => calls[place] = Some(call),
                None => calls.push(Some(call)),
            }
        }
    }
    calls.into_iter().flatten().collect()
}

/// `name(arguments) = result`; none where it failed.
fn parse(text: &str) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    if result.starts_with('-') || result.starts_with('?') {
        return None;
    }
    Some(Call {
        name: name.to_owned(),
        paths: paths(arguments),
        arguments: arguments.to_owned(),
    })
}

/// `7</a/path>` is an open file, `"/a/path"` one that is told; `AT_FDCWD` is none.
fn paths(arguments: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut rest = arguments;
    while let Some(at) = rest.find(['<', '"']) {
        let is_current = rest[..at].ends_with("AT_FDCWD");
        let end = if rest.as_bytes()[at] == b'<' {
            '>'
        } else {
            '"'
        };
        let Some(length) = rest[at + 1..].find(end) else {
            break;
        };
        let path = &rest[at + 1..at + 1 + length];
        if path.starts_with('/') && !is_current {
            found.push(PathBuf::from(path));
        }
        rest = &rest[at + 2 + length..];
    }
    found
}

/// What a power cut could take at this moment.
#[derive(Debug, Default)]
pub(super) struct Disk {
    /// Files with contents that are not synced.
    files: BTreeSet<PathBuf>,
    /// Folders with names that are not synced.
    folders: BTreeSet<PathBuf>,
    /// How often something was synced.
    pub(super) syncs: usize,
}

impl Disk {
    /// A call happens.
    pub(super) fn take(&mut self, call: &Call) {
        let paths = call.paths.as_slice();
        match (call.name.as_str(), paths) {
            ("fsync" | "fdatasync", [path]) => {
                self.syncs += 1;
                self.files.remove(path);
                self.folders.remove(path);
            }
            (
                "write" | "pwrite64" | "writev" | "ftruncate" | "copy_file_range" | "sendfile",
                [path, ..],
            ) => {
                self.files.insert(path.clone());
            }
            ("openat" | "open" | "creat", [path, ..]) if call.arguments.contains("O_CREAT") => {
                self.change_folder_of(path);
            }
            ("mkdir" | "mkdirat" | "unlink" | "unlinkat" | "rmdir", [path]) => {
                self.files.remove(path);
                self.change_folder_of(path);
            }
            ("link" | "linkat", [_, to]) => self.change_folder_of(to),
            (name, [from, to]) if name.starts_with("rename") => {
                if call.arguments.contains("RENAME_EXCHANGE") {
                    let aside = Path::new("/aside");
                    self.moved(from, aside);
                    self.moved(to, from);
                    self.moved(aside, to);
                } else {
                    self.moved(from, to);
                }
                self.change_folder_of(from);
                self.change_folder_of(to);
            }
            _ => {}
        }
    }

    fn change_folder_of(&mut self, path: &Path) {
        self.folders.extend(path.parent().map(Path::to_owned));
    }

    fn moved(&mut self, from: &Path, to: &Path) {
        for known in [&mut self.files, &mut self.folders] {
            let inside = |path: &PathBuf| path.starts_with(from);
            let (moved, others) = std::mem::take(known)
                .into_iter()
                .partition::<BTreeSet<_>, _>(inside);
            let below = |path: PathBuf| path.strip_prefix(from).expect("inside").to_owned();
            // Joined with nothing, a path would end in a slash.
            let renamed = moved.into_iter().map(|path| match below(path) {
                below if below.as_os_str().is_empty() => to.to_owned(),
                below => to.join(below),
            });
            *known = others.into_iter().chain(renamed).collect();
        }
    }

    /// What could be lost at or below a path.
    pub(super) fn unsafe_below(&self, path: &Path) -> Vec<PathBuf> {
        let all = self.files.iter().chain(&self.folders);
        all.filter(|at_risk| at_risk.starts_with(path))
            .cloned()
            .collect()
    }

    /// Whether the name of a path, and those of the folders above it up to `root`, could be lost.
    pub(super) fn is_name_unsafe(&self, path: &Path, root: &Path) -> bool {
        let mut above = path
            .ancestors()
            .skip(1)
            .take_while(|above| above.starts_with(root));
        above.any(|above| self.folders.contains(above))
    }
}

#[test]
fn what_is_not_synced_can_be_lost() {
    let log = r#"1  openat(AT_FDCWD</>, "/s/.segue/x", O_WRONLY|O_CREAT|O_CLOEXEC, 0666) = 3</s/.segue/x>
1  write(3</s/.segue/x>, "one"..., 3) = 3
2  mkdir("/s/tracks", 0777 <unfinished ...>
3  fsync(3</s/.segue/x> <unfinished ...>
2  <... mkdir resumed>) = 0
2  fsync(9</s>) = -1 EIO (Input/output error)
1  rename("/s/.segue/x", "/s/tracks/x" <unfinished ...>
1  <... rename resumed>) = 0
3  <... fsync resumed>) = 0
"#;
    // What is synced when it has been renamed was not synced before.
    let calls = calls(log);
    let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["openat", "write", "mkdir", "rename", "fsync"]);
    let mut disk = Disk::default();
    for call in &calls {
        disk.take(call);
    }
    let (root, file) = (Path::new("/s"), Path::new("/s/tracks/x"));
    assert_eq!(disk.unsafe_below(file), [file]);
    assert!(disk.is_name_unsafe(file, root));
    let sync = |path: &str| Call {
        name: "fsync".to_owned(),
        paths: vec![PathBuf::from(path)],
        arguments: String::new(),
    };
    disk.take(&sync("/s/tracks/x"));
    disk.take(&sync("/s/tracks"));
    assert_eq!(disk.unsafe_below(file), Vec::<PathBuf>::new());
    assert!(
        disk.is_name_unsafe(file, root),
        "the folder's own name is not safe yet"
    );
    disk.take(&sync("/s"));
    assert!(!disk.is_name_unsafe(file, root));
}
