//! Signatures of contract wallets, which only their chain can judge.

use async_trait::async_trait;
use gage_domain::value::{Address, B256};

use crate::ports::StoreUnavailable;

/// Asks a wallet contract whether it stands by a signature: a deployed one (EIP-1271), and with a
/// wrapped signature also one that its factory could make (ERC-6492).
#[async_trait]
pub trait ContractSignatures: Send + Sync {
    /// Whether `address` is, or by a wrapped signature could be, a contract that accepts
    /// `signature` for `hash`. MUST send no transaction.
    ///
    /// # Errors
    /// [`StoreUnavailable`] when the chain cannot be asked.
    async fn is_valid(
        &self,
        address: Address,
        hash: B256,
        signature: &[u8],
    ) -> Result<bool, StoreUnavailable>;
}
