//! Golden tests: what people and programs see, held by files in `tests/golden`.
//! `make golden` accepts what is printed as right.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Holds a text against its file, or makes it the file.
pub(crate) fn check(name: &str, actual: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("SEGUE_GOLDEN").is_some_and(|value| value == "accept") {
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs_err::write(&path, actual).expect("the file can be written");
        return;
    }
    let expected = fs_err::read_to_string(&path).unwrap_or_default();
    assert!(
        actual == expected,
        "{} differs; `make golden` accepts it.\n--- expected\n{expected}\n--- actual\n{actual}",
        path.display()
    );
}

fn stdout_of(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_segue"))
        .args(arguments)
        .output()
        .expect("segue runs");
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn golden_help() {
    check("help/segue.txt", &stdout_of(&["--help"]));
    for command in [
        "render",
        "serve",
        "status",
        "prune",
        "export",
        "analyze",
        "presets",
        "verify",
        "catalog",
        "completions",
    ] {
        check(
            &format!("help/{command}.txt"),
            &stdout_of(&[command, "--help"]),
        );
    }
}

#[test]
fn golden_presets() {
    check("presets.txt", &stdout_of(&["presets"]));
    check("presets-warm.txt", &stdout_of(&["presets", "warm"]));
    check(
        "presets-warm.toml",
        &stdout_of(&["presets", "warm", "--toml"]),
    );
}

#[test]
fn golden_usage_errors() {
    let cases: &[&[&str]] = &[
        &["render", "x", "-o", "y", "-p", "loud"],
        &["render", "x", "-o", "y", "-p", "original@50"],
        &["render", "x", "-o", "y", "-p", "warm@050"],
        &["render", "x", "-o", "y", "-p", "../warm"],
        &["render", "x", "-o", "y", "--intensity", "NaN"],
        &["render", "x", "-o", "y", "--intensity=-1"],
        &["render", "x", "-o", "y", "--intensity", "1.01"],
        &["render", "x", "-o", "y", "--intensity", "loud"],
        &["render", "x", "-o", "y", "--normalize", "song"],
        &["render", "x", "-o", "y", "--bitrate", "1000k"],
        &["render", "x", "-o", "y", "--segment", "NaN"],
        &["render", "x", "-o", "y", "--jobs", "0"],
        &["render", "x", "-o", "y", "--shard", "0/4"],
        &["render", "x", "-o", "y", "--time-limit", "50"],
        &["render", "-o", "y"],
        &["serve"],
        &["serve", "x", "--bind", "everywhere"],
        &["serve", "x", "--cache-limit", "1.5G"],
        &["serve", "x", "--cors-origin", "example.org"],
        &["serve", "x", "--jobs", "0"],
    ];
    let mut text = String::new();
    for arguments in cases {
        let output = Command::new(env!("CARGO_BIN_EXE_segue"))
            .args(*arguments)
            .output()
            .expect("segue runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let command = arguments.join(" ");
        let printed = String::from_utf8_lossy(&output.stderr);
        writeln!(text, "$ segue {command}\n{printed}").expect("text can always grow");
    }
    check("usage-errors.txt", &text);
}
