//! Hosts a site over HTTP, and renders on demand what is missing.
//!
//! [`Server::open`] takes a port, and the site for itself where it may write
//! to it; [`Server::run`] answers until it is told to end. This is the only
//! asynchronous code: what is rendered is rendered by threads of its own
//! (`on_demand`), by the same functions as in a whole run.
//!
//! ```text
//! listen      connections, bounded
//! routes      who answers: files, the plan's API, health, metrics
//! path        a request's path to one of the site's, or nothing
//! host        a file that is there, or made
//!   files       opened below the site's folder, kept in memory
//!   on_demand   library, queue, do-once, rendering ahead, what may go again
//! reply       preconditions, ranges, encodings
//! ```

mod api;
mod catalog;
mod content;
mod files;
mod host;
mod listen;
mod metrics;
mod on_demand;
mod path;
mod reply;
mod routes;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::files::quoted;
use crate::manifest::presets_of;
use crate::render::{Holder, PublishError, Site, Untouched, read_catalog, site_settings};
use crate::site::CATALOG;

use files::SiteFiles;
use host::Host;
use metrics::Metrics;
use on_demand::{OnDemand, OnDemandOptions};
use routes::Served;

/// Connections that may be open at a time.
const CONNECTIONS: usize = 4096;

/// What is hosted, and how.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The site.
    pub site: PathBuf,
    /// Where to listen; port 0 picks one that is free.
    pub bind: SocketAddr,
    /// Folders of music to render on demand from; none for what is there alone.
    pub library: Vec<PathBuf>,
    /// Threads that render.
    pub workers: usize,
    /// Bytes that renditions made on demand may take.
    pub cache_limit: Option<u64>,
    /// Origins whose pages may read from here; `*` for all.
    pub cors_origins: Vec<String>,
    /// Whether `/metrics` is there for everybody who can connect.
    pub shows_metrics: bool,
}

/// Why nothing can be hosted.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// There is no site.
    #[error(
        "`{}` is no site: there is no {CATALOG} in it; make one with `segue render LIBRARY -o {}`, or give a --library to render on demand",
        site.display(), quoted(site)
    )]
    NoSite {
        /// Where it was looked for.
        site: PathBuf,
    },
    /// The port is another's.
    #[error("nobody can listen at {address}: {source}{}", hint(.source))]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The site cannot be written.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The machine refuses a thread or a folder.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "; something else listens there: end it, or choose another port with --bind 127.0.0.1:0"
        }
        io::ErrorKind::PermissionDenied => {
            "; ports below 1024 are the system's: choose a higher one"
        }
        io::ErrorKind::AddrNotAvailable => "; this machine has no such address",
        _ => "",
    }
}

/// A server that listens.
pub struct Server {
    runtime: tokio::runtime::Runtime,
    listener: TcpListener,
    served: Arc<Served>,
    connections: usize,
    tracks: usize,
}

impl Server {
    /// Takes the port; begins to read the library, where there is one.
    pub fn open(options: &ServeOptions) -> Result<Self, ServeError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let _inside = runtime.enter();
        let hosted = options.library.is_empty().then(|| {
            read_catalog(&options.site).ok_or_else(|| ServeError::NoSite {
                site: options.site.clone(),
            })
        });
        let hosted = hosted.transpose()?;
        let listener = listen::listen(options.bind).map_err(|source| ServeError::Listen {
            address: options.bind,
            source,
        })?;
        let metrics = Arc::new(Metrics::new());
        let (on_demand, tracks) = if let Some(catalog) = hosted {
            (None, catalog.tracks.len())
        } else {
            let (on_demand, tracks) = open_on_demand(options, &metrics)?;
            (Some(on_demand), tracks)
        };
        let host = Host {
            files: Arc::new(SiteFiles::open(&options.site)?),
            on_demand,
            metrics,
            catalog: Arc::default(),
        };
        Ok(Self {
            served: Arc::new(Served {
                host,
                shows_metrics: options.shows_metrics,
                cors_origins: options.cors_origins.clone(),
            }),
            connections: listen::connections(CONNECTIONS),
            tracks,
            listener,
            runtime,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// How many tracks the site had when it was opened.
    #[must_use]
    pub fn tracks(&self) -> usize {
        self.tracks
    }

    /// Answers until Ctrl-C or SIGTERM, then finishes what is being sent.
    pub fn run(self) -> io::Result<()> {
        let on_demand = self.served.host.on_demand.clone();
        self.runtime.block_on(async {
            let end = ended()?;
            if let Some(on_demand) = &on_demand {
                tokio::spawn(Arc::clone(on_demand).tend());
            }
            listen::serve(self.listener, self.served, self.connections, end).await;
            Ok::<_, io::Error>(())
        })?;
        if let Some(on_demand) = on_demand {
            on_demand.close();
        }
        self.runtime.shutdown_background();
        Ok(())
    }
}

/// Waits for Ctrl-C or SIGTERM.
fn ended() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Takes the site and begins to read the library. Tells how many tracks the
/// site has already.
fn open_on_demand(
    options: &ServeOptions,
    metrics: &Arc<Metrics>,
) -> Result<(Arc<OnDemand>, usize), ServeError> {
    let site = Site::open(&options.site, Holder::Serve)?;
    site.publish_page()?;
    let catalog = read_catalog(&options.site);
    let (settings, presets) = match &catalog {
        Some(catalog) => (catalog.settings, presets_of(&catalog.presets)),
        None => (
            site_settings(&options.site).unwrap_or_default(),
            presets_of(&[]),
        ),
    };
    if catalog.is_none() {
        site.publish_catalog(settings, &presets, &Untouched::default())?;
    }
    let options = OnDemandOptions {
        library: options.library.clone(),
        workers: options.workers,
        cache_limit: options.cache_limit,
        settings,
        presets,
    };
    let on_demand = OnDemand::open(site, options, Arc::clone(metrics))?;
    Ok((on_demand, catalog.map_or(0, |catalog| catalog.tracks.len())))
}
