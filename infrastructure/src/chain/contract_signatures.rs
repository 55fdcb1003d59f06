//! Signatures of contract wallets (EIP-1271), asked at the head of the chain.

use alloy::{
    primitives::{Address, B256, FixedBytes},
    sol,
    sol_types::SolCall,
};
use async_trait::async_trait;
use gage_application::ports::{StoreUnavailable, contract_signatures::ContractSignatures};
use tracing::debug;

use super::node::{Node, NodeError};

sol! {
    /// EIP-1271's one function. It answers its own selector when the signature is valid.
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4 magic);
}

/// Gas that a wallet's contract may use to answer. Verifying a passkey in Solidity costs some
/// 400,000; nodes themselves allow 50 million, which keeps Ganache busy for over ten seconds,
/// and anyone may name a contract that never ends.
const GAS_LIMIT_UNITS: u64 = 3_000_000;

/// Asks the wallet's own contract. Wallets that are not deployed yet (ERC-6492) have none: for
/// them the answer is no.
#[derive(Debug, Clone)]
pub struct EvmContractSignatures {
    node: Node,
}

impl EvmContractSignatures {
    /// Over this node.
    pub fn new(node: Node) -> Self {
        Self { node }
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
        // A call to an address without code succeeds with nothing, so it would say no as well;
        // but a precompile has no code and answers what it likes.
        if self
            .node
            .code(address)
            .await
            .map_err(|error| unavailable(&error))?
            .is_empty()
        {
            return Ok(false);
        }
        let call = isValidSignatureCall {
            hash,
            signature: signature.to_vec().into(),
        };
        match self
            .node
            .call_within(address, call.abi_encode().into(), GAS_LIMIT_UNITS)
            .await
        {
            Ok(answer) => Ok(is_yes(&answer)),
            // The node answered for the code a moment ago: so it is the contract that does not
            // answer, by reverting or by using up the gas.
            Err(error @ NodeError::Refused { .. }) => {
                debug!(%address, %error, "a contract wallet does not answer isValidSignature");
                Ok(false)
            }
            Err(error) => Err(unavailable(&error)),
        }
    }
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
    use super::*;

    #[test]
    fn the_selector_is_the_magic_value_of_eip_1271() {
        assert_eq!(isValidSignatureCall::SELECTOR, [0x16, 0x26, 0xba, 0x7e]);
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
