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

    /// Digits after the decimal point (the standard's optional part).
    function decimals() external view returns (uint8 digits);

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

/// The digits after the token's decimal point, as the token itself says; none when it does not.
pub(super) async fn decimals(node: &Node, token: Address) -> Result<Option<u8>, NodeError> {
    match node.call(token, decimalsCall {}.abi_encode().into()).await {
        Ok(answer) => Ok(decimalsCall::abi_decode_returns(&answer).ok()),
        // The standard leaves it out if the token likes.
        Err(NodeError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
