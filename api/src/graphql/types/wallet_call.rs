//! Calls of the escrow that a party's own wallet signs: what to send, or why it would be refused.

use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use gage_application::ports::chain;
use gage_domain::{
    payment::{Custody, CustodyRefusal, Demand},
    value,
};
use gage_projections::payments::PaymentRow;

use crate::graphql::{
    context::Asked as _,
    errors::{ErrorCode, code_of_custody},
    scalars::{Address, BaseUnits, Bytes, DateTime, Long},
    types::{GasQuote, GasUnavailable, told},
};

/// Everything that a wallet needs to send a call, besides its own choice of fees.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct WalletCall {
    /// The chain on which to send it.
    chain_id: Long,
    /// The wallet that is to send it: the contract looks at who sends.
    from: Address,
    /// The contract to call.
    contract: Address,
    /// The call's data.
    call_data: Bytes,
    /// What it will cost in gas, for information: the wallet sets the fees.
    gas: Option<GasQuote>,
    /// Why there is no gas quote.
    gas_unavailable: Option<GasUnavailable>,
}

#[ComplexObject]
impl WalletCall {
    /// The chain's own coin to send with it, wei: always nothing.
    async fn value(&self) -> BaseUnits {
        BaseUnits(value::BaseUnits::ZERO)
    }
}

impl From<chain::WalletCall> for WalletCall {
    fn from(call: chain::WalletCall) -> Self {
        let (gas, gas_unavailable) = told(call.gas);
        Self {
            chain_id: Long(call.chain_id),
            from: Address(call.from),
            contract: Address(call.contract),
            call_data: Bytes(call.call_data),
            gas,
            gas_unavailable,
        }
    }
}

/// A call to sign, or why the escrow would refuse it.
#[derive(Debug, Clone, SimpleObject)]
pub struct PreparedCall {
    /// The call. Null when it would be refused.
    call: Option<WalletCall>,
    /// Why it would be refused. Null when it would not.
    refused: Option<CallRefusal>,
}

/// Why the escrow would refuse a call.
#[derive(Debug, Clone, SimpleObject)]
pub struct CallRefusal {
    /// What is in the way.
    code: ErrorCode,
    /// In words, for developers; pages tell it in their own.
    message: String,
    /// From when on it would not be refused, where that is only a question of time.
    possible_from: Option<DateTime>,
    /// What is held.
    held: BaseUnits,
}

impl PreparedCall {
    fn of_refusal(refusal: &CustodyRefusal, held: value::BaseUnits) -> Self {
        let possible_from = match refusal {
            CustodyRefusal::HoldNotOver { ends_at }
            | CustodyRefusal::ArbiterMayDecide { ends_at } => *ends_at,
            _ => None,
        };
        let refused = CallRefusal {
            code: code_of_custody(refusal),
            message: refusal.to_string(),
            possible_from: possible_from.map(DateTime),
            held: BaseUnits(held),
        };
        Self {
            call: None,
            refused: Some(refused),
        }
    }

    fn of_unconfirmed() -> Self {
        let refused = CallRefusal {
            code: ErrorCode::OrderNotPaid,
            message: "nothing is held before the payment is confirmed".to_owned(),
            possible_from: None,
            held: BaseUnits(value::BaseUnits::ZERO),
        };
        Self {
            call: None,
            refused: Some(refused),
        }
    }
}

/// Prepares what a wallet asks of the escrow, `demand`ed of what is held.
///
/// # Errors
/// When the request has no viewer or no services: a mistake in the program.
pub(in crate::graphql) async fn prepare(
    ctx: &Context<'_>,
    payment: &PaymentRow,
    by: Option<Address>,
    demand: impl FnOnce(value::BaseUnits) -> Demand,
) -> Result<PreparedCall> {
    let Some(custody) = payment.custody() else {
        return Ok(PreparedCall::of_unconfirmed());
    };
    let by = match by {
        Some(by) => by.0,
        None => signer(ctx, &custody)?,
    };
    let demand = demand(custody.held);
    let services = ctx.services()?;
    if let Err(refusal) = custody.check(demand, by, services.clock.now()) {
        return Ok(PreparedCall::of_refusal(&refusal, custody.held));
    }
    let call = services.rail.wallet_call(&payment.terms, demand, by).await;
    Ok(PreparedCall {
        call: Some(call.into()),
        refused: None,
    })
}

/// Who signs when nothing is said: the wallet that asks if it is a party, otherwise the
/// seller's, since the owner of a shop may have its money go to another wallet.
fn signer(ctx: &Context<'_>, custody: &Custody) -> Result<value::Address> {
    let viewer = ctx.standing()?;
    let parties = [custody.buyer, custody.seller, custody.arbiter];
    let own = parties.into_iter().find(|party| viewer.is(*party));
    Ok(own.unwrap_or(custody.seller))
}
