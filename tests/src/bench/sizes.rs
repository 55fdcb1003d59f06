//! How much is measured: a few seconds' worth for the test that keeps the benchmark running,
//! minutes for a look, longer for figures to publish.

use std::time::Duration;

/// How much is measured.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Whether it runs at all; its figures mean nothing.
    Tiny,
    /// All of it in less than ten minutes.
    Short,
    /// Full sizes and more repetitions.
    Long,
}

/// The sizes of a form.
#[derive(Debug, Clone)]
pub struct Sizes {
    /// How long each closed or open loop runs.
    pub stretch: Duration,
    /// Writers on distinct aggregates, one run each.
    pub writers: &'static [usize],
    /// Buyers of the hot product.
    pub buyers: usize,
    /// Reservations that buyers try through the gateway; a tenth must be refused.
    pub reservations: u64,
    /// Whole orders that buyers try for the hot product, through the gateway.
    pub hot_orders: u64,
    /// Whole orders that buyers try over GraphQL.
    pub hot_requests: u64,
    /// Products in the shop while orders are placed, one run each. A hundred thousand take too
    /// long to list for a short form.
    pub products: &'static [usize],
    /// Connections that place orders or ask for pages.
    pub connections: usize,
    /// Subscribers, one run each.
    pub subscribers: &'static [usize],
    /// Changes that the subscribers wait for.
    pub changes: usize,
    /// Events that are replayed and projected.
    pub replayed: usize,
    /// Payments that the listener finds.
    pub payments: usize,
    /// Events in the log, one look each.
    pub logs: &'static [usize],
    /// Commands of one look, and looks at each log.
    pub look: (u64, usize),
}

impl From<Form> for Sizes {
    fn from(form: Form) -> Self {
        match form {
            Form::Tiny => Self {
                stretch: Duration::from_millis(200),
                writers: &[1, 4],
                buyers: 20,
                reservations: 200,
                hot_orders: 50,
                hot_requests: 40,
                products: &[10, 30],
                connections: 2,
                subscribers: &[1, 3],
                changes: 2,
                replayed: 300,
                payments: 25,
                logs: &[200, 400],
                look: (50, 3),
            },
            Form::Short => Self {
                stretch: Duration::from_secs(6),
                writers: &[1, 16, 64, 256],
                buyers: 1_000,
                reservations: 150_000,
                hot_orders: 30_000,
                hot_requests: 15_000,
                products: &[1_000, 10_000],
                connections: 64,
                subscribers: &[1, 1_000],
                changes: 20,
                replayed: 300_000,
                payments: 2_000,
                logs: &[10_000, 100_000, 1_000_000],
                look: (2_000, 9),
            },
            Form::Long => Self {
                stretch: Duration::from_secs(20),
                writers: &[1, 16, 64, 256],
                buyers: 1_000,
                reservations: 600_000,
                hot_orders: 150_000,
                hot_requests: 60_000,
                products: &[1_000, 100_000],
                connections: 64,
                subscribers: &[1, 1_000],
                changes: 100,
                replayed: 1_000_000,
                payments: 20_000,
                logs: &[10_000, 100_000, 1_000_000],
                look: (2_000, 25),
            },
        }
    }
}
