//! Settlement: what a log of the escrow means for its payment, or its account. Pure.

use async_trait::async_trait;
use gage_domain::{ids::PayoutId, payment::PaymentCommand, payout::PayoutCommand, value::Address};

use crate::{
    gateway::{Gateway, GatewayError, Request},
    metadata::Actor,
    operations::settle_block::SettleBlock,
    ports::chain::{Observation, Observed, SightingStatus},
};
use uuid::Uuid;

/// What a log means as soon as it is seen: a payment that is on its way. Money that moves
/// on is recorded only when it is deep enough.
pub fn on_seen(observation: &Observation) -> Option<PaymentCommand> {
    match observation.what {
        Observed::Paid {
            payer,
            token,
            amount,
        } => Some(PaymentCommand::Detect {
            key: observation.key,
            log: observation.log,
            payer,
            token,
            amount,
            mined_at: observation.mined_at,
        }),
        Observed::Released { .. }
        | Observed::Refunded { .. }
        | Observed::Disputed { .. }
        | Observed::Withdrawn { .. } => None,
    }
}

/// What a log means for its payment once it is deep enough.
pub fn on_confirmed(observation: &Observation, confirmations: u64) -> Option<PaymentCommand> {
    let log = observation.log;
    match observation.what {
        Observed::Paid { .. } => Some(PaymentCommand::Confirm { log, confirmations }),
        Observed::Released { amount } => Some(PaymentCommand::RecordRelease { log, amount }),
        Observed::Refunded { amount } => Some(PaymentCommand::RecordRefund { log, amount }),
        Observed::Disputed { by } => Some(PaymentCommand::RecordDispute {
            log,
            by,
            mined_at: observation.mined_at,
        }),
        Observed::Withdrawn { .. } => None,
    }
}

/// What it means when a log's block left the chain.
pub fn on_reverted(observation: &Observation) -> Option<PaymentCommand> {
    match observation.what {
        Observed::Paid { .. }
        | Observed::Released { .. }
        | Observed::Refunded { .. }
        | Observed::Disputed { .. } => Some(PaymentCommand::Revert {
            log: observation.log,
        }),
        Observed::Withdrawn { .. } => None,
    }
}

/// What a withdrawal means for what its account took out of `escrow`; nothing for other logs.
/// It is recorded only when it is deep enough, after what it takes out.
pub fn payout(
    escrow: Address,
    observation: &Observation,
    status: SightingStatus,
) -> Option<(PayoutId, Option<PayoutCommand>)> {
    let Observed::Withdrawn {
        account,
        token,
        amount,
    } = observation.what
    else {
        return None;
    };
    let log = observation.log;
    let id = PayoutId {
        chain_id: log.chain_id,
        escrow,
        account,
        token,
    };
    let command = match status {
        SightingStatus::Confirmed => Some(PayoutCommand::RecordWithdrawal { log, amount }),
        SightingStatus::Reverted => Some(PayoutCommand::RevertWithdrawal { log }),
        SightingStatus::Seen | SightingStatus::Unmatched => None,
    };
    Some((id, command))
}

/// Takes what a listener saw.
#[async_trait]
pub trait Settle: Send + Sync {
    /// Settles a batch with the cursor's move, all or nothing.
    ///
    /// # Errors
    /// [`GatewayError`]; [`GatewayError::CursorMoved`] when another listener was first.
    async fn settle(&self, batch: SettleBlock) -> Result<(), GatewayError>;
}

#[async_trait]
impl Settle for Gateway {
    async fn settle(&self, batch: SettleBlock) -> Result<(), GatewayError> {
        let block = batch.cursor.to;
        let causation_id = format!("block:{}:{}", block.number, block.hash);
        let request = Request {
            actor: Actor::System("listener"),
            // One id for all that follows from one block, the same from every replica.
            correlation_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, causation_id.as_bytes()),
            causation_id,
            idempotency_key: None,
        };
        self.execute(batch, request).await.map(|_| ())
    }
}
