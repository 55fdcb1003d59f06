//! Requests to pay as URLs ([ERC-681](https://eips.ethereum.org/EIPS/eip-681)).

use alloy::primitives::hex;
use gage_domain::payment::Terms;

/// The URL that asks a wallet to call the escrow's `payOrder` with a signed quote and the coins of
/// these terms. In tokens an approval has to come first, which one request cannot say: none then.
///
/// The digits of the quote are in upper case: QR codes hold those in five and a half bits instead
/// of eight.
pub(super) fn of(terms: &Terms, signed_quote: &[u8]) -> Option<String> {
    if !terms.token.is_zero() {
        return None;
    }
    let (escrow, chain_id, amount) = (terms.escrow, terms.chain_id, terms.amount.0);
    let quote = hex::encode_upper(signed_quote);
    Some(format!(
        "ethereum:{escrow}@{chain_id}/payOrder?bytes=0x{quote}&value={amount}"
    ))
}
