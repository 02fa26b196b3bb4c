//! What is wrong with a file, and how it is mended: one line each.

use std::path::Path;

use crate::files::quoted;
use crate::mastering::{Presets, Variant};
use crate::progress::{Event, Progress};
use crate::render::DamagedList;

/// A file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Where it stands in the site.
    pub(super) file: String,
    /// What is wrong.
    pub(super) what: String,
    /// What to do.
    pub(super) mend: Mend,
}

/// How something is mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mend {
    /// A run makes the rendition again.
    Render {
        /// The variant.
        variant: String,
    },
    /// As before; or the catalog is made without it.
    RenderOrForget {
        /// The variant.
        variant: String,
    },
    /// Any run over the library writes it again; one over the variants that
    /// are there makes nothing else.
    Describe {
        /// The variants of the track, with commas between them.
        variants: String,
    },
    /// The catalog and the page are made from what there is.
    Catalog,
    /// The same, but what the user's own presets do is not there.
    CatalogByPresets,
    /// The page's settings are the user's own.
    Settings,
    /// Nothing can make it again, and nothing need be there.
    Prune,
    /// Nothing needs it.
    Delete,
    /// Nothing names the folder that it is in.
    DeleteFolder,
    /// A server makes it again.
    DeleteBegun,
    /// Neither there nor not there.
    Access,
}

impl Mend {
    fn text(&self, root: &Path) -> String {
        let site = quoted(root);
        match self {
            Self::Render { variant } => {
                format!("`{}` renders it again", render(&site, variant))
            }
            Self::RenderOrForget { variant } => format!(
                "`{}` renders it again, `segue catalog {site}` forgets it",
                render(&site, variant)
            ),
            Self::Describe { variants } => {
                format!("`{}` writes it again", render(&site, variants))
            }
            Self::Catalog => format!("`segue catalog {site}` writes it again"),
            Self::CatalogByPresets => {
                format!("`segue catalog {site} --preset-file FILE` writes it again")
            }
            Self::Settings => {
                format!("edit it; or delete it, and `segue catalog {site}` writes the usual one")
            }
            Self::Prune => {
                format!(
                    "the track had no source at the last run: `segue prune {site}` removes it, or bring its file back"
                )
            }
            Self::Delete => "delete it".to_owned(),
            Self::DeleteFolder => {
                format!("nothing names its folder: delete that, or `segue prune {site}`")
            }
            Self::DeleteBegun => "delete it, and `segue serve` makes it again".to_owned(),
            Self::Access => "let it be read; if it can be, the disk may be failing".to_owned(),
        }
    }

    /// What is left of this where no run can do anything.
    fn without_source(self) -> Self {
        match self {
            Self::Render { .. } | Self::RenderOrForget { .. } | Self::Describe { .. } => {
                Self::Prune
            }
            other => other,
        }
    }
}

/// The command that renders these variants, with commas between them, or those
/// that it renders unasked. What the user's own presets do is in a file.
fn render(site: &str, variants: &str) -> String {
    let presets = if variants.is_empty() {
        String::new()
    } else {
        format!(" -p {variants}")
    };
    let file = if variants.split(',').any(is_users) {
        " --preset-file FILE"
    } else {
        ""
    };
    format!("segue render LIBRARY -o {site}{presets}{file}")
}

/// Whether a variant is of a preset of the user's own.
pub(super) fn is_users(variant: &str) -> bool {
    let variant = variant.parse::<Variant>();
    variant.is_ok_and(|variant| Presets::default().of(&variant).is_err())
}

/// What was found in one part of a site.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Not told yet.
    findings: Vec<Finding>,
    /// How many findings there were.
    pub(super) told: usize,
    pub(super) files: usize,
    pub(super) bytes: u64,
    pub(super) renditions: usize,
    pub(super) not_listed: usize,
    pub(super) unnamed: usize,
    pub(super) begun: usize,
    pub(super) damaged: DamagedList,
}

impl Found {
    /// Adds a finding, unless something is known to be wrong with this file:
    /// what comes first is the cause.
    pub(super) fn add(&mut self, file: impl Into<String>, what: impl Into<String>, mend: Mend) {
        let file = file.into();
        if self.findings.iter().all(|known| known.file != file) {
            self.findings.push(Finding {
                file,
                what: what.into(),
                mend,
            });
        }
    }

    /// Takes over what could not be read.
    pub(super) fn take_unreadable(&mut self, from: Self) {
        let findings = from.findings.into_iter();
        for finding in findings.filter(|finding| finding.mend == Mend::Access) {
            self.add(finding.file, finding.what, finding.mend);
        }
    }

    /// There is no catalog that tells what the user's own presets do.
    pub(super) fn lacks_presets(&mut self) {
        for finding in &mut self.findings {
            if finding.mend == Mend::Catalog {
                finding.mend = Mend::CatalogByPresets;
            }
        }
    }

    /// What was found is of a track whose source is gone.
    pub(super) fn is_orphaned(&mut self) {
        for finding in &mut self.findings {
            finding.mend = finding.mend.clone().without_source();
        }
    }

    /// A file was read.
    pub(super) fn count(&mut self, bytes: usize) {
        self.files += 1;
        self.bytes += bytes as u64;
    }

    /// How many findings there are that were not told yet.
    pub(super) fn len(&self) -> usize {
        self.findings.len()
    }

    /// Reports what was found.
    pub(super) fn tell(&mut self, root: &Path, progress: &dyn Progress) {
        self.told += self.findings.len();
        for finding in self.findings.drain(..) {
            let mend = finding.mend.text(root);
            progress.report(Event::Found {
                file: finding.file,
                what: finding.what,
                mend,
            });
        }
    }

    /// Both together.
    pub(super) fn and(mut self, mut other: Self) -> Self {
        self.findings.append(&mut other.findings);
        self.told += other.told;
        self.files += other.files;
        self.bytes += other.bytes;
        self.renditions += other.renditions;
        self.not_listed += other.not_listed;
        self.unnamed += other.unnamed;
        self.begun += other.begun;
        self.damaged.append(other.damaged);
        self
    }
}
