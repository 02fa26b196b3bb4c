//! The deployments that render in shards, run as they stand by what their runners would set: a library with a file that
//! nobody can read comes out as one run would have rendered it, byte for byte, and another run renders nothing again.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::{
    are_there_or_skip, bash, bash_well, command, example, text_of, told, with_segue, yaml,
};
use crate::support::library::Library;
use crate::support::run::{Cost, Segue, folder};
use crate::support::site::{files_below, text};

const SHARDS: usize = 2;

/// A segue that is stopped while it renders, behind a good report.
const STOPPED: &str = r#"#!/bin/sh
[ "$1" = render ] || exit 0
for report; do :; done
echo '{ "error": null, "failures": [] }' > "$report"
exit 143
"#;

/// A segue that waits for a signal, and takes its time then.
const WAITING: &str = r#"#!/bin/sh
[ "$1" = render ] || exit 0
trap 'sleep 0.3; : > "ended well"; exit 143' TERM
: > begun
while :; do sleep 0.05; done
"#;

const PATIENCE: Duration = Duration::from_secs(60);

/// A library, and what one run makes of it.
struct Ground {
    scratch: tempfile::TempDir,
    library: Library,
    programs: PathBuf,
}

impl Ground {
    fn new() -> Self {
        let scratch = folder();
        let library = Library::at(&scratch.path().join("library"));
        for seed in 1..=5 {
            library.add_wav(&format!("piece {seed}.wav"), seed, 2);
        }
        fs::write(library.file("broken.flac"), "no music").expect("a file");
        let whole = Segue::render_presets(
            library.path(),
            &scratch.path().join("whole"),
            "original,adaptive",
        );
        assert_eq!(whole.run().code, Some(1), "one file cannot be read");
        let programs = with_segue(&scratch.path().join("programs"));
        Self {
            scratch,
            library,
            programs,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn run(&self, script: &str, inside: &Path, variables: &BTreeMap<String, String>) {
        fs::create_dir_all(inside).expect("a folder");
        bash_well(script, inside, &self.programs, variables);
    }

    /// That a script does not pass over a run that fails as a whole, whatever an older report says, nor over one that
    /// was stopped.
    fn check_failure(&self, script: &str, inside: &Path, variables: &BTreeMap<String, String>) {
        let ended = inside.join("ended");
        for program in [ended.join("segue"), inside.join("program/segue")] {
            make_program(&program, STOPPED);
        }
        let output = bash(script, inside, &ended, variables);
        assert!(!output.status.success(), "{script}\n{}", told(&output));
        fs::remove_dir_all(inside.join("program")).expect("it was made");
        with_segue(&inside.join("program"));
        let mut variables = variables.clone();
        let nowhere = shown(&self.path("not-mounted"));
        variables.insert("LIBRARY".to_owned(), nowhere.clone());
        let output = bash(script, inside, &self.programs, &variables);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(&nowhere), "{told}");
    }

    /// What the shards became is what one run makes.
    fn check(&self, merged: &Path) {
        let published = |site: &Path| -> BTreeMap<PathBuf, blake3::Hash> {
            files_below(site)
                .into_iter()
                .filter(|path| !path.starts_with(site.join(".segue")))
                .map(|path| {
                    let hash =
                        blake3::hash(&fs::read(&path).expect("a published file can be read"));
                    (path.strip_prefix(site).expect("in the site").into(), hash)
                })
                .collect()
        };
        let whole = published(&self.path("whole"));
        assert!(whole.len() > 5, "there is something to compare");
        assert_eq!(published(merged), whole, "{}", merged.display());
    }
}

/// A script in the place of what is there, be it a link.
fn make_program(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let _link = fs::remove_file(path);
    fs::write(path, script).expect("a program");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it may run");
}

/// What the reports of all shards say of a count, added up.
fn reported(reports: &[PathBuf], key: &str) -> u64 {
    let count = |path: &PathBuf| {
        let report: Value = serde_json::from_str(&text_of(path)).expect("a report is JSON");
        report[key].as_u64().expect("a count")
    };
    reports.iter().map(count).sum()
}

/// All was rendered the first time, and nothing the second.
fn check_reports(reports: &[PathBuf], run: usize) {
    let expected = if run == 0 { (10, 0) } else { (0, 10) };
    let counts = (
        reported(reports, "rendered"),
        reported(reports, "up_to_date"),
    );
    assert_eq!(counts, expected, "rendered and up to date in run {run}");
}

fn variables<const N: usize>(pairs: [(&str, String); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn a_slurm_array_renders_the_whole() {
    let _cost = Cost::of("deployments::shards::a_slurm_array_renders_the_whole");
    let ground = Ground::new();
    let sites = ground.path("sites");
    fs::create_dir_all(sites.join("shards")).expect("a folder");
    for run in 0..3 {
        let mut reports = Vec::new();
        for task in 1..=SHARDS {
            let set = variables([
                ("LIBRARY", shown(ground.library.path())),
                ("SITES", shown(&sites)),
                ("SLURM_ARRAY_TASK_ID", task.to_string()),
                ("SLURM_ARRAY_TASK_COUNT", SHARDS.to_string()),
            ]);
            ground.run(&text_of(&example("slurm/render.sbatch")), &sites, &set);
            reports.push(sites.join(format!("shards/{task}-of-{SHARDS}.json")));
        }
        check_reports(&reports, run);
        let set = variables([
            ("SITES", shown(&sites)),
            ("SHARDS", SHARDS.to_string()),
            ("SLURM_JOB_ID", run.to_string()),
        ]);
        ground.run(&text_of(&example("slurm/merge.sbatch")), &sites, &set);
        ground.check(&sites.join("current"));
        assert!(!sites.join("current/.segue").exists());
    }
    let set = variables([
        ("SITES", shown(&sites)),
        ("SLURM_ARRAY_TASK_ID", "1".to_owned()),
        ("SLURM_ARRAY_TASK_COUNT", SHARDS.to_string()),
    ]);
    ground.check_failure(&text_of(&example("slurm/render.sbatch")), &sites, &set);
    // The last, and the one before, which someone may be listening to.
    assert!(sites.join("merged-2").is_dir() && sites.join("merged-1").is_dir());
    assert!(!sites.join("merged-0").exists());
}

/// The container's script and variables.
fn container(name: &str) -> (String, BTreeMap<String, String>) {
    let container = &yaml(name)["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["command"], serde_json::json!(["bash", "-euc"]));
    let set = container["env"].as_array().expect("variables");
    let set = set.iter().map(|pair| {
        (
            text(&pair["name"]).to_owned(),
            text(&pair["value"]).to_owned(),
        )
    });
    (text(&container["args"][0]).to_owned(), set.collect())
}

#[test]
fn an_indexed_job_renders_the_whole() {
    let test = "deployments::shards::an_indexed_job_renders_the_whole";
    let _cost = Cost::of(test);
    if !are_there_or_skip(test, &["yq"]) {
        return;
    }
    let ground = Ground::new();
    let sites = ground.path("sites");
    let (render, mut set) = container("kubernetes/render.yaml");
    let job = &yaml("kubernetes/render.yaml")["spec"];
    let (merge, mut merging) = container("kubernetes/merge.yaml");
    let shards: usize = set["SHARDS"].parse().expect("a number");
    assert_eq!(job["completions"], shards);
    assert_eq!(merging["SHARDS"], set["SHARDS"]);
    set.insert("LIBRARY".to_owned(), shown(ground.library.path()));
    for set in [&mut set, &mut merging] {
        set.insert("SITES".to_owned(), shown(&sites));
    }
    for run in 0..2 {
        for index in 0..shards {
            set.insert("JOB_COMPLETION_INDEX".to_owned(), index.to_string());
            ground.run(&render, &sites, &set);
        }
        let reports =
            (1..=shards).map(|shard| sites.join(format!("shards/{shard}-of-{shards}.json")));
        check_reports(&reports.collect::<Vec<_>>(), run);
        merging.insert("HOSTNAME".to_owned(), format!("pod-{run}"));
        ground.run(&merge, &sites, &merging);
        ground.check(&sites.join("current"));
        assert!(!sites.join("current/.segue").exists());
    }
    ground.check_failure(&render, &sites, &set);
    // What the Job's policy for failures looks at.
    let mut wrong = set.clone();
    wrong.insert("PRESETS".to_owned(), "nonsense".to_owned());
    let output = bash(&render, &sites, &ground.programs, &wrong);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    check_that_a_signal_is_handed_on(&ground, &render, &sites, &set);
}

/// The script is the first process of its container, to which alone SIGTERM is sent.
fn check_that_a_signal_is_handed_on(
    ground: &Ground,
    script: &str,
    inside: &Path,
    variables: &BTreeMap<String, String>,
) {
    let programs = ground.path("waiting");
    make_program(&programs.join("segue"), WAITING);
    let mut bash = command(script, inside, &programs, variables)
        .spawn()
        .expect("bash runs");
    let patience = Instant::now();
    while !inside.join("begun").exists() {
        assert!(patience.elapsed() < PATIENCE, "it begins");
        sleep(Duration::from_millis(10));
    }
    let id = i32::try_from(bash.id()).expect("a process id");
    kill(Pid::from_raw(id), Signal::SIGTERM).expect("it runs");
    assert_eq!(bash.wait().expect("it ends").code(), Some(143));
    assert!(inside.join("ended well").exists(), "segue was told");
}

#[test]
fn a_pipeline_of_gitlab_renders_the_whole() {
    let test = "deployments::shards::a_pipeline_of_gitlab_renders_the_whole";
    let _cost = Cost::of(test);
    if !are_there_or_skip(test, &["yq"]) {
        return;
    }
    let ground = Ground::new();
    let pipeline = yaml("gitlab/.gitlab-ci.yml");
    let script = |job: &str| -> String {
        let lines = pipeline[job]["script"].as_array().expect("a script");
        lines.iter().map(text).collect::<Vec<_>>().join("\n")
    };
    let shards = pipeline["render"]["parallel"].as_u64().expect("a number");
    let preset = text(&pipeline["variables"]["PRESETS"]).to_owned();
    let mut last = None;
    for run in 0..2 {
        let public = ground.path(&format!("pages-{run}"));
        let mut reports = Vec::new();
        for shard in 1..=shards {
            let work = ground.path(&format!("runner-{shard}"));
            let set = variables([
                ("LIBRARY", shown(ground.library.path())),
                ("PRESETS", preset.clone()),
                ("CI_NODE_INDEX", shard.to_string()),
                ("CI_NODE_TOTAL", shards.to_string()),
            ]);
            ground.run(&script("render"), &work, &set);
            reports.push(work.join(format!("reports/{shard}.json")));
            upload(&work.join("site"), &public.join("site"));
            last = Some((work, set));
        }
        check_reports(&reports, run);
        ground.run(&script("pages"), &public, &BTreeMap::new());
        assert!(!public.join("public/.segue").exists());
        ground.check(&public.join("public"));
    }
    let (work, set) = last.expect("there were shards");
    ground.check_failure(&script("render"), &work, &set);
}

/// What an artifact does: all but segue's own notes, over what is there.
fn upload(site: &Path, into: &Path) {
    for file in files_below(site) {
        let name = file.strip_prefix(site).expect("in the site");
        if name.starts_with(".segue") {
            continue;
        }
        let copy = into.join(name);
        fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
        fs::copy(file, copy).expect("a copy");
    }
}

/// The script of a step of the workflow, by the step's name. Nothing is put into it by `${{ }}`, which would be the
/// reader's to see through: all that differs comes in variables.
fn step(workflow: &Value, job: &str, name: &str) -> String {
    let steps = workflow["jobs"][job]["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["name"] == name);
    let script = text(&step.unwrap_or_else(|| panic!("no step {name}"))["run"]);
    assert!(!script.contains("${{"), "{name}");
    script.to_owned()
}

#[test]
fn a_workflow_of_github_renders_the_whole() {
    let test = "deployments::shards::a_workflow_of_github_renders_the_whole";
    let _cost = Cost::of(test);
    if !are_there_or_skip(test, &["jq", "yq"]) {
        return;
    }
    let ground = Ground::new();
    let workflow = yaml("github-actions/music-site.yml");
    let job = &workflow["jobs"]["render"];
    assert_eq!(job["env"]["SHARD"], "${{ matrix.shard }}");
    assert_eq!(job["env"]["SHARDS"], "${{ strategy.job-total }}");
    let shards = job["strategy"]["matrix"]["shard"]
        .as_array()
        .expect("shards")
        .len();
    let output = ground.path("output");
    let mut set = variables([
        ("LIBRARY", shown(ground.library.path())),
        ("PRESETS", text(&workflow["env"]["PRESETS"]).to_owned()),
        ("SHARDS", shards.to_string()),
        ("GIT_AUTHOR_NAME", "segue".to_owned()),
        ("GIT_AUTHOR_EMAIL", "segue@example.org".to_owned()),
        ("GIT_COMMITTER_NAME", "segue".to_owned()),
        ("GIT_COMMITTER_EMAIL", "segue@example.org".to_owned()),
        ("GITHUB_OUTPUT", shown(&output)),
    ]);
    for run in 0..2 {
        let _fresh = fs::remove_file(&output);
        let plan = ground.path(&format!("plan-{run}"));
        // The workflow names the library by where it is in the checkout.
        fs::create_dir_all(&plan).expect("a folder");
        bash_well(
            "cp -r \"$LIBRARY\" music && git init -q && git add . && git commit -qm music",
            &plan,
            &ground.programs,
            &set,
        );
        set.insert("LIBRARY".to_owned(), "music".to_owned());
        ground.run(
            &step(&workflow, "plan", "Find out what is in the library"),
            &plan,
            &set,
        );
        set.insert("LIBRARY".to_owned(), shown(ground.library.path()));
        let site = ground.path(&format!("publish-{run}"));
        let mut reports = Vec::new();
        for shard in 1..=shards {
            let work = ground.path(&format!("runner-{shard}"));
            with_segue(&work.join("program"));
            set.insert("SHARD".to_owned(), shard.to_string());
            ground.run(&step(&workflow, "render", "Render"), &work, &set);
            reports.push(work.join(format!("reports/{shard}.json")));
            upload(&work.join("site"), &site.join("site"));
            upload(&work.join("reports"), &site.join("reports"));
        }
        check_reports(&reports, run);
        with_segue(&site.join("program"));
        ground.run(
            &step(&workflow, "publish", "Make one site of the shards"),
            &site,
            &set,
        );
        ground.check(&site.join("site"));
        let note = "Note what was published, unless a time limit left some of it";
        ground.run(&step(&workflow, "publish", note), &site, &set);
        let told = text_of(&output);
        let lengths: Vec<usize> = told.lines().map(str::len).collect();
        assert_eq!(
            lengths[..2],
            ["key=".len() + 64, "files=".len() + 40],
            "{told}"
        );
        assert!(told.ends_with("complete=true\n"), "{told}");
    }
    let work = ground.path("runner-1");
    ground.check_failure(&step(&workflow, "render", "Render"), &work, &set);
}

/// `ExecStart` and what goes before, in order, with the unit's folders elsewhere.
#[test]
fn the_systemd_service_renders_the_whole() {
    let _cost = Cost::of("deployments::shards::the_systemd_service_renders_the_whole");
    let ground = Ground::new();
    let site = ground.path("site");
    let unit = text_of(&example("systemd/segue-render.service"));
    assert!(unit.contains("\nReadWritePaths=/srv/music-site\n"));
    let mut script = String::from("set +e\n");
    for line in unit.lines().filter(|line| line.starts_with("Exec")) {
        let (_, command) = line.split_once('=').expect("a setting has a value");
        script += command.trim_start_matches('-');
        script.push('\n');
    }
    let script = script
        .replace("/usr/local/bin/segue", "segue")
        .replace("/srv/music-site", &shown(&site))
        .replace("/srv/music", &shown(ground.library.path()));
    // 1 is for the file that cannot be read.
    let script = format!("{script}[ $? -eq 1 ]");
    let state = ground.path("state");
    fs::create_dir(&state).expect("a folder");
    for run in 0..2 {
        let set = variables([("STATE_DIRECTORY", shown(&state))]);
        ground.run(&script, &state, &set);
        check_reports(&[state.join("report.json")], run);
        ground.check(&site);
    }
}
