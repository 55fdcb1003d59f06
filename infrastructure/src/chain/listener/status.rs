//! What the listener shows of itself.

use std::sync::Arc;

use gage_application::ports::chain::{BlockRef, ChainCondition, ChainStatus, ChainView};
use metrics::gauge;
use time::OffsetDateTime;
use tokio::sync::watch;

/// The listener as others see it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ListenerStatus {
    // One writer, the listener; readers never wait for it.
    status: Arc<watch::Sender<ChainStatus>>,
    /// The chain's id, as metrics name it.
    chain: Arc<str>,
    confirmations: u64,
}

impl ListenerStatus {
    pub(super) fn new(chain_id: u64, confirmations: u64) -> Self {
        let status = ChainStatus {
            head: None,
            lag_blocks: 0,
            read_until: None,
            condition: ChainCondition::Starting,
        };
        Self {
            status: Arc::new(watch::Sender::new(status)),
            chain: chain_id.to_string().into(),
            confirmations,
        }
    }

    /// The head and the cursor as a turn found them.
    pub(super) fn saw(&self, head: BlockRef, cursor: BlockRef) {
        let lag_blocks = head.number.saturating_sub(cursor.number);
        self.status.send_modify(|status| {
            status.head = Some(head);
            status.lag_blocks = lag_blocks;
        });
        gauge!("gage_chain_head", "chain" => self.chain.clone()).set(gauged(head.number));
        gauge!("gage_chain_lag_blocks", "chain" => self.chain.clone()).set(gauged(lag_blocks));
    }

    /// The chain was surely read until then.
    pub(super) fn read_until(&self, then: OffsetDateTime) {
        self.status
            .send_modify(|status| status.read_until = status.read_until.max(Some(then)));
    }

    pub(super) fn fares(&self, condition: ChainCondition) {
        self.status.send_if_modified(|status| {
            std::mem::replace(&mut status.condition, condition) != condition
        });
        for (each, name) in CONDITIONS {
            let holds = f64::from(u8::from(each == condition));
            let chain = self.chain.clone();
            gauge!("gage_chain_condition", "chain" => chain, "condition" => name).set(holds);
        }
    }
}

impl ChainView for ListenerStatus {
    fn status(&self) -> ChainStatus {
        *self.status.borrow()
    }

    fn confirmations_required(&self) -> u64 {
        self.confirmations
    }
}

const CONDITIONS: [(ChainCondition, &str); 5] = [
    (ChainCondition::Starting, "starting"),
    (ChainCondition::Following, "following"),
    (ChainCondition::Stalled, "stalled"),
    (ChainCondition::Unreachable, "unreachable"),
    (ChainCondition::Halted, "halted"),
];

/// Gauges are floats; heights stay far below 2^32.
fn gauged(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
