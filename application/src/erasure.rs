//! Erasing a customer's personal data: the key goes, the history stays.
//!
//! While goods are still to be delivered, somebody needs to know where to: then it is refused, and
//! says which orders are in the way. Orders without delivery details are in nobody's way.

use std::{collections::HashMap, sync::Arc, time::Duration};

use gage_domain::ids::OrderId;
use thiserror::Error;
use tokio::time::{Instant, sleep};

use crate::ports::{
    StoreUnavailable,
    event_log::{EventLog, LogError},
    open_orders::OpenOrders,
    personal_data::{Delivery, Erased, Erasure, PersonalData, Reading},
};

/// How long the orders may take to show what was written before.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(5);
/// Time between looks at them.
const PAUSE: Duration = Duration::from_millis(50);

/// Orders in the way that are told, at most: one more changes nothing.
pub const OPEN_ORDERS_TOLD: usize = 100;

/// Erases personal data.
#[derive(Clone)]
pub struct Eraser {
    /// Where the keys are.
    pub personal: Arc<dyn PersonalData>,
    /// Which orders may be in the way.
    pub orders: Arc<dyn OpenOrders>,
    /// How far the orders must have come.
    pub log: Arc<dyn EventLog>,
}

/// What becomes of orders that are still to be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenOrderRule {
    /// They are in the way.
    InTheWay,
    /// They lose their delivery details too: somebody decided so.
    ErasedToo,
}

/// Why nothing was erased.
#[derive(Debug, Error)]
pub enum EraseError {
    /// Goods are still to be delivered.
    #[error(
        "{} orders with delivery details are still to be delivered: cancel them, or confirm their \
         delivery, and ask again",
        .0.len()
    )]
    OpenOrders(Vec<OrderId>),
    /// It is not known yet which orders are open.
    #[error("the orders do not show yet what was written before: ask again")]
    Behind,
    /// A store is away.
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
    /// The event log is.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl Eraser {
    /// Erases a customer's personal data, once for each request.
    ///
    /// # Errors
    /// [`EraseError`]; nothing was erased then.
    pub async fn erase(
        &self,
        erasure: &Erasure,
        rule: OpenOrderRule,
    ) -> Result<Erased, EraseError> {
        if let Some(earlier) = self.personal.earlier_erasure(erasure).await? {
            return Ok(earlier);
        }
        if rule == OpenOrderRule::InTheWay {
            let open = self.in_the_way(erasure).await?;
            if !open.is_empty() {
                return Err(EraseError::OpenOrders(open));
            }
        }
        let erased = self.personal.erase(erasure).await?;
        tracing::info!(
            customer = %erasure.customer, by = %erasure.by, keys = erased.keys,
            "personal data erased"
        );
        Ok(erased)
    }

    /// Orders whose delivery details are needed and can be read.
    async fn in_the_way(&self, erasure: &Erasure) -> Result<Vec<OrderId>, EraseError> {
        let head = self.log.state().await?.head;
        let until = Instant::now() + CAUGHT_UP_WITHIN;
        let open = loop {
            let found = self.orders.still_to_deliver(erasure.customer, head).await?;
            if let Some(open) = found {
                break open;
            }
            if Instant::now() >= until {
                return Err(EraseError::Behind);
            }
            sleep(PAUSE).await;
        };
        let mut in_the_way = Vec::new();
        for some in open.chunks(OPEN_ORDERS_TOLD) {
            let found = self.personal.deliveries(some, Reading::Closed).await?;
            in_the_way.extend(needed(some, &found));
            if in_the_way.len() >= OPEN_ORDERS_TOLD {
                in_the_way.truncate(OPEN_ORDERS_TOLD);
                break;
            }
        }
        Ok(in_the_way)
    }
}

fn needed(open: &[OrderId], found: &HashMap<OrderId, Delivery>) -> Vec<OrderId> {
    open.iter()
        .copied()
        .filter(|order| matches!(found.get(order), Some(Delivery::Open(_) | Delivery::Sealed)))
        .collect()
}
