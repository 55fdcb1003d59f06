//! What the keeper shows of itself.

use std::sync::Arc;

use gage_domain::value::BaseUnits;
use metrics::gauge;
use tokio::sync::watch;

/// How the keeper fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeeperCondition {
    /// It has not looked yet.
    Starting,
    /// It releases what is due.
    Working,
    /// Something keeps it from that; it tries again. More about it is in the log.
    Waiting(KeeperWaits),
}

/// What the keeper waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeeperWaits {
    /// The node is away or gives no answer that can be used.
    Node,
    /// The database is away.
    Store,
    /// Its key does not sign.
    Key,
    /// The node is on another chain.
    OtherChain,
    /// Gas costs more than is allowed.
    Fees,
    /// The day's budget is spent.
    Budget,
    /// Its account holds too little.
    Funds,
    /// The node did not take a transaction.
    NotTaken,
    /// A transaction is not mined for long.
    Stuck,
}

/// The keeper as others see it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KeeperStatus {
    // One writer, the keeper; readers never wait for it.
    shown: Arc<watch::Sender<Shown>>,
    /// The chain's id, as metrics name it.
    chain: Arc<str>,
    daily_budget: BaseUnits,
}

#[derive(Debug)]
struct Shown {
    condition: KeeperCondition,
    /// What the day's transactions cost, or may cost, wei.
    spent: BaseUnits,
    /// Payments that are due and worth less than their release.
    left_alone: u64,
}

impl KeeperStatus {
    pub(super) fn new(chain_id: u64, daily_budget: BaseUnits) -> Self {
        let shown = Shown {
            condition: KeeperCondition::Starting,
            spent: BaseUnits::ZERO,
            left_alone: 0,
        };
        Self {
            shown: Arc::new(watch::Sender::new(shown)),
            chain: chain_id.to_string().into(),
            daily_budget,
        }
    }

    /// How it fares.
    pub fn condition(&self) -> KeeperCondition {
        self.shown.borrow().condition
    }

    /// What today's transactions cost, or may cost, of what they may, wei.
    pub fn spent_of_budget(&self) -> (BaseUnits, BaseUnits) {
        (self.shown.borrow().spent, self.daily_budget)
    }

    /// Payments that are due, and worth less than the gas of their release.
    pub fn left_alone(&self) -> u64 {
        self.shown.borrow().left_alone
    }

    pub(super) fn leaves_alone(&self, payments: u64) {
        self.shown.send_modify(|shown| shown.left_alone = payments);
        let payments = f64::from(u32::try_from(payments).unwrap_or(u32::MAX));
        gauge!("gage_keeper_left_alone", "chain" => self.chain.clone()).set(payments);
    }

    /// Says whether that is news.
    pub(super) fn fares(&self, condition: KeeperCondition) -> bool {
        let waits = matches!(condition, KeeperCondition::Waiting(_));
        let waits = f64::from(u8::from(waits));
        gauge!("gage_keeper_waiting", "chain" => self.chain.clone()).set(waits);
        self.shown.send_if_modified(|shown| {
            let news = shown.condition != condition;
            shown.condition = condition;
            news
        })
    }

    pub(super) fn spent(&self, spent: BaseUnits) {
        self.shown.send_modify(|shown| shown.spent = spent);
        // Gauges are floats: good to some 16 digits.
        let spent = f64::from(spent.0);
        gauge!("gage_keeper_spent_wei", "chain" => self.chain.clone()).set(spent);
    }
}
