//! Rows of payments and reported transactions.

use gage_domain::{
    escrow::Escrow,
    ids::OrderId,
    payment::{AttemptStanding, Funding},
    value::BaseUnits,
};

use super::{Columns, document, orders::standing_name, timeline::failure_name};
use crate::{ports::replay::Row, replay::life::Life};

pub(in crate::replay) fn payment(id: OrderId, life: &Life) -> Option<Row> {
    let request = life.payment.state.request().ok()?;
    let (terms, paid) = (&request.terms, &life.paid);
    let conversion = paid.conversion.as_deref();
    let sighting = request.funding.sighting();
    let log = sighting.map(|sighting| sighting.log);
    let (funding, escrow) = match &request.funding {
        Funding::None => ("none", None),
        Funding::Detected(_) => ("detected", None),
        Funding::Confirmed(deposit) => ("confirmed", Some(deposit.escrow)),
    };
    let money = |part: fn(&Escrow) -> BaseUnits| escrow.as_ref().map_or(BaseUnits::ZERO, part);
    let hold_ends = paid.seen_at.and_then(|at| terms.hold_ends(at));
    let columns = Columns::default()
        .id(id.0)
        .bytes(terms.buyer)
        .bytes(terms.seller)
        .bytes(terms.arbiter)
        .bytes(terms.token)
        .text(terms.amount)
        .time(terms.deadline)
        .text(terms.hold_secs)
        .text(terms.dispute_secs)
        .text(terms.chain_id)
        .bytes(terms.escrow)
        .bytes(terms.key)
        .maybe(
            conversion
                .map(|conversion| document(&serde_json::to_value(conversion).unwrap_or_default())),
        )
        .text(standing_name(request.standing))
        .text(funding)
        .maybe(log.map(|log| log.chain_id))
        .maybe(log.map(|log| log.block_number))
        .maybe_bytes(log.map(|log| log.block_hash))
        .maybe_bytes(log.map(|log| log.tx_hash))
        .maybe(log.map(|log| log.log_index))
        .maybe_bytes(sighting.map(|sighting| sighting.payer))
        .maybe(sighting.map(|sighting| sighting.amount))
        .maybe_time(paid.seen_at)
        .maybe_time(hold_ends)
        .maybe(escrow.and(paid.confirmations))
        .text(money(Escrow::released))
        .text(money(Escrow::refunded))
        .maybe_bytes(paid.dispute.map(|(by, _, _)| by))
        .maybe_time(paid.dispute.map(|(_, at, _)| at))
        .maybe_position(paid.dispute.map(|(_, _, position)| position))
        .text(paid.shipped)
        .maybe_time(paid.requested_at)
        .position(paid.last);
    Some(columns.done())
}

pub(in crate::replay) fn attempt(id: OrderId, life: &Life, number: usize) -> Option<Row> {
    let request = life.payment.state.request().ok()?;
    let (attempt, beside) = (
        request.attempts.get(number)?,
        life.paid.attempts.get(number)?,
    );
    let failure = match attempt.standing {
        AttemptStanding::Pending => None,
        AttemptStanding::Failed(failure) => Some(failure_name(failure)),
    };
    let columns = Columns::default()
        .id(id.0)
        .bytes(attempt.tx_hash)
        .text(attempt.nonce)
        .bytes(attempt.by)
        .time(beside.reported_at)
        .maybe(failure)
        .text(beside.watched)
        .position(beside.reported);
    Some(columns.done())
}
