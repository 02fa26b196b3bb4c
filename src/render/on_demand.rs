//! `.segue/on-demand`: which renditions a server made because somebody asked
//! for them. They may be removed to save space; what a whole run made, or found
//! current, is not among them.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::publish::{PublishError, Site};
use crate::files::remove_file;
use crate::manifest::{from_json, to_json};
use crate::site::{self, Fingerprint, TrackId};

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OnDemandList {
    /// Least recently used first.
    pub renditions: Vec<OnDemandRendition>,
}

/// A rendition that was made on demand.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OnDemandRendition {
    /// The track.
    pub track: TrackId,
    /// The variant.
    pub variant: String,
    /// What names its folder.
    pub fingerprint: Fingerprint,
}

impl OnDemandList {
    /// The list of a site; empty where there is none.
    #[must_use]
    pub fn load(root: &Path) -> Self {
        let bytes = std::fs::read(root.join(site::ON_DEMAND)).unwrap_or_default();
        from_json(&bytes).unwrap_or_default()
    }
}

impl OnDemandRendition {
    /// The bytes of its files.
    #[must_use]
    pub fn bytes(&self, root: &Path) -> u64 {
        let Ok(entries) = fs::read_dir(root.join(self.folder())) else {
            return 0;
        };
        let sizes = entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len()));
        sizes.sum()
    }

    fn folder(&self) -> PathBuf {
        site::rendition_folder(&self.track, &self.variant, &self.fingerprint).into()
    }
}

impl Site {
    /// Keeps the list.
    pub fn write_on_demand(&self, list: &OnDemandList) -> Result<(), PublishError> {
        self.write_if_changed(site::ON_DEMAND, &to_json(list))
    }

    /// Removes renditions, and before that what names them: the catalog, then
    /// the manifest of each. Whoever is interrupted leaves no name without what
    /// it names.
    pub fn remove_renditions(&self, renditions: &[OnDemandRendition]) -> Result<(), PublishError> {
        let is_current = |rendition: &OnDemandRendition| {
            let manifest = self.manifest(&rendition.track, &rendition.variant);
            manifest.is_some_and(|manifest| manifest.fingerprint == rendition.fingerprint)
        };
        let current = || renditions.iter().filter(|rendition| is_current(rendition));
        let names = current().map(|rendition| (&rendition.track, rendition.variant.as_str()));
        let _unlisted = self.unlist(names)?;
        for rendition in current() {
            remove_file(&self.path(&site::manifest(&rendition.track, &rendition.variant)))?;
        }
        for rendition in renditions {
            self.remove_folder(rendition)?;
        }
        Ok(())
    }

    /// Removes what nothing names any more.
    fn remove_folder(&self, rendition: &OnDemandRendition) -> Result<(), PublishError> {
        let staged = self.stage()?;
        let folder = self.root().join(rendition.folder());
        absent(fs::rename(&folder, staged.path().join("removed")))?;
        let levels = site::levels_folder(&rendition.fingerprint);
        absent(fs::remove_dir_all(self.path(&levels)))?;
        // A variant without renditions need not stand there; others may have theirs.
        if let Some(variant) = folder.parent() {
            let _is_empty = fs::remove_dir(variant).is_ok();
        }
        Ok(())
    }

    /// Takes off the list what a whole run has made or found current.
    pub(super) fn adopt(
        &self,
        is_adopted: impl Fn(&OnDemandRendition) -> bool,
    ) -> Result<(), PublishError> {
        let mut list = OnDemandList::load(self.root());
        let before = list.renditions.len();
        list.renditions.retain(|rendition| !is_adopted(rendition));
        if list.renditions.len() < before {
            self.write_on_demand(&list)?;
        }
        Ok(())
    }
}

/// What is gone already is as good as removed.
pub(super) fn absent(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}
