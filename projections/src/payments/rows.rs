//! What the queries on payments return.

use gage_application::{ports::due_releases::DueRelease, position::LogPosition};
use gage_domain::{
    ids::OrderId,
    payment::{
        AttemptFailure, AttemptStanding, ClosingReason, Custody, Dispute, LogRef, Standing, Terms,
    },
    rate::Conversion,
    value::{Address, B256, BaseUnits},
};
use sqlx::{postgres::PgRow, types::Json};
use time::OffsetDateTime;

use crate::{columns::Columns, failure::QueryError, page::Listed};

/// The payment of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRow {
    /// What it is to be.
    pub terms: Terms,
    /// How a price in fiat money became the amount of the terms.
    pub conversion: Option<Conversion>,
    /// Whether it is still wanted.
    pub standing: Standing,
    /// What the chain showed.
    pub funding: FundingRow,
    /// What the buyer reported, oldest first.
    pub attempts: Vec<AttemptRow>,
    /// Whether the goods are on their way.
    pub shipped: bool,
    /// When it was asked for.
    pub requested_at: OffsetDateTime,
    /// The last event that changed it.
    pub position: LogPosition,
}

/// What the chain showed of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FundingRow {
    /// Nothing that stands.
    None,
    /// The payment, not deep enough yet to count.
    Detected(SeenRow),
    /// The payment, and what became of the money.
    Confirmed {
        /// The log that is the payment.
        seen: SeenRow,
        /// How deep it was when it was confirmed.
        confirmations: u64,
        /// What went to the seller.
        released: BaseUnits,
        /// What went back to the buyer.
        refunded: BaseUnits,
        /// The dispute, if there was one.
        dispute: Option<DisputeRow>,
    },
}

/// A log that is the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenRow {
    /// Where it was seen.
    pub log: LogRef,
    /// Who paid.
    pub payer: Address,
    /// Base units of the token.
    pub amount: BaseUnits,
    /// When its block was made; when the server saw it, where the node did not say.
    pub paid_at: OffsetDateTime,
}

/// A dispute about a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisputeRow {
    /// The order whose payment it is about.
    pub order: OrderId,
    /// Who opened it.
    pub by: Address,
    /// When its block was made; when the server saw it, where the node did not say.
    pub opened_at: OffsetDateTime,
    /// Where it was opened in the log: its place in lists.
    pub opened: LogPosition,
}

impl Listed for DisputeRow {
    fn cursor(&self) -> LogPosition {
        self.opened
    }
}

/// A transaction that the buyer reported: a hint, never proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptRow {
    /// The transaction.
    pub tx_hash: B256,
    /// Its nonce.
    pub nonce: u64,
    /// Who reported it.
    pub by: Address,
    /// When.
    pub reported_at: OffsetDateTime,
    /// What became of it.
    pub standing: AttemptStanding,
}

/// A payment in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentStatus {
    /// The buyer can pay.
    Requested,
    /// Nobody paid, and nobody should any more.
    Expired,
    /// Seen on the chain, not deep enough yet.
    Detected,
    /// The escrow holds the money.
    Confirmed,
    /// The escrow holds money for an order that will not be delivered.
    RefundDue,
    /// The escrow holds the money, and the arbiter is asked.
    Disputed,
    /// Nothing is held any more, and the seller got at least a part.
    Released,
    /// All went back to the buyer.
    Refunded,
}

impl FundingRow {
    /// The log that is the payment, whether it counts already or not.
    pub fn seen(&self) -> Option<SeenRow> {
        match self {
            Self::None => None,
            Self::Detected(seen) | Self::Confirmed { seen, .. } => Some(*seen),
        }
    }

    /// The dispute, if there was one.
    pub fn dispute(&self) -> Option<DisputeRow> {
        match self {
            Self::None | Self::Detected(_) => None,
            Self::Confirmed { dispute, .. } => *dispute,
        }
    }

    /// What the escrow holds; nothing before the payment is confirmed.
    pub fn held(&self) -> BaseUnits {
        match self {
            Self::None | Self::Detected(_) => BaseUnits::ZERO,
            Self::Confirmed {
                seen,
                released,
                refunded,
                ..
            } => seen
                .amount
                .checked_sub(*released)
                .and_then(|rest| rest.checked_sub(*refunded))
                .unwrap_or(BaseUnits::ZERO),
        }
    }
}

impl PaymentRow {
    /// The payment in one word.
    pub fn status(&self) -> PaymentStatus {
        match (self.funding, self.standing) {
            (FundingRow::None, Standing::Awaited) => PaymentStatus::Requested,
            (FundingRow::None, Standing::Closed(_)) => PaymentStatus::Expired,
            (FundingRow::Detected(_), _) => PaymentStatus::Detected,
            (FundingRow::Confirmed { released, .. }, _) if self.funding.held().is_zero() => {
                if released.is_zero() {
                    PaymentStatus::Refunded
                } else {
                    PaymentStatus::Released
                }
            }
            (
                FundingRow::Confirmed {
                    dispute: Some(_), ..
                },
                _,
            ) => PaymentStatus::Disputed,
            (FundingRow::Confirmed { .. }, Standing::Closed(_)) => PaymentStatus::RefundDue,
            (FundingRow::Confirmed { .. }, Standing::Awaited) => PaymentStatus::Confirmed,
        }
    }

    /// From when on anyone may release what is held: none before it was seen, and when that
    /// never comes.
    pub fn hold_ends(&self) -> Option<OffsetDateTime> {
        self.terms.hold_ends(self.funding.seen()?.paid_at)
    }

    /// The money as the escrow's rules look at it; none before the payment is confirmed.
    pub fn custody(&self) -> Option<Custody> {
        let FundingRow::Confirmed { dispute, .. } = self.funding else {
            return None;
        };
        let dispute = dispute.map(|dispute| Dispute {
            arbiter_ends: self.terms.arbiter_ends(dispute.opened_at),
        });
        Some(Custody {
            buyer: self.terms.buyer,
            seller: self.terms.seller,
            arbiter: self.terms.arbiter,
            held: self.funding.held(),
            hold_ends: self.hold_ends(),
            dispute,
        })
    }

    /// What must go back to the buyer: held for an order that will not be delivered.
    pub fn refund_due(&self) -> Option<BaseUnits> {
        match self.standing {
            Standing::Closed(_) => Some(self.funding.held()).filter(|held| !held.is_zero()),
            Standing::Awaited => None,
        }
    }
}

pub(super) const PAYMENT_COLUMNS: &str = "p.order_id, p.buyer, p.seller, p.arbiter, p.token, \
    p.amount::text AS amount, p.deadline, p.hold_secs::text AS hold_secs, \
    p.dispute_secs::text AS dispute_secs, p.chain_id::text AS chain_id, p.escrow, p.payment_key, \
    p.conversion, \
    p.standing, p.funding, p.log_chain_id::text AS log_chain_id, \
    p.log_block_number::text AS log_block_number, p.log_block_hash, p.log_tx_hash, \
    p.log_index::text AS log_index, p.payer, p.funded::text AS funded, \
    p.confirmations::text AS confirmations, p.released::text AS released, \
    p.refunded::text AS refunded, p.paid_at, p.disputed_by, p.disputed_at, p.disputed_xact_id, \
    p.disputed_position, p.shipped, p.requested_at, p.xact_id, p.position";

pub(super) const DISPUTE_COLUMNS: &str =
    "p.order_id, p.disputed_by, p.disputed_at, p.disputed_xact_id, p.disputed_position";

pub(super) const ATTEMPT_COLUMNS: &str =
    "a.tx_hash, a.nonce::text AS nonce, a.reported_by, a.reported_at, a.failure";

/// The order whose payment or attempt it is.
pub(super) fn order_of(row: &PgRow) -> Result<OrderId, QueryError> {
    let columns = Columns::of(row, "payments.payments", "order_id");
    columns.get("order_id").map(OrderId)
}

/// The payment without its attempts, which stand in a table of their own.
pub(super) fn payment(row: &PgRow) -> Result<PaymentRow, QueryError> {
    let columns = Columns::of(row, "payments.payments", "order_id");
    let standing: &str = columns.get("standing")?;
    Ok(PaymentRow {
        terms: terms(columns)?,
        conversion: conversion(columns)?,
        standing: standing_named(standing)
            .ok_or_else(|| columns.corrupt("standing", format!("{standing:?} is not known")))?,
        funding: funding(columns)?,
        attempts: vec![],
        shipped: columns.get("shipped")?,
        requested_at: columns.get("requested_at")?,
        position: columns.position("xact_id", "position")?,
    })
}

/// The attempt in a row that may have one.
pub(super) fn attempt(row: &PgRow) -> Result<Option<AttemptRow>, QueryError> {
    let columns = Columns::of(row, "payments.attempts", "order_id");
    if columns.get::<Option<&[u8]>>("tx_hash")?.is_none() {
        return Ok(None);
    }
    let failure: Option<&str> = columns.get("failure")?;
    Ok(Some(AttemptRow {
        tx_hash: columns.hash("tx_hash")?,
        nonce: columns.parse("nonce")?,
        by: columns.address("reported_by")?,
        reported_at: columns.get("reported_at")?,
        standing: match failure {
            None => AttemptStanding::Pending,
            Some(name) => AttemptStanding::Failed(
                failure_named(name)
                    .ok_or_else(|| columns.corrupt("failure", format!("{name:?} is not known")))?,
            ),
        },
    }))
}

fn terms(columns: Columns<'_>) -> Result<Terms, QueryError> {
    Ok(Terms {
        order: OrderId(columns.get("order_id")?),
        buyer: columns.address("buyer")?,
        seller: columns.address("seller")?,
        arbiter: columns.address("arbiter")?,
        token: columns.address("token")?,
        amount: columns.parse("amount")?,
        deadline: columns.get("deadline")?,
        hold_secs: columns.parse("hold_secs")?,
        dispute_secs: columns.parse("dispute_secs")?,
        chain_id: columns.parse("chain_id")?,
        escrow: columns.address("escrow")?,
        key: columns.hash("payment_key")?,
    })
}

fn conversion(columns: Columns<'_>) -> Result<Option<Conversion>, QueryError> {
    let conversion: Option<Json<Conversion>> = columns.get("conversion")?;
    Ok(conversion.map(|Json(conversion)| conversion))
}

fn funding(columns: Columns<'_>) -> Result<FundingRow, QueryError> {
    match columns.get("funding")? {
        "none" => Ok(FundingRow::None),
        "detected" => Ok(FundingRow::Detected(seen(columns)?)),
        "confirmed" => Ok(FundingRow::Confirmed {
            seen: seen(columns)?,
            confirmations: columns.parse("confirmations")?,
            released: columns.parse("released")?,
            refunded: columns.parse("refunded")?,
            dispute: dispute(columns)?,
        }),
        other => Err(columns.corrupt("funding", format!("{other:?} is not known"))),
    }
}

fn dispute(columns: Columns<'_>) -> Result<Option<DisputeRow>, QueryError> {
    let Some(by) = columns.optional_address("disputed_by")? else {
        return Ok(None);
    };
    Ok(Some(DisputeRow {
        order: OrderId(columns.get("order_id")?),
        by,
        opened_at: columns.get("disputed_at")?,
        opened: columns.position("disputed_xact_id", "disputed_position")?,
    }))
}

/// The dispute in a row that has one.
pub(super) fn disputed(row: &PgRow) -> Result<DisputeRow, QueryError> {
    let columns = Columns::of(row, "payments.payments", "order_id");
    let missing = || columns.corrupt("disputed_by", "no dispute is there".to_owned());
    dispute(columns)?.ok_or_else(missing)
}

/// A payment whose hold time is over, or soon will be.
pub(super) fn due_release(row: &PgRow) -> Result<DueRelease, QueryError> {
    let columns = Columns::of(row, "payments.payments", "order_id");
    Ok(DueRelease {
        hold_ends: columns.get("hold_ends")?,
        terms: terms(columns)?,
    })
}

fn seen(columns: Columns<'_>) -> Result<SeenRow, QueryError> {
    Ok(SeenRow {
        log: LogRef {
            chain_id: columns.parse("log_chain_id")?,
            block_number: columns.parse("log_block_number")?,
            block_hash: columns.hash("log_block_hash")?,
            tx_hash: columns.hash("log_tx_hash")?,
            log_index: columns.parse("log_index")?,
        },
        payer: columns.address("payer")?,
        amount: columns.parse("funded")?,
        paid_at: columns.get("paid_at")?,
    })
}

/// The reason as the column `standing` has it.
pub(super) const fn closing_name(reason: ClosingReason) -> &'static str {
    match reason {
        ClosingReason::Lapsed => "lapsed",
        ClosingReason::OrderCancelled => "order_cancelled",
        ClosingReason::OrderRejected => "order_rejected",
        ClosingReason::OrderRefunded => "order_refunded",
    }
}

fn standing_named(name: &str) -> Option<Standing> {
    if name == "awaited" {
        return Some(Standing::Awaited);
    }
    [
        ClosingReason::Lapsed,
        ClosingReason::OrderCancelled,
        ClosingReason::OrderRejected,
        ClosingReason::OrderRefunded,
    ]
    .into_iter()
    .find(|reason| closing_name(*reason) == name)
    .map(Standing::Closed)
}

/// The failure as the column `failure` has it.
pub(super) const fn failure_name(failure: AttemptFailure) -> &'static str {
    match failure {
        AttemptFailure::Reverted => "reverted",
        AttemptFailure::Replaced => "replaced",
        AttemptFailure::Dropped => "dropped",
    }
}

fn failure_named(name: &str) -> Option<AttemptFailure> {
    [
        AttemptFailure::Reverted,
        AttemptFailure::Replaced,
        AttemptFailure::Dropped,
    ]
    .into_iter()
    .find(|failure| failure_name(*failure) == name)
}
