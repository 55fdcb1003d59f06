//! The calls that a party's own wallet sends to the escrow.

use alloy::{
    primitives::{Address, B256, Bytes},
    sol_types::SolCall,
};
use gage_domain::payment::Demand;

use super::ShopEscrow::{disputeCall, refundCall, releaseCall, withdrawCall};

/// The data of the call that asks for something about the payment of a key.
pub(super) fn demand_call(key: B256, demand: Demand) -> Bytes {
    match demand {
        Demand::Release(amount) => releaseCall {
            key,
            amount: amount.0,
        }
        .abi_encode(),
        Demand::Refund(amount) => refundCall {
            key,
            amount: amount.0,
        }
        .abi_encode(),
        Demand::Dispute => disputeCall { key }.abi_encode(),
    }
    .into()
}

/// The data of the call that takes out all that the caller may of a token.
pub(super) fn withdraw_call(token: Address) -> Bytes {
    withdrawCall { token }.abi_encode().into()
}
