//! Every command line of segue that the examples and the docs show uses commands and flags that there are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{root, text_of};
use crate::support::run::Segue;

/// Folders whose files tell people what to type, and single files.
const PLACES: [&str; 3] = ["examples", "docs", "README.md"];

/// The texts, by path.
fn texts() -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for place in PLACES {
        for entry in walkdir::WalkDir::new(root().join(place)) {
            let entry = entry.expect("the sources can be read");
            let name = entry.path().to_string_lossy();
            // A program's source, and what was installed for it, tell nobody.
            let is_told = !name.ends_with(".rs") && !name.contains("/node_modules/");
            if entry.file_type().is_file() && is_told {
                // A line may go on in the next one.
                let text = text_of(entry.path()).replace("\\\n", " ");
                found.insert(entry.path().to_owned(), text);
            }
        }
    }
    found
}

/// The command lines in a text: a command's name and its flags. They begin with the program's name or path, and end
/// where the shell would begin another command, or the text's own words go on.
fn command_lines(text: &str, commands: &[String]) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        for (at, pair) in words.windows(2).enumerate() {
            // `"${SEGUE:-segue}"`, `/usr/local/bin/segue`, but not `.segue/`.
            let is_mark = |letter: char| !letter.is_alphanumeric() && letter != '.';
            let program = pair[0].trim_matches(is_mark);
            let is_segue = program.strip_suffix("segue");
            let is_segue = is_segue.is_some_and(|before| !before.ends_with('.'));
            let command = pair[1].trim_end_matches(['`', ',', '.', ':', ')', ';']);
            if !is_segue || !commands.iter().any(|known| known == command) {
                continue;
            }
            let mut flags = Vec::new();
            let mut quoted = pair[1].ends_with('`');
            for word in &words[at + 2..] {
                if quoted || ["|", "||", "&&", ";", "#", "&", "-->"].contains(word) {
                    break;
                }
                quoted = word.contains('`');
                if word.starts_with('-') {
                    let flag = word.split(['=', '`', ',', ';', ')', '"']).next();
                    let flag = flag.unwrap_or(word);
                    // `-j1` is `-j 1`.
                    let is_long = flag.starts_with("--");
                    let length = if is_long { flag.len() } else { 2 };
                    flags.push(flag.get(..length).unwrap_or(flag).to_owned());
                }
            }
            found.push((command.to_owned(), flags));
        }
    }
    found
}

/// The flags that a command's help names.
fn flags_of(command: &str) -> Vec<String> {
    let help = Segue::new(command).with("--help").run_well().stdout;
    help.split_whitespace()
        .filter(|word| word.starts_with('-'))
        .map(|word| word.trim_end_matches([',', '.', ':', ';', '`']).to_owned())
        .collect()
}

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let help = Segue::new("--help").run_well().stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_line_uses_flags_that_there_are() {
    let commands = commands();
    assert!(commands.iter().any(|name| name == "render"), "{commands:?}");
    let known: BTreeMap<&String, Vec<String>> =
        commands.iter().map(|name| (name, flags_of(name))).collect();
    let mut checked = 0;
    for (path, text) in texts() {
        for (command, flags) in command_lines(&text, &commands) {
            for flag in flags {
                assert!(
                    known[&command].contains(&flag),
                    "{}: segue {command} has no {flag}",
                    path.display()
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 30, "only {checked} flags were found");
}

#[test]
fn command_lines_are_found() {
    let commands = ["render".to_owned(), "verify".to_owned()];
    let text = "- if x; then \"${SEGUE:-segue}\" render \"$A\" -j1 --shard 1/2 || rm -r c\n\
                ExecStart=/usr/local/bin/segue verify s\nrun `segue verify site --deep`, then go -on";
    let words =
        |words: &[&str]| -> Vec<String> { words.iter().map(|word| (*word).to_owned()).collect() };
    assert_eq!(
        command_lines(text, &commands),
        [
            ("render".to_owned(), words(&["-j", "--shard"])),
            ("verify".to_owned(), words(&[])),
            ("verify".to_owned(), words(&["--deep"])),
        ]
    );
}
