//! From a path of the site to its content: a file that is there, or one that
//! is made because it was asked for.

use std::sync::Arc;

use bytes::Bytes;

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
        let on_demand = self.on_demand.as_ref();
        if let Some(named @ Named::WholeFile(track, variant)) = &named {
            let kind = on_demand.map(|on_demand| kind(on_demand, named));
            let (found, content) = self.whole_file(*track, variant).await?;
            let made = kind.filter(|_| found != Kind::Static);
            return Ok((made.unwrap_or(found), content));
        }
        if let Some(on_demand) = on_demand
            && let Some(named @ Named::Manifest(track, variant)) = &named
        {
            let kind = kind(on_demand, named);
            if let Some(manifest) = self.unfinished(*track, variant).await? {
                return Ok((kind, json(&manifest)));
            }
        }
        let found = self.on_disk(path).await;
        if found.is_ok() {
            self.note_use(named.as_ref());
        }
        match (found, on_demand.zip(named)) {
            (Err(Refusal::NotFound), Some((on_demand, named))) => {
                let kind = kind(on_demand, &named);
                let made = self.make(on_demand, path, named).await;
                made.map(|content| (kind, content))
                    .map_err(|error| self.refusal(error))
            }
            (found, _) => found,
        }
    }

    /// The whole file of a variant, by a name that stays when its fingerprint
    /// becomes another.
    async fn whole_file(&self, track: TrackId, variant: &Variant) -> Result<Found, Refusal> {
        let fingerprint = self.manifest(track, variant).await?.fingerprint;
        let folder = site::rendition_folder(&track, &variant.to_string(), &fingerprint);
        let path = format!("{folder}/{}", site::WHOLE_FILE);
        let (kind, content) = Box::pin(self.find(&path)).await?;
        Ok((kind, Arc::new(content.kept(Caching::Revalidate))))
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
    ) -> Result<Arc<Content>, MakeError> {
        match named {
            Named::Track(track) => on_demand.describe(track).await?,
            Named::Cover(track) => on_demand.cover(track).await?,
            Named::Manifest(..) | Named::WholeFile(..) => return Err(MakeError::Gone),
            Named::Media(track, variant, fingerprint, name) => {
                let rendition = (track, &variant, &fingerprint);
                if let Some(bytes) = media(on_demand, rendition, &name).await? {
                    let content = Content::of_bytes(mime(&name), Caching::Immutable, bytes);
                    return Ok(Arc::new(content));
                }
            }
        }
        let published = self.on_disk(path).await;
        published
            .map(|(_, content)| content)
            .map_err(|_| MakeError::Gone)
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

/// Where a reply comes from that has to be made: told before it is, since
/// afterwards nothing is cold.
fn kind(on_demand: &OnDemand, named: &Named) -> Kind {
    let is_cold = match named {
        Named::Track(track) => !on_demand.is_measured(track),
        Named::Cover(_) => false,
        Named::Manifest(track, variant)
        | Named::WholeFile(track, variant)
        | Named::Media(track, variant, ..) => on_demand.is_cold(track, variant),
    };
    if is_cold { Kind::Cold } else { Kind::OnDemand }
}

/// A file of a rendition; none where it stands on disk when this returns.
async fn media(
    on_demand: &Arc<OnDemand>,
    (track, variant, fingerprint): (TrackId, &Variant, &Fingerprint),
    name: &str,
) -> Result<Option<Bytes>, MakeError> {
    if let Some(index) = segment_index(name) {
        let segment = on_demand.segment(track, variant, fingerprint, index);
        return segment.await.map(Some);
    }
    match name {
        site::INIT | site::MEDIA_PLAYLIST | site::MULTIVARIANT_PLAYLIST | site::DASH => {
            let companion = on_demand.companion(track, variant, fingerprint, name);
            let bytes = companion.await?.ok_or(MakeError::Gone)?;
            Ok(Some(bytes.into()))
        }
        site::HASHES | site::WHOLE_FILE => {
            on_demand.whole(track, variant, fingerprint, name).await?;
            Ok(None)
        }
        _ => Err(MakeError::Gone),
    }
}

fn json(manifest: &Rendition) -> Arc<Content> {
    Arc::new(Content::of_bytes(
        "application/json",
        Caching::Revalidate,
        to_json(manifest),
    ))
}
