//! `segue catalog`.

use std::sync::Arc;

use super::args::CatalogArguments;
use super::presets::load;
use super::watch::{GRACE, watch};
use super::{CommandError, SUCCESS, signals};
use crate::render::{Holder, Site, check_site, rebuild_catalog};
use crate::site::CATALOG;

/// Rebuilds the catalog from the tracks that are there.
pub(super) fn run(arguments: &CatalogArguments) -> Result<u8, CommandError> {
    signals::listen()?;
    check_site(&arguments.site)?;
    let presets = load(&arguments.preset_files)?;
    let site = Arc::new(Site::open(&arguments.site, Holder::Render)?);
    let work = Arc::clone(&site);
    let Some(rebuilt) = watch(GRACE, move || rebuild_catalog(&work, &presets))? else {
        site.abandon()?;
        return Ok(SUCCESS);
    };
    let rebuilt = rebuilt?;
    let path = arguments.site.join(CATALOG);
    eprintln!("{} tracks in {}", rebuilt.tracks, path.display());
    if rebuilt.stale > 0 {
        eprintln!(
            "note: {} renditions were made with other settings than {CATALOG} tells: `segue render` makes them again",
            rebuilt.stale
        );
    }
    Ok(SUCCESS)
}
