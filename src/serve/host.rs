//! From a path of the site to its content: a file that is there, or one that
//! is made because it was asked for.

use std::sync::Arc;

use super::catalog::{CatalogCache, Told};
use super::content::{Caching, Content, mime};
use super::files::SiteFiles;
use super::metrics::{Kind, Metrics};
use super::on_demand::{MakeError, OnDemand};
use super::path::{Named, named, segment_index};
use super::reply::Refusal;
use crate::manifest::{Catalog, Rendition, from_json, to_json};
use crate::mastering::Variant;
use crate::site::{self, CATALOG, Fingerprint, TrackId};

/// What is hosted.
pub(super) struct Host {
    pub(super) files: Arc<SiteFiles>,
    pub(super) on_demand: Option<Arc<OnDemand>>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) catalog: Arc<CatalogCache>,
}

/// Content, and where it came from.
pub(super) type Found = (Kind, Arc<Content>);

impl Host {
    /// What stands at a path of the site.
    pub(super) async fn find(&self, path: &str) -> Result<Found, Refusal> {
        let named = named(path);
        if let Some(content) = self.files.remembered(path) {
            self.note_use(named.as_ref());
            return Ok((Kind::Static, content));
        }
        if path == CATALOG {
            let kind = match self.on_demand {
                Some(_) => Kind::Other,
                None => Kind::Static,
            };
            return Ok((kind, self.told(|told| Arc::clone(told.content())).await?));
        }
        let Some(on_demand) = self.on_demand.clone() else {
            return self.on_disk(path).await;
        };
        match named {
            Some(Named::Manifest(track, variant)) => {
                match self.unfinished(track, &variant).await? {
                    Some(manifest) => Ok((Kind::OnDemand, json(&manifest))),
                    None => self.on_disk(path).await,
                }
            }
            Some(named) => match self.on_disk(path).await {
                Err(Refusal::NotFound) => self.make(&on_demand, path, named).await,
                found => {
                    self.note_use(Some(&named));
                    found
                }
            },
            None => self.on_disk(path).await,
        }
    }

    /// The manifest of a rendition.
    pub(super) async fn manifest(
        &self,
        track: TrackId,
        variant: &Variant,
    ) -> Result<Rendition, Refusal> {
        if let Some(manifest) = self.unfinished(track, variant).await? {
            return Ok(manifest);
        }
        let path = site::manifest(&track, &variant.to_string());
        let (_, content) = self.on_disk(&path).await?;
        let bytes = content.bytes().ok_or(Refusal::NotFound)?;
        from_json(bytes).map_err(|error| Refusal::Failed(format!("{path}: {error}")))
    }

    /// The manifest of a rendition that is not complete; none where it is, or
    /// nothing can be made of it: then it stands on disk, if anywhere. What is
    /// on disk otherwise may be of an earlier fingerprint.
    async fn unfinished(
        &self,
        track: TrackId,
        variant: &Variant,
    ) -> Result<Option<Rendition>, Refusal> {
        let on_demand = self.on_demand.as_ref();
        let Some(on_demand) = on_demand.filter(|on_demand| on_demand.has(&track)) else {
            return Ok(None);
        };
        let manifest = on_demand.manifest(track, variant).await;
        manifest.map_err(|error| self.refusal(error))
    }

    /// What the catalog says now.
    pub(super) async fn catalog(&self) -> Result<Arc<Catalog>, Refusal> {
        let parsed = self.told(Told::parsed).await?;
        parsed.ok_or_else(|| Refusal::Failed("catalog.json is damaged".into()))
    }

    /// Takes something from the catalog as it is now.
    async fn told<T: Send + 'static>(
        &self,
        take: impl FnOnce(&Told) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let (catalog, files) = (Arc::clone(&self.catalog), Arc::clone(&self.files));
        let on_demand = self.on_demand.clone();
        let told = tokio::task::spawn_blocking(move || {
            let told = catalog.told(&files, on_demand.as_deref());
            told.map(|told| take(&told))
        });
        match told.await {
            Ok(told) => told.ok_or(Refusal::NotFound),
            Err(_) => Err(Refusal::Failed("the catalog could not be made".to_owned())),
        }
    }

    async fn on_disk(&self, path: &str) -> Result<Found, Refusal> {
        let (files, path) = (Arc::clone(&self.files), path.to_owned());
        let read = tokio::task::spawn_blocking(move || files.read(&path)).await;
        match read {
            Ok(Some(content)) => Ok((Kind::Static, content)),
            _ => Err(Refusal::NotFound),
        }
    }

    async fn make(
        &self,
        on_demand: &Arc<OnDemand>,
        path: &str,
        named: Named,
    ) -> Result<Found, Refusal> {
        let made = match named {
            Named::Track(track) => on_demand.describe(track).await,
            Named::Cover(track) => on_demand.cover(track).await,
            Named::Manifest(..) => Err(MakeError::Gone),
            Named::Media(track, variant, fingerprint, name) => {
                return self
                    .make_media(on_demand, path, (track, &variant, &fingerprint), &name)
                    .await
                    .map_err(|error| self.refusal(error));
            }
        };
        made.map_err(|error| self.refusal(error))?;
        let (_, content) = self.on_disk(path).await?;
        Ok((Kind::OnDemand, content))
    }

    async fn make_media(
        &self,
        on_demand: &Arc<OnDemand>,
        path: &str,
        (track, variant, fingerprint): (TrackId, &Variant, &Fingerprint),
        name: &str,
    ) -> Result<Found, MakeError> {
        let content = |bytes: bytes::Bytes| {
            Arc::new(Content::of_bytes(mime(name), Caching::Immutable, bytes))
        };
        if let Some(index) = segment_index(name) {
            let kind = if variant.is_original() || on_demand.is_measured(&track) {
                Kind::OnDemand
            } else {
                Kind::Cold
            };
            let bytes = on_demand
                .segment(track, variant, fingerprint, index)
                .await?;
            return Ok((kind, content(bytes)));
        }
        match name {
            site::INIT | site::MEDIA_PLAYLIST | site::MULTIVARIANT_PLAYLIST | site::DASH => {
                let made = on_demand
                    .companion(track, variant, fingerprint, name)
                    .await?;
                let made = made.ok_or(MakeError::Gone)?;
                Ok((Kind::OnDemand, content(made.into())))
            }
            site::HASHES | site::WHOLE_FILE => {
                on_demand.whole(track, variant, fingerprint, name).await?;
                let found = self.on_disk(path).await;
                found.map_err(|_| MakeError::Gone)
            }
            _ => Err(MakeError::Gone),
        }
    }

    /// Somebody plays what was made on demand: it stays, and goes on.
    fn note_use(&self, named: Option<&Named>) {
        let Some(Named::Media(track, variant, fingerprint, name)) = named else {
            return;
        };
        if let Some(index) = segment_index(name) {
            self.metrics.hit();
            if let Some(on_demand) = &self.on_demand {
                on_demand.touch(fingerprint);
                on_demand.played(*track, variant, fingerprint, index);
            }
        }
    }

    fn refusal(&self, error: MakeError) -> Refusal {
        match error {
            MakeError::Gone => Refusal::NotFound,
            MakeError::Failed(reason) => Refusal::Failed(reason),
            MakeError::Busy => Refusal::Busy {
                seconds: self
                    .on_demand
                    .as_ref()
                    .map_or(1, |on_demand| on_demand.retry_after()),
            },
        }
    }
}

fn json(manifest: &Rendition) -> Arc<Content> {
    Arc::new(Content::of_bytes(
        "application/json",
        Caching::Revalidate,
        to_json(manifest),
    ))
}
