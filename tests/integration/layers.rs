//! Holds the architecture that `src/lib.rs` draws: reads the sources and fails
//! where a module imports upwards, or does what is another's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Top-level modules by layer; arrows point to the same layer or down.
const LAYERS: &[(&str, u8)] = &[
    ("cli", 5),
    ("plot", 4),
    ("serve", 4),
    ("render", 3),
    ("verify", 3),
    ("library", 2),
    ("decode", 2),
    ("analysis", 2),
    ("mastering", 2),
    ("aac", 2),
    ("fmp4", 2),
    ("manifest", 2),
    ("web_player", 2),
    ("site", 1),
    ("timeline", 1),
    ("progress", 1),
    ("files", 0),
    ("signal", 0),
    ("units", 0),
];

/// A line of a source file that is no comment and no test.
struct Line {
    file: PathBuf,
    number: usize,
    text: String,
}

impl Line {
    fn place(&self) -> String {
        format!(
            "{}:{}: {}",
            self.file.display(),
            self.number,
            self.text.trim()
        )
    }

    /// The top-level module that the line stands in.
    fn module(&self) -> String {
        let first = self.file.iter().next().expect("a path has a first part");
        Path::new(first).with_extension("").display().to_string()
    }
}

/// All lines of code below `src`, without unit tests.
fn code() -> Vec<Line> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut lines = Vec::new();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name() {
        let entry = entry.expect("the sources can be read");
        if entry
            .path()
            .extension()
            .is_none_or(|extension| extension != "rs")
        {
            continue;
        }
        let file = entry
            .path()
            .strip_prefix(&root)
            .expect("below src")
            .to_owned();
        let text = fs_err::read_to_string(entry.path()).expect("the sources can be read");
        let code = text
            .split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap_or_default();
        for (index, text) in code.lines().enumerate() {
            if !text.trim_start().starts_with("//") {
                lines.push(Line {
                    file: file.clone(),
                    number: index + 1,
                    text: text.to_owned(),
                });
            }
        }
    }
    assert!(lines.len() > 2000, "the sources were not found");
    lines
}

fn layer(module: &str) -> Option<u8> {
    LAYERS
        .iter()
        .find(|(name, _)| *name == module)
        .map(|(_, layer)| *layer)
}

/// The top-level modules that a line names.
fn imports(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest
            .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn every_module_has_a_layer() {
    for line in code() {
        let module = line.module();
        assert!(
            matches!(module.as_str(), "lib" | "main") || layer(&module).is_some(),
            "{module} has no layer"
        );
    }
}

#[test]
fn nothing_imports_upwards_and_there_are_no_cycles() {
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in code() {
        let module = line.module();
        let Some(own) = layer(&module) else { continue };
        for import in imports(&line.text).filter(|import| *import != module) {
            let Some(other) = layer(import) else {
                panic!("an unknown module: {}", line.place())
            };
            assert!(other <= own, "an arrow upwards: {}", line.place());
            graph
                .entry(module.clone())
                .or_default()
                .insert(import.to_owned());
        }
    }
    // What imports nothing that is left can be taken out; a cycle stays.
    loop {
        let modules: BTreeSet<String> = graph.keys().cloned().collect();
        let Some(leaf) = graph
            .iter()
            .find(|(_, to)| to.is_disjoint(&modules))
            .map(|(from, _)| from.clone())
        else {
            break;
        };
        graph.remove(&leaf);
    }
    assert!(graph.is_empty(), "modules in a cycle: {graph:?}");
}

/// Fails where a text stands in the code of any module but those named.
fn only_in(texts: &[&str], allowed: impl Fn(&Path) -> bool) {
    let found: Vec<String> = code()
        .iter()
        .filter(|line| texts.iter().any(|text| line.text.contains(text)) && !allowed(&line.file))
        .map(Line::place)
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn only_the_command_line_prints_and_nothing_exits() {
    only_in(
        &[
            "println!",
            "eprintln!",
            "print!",
            "eprint!",
            "stdout()",
            "stderr()",
        ],
        |file| file.starts_with("cli"),
    );
    only_in(&["process::exit", "abort()"], |_| false);
}

#[test]
fn only_one_file_is_unsafe() {
    only_in(&["unsafe {", "unsafe impl", "unsafe fn"], |file| {
        file == Path::new("aac/ffi.rs")
    });
}

#[test]
fn sound_is_made_without_files() {
    let touched = ["fs::", "fs_err", "File::", "std::path", "std::io"];
    only_in(&touched, |file| {
        !["analysis", "mastering", "aac", "fmp4"]
            .iter()
            .any(|module| file.starts_with(module))
    });
}

#[test]
fn only_files_and_the_site_are_written() {
    let writes = [
        "fs::write",
        "File::create",
        "create_dir",
        "fs::rename",
        "remove_file",
        "remove_dir",
        "WavWriter::create",
        "OpenOptions",
        "persist(",
    ];
    only_in(&writes, |file| {
        let site = file.starts_with("render") && file != Path::new("render/export.rs");
        file.starts_with("files") || site
    });
}

#[test]
fn only_the_server_is_async() {
    only_in(&["async fn", "async move", ".await"], |file| {
        file.starts_with("serve")
    });
}

/// The lines of each function of a file that has a body, by where it begins. rustfmt puts the last brace below the first letter.
fn functions(lines: &[Line]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let words = line.text.split_whitespace();
        let mut words = words.skip_while(|word| {
            word.starts_with("pub") || ["const", "async", "unsafe", "in"].contains(word)
        });
        if words.next() != Some("fn") || line.text.trim_end().ends_with('}') {
            continue;
        }
        let indent = line.text.len() - line.text.trim_start().len();
        let end = format!("{}}}", " ".repeat(indent));
        let rest = || lines[index..].iter().map(|line| line.text.trim_end());
        let opened = rest().position(|text| text.ends_with('{'));
        let closed = rest().position(|text| text.ends_with(';'));
        // In a trait there may be a signature and no more.
        if opened.is_none() || closed.is_some_and(|closed| Some(closed) < opened) {
            continue;
        }
        let last = lines[index..].iter().find(|line| line.text == end);
        let last = last.expect("a function has an end");
        found.push((line.place(), last.number + 1 - line.number));
    }
    found
}

#[test]
fn functions_stay_short() {
    let code = code();
    let mut count = 0;
    for file in code.chunk_by(|one, other| one.file == other.file) {
        for (place, length) in functions(file) {
            assert!(length <= 64, "{place} has {length} lines");
            count += 1;
        }
    }
    assert!(count > 500, "functions were found");
}

#[test]
fn files_stay_short() {
    let mut lengths: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for line in code() {
        let length = lengths.entry(line.file.clone()).or_default();
        *length = line.number.max(*length);
    }
    for (file, length) in lengths {
        assert!(length <= 400, "{} has {length} lines", file.display());
    }
}
