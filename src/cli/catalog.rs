//! `segue catalog`.

use super::args::CatalogArguments;
use super::{CommandError, SUCCESS};
use crate::mastering::Presets;
use crate::render::{Holder, Site, site_settings};
use crate::site::TRACKS;

/// Rebuilds the catalog from the tracks that are there.
pub(super) fn run(arguments: &CatalogArguments) -> Result<u8, CommandError> {
    if !arguments.site.join(TRACKS).is_dir() {
        return Err(format!(
            "`{}` is no site: there is no folder `{TRACKS}` in it",
            arguments.site.display()
        )
        .into());
    }
    let settings = site_settings(&arguments.site).unwrap_or_default();
    let site = Site::open(&arguments.site, Holder::Render)?;
    site.publish_page()?;
    let tracks = site.publish_catalog(settings, &Presets::default())?;
    eprintln!(
        "{tracks} tracks in {}",
        arguments.site.join(crate::site::CATALOG).display()
    );
    Ok(SUCCESS)
}
