//! The deployments in `examples/` and the commands in the docs, run and linted as they stand, so that none of them can
//! rot: shards on four kinds of clusters, publication, the systemd units.

mod commands;
mod lint;
mod publish;
mod shards;

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::run::binary;
use crate::support::tools::skip;

/// The root of the sources.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file below `examples/`.
fn example(name: &str) -> PathBuf {
    root().join("examples").join(name)
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A YAML file below `examples/`, as Debian's `yq` reads it.
fn yaml(name: &str) -> serde_json::Value {
    let output = Command::new("yq").arg(".").arg(example(name)).output();
    let output = output.expect("a test that needs yq looks first whether it is there");
    assert!(output.status.success(), "{name}: {}", told(&output));
    serde_json::from_slice(&output.stdout).expect("yq prints JSON")
}

/// Whether all of these programs, which Debian has packages of the same name for, are there; if not, the test is skipped.
fn are_there_or_skip(test: &str, programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs
        .iter()
        .copied()
        .filter(|name| !is_there(name))
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(" ");
        skip(
            test,
            &format!("not installed (Debian: apt-get install {missing})"),
        );
    }
    missing.is_empty()
}

/// A folder in which a name is the binary under test.
fn with_segue(folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).expect("a folder");
    let segue = folder.join("segue");
    if !segue.exists() {
        symlink(binary(), segue).expect("a link");
    }
    folder.to_owned()
}

/// A script for `bash` as CI runs it, with `segue` in the path and these variables.
fn command(
    script: &str,
    inside: &Path,
    programs: &Path,
    variables: &BTreeMap<String, String>,
) -> Command {
    let path = std::env::var("PATH").expect("there is a path");
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", script])
        .current_dir(inside)
        .env("PATH", format!("{}:{path}", programs.display()))
        .envs(variables);
    bash
}

/// Runs it to its end.
fn bash(
    script: &str,
    inside: &Path,
    programs: &Path,
    variables: &BTreeMap<String, String>,
) -> Output {
    let mut bash = command(script, inside, programs, variables);
    bash.output().expect("bash runs")
}

/// As `bash`, and demands success.
fn bash_well(script: &str, inside: &Path, programs: &Path, variables: &BTreeMap<String, String>) {
    let output = bash(script, inside, programs, variables);
    assert!(output.status.success(), "{script}\n{}", told(&output));
}

/// Both outputs, for a message.
fn told(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// Whether a program is in the path.
fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
