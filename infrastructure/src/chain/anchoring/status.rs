//! What anchoring shows of itself.

use std::sync::Arc;

use metrics::gauge;
use tokio::sync::watch;

/// How anchoring fares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AnchoringCondition {
    /// It has not looked yet.
    #[default]
    Starting,
    /// It writes what is due.
    Working,
    /// Something keeps it from that; it tries again. More about it is in the log.
    Waiting(AnchoringWaits),
}

/// What anchoring waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchoringWaits {
    /// The node is away or gives no answer that can be used.
    Node,
    /// The database is away.
    Store,
    /// Its key does not sign.
    Key,
    /// The node is on another chain, or the contract is not there.
    OtherChain,
    /// Gas costs more than is allowed.
    Fees,
    /// The day's budget is spent.
    Budget,
    /// Its account holds too little.
    Funds,
    /// The node or the contract did not take a transaction.
    NotTaken,
    /// A transaction is not mined.
    Stuck,
}

/// Anchoring as others see it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct AnchoringStatus(Arc<watch::Sender<AnchoringCondition>>);

impl AnchoringStatus {
    /// How it fares.
    pub fn condition(&self) -> AnchoringCondition {
        *self.0.borrow()
    }

    /// Says whether that is news.
    pub(super) fn fares(&self, condition: AnchoringCondition) -> bool {
        let waits = matches!(condition, AnchoringCondition::Waiting(_));
        gauge!("gage_anchoring_waiting").set(f64::from(u8::from(waits)));
        self.0.send_if_modified(|known| {
            let news = *known != condition;
            *known = condition;
            news
        })
    }
}
