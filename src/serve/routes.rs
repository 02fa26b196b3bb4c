//! The routes, as warp has them: what a request is, who answers it, and the
//! line and the numbers that are kept of it.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, BufMut};
use futures_util::{Stream, StreamExt};
use warp::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CONTENT_LENGTH, HeaderMap, HeaderName,
    ORIGIN, VARY,
};
use warp::http::{Method, StatusCode};
use warp::path::FullPath;
use warp::reply::{Reply, Response};
use warp::{Filter, Rejection};

use super::api;
use super::content::{Caching, Content};
use super::host::{Found, Host};
use super::metrics::{Kind, Report};
use super::path::site_path;
use super::reply::{Asked, Refusal, put, reply};
use crate::web_player::SETTINGS;

/// The longest body of `POST /api/report`, in bytes.
const LONGEST_REPORT: usize = 4096;
/// How long it may take to come.
const SLOWEST_REPORT: Duration = Duration::from_secs(10);

/// Tells the page, beside its settings, where its reports are taken: relative
/// to them, and only where somebody looks at what is reported. A page from a
/// host of plain files never sees it, and sends nothing. A field of its own,
/// since `Link` would need a relation that is registered, and
/// `Reporting-Endpoints` promises that what browsers report is understood.
const REPORT_TO: HeaderName = HeaderName::from_static("segue-report");
/// Below the folder that the settings stand in.
const REPORT: &str = "api/report";

/// What the routes are given.
pub(super) struct Served {
    pub(super) host: Host,
    /// Whether `/metrics` is there.
    pub(super) shows_metrics: bool,
    /// Who may read from another origin; `*` for all.
    pub(super) cors_origins: Vec<String>,
}

/// All routes.
pub(super) fn routes(
    served: Arc<Served>,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<SocketAddr>())
        .and(warp::body::stream())
        .then(
            move |method, path: FullPath, query, headers, from: Option<SocketAddr>, body| {
                let served = Arc::clone(&served);
                let asked = Asked {
                    method,
                    path: path.as_str().to_owned(),
                    query,
                    headers,
                };
                async move { served.answer(asked, body, from).await }
            },
        )
}

impl Served {
    async fn answer(&self, asked: Asked, body: impl Body, from: Option<SocketAddr>) -> Response {
        let began = Instant::now();
        let found = self.find(&asked, body).await;
        let kind = found.as_ref().map_or(Kind::Other, |(kind, _)| *kind);
        let mut answer = match found {
            Ok((_, Answer::Content(content))) => reply(&asked, &content).await,
            Ok((_, Answer::Empty)) => {
                let mut empty = warp::reply().into_response();
                *empty.status_mut() = StatusCode::NO_CONTENT;
                empty
            }
            Err(refusal) => {
                if let Refusal::Failed(reason) = &refusal {
                    tracing::warn!("{}: {reason}", asked.path);
                }
                refusal.reply()
            }
        };
        self.allow_origin(&asked, answer.headers_mut());
        if self.shows_metrics && site_path(&asked.path).as_deref() == Some(SETTINGS) {
            put(answer.headers_mut(), REPORT_TO, REPORT);
        }
        let (status, length) = (answer.status(), length(&answer));
        let took = began.elapsed();
        self.host
            .metrics
            .answered(kind, status.as_u16(), length, took);
        tracing::info!(
            target: "segue::access",
            "{} {} {:?} {} {length} {:.1} ms",
            from.map_or_else(|| "-".to_owned(), |from| from.ip().to_string()),
            asked.method,
            asked.path,
            status.as_u16(),
            took.as_secs_f64() * 1000.0
        );
        answer
    }

    async fn find(&self, asked: &Asked, body: impl Body) -> Result<(Kind, Answer), Refusal> {
        match asked.method {
            Method::GET | Method::HEAD => {}
            Method::POST if asked.path.strip_prefix('/') == Some(REPORT) => {
                return self.report(body).await;
            }
            Method::OPTIONS if !self.cors_origins.is_empty() => {
                return Ok((Kind::Other, Answer::Empty));
            }
            _ => return Err(Refusal::Method),
        }
        let (kind, content) = match asked.path.as_str() {
            "/healthz" => self.health(),
            "/metrics" if self.shows_metrics => self.metrics()?,
            path => self.find_path(path, &asked.query).await?,
        };
        Ok((kind, Answer::Content(content)))
    }

    async fn find_path(&self, path: &str, query: &str) -> Result<Found, Refusal> {
        if let Some(path) = path.strip_prefix("/api/") {
            return api::find(&self.host, path, query).await;
        }
        let path = site_path(path).ok_or(Refusal::NotFound)?;
        self.host.find(&path).await
    }

    fn health(&self) -> Found {
        let library = self.host.on_demand.as_ref().map(|on_demand| {
            let known = on_demand.known();
            serde_json::json!({
                "sources": known.sources,
                "identified": known.identified,
                "failed": known.failed,
                "tracks": known.tracks.len(),
                "longest_wait_ms": on_demand.longest_wait_ms(),
            })
        });
        let health = serde_json::json!({ "status": "ok", "library": library });
        let content = Content::of_bytes("application/json", Caching::Never, health.to_string());
        (Kind::Other, Arc::new(content))
    }

    fn metrics(&self) -> Result<Found, Refusal> {
        let on_demand = self.host.on_demand.as_ref();
        let state = on_demand.map(|made| (made.queue_lengths(), made.cached_bytes()));
        let text = self.host.metrics.text(state);
        let text = text.map_err(|error| Refusal::Failed(error.to_string()))?;
        let mime = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        let content = Content::of_bytes(mime, Caching::Never, text);
        Ok((Kind::Other, Arc::new(content)))
    }

    async fn report(&self, body: impl Body) -> Result<(Kind, Answer), Refusal> {
        let body = tokio::time::timeout(SLOWEST_REPORT, read(body))
            .await
            .map_err(|_| Refusal::BadValue("report: it did not come in time".to_owned()))??;
        let report: Report = serde_json::from_slice(&body)
            .map_err(|error| Refusal::BadValue(format!("report: {error}")))?;
        let reported = self.host.metrics.reported(&report);
        reported.map_err(Refusal::BadValue)?;
        Ok((Kind::Other, Answer::Empty))
    }

    /// Lets other origins read, where the user said so.
    fn allow_origin(&self, asked: &Asked, headers: &mut HeaderMap) {
        if self.cors_origins.is_empty() {
            return;
        }
        let allows_all = self.cors_origins.iter().any(|origin| origin == "*");
        let origin = asked
            .headers
            .get(ORIGIN)
            .and_then(|origin| origin.to_str().ok());
        let allowed = if allows_all {
            Some("*")
        } else {
            headers.append(VARY, warp::http::HeaderValue::from_static("Origin"));
            origin.filter(|origin| self.cors_origins.iter().any(|known| known == origin))
        };
        let Some(allowed) = allowed else { return };
        put(headers, ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if asked.method == Method::OPTIONS {
            put(headers, ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD");
            let sent = "Range, If-Range, If-None-Match";
            put(headers, ACCESS_CONTROL_ALLOW_HEADERS, sent);
            put(headers, ACCESS_CONTROL_MAX_AGE, "86400");
        } else {
            let read = "ETag, Content-Length, Content-Range, Accept-Ranges, Retry-After";
            put(headers, ACCESS_CONTROL_EXPOSE_HEADERS, read);
        }
    }
}

/// The body of a request, which most are answered without.
trait Body: Stream<Item = Result<Self::Piece, warp::Error>> + Send {
    type Piece: Buf + Send;
}

impl<P: Buf + Send, S: Stream<Item = Result<P, warp::Error>> + Send> Body for S {
    type Piece = P;
}

async fn read(body: impl Body) -> Result<Vec<u8>, Refusal> {
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| Refusal::BadValue(format!("report: {error}")))?;
        if bytes.len() + piece.remaining() > LONGEST_REPORT {
            return Err(Refusal::TooLong);
        }
        bytes.put(piece);
    }
    Ok(bytes)
}

/// What a request is answered with.
enum Answer {
    Content(Arc<Content>),
    Empty,
}

fn length(answer: &Response) -> u64 {
    let told = answer.headers().get(CONTENT_LENGTH);
    told.and_then(|length| length.to_str().ok()?.parse().ok())
        .unwrap_or(0)
}
