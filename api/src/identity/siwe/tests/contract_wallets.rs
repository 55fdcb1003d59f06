//! When a contract is asked, and when it must not be.

use async_trait::async_trait;
use gage_domain::value::B256;

use super::*;

/// A chain that cannot be asked: whoever asks it gets its absence for an answer.
struct AwayChain;

#[async_trait]
impl ContractSignatures for AwayChain {
    async fn is_valid(&self, _: Address, _: B256, _: &[u8]) -> Result<bool, StoreUnavailable> {
        Err(away())
    }
}

fn away() -> StoreUnavailable {
    StoreUnavailable {
        store: "chain",
        reason: "away".to_owned(),
    }
}

async fn prove(signature: &[u8]) -> Result<SignatureKind, ProofError> {
    let claim = Claim::read(&message(), &expectation()).unwrap();
    let verified = claim.prove(signature, &AwayChain).await?;
    Ok(verified.signature_kind)
}

#[tokio::test]
async fn a_wallet_of_a_key_signs_in_while_the_chain_is_away() {
    assert_eq!(prove(&sign(&message())).await, Ok(SignatureKind::Key));
}

#[tokio::test]
async fn what_no_key_signed_cannot_be_judged_while_the_chain_is_away() {
    let mut signature = sign(&message());
    signature.push(0);
    assert_eq!(
        prove(&signature).await,
        Err(ProofError::Unavailable(away()))
    );
    signature.truncate(64);
    assert_eq!(
        prove(&signature).await,
        Err(ProofError::Unavailable(away()))
    );
}

/// A chain on which no contract stands by anything.
struct NoWallets;

#[async_trait]
impl ContractSignatures for NoWallets {
    async fn is_valid(&self, _: Address, _: B256, _: &[u8]) -> Result<bool, StoreUnavailable> {
        Ok(false)
    }
}

#[tokio::test]
async fn a_wrapped_signature_is_for_the_chain_to_judge() {
    let mark = [0x64, 0x92].repeat(16);
    let wrapped = [sign(&message()), mark].concat();
    assert_eq!(prove(&wrapped).await, Err(ProofError::Unavailable(away())));
    let claim = Claim::read(&message(), &expectation()).unwrap();
    let refused = ProofError::Refused(SignInError::WalletRefuses);
    assert_eq!(claim.prove(&wrapped, &NoWallets).await, Err(refused));
}

#[tokio::test]
async fn an_oversized_signature_is_not_carried_to_the_chain() {
    let refused = ProofError::Refused(SignInError::SignatureEncoding);
    assert_eq!(prove(&vec![1; MAX_SIGNATURE_BYTES + 1]).await, Err(refused));
    let at_the_limit = prove(&vec![1; MAX_SIGNATURE_BYTES]).await;
    assert_eq!(at_the_limit, Err(ProofError::Unavailable(away())));
}
