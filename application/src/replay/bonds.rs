//! What events of different streams have in common.

use gage_domain::{
    ids::{OrderId, SkuId},
    order::{OrderEvent, OrderLine, Phase},
    payment::ClosingReason,
};

use super::{
    appends::{Bond, Said, Side},
    entry::StreamKey,
};
use crate::event::Recorded;

/// What an event says of a bond.
pub(super) fn said(
    order: OrderId,
    bond: Bond,
    side: Side,
    key: StreamKey,
    event: &Recorded,
) -> Said {
    Said {
        order,
        bond,
        side,
        stream: key,
        sequence: event.sequence,
        position: event.position,
    }
}

/// What an order's event has in common with events of other streams. The phase is the one before.
pub(super) fn bonds(happened: &OrderEvent, phase: Option<Phase>, lines: &[OrderLine]) -> Vec<Bond> {
    let each = |bond: fn(SkuId, u32) -> Bond| {
        let lines = lines.iter();
        lines.map(move |line| bond(line.sku, line.quantity.get()))
    };
    match happened {
        OrderEvent::OrderPlaced { .. } => each(Bond::Reserved).chain([Bond::Requested]).collect(),
        OrderEvent::OrderApproved {} => each(Bond::Committed).collect(),
        OrderEvent::OrderRejected { .. } => let_go(each, ClosingReason::OrderRejected),
        OrderEvent::OrderCancelled {} => let_go(each, ClosingReason::OrderCancelled),
        OrderEvent::OrderExpired {} => let_go(each, ClosingReason::Lapsed),
        OrderEvent::OrderRefunded {} if phase == Some(Phase::Paid) => {
            each(Bond::Released).collect()
        }
        OrderEvent::OrderRefunded {}
        | OrderEvent::OrderPaid {}
        | OrderEvent::OrderPaymentReverted {}
        | OrderEvent::OrderShipped { .. }
        | OrderEvent::DeliveryConfirmed {}
        | OrderEvent::OrderCompleted {} => Vec::new(),
    }
}

fn let_go<I: Iterator<Item = Bond>>(
    each: impl Fn(fn(SkuId, u32) -> Bond) -> I,
    reason: ClosingReason,
) -> Vec<Bond> {
    each(Bond::Released).chain([Bond::Closed(reason)]).collect()
}
