//! `segue serve`.

use std::num::NonZero;

use tracing_subscriber::EnvFilter;

use super::args::ServeArguments;
use super::{CommandError, SUCCESS, signals};
use crate::library::check_roots;
use crate::serve::{ServeOptions, Server};

/// Hosts a site until Ctrl-C.
pub(super) fn run(arguments: &ServeArguments) -> Result<u8, CommandError> {
    signals::listen()?;
    log(arguments);
    check_roots(&arguments.library)?;
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let server = Server::open(&ServeOptions {
        site: arguments.site.clone(),
        bind: arguments.bind,
        library: arguments.library.clone(),
        workers: arguments.jobs.map_or(cores, usize::from),
        cache_limit: arguments.cache_limit,
        cors_origins: arguments.cors_origin.clone(),
        shows_metrics: arguments.metrics,
    })?;
    let address = server.address()?;
    let url = format!("http://{address}/");
    say(arguments, &server, &url);
    if !address.ip().is_loopback() {
        eprintln!(
            "anybody who can reach {address} can listen, and make this machine render: behind TLS and a login is where it belongs (examples/)"
        );
    }
    if arguments.open
        && let Err(error) = opener::open_browser(&url)
    {
        eprintln!("no browser could be opened ({error}): go to {url}");
    }
    server.run()?;
    eprintln!("stopped");
    Ok(SUCCESS)
}

fn say(arguments: &ServeArguments, server: &Server, url: &str) {
    println!("listening at {url}");
    let site = arguments.site.display();
    eprintln!("hosting {site}, {}", tracks(server.tracks()));
    match arguments.library.as_slice() {
        [] => eprintln!("only what is there: with --library DIR, what is missing is rendered"),
        library => {
            let folders: Vec<String> = library
                .iter()
                .map(|folder| folder.display().to_string())
                .collect();
            eprintln!("rendering on demand from {}", folders.join(", "));
        }
    }
    eprintln!("Ctrl-C ends it");
}

/// Warnings; with `-v` a line for each request, too. `RUST_LOG` overrides.
fn log(arguments: &ServeArguments) {
    let usual = if arguments.verbose {
        "segue=info"
    } else {
        "segue=warn"
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(false)
        .with_writer(std::io::stderr);
    // Only one can be set, and this is the first.
    let _is_set = subscriber.try_init().is_ok();
}

fn tracks(count: usize) -> String {
    match count {
        0 => "no tracks so far".to_owned(),
        1 => "1 track".to_owned(),
        count => format!("{count} tracks"),
    }
}
