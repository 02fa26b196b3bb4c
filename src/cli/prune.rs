//! `segue prune`.

use super::args::PruneArguments;
use super::reporter::printable;
use super::watch::{GRACE, LAST_WORDS, watch};
use super::{CommandError, SUCCESS, signals};
use crate::render::{Holder, Leftover, Leftovers, Site, What};

/// Removes from a site what nothing refers to.
pub(super) fn run(arguments: &PruneArguments) -> Result<u8, CommandError> {
    signals::listen()?;
    let asked = arguments.clone();
    // It may be ended between any two steps: the site is whole after each.
    let Some(leftovers) = watch(GRACE, move || prune(&asked))? else {
        return Ok(SUCCESS);
    };
    let leftovers = leftovers?;
    if !arguments.quiet {
        let asked = arguments.clone();
        watch(LAST_WORDS, move || tell(&asked, &leftovers))?;
    }
    Ok(SUCCESS)
}

fn prune(arguments: &PruneArguments) -> Result<Leftovers, CommandError> {
    let root = &arguments.site;
    // Before the site is opened, which empties the staging area.
    let mut leftovers = Leftovers::find(root)?;
    if !arguments.dry_run {
        let is_staging = |item: &Leftover| item.what == What::Staging;
        let staging = leftovers.items.into_iter().filter(is_staging);
        let staging: Vec<Leftover> = staging.collect();
        let site = Site::open(root, Holder::Prune)?;
        // Another run may have ended meanwhile.
        leftovers = Leftovers::find(root)?;
        leftovers.items.extend(staging);
        site.prune(&leftovers)?;
    }
    Ok(leftovers)
}

fn tell(arguments: &PruneArguments, leftovers: &Leftovers) {
    for item in &leftovers.items {
        println!("{}", printable(&format!("{}: {}", item.path, item.what)));
    }
    for left in &leftovers.left_alone {
        let line = format!("left alone: {}: {}", left.path, left.reason);
        eprintln!("{}", printable(&line));
    }
    let count = |is: fn(&What) -> bool| {
        let items = leftovers.items.iter();
        items.filter(|item| is(&item.what)).count()
    };
    let tracks = count(|what| matches!(what, What::Orphan { .. } | What::Track { .. }));
    let renditions = count(|what| matches!(what, What::Variant | What::Rendition));
    eprintln!(
        "{} {}, {}, {}: {}",
        if arguments.dry_run {
            "would remove"
        } else {
            "removed"
        },
        counted(tracks, "track"),
        counted(renditions, "rendition"),
        counted(leftovers.items.len() - tracks - renditions, "other"),
        size(leftovers.bytes())
    );
}

fn counted(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let unit = units.iter().find(|(unit, _)| bytes as f64 >= *unit);
    unit.map_or_else(
        || format!("{bytes} bytes"),
        |(unit, name)| format!("{:.1} {name}", bytes as f64 / unit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_for_people() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(12_345), "12.3 kB");
        assert_eq!(size(7_000_000_000), "7.0 GB");
    }
}
