//! From a path of the site to its content: a file that is there, or one that
//! is made because it was asked for.

use std::sync::{Arc, Mutex, PoisonError};

use super::catalog::LiveCatalog;
use super::content::{Caching, Content, Encoding, mime};
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
    pub(super) catalog: Arc<LiveCatalog>,
    /// The catalog that was read last, by its tag.
    pub(super) parsed: Mutex<Option<(String, Arc<Catalog>)>>,
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
        let Some(on_demand) = self.on_demand.clone() else {
            return self.on_disk(path).await;
        };
        if path == CATALOG {
            return Ok((Kind::Other, self.live_catalog(on_demand).await?));
        }
        match named {
            // What is on disk may be of an earlier fingerprint.
            Some(Named::Manifest(track, variant)) if on_demand.has(&track) => {
                match on_demand.manifest(track, &variant).await {
                    Ok(Some(manifest)) => Ok((Kind::OnDemand, json(&manifest))),
                    Ok(None) => self.on_disk(path).await,
                    Err(error) => Err(self.refusal(error)),
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
        let path = site::manifest(&track, &variant.to_string());
        let (_, content) = self.find(&path).await?;
        let bytes = content.bytes().ok_or(Refusal::NotFound)?;
        from_json(bytes).map_err(|error| Refusal::Failed(format!("{path}: {error}")))
    }

    /// The catalog, as it is now.
    pub(super) async fn catalog(&self) -> Result<Arc<Content>, Refusal> {
        Ok(self.find(CATALOG).await?.1)
    }

    /// What a catalog says.
    pub(super) async fn parsed(&self, content: Arc<Content>) -> Result<Arc<Catalog>, Refusal> {
        let tag = content.etag(Encoding::Identity);
        let last = || self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, catalog)) = last().as_ref()
            && *known == tag
        {
            return Ok(Arc::clone(catalog));
        }
        let read = move || from_json::<Catalog>(content.bytes()?).ok();
        let catalog = tokio::task::spawn_blocking(read).await.ok().flatten();
        let catalog = catalog.map(Arc::new);
        let catalog = catalog.ok_or_else(|| Refusal::Failed("catalog.json is damaged".into()))?;
        *last() = Some((tag, Arc::clone(&catalog)));
        Ok(catalog)
    }

    async fn live_catalog(&self, on_demand: Arc<OnDemand>) -> Result<Arc<Content>, Refusal> {
        let (catalog, files) = (Arc::clone(&self.catalog), Arc::clone(&self.files));
        tokio::task::spawn_blocking(move || catalog.content(&files, &on_demand))
            .await
            .map_err(|_| Refusal::Failed("the catalog could not be made".to_owned()))
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
