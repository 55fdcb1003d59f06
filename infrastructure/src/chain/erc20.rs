//! The calls of a token (ERC-20) that a payer's wallet and the server make.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol,
    sol_types::SolCall,
};

use super::node::{Node, NodeError};

sol! {
    /// Lets `spender` take up to `amount` of the caller's tokens.
    function approve(address spender, uint256 amount) external returns (bool);

    /// How much of the owner's tokens `spender` may take.
    function allowance(address owner, address spender) external view returns (uint256 remaining);
}

/// The data of the call that lets `spender` take an amount, base units.
pub(super) fn approve(spender: Address, amount: U256) -> Bytes {
    approveCall { spender, amount }.abi_encode().into()
}

/// How much of the owner's tokens `spender` may take now, base units.
pub(super) async fn allowance(
    node: &Node,
    token: Address,
    owner: Address,
    spender: Address,
) -> Result<U256, NodeError> {
    let question = allowanceCall { owner, spender };
    let answer = node.call(token, question.abi_encode().into()).await?;
    allowanceCall::abi_decode_returns(&answer).map_err(|error| NodeError::Unintelligible {
        method: "eth_call",
        reason: format!("token {token} answers {answer} for an allowance: {error}"),
    })
}
