//! Signatures: their form, and which wallet gives them.

use alloy::primitives::Signature;
use gage_domain::value::{Address, B256, U256};

use super::error::{MAX_SIGNATURE_BYTES, SignInError};

/// What the last 32 bytes of a wrapped signature (ERC-6492) repeat.
const WRAPPED_MARK: [u8; 2] = [0x64, 0x92];

/// Reads a signature in hex with `0x`.
///
/// # Errors
/// [`SignInError::SignatureEncoding`].
pub fn decode_signature(text: &str) -> Result<Vec<u8>, SignInError> {
    text.strip_prefix("0x")
        .filter(|digits| digits.len() <= 2 * MAX_SIGNATURE_BYTES)
        .and_then(|digits| hex::decode(digits).ok())
        .ok_or(SignInError::SignatureEncoding)
}

/// The wallet whose key gives this 65-byte signature of `hash`.
///
/// # Errors
/// [`SignInError`]: the length, the recovery byte, the malleable second form (EIP-2), or numbers
/// that no key gives.
pub fn recover(hash: B256, signature: &[u8]) -> Result<Address, SignInError> {
    let bytes: &[u8; 65] = signature
        .try_into()
        .map_err(|_| SignInError::SignatureLength {
            given: signature.len(),
        })?;
    let [rs @ .., v] = bytes;
    // The crate takes it modulo 27, which lets ten bytes stand for one.
    let odd_y = match *v {
        0 | 27 => false,
        1 | 28 => true,
        given => return Err(SignInError::RecoveryByte { given }),
    };
    let (r, s) = rs.split_at(32);
    let signature = Signature::new(U256::from_be_slice(r), U256::from_be_slice(s), odd_y);
    if signature.normalize_s().is_some() {
        return Err(SignInError::SignatureMalleable);
    }
    signature
        .recover_address_from_prehash(&hash)
        .map_err(|_| SignInError::SignatureInvalid)
}

/// Whether a signature says of itself that it is wrapped with what makes its contract wallet
/// (ERC-6492). No key's is that long.
pub(super) fn is_wrapped(signature: &[u8]) -> bool {
    signature
        .split_last_chunk::<32>()
        .is_some_and(|(_, mark)| mark.chunks(2).all(|pair| pair == WRAPPED_MARK))
}
