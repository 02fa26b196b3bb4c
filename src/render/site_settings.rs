//! What a site was rendered with, which later runs go on with. The catalog
//! tells; where that is lost, the renditions themselves do, so that what is
//! there stays up to date.

use std::path::Path;

use super::published::{folder_names, read_catalog, read_rendition};
use crate::manifest::{Normalize, Rendition, SiteSettings};
use crate::site::{self, TrackId};

/// The settings that a site was rendered with, where there is one.
#[must_use]
pub fn site_settings(root: &Path) -> Option<SiteSettings> {
    let catalog = read_catalog(root);
    catalog.map_or_else(
        || settings_of_renditions(root),
        |catalog| Some(catalog.settings),
    )
}

/// What the first rendition was made with; albums are one piece where any is.
fn settings_of_renditions(root: &Path) -> Option<SiteSettings> {
    let mut settings: SiteSettings =
        renditions(root).find_map(|rendition| serde_json::from_value(rendition.settings).ok())?;
    if renditions(root).any(|rendition| rendition.settings.get("album").is_some()) {
        settings.normalize = Normalize::Album;
    }
    Some(settings)
}

/// All renditions that are complete, by track and variant.
pub(super) fn renditions(root: &Path) -> impl Iterator<Item = Rendition> {
    let tracks = names(&root.join(site::TRACKS)).into_iter();
    let ids = tracks.filter_map(|name| name.parse::<TrackId>().ok());
    ids.flat_map(move |id| {
        let variants = names(&root.join(site::track_folder(&id))).into_iter();
        variants.filter_map(move |variant| read_rendition(root, &id, &variant))
    })
}

/// The folders in a folder, in order; none where it cannot be listed.
fn names(folder: &Path) -> Vec<String> {
    let mut names = folder_names(folder).unwrap_or_default();
    names.sort_unstable();
    names
}
