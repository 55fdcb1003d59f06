//! Sign-in with Ethereum (ERC-4361), strict.
//!
//! Everything here is pure but [`Claim::prove`], which may ask a contract wallet. A sign-in goes
//! through [`Claim::read`] (text, site, chain, time), then the server takes the nonce, then
//! [`Claim::prove`]; [`verify`] does it at once for the wallets of plain keys.
//!
//! The `siwe` crate parses. What it lets through and this module refuses: junk in the two
//! separator lines, nonces of other characters, control characters, `Chain ID: +1`, times with
//! any byte for the T, inverted time bounds, ten recovery bytes for one, malleable signatures.
//! It also checks neither URI nor chain, and does not know the scheme before the domain.

mod error;
mod expectation;
mod grammar;
mod message;
mod signature;

#[cfg(test)]
mod tests;

use gage_application::ports::{StoreUnavailable, contract_signatures::ContractSignatures};
use gage_domain::value::Address;
use thiserror::Error;

pub use self::{
    error::{MAX_MESSAGE_BYTES, MAX_SIGNATURE_BYTES, MessagePart, SignInError},
    expectation::{Expectation, InvalidSiteDomain, Scheme, Schemes, SiteDomain},
    message::SignInMessage,
    signature::{decode_signature, recover},
};

/// Who stands by a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureKind {
    /// A key, recovered from the signature.
    Key,
    /// A contract wallet, asked over its chain: a deployed one (EIP-1271), or one that its factory
    /// can make (ERC-6492).
    Contract,
}

/// A message that its wallet stands by. Whether the nonce was ours is the server's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The wallet.
    pub address: Address,
    /// The nonce, which must be taken before a session is opened.
    pub nonce: String,
    /// The chain that the session is bound to.
    pub chain_id: u64,
    /// How the wallet signed.
    pub signature_kind: SignatureKind,
}

/// Why a sign-in could not be decided for the wallet.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProofError {
    /// Decided, against it.
    #[error(transparent)]
    Refused(#[from] SignInError),
    /// The chain of a contract wallet could not be asked.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

/// A message for this site, chain and moment, whose signature is still to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim(SignInMessage);

impl Claim {
    /// Reads a message and holds it against what is expected.
    ///
    /// # Errors
    /// [`SignInError`] naming the first thing that does not fit.
    pub fn read(text: &str, expect: &Expectation) -> Result<Self, SignInError> {
        let message = SignInMessage::parse(text)?;
        expect.check(&message)?;
        Ok(Self(message))
    }

    /// The message.
    pub fn message(&self) -> &SignInMessage {
        &self.0
    }

    /// Holds a key's signature against the wallet that the message names.
    ///
    /// # Errors
    /// [`SignInError`]: the form of the signature, or another signer.
    pub fn prove_by_key(&self, signature: &[u8]) -> Result<Verified, SignInError> {
        if recover(self.0.hash(), signature)? == self.0.address() {
            Ok(self.verified(SignatureKind::Key))
        } else {
            Err(SignInError::WrongSigner)
        }
    }

    /// Holds a signature against the wallet that the message names, be it a key or a contract.
    /// Keys need no chain; when none gives the signature, the wallet's contract is asked.
    ///
    /// ERC-6492 has it in the order wrapped, contract, key. A key first makes no difference but
    /// for an account that has both (EIP-7702), where the key decides what the contract is.
    ///
    /// # Errors
    /// [`ProofError::Refused`] with what the key's check said when there is no contract that
    /// stands by it; [`ProofError::Unavailable`] when the chain cannot be asked.
    pub async fn prove(
        &self,
        signature: &[u8],
        contracts: &dyn ContractSignatures,
    ) -> Result<Verified, ProofError> {
        if signature.len() > MAX_SIGNATURE_BYTES {
            return Err(SignInError::SignatureEncoding.into());
        }
        let refusal = if signature::is_wrapped(signature) {
            SignInError::WalletRefuses
        } else {
            match self.prove_by_key(signature) {
                Ok(verified) => return Ok(verified),
                Err(refusal) if refusal.is_about_the_signature() => refusal,
                Err(refusal) => return Err(refusal.into()),
            }
        };
        let message = &self.0;
        if contracts
            .is_valid(message.address(), message.hash(), signature)
            .await?
        {
            Ok(self.verified(SignatureKind::Contract))
        } else {
            Err(refusal.into())
        }
    }

    fn verified(&self, signature_kind: SignatureKind) -> Verified {
        Verified {
            address: self.0.address(),
            nonce: self.0.nonce().to_owned(),
            chain_id: self.0.chain_id(),
            signature_kind,
        }
    }
}

/// Reads a message, holds it against what is expected, and recovers its signer.
///
/// # Errors
/// [`SignInError`] naming the first thing that does not fit.
pub fn verify(text: &str, signature: &[u8], expect: &Expectation) -> Result<Verified, SignInError> {
    Claim::read(text, expect)?.prove_by_key(signature)
}
