//! Quotes: what the escrow accepts payments for, signed by the server (EIP-712).

use alloy::{
    primitives::{B256, Bytes, U256},
    sol_types::{Eip712Domain, SolCall, SolStruct, SolValue, eip712_domain},
};
use gage_domain::payment::Terms;

use super::{
    ShopEscrow::{Quote, payCall, payWithPermitCall},
    key::{LocalKey, SigningFailed},
    permit::SignedPermit,
};

/// The key under which the escrow knows a payment: the quote's EIP-712 digest for the contract
/// and the chain that the terms name.
pub fn key_of(terms: &Terms) -> B256 {
    quote_of(terms).eip712_signing_hash(&domain_of(terms))
}

/// The data of the call that pays these terms, with the quote's signature in it.
pub(super) fn pay_call(terms: &Terms, signer: &LocalKey) -> Result<Bytes, SigningFailed> {
    let (quote, signature) = signed(terms, signer)?;
    Ok(payCall { quote, signature }.abi_encode().into())
}

/// The same with a payer's permit, in place of an approval beforehand.
pub(super) fn pay_with_permit_call(
    terms: &Terms,
    signer: &LocalKey,
    permit: SignedPermit,
) -> Result<Bytes, SigningFailed> {
    let (quote, signature) = signed(terms, signer)?;
    let call = payWithPermitCall {
        quote,
        signature,
        permitDeadline: permit.deadline,
        v: permit.v,
        r: permit.r,
        s: permit.s,
    };
    Ok(call.abi_encode().into())
}

/// The quote's words, then its signature: the one argument of `payOrder`.
pub(super) fn signed_quote(terms: &Terms, signer: &LocalKey) -> Result<Bytes, SigningFailed> {
    let (quote, signature) = signed(terms, signer)?;
    Ok([quote.abi_encode(), signature.to_vec()].concat().into())
}

fn signed(terms: &Terms, signer: &LocalKey) -> Result<(Quote, Bytes), SigningFailed> {
    let signature = signer.sign(&key_of(terms))?;
    Ok((quote_of(terms), signature.as_bytes().to_vec().into()))
}

/// The quote that these terms are for the contract.
fn quote_of(terms: &Terms) -> Quote {
    Quote {
        // The order's UUID, left-padded with zeros.
        order: B256::from(U256::from(terms.order.0.as_u128())),
        buyer: terms.buyer,
        seller: terms.seller,
        arbiter: terms.arbiter,
        token: terms.token,
        amount: terms.amount.0,
        // The domain refuses deadlines before 1970; for the contract zero is over, too.
        deadline: u64::try_from(terms.deadline.unix_timestamp()).unwrap_or_default(),
        holdSeconds: terms.hold_secs,
        disputeSeconds: terms.dispute_secs,
    }
}

fn domain_of(terms: &Terms) -> Eip712Domain {
    eip712_domain! {
        name: "Gage ShopEscrow",
        version: "1",
        chain_id: terms.chain_id,
        verifying_contract: terms.escrow,
    }
}
