//! The calls that a party's own wallet sends to the escrow.

use alloy::{
    primitives::{Address, Bytes},
    sol_types::SolCall,
};

use super::ShopEscrow::withdrawCall;

/// The data of the call that takes out all that the caller may of a token.
pub(super) fn withdraw_call(token: Address) -> Bytes {
    withdrawCall { token }.abi_encode().into()
}
