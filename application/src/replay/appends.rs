//! What belongs together in one append: both sides say what they owe each other, and what is
//! owed twice, once by each, is settled.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
};

use gage_domain::{
    ids::{OrderId, SkuId},
    payment::{ClosingReason, LogId},
};

use super::{
    entry::StreamKey,
    finding::{Fault, Findings, Place},
};
use crate::position::LogPosition;

/// Something that an order's event and another stream's event have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Bond {
    /// So many pieces are reserved.
    Reserved(SkuId, u32),
    /// So many pieces are given back.
    Released(SkuId, u32),
    /// So many pieces are sold.
    Committed(SkuId, u32),
    /// The payment is asked for.
    Requested,
    /// The payment is closed.
    Closed(ClosingReason),
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The order.
    Order,
    /// The stock, or the payment.
    Other,
}

/// A bond that one side spoke of.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) order: OrderId,
    pub(super) bond: Bond,
    pub(super) side: Side,
    pub(super) stream: StreamKey,
    pub(super) sequence: u64,
    pub(super) position: LogPosition,
}

/// What is still open, over all streams.
#[derive(Debug, Default)]
pub(super) struct Appends {
    open: HashMap<(i64, OrderId, Bond), Said>,
    /// Logs of chains that count. Over all parts of the log, so only their hashes, keyed by
    /// chance: nobody can make two logs of which one hides the other.
    counted: HashSet<u64>,
    hasher: RandomState,
}

impl Appends {
    /// One side says it; what the other side said before is settled.
    pub(super) fn say(&mut self, said: Said, findings: &mut Findings) {
        let key = (said.position.xact_id, said.order, said.bond);
        match self.open.remove(&key) {
            None => _ = self.open.insert(key, said),
            Some(other) if other.side != said.side => {}
            Some(other) => {
                tell(&said, findings);
                self.open.insert(key, other);
            }
        }
    }

    /// A log of a chain counts for a payment or a payout; whether it is the first time.
    pub(super) fn count(&mut self, log: LogId) -> bool {
        self.counted.insert(self.hasher.hash_one(log))
    }

    /// It does not count any more.
    pub(super) fn discount(&mut self, log: LogId) {
        self.counted.remove(&self.hasher.hash_one(log));
    }

    /// The whole log was read: what is open stays open.
    pub(super) fn close(&mut self, findings: &mut Findings) {
        let mut open: Vec<Said> = self.open.drain().map(|(_, said)| said).collect();
        open.sort_by_key(|said| said.position);
        for said in &open {
            tell(said, findings);
        }
    }
}

fn tell(said: &Said, findings: &mut Findings) {
    let Said { order, bond, .. } = said;
    let place = Place::event(said.stream.to_string(), said.sequence, said.position);
    let (found, expected) = match said.side {
        Side::Order => (
            "the order's event alone".to_owned(),
            format!("with it, in the same append, {}", bond.of_other(*order)),
        ),
        Side::Other => (
            "the event alone".to_owned(),
            format!("with it, in the same append, {}", bond.of_order(*order)),
        ),
    };
    findings.add(Fault::Alone, place, found, expected);
}

impl Bond {
    fn of_other(self, order: OrderId) -> String {
        match self {
            Self::Reserved(sku, pieces) => format!("StockReserved of {pieces} in Inventory:{sku}"),
            Self::Released(sku, pieces) => {
                format!("ReservationReleased of {pieces} in Inventory:{sku}")
            }
            Self::Committed(sku, pieces) => {
                format!("ReservationCommitted of {pieces} in Inventory:{sku}")
            }
            Self::Requested => format!("PaymentRequested in Payment:{order}"),
            Self::Closed(reason) => format!("PaymentExpired ({reason:?}) in Payment:{order}"),
        }
    }

    fn of_order(self, order: OrderId) -> String {
        match self {
            Self::Reserved(sku, pieces) => {
                format!("OrderPlaced with {pieces} of {sku} in Order:{order}")
            }
            Self::Released(sku, pieces) => {
                format!("the end of Order:{order}, which had {pieces} of {sku}")
            }
            Self::Committed(sku, pieces) => {
                format!("OrderApproved of Order:{order}, which had {pieces} of {sku}")
            }
            Self::Requested => format!("OrderPlaced in Order:{order}"),
            Self::Closed(reason) => format!("the end of Order:{order} ({reason:?})"),
        }
    }
}
