//! Payments on real chains (Ganache and Anvil), settled through the real gateway.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that panics fails its test, as it should"
)]

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "shared with other test binaries")]
mod support;

#[path = "../support/node.rs"]
#[expect(unreachable_pub, reason = "shared with other test binaries")]
mod node;

mod anchoring;
mod attempts;
mod backfill;
mod bytecode;
mod contracts;
mod custody;
mod ending;
mod following;
mod gas;
mod halts;
mod keeper;
mod nodes;
mod outages;
mod paying;
mod permits;
mod proxy;
mod quotes;
mod rates;
mod reconciliation;
mod reconciliation_outages;
mod refused;
mod reorganisations;
mod spoiled;
mod watching;
mod withdrawals;
mod world;

/// Runs a test on both programs, each as a test of its own.
macro_rules! on_both {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        mod $name {
            #[tokio::test(flavor = "multi_thread")]
            async fn on_ganache() {
                super::$name(crate::node::Program::Ganache).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_anvil() {
                super::$name(crate::node::Program::Anvil).await;
            }
        }
    )+ };
}
pub(crate) use on_both;
