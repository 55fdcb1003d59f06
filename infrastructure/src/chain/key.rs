//! A private key in memory.

use std::fmt;

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    primitives::{Address, B256, Bytes, Signature},
    signers::{SignerSync, local::PrivateKeySigner},
};
use thiserror::Error;

/// A private key in memory: it signs quotes, or transactions of its own account.
#[derive(Clone)]
pub struct LocalKey(PrivateKeySigner);

/// A transaction that is ready to be sent.
pub(super) struct SignedTransaction {
    /// Its hash.
    pub(super) hash: B256,
    /// As it is sent.
    pub(super) raw: Bytes,
}

/// The text is no private key. Never says what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a private key: 64 hexadecimal digits, with or without 0x, are expected")]
pub struct InvalidKey;

/// The key could not sign. A key in memory does not fail in practice.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the key could not sign: {reason}")]
pub struct SigningFailed {
    /// Why, for the log.
    pub reason: String,
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalKey({})", self.address())
    }
}

impl LocalKey {
    /// The key that 64 hexadecimal digits write, with or without `0x`.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn from_hex(digits: &str) -> Result<Self, InvalidKey> {
        digits.trim().parse().map(Self).map_err(|_| InvalidKey)
    }

    /// The account of this key.
    pub fn address(&self) -> Address {
        self.0.address()
    }

    /// Signs a digest; the same digest always gives the same signature (RFC 6979).
    pub(super) fn sign(&self, digest: &B256) -> Result<Signature, SigningFailed> {
        self.0
            .sign_hash_sync(digest)
            .map_err(|error| SigningFailed {
                reason: error.to_string(),
            })
    }

    /// Signs a transaction of this account.
    pub(super) fn sign_transaction(
        &self,
        transaction: TxEip1559,
    ) -> Result<SignedTransaction, SigningFailed> {
        let signature = self.sign(&transaction.signature_hash())?;
        let signed = TxEnvelope::from(transaction.into_signed(signature));
        Ok(SignedTransaction {
            hash: *signed.tx_hash(),
            raw: signed.encoded_2718().into(),
        })
    }
}
