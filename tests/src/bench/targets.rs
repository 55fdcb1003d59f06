//! What is to be reached, and the figures that a README shows.

use serde::{Deserialize, Serialize};

use super::report::Row;

/// A figure that stands for many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Headline {
    /// Commands on distinct aggregates.
    Append,
    /// The same with idempotency keys.
    AppendKeyed,
    /// Reservations of one product.
    HotReservations,
    /// Orders of one product, through the gateway.
    HotOrders,
    /// Orders of one product, over GraphQL.
    HotGraphql,
    /// Whole orders over GraphQL, as many as go.
    Orders,
    /// Whole orders over GraphQL at half of that rate.
    OrdersAtHalf,
    /// A page of products.
    ProductList,
    /// A page of products while orders come in.
    ProductListBusy,
    /// An order's page.
    OrderPage,
    /// From an event to its subscribers.
    Subscription,
    /// A read model, from nothing.
    Rebuild,
    /// A read model, following.
    CatchUp,
    /// The whole log, read.
    Replay,
    /// The whole log with every event checked.
    AuditReplay,
    /// What that needs.
    AuditMemory,
    /// Payments found on the chain.
    Backfill,
    /// What a command costs in a long log, against a short one.
    Growth,
    /// The server's memory.
    Memory,
    /// The server's start.
    Start,
    /// The server's binary.
    Binary,
}

/// What a bound is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The row's own figure.
    Figure,
    /// The figure by that of the baseline.
    Ratio,
    /// The 99th percentile, in milliseconds.
    P99,
}

/// A bound to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// What it is on.
    pub measure: Measure,
    /// From which side.
    pub side: Side,
    /// The bound itself is good enough.
    pub bound: f64,
}

/// From which side a bound is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// At least.
    AtLeast,
    /// At most.
    AtMost,
}

const fn target(measure: Measure, side: Side, bound: f64) -> Target {
    Target {
        measure,
        side,
        bound,
    }
}

impl Headline {
    /// What is to be reached on two cores, with the load's own cost beside it.
    pub fn targets(self) -> Vec<Target> {
        use Measure::{Figure, P99, Ratio};
        use Side::{AtLeast, AtMost};
        match self {
            Self::Append => vec![target(Ratio, AtLeast, 2.5)],
            Self::HotReservations => vec![
                target(Figure, AtLeast, 30_000.0),
                target(P99, AtMost, 100.0),
            ],
            Self::Orders => vec![target(Figure, AtLeast, 3_000.0)],
            Self::OrdersAtHalf => vec![target(P99, AtMost, 50.0)],
            Self::ProductList => vec![
                target(Figure, AtLeast, 8_000.0),
                target(Ratio, AtLeast, 0.5),
            ],
            Self::Subscription => vec![target(P99, AtMost, 20.0)],
            Self::Rebuild => vec![target(Figure, AtLeast, 100_000.0)],
            Self::Growth => vec![target(Ratio, AtMost, 1.1)],
            Self::AuditReplay => vec![target(Ratio, AtLeast, 0.5)],
            Self::AuditMemory => vec![target(Figure, AtMost, 512.0)],
            Self::Memory => vec![target(Figure, AtMost, 150.0)],
            Self::AppendKeyed
            | Self::HotOrders
            | Self::HotGraphql
            | Self::ProductListBusy
            | Self::OrderPage
            | Self::CatchUp
            | Self::Replay
            | Self::Backfill
            | Self::Start
            | Self::Binary => vec![],
        }
    }
}

impl Target {
    /// Whether a row reaches it; a row without the measure does not.
    pub fn reached_by(&self, row: &Row) -> bool {
        let measured = match self.measure {
            Measure::Figure => Some(row.figure),
            Measure::Ratio => row.ratio(),
            Measure::P99 => row.tail.map(|tail| tail.p99_ms),
        };
        measured.is_some_and(|measured| match self.side {
            Side::AtLeast => measured >= self.bound,
            Side::AtMost => measured <= self.bound,
        })
    }
}
