//! What the contract says of a payment.

use alloy::{
    primitives::{Bytes, U256},
    rpc::types::TransactionRequest,
    sol_types::SolCall,
};
use gage_domain::{payment::Terms, value::BaseUnits};
use time::OffsetDateTime;

use super::{Fault, Keeper};
use crate::chain::{ShopEscrow::paymentsCall, gas, node::NodeError};

/// How far our clock may be ahead of the chain's.
const CLOCKS_DIFFER: time::Duration = time::Duration::seconds(10);

impl Keeper {
    /// Gas that the call needs; none when the contract would refuse it, since somebody was faster.
    pub(super) async fn gas_units(
        &self,
        terms: &Terms,
        data: Bytes,
        now: OffsetDateTime,
    ) -> Result<Option<u64>, Fault> {
        let call = TransactionRequest::default()
            .from(self.parts.key.address())
            .to(terms.escrow)
            .input(data.into());
        match gas::units(&self.parts.node, &call, now).await {
            Ok(units) => Ok(Some(units)),
            Err(NodeError::Refused {
                revert: Some(revert),
                ..
            }) => {
                tracing::debug!(order = %terms.order, %revert, "the escrow would refuse");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What the contract holds of a payment and anyone may release.
    pub(super) async fn releasable(
        &self,
        terms: &Terms,
        now: OffsetDateTime,
    ) -> Result<Option<BaseUnits>, Fault> {
        let node = &self.parts.node;
        let question = paymentsCall { key: terms.key };
        let answer = node
            .call(terms.escrow, question.abi_encode().into())
            .await?;
        let Ok(payment) = paymentsCall::abi_decode_returns(&answer) else {
            // No contract of ours stands there any more: one payment must not hold up all.
            tracing::debug!(order = %terms.order, escrow = %terms.escrow, "no escrow answers");
            return Ok(None);
        };
        let held = payment
            .funded
            .checked_sub(payment.released)
            .and_then(|rest| rest.checked_sub(payment.refunded))
            .filter(|held| *held > 0 && payment.disputedAt == 0);
        let Some(held) = held else {
            return Ok(None);
        };
        let hold_ends = payment.paidAt.saturating_add(payment.holdSeconds);
        let surely = (now - CLOCKS_DIFFER).unix_timestamp().max(0).unsigned_abs();
        let over = hold_ends <= surely || hold_ends <= node.head().await?.timestamp;
        Ok(over.then(|| BaseUnits(U256::from(held))))
    }
}
