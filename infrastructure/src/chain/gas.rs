//! What a payment costs in gas: an estimate with the payer's own call, and recent fees.

use alloy::{
    primitives::{Address, Bytes, U256},
    rpc::types::TransactionRequest,
    sol_types::SolInterface,
};
use gage_application::ports::chain::{GasQuote, GasUnavailable};
use gage_domain::value::BaseUnits;
use time::OffsetDateTime;

use super::{
    ShopEscrow::ShopEscrowErrors,
    node::{Node, NodeError},
};

/// Blocks whose tips are looked at.
const HISTORY_BLOCKS: u64 = 10;
/// The percentile of a block's tips that is taken.
const TIP_PERCENTILE: u8 = 50;
/// Gas for a call that cannot be estimated yet: some 61,000 were measured for a release or refund.
const SETTLING_GAS_UNITS: u64 = 150_000;

/// A call that someone is about to send.
pub(super) struct Call {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) value: U256,
    pub(super) data: Bytes,
}

/// Fees that get a transaction mined soon, wei per unit of gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fees {
    pub(super) base: U256,
    pub(super) tip: U256,
}

impl Fees {
    /// Twice the base fee and the tip: enough for six full blocks in a row (EIP-1559 lets the
    /// base fee rise by an eighth a block).
    pub(super) fn maximum(self) -> U256 {
        self.base
            .saturating_mul(U256::from(2))
            .saturating_add(self.tip)
    }
}

/// What the call will cost.
///
/// # Errors
/// [`GasUnavailable`].
pub(super) async fn quote(
    node: &Node,
    call: Call,
    now: OffsetDateTime,
) -> Result<GasQuote, GasUnavailable> {
    let (payer, value) = (call.from, call.value);
    let request = request_of(call);
    let (units, fees, balance) =
        tokio::join!(units(node, &request, now), fees(node), node.balance(payer));
    let balance = balance.map_err(|_| GasUnavailable::NodeUnreachable)?;
    let units = units.map_err(|error| match error {
        // Nodes that check funds say so in words of their own.
        NodeError::Refused { .. } if balance < value => short_of(payer, balance, value),
        other => would_fail(&other),
    })?;
    let fees = fees.map_err(|_| GasUnavailable::NodeUnreachable)?;
    let cost_at = |fee: U256| U256::from(units).saturating_mul(fee);
    let expected_cost = cost_at(fees.base.saturating_add(fees.tip));
    // Ganache estimates also for who cannot pay.
    let needed = value.saturating_add(expected_cost);
    if balance < needed {
        return Err(short_of(payer, balance, needed));
    }
    Ok(GasQuote {
        gas_limit: units,
        base_fee_per_gas: BaseUnits(fees.base),
        priority_fee_per_gas: BaseUnits(fees.tip),
        max_fee_per_gas: BaseUnits(fees.maximum()),
        expected_cost: BaseUnits(expected_cost),
        maximum_cost: BaseUnits(cost_at(fees.maximum())),
        quoted_at: now,
    })
}

/// Whether the contract that is called would refuse now. A node that does not say is no refusal.
pub(super) async fn is_refused(node: &Node, call: Call) -> bool {
    let estimated = node.estimate_gas(&request_of(call)).await;
    estimated.is_err_and(|error| error.is_revert())
}

fn request_of(call: Call) -> TransactionRequest {
    TransactionRequest::default()
        .from(call.from)
        .to(call.to)
        .value(call.value)
        .input(call.data.into())
}

/// Gas that a call needs.
///
/// Nodes estimate in their newest block, which is old where nothing happens: what only its time
/// forbids will be possible in the next one.
pub(super) async fn units(
    node: &Node,
    request: &TransactionRequest,
    now: OffsetDateTime,
) -> Result<u64, NodeError> {
    let error = match node.estimate_gas(request).await {
        Err(error) => error,
        estimated => return estimated,
    };
    match possible_from(&error) {
        Some(moment) if moment <= now.unix_timestamp().max(0).unsigned_abs() => {
            Ok(SETTLING_GAS_UNITS)
        }
        _ => Err(error),
    }
}

/// From when on (unix time) the contract would not refuse, if it is only a question of time.
fn possible_from(error: &NodeError) -> Option<u64> {
    let NodeError::Refused {
        revert: Some(revert),
        ..
    } = error
    else {
        return None;
    };
    let ends_at = match ShopEscrowErrors::abi_decode(revert).ok()? {
        ShopEscrowErrors::HoldNotOver(hold) => hold.endsAt,
        ShopEscrowErrors::ArbiterMayDecide(arbiter) => arbiter.endsAt,
        _ => return None,
    };
    u64::try_from(ends_at).ok()
}

fn short_of(payer: Address, balance: U256, needed: U256) -> GasUnavailable {
    let reason =
        format!("insufficient funds: {payer} holds {balance} wei, {needed} wei are needed");
    GasUnavailable::WouldFail { reason }
}

/// Fees from recent blocks; from the node's own suggestion where it keeps no history.
pub(super) async fn fees(node: &Node) -> Result<Fees, NodeError> {
    let history = match node.fee_history(HISTORY_BLOCKS, TIP_PERCENTILE).await {
        Ok(history) => history,
        Err(NodeError::Refused { .. } | NodeError::Unintelligible { .. }) => {
            return suggested(node).await;
        }
        Err(error) => return Err(error),
    };
    // The last one is the next block's.
    let Some(base) = history.base_fee_per_gas.last().map(|fee| U256::from(*fee)) else {
        return suggested(node).await;
    };
    let tips = history.reward.unwrap_or_default();
    let tips = tips.iter().filter_map(|block| block.first()).copied();
    let tip = match median_of_paid(tips.collect()) {
        Some(tip) => U256::from(tip),
        None => suggested_tip(node).await?,
    };
    Ok(Fees { base, tip })
}

/// The median of the tips; those of empty blocks are zero and say nothing.
fn median_of_paid(mut tips: Vec<u128>) -> Option<u128> {
    tips.retain(|tip| *tip > 0);
    tips.sort_unstable();
    tips.get(tips.len() / 2).copied()
}

async fn suggested_tip(node: &Node) -> Result<U256, NodeError> {
    match node.priority_fee().await {
        Err(NodeError::Refused { .. }) => Ok(U256::ZERO),
        other => other,
    }
}

async fn suggested(node: &Node) -> Result<Fees, NodeError> {
    let price = node.gas_price().await?;
    let base = node.head().await?.base_fee_per_gas.unwrap_or(price);
    Ok(Fees {
        base,
        tip: price.saturating_sub(base),
    })
}

/// Why a call cannot be estimated, for whoever asked: in our words only. A node's own may name
/// whom it belongs to, and are for the log.
fn would_fail(error: &NodeError) -> GasUnavailable {
    let NodeError::Refused {
        message, revert, ..
    } = error
    else {
        return GasUnavailable::NodeUnreachable;
    };
    let decode = |data| ShopEscrowErrors::abi_decode(data).ok();
    let reason = match revert.as_ref().and_then(|data| decode(data)) {
        Some(reverted) => reason_of(&reverted),
        None if error.is_revert() => "the contract refuses".to_owned(),
        None if message.contains("insufficient funds") => "insufficient funds".to_owned(),
        None => {
            tracing::debug!(%error, "a call cannot be estimated");
            return GasUnavailable::NodeUnreachable;
        }
    };
    GasUnavailable::WouldFail { reason }
}

/// The contract's word in ours; what wallets seldom meet is named as the contract names it.
fn reason_of(error: &ShopEscrowErrors) -> String {
    match error {
        ShopEscrowErrors::AlreadyPaid(_) => "this order was paid already".to_owned(),
        ShopEscrowErrors::QuoteExpired(expired) => {
            format!(
                "the deadline is over: it was {} (unix time)",
                expired.deadline
            )
        }
        ShopEscrowErrors::WrongValue(wrong) => {
            format!(
                "{} wei would be sent, exactly {} are due",
                wrong.sent, wrong.expected
            )
        }
        ShopEscrowErrors::InvalidSignature(_) => {
            "the escrow contract knows another quote signer".to_owned()
        }
        ShopEscrowErrors::HoldNotOver(hold) => format!(
            "only the buyer may release before {} (unix time)",
            hold.endsAt
        ),
        ShopEscrowErrors::HoldOver(hold) => {
            format!("the hold time is over: it was {} (unix time)", hold.endedAt)
        }
        ShopEscrowErrors::ArbiterMayDecide(arbiter) => format!(
            "the arbiter may decide until {} (unix time)",
            arbiter.endsAt
        ),
        ShopEscrowErrors::ExceedsHeld(part) => {
            format!("{} would leave, {} are held", part.requested, part.held)
        }
        ShopEscrowErrors::UnderDispute(_) => "the payment is in dispute".to_owned(),
        ShopEscrowErrors::NotDisputed(_) => "the payment is not in dispute".to_owned(),
        ShopEscrowErrors::NotParty(_) => "the wallet has no say over the payment".to_owned(),
        other => format!("the escrow contract refuses: {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: i64, message: &str, revert: Option<Bytes>) -> GasUnavailable {
        would_fail(&NodeError::Refused {
            method: "eth_estimateGas",
            code,
            message: message.to_owned(),
            revert,
        })
    }

    #[test]
    fn of_what_a_node_says_only_the_kind_is_told() {
        let because = |reason: &str| GasUnavailable::WouldFail {
            reason: reason.to_owned(),
        };
        let of_the_account = "project 5eed1234 of acme@example.com: plan exceeded";
        assert_eq!(
            refusal(-32000, of_the_account, None),
            GasUnavailable::NodeUnreachable
        );
        assert_eq!(
            refusal(
                -32000,
                "insufficient funds for 0xabc: project 5eed1234",
                None
            ),
            because("insufficient funds")
        );
        let reverted = format!("execution reverted: {of_the_account}");
        let unknown = Some(Bytes::from_static(b"odd"));
        assert_eq!(
            refusal(3, &reverted, unknown),
            because("the contract refuses")
        );
        assert_eq!(
            refusal(3, of_the_account, None),
            because("the contract refuses")
        );
    }

    #[test]
    fn empty_blocks_do_not_lower_the_tip() {
        assert_eq!(median_of_paid(vec![0, 7, 0, 0, 9, 8]), Some(8));
        assert_eq!(median_of_paid(vec![0, 0]), None);
    }

    #[test]
    fn absurd_fees_do_not_overflow() {
        let fees = Fees {
            base: U256::MAX,
            tip: U256::MAX,
        };
        assert_eq!(fees.maximum(), U256::MAX);
    }
}
