//! The contracts that are there for tests, from the artefacts that `contracts/` compiles.

use alloy::{
    primitives::Address,
    sol,
    sol_types::{SolCall, SolConstructor},
};

sol!(MultiPayer, "../contracts/artifacts/MultiPayer.json");
sol!(ContractWallet, "../contracts/artifacts/ContractWallet.json");
sol!(TestToken, "../contracts/artifacts/TestToken.json");
sol!(ZeroFirstToken, "../contracts/artifacts/ZeroFirstToken.json");

/// Creates a token with so many decimals.
pub(crate) fn token(decimals: u8) -> Vec<u8> {
    let constructor = TestToken::constructorCall {
        name_: "Test".to_owned(),
        symbol_: format!("T{decimals}"),
        decimals_: decimals,
    };
    [&TestToken::BYTECODE[..], &constructor.abi_encode()].concat()
}

/// Creates a token whose allowances change from zero or to zero alone.
pub(crate) fn zero_first_token() -> Vec<u8> {
    ZeroFirstToken::BYTECODE.to_vec()
}

/// Creates a wallet that obeys this account.
pub(crate) fn wallet(owner: Address) -> Vec<u8> {
    let constructor = ContractWallet::constructorCall { owner_: owner };
    [&ContractWallet::BYTECODE[..], &constructor.abi_encode()].concat()
}

/// Creates a contract that pays several quotes at once.
pub(crate) fn multi_payer() -> Vec<u8> {
    MultiPayer::BYTECODE.to_vec()
}

/// A call's data.
pub(crate) fn data(call: &impl SolCall) -> alloy::primitives::Bytes {
    call.abi_encode().into()
}
