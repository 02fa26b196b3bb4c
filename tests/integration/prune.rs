//! What is left over: which tracks become orphans, and what `segue prune` removes.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::library::Library;
use crate::support::run::{Cost, Outcome, Segue, folder};
use crate::support::site::{
    Rendition, Site, differences, files_below, read_json, text, write_json,
};

/// The titles of what `status` calls orphaned, as the site has them.
fn orphans(site: &Site, roots: &[&Library]) -> Vec<String> {
    let mut status = Segue::new("status");
    for root in roots {
        status = status.with(root.path());
    }
    let status = status.with("-o").with(site.path()).with("--json");
    let events = status.run_well().events();
    let orphaned = events.iter().filter(|event| event["event"] == "orphaned");
    let mut titles: Vec<String> = orphaned
        .map(|event| {
            let folder = site.path().join("tracks").join(text(&event["track"]));
            text(&read_json(&folder.join("track.json"))["title"]).to_owned()
        })
        .collect();
    titles.sort();
    titles
}

/// A render of `original`; several roots.
fn render(site: &Site, roots: &[&Library]) -> Segue {
    let mut render = Segue::render(roots[0].path(), site.path());
    for root in &roots[1..] {
        render = render.with(root.path());
    }
    render
}

fn prune(site: &Site) -> Segue {
    Segue::new("prune").with(site.path())
}

/// What was removed, without the reasons.
fn removed(outcome: &Outcome) -> Vec<String> {
    let paths = outcome.stdout.lines().map(|line| line.split(": ").next());
    paths.flatten().map(str::to_owned).collect()
}

fn titles(site: &Site) -> Vec<String> {
    let tracks = site.tracks();
    let mut titles: Vec<String> = tracks
        .iter()
        .map(|track| text(&track["title"]).to_owned())
        .collect();
    titles.sort();
    titles
}

/// A library of pieces of 2 s; the seed is the place.
fn library(path: &Path, names: &[&str]) -> Library {
    let library = Library::at(path);
    for (name, seed) in names.iter().zip(1..) {
        let file = format!("{name}.wav");
        let folder = library.file(&file);
        fs::create_dir_all(folder.parent().expect("a folder")).expect("folders");
        library.add_wav(&file, seed, 2);
    }
    library
}

fn remove(path: PathBuf) {
    fs::remove_file(path).expect("it can be removed");
}

#[test]
fn an_orphan_stays_until_it_is_pruned_and_is_none_when_it_comes_back() {
    let _cost =
        Cost::of("prune::an_orphan_stays_until_it_is_pruned_and_is_none_when_it_comes_back");
    let scratch = folder();
    let site = Site::at(&scratch.path().join("site"));
    let music = library(&scratch.path().join("library"), &["one", "two", "three"]);
    render(&site, &[&music]).run_well();
    let before = site.hashes();
    let (two, kept) = (music.file("two.wav"), scratch.path().join("kept.wav"));
    fs::rename(&two, &kept).expect("it can be moved away");
    assert_eq!(orphans(&site, &[&music]), ["two"], "before any run");
    render(&site, &[&music]).run_well();
    assert_eq!(orphans(&site, &[&music]), ["two"]);
    assert_eq!(titles(&site), ["one", "three", "two"], "it stays published");
    assert_eq!(differences(&before, &site.hashes()), Vec::<String>::new());

    // It comes back under another name, and is none any more; a run says so, or prune sees it.
    fs::rename(&kept, music.file("zwei.wav")).expect("it can be moved");
    render(&site, &[&music]).run_well();
    assert_eq!(orphans(&site, &[&music]), Vec::<String>::new());
    assert_eq!(removed(&prune(&site).run_well()), Vec::<String>::new());
    fs::rename(music.file("zwei.wav"), &kept).expect("it can be moved away");
    render(&site, &[&music]).run_well();
    fs::rename(&kept, music.file("zwei.wav")).expect("it can be moved back");
    assert_eq!(removed(&prune(&site).run_well()), Vec::<String>::new());
    fs::rename(music.file("zwei.wav"), &kept).expect("it can be moved away");

    let id = site
        .tracks()
        .iter()
        .find(|track| text(&track["title"]) == "zwei")
        .map(|track| text(&track["id"]).to_owned())
        .expect("it is published");
    let all = files_below(site.path());
    let planned = prune(&site).with("--dry-run").run_well();
    assert_eq!(files_below(site.path()), all, "a dry run removes nothing");
    let pruned = prune(&site).run_well();
    assert_eq!(pruned.stdout, planned.stdout, "it does what it said");
    assert!(
        pruned
            .stdout
            .starts_with(&format!("tracks/{id}: orphaned: ")),
        "{}",
        pruned.stdout
    );
    assert!(
        removed(&pruned).contains(&format!(".segue/measurements/{id}.json"))
            || !site
                .path()
                .join(".segue/measurements")
                .join(format!("{id}.json"))
                .exists(),
        "what was measured of it goes, too"
    );
    assert!(
        pruned.stderr.starts_with("removed 1 track, 0 renditions"),
        "{}",
        pruned.stderr
    );
    assert!(pruned.stderr.contains("kB"), "{}", pruned.stderr);
    assert_eq!(titles(&site), ["one", "three"]);
    assert!(!site.path().join("tracks").join(&id).exists());
    assert_eq!(orphans(&site, &[&music]), Vec::<String>::new());
    site.check();

    // What is left is what a first run makes of what is left.
    let fresh = Site::at(&scratch.path().join("fresh"));
    render(&fresh, &[&music]).run_well();
    assert_eq!(
        differences(&fresh.hashes(), &site.hashes()),
        Vec::<String>::new()
    );
    assert_eq!(fresh.catalog(), site.catalog());
    assert_eq!(removed(&prune(&site).run_well()), Vec::<String>::new());
}

#[test]
fn only_a_whole_look_at_its_own_root_makes_an_orphan() {
    let _cost = Cost::of("prune::only_a_whole_look_at_its_own_root_makes_an_orphan");
    let scratch = folder();
    let site = Site::at(&scratch.path().join("site"));
    let a = library(&scratch.path().join("a"), &["one", "two"]);
    let b = library(&scratch.path().join("b"), &["x/three", "x/four", "five"]);
    // Other sounds than those of `a`.
    for (name, seed) in [("x/three.wav", 3), ("x/four.wav", 4), ("five.wav", 5)] {
        b.add_wav(name, seed, 2);
    }
    let none = Vec::<String>::new;
    render(&site, &[&a, &b]).run_well();

    // Gone, but nobody has looked.
    remove(a.file("one.wav"));
    render(&site, &[&b]).run_well();
    assert_eq!(orphans(&site, &[&b]), none(), "its root was not looked at");
    let only_two = || render(&site, &[&a]).with("--include").with("two.wav");
    only_two().run_well();
    render(&site, &[&a])
        .with("--exclude")
        .with("one*")
        .run_well();
    assert_eq!(
        removed(&prune(&site).run_well()),
        none(),
        "a filter left it out"
    );
    assert_eq!(titles(&site).len(), 5);

    // Replaced in a run with a filter: it is lost, and the next whole look says so.
    a.add_wav("two.wav", 22, 2);
    only_two().run_well();
    assert_eq!(removed(&prune(&site).run_well()), none());
    assert_eq!(orphans(&site, &[&a]), ["one", "two"]);

    // A folder that cannot be read: a link to a disk that is gone.
    fs::rename(b.file("x"), scratch.path().join("disk")).expect("it can be moved");
    symlink("nowhere", b.file("x")).expect("a link");
    remove(b.file("five.wav"));
    b.add_wav("six.wav", 6, 2);
    render(&site, &[&b]).run_well();
    assert_eq!(
        orphans(&site, &[&b]),
        ["five"],
        "not what lay in the folder"
    );
    // The folder is there and empty: that was a whole look.
    remove(b.file("x"));
    fs::create_dir(b.file("x")).expect("a folder");
    assert_eq!(orphans(&site, &[&b]), ["five", "four", "three"]);
    fs::remove_dir(b.file("x")).expect("it can be removed");
    fs::rename(scratch.path().join("disk"), b.file("x")).expect("it can be moved");
    render(&site, &[&a, &b]).run_well();
    assert_eq!(orphans(&site, &[&a, &b]), ["five", "one", "two"]);

    // A part of a root that is looked at by itself, and one around it.
    remove(b.file("x/three.wav"));
    let x = Library::at(&b.file("x"));
    render(&site, &[&x]).run_well();
    assert_eq!(orphans(&site, &[&x]), ["five", "one", "three", "two"]);

    // Without the index nothing is an orphan.
    fs::remove_dir_all(site.path().join(".segue")).expect("it can be removed");
    assert_eq!(orphans(&site, &[&a, &b]), none());
    render(&site, &[&a, &b]).run_well();
    assert_eq!(orphans(&site, &[&a, &b]), none());
    assert_eq!(removed(&prune(&site).run_well()), none());
    assert_eq!(titles(&site).len(), 7);
}

#[test]
fn a_library_that_was_moved_loses_nothing() {
    let _cost = Cost::of("prune::a_library_that_was_moved_loses_nothing");
    let scratch = folder();
    let site = Site::at(&scratch.path().join("site"));
    let music = library(&scratch.path().join("here"), &["one", "two", "jazz/three"]);
    render(&site, &[&music]).run_well();
    let (before, catalog) = (site.hashes(), site.catalog());
    let there = scratch.path().join("far/away");
    fs::create_dir_all(there.parent().expect("a folder")).expect("a folder");
    fs::rename(music.path(), &there).expect("it can be moved");
    let music = Library::at(&there);
    let outcome = render(&site, &[&music]).with("--json").run_well();
    assert_eq!(outcome.summary_count("rendered"), 0);
    assert_eq!(removed(&prune(&site).run_well()), Vec::<String>::new());
    assert_eq!(differences(&before, &site.hashes()), Vec::<String>::new());
    assert_eq!(site.catalog(), catalog);
    // From now on it is there that tracks were seen last.
    remove(music.file("jazz/three.wav"));
    assert_eq!(orphans(&site, &[&music]), ["three"]);

    // Another copy that is still there is a source as good.
    let copy = Library::at(&scratch.path().join("copy"));
    fs::copy(music.file("one.wav"), copy.file("one.wav")).expect("a copy");
    render(&site, &[&copy]).run_well();
    remove(music.file("one.wav"));
    assert_eq!(orphans(&site, &[&music]), ["three"]);
    // And a root may be named in other ways.
    let link = scratch.path().join("link");
    symlink(&there, &link).expect("a link");
    remove(music.file("two.wav"));
    fs::copy(copy.file("one.wav"), music.file("one.wav")).expect("a copy");
    assert_eq!(orphans(&site, &[&Library::at(&link)]), ["three", "two"]);
}

#[test]
fn a_root_that_is_suddenly_empty_is_an_error() {
    let _cost = Cost::of("prune::a_root_that_is_suddenly_empty_is_an_error");
    let scratch = folder();
    let site = Site::at(&scratch.path().join("site"));
    let a = library(&scratch.path().join("a"), &["one"]);
    let disk = library(&scratch.path().join("disk"), &["two", "three"]);
    disk.add_wav("two.wav", 22, 2);
    render(&site, &[&a, &disk]).run_well();
    let index = fs::read(site.path().join(".segue/scan.json")).expect("the index");

    let unmounted = scratch.path().join("unmounted");
    fs::rename(disk.path(), &unmounted).expect("it can be moved");
    fs::create_dir(disk.path()).expect("what is mounted on is there");
    fs::write(disk.file("README"), b"mount the disk here").expect("a file");
    a.add_wav("four.wav", 4, 2);
    let status = Segue::new("status")
        .with(disk.path())
        .with("-o")
        .with(site.path());
    for command in [render(&site, &[&a, &disk]), render(&site, &[&disk]), status] {
        let outcome = command.run();
        assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
        let name = disk.path().to_string_lossy().into_owned();
        for told in [name.as_str(), "2 files", "mount it", "--allow-empty"] {
            assert!(outcome.stderr.contains(told), "{told}: {}", outcome.stderr);
        }
    }
    assert_eq!(
        titles(&site),
        ["one", "three", "two"],
        "nothing was changed"
    );
    let after = fs::read(site.path().join(".segue/scan.json")).expect("the index");
    assert!(index == after, "nor is anything forgotten");

    // Where it is meant, it is a whole look at an empty library.
    let meant = render(&site, &[&disk]).with("--allow-empty");
    meant.run_well();
    assert_eq!(titles(&site).len(), 3);
    let gone = removed(&prune(&site).run_well());
    assert_eq!(
        gone.iter()
            .filter(|path| path.starts_with("tracks/"))
            .count(),
        2
    );
    assert_eq!(titles(&site), ["one"]);

    // A root of which nothing is known is no library yet.
    let empty = Library::at(&scratch.path().join("empty"));
    let outcome = render(&site, &[&empty]).run();
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.contains("there is no audio in"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn an_old_fingerprint_stays_until_the_new_one_is_there() {
    let _cost = Cost::of("prune::an_old_fingerprint_stays_until_the_new_one_is_there");
    let scratch = folder();
    let site = Site::at(&scratch.path().join("site"));
    let music = library(&scratch.path().join("library"), &["one", "two"]);
    render(&site, &[&music]).run_well();
    let old: Vec<PathBuf> = site
        .renditions()
        .iter()
        .map(Rendition::media_folder)
        .collect();
    assert_eq!(removed(&prune(&site).run_well()), Vec::<String>::new());
    let only_one = render(&site, &[&music]).with("--bitrate").with("128k");
    only_one.with("--include").with("one.wav").run_well();
    assert!(
        old.iter().all(|folder| folder.is_dir()),
        "render removes nothing"
    );
    let pruned = prune(&site).run_well();
    assert_eq!(removed(&pruned).len(), 1);
    assert!(
        pruned.stdout.contains("no manifest names it"),
        "{}",
        pruned.stdout
    );
    let stay: Vec<bool> = old.iter().map(|folder| folder.is_dir()).collect();
    let is_two = |rendition: &Rendition| rendition.title == "two";
    let renditions = site.renditions();
    let expected: Vec<bool> = renditions.iter().map(is_two).collect();
    assert_eq!(
        stay, expected,
        "the track that was not rendered again keeps what it has"
    );
    site.check();
}

#[test]
fn what_is_made_on_demand_stays_and_what_was_interrupted_goes() {
    let _cost = Cost::of("prune::what_is_made_on_demand_stays_and_what_was_interrupted_goes");
    let scratch = folder();
    let site = Site::at(&scratch.path().join("site"));
    let music = library(&scratch.path().join("library"), &["one"]);
    render(&site, &[&music]).run_well();
    let rendition = site.only_rendition();
    let track = rendition.folder.parent().expect("a track").to_owned();
    let id = text(&rendition.manifest["track"]).to_owned();
    // A rendition of which a segment is there.
    let made = |variant: &str, fingerprint: &str| {
        let folder = track.join(variant).join(fingerprint);
        fs::create_dir_all(&folder).expect("a folder");
        let levels = site.path().join(".segue/levels").join(fingerprint);
        fs::create_dir_all(&levels).expect("a folder");
        fs::write(levels.join("0.json"), b"{}").expect("a file");
        let segment = rendition.media_folder().join("0.m4s");
        fs::copy(segment, folder.join("0.m4s")).expect("a segment");
        folder
    };
    let [listed, beside, unlisted] = [
        made("warm", "00000000000000000000000000000001"),
        made("original", "00000000000000000000000000000002"),
        made("bright@50", "00000000000000000000000000000003"),
    ];
    let entry = |variant: &str, digit: u8| {
        let fingerprint = format!("{digit:032}");
        json!({ "track": id, "variant": variant, "fingerprint": fingerprint })
    };
    let list = site.path().join(".segue/on-demand");
    let renditions = json!({ "renditions": [entry("warm", 1), entry("original", 2)] });
    write_json(&list, renditions);
    let staging = site.path().join(".segue/staging/rendition-x");
    fs::create_dir_all(&staging).expect("a folder");
    fs::write(staging.join("0.m4s"), vec![0; 5000]).expect("a file");
    let cover = track.join("cover.jpg");
    fs::write(&cover, b"a cover of somebody else").expect("a file");
    let measured = site.path().join(".segue/measurements");
    fs::create_dir_all(&measured).expect("a folder");
    let orphan = measured.join("0123456789abcdef0123456789abcdef.json");
    fs::write(&orphan, b"{}").expect("a file");

    let pruned = prune(&site).run_well();
    let gone = [
        format!("tracks/{id}/bright@50"),
        format!("tracks/{id}/cover.jpg"),
        ".segue/measurements/0123456789abcdef0123456789abcdef.json".to_owned(),
        ".segue/levels/00000000000000000000000000000003".to_owned(),
        ".segue/staging".to_owned(),
    ];
    assert_eq!(removed(&pruned), gone);
    let is_gone = [&unlisted, &cover, &orphan, &staging].map(|path| path.exists());
    assert_eq!(is_gone, [false; 4]);
    assert!(listed.join("0.m4s").is_file() && beside.join("0.m4s").is_file());
    assert!(
        site.path()
            .join(".segue/levels/00000000000000000000000000000001/0.json")
            .is_file()
    );

    // What nobody lists is nobody's.
    remove(list);
    let pruned = prune(&site).run_well();
    assert_eq!(removed(&pruned).len(), 4, "{}", pruned.stdout);
    site.check();
    assert_eq!(titles(&site), ["one"]);
}

#[test]
fn what_segue_does_not_know_is_left_alone_and_named() {
    let _cost = Cost::of("prune::what_segue_does_not_know_is_left_alone_and_named");
    let scratch = folder();
    let site = Site::at(&scratch.path().join("site"));
    let music = library(&scratch.path().join("library"), &["one", "two"]);
    render(&site, &[&music]).run_well();
    let two = &site.by_title()["two"];
    let track = two.folder.parent().expect("a track").to_owned();
    remove(music.file("two.wav"));
    render(&site, &[&music]).run_well();
    // A damaged manifest stands for something that can be mended.
    let one = &site.by_title()["one"];
    fs::write(one.folder.join("manifest.json"), b"{").expect("it can be written");
    let foreign = [
        site.path().join("robots.txt"),
        site.path().join("photos/holiday.jpg"),
        site.path().join("player/mine.js"),
        site.path().join("tracks/README"),
        track.join("lyrics.txt"),
        two.folder.join("notes.txt"),
        two.media_folder().join("0.m4s.bak"),
        one.media_folder().join("later.txt"),
    ];
    for path in &foreign {
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, b"mine").expect("a file");
    }
    let pruned = prune(&site).run_well();
    for path in &foreign {
        assert_eq!(
            fs::read(path).ok().as_deref(),
            Some(&b"mine"[..]),
            "{}",
            path.display()
        );
        let path = path.strip_prefix(site.path()).expect("it lies in the site");
        // A folder that is not the site's is named as one.
        let path = path.to_string_lossy().replace("/holiday.jpg", "");
        let told = format!("left alone: {path}: segue does not know it");
        assert!(pruned.stderr.contains(&told), "{told}: {}", pruned.stderr);
    }
    assert!(
        pruned
            .stderr
            .contains("manifest.json: its manifest is damaged")
    );
    let left: Vec<PathBuf> = files_below(&track);
    assert_eq!(left.len(), 3, "all else of the orphan is gone: {left:?}");
    assert!(one.media_folder().join("0.m4s").is_file());
    let quiet = prune(&site).with("-q").run_well();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

/// As a shard that no track falls to.
#[test]
fn a_site_without_tracks_is_a_site() {
    let scratch = folder();
    let music = library(&scratch.path().join("library"), &["one"]);
    for shard in ["1/2", "2/2"] {
        let site = scratch.path().join(shard.replace('/', "-of-"));
        let render = Segue::render(music.path(), &site);
        render.with("--shard").with(shard).run_well();
        for command in ["prune", "catalog", "verify"] {
            Segue::new(command).with(&site).run_well();
        }
    }
    let is_empty = |shard: &str| !scratch.path().join(shard).join("tracks").exists();
    assert!(is_empty("1-of-2") != is_empty("2-of-2"), "one has no track");
}

#[test]
fn prune_wants_a_site_to_itself() {
    let scratch = folder();
    let outcome = Segue::new("prune").with(scratch.path()).run();
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.contains("is not a site"),
        "{}",
        outcome.stderr
    );
    assert!(
        files_below(scratch.path()).is_empty(),
        "nothing is made of it"
    );
    // Others have a catalog, too.
    let theirs = scratch.path().join("theirs");
    fs::create_dir(&theirs).expect("a folder");
    let catalog = r#"{ "type": "Catalog" }"#;
    fs::write(theirs.join("catalog.json"), catalog).expect("a file");
    for command in ["prune", "catalog", "verify"] {
        let outcome = Segue::new(command).with(&theirs).run();
        assert_eq!(outcome.code, Some(1), "{command}");
    }
    assert_eq!(files_below(&theirs), [theirs.join("catalog.json")]);
    let kept = fs::read_to_string(theirs.join("catalog.json"));
    assert_eq!(kept.expect("a file"), catalog);

    let site = Site::at(&scratch.path().join("site"));
    let music = library(&scratch.path().join("library"), &["one", "two"]);
    render(&site, &[&music]).run_well();
    remove(music.file("two.wav"));
    render(&site, &[&music]).run_well();
    let lock = fs::File::options()
        .write(true)
        .open(site.path().join(".segue/lock"))
        .expect("there is a lock");
    lock.try_lock().expect("nobody holds it");
    let outcome = prune(&site).run();
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.contains("wait until it is done"),
        "{}",
        outcome.stderr
    );
    assert_eq!(titles(&site), ["one", "two"]);
    let planned = prune(&site).with("--dry-run").run_well();
    assert!(
        planned.stderr.starts_with("would remove 1 track,"),
        "{}",
        planned.stderr
    );
    drop(lock);
    prune(&site).run_well();
    assert_eq!(titles(&site), ["one"]);
}
