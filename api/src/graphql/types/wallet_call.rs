//! Calls of the escrow that a party's own wallet signs.

use async_graphql::{ComplexObject, SimpleObject};
use gage_application::ports::chain;
use gage_domain::value;

use crate::graphql::{
    scalars::{Address, BaseUnits, Bytes, Long},
    types::{GasQuote, GasUnavailable},
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
        let (gas, gas_unavailable) = match call.gas {
            Ok(quote) => (Some(quote.into()), None),
            Err(unavailable) => (None, Some(unavailable.into())),
        };
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
