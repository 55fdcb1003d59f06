//! Signatures of contract wallets, asked at the head of the chain: of deployed ones (EIP-1271), and
//! of those that are not deployed yet (ERC-6492).

use alloy::{
    primitives::{Address, B256, Bytes, FixedBytes, address},
    rpc::types::TransactionRequest,
    sol,
    sol_types::SolCall,
};
use async_trait::async_trait;
use gage_application::ports::{StoreUnavailable, contract_signatures::ContractSignatures};
use tracing::debug;

use super::{
    node::{Node, NodeError},
    wrapped_signature::{Malformed, WrappedSignature},
};

sol! {
    /// EIP-1271's one function. It answers its own selector when the signature is valid.
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4 magic);
}

/// Gas that a wallet's contract may use to answer. Verifying a passkey in Solidity costs some
/// 400,000; nodes themselves allow 50 million, which keeps Ganache busy for over ten seconds,
/// and anyone may name a contract that never ends.
const GAS_LIMIT_UNITS: u64 = 3_000_000;

/// Gas for a wrapped signature: what the validator gives to the wallet, twice, and to its factory
/// (`contracts/src/OffchainSignatureValidator.sol`), and its own.
const WRAPPED_GAS_LIMIT_UNITS: u64 = 12_500_000;

/// Who asks. Nodes take the zero address when nobody is named, and some contracts take a call by
/// that for a rehearsal, in which they check less. The end of the keccak-256 of
/// "Gage asks a wallet": nobody has its key, and nothing has reason to obey it.
const ASKER: Address = address!("0x1c65c43fb057240cfe44b4077a238fa84f548459");

/// Asks the wallet's own contract, or what its factory would make.
#[derive(Debug, Clone)]
pub struct EvmContractSignatures {
    node: Node,
}

impl EvmContractSignatures {
    /// Over this node.
    pub fn new(node: &Node) -> Self {
        Self {
            node: node.for_people(),
        }
    }

    /// Asks a wallet that has code (EIP-1271).
    async fn deployed(
        &self,
        wallet: Address,
        hash: B256,
        signature: &[u8],
    ) -> Result<bool, NodeError> {
        // A call to an address without code succeeds with nothing, so it would say no as well;
        // but a precompile has no code and answers what it likes.
        if self.node.code(wallet).await?.is_empty() {
            return Ok(false);
        }
        let call = isValidSignatureCall {
            hash,
            signature: signature.to_vec().into(),
        };
        let question = question(call.abi_encode().into(), GAS_LIMIT_UNITS).to(wallet);
        match self.node.simulate(question).await {
            Ok(answer) => Ok(is_yes(&answer)),
            // The node answered for the code a moment ago: so it is the contract that does not
            // answer, by reverting or by using up the gas.
            Err(error @ NodeError::Refused { .. }) => {
                debug!(%wallet, %error, "a contract wallet does not answer isValidSignature");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks a wallet that may have to be made first (ERC-6492), without making it.
    async fn wrapped(
        &self,
        wallet: Address,
        hash: B256,
        signature: WrappedSignature,
    ) -> Result<bool, NodeError> {
        let question = question(signature.question(wallet, hash), WRAPPED_GAS_LIMIT_UNITS);
        // Whatever the wallet and the factory do, the validator ends: a refusal is the node's.
        let answer = self.node.simulate(question).await?;
        match answer.as_ref() {
            [1] => Ok(true),
            [0] => Ok(false),
            other => Err(NodeError::Unintelligible {
                method: "eth_call",
                reason: format!("{} bytes for the byte of a validator", other.len()),
            }),
        }
    }
}

#[async_trait]
impl ContractSignatures for EvmContractSignatures {
    async fn is_valid(
        &self,
        address: Address,
        hash: B256,
        signature: &[u8],
    ) -> Result<bool, StoreUnavailable> {
        let answer = match WrappedSignature::read(signature) {
            Some(Ok(wrapped)) => self.wrapped(address, hash, wrapped).await,
            Some(Err(Malformed)) => Ok(false),
            None => self.deployed(address, hash, signature).await,
        };
        answer.map_err(|error| unavailable(&error))
    }
}

fn question(data: Bytes, gas_units: u64) -> TransactionRequest {
    TransactionRequest::default()
        .from(ASKER)
        .input(data.into())
        .gas_limit(gas_units)
}

/// One word: the selector, then zeros. Anything less exact is a fallback function's answer.
fn is_yes(answer: &[u8]) -> bool {
    let mut yes = FixedBytes::<32>::ZERO;
    yes[..4].copy_from_slice(&isValidSignatureCall::SELECTOR);
    answer == yes
}

fn unavailable(error: &NodeError) -> StoreUnavailable {
    StoreUnavailable {
        store: "chain",
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::keccak256;

    use super::*;

    #[test]
    fn the_selector_is_the_magic_value_of_eip_1271() {
        assert_eq!(isValidSignatureCall::SELECTOR, [0x16, 0x26, 0xba, 0x7e]);
    }

    #[test]
    fn the_asker_is_nobody() {
        let hash = keccak256("Gage asks a wallet");
        assert_eq!(ASKER, Address::from_word(hash));
    }

    #[test]
    fn only_the_exact_word_is_a_yes() {
        let mut word = [0; 32];
        word[..4].copy_from_slice(&[0x16, 0x26, 0xba, 0x7e]);
        assert!(is_yes(&word));
        assert!(!is_yes(&[]) && !is_yes(&word[..4]) && !is_yes(&[word, [0; 32]].concat()));
        word[31] = 1;
        assert!(!is_yes(&word), "dirty padding");
        assert!(!is_yes(&[0; 32]));
    }
}
