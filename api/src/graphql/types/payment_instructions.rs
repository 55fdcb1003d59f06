//! What a wallet needs to pay, and what that costs in gas.

use async_graphql::{Enum, SimpleObject};
use gage_application::ports::chain;

use crate::graphql::{
    scalars::{Address, BaseUnits, Bytes, DateTime, Long},
    types::{Call, payment_request},
};

/// Everything that a wallet needs to pay, besides its own choice of fees.
#[derive(Debug, Clone, SimpleObject)]
pub struct PaymentInstructions {
    /// The chain on which to pay.
    chain_id: Long,
    /// The contract to call.
    contract: Address,
    /// The call's data.
    call_data: Bytes,
    /// The chain's own coin to send with it, wei.
    value: BaseUnits,
    /// What has to be sent next, so that the contract may take the tokens; a wallet with
    /// `wallet_sendCalls` (EIP-5792) sends all as one. Null for the chain's own coin, and when the
    /// contract may take enough already. When it is mined, ask again: a token that changes an
    /// approval only from zero needs two, and the first is of zero.
    approval: Option<Approval>,
    /// What the payer may sign in place of sending the approval (EIP-2612): typed data as JSON, for
    /// `eth_signTypedData_v4` as it is. It lets the escrow take exactly the amount, until the
    /// deadline. The signature goes into `permitSignature` of `requestPayment`, which then answers
    /// with one call for both. Null when there is no approval, and for tokens without permits; a
    /// contract wallet cannot sign one.
    permit: Option<String>,
    /// All that has to be sent, in this order: what `wallet_sendCalls` (EIP-5792) takes for its
    /// `calls`, with `from` the payer and `atomicRequired` true. Ask `wallet_getCapabilities`
    /// first: where the chain's `atomic` is neither `supported` nor `ready`, they are sent one by
    /// one, each when the one before is mined.
    calls: Vec<Call>,
    /// The last moment to pay.
    deadline: DateTime,
    /// What it will cost in gas, for information: the wallet sets the fees.
    gas: Option<GasQuote>,
    /// Why there is no gas quote.
    gas_unavailable: Option<GasUnavailable>,
}

/// A call of a token (ERC-20) that lets the escrow take what a payment needs, and no more.
#[derive(Debug, Clone, SimpleObject)]
pub struct Approval {
    /// The token's contract, which is to be called.
    contract: Address,
    /// The escrow.
    spender: Address,
    /// Base units of the token; zero takes an older approval back.
    amount: BaseUnits,
    /// The call's data.
    call_data: Bytes,
    /// What it will cost in gas, for information: the wallet sets the fees.
    gas: Option<GasQuote>,
    /// Why there is no gas quote.
    gas_unavailable: Option<GasUnavailable>,
}

impl From<chain::Approval> for Approval {
    fn from(approval: chain::Approval) -> Self {
        let (gas, gas_unavailable) = told(approval.gas);
        Self {
            contract: Address(approval.token),
            spender: Address(approval.spender),
            amount: BaseUnits(approval.amount),
            call_data: Bytes(approval.call_data),
            gas,
            gas_unavailable,
        }
    }
}

/// A gas quote, or why there is none.
pub(in crate::graphql) fn told(
    gas: Result<chain::GasQuote, chain::GasUnavailable>,
) -> (Option<GasQuote>, Option<GasUnavailable>) {
    match gas {
        Ok(quote) => (Some(quote.into()), None),
        Err(unavailable) => (None, Some(unavailable.into())),
    }
}

/// A gas quote.
#[derive(Debug, Clone, SimpleObject)]
pub struct GasQuote {
    /// Units of gas, estimated with the payer's own call.
    gas_limit: Long,
    /// Base fee of the next block, wei per unit.
    base_fee_per_gas: BaseUnits,
    /// Tip, wei per unit.
    priority_fee_per_gas: BaseUnits,
    /// What a wallet should allow at most, wei per unit.
    max_fee_per_gas: BaseUnits,
    /// Expected cost, wei.
    expected_cost: BaseUnits,
    /// Cost at the most that is allowed, wei.
    maximum_cost: BaseUnits,
    /// When it was asked.
    quoted_at: DateTime,
}

/// Why there is no gas quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum GasUnavailableReason {
    /// The node is away. The call works all the same.
    NodeUnreachable,
    /// The approval has to be sent first: before, nothing can be estimated.
    ApprovalFirst,
    /// The call would fail now, for example for lack of funds.
    WouldFail,
}

/// Why there is no gas quote.
#[derive(Debug, Clone, SimpleObject)]
pub struct GasUnavailable {
    /// The kind.
    reason: GasUnavailableReason,
    /// In words.
    message: String,
}

impl From<chain::PaymentInstructions> for PaymentInstructions {
    fn from(instructions: chain::PaymentInstructions) -> Self {
        let calls = payment_request::calls(&instructions);
        let (gas, gas_unavailable) = told(instructions.gas);
        Self {
            calls,
            permit: instructions.permit,
            chain_id: Long(instructions.chain_id),
            contract: Address(instructions.contract),
            call_data: Bytes(instructions.call_data),
            value: BaseUnits(instructions.value),
            approval: instructions.approvals.into_iter().next().map(Into::into),
            deadline: DateTime(instructions.deadline),
            gas,
            gas_unavailable,
        }
    }
}

impl From<chain::GasQuote> for GasQuote {
    fn from(quote: chain::GasQuote) -> Self {
        Self {
            gas_limit: Long(quote.gas_limit),
            base_fee_per_gas: BaseUnits(quote.base_fee_per_gas),
            priority_fee_per_gas: BaseUnits(quote.priority_fee_per_gas),
            max_fee_per_gas: BaseUnits(quote.max_fee_per_gas),
            expected_cost: BaseUnits(quote.expected_cost),
            maximum_cost: BaseUnits(quote.maximum_cost),
            quoted_at: DateTime(quote.quoted_at),
        }
    }
}

impl From<chain::GasUnavailable> for GasUnavailable {
    fn from(unavailable: chain::GasUnavailable) -> Self {
        let reason = match unavailable {
            chain::GasUnavailable::NodeUnreachable => GasUnavailableReason::NodeUnreachable,
            chain::GasUnavailable::ApprovalFirst => GasUnavailableReason::ApprovalFirst,
            chain::GasUnavailable::WouldFail { .. } => GasUnavailableReason::WouldFail,
        };
        Self {
            reason,
            message: unavailable.to_string(),
        }
    }
}
