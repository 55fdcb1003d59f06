//! A log line when a thing fails and one when it works again; what lies between is counted.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use metrics::counter;
use tracing::{info, warn};

/// Whether a use of Redis works just now.
#[derive(Debug)]
pub(super) struct Outage {
    /// Which use, for logs and the metric's label.
    part: &'static str,
    /// Failures since it last worked.
    failures: AtomicU64,
}

impl Outage {
    pub(super) const fn new(part: &'static str) -> Self {
        Self {
            part,
            failures: AtomicU64::new(0),
        }
    }

    pub(super) fn failed(&self, reason: &dyn fmt::Display) {
        counter!("gage_redis_failures_total", "part" => self.part).increment(1);
        if self.failures.fetch_add(1, Ordering::Relaxed) == 0 {
            warn!(part = self.part, %reason, "Redis fails; only counted from now on until it works");
        }
    }

    pub(super) fn worked(&self) {
        // Read first: in the normal case nobody writes to the shared line.
        if self.failures.load(Ordering::Relaxed) > 0 {
            let failures = self.failures.swap(0, Ordering::Relaxed);
            if failures > 0 {
                info!(part = self.part, failures, "Redis works again");
            }
        }
    }
}
