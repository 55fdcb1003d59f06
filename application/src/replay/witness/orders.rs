//! Rows of orders and their lines.

use gage_domain::{
    ids::{OrderId, ShopId},
    order::Phase,
    payment::Standing,
};

use super::Columns;
use crate::{
    ports::replay::Row,
    replay::{catalogue::ShopFold, life::Life},
};

pub(in crate::replay) fn owner(id: ShopId, shop: &ShopFold) -> Option<Row> {
    let details = shop.folded.state.open().ok()?;
    let columns = Columns::default()
        .id(id.0)
        .bytes(details.owner)
        .position(shop.opened);
    Some(columns.done())
}

pub(in crate::replay) fn order(id: OrderId, life: &Life) -> Option<Row> {
    let details = life.order.state.details().ok()?;
    let (placed_at, placed) = life.placed?;
    let request = life.payment.state.request().ok();
    let terms = request.map(|request| &request.terms);
    let tracking = details.tracking.as_ref();
    let seen = request.is_some_and(|request| request.funding.sighting().is_some());
    let columns = Columns::default()
        .id(id.0)
        .bytes(details.buyer)
        .id(details.shop.0)
        .text(phase_name(life.order.state.phase()?))
        .price(Some(&details.total))
        .time(details.pay_by)
        .time(placed_at)
        .maybe(terms.map(|terms| terms.chain_id))
        .text(seen)
        .maybe_time(life.expires_at)
        .maybe_bytes(
            terms
                .map(|terms| terms.arbiter)
                .filter(|arbiter| !arbiter.is_zero()),
        )
        .text(life.paid.dispute.is_some())
        .maybe(tracking.map(|tracking| &tracking.carrier))
        .maybe(tracking.map(|tracking| &tracking.number))
        .maybe(life.rejection_reason.as_ref())
        .position(placed)
        .position(life.last);
    Some(columns.done())
}

pub(in crate::replay) fn line(id: OrderId, life: &Life, number: usize) -> Option<Row> {
    let bought = life.order.state.lines().get(number)?;
    let columns = Columns::default()
        .id(id.0)
        .text(number)
        .id(bought.product.0)
        .id(bought.sku.0)
        .name(&bought.name)
        .price(Some(&bought.unit_price))
        .text(bought.quantity.get());
    Some(columns.done())
}

const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::AwaitingPayment => "awaiting_payment",
        Phase::Paid => "paid",
        Phase::Approved => "approved",
        Phase::Shipped => "shipped",
        Phase::Delivered => "delivered",
        Phase::Completed => "completed",
        Phase::Rejected => "rejected",
        Phase::Cancelled => "cancelled",
        Phase::Expired => "expired",
        Phase::Refunded => "refunded",
    }
}

/// Whether a payment is still wanted, or why not.
pub(super) const fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::Awaited => "awaited",
        Standing::Closed(reason) => super::timeline::closing_name(reason),
    }
}
