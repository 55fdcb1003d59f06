//! The escrow's logs, decoded into what the application knows.

use alloy::{
    primitives::{B256, U256},
    rpc::types::Log,
    sol_types::SolEventInterface,
};
use gage_application::ports::chain::{Observation, Observed};
use gage_domain::{ids::PaymentId, payment::LogRef, value::BaseUnits};
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use super::ShopEscrow::ShopEscrowEvents;

/// A log of the escrow that bears a name we know, and does not fit it. Never skipped.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("block {block_number}, transaction {tx_hash}, log {log_index}: {reason}")]
pub(super) struct MalformedLog {
    block_number: u64,
    tx_hash: B256,
    log_index: u64,
    reason: String,
}

/// What a log of the escrow says; nothing when it says what does not concern money.
///
/// # Errors
/// [`MalformedLog`].
pub(super) fn decode(chain_id: u64, log: &Log) -> Result<Option<Observation>, MalformedLog> {
    let Some(topic) = log.topic0() else {
        return Ok(None);
    };
    if !ShopEscrowEvents::SELECTORS.contains(&topic.0) {
        return Ok(None);
    }
    let malformed = |reason: String| MalformedLog {
        block_number: log.block_number.unwrap_or_default(),
        tx_hash: log.transaction_hash.unwrap_or_default(),
        log_index: log.log_index.unwrap_or_default(),
        reason,
    };
    let place = place_of(chain_id, log)
        .ok_or_else(|| malformed("the node does not say where in the chain it is".to_owned()))?;
    let event = ShopEscrowEvents::decode_raw_log(log.topics(), &log.data().data)
        .map_err(|error| malformed(format!("its data fit no event of the escrow: {error}")))?;
    let (key, order, what) = match event {
        ShopEscrowEvents::Paid(paid) => {
            let what = Observed::Paid {
                payer: paid.payer,
                token: paid.token,
                amount: BaseUnits(paid.amount),
            };
            (paid.key, paid.order, what)
        }
        ShopEscrowEvents::Released(released) => {
            let amount = BaseUnits(released.amount);
            (released.key, released.order, Observed::Released { amount })
        }
        ShopEscrowEvents::Refunded(refunded) => {
            let amount = BaseUnits(refunded.amount);
            (refunded.key, refunded.order, Observed::Refunded { amount })
        }
        ShopEscrowEvents::Disputed(disputed) => {
            let by = disputed.by;
            (disputed.key, disputed.order, Observed::Disputed { by })
        }
        ShopEscrowEvents::Withdrawn(withdrawn) => {
            let what = Observed::Withdrawn {
                account: withdrawn.account,
                token: withdrawn.token,
                amount: BaseUnits(withdrawn.amount),
            };
            return Ok(Some(Observation {
                log: place,
                payment: None,
                key: B256::ZERO,
                what,
                mined_at: log.block_timestamp.and_then(moment),
            }));
        }
        // The tokens that are accepted are said once, at the deployment. The domain's name and
        // version never change in a contract that cannot be upgraded.
        ShopEscrowEvents::TokenAccepted(_) | ShopEscrowEvents::EIP712DomainChanged(_) => {
            return Ok(None);
        }
    };
    let payment = payment_of(order);
    Ok(Some(Observation {
        log: place,
        payment,
        key,
        what,
        mined_at: log.block_timestamp.and_then(moment),
    }))
}

/// A block's time; none when it is beyond the year 9999.
fn moment(unix_secs: u64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(i64::try_from(unix_secs).ok()?).ok()
}

fn place_of(chain_id: u64, log: &Log) -> Option<LogRef> {
    Some(LogRef {
        chain_id,
        block_number: log.block_number?,
        block_hash: log.block_hash?,
        tx_hash: log.transaction_hash?,
        log_index: log.log_index?,
    })
}

/// The payment that an order's word names: its sixteen bytes, left-padded with zeros.
fn payment_of(order: B256) -> Option<PaymentId> {
    let number = u128::try_from(U256::from_be_bytes(order.0)).ok()?;
    Some(PaymentId(Uuid::from_u128(number)))
}
