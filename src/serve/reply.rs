//! From content to a reply, as HTTP has it: preconditions, ranges, encodings
//! (RFC 9110, sections 8.4, 8.8, 13 and 14). What curl and nginx do is the
//! reference where the standard leaves a choice.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use headers::{ETag, HeaderMapExt, IfMatch, IfNoneMatch};
use warp::http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_RANGE, RANGE,
    RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use warp::http::{Method, StatusCode};
use warp::reply::{Reply, Response};

use super::content::{Content, Encoding};

/// A request, as far as a reply depends on it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// `GET` or `HEAD` get as far as content.
    pub(super) method: Method,
    /// As it was sent.
    pub(super) path: String,
    /// Without the `?`.
    pub(super) query: String,
    /// All of them.
    pub(super) headers: HeaderMap,
}

impl Asked {
    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why a request gets no content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// There is nothing of that name.
    #[error("not found")]
    NotFound,
    /// A value that cannot be: says which, and what is allowed.
    #[error("{0}")]
    BadValue(String),
    /// A method that nothing here takes.
    #[error("only GET and HEAD")]
    Method,
    /// More is waiting than can be done soon.
    #[error("busy: try again in {seconds} s")]
    Busy {
        /// How long to wait.
        seconds: u64,
    },
    /// The request's body is too long.
    #[error("too long")]
    TooLong,
    /// It could not be made. The reason is for the log: it may name paths.
    #[error("it could not be made: the server's log says why")]
    Failed(String),
    /// A range behind the end.
    #[error("the range lies behind the end")]
    Range,
    /// It is not as the client takes it to be.
    #[error("it has changed")]
    Precondition,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadValue(_) => StatusCode::BAD_REQUEST,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Range => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Precondition => StatusCode::PRECONDITION_FAILED,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// As JSON.
    pub(super) fn reply(&self) -> Response {
        let body = serde_json::json!({ "error": self.to_string() });
        let mut reply = warp::reply::json(&body).into_response();
        *reply.status_mut() = self.status();
        let headers = reply.headers_mut();
        put(headers, CACHE_CONTROL, "no-store");
        put(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
        match self {
            Self::Method => put(headers, ALLOW, "GET, HEAD"),
            Self::Busy { seconds } => put(headers, RETRY_AFTER, &seconds.to_string()),
            _ => {}
        }
        reply
    }
}

/// Sets a header to what is known to be plain text.
pub(super) fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Replies with content, or a part of it, or that it has not changed.
pub(super) async fn reply(asked: &Asked, content: &Arc<Content>) -> Response {
    let encoding = if asked.headers.contains_key(RANGE) || !content.is_compressible() {
        Encoding::Identity
    } else {
        accepted(asked.header(&ACCEPT_ENCODING).unwrap_or_default())
    };
    let etag = content.etag(encoding);
    let mut reply = Response::new(Bytes::new().into());
    describe(reply.headers_mut(), content, &etag);
    let tag: ETag = etag.parse().expect("hexadecimal digits in quotes");
    let wanted = asked.headers.typed_get::<IfMatch>();
    if wanted.is_some_and(|wanted| !wanted.precondition_passes(&tag)) {
        return Refusal::Precondition.reply();
    }
    let known = asked.headers.typed_get::<IfNoneMatch>();
    if known.is_some_and(|known| !known.precondition_passes(&tag)) {
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
        reply.headers_mut().remove(CONTENT_TYPE);
        return reply;
    }
    let length = content.length();
    match wanted_range(asked, &etag, length) {
        Wanted::Whole => whole(asked, content, encoding, reply).await,
        Wanted::Nothing => {
            let mut refusal = Refusal::Range.reply();
            let told = format!("bytes */{length}");
            put(refusal.headers_mut(), CONTENT_RANGE, &told);
            refusal
        }
        Wanted::Part(part) => {
            let told = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            let (mut head, _) = reply.into_parts();
            head.status = StatusCode::PARTIAL_CONTENT;
            put(&mut head.headers, CONTENT_RANGE, &told);
            let bytes = part.end - part.start;
            put(&mut head.headers, CONTENT_LENGTH, &bytes.to_string());
            Response::from_parts(head, content.body(part))
        }
    }
}

async fn whole(
    asked: &Asked,
    content: &Arc<Content>,
    encoding: Encoding,
    reply: Response,
) -> Response {
    let (mut head, _) = reply.into_parts();
    if encoding == Encoding::Identity {
        let length = content.length();
        put(&mut head.headers, CONTENT_LENGTH, &length.to_string());
        let body = match asked.method {
            Method::HEAD => Bytes::new().into(),
            _ => content.body(0..length),
        };
        return Response::from_parts(head, body);
    }
    let encoded = content.encoded(encoding).await;
    put(&mut head.headers, CONTENT_ENCODING, encoding.name());
    put(
        &mut head.headers,
        CONTENT_LENGTH,
        &encoded.len().to_string(),
    );
    let body = match asked.method {
        Method::HEAD => Bytes::new(),
        _ => encoded,
    };
    Response::from_parts(head, body.into())
}

fn describe(headers: &mut HeaderMap, content: &Content, etag: &str) {
    put(headers, CONTENT_TYPE, content.mime());
    put(headers, ETAG, etag);
    put(headers, CACHE_CONTROL, content.caching().directives());
    put(headers, ACCEPT_RANGES, "bytes");
    put(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    if content.is_compressible() {
        put(headers, VARY, "Accept-Encoding");
    }
}

/// What of the content is wanted.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    /// A range that lies behind the end.
    Nothing,
}

fn wanted_range(asked: &Asked, etag: &str, length: u64) -> Wanted {
    let is_current = asked.header(&IF_RANGE).is_none_or(|tag| tag == etag);
    match asked.header(&RANGE) {
        // Ranges are defined for GET alone (RFC 9110, 14.2).
        Some(range) if asked.method == Method::GET && is_current => parse_range(range, length),
        _ => Wanted::Whole,
    }
}

/// One range of bytes (RFC 9110, 14.1.2). Several are more than anybody who
/// plays music asks for, and may be answered with the whole.
fn parse_range(header: &str, length: u64) -> Wanted {
    let Some(set) = header.trim().strip_prefix("bytes=") else {
        return Wanted::Whole;
    };
    if set.contains(',') {
        return Wanted::Whole;
    }
    let Some((first, last)) = set.trim().split_once('-') else {
        return Wanted::Nothing;
    };
    let number = |text: &str| -> Option<u64> {
        let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
        // What has more digits than fit lies behind every end.
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let range = match (first.trim(), last.trim()) {
        ("", last) => number(last).map(|count| length.saturating_sub(count)..length),
        (first, "") => number(first).map(|first| first..length),
        (first, last) => number(first)
            .zip(number(last))
            .filter(|(first, last)| first <= last)
            .map(|(first, last)| first..last.saturating_add(1).min(length)),
    };
    match range {
        Some(range) if range.start < range.end => Wanted::Part(range),
        _ => Wanted::Nothing,
    }
}

/// The best encoding that a client takes (RFC 9110, 12.5.3).
fn accepted(header: &str) -> Encoding {
    let quality = |name: &str| -> f32 {
        let of = |wanted: &str| {
            header.split(',').find_map(|item| {
                let mut parts = item.split(';').map(str::trim);
                let is_it = parts.next()?.eq_ignore_ascii_case(wanted);
                let quality = parts.find_map(|part| part.strip_prefix("q="));
                is_it.then(|| quality.and_then(|q| q.parse().ok()).unwrap_or(1.0))
            })
        };
        of(name).or_else(|| of("*")).unwrap_or(0.0)
    };
    let (brotli, gzip) = (quality("br"), quality("gzip"));
    if brotli > 0.0 && brotli >= gzip {
        Encoding::Brotli
    } else if gzip > 0.0 {
        Encoding::Gzip
    } else {
        Encoding::Identity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_has_them() {
        for (header, wanted) in [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=0-", Wanted::Part(0..100)),
            ("bytes=10-19", Wanted::Part(10..20)),
            ("bytes=90-200", Wanted::Part(90..100)),
            ("bytes=-10", Wanted::Part(90..100)),
            ("bytes=-200", Wanted::Part(0..100)),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=5-2", Wanted::Nothing),
            ("bytes=abc", Wanted::Nothing),
            ("bytes=99999999999999999999-", Wanted::Nothing),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("items=0-1", Wanted::Whole),
        ] {
            assert_eq!(parse_range(header, 100), wanted, "{header}");
        }
    }

    #[test]
    fn the_best_accepted_encoding_is_taken() {
        for (header, encoding) in [
            ("", Encoding::Identity),
            ("gzip", Encoding::Gzip),
            ("gzip, deflate, br", Encoding::Brotli),
            ("br;q=0, gzip", Encoding::Gzip),
            ("gzip;q=1.0, br;q=0.5", Encoding::Gzip),
            ("*", Encoding::Brotli),
            ("identity", Encoding::Identity),
            ("*;q=0", Encoding::Identity),
        ] {
            assert_eq!(accepted(header), encoding, "{header}");
        }
    }
}
