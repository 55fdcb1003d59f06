//! Loading and writing the payments' rows.

use std::collections::{BTreeSet, HashMap};

use gage_application::event::{Fact, Recorded};
use gage_domain::{
    ids::OrderId,
    order::OrderEvent,
    payment::{AttemptStanding, PaymentEvent, Standing},
    value::B256,
};
use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    fold::{Attempt, Rows},
    rows::{
        self, ATTEMPT_COLUMNS, DisputeRow, FundingRow, PAYMENT_COLUMNS, PaymentRow, closing_name,
        failure_name,
    },
};
use crate::{
    columns::Columns, entities::column, failure::ApplyError, projection::Extent, writing::write,
};

pub(super) async fn load(
    db: &mut PgConnection,
    rows: &mut Rows,
    events: &[Recorded],
) -> Result<(), ApplyError> {
    let (mut payments, mut attempted) = (BTreeSet::new(), BTreeSet::new());
    for event in events {
        match &event.fact {
            Fact::Payment(id, happened) => {
                payments.insert(id.0);
                if let PaymentEvent::AttemptReported { .. }
                | PaymentEvent::AttemptFailed { .. }
                | PaymentEvent::PaymentConfirmed { .. }
                | PaymentEvent::PaymentReverted { .. } = happened
                {
                    attempted.insert(id.0);
                }
            }
            Fact::Order(id, OrderEvent::OrderShipped { .. }) => {
                payments.insert(id.0);
            }
            Fact::Order(..)
            | Fact::Shop(..)
            | Fact::Product(..)
            | Fact::Inventory(..)
            | Fact::Payout(..) => {}
        }
    }
    let find = format!("SELECT {PAYMENT_COLUMNS} FROM payments p WHERE p.order_id = ANY($1)");
    rows.payments
        .load(db, &find, payments, rows::payment)
        .await?;
    load_attempts(db, &mut rows.attempts, attempted).await
}

/// Loads the attempts of payments. One that is held stays as it is: the events of a batch have
/// changed it.
async fn load_attempts(
    db: &mut PgConnection,
    attempts: &mut HashMap<(OrderId, B256), Attempt>,
    orders: BTreeSet<Uuid>,
) -> Result<(), ApplyError> {
    if orders.is_empty() {
        return Ok(());
    }
    let orders: Vec<Uuid> = orders.into_iter().collect();
    let sql = format!(
        "SELECT a.order_id, {ATTEMPT_COLUMNS}, a.watched, a.xact_id, a.position \
         FROM attempts a \
         WHERE a.order_id = ANY($1)"
    );
    let found = sqlx::query(&sql)
        .bind(orders)
        .fetch_all(db)
        .await
        .map_err(|source| ApplyError::database("attempts", source))?;
    for found in &found {
        let Some(row) = rows::attempt(found)? else {
            continue;
        };
        let order = rows::order_of(found)?;
        let columns = Columns::of(found, "payments.attempts", "order_id");
        let reported = columns.position("xact_id", "position")?;
        let (watched, changed) = (columns.get("watched")?, false);
        attempts.entry((order, row.tx_hash)).or_insert(Attempt {
            row,
            reported,
            watched,
            changed,
        });
    }
    Ok(())
}

pub(super) async fn write_rows(
    db: &mut PgConnection,
    rows: &mut Rows,
    extent: Extent,
) -> Result<(), ApplyError> {
    if extent == Extent::Added {
        return Ok(());
    }
    write_payments(db, &rows.payments.take_changed()).await?;
    let mut attempts: Vec<(OrderId, Attempt)> = std::mem::take(&mut rows.attempts)
        .into_iter()
        .filter(|(_, attempt)| attempt.changed)
        .map(|((order, _), attempt)| (order, attempt))
        .collect();
    attempts.sort_unstable_by_key(|(order, attempt)| (*order, attempt.row.tx_hash));
    write_attempts(db, &attempts).await
}

async fn write_payments(db: &mut PgConnection, payments: &[PaymentRow]) -> Result<(), ApplyError> {
    let fundings = column(payments, |payment| Funding::of(&payment.funding));
    let terms = column(payments, |payment| &payment.terms);
    let statement = sqlx::query(WRITE_PAYMENTS)
        .bind(column(&terms, |terms| terms.order.0))
        .bind(column(&terms, |terms| terms.buyer.as_slice()))
        .bind(column(&terms, |terms| terms.seller.as_slice()))
        .bind(column(&terms, |terms| terms.arbiter.as_slice()))
        .bind(column(&terms, |terms| terms.token.as_slice()))
        .bind(column(&terms, |terms| terms.amount.to_string()))
        .bind(column(&terms, |terms| terms.deadline))
        .bind(column(&terms, |terms| terms.hold_secs.to_string()))
        .bind(column(&terms, |terms| terms.dispute_secs.to_string()))
        .bind(column(&terms, |terms| terms.chain_id.to_string()))
        .bind(column(&terms, |terms| terms.escrow.as_slice()))
        .bind(column(&terms, |terms| terms.key.as_slice()))
        .bind(column(payments, |payment| standing_name(payment.standing)))
        .bind(column(&fundings, |funding| funding.name))
        .bind(column(&fundings, |funding| funding.chain_id.as_deref()))
        .bind(column(&fundings, |funding| funding.block_number.as_deref()))
        .bind(column(&fundings, |funding| funding.block_hash))
        .bind(column(&fundings, |funding| funding.tx_hash))
        .bind(column(&fundings, |funding| funding.log_index.as_deref()))
        .bind(column(&fundings, |funding| funding.payer))
        .bind(column(&fundings, |funding| funding.funded.as_deref()))
        .bind(column(&fundings, |funding| {
            funding.confirmations.as_deref()
        }))
        .bind(column(&fundings, |funding| funding.released.as_str()))
        .bind(column(&fundings, |funding| funding.refunded.as_str()))
        .bind(column(&fundings, |funding| funding.paid_at))
        .bind(column(payments, PaymentRow::hold_ends))
        .bind(column(&fundings, |funding| {
            funding.dispute.map(|d| d.by.as_slice())
        }))
        .bind(column(&fundings, |funding| {
            funding.dispute.map(|d| d.opened_at)
        }))
        .bind(column(&fundings, |funding| {
            funding.dispute.map(|d| d.opened.xact_id)
        }))
        .bind(column(&fundings, |funding| {
            funding.dispute.map(|d| d.opened.position)
        }))
        .bind(column(payments, |payment| payment.shipped))
        .bind(column(payments, |payment| payment.requested_at))
        .bind(column(payments, |payment| payment.position.xact_id))
        .bind(column(payments, |payment| payment.position.position))
        .bind(column(payments, |payment| {
            payment.conversion.as_ref().map(Json)
        }));
    write(db, "payments", payments.len(), statement).await
}

/// The terms never change; whatever else is in the row is written as it is now.
const WRITE_PAYMENTS: &str = "
INSERT INTO payments AS held (order_id, buyer, seller, arbiter, token, amount, deadline,
       hold_secs, dispute_secs, chain_id, escrow, payment_key, standing, funding, log_chain_id,
       log_block_number, log_block_hash, log_tx_hash, log_index, payer, funded, confirmations,
       released, refunded, paid_at, hold_ends, disputed_by, disputed_at, disputed_xact_id,
       disputed_position, shipped, requested_at, xact_id, position, conversion)
SELECT order_id, buyer, seller, arbiter, token, amount::numeric, deadline, hold_secs::numeric,
       dispute_secs::numeric, chain_id::numeric, escrow, payment_key, standing, funding,
       log_chain_id::numeric, log_block_number::numeric, log_block_hash, log_tx_hash,
       log_index::numeric, payer, funded::numeric, confirmations::numeric, released::numeric,
       refunded::numeric, paid_at, hold_ends, disputed_by, disputed_at, disputed_xact_id,
       disputed_position, shipped, requested_at, xact_id, position, conversion
  FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[],
       $7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::bytea[], $12::bytea[],
       $13::text[], $14::text[], $15::text[], $16::text[], $17::bytea[], $18::bytea[],
       $19::text[], $20::bytea[], $21::text[], $22::text[], $23::text[], $24::text[],
       $25::timestamptz[], $26::timestamptz[], $27::bytea[], $28::timestamptz[], $29::bigint[],
       $30::bigint[], $31::boolean[], $32::timestamptz[], $33::bigint[], $34::bigint[],
       $35::jsonb[])
    AS given (order_id, buyer, seller, arbiter, token, amount, deadline, hold_secs,
       dispute_secs, chain_id, escrow, payment_key, standing, funding, log_chain_id,
       log_block_number, log_block_hash, log_tx_hash, log_index, payer, funded, confirmations,
       released, refunded, paid_at, hold_ends, disputed_by, disputed_at, disputed_xact_id,
       disputed_position, shipped, requested_at, xact_id, position, conversion)
    ON CONFLICT (order_id) DO UPDATE
   SET standing = excluded.standing, funding = excluded.funding,
       log_chain_id = excluded.log_chain_id, log_block_number = excluded.log_block_number,
       log_block_hash = excluded.log_block_hash, log_tx_hash = excluded.log_tx_hash,
       log_index = excluded.log_index, payer = excluded.payer, funded = excluded.funded,
       confirmations = excluded.confirmations, released = excluded.released,
       refunded = excluded.refunded, paid_at = excluded.paid_at,
       hold_ends = excluded.hold_ends, disputed_by = excluded.disputed_by,
       disputed_at = excluded.disputed_at, disputed_xact_id = excluded.disputed_xact_id,
       disputed_position = excluded.disputed_position, shipped = excluded.shipped,
       xact_id = excluded.xact_id, position = excluded.position
 WHERE (held.xact_id, held.position) < (excluded.xact_id, excluded.position)";

/// The columns that say what the chain showed.
#[derive(Default)]
struct Funding<'p> {
    name: &'static str,
    chain_id: Option<String>,
    block_number: Option<String>,
    block_hash: Option<&'p [u8]>,
    tx_hash: Option<&'p [u8]>,
    log_index: Option<String>,
    payer: Option<&'p [u8]>,
    funded: Option<String>,
    confirmations: Option<String>,
    released: String,
    refunded: String,
    paid_at: Option<OffsetDateTime>,
    dispute: Option<&'p DisputeRow>,
}

impl<'p> Funding<'p> {
    fn of(funding: &'p FundingRow) -> Self {
        let mut columns = Self {
            name: "none",
            released: "0".to_owned(),
            refunded: "0".to_owned(),
            ..Self::default()
        };
        match funding {
            FundingRow::None => return columns,
            FundingRow::Detected(_) => columns.name = "detected",
            FundingRow::Confirmed {
                confirmations,
                released,
                refunded,
                dispute,
                ..
            } => {
                columns.name = "confirmed";
                columns.confirmations = Some(confirmations.to_string());
                columns.released = released.to_string();
                columns.refunded = refunded.to_string();
                columns.dispute = dispute.as_ref();
            }
        }
        if let FundingRow::Detected(seen) | FundingRow::Confirmed { seen, .. } = funding {
            columns.chain_id = Some(seen.log.chain_id.to_string());
            columns.block_number = Some(seen.log.block_number.to_string());
            columns.block_hash = Some(seen.log.block_hash.as_slice());
            columns.tx_hash = Some(seen.log.tx_hash.as_slice());
            columns.log_index = Some(seen.log.log_index.to_string());
            columns.payer = Some(seen.payer.as_slice());
            columns.funded = Some(seen.amount.to_string());
            columns.paid_at = Some(seen.paid_at);
        }
        columns
    }
}

fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::Awaited => "awaited",
        Standing::Closed(reason) => closing_name(reason),
    }
}

async fn write_attempts(
    db: &mut PgConnection,
    attempts: &[(OrderId, Attempt)],
) -> Result<(), ApplyError> {
    let statement = sqlx::query(
        "INSERT INTO attempts (order_id, tx_hash, nonce, reported_by, reported_at, failure, \
         watched, xact_id, position) \
         SELECT order_id, tx_hash, nonce::numeric, reported_by, reported_at, failure, watched, \
         xact_id, position \
         FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::bytea[], $5::timestamptz[], \
         $6::text[], $7::boolean[], $8::bigint[], $9::bigint[]) \
         AS given (order_id, tx_hash, nonce, reported_by, reported_at, failure, watched, \
         xact_id, position) \
         ON CONFLICT (order_id, tx_hash) DO UPDATE \
         SET failure = excluded.failure, watched = excluded.watched",
    )
    .bind(column(attempts, |(order, _)| order.0))
    .bind(column(attempts, |(_, attempt)| {
        attempt.row.tx_hash.as_slice()
    }))
    .bind(column(attempts, |(_, attempt)| {
        attempt.row.nonce.to_string()
    }))
    .bind(column(attempts, |(_, attempt)| attempt.row.by.as_slice()))
    .bind(column(attempts, |(_, attempt)| attempt.row.reported_at))
    .bind(column(attempts, |(_, attempt)| {
        match attempt.row.standing {
            AttemptStanding::Pending => None,
            AttemptStanding::Failed(failure) => Some(failure_name(failure)),
        }
    }))
    .bind(column(attempts, |(_, attempt)| attempt.watched))
    .bind(column(attempts, |(_, attempt)| attempt.reported.xact_id))
    .bind(column(attempts, |(_, attempt)| attempt.reported.position));
    write(db, "attempts", attempts.len(), statement).await
}
