//! The catalog of a run that goes on: now and then it takes in what was rendered,
//! so that one can listen meanwhile, and a run that is killed has not rendered
//! what no player finds.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::plan::Plan;
use super::pool::RunOptions;
use super::publish::{PublishError, Site};
use super::untouched::Untouched;

/// Listing takes this part of a run's time at most, however many tracks there are.
const SHARE: u32 = 20;

/// When what is there is listed.
pub(super) struct Listing<'a> {
    site: &'a Site,
    options: &'a RunOptions,
    untouched: Untouched<'a>,
    /// When it last was, and how long it rests.
    last: Mutex<(Instant, Duration)>,
}

impl<'a> Listing<'a> {
    pub(super) fn new(site: &'a Site, options: &'a RunOptions, plan: &'a Plan) -> Self {
        Self {
            site,
            options,
            untouched: Untouched::of(plan),
            last: Mutex::new((Instant::now(), options.list_every)),
        }
    }

    /// Publishes the page, and the catalog of all that is there.
    pub(super) fn publish(&self) -> Result<(), PublishError> {
        self.site.publish_page()?;
        let options = self.options;
        self.site
            .publish_catalog(options.settings, &options.presets, &self.untouched)?;
        Ok(())
    }

    /// The same, if it is time, and nobody is at it.
    pub(super) fn publish_if_due(&self) -> Result<(), PublishError> {
        let Ok(mut last) = self.last.try_lock() else {
            return Ok(());
        };
        let (at, rest) = *last;
        if at.elapsed() < rest {
            return Ok(());
        }
        let began = Instant::now();
        self.publish()?;
        *last = (Instant::now(), rest.max(began.elapsed() * SHARE));
        Ok(())
    }
}
