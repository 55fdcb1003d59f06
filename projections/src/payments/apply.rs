//! What events make of the payments.

use gage_application::{
    event::{Fact, Recorded},
    ports::wake::Notice,
};
use gage_domain::{
    ids::{OrderId, PaymentId},
    payment::{LogRef, PaymentEvent, Terms},
    value::{Address, B256, BaseUnits},
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::rows::{closing_name, failure_name};
use crate::{
    failure::ApplyError,
    target::{Outcome, Target},
};

pub(super) async fn apply(
    db: &mut PgConnection,
    event: &Recorded,
) -> Result<Vec<Notice>, ApplyError> {
    match &event.fact {
        Fact::Payment(id, happened) => Ok(match payment(db, event, *id, happened).await? {
            Outcome::Written => vec![Notice::Order(OrderId::from(*id))],
            Outcome::Seen => vec![],
        }),
        Fact::Shop(..) | Fact::Product(..) | Fact::Inventory(..) | Fact::Order(..) => Ok(vec![]),
    }
}

async fn payment(
    db: &mut PgConnection,
    event: &Recorded,
    id: PaymentId,
    happened: &PaymentEvent,
) -> Result<Outcome, ApplyError> {
    let row = Target {
        table: "payments",
        key_column: "order_id",
        key: id.0,
        position: event.position,
    };
    let at = event.metadata.decided_at;
    match happened {
        PaymentEvent::PaymentRequested(terms) => request(db, row, terms, at).await,
        PaymentEvent::AttemptReported { tx_hash, nonce, by } => {
            let reported = Reported {
                tx_hash: *tx_hash,
                nonce: *nonce,
                by: *by,
                at,
            };
            report_attempt(db, row, &reported).await
        }
        PaymentEvent::AttemptFailed { tx_hash, reason } => {
            fail_attempt(db, row, *tx_hash, failure_name(*reason)).await
        }
        PaymentEvent::PaymentDetected { log, payer, amount } => {
            detect(db, row, log, *payer, *amount).await
        }
        PaymentEvent::PaymentConfirmed { log, confirmations } => {
            confirm(db, row, log, *confirmations).await
        }
        PaymentEvent::PaymentReverted { log } => revert(db, row, log).await,
        PaymentEvent::PaymentExpired { reason } => close(db, row, closing_name(*reason)).await,
        PaymentEvent::FundsReleased { amount, .. } => {
            move_funds(db, row, *amount, BaseUnits::ZERO).await
        }
        PaymentEvent::FundsRefunded { amount, .. } => {
            move_funds(db, row, BaseUnits::ZERO, *amount).await
        }
        PaymentEvent::DisputeOpened { by, .. } => dispute(db, row, *by).await,
    }
}

async fn request(
    db: &mut PgConnection,
    row: Target,
    terms: &Terms,
    at: OffsetDateTime,
) -> Result<Outcome, ApplyError> {
    let statement = row
        .statement(
            "INSERT INTO payments (order_id, xact_id, position, buyer, seller, arbiter, token, \
             amount, deadline, hold_secs, dispute_secs, chain_id, escrow, payment_key, standing, \
             funding, requested_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::numeric, $9, $10::text::numeric, \
             $11::text::numeric, $12::text::numeric, $13, $14, 'awaited', 'none', $15) \
             ON CONFLICT (order_id) DO NOTHING",
        )
        .bind(terms.buyer.as_slice())
        .bind(terms.seller.as_slice())
        .bind(terms.arbiter.as_slice())
        .bind(terms.token.as_slice())
        .bind(terms.amount.to_string())
        .bind(terms.deadline)
        .bind(terms.hold_secs.to_string())
        .bind(terms.dispute_secs.to_string())
        .bind(terms.chain_id.to_string())
        .bind(terms.escrow.as_slice())
        .bind(terms.key.as_slice())
        .bind(at);
    row.insert(db, statement).await
}

/// What `AttemptReported` says.
struct Reported {
    tx_hash: B256,
    nonce: u64,
    by: Address,
    at: OffsetDateTime,
}

async fn report_attempt(
    db: &mut PgConnection,
    row: Target,
    reported: &Reported,
) -> Result<Outcome, ApplyError> {
    let outcome = touch(db, row).await?;
    if outcome == Outcome::Written {
        let attempt = Target {
            table: "attempts",
            ..row
        };
        let statement = attempt
            .statement(
                "INSERT INTO attempts (order_id, xact_id, position, tx_hash, nonce, reported_by, \
                 reported_at) VALUES ($1, $2, $3, $4, $5::text::numeric, $6, $7)",
            )
            .bind(reported.tx_hash.as_slice())
            .bind(reported.nonce.to_string())
            .bind(reported.by.as_slice())
            .bind(reported.at);
        attempt.run(db, statement).await?;
    }
    Ok(outcome)
}

async fn fail_attempt(
    db: &mut PgConnection,
    row: Target,
    tx_hash: B256,
    failure: &str,
) -> Result<Outcome, ApplyError> {
    let outcome = touch(db, row).await?;
    if outcome == Outcome::Written {
        let attempt = Target {
            table: "attempts",
            ..row
        };
        // The row keeps its position: attempts stand in the order of the reports.
        let statement =
            sqlx::query("UPDATE attempts SET failure = $3 WHERE order_id = $1 AND tx_hash = $2")
                .bind(attempt.key)
                .bind(tx_hash.as_slice())
                .bind(failure);
        if attempt.run(db, statement).await? == 0 {
            return Err(attempt.impossible("the attempt was never reported"));
        }
    }
    Ok(outcome)
}

/// Notes that something about the payment changed.
async fn touch(db: &mut PgConnection, row: Target) -> Result<Outcome, ApplyError> {
    let statement = row.statement(
        "UPDATE payments SET xact_id = $2, position = $3 \
         WHERE order_id = $1 AND (xact_id, position) < ($2, $3)",
    );
    row.update(db, statement).await
}

async fn detect(
    db: &mut PgConnection,
    row: Target,
    log: &LogRef,
    payer: Address,
    amount: BaseUnits,
) -> Result<Outcome, ApplyError> {
    let statement = row
        .statement(
            "UPDATE payments SET xact_id = $2, position = $3, funding = 'detected', \
             log_chain_id = $4::text::numeric, log_block_number = $5::text::numeric, \
             log_block_hash = $6, log_tx_hash = $7, log_index = $8::text::numeric, payer = $9, \
             funded = $10::text::numeric \
             WHERE order_id = $1 AND (xact_id, position) < ($2, $3) AND funding = 'none'",
        )
        .bind(log.chain_id.to_string())
        .bind(log.block_number.to_string())
        .bind(log.block_hash.as_slice())
        .bind(log.tx_hash.as_slice())
        .bind(log.log_index.to_string())
        .bind(payer.as_slice())
        .bind(amount.to_string());
    row.update(db, statement).await
}

async fn confirm(
    db: &mut PgConnection,
    row: Target,
    log: &LogRef,
    confirmations: u64,
) -> Result<Outcome, ApplyError> {
    let statement = row
        .statement(
            "UPDATE payments SET xact_id = $2, position = $3, funding = 'confirmed', \
             confirmations = $4::text::numeric \
             WHERE order_id = $1 AND (xact_id, position) < ($2, $3) AND funding = 'detected' \
             AND log_block_hash = $5 AND log_index = $6::text::numeric",
        )
        .bind(confirmations.to_string())
        .bind(log.block_hash.as_slice())
        .bind(log.log_index.to_string());
    row.update(db, statement).await
}

/// Nothing stands any more: what came after the payment is gone with its block.
async fn revert(db: &mut PgConnection, row: Target, log: &LogRef) -> Result<Outcome, ApplyError> {
    let statement = row
        .statement(
            "UPDATE payments SET xact_id = $2, position = $3, funding = 'none', \
             log_chain_id = NULL, log_block_number = NULL, log_block_hash = NULL, \
             log_tx_hash = NULL, log_index = NULL, payer = NULL, funded = NULL, \
             confirmations = NULL, released = 0, refunded = 0, disputed_by = NULL \
             WHERE order_id = $1 AND (xact_id, position) < ($2, $3) \
             AND log_block_hash = $4 AND log_index = $5::text::numeric",
        )
        .bind(log.block_hash.as_slice())
        .bind(log.log_index.to_string());
    row.update(db, statement).await
}

async fn close(db: &mut PgConnection, row: Target, standing: &str) -> Result<Outcome, ApplyError> {
    let statement = row
        .statement(
            "UPDATE payments SET xact_id = $2, position = $3, standing = $4 \
             WHERE order_id = $1 AND (xact_id, position) < ($2, $3) AND standing = 'awaited'",
        )
        .bind(standing);
    row.update(db, statement).await
}

async fn move_funds(
    db: &mut PgConnection,
    row: Target,
    released: BaseUnits,
    refunded: BaseUnits,
) -> Result<Outcome, ApplyError> {
    let statement = row
        .statement(
            "UPDATE payments SET xact_id = $2, position = $3, \
             released = released + $4::text::numeric, refunded = refunded + $5::text::numeric \
             WHERE order_id = $1 AND (xact_id, position) < ($2, $3) AND funding = 'confirmed'",
        )
        .bind(released.to_string())
        .bind(refunded.to_string());
    row.update(db, statement).await
}

/// The first party that asked stays.
async fn dispute(db: &mut PgConnection, row: Target, by: Address) -> Result<Outcome, ApplyError> {
    let statement = row
        .statement(
            "UPDATE payments SET xact_id = $2, position = $3, \
             disputed_by = coalesce(disputed_by, $4) \
             WHERE order_id = $1 AND (xact_id, position) < ($2, $3) AND funding = 'confirmed'",
        )
        .bind(by.as_slice());
    row.update(db, statement).await
}
