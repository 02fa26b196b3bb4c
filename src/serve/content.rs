//! What is sent: bytes in memory or a file on disk, with its type, its entity
//! tag, and how long it may be kept.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::stream;
use warp::reply::{Reply, Response};

use super::path::is_immutable;

/// Bytes of a file that are read and sent at a time.
const PIECE_BYTES: u64 = 256 * 1024;
/// Below this, compressing saves nothing worth its while.
const LEAST_COMPRESSED: u64 = 256;
/// Brotli's quality from 0 to 11: 5 is as quick as gzip, and smaller.
const BROTLI_QUALITY: u32 = 5;

/// How the bytes are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As they are.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

impl Encoding {
    /// As `Content-Encoding` has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }
}

/// How long a reply may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caching {
    /// For ever: what its name says never changes.
    Immutable,
    /// It is asked each time whether it has changed.
    Revalidate,
    /// Not at all.
    Never,
}

impl Caching {
    /// Of a path of the site.
    pub(super) fn of(path: &str) -> Self {
        if is_immutable(path) {
            Self::Immutable
        } else {
            Self::Revalidate
        }
    }

    /// As `Cache-Control` has it.
    pub(super) fn directives(self) -> &'static str {
        match self {
            Self::Immutable => "public, max-age=31536000, immutable",
            Self::Revalidate => "no-cache",
            Self::Never => "no-store",
        }
    }
}

/// What is sent.
pub(super) struct Content {
    mime: &'static str,
    tag: String,
    caching: Caching,
    data: Data,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
}

#[derive(Clone)]
enum Data {
    Memory(Bytes),
    Disk { file: Arc<File>, length: u64 },
}

impl Content {
    /// Bytes, whose hash is their tag.
    pub(super) fn of_bytes(mime: &'static str, caching: Caching, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let tag = blake3::hash(&bytes).to_hex()[..32].to_owned();
        Self::new(mime, tag, caching, Data::Memory(bytes))
    }

    /// A file that is sent from disk; `tag` changes when it does.
    pub(super) fn of_file(
        mime: &'static str,
        caching: Caching,
        tag: String,
        file: File,
        length: u64,
    ) -> Self {
        let file = Arc::new(file);
        Self::new(mime, tag, caching, Data::Disk { file, length })
    }

    fn new(mime: &'static str, tag: String, caching: Caching, data: Data) -> Self {
        Self {
            mime,
            tag,
            caching,
            data,
            gzip: OnceLock::new(),
            brotli: OnceLock::new(),
        }
    }

    /// The same bytes, under a name by which they are kept otherwise.
    pub(super) fn kept(&self, caching: Caching) -> Self {
        Self::new(self.mime, self.tag.clone(), caching, self.data.clone())
    }

    pub(super) fn mime(&self) -> &'static str {
        self.mime
    }

    pub(super) fn caching(&self) -> Caching {
        self.caching
    }

    pub(super) fn length(&self) -> u64 {
        match &self.data {
            Data::Memory(bytes) => bytes.len() as u64,
            Data::Disk { length, .. } => *length,
        }
    }

    /// The bytes, where they are in memory.
    pub(super) fn bytes(&self) -> Option<&Bytes> {
        match &self.data {
            Data::Memory(bytes) => Some(bytes),
            Data::Disk { .. } => None,
        }
    }

    /// The strong entity tag of an encoding, with its quotes. Each has its
    /// own, since their bytes differ (RFC 9110, 8.8.3.3).
    pub(super) fn etag(&self, encoding: Encoding) -> String {
        let tag = &self.tag;
        match encoding {
            Encoding::Identity => format!("\"{tag}\""),
            Encoding::Gzip => format!("\"{tag}-gz\""),
            Encoding::Brotli => format!("\"{tag}-br\""),
        }
    }

    /// Whether it is text, and long enough to become shorter.
    pub(super) fn is_compressible(&self) -> bool {
        is_text(self.mime)
            && matches!(self.data, Data::Memory(_))
            && self.length() >= LEAST_COMPRESSED
    }

    /// A part of it, as the body of a reply.
    pub(super) fn body(&self, range: Range<u64>) -> BodyOf {
        match &self.data {
            Data::Memory(bytes) => bytes.slice(range.start as usize..range.end as usize).into(),
            Data::Disk { file, .. } => from_disk(Arc::clone(file), range),
        }
    }

    /// All of it, encoded; made once.
    pub(super) async fn encoded(self: &Arc<Self>, encoding: Encoding) -> Bytes {
        let bytes = self.bytes().cloned().unwrap_or_default();
        let made = match encoding {
            Encoding::Identity => return bytes,
            Encoding::Gzip => self.gzip.get(),
            Encoding::Brotli => self.brotli.get(),
        };
        if let Some(made) = made {
            return made.clone();
        }
        let content = Arc::clone(self);
        let compress = move || match encoding {
            Encoding::Brotli => content.brotli.get_or_init(|| brotli(&bytes)).clone(),
            _ => content.gzip.get_or_init(|| gzip(&bytes)).clone(),
        };
        tokio::task::spawn_blocking(compress)
            .await
            .unwrap_or_default()
    }
}

/// The body of a reply.
pub(super) type BodyOf = <Response as BodyIn>::Body;

/// Names the body's type, which warp keeps to itself.
pub(super) trait BodyIn {
    type Body;
}

impl<B> BodyIn for warp::http::Response<B> {
    type Body = B;
}

fn from_disk(file: Arc<File>, range: Range<u64>) -> BodyOf {
    let pieces = stream::try_unfold((file, range), |(file, range)| async move {
        if range.is_empty() {
            return Ok::<_, io::Error>(None);
        }
        let length = (range.end - range.start).min(PIECE_BYTES);
        let read = move || {
            let mut piece = vec![0; length as usize];
            file.read_exact_at(&mut piece, range.start)?;
            Ok::<_, io::Error>((Bytes::from(piece), file))
        };
        let (piece, file) = tokio::task::spawn_blocking(read)
            .await
            .map_err(io::Error::other)??;
        Ok(Some((piece, (file, range.start + length..range.end))))
    });
    warp::reply::stream(pieces).into_response().into_body()
}

fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("memory can always be written").into()
}

fn brotli(bytes: &[u8]) -> Bytes {
    let mut made = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut made, 64 * 1024, BROTLI_QUALITY, 22);
    encoder
        .write_all(bytes)
        .expect("memory can always be written");
    drop(encoder);
    made.into()
}

/// Whether what is of this type becomes shorter by being compressed.
pub(super) fn is_text(mime: &str) -> bool {
    mime.starts_with("text/")
        || ["json", "xml", "mpegurl"]
            .iter()
            .any(|kind| mime.contains(kind))
}

/// The type of a file by its name's ending (the IANA registry; RFC 8216 for
/// playlists, ISO/IEC 23009-1 for the MPD).
pub(super) fn mime(path: &str) -> &'static str {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    match ending.unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "m4s" | "mp4" | "m4a" => "audio/mp4",
        "m3u8" => "application/vnd.apple.mpegurl",
        "mpd" => "application/dash+xml",
        "svg" => "image/svg+xml",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ if path.ends_with("b3sums") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
